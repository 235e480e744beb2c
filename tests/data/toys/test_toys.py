"""Toy pictures: the same from the same seed, free of shortcuts, boxes where the heads are."""

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.data.toys import clothes, digits, faces, pets, zoo
from course_utils.data.toys.kit import Canvas, Pose
from course_utils.data.toys.palette import WHITE
from course_utils.data.toys.randomness import RandomSource
from course_utils.errors import CourseError

ROOT = Path(__file__).resolve().parents[3]
EXPECTED = Path(__file__).parent / "toys_expected.json"
SPLITS = ("train", "validation", "test")
COLOURED, GREY = (pets, zoo), (digits, clothes)


def make(toys, n, **options):
    return toys.make(n, **({"size": 32} if toys in COLOURED else {}), **options)


def digests(images):
    return {hashlib.sha256(image.tobytes()).digest() for image in images}


def test_shapes_types_and_balanced_classes():
    for toys, classes in ((pets, 2), (zoo, 40), (digits, 10), (clothes, 10)):
        images, labels, *boxes = make(toys, 2 * classes)
        shape = (32, 32, 3) if toys in COLOURED else (28, 28, 1)
        assert images.shape == (2 * classes, *shape) and images.dtype == np.uint8
        assert labels.dtype == np.int64 and np.bincount(labels).tolist() == [2] * classes
        assert images.std(axis=(1, 2, 3)).min() > 2, "an empty picture"
        assert len(toys.CLASSES) == len(set(toys.CLASSES)) == classes
        assert {len(part) for part in make(toys, 0)} == {0}
        if toys is pets:
            assert boxes[0].shape == (4, 4) and boxes[0].dtype == np.float32
        if toys in GREY:
            assert np.median(images) < 40, "the ground must be dark"
    assert pets.CLASSES == ("cat", "dog") and not {"cat", "dog"} & set(zoo.CLASSES)


def test_pictures_do_not_depend_on_number_order_or_company():
    for toys in (*COLOURED, *GREY):
        many = make(toys, 12, seed=5, split="test")
        for first, second in zip(many, make(toys, 7, seed=5, split="test"), strict=True):
            np.testing.assert_array_equal(first[:7], second)
        size = {"size": 32} if toys in COLOURED else {}
        for index in (11, 2):
            alone = toys.draw(index, seed=5, split="test", **size)
            for part, whole in zip(alone, many, strict=True):
                np.testing.assert_array_equal(part, whole[index])


def test_no_two_splits_seeds_or_datasets_share_a_picture():
    for group in (COLOURED, GREY):
        seen = [
            digests(make(toys, 20, seed=seed, split=split)[0])
            for toys in group
            for seed in (0, 1)
            for split in SPLITS
        ]
        assert len(set.union(*seen)) == 20 * len(seen)


def test_every_class_of_the_zoo_draws_at_every_size():
    for size in (16, 33, 96):
        images, _ = zoo.make(40, size=size)
        assert images.shape == (40, size, size, 3) and len(digests(images)) == 40


def test_another_size_shows_the_same_drawing():
    small, large = pets.make(8, size=32), pets.make(8, size=64)
    halved = large[0].reshape(8, 32, 2, 32, 2, 3).mean(axis=(2, 4))
    for one, other in zip(small[0], halved, strict=True):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.93
    np.testing.assert_allclose(2 * small[2], large[2], rtol=1e-5)


def test_impossible_requests_are_explained():
    for toys in (*COLOURED, *GREY):
        for wrong, said in (
            ({"split": "valid"}, "validation"),
            ({"n": -1}, "0 or more"),
            ({"seed": -1}, "seed"),
            *([({"size": 8}, "16")] if toys in COLOURED else []),
        ):
            with pytest.raises(CourseError, match=said):
                toys.make(**{"n": 2, **wrong})


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


def test_drawing_loads_neither_tensorflow_nor_pyplot():
    code = (
        "import sys; from course_utils.data.toys import clothes, digits, pets, zoo; "
        "[toys.draw(0) for toys in (clothes, digits, pets, zoo)]; "
        "assert not {'tensorflow', 'keras', 'matplotlib.pyplot'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


@pytest.mark.slow
def test_pictures_do_not_depend_on_the_processes():
    for toys in (pets, digits):
        one, two = make(toys, 205, split="test"), make(toys, 205, split="test", workers=2)
        for first, second in zip(one, two, strict=True):
            np.testing.assert_array_equal(first, second)


@pytest.mark.slow
def test_a_script_without_main_guard_still_gets_its_pictures(tmp_path):
    script = tmp_path / "unguarded.py"
    script.write_text(
        f"import sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from course_utils.data.toys import pets\n"
        "print(pets.make(201, size=16, workers=2)[0].sum())\n"
    )
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == pets.make(201, size=16)[0].sum()
    assert "drawing with one process instead" in done.stderr


# Boxes.

poses = st.builds(
    Pose,
    scale=st.floats(0.3, 0.8),
    rotation=st.floats(-3.2, 3.2),
    shift=st.tuples(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6)),
    shear=st.floats(-0.3, 0.3),
    flip=st.booleans(),
)


@settings(max_examples=40, deadline=None)
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
    # Melting skull and jaw together adds up to 0.06 head radii; painting, half a pixel.
    slack = 0.06 * pose.scale * size / 2 * (1 + abs(pose.shear)) + 1.0
    np.testing.assert_allclose(pets.head_box(face, pose, size), painted, atol=slack)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([32, 64, 97]), st.sampled_from(SPLITS))
def test_box_holds_the_heads_middle_and_lies_in_the_picture(index, size, split):
    _, _, box, pose, _ = pets.draw_with_pose(index, size, 3, split)
    column, row = pose.to_pixels(0.0, 0.0, size)
    x0, y0, x1, y1 = box
    assert 0 <= x0 < column < x1 <= size
    assert 0 <= y0 < row < y1 <= size
    assert 0.03 < (x1 - x0) * (y1 - y0) / size**2 < 0.8


# Nothing gives the class away but the face.


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


def linear_accuracy(features, labels, train=1200):
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


@pytest.mark.slow
def test_a_linear_model_cannot_tell_cat_from_dog():
    images, labels, _ = pets.make(2400, seed=11, workers=2)
    images = images.astype(np.float64) / 255.0
    for features in (mean_colour, colour_histogram, thumbnail):
        assert linear_accuracy(features(images), labels) <= 0.58, features.__name__
    images[labels == 0, :, :, 0] += 0.1  # cats a little redder than dogs are found out
    assert linear_accuracy(mean_colour(images), labels) > 0.58


@pytest.mark.slow
def test_the_grey_tasks_are_neither_trivial_nor_hopeless():
    """The mean picture of each class finds the class of more than chance, of fewer than most; the
    amount of light hardly does."""
    for toys in GREY:
        images, labels = toys.make(1000, seed=1000)
        means = np.stack([images[labels == number].mean(axis=0).ravel() for number in range(10)])
        others, truth = toys.make(500, seed=99, split="validation")
        flat = others.reshape(500, -1).astype(float)
        distances = (means**2).sum(axis=1) - 2.0 * flat @ means.T
        assert 0.3 < np.mean(distances.argmin(axis=1) == truth) < 0.7
        light = flat.mean(axis=1)
        guesses = np.abs(light[:, None] - means.mean(axis=1)).argmin(axis=1)
        assert np.mean(guesses == truth) < 0.35


# The pictures themselves: a change must be meant, since the packaged weights learned from them.


def thumbnails_now():
    """Return small copies: 8 × 8 of a picture in colour, 4 × 4 of a grey one of each class."""
    pictures = {f"pets-{i}": pets.draw(i, 64, 7, "train")[0] for i in range(6)}
    pictures |= {f"zoo-{i}": zoo.draw(i, 64, 7, "test")[0] for i in range(0, 40, 5)}
    found = {
        name: np.rint(thumbnail(picture[None].astype(float))[0]).astype(int).tolist()
        for name, picture in pictures.items()
    }
    for name, toys in (("digits", digits), ("clothes", clothes)):
        blocks = toys.make(10, seed=7, split="test")[0].astype(float).reshape(10, 4, 7, 4, 7)
        found[name] = np.rint(blocks.mean(axis=(2, 4))).astype(int).reshape(10, 16).tolist()
    return found


def test_pictures_are_those_of_the_day_the_weights_were_made():
    expected, now = json.loads(EXPECTED.read_text()), thumbnails_now()
    assert now.keys() == expected.keys()
    for name in now:
        np.testing.assert_allclose(now[name], expected[name], atol=2, err_msg=name)
        means = [
            np.reshape(part[name], (-1, 3 if "-" in name else 1)).mean(axis=0)
            for part in (now, expected)
        ]
        np.testing.assert_allclose(*means, atol=1, err_msg=name)


def test_the_model_card_is_about_the_packaged_weights():
    folder = ROOT / "course_utils" / "weights"
    weights, card = folder / "minivgg.npz", (folder / "minivgg.md").read_text("utf-8")
    assert weights.stat().st_size <= 2_000_000
    assert hashlib.sha256(weights.read_bytes()).hexdigest() in card
    assert float(re.search(r"Accuracy\*\*: (0\.\d+)", card).group(1)) >= 0.93


if __name__ == "__main__":  # after a change that is meant: python tests/data/toys/test_toys.py
    lines = ",\n".join(f'"{name}": {json.dumps(v)}' for name, v in thumbnails_now().items())
    EXPECTED.write_text(f"{{\n{lines}\n}}\n")
