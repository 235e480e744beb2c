"""Toy pets: cat against dog faces, two balanced classes.

Cats have a two-puff muzzle, a small triangular nose, large eyes (three in four with slit pupils)
and mostly whiskers. Dogs have a protruding snout, a large oval nose, small round eyes, sometimes a
tongue. Fur, pattern, eye and nose colours, body, light and background say nothing about the class;
pointed and folded ears come in both.
"""

import numpy as np

from . import batches
from .faces import FaceStyle, draw_face
from .scene import Difficulty, draw_scene

CLASSES = ("cat", "dog")
DATASET = 1  # part of the random key: see batches.picture_source
DIFFICULTY = Difficulty(rotation=0.6, occlusion=0.4)


def make(n, size=64, seed=0, split="train", workers=1):
    """Draw the first `n` pictures of a split.

    Parameters
    ----------
    n : int
    size : int
        Pixels a side, at least 16.
    seed : int
        0 or larger; another seed gives another data set.
    split : {"train", "validation", "test"}
        Splits share no picture.
    workers : int
        Processes to draw with. The pictures do not depend on it.

    Returns
    -------
    images : uint8 array of shape (n, size, size, 3), values 0-255
    labels : int64 array of shape (n,)
        0 for a cat, 1 for a dog, in turn.
    boxes : float32 array of shape (n, 4)
        x0, y0, x1, y1 of the head (skull and jaw, without ears) in pixels from the upper left
        corner, clipped to the picture.

    Raises
    ------
    CourseError
        For an unknown split, a negative number or a size below 16.
    """
    batches.check(n, size, seed, split)
    images = np.empty((n, size, size, 3), np.uint8)
    labels = np.empty(n, np.int64)
    boxes = np.empty((n, 4), np.float32)
    drawn = batches.draw_all(draw, n, size, seed, split, workers)
    for index, picture in enumerate(drawn):
        images[index], labels[index], boxes[index] = picture
    return images, labels, boxes


def draw(index, size=64, seed=0, split="train"):
    """Draw one picture; return (image, label, box) as in `make`."""
    image, label, box, _, _ = draw_with_pose(index, size, seed, split)
    return image, label, box


def draw_with_pose(index, size=64, seed=0, split="train"):
    """Draw one picture; return (image, label, box, pose, face). For tests and figures."""
    batches.check(1, size, seed, split)
    rng = batches.picture_source(DATASET, seed, split, index)
    label = index % len(CLASSES)
    style = (cat_style, dog_style)[label]
    image, pose, face = draw_scene(
        rng, size, lambda canvas, rng: draw_face(canvas, rng, style(rng)), DIFFICULTY
    )
    return image, label, head_box(face, pose, size), pose, face


def head_box(face, pose, size):
    """Return the float32 box (4,) around skull and jaw in pixels, clipped to the picture."""
    corners = np.array([pose.ellipse_box(*ellipse, size) for ellipse in face.head_ellipses()])
    low, high = corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)
    return np.clip(np.concatenate([low, high]), 0, size).astype(np.float32)


# Breeds: each changes the numbers of its species.


def cat_style(rng):
    """Draw the style of a cat of one of six breeds (house cats three times as often)."""
    style = FaceStyle(
        width=rng.uniform(0.92, 1.05),
        height=rng.uniform(0.78, 0.92),
        jaw_width=rng.uniform(0.78, 0.95),
        jaw_height=rng.uniform(0.5, 0.62),
        jaw_y=rng.uniform(0.25, 0.38),
        ears="point",
        ear_length=rng.uniform(0.5, 0.85),
        ear_base=rng.uniform(0.28, 0.42),
        ear_angle=rng.uniform(0.6, 0.85),
        ear_lean=rng.uniform(0.0, 0.35),
        muzzle="puffs",
        muzzle_y=rng.uniform(0.36, 0.46),
        muzzle_width=rng.uniform(0.26, 0.36),
        muzzle_height=rng.uniform(0.22, 0.3),
        nose_size=rng.uniform(0.085, 0.125),
        eye_width=rng.uniform(0.2, 0.27),
        eye_height=rng.uniform(0.18, 0.27),
        eye_x=rng.uniform(0.38, 0.47),
        eye_y=rng.uniform(-0.14, -0.02),
        eye_tilt=rng.uniform(-0.1, 0.5),
        whisker_chance=0.9,
    )
    rng.pick(CAT_BREEDS)(style, rng)
    if rng.chance(0.75):
        style.pupil_width, style.pupil_height = rng.uniform(0.14, 0.32), 0.24
    else:
        style.pupil_width = rng.uniform(0.5, 0.72)
    return style


def _house_cat(style, rng):
    """As drawn above."""


def _fold_cat(style, rng):
    style.ears = "fold"
    style.ear_length, style.ear_base = rng.uniform(0.38, 0.55), rng.uniform(0.24, 0.32)
    style.ear_angle = rng.uniform(0.7, 0.95)


def _persian(style, rng):
    style.height, style.jaw_width = rng.uniform(0.9, 1.0), rng.uniform(0.9, 1.05)
    style.tuft, style.muzzle_y = rng.uniform(0.08, 0.16), rng.uniform(0.28, 0.36)
    style.ear_length, style.ear_angle = rng.uniform(0.35, 0.5), rng.uniform(0.75, 0.95)


def _siamese(style, rng):
    style.width, style.jaw_width = rng.uniform(0.82, 0.92), rng.uniform(0.55, 0.7)
    style.jaw_y, style.muzzle_height = rng.uniform(0.35, 0.5), rng.uniform(0.26, 0.34)
    style.ear_length, style.ear_angle = rng.uniform(0.8, 1.05), rng.uniform(0.75, 1.0)


def _lynx(style, rng):
    style.tuft, style.ear_length = rng.uniform(0.04, 0.1), rng.uniform(0.75, 1.0)


CAT_BREEDS = (_house_cat, _house_cat, _house_cat, _fold_cat, _persian, _siamese, _lynx)


def dog_style(rng):
    """Draw the style of a dog of one of seven breeds (labradors twice as often)."""
    style = FaceStyle(
        width=rng.uniform(0.82, 1.0),
        height=rng.uniform(0.82, 0.98),
        jaw_width=rng.uniform(0.55, 0.82),
        jaw_height=rng.uniform(0.58, 0.75),
        jaw_y=rng.uniform(0.38, 0.52),
        ears="flop",
        ear_length=rng.uniform(0.5, 0.85),
        ear_base=rng.uniform(0.28, 0.42),
        ear_angle=rng.uniform(0.7, 1.0),
        ear_lean=rng.uniform(0.0, 0.6),
        muzzle="snout",
        muzzle_y=rng.uniform(0.5, 0.64),
        muzzle_width=rng.uniform(0.36, 0.5),
        muzzle_height=rng.uniform(0.34, 0.46),
        nose_size=rng.uniform(0.17, 0.23),
        eye_width=rng.uniform(0.11, 0.17),
        eye_x=rng.uniform(0.32, 0.44),
        eye_y=rng.uniform(-0.24, -0.08),
        eye_tilt=rng.uniform(-0.2, 0.3),
        pupil_width=rng.uniform(0.5, 0.75),
        brow_chance=0.25,
    )
    if rng.chance(0.35):
        style.mouth_open = rng.uniform(0.2, 0.6)
    style.eye_height = style.eye_width * rng.uniform(0.8, 1.05)
    rng.pick(DOG_BREEDS)(style, rng)
    return style


def _labrador(style, rng):
    """As drawn above."""


def _beagle(style, rng):
    style.ear_length, style.ear_angle = rng.uniform(0.9, 1.25), rng.uniform(0.85, 1.1)


def _pointed_dog(style, rng):
    style.ears = "point"
    style.ear_length, style.ear_angle = rng.uniform(0.5, 0.9), rng.uniform(0.55, 0.8)
    style.ear_lean, style.tuft = rng.uniform(0.0, 0.3), rng.uniform(0.0, 0.1)


def _bulldog(style, rng):
    style.ears = rng.pick(("fold", "flop"))
    style.ear_length, style.bridge = rng.uniform(0.4, 0.6), False
    style.width, style.jaw_width = rng.uniform(0.92, 1.05), rng.uniform(0.85, 1.0)
    style.muzzle_width, style.muzzle_y = rng.uniform(0.45, 0.58), rng.uniform(0.42, 0.5)


def _terrier(style, rng):
    style.ears = "fold"
    style.tuft, style.ear_length = rng.uniform(0.08, 0.16), rng.uniform(0.6, 0.8)


def _half_floppy(style, rng):
    style.ears = rng.pick((("point", "flop"), ("flop", "point")))
    style.ear_length, style.ear_angle = rng.uniform(0.55, 0.8), rng.uniform(0.65, 0.85)


# Huskies and shepherds share their ears, hence twice the same function.
DOG_BREEDS = (
    _labrador,
    _labrador,
    _beagle,
    _pointed_dog,
    _pointed_dog,
    _bulldog,
    _terrier,
    _half_floppy,
)
