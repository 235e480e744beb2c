"""The generic animal head: a style (numbers that say what it looks like) and how it is drawn.

The local frame has the head's middle at the origin, the head about 1 in radius, y pointing down.
Ears are in `ears`, muzzles in `muzzles`; species only choose numbers (`pets`, `animals`).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import ears, muzzles, patterns
from .kit import smooth_union
from .palette import BLACK, FURS, IRISES, PINK, WHITE


@dataclass
class FaceStyle:
    """What one head looks like. Lengths are in head radii, angles in radians.

    Attributes
    ----------
    width, height : float
        Half axes of the skull.
    jaw_width, jaw_height, jaw_y : float
        Half axes and position of the jaw, melted into the skull.
    ears : str or tuple of two str
        Kind of ear, or left and right: a key of `ears.EARS`, or "none".
    ear_size, ear_angle, ear_length, ear_base, ear_lean, ear_roundness : float
        Scale; angle from straight up; length; half width at the base; tilt outwards; height of a
        round ear relative to its width.
    muzzle : str
        A key of `muzzles.MUZZLES`, or "none".
    muzzle_y, muzzle_width, muzzle_height, nose_size : float
        Position and half sizes.
    nose_colour : colour or None
        None draws one.
    bridge : bool
        Whether a snout begins between the eyes.
    mouth_open : float
        How far the tongue hangs out of a snout; 0 is closed.
    eye_width, eye_height : float
        Half axes of an eye; a height of None is as the width.
    eye_x, eye_y, eye_tilt : float
        Position (mirrored) and tilt.
    pupil_width : float
        Relative to the eye's width.
    pupil_height : float or None
        None is as wide as high: a round pupil.
    brow_chance, whisker_chance : float
        Probabilities.
    fur : colour or None
        None draws one of the twelve furs.
    pattern : str or None
        A key of `patterns.PATTERNS`, "solid", or None to draw one.
    tuft : float
        How ragged the outline is.
    behind, over_head, in_front : callable (face) or None
        Extra parts: drawn before the ears, before the muzzle, at the end.
    """

    width: float = 1.0
    height: float = 0.9
    jaw_width: float = 0.8
    jaw_height: float = 0.6
    jaw_y: float = 0.35
    ears: str | tuple[str, str] = "none"
    ear_size: float = 1.0
    ear_angle: float = 0.75
    ear_length: float = 0.75
    ear_base: float = 0.33
    ear_lean: float = 0.25
    ear_roundness: float = 1.0
    muzzle: str = "none"
    muzzle_y: float = 0.42
    muzzle_width: float = 0.4
    muzzle_height: float = 0.34
    nose_size: float = 0.13
    nose_colour: np.ndarray | None = None
    bridge: bool = True
    mouth_open: float = 0.0
    eye_width: float = 0.18
    eye_height: float | None = None
    eye_x: float = 0.4
    eye_y: float = -0.12
    eye_tilt: float = 0.0
    pupil_width: float = 0.6
    pupil_height: float | None = None
    brow_chance: float = 0.0
    whisker_chance: float = 0.0
    fur: np.ndarray | None = None
    pattern: str | None = None
    tuft: float = 0.0
    behind: Callable | None = None
    over_head: Callable | None = None
    in_front: Callable | None = None


class Face:
    """One head being drawn: the style, and what is drawn by lot whatever the species.

    Attributes
    ----------
    canvas, rng, style
        What it was made from.
    base, second, outline, ear_colour, inner_ear, muzzle_colour, nose_colour, line
        Colours; `outline` may be None.
    yaw, pitch : float
        How far the head is turned sideways and nods: parts that stand out move (see `at`).
    """

    def __init__(self, canvas, rng, style):
        self.canvas, self.rng, self.style = canvas, rng, style
        self.base = style.fur if style.fur is not None else _random_fur(rng)
        self.second = _random_fur(rng)
        while np.abs(self.second - self.base).sum() < 0.5:
            self.second = _random_fur(rng)
        self.outline = self.base * 0.35 if rng.chance(0.35) else None
        self.yaw = min(max(rng.normal(0.16), -0.4), 0.4)
        self.pitch = min(max(rng.normal(0.10), -0.22), 0.22)
        self.ear_colour = rng.pick((self.base, self.base, self.second, self.base * 0.6))
        self.inner_ear = rng.pick((PINK, PINK * 0.8, self.base * 0.65, self.second * 0.8))
        self.muzzle_colour = rng.pick(
            (self.base * 1.12, self.second, self.base * 0.8, WHITE * 0.95, self.base + 0.12)
        )
        self.line = np.minimum(self.muzzle_colour, self.base) * 0.35
        nose = rng.pick((BLACK, BLACK, BLACK * 2, PINK, PINK * 0.75, FURS[6]))
        self.nose_colour = nose if style.nose_colour is None else style.nose_colour

    def at(self, x, y, depth):
        """Return where a point standing out by `depth` is seen on the turned head."""
        return x * (1.0 - 0.25 * abs(self.yaw)) + self.yaw * depth, y + self.pitch * depth

    def head_ellipses(self):
        """Return skull and jaw as (cx, cy, rx, ry) in the local frame."""
        style = self.style
        skull = (0.0, 0.0, style.width, style.height)
        jaw = (0.3 * self.yaw, style.jaw_y, style.jaw_width, style.jaw_height)
        return skull, jaw


def draw_face(canvas, rng, style):
    """Draw a head (and perhaps a body) in the canvas's local frame; return the `Face`."""
    canvas.prepare_fur(rng.uniform(26.0, 60.0))
    face = Face(canvas, rng, style)
    if rng.chance(0.8):
        _draw_body(face)
    _draw_extra(face, style.behind)
    ears.draw_ears(face, in_front=False)
    _draw_head(face)
    _draw_extra(face, style.over_head)
    ears.draw_ears(face, in_front=True)
    muzzles.draw_muzzle(face)
    _draw_eyes(face)
    if rng.chance(style.brow_chance):
        _draw_brows(face)
    if rng.chance(style.whisker_chance):
        _draw_whiskers(face)
    _draw_extra(face, style.in_front)
    return face


def _random_fur(rng):
    return rng.pick(FURS) * rng.uniform(0.8, 1.1)


def _draw_extra(face, part):
    if part is not None:
        part(face)


def _draw_body(face):
    field = face.canvas.ellipse(-0.8 * face.yaw, 1.75, 1.0, 1.05)
    colour = face.rng.pick((face.base, face.second))
    face.canvas.paint_fur(field, colour, outline=face.outline)


def _draw_head(face):
    canvas = face.canvas
    skull, jaw = (canvas.ellipse(*ellipse) for ellipse in face.head_ellipses())
    field = smooth_union(skull, jaw, 0.2)
    if face.style.tuft:
        side = np.clip(np.abs(canvas.x) + 0.3 * canvas.y, 0.0, 1.0)
        field += face.style.tuft * canvas.fur_grain * side
    name = face.style.pattern or face.rng.pick(patterns.RANDOM)
    colour = face.base
    if name != "solid":
        mask = patterns.PATTERNS[name](face)
        colour = face.base + mask * (face.second - face.base)
    canvas.paint_fur(field, colour, outline=face.outline)


# Eyes, brows, whiskers.


def _draw_eyes(face):
    style, rng = face.style, face.rng
    iris, look = rng.pick(IRISES), rng.normal(0.25)
    closed = rng.chance(0.06)
    for side in (-1, 1):
        cx, cy = face.at(side * style.eye_x, style.eye_y, 0.6)
        if closed:
            arc = face.canvas.lower_arc(
                cx, cy - 0.3 * style.eye_width, style.eye_width, 0.03, top=cy
            )
            face.canvas.paint(arc, BLACK)
        else:
            _draw_open_eye(face, cx, cy, side * style.eye_tilt, iris, look)


def _draw_open_eye(face, cx, cy, tilt, iris, look):
    canvas, style = face.canvas, face.style
    width = style.eye_width
    height = width if style.eye_height is None else style.eye_height
    canvas.paint(canvas.ellipse(cx, cy, width + 0.04, height + 0.04, tilt), face.base * 0.28)
    canvas.paint(canvas.ellipse(cx, cy, width, height, tilt), iris)
    pupil_width = style.pupil_width * width
    pupil_height = pupil_width if style.pupil_height is None else style.pupil_height
    pupil_height = min(pupil_height, 0.92 * height)
    pupil = canvas.ellipse(cx + 0.4 * look * width, cy, max(pupil_width, 0.02), pupil_height)
    canvas.paint(pupil, BLACK)
    glint = 0.2 * width + 0.01
    canvas.paint(canvas.ellipse(cx - 0.28 * width, cy - 0.3 * height, glint, glint), WHITE, 0.9)


def _draw_brows(face):
    style = face.style
    for side in (-1, 1):
        x, y = face.at(0.9 * side * style.eye_x, style.eye_y - style.eye_width - 0.14, 0.6)
        face.canvas.paint(face.canvas.ellipse(x, y, 0.1, 0.055), face.second, 0.9, softness=2.0)


def _draw_whiskers(face):
    canvas, rng, width = face.canvas, face.rng, face.style.muzzle_width
    light = face.base.mean() < 0.6 or rng.chance(0.3)
    colour = WHITE if light else BLACK * 3
    count, length = 2 + rng.below(2), rng.uniform(0.6, 1.0)
    x, y = face.at(0.0, face.style.muzzle_y, 0.9)
    for side in (-1, 1):
        for number in range(count):
            slope = 0.22 * (number - (count - 1) / 2) + rng.uniform(-0.05, 0.05)
            start = (x + 0.5 * side * width, y - 0.02 + 0.4 * slope)
            end_x = x + side * (0.5 * width + length)
            end_y = y + slope * length - 0.05 + 0.08 * abs(slope)
            canvas.paint(canvas.capsule(*start, end_x, end_y, 0.02, 0.008), colour, 0.85)
