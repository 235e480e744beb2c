"""Toy clothes: the ten classes of Fashion-MNIST as grey silhouettes with cloth and seams.

The local frame spans about -1 to 1, y points down; shoes point left unless flipped. Brightness and
pattern of the cloth say nothing about the class. T-shirts, shirts, pullovers and coats share one
cut and differ in sleeves, length, neck and front, so they are the hardest to tell apart.
"""

import numpy as np

from . import batches, grey
from .kit import Canvas, Pose

CLASSES = (
    "T-shirt",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
DATASET = 4  # part of the random key: see batches.picture_source
SIDES = (-1, 1)


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
    images : uint8 array of shape (n, 28, 28, 1), values 0-255, bright on black
    labels : int64 array of shape (n,)
        Index into `CLASSES` (the order of Fashion-MNIST), in turn.

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
    shift = (rng.uniform(-0.18, 0.18), rng.uniform(-0.18, 0.18))
    rotation = min(max(rng.normal(0.12), -0.3), 0.3)
    shear = rng.uniform(-0.1, 0.1)
    canvas.place(Pose(rng.uniform(0.66, 0.88), rotation, shift, shear, flip=rng.chance(0.3)))
    _crumple(canvas, rng)
    GARMENTS[label](canvas, rng, _cloth(canvas, rng))
    return grey.finish(canvas, rng, 0.08), label


def _crumple(canvas, rng):
    """Bend the local frame a little, so that no outline is straight."""
    amount = rng.uniform(0.0, 0.12)
    canvas.x = canvas.x * rng.uniform(0.88, 1.12) + amount * canvas.smooth_noise(14.0)
    canvas.y = canvas.y + amount * canvas.smooth_noise(14.0)


# Cloth: a map of brightness.


def _plain(canvas, rng):
    return 0.0


def _bands(canvas, rng):
    return np.sin(canvas.y * rng.uniform(8.0, 16.0) + rng.uniform(0.0, 6.0)) > 0.0


def _stripes(canvas, rng):
    return np.sin(canvas.x * rng.uniform(8.0, 16.0) + rng.uniform(0.0, 6.0)) > 0.0


def _checks(canvas, rng):
    return 0.5 * (_bands(canvas, rng).astype(np.float32) + _stripes(canvas, rng))


def _mottled(canvas, rng):
    return 0.5 + 0.5 * canvas.smooth_noise(40.0)


def _print(canvas, rng):
    """A badge or a buckle somewhere."""
    x, y = rng.uniform(-0.25, 0.25), rng.uniform(-0.4, 0.4)
    return canvas.ellipse(x, y, rng.uniform(0.12, 0.3), rng.uniform(0.1, 0.25)) < 0.0


PATTERNS = (_plain, _plain, _plain, _bands, _stripes, _checks, _mottled, _print)


def _cloth(canvas, rng):
    """Return the brightness of one piece of cloth, float32 (size, size), about 0.2 to 1."""
    brightness, contrast = rng.uniform(0.35, 1.0), rng.uniform(0.2, 0.55)
    pattern = rng.pick(PATTERNS)(canvas, rng)
    slope = rng.uniform(-0.15, 0.15) * canvas.x + 0.12 * canvas.smooth_noise(30.0)
    return (brightness * (1.0 - contrast * pattern) * (1.0 + slope)).astype(np.float32)


def _paint(canvas, field, cloth):
    """Paint a piece of cloth, darker towards its edge."""
    canvas.paint(field, cloth * (1.0 - 0.35 * np.exp(12.0 * np.minimum(field, 0.0))))


# Tops.


def _torso(canvas, shoulder, hem, length, waist=None):
    """Return the field of a body from the shoulders (y = -0.8) down to y = `length`."""
    if waist is None:
        return canvas.polygon(
            [(-shoulder, -0.72), (-0.2, -0.85), (0.2, -0.85), (shoulder, -0.72), (hem, length),
             (-hem, length)],
            rounding=0.03,
        )  # fmt: skip
    upper = [(-shoulder, -0.85), (shoulder, -0.85), (waist, -0.1), (-waist, -0.1)]
    lower = [(-waist, -0.12), (waist, -0.12), (hem, length), (-hem, length)]
    return np.minimum(canvas.polygon(upper, rounding=0.03), canvas.polygon(lower, rounding=0.03))


def _paint_sleeves(canvas, rng, cloth, shoulder, reach, end, width):
    """Paint both sleeves, to x = `reach` and y = `end`; return nothing."""
    cloth = cloth * rng.uniform(0.8, 1.0)
    for side in SIDES:
        x, y = side * (shoulder - width), -0.72 + width
        sleeve = canvas.capsule(x, y, side * reach, end, width, 0.8 * width)
        _paint(canvas, sleeve, cloth)


def _cut_neck(canvas, rng, width=0.22, depth=0.2):
    canvas.paint(canvas.ellipse(0.0, -0.88, width * rng.uniform(0.8, 1.2), depth), 0.0)


def _long_sleeves(canvas, rng, cloth, shoulder):
    reach, end = rng.uniform(0.62, 0.9), rng.uniform(0.35, 0.75)
    _paint_sleeves(canvas, rng, cloth, shoulder, reach, end, rng.uniform(0.13, 0.19))


def _short_sleeves(canvas, rng, cloth, shoulder):
    reach, end = rng.uniform(0.68, 0.9), rng.uniform(-0.4, -0.1)
    _paint_sleeves(canvas, rng, cloth, shoulder, reach, end, rng.uniform(0.18, 0.24))


def _tshirt(canvas, rng, cloth):
    shoulder = rng.uniform(0.46, 0.6)
    if rng.chance(0.85):
        _short_sleeves(canvas, rng, cloth, shoulder)
    hem, length = rng.uniform(0.44, 0.58), rng.uniform(0.6, 0.9)
    _paint(canvas, _torso(canvas, shoulder, hem, length), cloth)
    _cut_neck(canvas, rng, depth=rng.uniform(0.12, 0.32))


def _pullover(canvas, rng, cloth):
    shoulder = rng.uniform(0.46, 0.6)
    _long_sleeves(canvas, rng, cloth, shoulder)
    hem, length = rng.uniform(0.42, 0.58), rng.uniform(0.6, 0.85)
    torso = _torso(canvas, shoulder, hem, length)
    _paint(canvas, torso, cloth)
    cuff = np.maximum(torso, length - 0.12 - canvas.y)  # the knitted band at the hem
    canvas.paint(cuff, cloth * 0.6)
    _cut_neck(canvas, rng, depth=0.12)
    canvas.paint(canvas.lower_arc(0.0, -0.88, 0.25, 0.05, -0.9, 0.18), cloth * 0.6)


def _coat(canvas, rng, cloth):
    shoulder = rng.uniform(0.48, 0.62)
    _long_sleeves(canvas, rng, cloth, shoulder)
    hem, length = rng.uniform(0.5, 0.68), rng.uniform(0.8, 1.05)
    _paint(canvas, _torso(canvas, shoulder, hem, length), cloth)
    lapel = rng.uniform(-0.4, 0.0)
    opening = rng.pick((0.0, 0.12))
    for side in SIDES:  # lapels, then the open front
        canvas.paint(canvas.capsule(0.26 * side, -0.8, 0.0, lapel, 0.05), opening)
    canvas.paint(canvas.capsule(0.0, lapel, rng.uniform(-0.08, 0.08), length, 0.045), opening)
    if rng.chance(0.3):
        canvas.paint(canvas.box(0.0, 0.15, 0.5, 0.06), cloth * 0.5)  # a belt


def _shirt(canvas, rng, cloth):
    shoulder = rng.uniform(0.46, 0.6)
    sleeves = _long_sleeves if rng.chance(0.65) else _short_sleeves
    sleeves(canvas, rng, cloth, shoulder)
    hem, length = rng.uniform(0.42, 0.58), rng.uniform(0.65, 0.95)
    _paint(canvas, _torso(canvas, shoulder, hem, length), cloth)
    tone = rng.pick((0.3, 1.7))
    for side in SIDES:  # a pointed collar
        collar = [(0.05 * side, -0.9), (0.3 * side, -0.9), (0.2 * side, -0.55)]
        canvas.paint(canvas.polygon(collar, rounding=0.02), cloth * tone)
    for number in range(4):  # buttons
        y = -0.42 + number * (length + 0.3) / 4.0
        canvas.paint(canvas.ellipse(0.0, y, 0.07, 0.07), cloth * tone)


def _dress(canvas, rng, cloth):
    shoulder, waist = rng.uniform(0.24, 0.36), rng.uniform(0.2, 0.3)
    if rng.chance(0.4):
        reach, end = rng.uniform(0.4, 0.55), rng.uniform(-0.5, 0.1)
        _paint_sleeves(canvas, rng, cloth, shoulder, reach, end, rng.uniform(0.1, 0.14))
    hem = rng.uniform(0.32, 0.62)
    _paint(canvas, _torso(canvas, shoulder, hem, rng.uniform(0.9, 1.1), waist), cloth)
    _cut_neck(canvas, rng, width=0.15, depth=rng.uniform(0.1, 0.35))


def _trouser(canvas, rng, cloth):
    waist, spread = rng.uniform(0.28, 0.38), rng.uniform(0.22, 0.4)
    foot, end = rng.uniform(0.1, 0.17), rng.uniform(0.8, 1.05)
    fields = [canvas.box(0.0, -0.82, waist, 0.18)]
    for side in SIDES:
        outer = side * (spread + foot)
        leg = [(side * waist, -0.95), (0.0, -0.95), (0.02 * side, -0.5),
               (side * (spread - foot), end), (outer, end)]  # fmt: skip
        fields.append(canvas.polygon(leg))
    _paint(canvas, np.minimum(np.minimum(*fields[1:]), fields[0]), cloth)
    if rng.chance(0.5):
        canvas.paint(canvas.box(0.0, -0.9, waist, 0.05), cloth * 0.5)


# Shoes, pointing left, standing on y = 0.5.


def _sole(canvas, rng, height, tone):
    canvas.paint(canvas.box(0.0, 0.5, 0.9, height, rounding=0.03), tone)


def _sneaker(canvas, rng, cloth):
    top = rng.uniform(-0.3, -0.05)
    toe = canvas.ellipse(-0.45, 0.4, 0.5, rng.uniform(0.3, 0.42))
    heel = [(-0.6, 0.5), (-0.05, top), (0.75, top - 0.08), (0.9, 0.5)]
    body = np.minimum(canvas.polygon(heel, rounding=0.04), toe)
    _paint(canvas, np.maximum(body, canvas.y - 0.5), cloth)
    canvas.paint(canvas.ellipse(0.42, top - 0.08, 0.26, 0.1), 0.05)  # where the foot goes in
    tone = rng.uniform(0.3, 1.0)
    for number in range(3):  # laces
        x, y = -0.32 + 0.14 * number, 0.15 - 0.1 * number
        canvas.paint(canvas.capsule(x, y - 0.12, x + 0.12, y + 0.08, 0.03), tone)
    _sole(canvas, rng, rng.uniform(0.06, 0.12), rng.uniform(0.4, 1.0))


def _boot(canvas, rng, cloth):
    top, back = rng.uniform(-0.95, -0.55), rng.uniform(0.7, 0.85)
    front = rng.uniform(0.0, 0.25)
    shaft = [(front, top), (back, top), (0.88, 0.5), (front - 0.2, 0.5)]
    instep = [(front, -0.25), (back, -0.25), (0.8, 0.5), (-0.6, 0.5)]
    toe = canvas.ellipse(-0.42, 0.38, 0.5, rng.uniform(0.22, 0.34))
    body = np.minimum(canvas.polygon(shaft, rounding=0.03), canvas.polygon(instep, rounding=0.03))
    _paint(canvas, np.maximum(np.minimum(body, toe), canvas.y - 0.5), cloth)
    tone = rng.uniform(0.2, 0.9)
    _sole(canvas, rng, rng.uniform(0.03, 0.08), tone)
    if rng.chance(0.5):  # a heel
        canvas.paint(canvas.box(0.68, 0.6, 0.2, rng.uniform(0.08, 0.22)), tone)


def _sandal(canvas, rng, cloth):
    heel = rng.uniform(0.0, 0.5)  # how much higher the heel stands
    back = 0.5 - heel
    ground = canvas.capsule(-0.85, 0.5, 0.0, 0.5 - 0.3 * heel, 0.06)
    raised = canvas.capsule(0.0, 0.5 - 0.3 * heel, 0.8, back, 0.07)
    sole = np.minimum(ground, raised)
    if rng.chance(0.6):
        post = canvas.polygon([(0.55, back), (0.85, back), (0.82, 0.58), (0.68, 0.58)])
        sole = np.minimum(sole, post)
    canvas.paint(sole, cloth)
    width = rng.uniform(0.04, 0.08)
    peak = back - rng.uniform(0.4, 0.75)
    for number in range(1 + rng.below(3)):  # straps over the toes
        x = -0.65 + 0.25 * number
        canvas.paint(canvas.capsule(x, 0.45, x + 0.25, 0.12 - 0.12 * number, width), cloth)
    canvas.paint(canvas.capsule(0.8, back, 0.7, peak, width), cloth)
    canvas.paint(canvas.capsule(0.7, peak, 0.2, peak + rng.uniform(0.0, 0.25), width), cloth)
    canvas.paint(canvas.capsule(0.2, peak + 0.12, -0.2, 0.4 - 0.3 * heel, width), cloth)


def _bag(canvas, rng, cloth):
    width, height = rng.uniform(0.6, 0.9), rng.uniform(0.38, 0.6)
    narrow = width * rng.uniform(0.75, 1.05)
    y = 0.35
    grip = canvas.ring(0.0, y - height, rng.uniform(0.28, 0.5), 0.06, rng.uniform(0.3, 0.6))
    canvas.paint(grip, cloth * 0.8)
    corners = [(-narrow, y - height), (narrow, y - height), (width, y + height),
               (-width, y + height)]  # fmt: skip
    body = canvas.polygon(corners, rounding=0.03)
    _paint(canvas, body, cloth)
    if rng.chance(0.6):  # a flap and its clasp
        line = y - height * rng.uniform(0.0, 0.4)
        canvas.paint(np.maximum(np.abs(canvas.y - line) - 0.03, body), 0.1)
        canvas.paint(canvas.box(0.0, line, 0.08, 0.08), rng.uniform(0.0, 1.0))


GARMENTS = (
    _tshirt,
    _trouser,
    _pullover,
    _dress,
    _coat,
    _sandal,
    _shirt,
    _sneaker,
    _bag,
    _boot,
)
