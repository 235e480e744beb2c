"""Muzzles of the generic head, one function a kind: mouth and nose."""

from .kit import smooth_union
from .palette import BLACK, ORANGE, PINK, WHITE, colour

TONGUE = PINK * colour(1.0, 0.8, 0.85)
BEAKS = (ORANGE, colour(0.30, 0.27, 0.25), colour(0.90, 0.45, 0.20))


def draw_muzzle(face):
    """Draw the muzzle named in the face's style; "none" draws nothing."""
    if face.style.muzzle != "none":
        MUZZLES[face.style.muzzle](face)


def _middle(face, depth):
    """Return the muzzle's middle on the turned head, and its half width and height."""
    style = face.style
    x, y = face.at(0.0, style.muzzle_y, depth)
    return x, y, style.muzzle_width, style.muzzle_height


def _puffs(face):
    """Two round puffs over a chin, and a small triangular nose."""
    canvas = face.canvas
    x, y, width, height = _middle(face, 0.85)
    chin = canvas.ellipse(x, y + 0.2, 0.5 * width, 0.6 * height)
    canvas.paint_fur(chin, face.muzzle_colour, rim=0.15)
    puffs = [
        canvas.ellipse(x + side * 0.46 * width, y, 0.56 * width, 0.62 * height) for side in (-1, 1)
    ]
    canvas.paint_fur(smooth_union(*puffs, 0.05), face.muzzle_colour, rim=0.22)
    nose = face.style.nose_size
    x, y = face.at(0.0, face.style.muzzle_y - 0.5 * height, 1.0)
    corners = [(x - nose, y - 0.55 * nose), (x + nose, y - 0.55 * nose), (x, y + 0.7 * nose)]
    canvas.paint(canvas.polygon(corners, rounding=0.02), face.nose_colour)
    mouth = y + 0.6 * nose + 0.14
    canvas.paint(canvas.capsule(x, y + 0.5 * nose, x, mouth, 0.022), face.line)
    for side in (-1, 1):
        smile = canvas.lower_arc(x + 0.15 * side, mouth, 0.15, 0.022, top=mouth)
        canvas.paint(smile, face.line)


def _snout(face):
    """A barrel standing out of the face, with a bridge between the eyes and a large nose."""
    canvas, style = face.canvas, face.style
    x, y, width, height = _middle(face, 0.95)
    if style.bridge:
        start = face.at(0.0, -0.15, 0.6)
        bridge = canvas.capsule(*start, x, y, 0.45 * width, 0.8 * width)
        canvas.paint_fur(bridge, face.muzzle_colour, grain=0.1, rim=0.1)
    if style.mouth_open:
        _tongue(face, x, y, width, height)
    canvas.paint_fur(canvas.ellipse(x, y, width, height), face.muzzle_colour, rim=0.4)
    nose_x, nose_y = face.at(0.0, style.muzzle_y - 0.45 * height, 1.25)
    _oval_nose(face, nose_x, nose_y)
    mouth = y + 0.45 * height
    line = canvas.capsule(nose_x, nose_y + 0.7 * style.nose_size, x, mouth, 0.028)
    canvas.paint(line, face.line)
    for side in (-1, 1):
        lip_x, reach = x + 0.4 * side * width, 0.4 * width
        lip = canvas.lower_arc(
            lip_x, mouth - 0.04, reach, 0.028, top=mouth - 0.02, ry=0.35 * height
        )
        canvas.paint(lip, face.line)


def _tongue(face, x, y, width, height):
    canvas, gape = face.canvas, face.style.mouth_open
    mouth = canvas.ellipse(x, y + 0.75 * height, 0.62 * width, 0.35 * height + 0.25 * gape)
    canvas.paint(mouth, BLACK * 3)
    tongue_x, tongue_y = x + 0.1 * face.yaw, y + 0.95 * height + 0.2 * gape
    canvas.paint(canvas.ellipse(tongue_x, tongue_y, 0.38 * width, 0.14 + 0.28 * gape), TONGUE)


def _oval_nose(face, x, y):
    canvas, size = face.canvas, face.style.nose_size
    upper = canvas.ellipse(x, y, 1.25 * size, 0.8 * size)
    lower = canvas.ellipse(x, y + 0.4 * size, 0.6 * size, 0.7 * size)
    canvas.paint(smooth_union(upper, lower, 0.05), face.nose_colour)
    glint = canvas.ellipse(x - 0.35 * size, y - 0.3 * size, 0.35 * size, 0.16 * size)
    canvas.paint(glint, WHITE, 0.55, softness=1.5)


def _disc_with_nostrils(face):
    """A pig's snout."""
    canvas = face.canvas
    x, y, width, height = _middle(face, 0.95)
    outline = face.line if face.rng.chance(0.5) else None
    canvas.paint_fur(canvas.ellipse(x, y, width, height), face.muzzle_colour, outline=outline)
    for side in (-1, 1):
        nostril = canvas.ellipse(x + 0.38 * side * width, y, 0.14 * width, 0.3 * height)
        canvas.paint(nostril, face.line)
    smile = canvas.lower_arc(x, y + 0.7 * height, 0.9 * width, 0.025, top=y + 1.05 * height)
    canvas.paint(smile, face.line)


def _broad(face):
    """A broad soft muzzle with slanted nostrils: cows, donkeys, hippos."""
    canvas = face.canvas
    x, y, width, height = _middle(face, 0.9)
    canvas.paint_fur(canvas.ellipse(x, y, width, height), face.muzzle_colour, rim=0.3)
    for side in (-1, 1):
        nostril_x, nostril_y = x + 0.5 * side * width, y - 0.2 * height
        nostril = canvas.ellipse(nostril_x, nostril_y, 0.13 * width, 0.16 * height, 0.5 * side)
        canvas.paint(nostril, face.line)
    top = y + 0.35 * height
    smile = canvas.lower_arc(x, y + 0.1 * height, 0.5 * width, 0.025, top, ry=0.5 * height)
    canvas.paint(smile, face.line)


def _beak(face):
    """A beak pointing down, one side in the shade."""
    canvas, beak = face.canvas, face.rng.pick(BEAKS)
    x, y, width, height = _middle(face, 1.1)
    left, right = (x - width, y - height), (x + width, y - height)
    tip, middle = (x, y + height), (x, y - height)
    canvas.paint(canvas.polygon([left, right, tip], rounding=0.03), beak)
    canvas.paint(canvas.polygon([middle, right, tip], rounding=0.03), beak * 0.75)


def _tiny(face):
    """A small pointed muzzle, the nose at its end."""
    canvas, nose = face.canvas, face.style.nose_size
    x, y, width, height = _middle(face, 1.0)
    canvas.paint_fur(canvas.ellipse(x, y + 0.03, width, height), face.muzzle_colour, rim=0.2)
    nose_at = face.at(0.0, face.style.muzzle_y - 0.4 * height, 1.1)
    canvas.paint(canvas.ellipse(*nose_at, nose, 0.8 * nose), face.nose_colour)
    smile = canvas.lower_arc(x, y - 0.02, 0.5 * width, 0.022, top=y + 0.08)
    canvas.paint(smile, face.line)


def _wide(face):
    """A wide mouth and two small nostrils: frogs, monkeys, geckos."""
    canvas = face.canvas
    x, y, width, height = _middle(face, 0.7)
    mouth = canvas.lower_arc(x, y - 0.35, width, 0.035, top=y - 0.05, ry=height + 0.3)
    canvas.paint(mouth, face.line)
    for side in (-1, 1):
        canvas.paint(canvas.ellipse(x + 0.1 * side, y - 0.3, 0.03, 0.04), face.line)


def _large_nose(face):
    """A koala's nose: high, oval, shining."""
    canvas = face.canvas
    x, y, width, height = _middle(face, 1.0)
    canvas.paint(canvas.ellipse(x, y, width, height), face.nose_colour)
    glint_x, glint_y = x - 0.3 * width, y - 0.4 * height
    glint = canvas.ellipse(glint_x, glint_y, 0.2 * width, 0.2 * height)
    canvas.paint(glint, WHITE, 0.4, softness=2.0)
    smile = canvas.lower_arc(x, y + height, 0.2, 0.025, top=y + height + 0.08)
    canvas.paint(smile, face.line)


MUZZLES = {
    "puffs": _puffs,
    "snout": _snout,
    "disc": _disc_with_nostrils,
    "broad": _broad,
    "beak": _beak,
    "tiny": _tiny,
    "wide": _wide,
    "large nose": _large_nose,
}
