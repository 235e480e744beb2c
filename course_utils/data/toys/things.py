"""The things of the toy zoo: each a function (canvas, rng) that draws in the local frame."""

import math

import numpy as np

from .palette import BLACK, GLASS, LAMP, LEAF, PALE_FURS, WHITE, WOOD

SIDES = (-1, 1)
TURN = 2.0 * math.pi


def _colour(rng):
    return rng.colour(0.08, 0.95)


def _union(fields):
    union = fields[0]
    for field in fields[1:]:
        union = np.minimum(union, field)
    return union


def fish(canvas, rng):
    body_colour, fin_colour = _colour(rng), _colour(rng)
    height = rng.uniform(0.4, 0.65)
    tail = canvas.polygon([(0.6, 0.0), (1.2, -0.5), (1.2, 0.5)], rounding=0.03)
    fin = [(-0.2, -0.7 * height), (0.4, -height - 0.35), (0.5, -0.4 * height)]
    canvas.paint(tail, fin_colour)
    canvas.paint(canvas.polygon(fin, rounding=0.03), fin_colour)
    body = canvas.ellipse(-0.1, 0.0, 0.85, height)
    canvas.paint_fur(body, body_colour)
    for number in range(3):
        x = -0.1 + 0.25 * number
        scale = np.maximum(canvas.ring(x, 0.0, 0.3, 0.03), x - canvas.x)  # the right half
        canvas.paint(np.maximum(scale, body), fin_colour)
    canvas.paint(canvas.ellipse(-0.6, -0.12, 0.15, 0.15), WHITE)
    canvas.paint(canvas.ellipse(-0.62, -0.12, 0.08, 0.08), BLACK)


def car(canvas, rng):
    colour, glass = _colour(rng), GLASS * rng.uniform(0.5, 1.0)
    cabin = canvas.box(0.0, -0.28, rng.uniform(0.45, 0.62), 0.34, rounding=0.06)
    canvas.paint(cabin, colour)
    for side in SIDES:
        canvas.paint(canvas.box(0.27 * side, -0.26, 0.2, 0.2, rounding=0.03), glass)
    canvas.paint_fur(canvas.box(0.0, 0.22, 1.0, 0.26, rounding=0.08), colour, rim=0.2)
    for side in SIDES:
        canvas.paint(canvas.ellipse(0.58 * side, 0.55, 0.26, 0.26), BLACK * 2)
        canvas.paint(canvas.ellipse(0.58 * side, 0.55, 0.12, 0.12), WHITE * 0.7)
    canvas.paint(canvas.ellipse(-1.0, 0.15, 0.09, 0.09), LAMP)


def house(canvas, rng):
    wall, roof, door = _colour(rng), _colour(rng), _colour(rng)
    width, peak = rng.uniform(0.6, 0.85), -1.0 - rng.uniform(0.0, 0.3)
    canvas.paint(canvas.box(0.45, -0.75, 0.12, 0.3), roof * 0.7)  # chimney
    canvas.paint_fur(canvas.box(0.0, 0.35, width, 0.6), wall, rim=0.1)
    eaves = width + 0.2
    canvas.paint(canvas.polygon([(-eaves, -0.22), (0.0, peak), (eaves, -0.22)]), roof)
    canvas.paint(canvas.box(rng.uniform(-0.2, 0.2), 0.62, 0.16, 0.33), door)
    for side in SIDES:
        canvas.paint(canvas.box(0.6 * side * width, 0.2, 0.15, 0.15), LAMP)
        canvas.paint(canvas.box(0.6 * side * width, 0.2, 0.02, 0.15), BLACK)


def tree(canvas, rng):
    trunk = canvas.capsule(0.0, 0.1, 0.0, 1.2, 0.14, 0.2)
    canvas.paint(trunk, WOOD * rng.uniform(0.6, 1.4))
    colour = _colour(rng)
    if rng.chance(0.5):
        for number in range(3):
            y, width = -1.1 + 0.5 * number, 0.4 + 0.22 * number
            corners = [(-width, y + 0.65), (0.0, y - 0.1), (width, y + 0.65)]
            canvas.paint_fur(canvas.polygon(corners, rounding=0.02), colour)
    else:
        crown = [canvas.ellipse(0.0, -0.4, 0.6, 0.6)]
        for angle in np.linspace(0.0, 5.3, 6).tolist():
            x, y = 0.5 * math.cos(angle + rng.uniform(0.0, 0.4)), -0.4 + 0.45 * math.sin(angle)
            crown.append(canvas.ellipse(x, y, 0.38, 0.36))
        canvas.paint_fur(_union(crown), colour, grain=0.3)


def flower(canvas, rng):
    petal_colour, heart_colour = _colour(rng), _colour(rng)
    count, reach = 5 + rng.below(4), rng.uniform(0.4, 0.55)
    canvas.paint(canvas.capsule(0.0, 0.0, rng.uniform(-0.2, 0.2), 1.4, 0.06), LEAF)
    canvas.paint(canvas.ellipse(0.3, 0.95, 0.3, 0.12, -0.5), LEAF)
    for number in range(count):
        angle = TURN * number / count
        x, y = reach * math.cos(angle), -0.2 + reach * math.sin(angle)
        petal = canvas.ellipse(x, y, 0.75 * reach, 2.56 * reach / count, angle)
        canvas.paint_fur(petal, petal_colour, rim=0.2)
    canvas.paint_fur(canvas.ellipse(0.0, -0.2, 0.28, 0.28), heart_colour, grain=0.3)


def mug(canvas, rng):
    colour, height = _colour(rng), rng.uniform(0.6, 0.8)
    canvas.paint(canvas.ring(0.72, 0.05, 0.36, 0.09), colour * 0.8)
    canvas.paint_fur(canvas.box(0.0, 0.1, 0.6, height, rounding=0.06), colour)
    canvas.paint(canvas.ellipse(0.0, 0.1 - height, 0.64, 0.16), colour * 0.6)
    canvas.paint(canvas.ellipse(0.0, 0.12 - height, 0.54, 0.11), WOOD * 0.85)  # coffee
    if rng.chance(0.6):
        canvas.paint(canvas.box(0.0, 0.2, 0.6, rng.uniform(0.06, 0.2)), _colour(rng))


def key(canvas, rng):
    colour = _colour(rng)
    canvas.paint(canvas.ring(-0.65, 0.0, 0.38, 0.12), colour)
    canvas.paint(canvas.box(0.4, 0.0, 0.75, 0.09), colour)
    for x in (0.7, 0.95):
        canvas.paint(canvas.box(x, 0.22, 0.07, rng.uniform(0.12, 0.22)), colour)


def star(canvas, rng):
    colour, count, waist = _colour(rng), 5 + 2 * rng.below(2), rng.uniform(0.4, 0.5)
    half = 0.55 * TURN / count  # a little over half a turn, so that the kites overlap
    kites = []
    for number in range(count):
        angle = TURN * number / count
        tip = (1.1 * math.sin(angle), -1.1 * math.cos(angle))
        right = (waist * math.sin(angle + half), -waist * math.cos(angle + half))
        left = (waist * math.sin(angle - half), -waist * math.cos(angle - half))
        kites.append(canvas.polygon([tip, right, (0.0, 0.0), left]))
    canvas.paint_fur(_union(kites) - 0.03, colour, rim=0.2)
    if rng.chance(0.4):
        for side in SIDES:
            canvas.paint(canvas.ellipse(0.15 * side, -0.05, 0.07, 0.1), BLACK)


def clock(canvas, rng):
    canvas.paint(canvas.ellipse(0.0, 0.0, 1.0, 1.0), _colour(rng))
    canvas.paint(canvas.ellipse(0.0, 0.0, 0.84, 0.84), rng.pick((WHITE, WHITE * 0.8, BLACK * 3)))
    colour = _colour(rng)
    for hour in range(12):
        x, y = 0.7 * math.cos(TURN * hour / 12), 0.7 * math.sin(TURN * hour / 12)
        canvas.paint(canvas.ellipse(x, y, 0.05, 0.05), colour)
    for length in (0.4, 0.62):
        angle = rng.uniform(0.0, TURN)
        end = (length * math.cos(angle), length * math.sin(angle))
        canvas.paint(canvas.capsule(0.0, 0.0, *end, 0.05), colour)


def boat(canvas, rng):
    hull = [(-1.1, 0.45), (1.1, 0.45), (0.75, 0.95), (-0.75, 0.95)]
    canvas.paint(canvas.box(0.0, -0.3, 0.04, 0.85), WOOD)
    right_sail = canvas.polygon([(0.07, -1.1), (0.85, 0.3), (0.07, 0.3)])
    left_sail = canvas.polygon([(-0.07, -0.9), (-0.7, 0.3), (-0.07, 0.3)])
    canvas.paint(right_sail, _colour(rng))
    canvas.paint(left_sail, _colour(rng))
    canvas.paint_fur(canvas.polygon(hull), _colour(rng))


def mushroom(canvas, rng):
    cap_colour = _colour(rng)
    canvas.paint_fur(canvas.capsule(0.0, 0.0, 0.0, 0.85, 0.26, 0.34), rng.pick(PALE_FURS))
    cap = canvas.ellipse(0.0, 0.05, 1.0, rng.uniform(0.75, 1.0))
    cap = np.maximum(cap, canvas.y - 0.12)
    canvas.paint_fur(cap, cap_colour)
    for _ in range(5):
        x, y = rng.uniform(-0.7, 0.7), rng.uniform(-0.7, 0.0)
        spot = canvas.ellipse(x, y, rng.uniform(0.08, 0.16), rng.uniform(0.07, 0.14))
        canvas.paint(np.maximum(spot, cap), WHITE)


def butterfly(canvas, rng):
    colour, spot_colour = _colour(rng), _colour(rng)
    for side in SIDES:
        upper = canvas.ellipse(0.55 * side, -0.35, 0.55, 0.4, -0.6 * side)
        lower = canvas.ellipse(0.45 * side, 0.35, 0.4, 0.32, 0.6 * side)
        canvas.paint_fur(upper, colour, rim=0.2)
        canvas.paint_fur(lower, colour, rim=0.2)
        canvas.paint(canvas.ellipse(0.62 * side, -0.4, 0.22, 0.18), spot_colour)
        canvas.paint(canvas.ellipse(0.48 * side, 0.38, 0.16, 0.13), spot_colour)
        canvas.paint(canvas.capsule(0.0, -0.45, 0.3 * side, -1.0, 0.03), BLACK)
    canvas.paint(canvas.ellipse(0.0, 0.0, 0.1, 0.55), BLACK * 3)


THINGS = (fish, car, house, tree, flower, mug, key, star, clock, boat, mushroom, butterfly)
