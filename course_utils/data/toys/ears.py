"""Ears of the generic head, one function a kind. `side` is -1 (left) or 1 (right)."""

import math

BEHIND, FRONT = False, True


def draw_ears(face, in_front):
    """Draw the ears lying behind the head, or those lying in front of it."""
    kinds = face.style.ears
    if isinstance(kinds, str):
        kinds = (kinds, kinds)
    for side, kind in zip((-1, 1), kinds, strict=True):
        if kind != "none":
            draw, layer = EARS[kind]
            if layer == in_front:
                draw(face, side)


def _root(face, side):
    """Return where an ear leaves the skull, and its size: the nearer ear looks larger."""
    style = face.style
    x = side * style.width * math.sin(style.ear_angle) - 0.25 * face.yaw
    y = -style.height * math.cos(style.ear_angle) - 0.25 * face.pitch
    return x, y, style.ear_size * (1.0 + 0.6 * side * face.yaw)


def _along(point, direction, forward, sideways):
    """Return a point moved `forward` along a unit vector and `sideways` across it."""
    (x, y), (dx, dy) = point, direction
    return x + forward * dx - sideways * dy, y + forward * dy + sideways * dx


def _shrunk(points, factor):
    """Return a polygon shrunk towards its mean point."""
    cx = sum(x for x, _ in points) / len(points)
    cy = sum(y for _, y in points) / len(points)
    return [(cx + factor * (x - cx), cy + factor * (y - cy)) for x, y in points]


def _fur(face, field, shade=1.0, line=None, rim=0.35):
    """Paint an ear; `line` is the outline's brightness where the head itself has none."""
    outline = face.outline
    if outline is None and line is not None:
        outline = face.ear_colour * line
    face.canvas.paint_fur(field, face.ear_colour * shade, rim=rim, outline=outline)


def _inside(face, field):
    face.canvas.paint(field, face.inner_ear, 0.85, softness=2.0)


def _pointed(face, side):
    style = face.style
    x, y, size = _root(face, side)
    angle = side * (style.ear_angle + 0.6 * style.ear_lean)
    up = (math.sin(angle), -math.cos(angle))
    half = style.ear_base * style.ear_size
    sunk = -0.28  # the base lies inside the head
    triangle = [
        _along((x, y), up, sunk, -half),
        _along((x, y), up, style.ear_length * size, 0.0),
        _along((x, y), up, sunk, half),
    ]
    _fur(face, face.canvas.polygon(triangle, rounding=0.05))
    _inside(face, face.canvas.polygon(_shrunk(triangle, 0.58), rounding=0.01))


def _folded(face, side):
    """A short base standing up, its upper half folded over to the front."""
    style = face.style
    x, y, size = _root(face, side)
    angle = side * style.ear_angle
    up = (math.sin(angle), -math.cos(angle))
    half, length = style.ear_base * style.ear_size, 0.38 * style.ear_length * size
    base = [_along((x, y), up, -0.1, -half), _along((x, y), up, -0.1, half)]
    fold = [_along((x, y), up, length, -0.75 * half), _along((x, y), up, length, 0.75 * half)]
    tip_x, tip_y = _along((x, y), up, -0.12, 0.0)
    tip = (tip_x + 0.1 * side, tip_y + 0.12 * style.ear_size)
    canvas = face.canvas
    _fur(face, canvas.polygon([base[0], fold[0], fold[1], base[1]], rounding=0.04))
    _fur(face, canvas.polygon([*fold, tip], rounding=0.04), shade=0.78, line=0.45)


def _floppy(face, side):
    style = face.style
    x, y, size = _root(face, side)
    end_x = x + side * (0.12 + 0.25 * style.ear_lean)
    end_y = y + 0.25 + 0.85 * style.ear_length * size
    thin, thick = 0.15 * style.ear_size, 0.85 * style.ear_base * style.ear_size
    field = face.canvas.capsule(x - 0.08 * side, y + 0.08, end_x, end_y, thin, thick)
    _fur(face, field, shade=0.85, line=0.5, rim=0.45)


def _round(face, side):
    x, y, size = _root(face, side)
    width = 0.36 * size
    height = width * face.style.ear_roundness
    _fur(face, face.canvas.ellipse(1.02 * x, 1.02 * y, width, height))
    _inside(face, face.canvas.ellipse(x, y, 0.62 * width, 0.62 * height))


def _long(face, side):
    style = face.style
    x, y, size = _root(face, side)
    length = style.ear_length * size
    angle = side * (0.5 * style.ear_angle + style.ear_lean)
    middle_x = 0.8 * x + 0.75 * length * math.sin(angle)
    middle_y = 0.9 * y - 0.75 * length * math.cos(angle)
    width = style.ear_size
    _fur(face, face.canvas.ellipse(middle_x, middle_y, 0.22 * width, length, angle))
    _inside(face, face.canvas.ellipse(middle_x, middle_y, 0.12 * width, 0.75 * length, angle))


def _sideways(face, side):
    style = face.style
    _, _, size = _root(face, side)
    drop, angle = 0.2 * style.ear_lean, 0.2 * side * style.ear_lean
    x, y = side * (style.width + 0.3 * size), -0.3 + drop
    _fur(face, face.canvas.ellipse(x, y, 0.45 * size, 0.22 * size, angle))
    inner_x, inner_y = side * (style.width + 0.32 * size), -0.28 + drop
    _inside(face, face.canvas.ellipse(inner_x, inner_y, 0.3 * size, 0.12 * size, angle))


EARS = {
    "point": (_pointed, BEHIND),
    "round": (_round, BEHIND),
    "long": (_long, BEHIND),
    "side": (_sideways, BEHIND),
    "fold": (_folded, FRONT),
    "flop": (_floppy, FRONT),
}
