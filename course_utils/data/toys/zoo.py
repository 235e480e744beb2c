"""Toy zoo: 40 balanced classes to pretrain on, 28 animals and 12 things; no cats, no dogs."""

from . import batches
from . import large_animals as large
from . import small_animals as small
from .faces import draw_face
from .scene import Difficulty, draw_scene
from .things import THINGS

# The order gives the labels that the packaged weights were trained with: only ever append.
ANIMALS = (
    small.hamster,
    small.squirrel,
    small.bat,
    large.donkey,
    large.goat,
    large.hippo,
    large.kangaroo,
    small.penguin,
    small.duck,
    small.hedgehog,
    small.gecko,
    small.lemur,
    small.rabbit,
    large.bear,
    large.panda,
    small.fox,
    large.pig,
    small.mouse,
    large.cow,
    large.sheep,
    small.monkey,
    small.koala,
    small.raccoon,
    small.owl,
    small.frog,
    large.elephant,
    large.deer,
    large.seal,
)
CLASSES = tuple(function.__name__ for function in ANIMALS + THINGS)
DATASET = 2  # part of the random key: see batches.picture_source
DIFFICULTY = Difficulty()


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
        Index into `CLASSES`, in turn.

    Raises
    ------
    CourseError
        For an unknown split, a negative number or a size below 16.
    """
    return batches.stack(draw, n, size, 3, seed, split, workers)


def draw(index, size=64, seed=0, split="train"):
    """Draw one picture; return (image, label) as in `make`."""
    batches.check(1, size, seed, split)
    rng = batches.picture_source(DATASET, seed, split, index)
    label = index % len(CLASSES)
    image, _, _ = draw_scene(rng, size, _subject(label), DIFFICULTY)
    return image, label


def _subject(label):
    """Return the function (canvas, rng) that draws one class."""
    if label < len(ANIMALS):
        style = ANIMALS[label]
        return lambda canvas, rng: draw_face(canvas, rng, style(rng))
    return lambda canvas, rng: _draw_thing(canvas, rng, THINGS[label - len(ANIMALS)])


def _draw_thing(canvas, rng, thing):
    canvas.prepare_fur(rng.uniform(26.0, 60.0))
    thing(canvas, rng)
