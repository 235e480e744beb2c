"""The report on a folder: each planted defect is found, and a clean folder gets no advice."""

import io
import shutil
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from course_utils.data import duplicates, inspect
from course_utils.data.decode import decode
from course_utils.data.toys import pets
from course_utils.errors import CourseError

NUMBERS = st.integers(0, 2_000)


def save(number, path, split="train", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pets.draw(number, 64, 5, split)[0]).save(path, **options)


def fill(place, each=6):
    """Write a clean folder with three splits of two classes."""
    for split in ("train", "validation", "test"):
        for number in range(2 * each):
            name = pets.CLASSES[number % 2]
            save(number, place / split / name / f"{number}.png", split)
    return place


@pytest.fixture
def folder(tmp_path):
    return fill(tmp_path / "mine")


def snapshot(place):
    return {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in place.rglob("*")}


def names(group, folder):
    return {path.relative_to(folder).as_posix() for path in group.paths}


def test_a_clean_folder_needs_nothing(folder):
    report = inspect.report(folder)
    assert report.to_do == report.details == report.unreadable == report.duplicates == []
    assert report.counts == {s: {"cat": 6, "dog": 6} for s in ("train", "validation", "test")}
    assert (report.sides, report.kinds, report.modes) == ((64, 64, 64), {"PNG": 36}, {"RGB": 36})
    assert "all well" in report._repr_html_()


def test_nothing_is_written_or_touched(folder):
    (folder / "train" / "cat" / "bad.jpg").write_bytes(b"no picture")
    before = snapshot(folder)
    inspect.report(folder)
    assert snapshot(folder) == before


def test_unreadable_files_are_named_with_their_reason(folder):
    place = folder / "train" / "cat"
    (place / "page.jpg").write_bytes(b"<html>404</html>")
    (place / "empty.png").write_bytes(b"")
    whole = (place / "0.png").read_bytes()
    (place / "short.png").write_bytes(whole[: len(whole) // 2])
    (place / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    report = inspect.report(folder)
    reasons = {bad.path.name: bad.reason for bad in report.unreadable}
    assert set(reasons) == {"page.jpg", "empty.png", "short.png", "IMG_1.HEIC"}
    assert "not a picture" in reasons["page.jpg"] and "empty" in reasons["empty.png"]
    assert all("\n" not in reason and reason for reason in reasons.values())
    assert report.to_do[0].startswith("Unreadable files: 4.")
    assert any("save as JPEG" in line for line in report.to_do)
    assert report.counts["train"]["cat"] == 6  # the readable ones


@pytest.mark.parametrize("suffix", [".jpg", ".gif", ".txt", ""])
def test_a_file_of_another_type_than_its_name_says(folder, suffix):
    path = (folder / "test" / "dog" / "1.png").rename(folder / "test" / "dog" / f"odd{suffix}")
    report = inspect.report(folder)
    assert report.misnamed == {path: "PNG"}
    assert report.to_do == ["Files of another type than the name says: 1. Harmless; rename."]
    assert report.details == [f"test/dog/odd{suffix}: is PNG"]


@pytest.mark.parametrize("suffix", [".jpg", ".JPEG", ".jpe"])
def test_other_endings_of_the_same_type_are_fine(folder, suffix):
    save(30, folder / "test" / "cat" / f"fine{suffix}", format="JPEG")
    assert inspect.report(folder).misnamed == {}


@pytest.mark.parametrize(
    ("target", "advice"),
    [
        ("test/cat/copy.png", "Pictures in two splits: 1."),
        ("train/cat/copy.png", "Pictures repeated in a split: 1."),
        ("train/dog/copy.png", "Pictures in two classes: 1."),
        ("test/dog/copy.png", "Pictures in two classes: 1."),
    ],
)
def test_an_exact_copy_is_found_wherever_it_lies(folder, target, advice):
    shutil.copy(folder / "train" / "cat" / "0.png", folder / target)
    report = inspect.report(folder)
    [group] = report.duplicates
    assert group.exact and names(group, folder) == {"train/cat/0.png", target}
    assert set(zip(group.splits, group.classes, strict=True)) == {
        ("train", "cat"),
        tuple(target.split("/")[:2]),
    }
    assert len(report.to_do) == 1 and report.to_do[0].startswith(advice)
    assert target in report.details[0] and "same file" in report.details[0]


def test_a_copy_that_was_shrunk_brightened_and_saved_again_is_found(folder):
    picture = ImageEnhance.Brightness(Image.open(folder / "train" / "dog" / "1.png")).enhance(1.1)
    picture.resize((48, 48)).save(folder / "validation" / "dog" / "again.jpg", quality=80)
    [group] = inspect.report(folder).duplicates
    assert not group.exact
    assert names(group, folder) == {"train/dog/1.png", "validation/dog/again.jpg"}


def test_copies_of_copies_make_one_group(folder):
    for target in ("train/cat/a.png", "validation/cat/b.png", "test/cat/c.png"):
        shutil.copy(folder / "train" / "cat" / "0.png", folder / target)
    [group] = inspect.report(folder).duplicates
    assert len(group.paths) == 4 and set(group.splits) == {"train", "validation", "test"}


def test_pictures_without_contrast_are_no_near_duplicates(folder):
    for number in range(3):
        flat = Image.new("RGB", (64, 64), (number, 100, 100))
        flat.save(folder / "train" / "cat" / f"flat{number}.png")
    assert inspect.report(folder).duplicates == []


def test_imbalance_is_told_from_its_threshold_on(folder):
    for number in range(3):  # 9 to 6: exactly 1.5
        save(40 + 2 * number, folder / "train" / "cat" / f"more{number}.png")
    assert inspect.report(folder).to_do == []
    save(50, folder / "train" / "cat" / "one_more.png")
    [line] = inspect.report(folder).to_do
    assert line.startswith("Imbalance: 1.7 training pictures of 'cat' to one of 'dog'")


def test_a_plain_folder_is_split_as_a_lesson_splits_it(tmp_path):
    from course_utils.data import pictures

    for number in range(40):
        save(number, tmp_path / "mine" / pets.CLASSES[number % 2] / f"{number}.png")
    report = inspect.report(tmp_path / "mine", seed=3)
    _, listing = pictures.list_folder(tmp_path / "mine", seed=3)
    assert {s: sum(c.values()) for s, c in report.counts.items()} == {
        s: len(files) for s, files in listing.items()
    }


def test_sizes_kinds_and_modes_are_counted(folder):
    save(60, folder / "train" / "cat" / "a.jpg")
    Image.open(folder / "train" / "cat" / "a.jpg").convert("L").resize((30, 90)).save(
        folder / "train" / "dog" / "tall.png"
    )
    report = inspect.report(folder)
    assert report.sides == (30, 64, 64)
    assert report.kinds == {"PNG": 37, "JPEG": 1} and report.modes == {"RGB": 37, "L": 1}


def test_the_report_reads_well_and_names_are_escaped(folder):
    (folder / "train" / "cat" / "<b>.jpg").write_bytes(b"x")
    for number in range(12):
        (folder / "train" / "dog" / f"bad{number:02d}.jpg").write_bytes(b"")
    report = inspect.report(folder)
    text, html = repr(report), report._repr_html_()
    assert "&lt;b&gt;.jpg" in html and "<b>.jpg" not in html
    for line in report.to_do:
        assert line in text
    assert len(report.details) == inspect.SHOWN + 1 and report.details[-1] == "and 5 more"
    assert str(folder.parent) not in text + html  # no path of this machine


def test_a_folder_that_cannot_be_used_says_why(tmp_path):
    with pytest.raises(CourseError, match="There is no folder"):
        inspect.report(tmp_path / "nowhere")


def test_no_tensorflow_is_loaded():
    code = "import sys, course_utils.data.inspect; print('tensorflow' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


# ---- the hash


def fingerprint(image):
    array = np.asarray(image.convert("RGB"))
    return duplicates.difference_hash(array), duplicates.thumbnail(array)


def are_near(one, other):
    pairs = [fingerprint(image) for image in (one, other)]
    hashes, thumbnails = zip(*pairs, strict=True)
    return duplicates.groups([b"1", b"2"], list(hashes), list(thumbnails)) == [[0, 1]]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(NUMBERS, st.floats(0.93, 1.07), st.integers(85, 100))
def test_a_little_light_and_another_encoding_stay_near(number, light, quality):
    image = Image.fromarray(pets.draw(number, 64, 7)[0])
    stored = io.BytesIO()
    ImageEnhance.Brightness(image).enhance(light).save(stored, "JPEG", quality=quality)
    changed = Image.open(stored)
    assert duplicates.distance(fingerprint(image)[0], fingerprint(changed)[0]) <= 18
    assert are_near(image, image.resize((96, 96)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(NUMBERS, NUMBERS)
def test_different_pictures_are_far(one, other):
    images = [Image.fromarray(pets.draw(n, 64, 7)[0]) for n in (one, other)]
    if one != other:
        hashes = [fingerprint(image)[0] for image in images]
        assert duplicates.distance(*hashes) > duplicates.NEAR_BITS
    assert are_near(*images) == (one == other)


def test_most_changed_pictures_are_found():
    images = [Image.fromarray(image) for image in pets.make(100, 64, 9)[0]]
    found = 0
    for image in images:
        stored = io.BytesIO()
        ImageEnhance.Brightness(image).enhance(0.9).save(stored, "JPEG", quality=60)
        found += are_near(image, Image.open(stored))
    assert found >= 95


def test_two_strokes_on_a_black_ground_are_told_apart_by_their_thumbnails():
    stroke = np.zeros((28, 28), np.uint8)
    stroke[4:24, 13:15] = 255
    other = np.zeros((28, 28), np.uint8)
    other[4:24, 13:15] = 255
    other[4:7, 6:22] = 255
    hashes = [duplicates.difference_hash(a) for a in (stroke, other)]
    thumbnails = [duplicates.thumbnail(a) for a in (stroke, other)]
    assert duplicates.groups([b"1", b"2"], hashes, thumbnails) == []


def test_hash_is_by_hand_what_it_says():
    ramp = np.tile(np.arange(0, 252, 28, dtype=np.uint8), (8, 1))  # 8 rows, 9 columns, rising
    bits = np.unpackbits(duplicates.difference_hash(ramp))
    assert bits[:64].all() and not bits[64:].any()
    bits = np.unpackbits(duplicates.difference_hash(ramp.T.copy()))
    assert not bits[:64].any() and bits[64:].all()
    assert duplicates.distance(*map(duplicates.difference_hash, (ramp, ramp.T.copy()))) == 128


def test_decode_and_hash_agree_on_file_and_array(folder):
    path = folder / "train" / "cat" / "0.png"
    array = np.asarray(Image.open(path))
    np.testing.assert_array_equal(
        duplicates.difference_hash(decode(path, 64)), duplicates.difference_hash(array)
    )
