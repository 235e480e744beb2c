"""Toy pictures: the same from the same seed, free of shortcuts, boxes where the heads are."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.data.toys import faces, pets, zoo
from course_utils.data.toys.kit import Canvas, Pose
from course_utils.data.toys.palette import WHITE
from course_utils.data.toys.randomness import RandomSource
from course_utils.errors import CourseError

EXPECTED = Path(__file__).parent / "toys_expected.json"
SPLITS = ("train", "validation", "test")
DATASETS = pytest.mark.parametrize("dataset", [pets, zoo], ids=["pets", "zoo"])


def digests(images):
    return {hashlib.sha256(image.tobytes()).digest() for image in images}


@DATASETS
def test_shapes_types_and_balanced_labels(dataset):
    classes = len(dataset.CLASSES)
    images, labels = dataset.make(2 * classes, size=32)[:2]
    assert images.shape == (2 * classes, 32, 32, 3) and images.dtype == np.uint8
    assert labels.dtype == np.int64
    assert np.bincount(labels).tolist() == [2] * classes
    assert images.std(axis=(1, 2, 3)).min() > 2, "an empty picture"


def test_boxes_have_the_promised_form():
    boxes = pets.make(3, size=32)[2]
    assert boxes.shape == (3, 4) and boxes.dtype == np.float32


def test_the_class_names():
    assert pets.CLASSES == ("cat", "dog")
    assert len(zoo.CLASSES) == len(set(zoo.CLASSES)) == 40
    assert not {"cat", "dog"} & set(zoo.CLASSES)


@DATASETS
def test_no_pictures_asked_for(dataset):
    assert [len(part) for part in dataset.make(0)] in ([0, 0, 0], [0, 0])


@DATASETS
def test_pictures_do_not_depend_on_number_order_or_company(dataset):
    many = dataset.make(12, size=32, seed=5)
    again = dataset.make(7, size=32, seed=5)
    for first, second in zip(many, again, strict=True):
        np.testing.assert_array_equal(first[:7], second)
    for index in (11, 2, 6):
        alone = dataset.draw(index, size=32, seed=5)
        for part, whole in zip(alone, many, strict=True):
            np.testing.assert_array_equal(part, whole[index])


@DATASETS
def test_pictures_do_not_depend_on_the_processes(dataset):
    one = dataset.make(205, size=16, seed=1, split="test")
    two = dataset.make(205, size=16, seed=1, split="test", workers=2)
    alone = dataset.draw(150, size=16, seed=1, split="test")
    for first, second, single in zip(one, two, alone, strict=True):
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(first[150], single)


def test_a_script_without_main_guard_still_gets_its_pictures(tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(
        "from course_utils.data.toys import pets\n"
        "print(pets.make(201, size=16, workers=2)[0].sum())\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120, cwd=tmp_path,
        env=environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == pets.make(201, size=16)[0].sum()
    assert "drawing with one process instead" in done.stderr


def test_drawing_loads_no_tensorflow():
    code = (
        "import sys; from course_utils.data.toys import pets, zoo; pets.draw(0); zoo.draw(0); "
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=environment())


def environment():
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}


def test_no_two_splits_seeds_or_datasets_share_a_picture():
    keys = [
        (dataset, seed, split) for dataset in (pets, zoo) for seed in (0, 1) for split in SPLITS
    ]
    seen = [digests(d.make(80, size=32, seed=seed, split=split)[0]) for d, seed, split in keys]
    assert len(set.union(*seen)) == 80 * len(keys)


@pytest.mark.parametrize("size", [16, 33, 96])
def test_every_class_of_the_zoo_draws_at_every_size(size):
    images, _ = zoo.make(80, size=size)
    assert images.shape == (80, size, size, 3)
    assert len(digests(images)) == 80


def test_another_size_shows_the_same_drawing():
    small, large = pets.make(20, size=32), pets.make(20, size=64)
    halved = large[0].reshape(20, 32, 2, 32, 2, 3).mean(axis=(2, 4))
    for index in range(20):
        correlation = np.corrcoef(small[0][index].ravel(), halved[index].ravel())[0, 1]
        assert correlation > 0.93
    np.testing.assert_allclose(2 * small[2], large[2], rtol=1e-5)


@pytest.mark.parametrize(
    "arguments, said",
    [
        ({"split": "valid"}, "validation"),
        ({"n": -1}, "0 or more"),
        ({"size": 8}, "16"),
        ({"seed": -1}, "seed"),
    ],
)
@DATASETS
def test_impossible_requests_are_explained(dataset, arguments, said):
    with pytest.raises(CourseError, match=said):
        dataset.make(**{"n": 2, **arguments})


# Boxes.

poses = st.builds(
    Pose,
    scale=st.floats(0.3, 0.8),
    rotation=st.floats(-3.2, 3.2),
    shift=st.tuples(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6)),
    shear=st.floats(-0.3, 0.3),
    flip=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(poses, st.floats(-1, 1), st.floats(-1, 1))
def test_pose_and_canvas_agree_on_where_a_point_lies(pose, x, y):
    canvas = Canvas(50, RandomSource(0))
    canvas.place(pose)
    column, row = pose.to_pixels(x, y, 50)
    # The canvas's local coordinates are linear: solve for the pixel that shows (x, y).
    step = np.array(
        [
            [canvas.x[0, 1] - canvas.x[0, 0], canvas.x[1, 0] - canvas.x[0, 0]],
            [canvas.y[0, 1] - canvas.y[0, 0], canvas.y[1, 0] - canvas.y[0, 0]],
        ],
        float,
    )
    pixel = np.linalg.solve(step, [x - canvas.x[0, 0], y - canvas.y[0, 0]]) + 0.5
    np.testing.assert_allclose([column, row], pixel, atol=0.05)


@settings(max_examples=40, deadline=None)
@given(poses, st.integers(0, 1000))
def test_box_surrounds_the_painted_head(pose, key):
    size = 100
    rng = RandomSource(key)
    canvas = Canvas(size, rng)
    canvas.place(pose)
    canvas.prepare_fur(40.0)
    species = pets.CLASSES[key % 2]
    style = (pets.cat_style if species == "cat" else pets.dog_style)(rng)
    style.fur, style.pattern, style.tuft = WHITE, "solid", 0.0
    face = faces.Face(canvas, rng, style)
    face.outline = None
    faces._draw_head(face)
    rows, columns = np.nonzero(canvas.image.max(axis=0) > 0.2)
    painted = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    # Melting skull and jaw together adds up to 0.05 head radii; painting, half a pixel.
    slack = 0.05 * pose.scale * size / 2 * (1 + abs(pose.shear)) + 1.0
    np.testing.assert_allclose(pets.head_box(face, pose, size), painted, atol=slack)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([32, 64, 97]), st.sampled_from(SPLITS))
def test_box_holds_the_heads_middle_and_lies_in_the_picture(index, size, split):
    _, _, box, pose, _ = pets.draw_with_pose(index, size, 3, split)
    column, row = pose.to_pixels(0.0, 0.0, size)
    x0, y0, x1, y1 = box
    assert 0 <= x0 < column < x1 <= size
    assert 0 <= y0 < row < y1 <= size
    assert 0.03 < (x1 - x0) * (y1 - y0) / size**2 < 0.8


# Nothing gives the class away but the face.


@pytest.fixture(scope="module")
def many_pets():
    images, labels, _ = pets.make(3500, seed=11)
    return images.astype(np.float64) / 255.0, labels


def mean_colour(images):
    means, spreads = images.mean(axis=(1, 2)), images.std(axis=(1, 2))
    return np.concatenate([means, spreads], axis=1)


def colour_histogram(images):
    """Joint histogram, 4 x 4 x 4 bins, and 16 bins a channel."""
    flat = images.reshape(len(images), -1, 3)
    joint = np.minimum((flat * 4).astype(int), 3) @ np.array([16, 4, 1])
    single = np.minimum((flat * 16).astype(int), 15) + np.array([0, 16, 32])
    counts = [
        np.concatenate([np.bincount(j, minlength=64), np.bincount(s.ravel(), minlength=48)])
        for j, s in zip(joint, single, strict=True)
    ]
    return np.sqrt(np.array(counts) / flat.shape[1])


def thumbnail(images):
    n, size = images.shape[:2]
    blocks = images.reshape(n, 8, size // 8, 8, size // 8, 3)
    return blocks.mean(axis=(2, 4)).reshape(n, -1)


def linear_accuracy(features, labels, train=1500):
    """Return the best test accuracy of ridge regression over a range of penalties."""
    mean, spread = features[:train].mean(axis=0), features[:train].std(axis=0) + 1e-9
    x, y = (features - mean) / spread, 2.0 * labels - 1.0
    x = np.hstack([x, np.ones((len(x), 1))])
    best = 0.0
    for penalty in (10.0, 100.0, 1000.0, 10_000.0):
        gram = x[:train].T @ x[:train] + penalty * np.eye(x.shape[1])
        weights = np.linalg.solve(gram, x[:train].T @ y[:train])
        best = max(best, np.mean((x[train:] @ weights > 0) == (y[train:] > 0)))
    return best


@pytest.mark.parametrize("features", [mean_colour, colour_histogram, thumbnail])
def test_a_linear_model_cannot_tell_cat_from_dog(many_pets, features):
    images, labels = many_pets
    accuracy = linear_accuracy(features(images), labels)
    print(f"{features.__name__}: {accuracy:.3f}")
    assert accuracy <= 0.58


def test_the_shortcut_test_finds_a_shortcut(many_pets):
    """Cats a little redder than dogs are found out."""
    images, labels = many_pets
    tinted = images.copy()
    tinted[labels == 0, :, :, 0] += 0.1
    assert linear_accuracy(mean_colour(tinted), labels) > 0.58


# The pictures themselves: a change must be meant, since the packaged weights learned from them.


def thumbnails_now():
    pictures = {f"pets-{i}": pets.draw(i, 64, 7, "train")[0] for i in range(6)}
    pictures |= {f"zoo-{i}": zoo.draw(i, 64, 7, "test")[0] for i in range(0, 40, 5)}
    return {
        name: np.rint(thumbnail(picture[None].astype(float))[0]).astype(int).tolist()
        for name, picture in pictures.items()
    }


def test_pictures_are_those_of_the_day_the_weights_were_made():
    expected = json.loads(EXPECTED.read_text())
    now = thumbnails_now()
    assert now.keys() == expected.keys()
    for name in now:
        np.testing.assert_allclose(now[name], expected[name], atol=2, err_msg=name)
        means = [np.reshape(part[name], (-1, 3)).mean(axis=0) for part in (now, expected)]
        np.testing.assert_allclose(*means, atol=1, err_msg=name)


def test_the_model_card_is_about_the_packaged_weights():
    folder = Path(zoo.__file__).parents[2] / "weights"
    weights, card = folder / "minivgg.npz", (folder / "minivgg.md").read_text("utf-8")
    assert weights.stat().st_size <= 2_000_000
    assert hashlib.sha256(weights.read_bytes()).hexdigest() in card
    assert float(re.search(r"Accuracy\*\*: (0\.\d+)", card).group(1)) >= 0.93


if __name__ == "__main__":  # after a change that is meant: python tests/test_toys.py
    lines = ",\n".join(f'"{name}": {json.dumps(v)}' for name, v in thumbnails_now().items())
    EXPECTED.write_text(f"{{\n{lines}\n}}\n")
