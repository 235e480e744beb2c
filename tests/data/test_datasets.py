"""Pictures from a folder or from the toys: splits, classes, bad files, clear messages."""

import hashlib
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from course_utils.data import datasets, folders
from course_utils.data.image_file import decode
from course_utils.errors import CourseError


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def paint(path, colour=(200, 30, 30), size=(40, 30), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path, **options)


def plain_folder(place, classes=("bird", "fish"), each=10):
    for number, name in enumerate(classes):
        for k in range(each):
            paint(place / name / f"{k}.png", (number * 100, k * 10, 50))
    return place


def hashes(split):
    return {
        hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest() for image in split.images
    }


def test_a_plain_folder_is_split_by_class(tmp_path):
    loaded = datasets.load("quick", plain_folder(tmp_path / "mine"), size=32)
    assert loaded.classes == ("bird", "fish")
    assert loaded.counts == {"train": 12, "validation": 4, "test": 4}
    for split in (loaded.train, loaded.validation, loaded.test):
        assert split.images.shape[1:] == (32, 32, 3)
        assert split.images.dtype == np.uint8
        assert np.bincount(split.labels).tolist() == [len(split) // 2] * 2
    assert not hashes(loaded.train) & hashes(loaded.validation)
    assert not hashes(loaded.train) & hashes(loaded.test)


def test_the_seed_decides_the_split_and_nothing_else_does(tmp_path):
    folder = plain_folder(tmp_path / "mine")
    first, again = (datasets.load("quick", folder, size=16, seed=3).train.names for _ in range(2))
    other = datasets.load("quick", folder, size=16, seed=4).train.names
    assert first == again
    assert first != other


def test_given_split_folders_are_kept_and_missing_ones_carved_from_train(tmp_path):
    folder = tmp_path / "mine"
    for split, each in (("train", 10), ("val", 3)):
        plain_folder(folder / split, each=each)
    loaded = datasets.load("quick", folder, size=16)
    assert loaded.counts == {"train": 16, "validation": 6, "test": 4}
    assert all(name.startswith("val") for name in loaded.validation.names)
    assert not set(loaded.train.names) & set(loaded.test.names)


def test_unreadable_files_are_named_left_out_and_not_touched(tmp_path):
    folder = plain_folder(tmp_path / "mine")
    bad = {
        "empty.jpg": b"",
        "text.jpg": b"<html>not found</html>",
        "short.png": (folder / "bird" / "0.png").read_bytes()[:60],
    }
    for name, content in bad.items():
        (folder / "bird" / name).write_bytes(content)
    (folder / "bird" / "Thumbs.db").write_bytes(b"litter")
    loaded = datasets.load("quick", folder, size=16)
    assert {item.path.name for item in loaded.unreadable} == set(bad)
    assert all(item.reason for item in loaded.unreadable)
    assert sum(loaded.counts.values()) == 20
    assert all((folder / "bird" / name).read_bytes() == content for name, content in bad.items())
    again = datasets.load("quick", folder, size=16)  # from the cache
    assert {item.path.name for item in again.unreadable} == set(bad)
    assert again.train.names == loaded.train.names


def test_labels_stay_with_their_pictures_when_files_are_left_out(tmp_path):
    folder = plain_folder(tmp_path / "mine")
    (folder / "bird" / "00.png").write_bytes(b"no")
    loaded = datasets.load("quick", folder, size=16)
    for split in (loaded.train, loaded.validation, loaded.test):
        reds = split.images[:, 0, 0, 0]
        assert ((reds == 100) == (split.labels == 1)).all()
        assert all(
            (f"{loaded.classes[k]}/" in n) for n, k in zip(split.names, split.labels, strict=True)
        )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda place: None, "There is no folder"),
        (lambda place: place.mkdir(), "holds no class folders"),
        (lambda place: plain_folder(place, classes=("only",)), "one class only"),
        (lambda place: (plain_folder(place), (place / "ghost").mkdir()), "empty"),
        (lambda place: plain_folder(place, [f"c{k:02d}" for k in range(21)], 1), "2 to 20"),
        (lambda place: plain_folder(place, each=4), "at least 5"),
    ],
    ids=["missing", "nothing", "one class", "empty class", "too many", "too few"],
)
def test_a_folder_that_cannot_be_used_says_why(tmp_path, make, message):
    make(tmp_path / "mine")
    with pytest.raises(CourseError, match=message):
        datasets.load("quick", tmp_path / "mine")


def test_a_class_with_nothing_readable_says_so(tmp_path):
    folder = plain_folder(tmp_path / "mine")
    for path in (folder / "fish").iterdir():
        path.write_bytes(b"nothing")
    with pytest.raises(CourseError, match="fish.*no readable picture"):
        datasets.load("quick", folder, size=16)


def test_twenty_classes_are_fine(tmp_path):
    folder = plain_folder(tmp_path / "mine", [f"c{k:02d}" for k in range(20)], 5)
    assert len(datasets.load("quick", folder, size=16).classes) == 20


def test_a_damaged_cache_is_decoded_again(tmp_path, home):
    folder = plain_folder(tmp_path / "mine")
    first = np.array(datasets.load("quick", folder, size=16).train.images)
    for path in home.rglob("train.rows"):
        path.write_bytes(path.read_bytes()[:100])
    np.testing.assert_array_equal(datasets.load("quick", folder, size=16).train.images, first)


def test_an_edited_picture_is_decoded_again(tmp_path):
    folder = plain_folder(tmp_path / "mine")
    before = datasets.load("quick", folder, size=16)
    name = before.train.names[0]
    paint(folder / name, (1, 2, 3), size=(41, 31))
    after = datasets.load("quick", folder, size=16)
    assert after.train.images[0, 0, 0].tolist() == [1, 2, 3]


def test_asking_for_the_test_split_is_noted():
    loaded = datasets.load("quick", size=32)
    loaded.train.labels.sum()
    loaded.validation.labels.sum()
    assert not loaded.test_opened
    assert len(loaded.test) == 2000
    assert loaded.test_opened


def test_toys_keep_their_judges_and_change_their_training_pictures_with_the_seed():
    one, two = (datasets.load("quick", size=32, seed=seed) for seed in (0, 1))
    np.testing.assert_array_equal(one.validation.images, two.validation.images)
    assert not hashes(one.train) & hashes(two.train)
    assert one.counts == {"train": 320, "validation": 600, "test": 2000}


def test_full_without_photos_says_how_to_get_on():
    with pytest.raises(CourseError, match="--data"):
        datasets.load("full")


@given(
    n=st.integers(5, 400),
    missing=st.sampled_from([["validation", "test"], ["test"], ["validation"]]),
    seed=st.integers(0, 10_000),
)
def test_shares_are_disjoint_complete_and_about_a_fifth(n, missing, seed):
    shares = folders.stratified(n, missing, seed)
    together = np.concatenate(list(shares.values()))
    assert sorted(together) == list(range(n))
    for split in missing:
        assert 1 <= len(shares[split]) and abs(len(shares[split]) - n / 5) <= 1
    again = folders.stratified(n, missing, seed)
    assert all(np.array_equal(shares[name], again[name]) for name in shares)


def test_decoding_turns_upright_and_to_rgb(tmp_path):
    left_red = np.zeros((20, 40, 3), np.uint8)
    left_red[:, :20, 0] = 255
    picture = Image.fromarray(left_red)
    exif = picture.getexif()
    exif[0x0112] = 6  # stored lying on its side: turn clockwise to see it upright
    picture.save(tmp_path / "turned.png", exif=exif)
    upright = decode(tmp_path / "turned.png", 16)
    assert upright[0, 8, 0] > 250 and upright[15, 8, 0] < 5  # the red half is on top now

    for mode in ("L", "P", "RGBA", "CMYK", "1"):
        path = tmp_path / f"{mode}.{'jpg' if mode == 'CMYK' else 'png'}"
        picture.convert(mode).save(path)
        assert decode(path, 16).shape == (16, 16, 3)
    Image.fromarray(np.full((9, 9), 65535, np.uint16)).save(tmp_path / "deep.png")
    assert decode(tmp_path / "deep.png", 8).min() == 255


@pytest.mark.photos
@pytest.mark.skipif("COURSE_TEST_PHOTOS" not in os.environ, reason="no photos on this machine")
def test_real_photos_are_listed_and_decoded():
    classes, listing = folders.list_folder(os.environ["COURSE_TEST_PHOTOS"])
    assert len(classes) == 2
    counts = {split: len(files) for split, files in listing.items()}
    assert counts == {"train": 2000, "validation": 1000, "test": 1000}
    for path, _ in listing["train"][::200]:
        image = decode(path, 150)
        assert image.shape == (150, 150, 3) and image.std() > 5
