"""Extra parts of single animals: each a function (face) that draws, called by `faces`."""

import math

import numpy as np

from .kit import smooth_union
from .palette import BLACK, BONE, FURS, ORANGE, PINK, WHITE, WOOD

SIDES = (-1, 1)


def front_teeth(face):
    canvas = face.canvas
    x, y = face.at(0.0, 0.68, 1.0)
    canvas.paint(canvas.box(x, y, 0.09, 0.1), WHITE)
    canvas.paint(canvas.box(x, y, 0.012, 0.1), BLACK * 4)


def fangs(face):
    for side in SIDES:
        x, y = face.at(0.13 * side, 0.66, 0.9)
        corners = [(x - 0.06, y - 0.06), (x + 0.06, y - 0.06), (x, y + 0.14)]
        face.canvas.paint(face.canvas.polygon(corners), WHITE)


def tusks(face):
    for side in SIDES:
        x, y = face.at(0.35 * side, 1.0, 0.9)
        face.canvas.paint(face.canvas.box(x, y, 0.07, 0.1), WHITE)


def horns(face):
    canvas = face.canvas
    colour = face.rng.pick((WHITE * 0.9, BONE, BLACK * 4))
    for side in SIDES:
        bend = (0.75 * side, -1.05)
        canvas.paint(canvas.capsule(0.45 * side, -0.75, *bend, 0.13, 0.09), colour)
        canvas.paint(canvas.capsule(*bend, 0.72 * side, -1.4, 0.09, 0.02), colour)


def antlers(face):
    canvas = face.canvas
    colour, spread = face.rng.pick((WOOD, BONE * 1.2)), face.rng.uniform(0.4, 0.7)
    for side in SIDES:
        beam = canvas.capsule(0.28 * side, -0.6, spread * side, -1.5, 0.07, 0.04)
        inner = canvas.capsule(0.4 * side, -1.0, 0.15 * side, -1.35, 0.05, 0.03)
        outer = canvas.capsule(0.5 * side, -1.15, 0.95 * side, -1.3, 0.05, 0.03)
        canvas.paint(np.minimum(np.minimum(beam, inner), outer), colour)


def beard(face):
    x, y = face.at(0.0, 1.05, 0.6)
    tip = (x + face.rng.uniform(-0.1, 0.1), y + face.rng.uniform(0.4, 0.6))
    field = face.canvas.polygon([(x - 0.18, y), (x + 0.18, y), tip])
    face.canvas.paint_fur(field, face.second)


def wool_around(face, wool):
    for angle in np.linspace(2.4, 7.0, 9).tolist():
        x, y = 0.72 * math.cos(angle), -0.25 + 0.75 * math.sin(angle)
        face.canvas.paint_fur(face.canvas.ellipse(x, y, 0.36, 0.36), wool)


def wool_on_top(face, wool):
    for x in (-0.4, 0.0, 0.4):
        face.canvas.paint_fur(face.canvas.ellipse(x, -0.8 + 0.1 * abs(x), 0.3, 0.26), wool)


def bare_face(face):
    """A monkey's face: two rounds about the eyes and a muzzle, melted together."""
    canvas = face.canvas
    x, y = face.at(0.0, 0.1, 0.5)
    eyes = smooth_union(
        canvas.ellipse(x - 0.28, y - 0.2, 0.34, 0.36),
        canvas.ellipse(x + 0.28, y - 0.2, 0.34, 0.36),
        0.1,
    )
    mouth = canvas.ellipse(x, y + 0.35, 0.5, 0.38)
    canvas.paint(smooth_union(eyes, mouth, 0.15), face.rng.pick((*FURS, PINK)), softness=2.0)


def eye_bulges(face):
    for side in SIDES:
        x, y = face.at(0.55 * side, -0.55, 0.5)
        face.canvas.paint_fur(face.canvas.ellipse(x, y, 0.36, 0.34), face.base)


def elephant_ears(face):
    canvas, rng = face.canvas, face.rng
    for side in SIDES:
        x, width, height = rng.uniform(0.85, 1.0), rng.uniform(0.5, 0.62), rng.uniform(0.65, 0.85)
        canvas.paint_fur(canvas.ellipse(x * side, -0.1, width, height), face.base * 0.85)
        inside = canvas.ellipse(0.95 * side, -0.05, 0.34, 0.48)
        canvas.paint(inside, PINK * 0.8, 0.7, softness=3.0)


def trunk(face):
    canvas, bend = face.canvas, face.rng.uniform(-0.5, 0.5)
    x, y = face.at(0.0, 0.2, 0.9)
    for side in SIDES:
        tusk = canvas.capsule(x + 0.28 * side, 0.45, x + 0.45 * side, 0.95, 0.09, 0.03)
        canvas.paint(tusk, WHITE)
    middle = (x + 0.2 * bend, 0.8)
    canvas.paint_fur(canvas.capsule(x, y, *middle, 0.26, 0.2), face.base * 1.05)
    canvas.paint_fur(canvas.capsule(*middle, x + bend, 1.25, 0.2, 0.14), face.base * 1.05)


def bill(face):
    canvas = face.canvas
    colour = ORANGE * face.rng.uniform(0.6, 1.1)
    x, y = face.at(0.0, 0.35, 1.1)
    width = face.rng.uniform(0.4, 0.55)
    canvas.paint(canvas.ellipse(x, y + 0.12, 0.8 * width, 0.16), colour * 0.6)
    upper = canvas.ellipse(x, y, width, 0.17)
    ridge = canvas.ellipse(x, y - 0.12, 0.5 * width, 0.2)
    canvas.paint_fur(smooth_union(upper, ridge, 0.1), colour)
    for side in SIDES:
        canvas.paint(canvas.ellipse(x + 0.1 * side, y - 0.12, 0.03, 0.04), BLACK)


def spikes(face):
    canvas, colour = face.canvas, face.rng.pick(FURS) * 0.8
    for angle in np.linspace(3.0, 6.45, 11).tolist():
        spike = [
            (0.55 * math.cos(angle - 0.16), 0.55 * math.sin(angle - 0.16)),
            (1.35 * math.cos(angle), 1.3 * math.sin(angle)),
            (0.55 * math.cos(angle + 0.16), 0.55 * math.sin(angle + 0.16)),
        ]
        canvas.paint_fur(canvas.polygon(spike), colour)
