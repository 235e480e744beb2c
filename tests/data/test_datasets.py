"""Pictures from a folder, a zip file, the toys or published files: splits, labels, the cache."""

import gzip
import hashlib
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_utils import presets
from course_utils.data import cache, datasets, registry
from course_utils.data.image_file import decode
from course_utils.errors import CourseError

QUICK, FULL = presets.get("quick"), presets.get("full")
SPLITS = ("train", "validation", "test")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("COURSE_CACHE_GB", raising=False)
    return tmp_path / "home"


def plain_folder(place, each=10):
    """Two classes of one colour a picture: red is 0 for a bird and 100 for a fish."""
    for number, name in enumerate(("bird", "fish")):
        (place / name).mkdir(parents=True)
        for k in range(each):
            colour = (number * 100, k * 10, 50)
            Image.new("RGB", (40, 30), colour).save(place / name / f"{k}.png")
    return place


def loaded(place, **options):
    return datasets.load("quick", place, **{"image_size": 16, **options})


def splits_of(dataset):
    return [getattr(dataset, name) for name in SPLITS]


def digests(split):
    return {hashlib.sha256(image.tobytes()).hexdigest() for image in split.images}


# A folder


def test_a_plain_folder_becomes_three_splits_of_pictures_with_their_labels(tmp_path):
    place = plain_folder(tmp_path / "mine")
    dataset = loaded(place)
    assert dataset.classes == ("bird", "fish") and dataset.shape == (16, 16, 3)
    assert dataset.counts == {"train": 12, "validation": 4, "test": 4}
    assert dataset.unreadable == dataset.remarks == [] and dataset.majority == 0.5
    seen = [digests(split) for split in splits_of(dataset)]
    assert len(set.union(*seen)) == sum(map(len, seen)) == 20
    for split in splits_of(dataset):
        assert split.images.dtype == np.uint8 and split.labels.dtype == np.int64
        assert split.images.shape == (len(split), 16, 16, 3) and split.boxes is None
        assert np.bincount(split.labels).tolist() == [len(split) // 2] * 2
        for image, label, name in zip(split.images, split.labels, split.names, strict=True):
            assert Path(name).parent.name == dataset.classes[label]
            np.testing.assert_array_equal(image, decode(place / name, 16))


def test_the_name_in_the_ledger_tells_the_folder_and_its_listing(tmp_path):
    """Another name would orphan the results that students have."""
    place = tmp_path / "mine"
    for name in ("cat", "dog"):
        (place / name).mkdir(parents=True)
        for k in range(5):
            (place / name / f"{k}.ppm").write_bytes(b"P6 1 1 255\n" + bytes([k, k, k]))
    assert loaded(place).name == "mine-23198f"
    assert loaded(place, seed=1).name != loaded(place).name
    assert [datasets.load("quick").name, datasets.digits(QUICK).name] == ["toy_pets", "toy_digits"]


def test_the_seed_decides_the_split_and_nothing_else_does(tmp_path):
    place = plain_folder(tmp_path / "mine")
    assert loaded(place, seed=3).train.names == loaded(place, seed=3).train.names
    assert loaded(place, seed=3).train.names != loaded(place, seed=4).train.names


def test_given_split_folders_are_kept_and_missing_ones_carved_from_train(tmp_path):
    for split, each in (("train", 10), ("val", 3)):
        plain_folder(tmp_path / "mine" / split, each)
    dataset = loaded(tmp_path / "mine")
    assert dataset.counts == {"train": 16, "validation": 6, "test": 4}
    assert all(name.startswith("val") for name in dataset.validation.names)
    assert not set(dataset.train.names) & set(dataset.test.names)


def test_a_zip_file_gives_the_same_as_its_folder(tmp_path):
    place = plain_folder(tmp_path / "mine")
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as file:
        for path in sorted(place.rglob("*.png")):
            file.write(path, path.relative_to(tmp_path))
    one, two = loaded(place), loaded(tmp_path / "mine.zip")
    assert (one.name, one.counts) == (two.name, two.counts)
    np.testing.assert_array_equal(one.train.images, two.train.images)


def test_unreadable_files_are_named_left_out_and_not_touched(tmp_path):
    place = plain_folder(tmp_path / "mine")
    bad = {
        "0.jpg": b"",
        "text.jpg": b"<html>not found</html>",
        "short.png": (place / "bird" / "0.png").read_bytes()[:60],
    }
    for name, content in bad.items():
        (place / "bird" / name).write_bytes(content)
    (place / "bird" / "Thumbs.db").write_bytes(b"litter")
    for dataset in (loaded(place), loaded(place)):  # decoded, and from the cache
        assert {item.path for item in dataset.unreadable} == {place / "bird" / n for n in bad}
        assert all(item.reason for item in dataset.unreadable)
        assert "3 unreadable files were left out." in repr(dataset)
        assert "3 unreadable files were left out." in dataset._repr_html_()
        assert sum(dataset.counts.values()) == 20
        for split in splits_of(dataset):
            assert split.images[:, 0, 0, 0].tolist() == (split.labels * 100).tolist()
    assert all((place / "bird" / name).read_bytes() == content for name, content in bad.items())


# The cache


def test_the_second_time_nothing_is_decoded(tmp_path, home):
    place = plain_folder(tmp_path / "mine")
    first = loaded(place)
    dates = {path: path.stat().st_mtime_ns for path in home.rglob("values")}
    assert len(dates) == 3
    again = loaded(place)
    assert dates == {path: path.stat().st_mtime_ns for path in home.rglob("values")}
    assert isinstance(again.train.images, np.memmap)
    np.testing.assert_array_equal(first.train.images, again.train.images)


def test_decoded_pictures_that_were_damaged_on_the_disk_are_not_used(tmp_path, home, capsys):
    """Zeros of the same length were, once."""
    place = plain_folder(tmp_path / "mine")
    first = [np.array(split.images) for split in splits_of(loaded(place))]
    for path in home.rglob("values"):
        path.write_bytes(bytes(path.stat().st_size))
    again = [split.images for split in splits_of(loaded(place))]
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert capsys.readouterr().out.count("is damaged; it is made again") == 3


def test_an_edited_picture_is_decoded_again(tmp_path):
    place = plain_folder(tmp_path / "mine")
    name = loaded(place).train.names[0]
    Image.new("RGB", (41, 31), (1, 2, 3)).save(place / name)
    assert loaded(place).train.images[0, 0, 0].tolist() == [1, 2, 3]


def test_a_file_that_becomes_readable_is_taken_in(tmp_path):
    """The cache knows files by name, date and length; a new permission changes none of these."""
    place = plain_folder(tmp_path / "mine")
    bad = place / "bird" / "0.png"
    content, date = bad.read_bytes(), bad.stat().st_mtime_ns
    bad.write_bytes(b"\0" * len(content))
    os.utime(bad, ns=(date, date))
    assert [one.path for one in loaded(place).unreadable] == [bad]
    bad.write_bytes(content)
    os.utime(bad, ns=(date, date))
    again = loaded(place)
    assert again.unreadable == [] and sum(again.counts.values()) == 20


def test_pictures_beyond_the_limit_of_the_cache_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE_GB", "1e-6")
    with pytest.raises(CourseError, match="COURSE_CACHE_GB"):
        loaded(plain_folder(tmp_path / "mine"))
    assert cache.size() == (0, 0)


# Drawn


def test_toys_keep_their_judges_and_change_their_training_pictures_with_the_seed():
    small = replace(QUICK, train=20, validation=20, test=30)
    one, two = (datasets.load(small, image_size=32, seed=seed) for seed in (0, 1))
    assert one.counts == {"train": 20, "validation": 20, "test": 30}
    assert one.title == "toy pets" and one.train.boxes.shape == (20, 4)
    np.testing.assert_array_equal(one.validation.images, two.validation.images)
    assert not digests(one.train) & digests(two.train)
    assert not one.test_opened  # as no lesson but one asks for it
    assert len(one.test) == 30 and one.test_opened and not two.test_opened
    assert datasets.load("quick").counts == {"train": 320, "validation": 600, "test": 2000}


def test_grey_toys_do_the_same(monkeypatch):
    monkeypatch.setattr(datasets, "GREY", dict.fromkeys(SPLITS, 10))
    for load in (datasets.digits, datasets.clothes):
        one, two = (load(QUICK, seed) for seed in (0, 1))
        assert one.shape == (28, 28, 1) and len(one.classes) == 10
        assert one.train.images.shape == (10, 28, 28, 1) and one.majority == 0.1
        assert not np.array_equal(one.train.images, two.train.images)
        np.testing.assert_array_equal(one.validation.images, two.validation.images)
        np.testing.assert_array_equal(one.test.images, two.test.images)


# Published


def small_set(count):
    rng = np.random.default_rng(count)
    return rng.integers(0, 256, (count, 28, 28), np.uint8), np.arange(count, dtype=np.uint8) % 10


@pytest.fixture
def published(no_network, monkeypatch):
    """No network; the folder where Keras keeps its datasets; small sets may stand in."""
    monkeypatch.setattr(registry, "MNIST", replace(registry.MNIST, known_hash=None))
    monkeypatch.setattr(datasets, "HELD_OUT", 10)
    folder = no_network / "keras" / "datasets"
    (folder / "fashion-mnist").mkdir(parents=True)
    return folder


def check(dataset, name):
    (images, labels), (exam, answers) = small_set(60), small_set(20)
    assert dataset.name == name and dataset.shape == (28, 28, 1)
    assert dataset.counts == {"train": 50, "validation": 10, "test": 20}
    np.testing.assert_array_equal(dataset.train.images[..., 0], images[:50])
    np.testing.assert_array_equal(dataset.validation.images[..., 0], images[50:])
    np.testing.assert_array_equal(dataset.validation.labels, labels[50:])
    np.testing.assert_array_equal(dataset.test.images[..., 0], exam)
    np.testing.assert_array_equal(dataset.test.labels, answers)
    assert dataset.train.labels.dtype == np.int64


def test_files_that_lie_where_keras_keeps_them_are_read(published):
    (images, labels), (exam, answers) = small_set(60), small_set(20)
    np.savez(published / "mnist.npz", x_train=images, y_train=labels, x_test=exam, y_test=answers)
    check(datasets.digits(FULL), "mnist")
    arrays = (images, labels, exam, answers)
    for remote, array in zip(registry.FASHION_MNIST, arrays, strict=True):
        head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
        place = published / "fashion-mnist" / Path(remote.path).name
        place.write_bytes(gzip.compress(head + array.tobytes()))
    check(datasets.clothes(FULL), "fashion_mnist")
    place.unlink()
    with pytest.raises(CourseError, match=r"labels-idx1-ubyte\.gz[\s\S]*'quick'"):
        datasets.clothes(FULL)


def test_a_damaged_file_is_named_and_left_alone(published):
    (published / "mnist.npz").write_bytes(b"PK\x03\x04half a file")
    with pytest.raises(CourseError, match=r"mnist\.npz is damaged"):
        datasets.digits(FULL)
    assert (published / "mnist.npz").exists()


def test_what_is_missing_is_told_with_the_ways_out(published):
    with pytest.raises(CourseError, match=r"mnist\.npz[\s\S]*COURSE_MIRROR[\s\S]*'quick'"):
        datasets.digits(FULL)
    with pytest.raises(CourseError, match="--data"):
        datasets.load("full")


@pytest.mark.slow
@pytest.mark.photos
@pytest.mark.skipif("COURSE_TEST_PHOTOS" not in os.environ, reason="no photos on this machine")
def test_real_photos_are_listed_and_decoded():
    dataset = datasets.load("full", os.environ["COURSE_TEST_PHOTOS"])
    assert dataset.counts == {"train": 2000, "validation": 1000, "test": 1000}
    assert dataset.unreadable == [] and dataset.shape == (150, 150, 3)
    assert dataset.train.images[::100].std(axis=(1, 2, 3)).min() > 5


def test_what_is_called_a_zip_file_and_is_none_is_told(tmp_path):
    (tmp_path / "photos.zip").write_bytes(b"PK\3\4 and then the connection broke")
    with pytest.raises(CourseError, match="photos.zip cannot be used.*Fetch it again"):
        datasets.load("quick", data=tmp_path / "photos.zip")
