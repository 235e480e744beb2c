"""Toy digits and clothes, and the way to MNIST and Fashion-MNIST."""

import gzip
import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from course_utils import presets
from course_utils.data import datasets, registry
from course_utils.data.toys import clothes, digits
from course_utils.errors import CourseError

SPLITS = ("train", "validation", "test")
TOYS = pytest.mark.parametrize("toys", [digits, clothes], ids=["digits", "clothes"])


def digests(images):
    return {hashlib.sha256(image.tobytes()).digest() for image in images}


@TOYS
def test_shapes_types_and_balanced_classes(toys):
    images, labels = toys.make(50)
    assert images.shape == (50, 28, 28, 1) and images.dtype == np.uint8
    assert labels.dtype == np.int64 and np.bincount(labels).tolist() == [5] * 10
    assert len(toys.CLASSES) == len(set(toys.CLASSES)) == 10
    assert images.std(axis=(1, 2, 3)).min() > 10, "an empty picture"
    assert np.median(images) < 40, "the ground must be dark"
    assert [len(part) for part in toys.make(0)] == [0, 0]


@TOYS
def test_pictures_do_not_depend_on_number_or_company(toys):
    many, labels = toys.make(30, seed=3, split="test")
    np.testing.assert_array_equal(toys.make(30, seed=3, split="test")[0], many)
    for index in (29, 4):
        image, label = toys.draw(index, seed=3, split="test")
        np.testing.assert_array_equal(image, many[index])
        assert label == labels[index]


@TOYS
def test_splits_and_seeds_share_no_picture(toys):
    seen = [digests(toys.make(200, seed, split)[0]) for seed in (0, 1) for split in SPLITS]
    assert len(set.union(*seen)) == 6 * 200


@TOYS
@pytest.mark.parametrize(
    "arguments, said",
    [({"split": "valid"}, "validation"), ({"n": -1}, "0 or more"), ({"seed": -1}, "seed")],
)
def test_impossible_requests_are_explained(toys, arguments, said):
    with pytest.raises(CourseError, match=said):
        toys.make(**{"n": 2, **arguments})


def test_drawing_loads_neither_tensorflow_nor_pyplot():
    code = (
        "import sys; from course_utils.data.toys import digits, clothes; "
        "digits.draw(0); clothes.draw(0); "
        "assert not {'tensorflow', 'keras', 'matplotlib.pyplot'} & set(sys.modules)"
    )
    paths = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], check=True, env=paths)


# Thumbnails of 4 × 4 blocks of one picture a class (seed 7, test): a change must be meant.
EXPECTED = {
    "digits": [
        [0, 9, 8, 0, 0, 130, 109, 1, 0, 116, 142, 1, 0, 14, 25, 0],
        [5, 6, 7, 6, 7, 52, 87, 7, 6, 58, 55, 5, 5, 106, 54, 9],
        [11, 11, 8, 9, 8, 56, 69, 8, 11, 50, 40, 7, 33, 69, 19, 7],
        [5, 10, 7, 6, 4, 31, 78, 5, 6, 15, 81, 6, 5, 38, 57, 4],
        [2, 22, 110, 3, 2, 102, 109, 3, 9, 83, 147, 20, 2, 2, 14, 2],
        [27, 76, 22, 5, 10, 82, 48, 4, 6, 26, 87, 6, 3, 35, 27, 5],
        [7, 23, 10, 5, 81, 155, 77, 6, 91, 115, 142, 4, 8, 78, 56, 4],
        [3, 9, 2, 3, 50, 111, 84, 2, 3, 82, 7, 3, 24, 58, 2, 3],
        [7, 5, 8, 8, 4, 8, 79, 43, 6, 60, 72, 7, 6, 11, 10, 6],
        [1, 3, 23, 2, 1, 85, 34, 65, 1, 65, 90, 34, 23, 49, 41, 0],
    ],
    "clothes": [
        [11, 86, 125, 44, 46, 150, 185, 33, 9, 101, 163, 11, 8, 8, 9, 7],
        [2, 37, 24, 3, 3, 60, 36, 3, 4, 45, 28, 3, 6, 15, 10, 3],
        [6, 10, 7, 8, 13, 150, 86, 7, 50, 206, 146, 7, 9, 88, 45, 7],
        [9, 41, 44, 10, 10, 90, 100, 10, 8, 64, 127, 11, 8, 41, 68, 24],
        [0, 10, 9, 0, 0, 59, 57, 0, 6, 65, 71, 6, 1, 37, 40, 1],
        [4, 6, 5, 5, 7, 34, 25, 5, 16, 32, 31, 6, 3, 4, 4, 5],
        [17, 81, 79, 9, 31, 145, 160, 19, 30, 145, 168, 37, 8, 48, 39, 11],
        [3, 4, 4, 3, 3, 19, 76, 11, 14, 125, 107, 34, 4, 4, 3, 4],
        [6, 14, 4, 4, 22, 67, 35, 5, 38, 114, 52, 5, 14, 27, 16, 4],
        [2, 15, 78, 7, 2, 45, 119, 23, 32, 81, 93, 52, 2, 1, 1, 1],
    ],
}


def thumbnails(toys):
    images = toys.make(10, seed=7, split="test")[0].astype(float)
    return np.rint(images.reshape(10, 4, 7, 4, 7).mean(axis=(2, 4))).astype(int).reshape(10, 16)


@TOYS
def test_the_pictures_are_the_same_on_every_machine(toys):
    name = toys.__name__.split(".")[-1]
    np.testing.assert_allclose(thumbnails(toys), EXPECTED[name], atol=2)


@TOYS
def test_the_task_is_neither_trivial_nor_hopeless(toys):
    """The mean picture of each class finds the class of more than chance, of fewer than most."""
    images, labels = toys.make(1000, seed=1000)
    means = np.stack([images[labels == number].mean(axis=0).ravel() for number in range(10)])
    others, truth = toys.make(500, seed=99, split="validation")
    flat = others.reshape(500, -1).astype(float)
    distances = (means**2).sum(axis=1) - 2.0 * flat @ means.T
    accuracy = np.mean(distances.argmin(axis=1) == truth)
    assert 0.3 < accuracy < 0.7


@TOYS
def test_the_amount_of_light_does_not_give_the_class_away(toys):
    images, labels = toys.make(1000, seed=5)
    light = images.mean(axis=(1, 2, 3))
    means = np.array([light[labels == number].mean() for number in range(10)])
    guesses = np.abs(light[:, None] - means).argmin(axis=1)
    assert np.mean(guesses == labels) < 0.35


def test_all_fonts_draw_all_digits_with_the_holes_in_place():
    holes = {0: 1, 4: 1, 6: 1, 8: 2, 9: 1}
    for font in digits.FONTS:
        for digit in range(10):
            polygons = digits._outlines(font, digit)
            field = digits.glyph(font, digit)
            middle = field[:, len(field) // 2]
            assert field.shape[0] == field.shape[1] and field.dtype == np.float32
            # cmti10's 4 is open; Mono's 0 has a dot in it.
            if (font, digit) not in {("cmti10", 4), ("DejaVuSansMono", 0)}:
                assert len(polygons) == 1 + holes.get(digit, 0), (font, digit)
            assert middle[0] > 0.3 and middle[-1] > 0.3 and field.min() < -0.02


# Loading.


@pytest.mark.parametrize("load", [datasets.digits, datasets.clothes])
def test_the_seed_changes_only_the_training_pictures(load, monkeypatch):
    monkeypatch.setattr(datasets, "TOYS", dict.fromkeys(SPLITS, 20))
    first, second = (load(presets.get("quick"), seed) for seed in (0, 1))
    assert first.shape == (28, 28, 1) and len(first.classes) == 10
    assert first.train.images.shape == (20, 28, 28, 1)
    assert not np.array_equal(first.train.images, second.train.images)
    assert not first.test_opened
    for split in ("validation", "test"):
        one, two = (getattr(pictures, split) for pictures in (first, second))
        np.testing.assert_array_equal(one.images, two.images)
    assert first.test_opened and first.majority == 0.1


@pytest.fixture
def offline(no_network, monkeypatch):
    """No network, empty folders: returns the folder where Keras keeps its datasets."""
    # The tests' small files stand in for the published ones.
    monkeypatch.setattr(registry, "MNIST", replace(registry.MNIST, known_hash=None))
    for read in (datasets._mnist, datasets._fashion):
        read.cache_clear()
    yield no_network / "keras" / "datasets"
    for read in (datasets._mnist, datasets._fashion):
        read.cache_clear()


def files_below(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_missing_mnist_is_told_with_the_ways_out(offline, tmp_path):
    with pytest.raises(CourseError) as caught:
        datasets.digits(presets.get("full"))
    said = str(caught.value)
    assert "MNIST" in said.splitlines()[0] and "mnist.npz" in said and "'quick'" in said
    assert "COURSE_MIRROR" in said
    assert not [file for file in files_below(tmp_path) if file.stat().st_size]


def test_the_missing_one_of_several_files_is_named(offline):
    folder = offline / "fashion-mnist"
    folder.mkdir(parents=True)
    write_idx(folder / "train-images-idx3-ubyte.gz", np.zeros((3, 28, 28), np.uint8))
    with pytest.raises(CourseError, match="train-labels-idx1-ubyte.gz"):
        datasets.clothes(presets.get("full"))


def write_idx(path, array):
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    path.write_bytes(gzip.compress(head + array.tobytes()))


def small_set(count):
    rng = np.random.default_rng(count)
    return rng.integers(0, 256, (count, 28, 28), np.uint8), np.arange(count, dtype=np.uint8) % 10


def test_fashion_files_laid_beside_keras_are_read(offline, monkeypatch):
    folder = offline / "fashion-mnist"
    folder.mkdir(parents=True)
    (images, labels), (exam, answers) = small_set(60), small_set(20)
    arrays = (images, labels, exam, answers)
    for name, array in zip(registry.FASHION_MNIST, arrays, strict=True):
        write_idx(folder / Path(name.path).name, array)
    monkeypatch.setattr(datasets, "REAL", {"train": 50, "validation": 10, "test": 20})
    monkeypatch.setattr(datasets, "HELD_OUT", 10)
    pictures = datasets.clothes(presets.get("full"))
    np.testing.assert_array_equal(pictures.train.images[..., 0], images[:50])
    np.testing.assert_array_equal(pictures.validation.images[..., 0], images[50:])
    np.testing.assert_array_equal(pictures.test.labels, answers)
    assert pictures.train.labels.dtype == np.int64 and pictures.name == "fashion_mnist"
    assert {len(getattr(pictures, split)) for split in SPLITS} == {50, 10, 20}


def test_a_damaged_file_is_named_and_left_alone(offline):
    offline.mkdir(parents=True)
    (offline / "mnist.npz").write_bytes(b"PK\x03\x04half a file")
    with pytest.raises(CourseError, match=r"mnist\.npz is damaged"):
        datasets.digits(presets.get("full"))
    assert (offline / "mnist.npz").exists()


def test_what_a_mirror_gave_is_kept_for_the_next_time(offline, tmp_path, monkeypatch):
    (images, labels), (exam, answers) = small_set(60), small_set(20)
    file = tmp_path / "mirror" / "datasets" / "mnist.npz"
    file.parent.mkdir(parents=True)
    np.savez(file, x_train=images, y_train=labels, x_test=exam, y_test=answers)
    monkeypatch.setenv("COURSE_MIRROR", str(tmp_path / "mirror"))
    for _ in range(2):
        pictures = datasets.digits(presets.get("full"))
        np.testing.assert_array_equal(pictures.test.images[..., 0], exam)
        datasets._mnist.cache_clear()
        monkeypatch.delenv("COURSE_MIRROR", raising=False)
