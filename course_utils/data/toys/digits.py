"""Toy digits: 0 to 9, white on black, from the fonts that come with matplotlib, roughly written.

Each digit is turned, slanted, stretched, shifted, wobbled and written with a thinner or thicker
pen; at times a stroke crosses it or wipes a part away. Every split uses every font.
"""

import math
from functools import cache
from pathlib import Path

import numpy as np

from . import batches, grey
from .kit import Canvas, Pose

CLASSES = tuple("0123456789")
DATASET = 3  # part of the random key: see batches.picture_source
FONTS = (
    "DejaVuSans",
    "DejaVuSans-Oblique",
    "DejaVuSans-Bold",
    "DejaVuSerif",
    "DejaVuSerif-Italic",
    "DejaVuSansMono",
    "STIXGeneral",
    "STIXGeneralItalic",
    "STIXGeneralBol",
    "cmr10",
    "cmss10",
    "cmtt10",
)
REACH = 1.5  # a glyph's distance field covers -REACH to REACH; the glyph itself is 2 high
COARSE = 20  # samples per unit where distances are computed
FINE = 3  # times as many after interpolation


def make(n, seed=0, split="train", workers=1):
    """Draw the first `n` pictures of a split.

    Parameters
    ----------
    n : int
    seed : int
        0 or larger; another seed gives another data set.
    split : {"train", "validation", "test"}
        Splits share no picture.
    workers : int
        Processes to draw with. The pictures do not depend on it.

    Returns
    -------
    images : uint8 array of shape (n, 28, 28, 1), values 0-255, white on black
    labels : int64 array of shape (n,)
        The digit, in turn.

    Raises
    ------
    CourseError
        For an unknown split, a negative number or seed.
    """
    return batches.stack(draw, n, grey.SIZE, 1, seed, split, workers)


def draw(index, size=grey.SIZE, seed=0, split="train"):
    """Draw one picture; return (image, label) as in `make`."""
    batches.check(1, size, seed, split)
    rng = batches.picture_source(DATASET, seed, split, index)
    label = index % len(CLASSES)
    canvas = Canvas(size, rng, channels=1)
    canvas.place(_pose(rng))
    field = _written(canvas, rng, glyph(rng.pick(FONTS), label))
    canvas.paint(field, rng.uniform(0.75, 1.0), softness=rng.uniform(1.0, 1.7))
    if rng.chance(0.3):
        _cross(canvas, rng)
    return grey.finish(canvas, rng, 0.1), label


def _pose(rng):
    shift = (rng.uniform(-0.2, 0.2), rng.uniform(-0.2, 0.2))
    rotation = min(max(rng.normal(0.2), -0.4), 0.4)
    return Pose(rng.uniform(0.5, 0.72), rotation, shift, rng.uniform(-0.25, 0.25))


def _written(canvas, rng, distances):
    """Return the distance field of a glyph, stretched, wobbled and with another pen."""
    amount = rng.uniform(0.0, 0.16)
    x = canvas.x * rng.uniform(0.8, 1.2) + amount * canvas.smooth_noise(14.0)
    y = canvas.y + amount * canvas.smooth_noise(14.0)
    rows, columns = _cells(y), _cells(x)
    return distances[rows, columns] - rng.uniform(-0.01, 0.09)


def _cells(coordinates):
    """Turn local coordinates into indices of a glyph's field; outside, the border counts."""
    cells = np.rint((coordinates + REACH) * (COARSE * FINE)).astype(np.int32)
    return np.clip(cells, 0, round(2 * REACH * COARSE * FINE))


def _cross(canvas, rng):
    """Draw a thin stroke across the digit, or wipe one away."""
    angle, middle = rng.uniform(0.0, math.pi), (rng.uniform(-0.6, 0.6), rng.uniform(-0.9, 0.9))
    reach = rng.uniform(0.4, 1.3)
    along = (reach * math.cos(angle), reach * math.sin(angle))
    ends = [middle[0] - along[0], middle[1] - along[1], middle[0] + along[0], middle[1] + along[1]]
    colour = 0.0 if rng.chance(0.5) else rng.uniform(0.3, 0.8)
    canvas.paint(canvas.capsule(*ends, rng.uniform(0.03, 0.08)), colour)


@cache
def glyph(font, digit):
    """Return a digit's distance field, float32, square, over -REACH to REACH in both directions.

    The digit is centred and 2 high, y points down; distances are negative inside.
    """
    outlines = _outlines(font, digit)
    axis = np.linspace(-REACH, REACH, round(2 * REACH * COARSE) + 1)
    x, y = (part.ravel()[:, None] for part in np.meshgrid(axis, axis))
    nearest, crossings = np.inf, 0
    for points in outlines:
        (x0, y0), (x1, y1) = points.T, np.roll(points, -1, axis=0).T
        dx, dy = x1 - x0, y1 - y0
        along = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy + 1e-12), 0.0, 1.0)
        distance = (x0 + along * dx - x) ** 2 + (y0 + along * dy - y) ** 2
        nearest = np.minimum(nearest, distance.min(axis=1))
        # A ray to the right crosses an odd number of edges where the point lies inside.
        crosses = (y0 > y) != (y1 > y)
        at = x0 + (y - y0) * dx / np.where(dy == 0.0, 1.0, dy)
        crossings = crossings + (crosses & (at > x)).sum(axis=1)
    signed = np.sqrt(nearest) * np.where(crossings % 2 == 1, -1.0, 1.0)
    return _finer(signed.reshape(len(axis), len(axis))).astype(np.float32)


def _outlines(font, digit):
    """Return the closed polygons of a digit: a list of float arrays of shape (points, 2)."""
    import matplotlib
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    file = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{font}.ttf"
    path = TextPath((0.0, 0.0), str(digit), size=1.0, prop=FontProperties(fname=str(file)))
    polygons = [points[:-1] for points in path.to_polygons(closed_only=True)]
    corners = np.concatenate(polygons)
    low, high = corners.min(axis=0), corners.max(axis=0)
    scale = 2.0 / (high[1] - low[1])
    return [(points - (low + high) / 2.0) * (scale, -scale) for points in polygons]


def _finer(field):
    """Interpolate a field linearly to FINE times as many samples a unit, along both directions."""
    for _ in range(2):
        steps = np.arange(FINE) / FINE
        between = field[:-1, None] * (1.0 - steps)[:, None] + field[1:, None] * steps[:, None]
        field = np.concatenate([between.reshape(-1, field.shape[1]), field[-1:]]).T
    return field
