"""The report on a folder: each planted defect is found, and a clean folder gets no advice."""

import importlib.util
import io
import os
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from course_utils.data import duplicates, folders, inspect
from course_utils.data.image_file import decode
from course_utils.data.toys import pets
from course_utils.errors import CourseError

NUMBERS = st.integers(0, 2_000)
SCRIPT = Path(__file__).resolve().parents[1] / "data_scripts" / "inspect_folder.py"


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
    report = inspect.inspect_folder(folder)
    assert report.to_do == report.details == report.unreadable == report.duplicates == []
    assert report.counts == {s: {"cat": 6, "dog": 6} for s in ("train", "validation", "test")}
    assert (report.sides, report.kinds, report.modes) == ((64, 64, 64), {"PNG": 36}, {"RGB": 36})
    assert "all well" in report._repr_html_()


def test_nothing_is_written_or_touched(folder):
    (folder / "train" / "cat" / "bad.jpg").write_bytes(b"no picture")
    before = snapshot(folder)
    inspect.inspect_folder(folder)
    assert snapshot(folder) == before


def test_unreadable_files_are_named_with_their_reason(folder):
    place = folder / "train" / "cat"
    (place / "page.jpg").write_bytes(b"<html>404</html>")
    (place / "empty.png").write_bytes(b"")
    whole = (place / "0.png").read_bytes()
    (place / "short.png").write_bytes(whole[: len(whole) // 2])
    (place / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    report = inspect.inspect_folder(folder)
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
    report = inspect.inspect_folder(folder)
    assert report.misnamed == {path: "PNG"}
    assert report.to_do == ["Files of another type than the name says: 1. Harmless; rename."]
    assert report.details == [f"test/dog/odd{suffix}: is PNG"]


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [(".jpg", "JPEG"), (".JPEG", "JPEG"), (".jpe", "JPEG"), (".jpg", "MPO"), (".mpo", "MPO")],
)
def test_other_endings_of_the_same_type_are_fine(folder, suffix, kind):
    save(30, folder / "test" / "cat" / f"fine{suffix}", format=kind)
    assert inspect.inspect_folder(folder).misnamed == {}


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
    report = inspect.inspect_folder(folder)
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
    [group] = inspect.inspect_folder(folder).duplicates
    assert not group.exact
    assert names(group, folder) == {"train/dog/1.png", "validation/dog/again.jpg"}


def test_copies_of_copies_make_one_group(folder):
    for target in ("train/cat/a.png", "validation/cat/b.png", "test/cat/c.png"):
        shutil.copy(folder / "train" / "cat" / "0.png", folder / target)
    [group] = inspect.inspect_folder(folder).duplicates
    assert len(group.paths) == 4 and set(group.splits) == {"train", "validation", "test"}


def test_pictures_without_contrast_are_no_near_duplicates(folder):
    for number in range(3):
        flat = Image.new("RGB", (64, 64), (number, 100, 100))
        flat.save(folder / "train" / "cat" / f"flat{number}.png")
    assert inspect.inspect_folder(folder).duplicates == []


def test_imbalance_is_told_from_its_threshold_on(folder):
    for number in range(3):  # 9 to 6: exactly 1.5
        save(40 + 2 * number, folder / "train" / "cat" / f"more{number}.png")
    assert inspect.inspect_folder(folder).to_do == []
    save(50, folder / "train" / "cat" / "one_more.png")
    [line] = inspect.inspect_folder(folder).to_do
    assert line.startswith("Imbalance: 1.7 training pictures of 'cat' to one of 'dog'")


def test_a_plain_folder_is_split_as_a_lesson_splits_it(tmp_path):

    for number in range(40):
        save(number, tmp_path / "mine" / pets.CLASSES[number % 2] / f"{number}.png")
    report = inspect.inspect_folder(tmp_path / "mine", seed=3)
    _, listing = folders.list_folder(tmp_path / "mine", seed=3)
    assert {s: sum(c.values()) for s, c in report.counts.items()} == {
        s: len(files) for s, files in listing.items()
    }


def test_sizes_kinds_and_modes_are_counted(folder):
    save(60, folder / "train" / "cat" / "a.jpg")
    Image.open(folder / "train" / "cat" / "a.jpg").convert("L").resize((30, 90)).save(
        folder / "train" / "dog" / "tall.png"
    )
    report = inspect.inspect_folder(folder)
    assert report.sides == (30, 64, 64)
    assert report.kinds == {"PNG": 37, "JPEG": 1} and report.modes == {"RGB": 37, "L": 1}


def test_the_report_reads_well_and_names_are_escaped(folder):
    (folder / "train" / "cat" / "<b>.jpg").write_bytes(b"x")
    for number in range(12):
        (folder / "train" / "dog" / f"bad{number:02d}.jpg").write_bytes(b"")
    report = inspect.inspect_folder(folder)
    text, html = repr(report), report._repr_html_()
    assert "&lt;b&gt;.jpg" in html and "<b>.jpg" not in html
    for line in report.to_do:
        assert line in text
    assert len(report.details) == inspect.SHOWN + 1 and report.details[-1] == "and 5 more"
    assert str(folder.parent) not in text + html  # no path of this machine


def test_a_folder_that_cannot_be_used_says_why(tmp_path):
    with pytest.raises(CourseError, match="There is no folder"):
        inspect.inspect_folder(tmp_path / "nowhere")


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


# ---- groups, found without comparing every pair


def groups_of_all_pairs(contents, hashes, thumbnails):
    """Group by comparing each picture with each other one, as the rule says."""
    bits = np.unpackbits(np.stack(hashes), axis=1).astype(np.float64)
    grey = np.stack(thumbnails).reshape(len(hashes), -1).astype(np.float64)
    contrast = np.ptp(grey, axis=1) >= duplicates.LEAST_CONTRAST
    grey -= grey.mean(axis=1, keepdims=True)
    grey /= np.maximum(1e-9, np.linalg.norm(grey, axis=1, keepdims=True))
    differing = bits @ (1 - bits).T + (1 - bits) @ bits.T
    near = (differing <= duplicates.NEAR_BITS) & (grey @ grey.T >= duplicates.LIKENESS)
    near &= contrast[:, None] & contrast
    near |= np.array([[one == other for other in contents] for one in contents])
    found, left = [], set(range(len(contents)))
    while left:
        members, edge = set(), {min(left)}
        while edge:
            members |= edge
            edge = set(np.flatnonzero(near[list(edge)].any(axis=0)).tolist()) - members
        left -= members
        found.append(sorted(members))
    return [members for members in found if len(members) > 1]


def flipped(rng, hashes, most):
    """Change up to `most` bits of each hash."""
    bits = np.unpackbits(hashes, axis=1)
    for row in bits:
        row[rng.choice(128, rng.integers(0, most + 1), replace=False)] ^= 1
    return np.packbits(bits, axis=1)


def noisy(rng, thumbnails, by):
    changed = thumbnails.astype(int) + rng.integers(-by, by + 1, thumbnails.shape)
    return np.clip(changed, 0, 255).astype(np.uint8)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(1, 60),
    copies=st.integers(1, 4),
    bits=st.integers(0, 20),
    noise=st.integers(0, 40),
    heap=st.integers(0, 30),
)
def test_the_same_groups_as_by_comparing_all(seed, count, copies, bits, noise, heap):
    rng = np.random.default_rng(seed)
    hashes = np.repeat(rng.integers(0, 256, (count, 16)).astype(np.uint8), copies, axis=0)
    thumbnails = np.repeat(rng.integers(0, 256, (count, 16, 16)).astype(np.uint8), copies, axis=0)
    thumbnails[rng.random(len(thumbnails)) < 0.05] = 77  # without contrast
    heap = np.zeros(heap, int)  # many times the first one
    hashes = flipped(rng, np.concatenate([hashes, hashes[heap]]), bits)
    thumbnails = noisy(rng, np.concatenate([thumbnails, thumbnails[heap]]), noise)
    every = np.arange(len(hashes))
    source = np.where(rng.random(len(hashes)) < 0.2, rng.permutation(every), every)
    hashes, thumbnails = hashes[source], thumbnails[source]  # some are the same file
    contents = [str(number).encode() for number in source]
    got = duplicates.groups(contents, list(hashes), list(thumbnails))
    assert got == groups_of_all_pairs(contents, hashes, thumbnails)


def pairs_that_differ_in(rng, places):
    """Group pairs of one thumbnail each, whose hashes differ in the bits named."""
    hashes = np.repeat(rng.integers(0, 256, (len(places), 16)).astype(np.uint8), 2, axis=0)
    bits = np.unpackbits(hashes, axis=1)
    for pair, chosen in enumerate(places):
        bits[2 * pair, chosen] ^= 1
    thumbnails = rng.integers(0, 256, (len(places), 16, 16)).astype(np.uint8)
    contents = [str(number).encode() for number in range(2 * len(places))]
    hashes = np.packbits(bits, axis=1)
    return duplicates.groups(contents, hashes, np.repeat(thumbnails, 2, axis=0))


@pytest.mark.parametrize("differing", range(16))
def test_a_pair_is_found_if_few_enough_bits_differ(differing):
    rng = np.random.default_rng(differing)
    places = [rng.choice(128, differing, replace=False) for _ in range(100)]
    found = pairs_that_differ_in(rng, places)
    near = differing <= duplicates.NEAR_BITS
    assert found == [[2 * k, 2 * k + 1] for k in range(100) if near]


def test_the_most_evenly_spread_differences_are_found():
    """Twelve bits over seven parts: one each in two parts, two each in the others."""
    places = []
    for part in range(7):
        for row in range(18):
            once = {part, (part + 1) % 7}
            twice = [k for k in range(7) if k not in once]
            chosen = [k + 7 * row for k in once]
            places.append(
                chosen + [k + 7 * ((row + 1 + two) % 18) for k in twice for two in (0, 5)]
            )
    assert {len(chosen) for chosen in places} == {duplicates.NEAR_BITS}
    found = pairs_that_differ_in(np.random.default_rng(0), places)
    assert found == [[2 * k, 2 * k + 1] for k in range(len(places))]


@pytest.mark.parametrize("kind", ["digits", "clothes", "pets"])
def test_the_same_groups_on_drawings(kind):
    from course_utils.data.toys import clothes, digits

    make = {"digits": digits.make, "clothes": clothes.make, "pets": lambda n: pets.make(n, 64, 5)}
    images = [np.squeeze(image) for image in make[kind](400)[0]]
    prints = [(duplicates.difference_hash(i), duplicates.thumbnail(i)) for i in images]
    hashes, thumbnails = map(np.stack, zip(*prints, strict=True))
    rng = np.random.default_rng(2)
    hashes = np.concatenate([hashes, flipped(rng, hashes[:100], 14)])
    thumbnails = np.concatenate([thumbnails, noisy(rng, thumbnails[:100], 12)])
    contents = [str(number).encode() for number in range(len(hashes))]
    expected = groups_of_all_pairs(contents, hashes, thumbnails)
    assert len(expected) > 20
    assert duplicates.groups(contents, hashes, thumbnails) == expected


@pytest.mark.photos
@pytest.mark.skipif("COURSE_TEST_PHOTOS" not in os.environ, reason="no photos on this machine")
def test_the_same_groups_on_photos():
    files = sorted(Path(os.environ["COURSE_TEST_PHOTOS"]).rglob("dog*.jpg"))
    prints = [fingerprint(Image.fromarray(decode(path, 64))) for path in files]
    hashes, thumbnails = zip(*prints, strict=True)
    contents = [str(number).encode() for number in range(len(hashes))]
    expected = groups_of_all_pairs(contents, hashes, thumbnails)
    assert len(expected) >= 2  # the same dogs, twice
    assert duplicates.groups(contents, hashes, thumbnails) == expected


@pytest.mark.timeout(60)
def test_thousands_of_frames_of_one_film_take_seconds():
    """Every pair of them looks alike: 200 million pairs for one group."""
    rng, many = np.random.default_rng(3), 20_000
    hashes = flipped(rng, np.zeros((many, 16), np.uint8), 5)
    thumbnails = noisy(rng, np.repeat(rng.integers(0, 256, (1, 16, 16)), many, axis=0), 2)
    contents = [str(number).encode() for number in range(many)]
    [group] = duplicates.groups(contents, hashes, thumbnails)
    assert len(group) == many


# ---- the script


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("inspect_folder", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def inspect_folder(script):
    return lambda *arguments: CliRunner().invoke(script.main, [str(a) for a in arguments])


class Page(HTMLParser):
    """What a browser would see: balanced tags, pictures, words."""

    ALONE = {"meta", "link", "img", "br"}

    def __init__(self, text):
        super().__init__()
        self.open, self.images, self.links, self.words = [], [], [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.links += [attributes[name] for name in ("src", "href") if name in attributes]
        if tag == "img":
            self.images.append(attributes)
        if tag not in self.ALONE:
            self.open.append(tag)
        assert tag != "script"

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words += data


def test_the_script_on_a_clean_folder_ends_with_0(folder):
    before = snapshot(folder)
    done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == repr(inspect.inspect_folder(folder))
    assert snapshot(folder) == before


def defects(folder):
    """Plant a defect of each kind."""
    cats, dogs = folder / "train" / "cat", folder / "train" / "dog"
    (cats / "<i>page & co.jpg").write_bytes(b"<html>404</html>")
    shutil.copy(cats / "0.png", folder / "test" / "cat" / "leak.png")
    shutil.copy(cats / "2.png", dogs / "label.png")
    shutil.copy(cats / "4.png", cats / "again.png")
    (dogs / "1.png").rename(dogs / "1.jpg")
    Image.open(dogs / "3.png").resize((48, 48)).save(folder / "validation" / "dog" / "small.jpg")
    shutil.copy(cats / "6.png", folder / "loose.png")


def test_the_page_shows_what_was_found_and_needs_no_other_file(folder, inspect_folder, tmp_path):
    defects(folder)
    before = snapshot(folder)
    page = tmp_path / "new folder" / "page.html"
    done = inspect_folder(folder, "--html", page)
    assert done.exit_code == 1 and str(page) in done.output
    assert snapshot(folder) == before
    seen = Page(page.read_text(encoding="utf-8"))
    report = inspect.inspect_folder(folder)
    for line in (
        *report.to_do,
        "In two splits: 2",
        "In two classes: 1",
        "Repeated in one split: 1",
    ):
        assert line in seen.words
    for word in ("train/cat/<i>page & co.jpg", "a web page", "train/dog/1.jpg", "PNG", "same file"):
        assert word in seen.words
    assert all(link.startswith("data:") for link in seen.links)
    assert all(image["alt"] for image in seen.images)
    assert {"test/cat/leak.png", "validation/dog/small.jpg"} <= {i["alt"] for i in seen.images}
    assert max(int(image[side]) for image in seen.images for side in ("width", "height")) <= 96
    assert [path.name for path in page.parent.iterdir()] == ["page.html"]
    assert str(tmp_path) not in seen.words


def test_a_picture_on_the_page_keeps_its_shape(folder, script):
    save(70, folder / "train" / "cat" / "wide.png")
    Image.open(folder / "train" / "cat" / "wide.png").resize((200, 50)).save(
        folder / "train" / "cat" / "wide.png"
    )
    small = script.thumbnail(folder / "train" / "cat" / "wide.png")
    assert (small["width"], small["height"]) == (96, 24)
    assert script.thumbnail(folder / "gone.png") is None


def test_many_findings_are_counted_not_shown(folder, inspect_folder, tmp_path):
    for number in range(230):
        (folder / "train" / "dog" / f"bad{number:03d}.jpg").write_bytes(b"no picture")
    for number in range(40):
        save(number, folder / "test" / pets.CLASSES[number % 2] / f"leak{number}.png")
    for number in range(15):
        save(0, folder / "validation" / "cat" / f"heap{number:02d}.png", "train")
    done = inspect_folder(folder, "--html", tmp_path / "page.html")
    assert done.exit_code == 1 and len(done.output.splitlines()) < 50
    seen = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert "Unreadable: 230" in seen.words and "and 30 more" in seen.words
    assert len(seen.images) < 100 and "6 of " in seen.words
    assert (tmp_path / "page.html").stat().st_size < 500_000


@pytest.mark.parametrize(
    ("folder_of", "words"),
    [("missing", "no folder"), ("file", "is a file"), ("empty", "no class folders")],
)
def test_a_folder_that_cannot_be_used_ends_with_2(tmp_path, inspect_folder, folder_of, words):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    page = tmp_path / "page.html"
    done = inspect_folder(tmp_path / folder_of, "--html", page)
    assert done.exit_code == 2 and words in done.output and "Traceback" not in done.output
    assert not page.exists()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("mine/train/cat/page.html", "class folder"),
        ("mine/train/cat/deeper/page.html", "class folder"),
        ("a file/page.html", "could not be written"),
        ("mine", ".html"),
        ("0.png", ".html"),
        ("taken.html", "could not be written"),
    ],
)
def test_a_page_that_cannot_be_written_ends_with_2(folder, tmp_path, inspect_folder, place, words):
    (tmp_path / "a file").write_text("")
    (tmp_path / "taken.html").mkdir()
    before = snapshot(tmp_path)
    done = inspect_folder(folder, "--html", tmp_path / place)
    assert done.exit_code == 2 and words in done.output and "--html" in done.output
    assert snapshot(tmp_path) == before


def test_an_older_page_is_replaced_whole(folder, tmp_path, inspect_folder):
    page = tmp_path / "page.html"
    page.write_text("older")
    assert inspect_folder(folder, "--html", page).exit_code == 0
    assert "All well" in Page(page.read_text(encoding="utf-8")).words


def test_the_seed_splits_as_a_lesson_does(tmp_path, inspect_folder):
    for number in range(40):
        save(number, tmp_path / "mine" / pets.CLASSES[number % 2] / f"{number}.png")
    shutil.copy(tmp_path / "mine" / "cat" / "0.png", tmp_path / "mine" / "cat" / "copy.png")
    for seed in range(4):
        done = inspect_folder(tmp_path / "mine", "--seed", seed)
        assert done.output.strip() == repr(inspect.inspect_folder(tmp_path / "mine", seed=seed))
