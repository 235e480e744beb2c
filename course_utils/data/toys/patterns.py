"""Fur patterns: masks (0-1, shape (size, size)) of where a head has its second colour."""

import numpy as np

from .kit import smooth_union


def _blaze(face):
    canvas, yaw = face.canvas, face.yaw
    top = 0.08 + face.rng.uniform(0.0, 0.08)
    stripe = canvas.capsule(0.6 * yaw, -1.0, 0.8 * yaw, 0.1, top, 0.2)
    mouth = canvas.ellipse(0.9 * yaw, 0.55, 0.5, 0.45)
    return canvas.cover(smooth_union(stripe, mouth, 0.3), softness=6.0)


def _mask(face):
    return face.canvas.cover(face.canvas.ellipse(0.8 * face.yaw, 0.25, 0.62, 0.6), softness=8.0)


def _patch(face):
    noise = face.canvas.smooth_noise(face.rng.uniform(18.0, 40.0))
    return np.clip(6.0 * noise + face.rng.uniform(-1.5, 1.0), 0.0, 1.0)


def _stripes(face):
    canvas, rng = face.canvas, face.rng
    across, down = rng.uniform(5.0, 9.0), rng.uniform(2.0, 5.0)
    phase = np.abs(canvas.x - 0.6 * face.yaw) * across + canvas.y * down
    wave = np.sin(1.6 * (phase + canvas.smooth_noise(20.0)))
    fade = rng.uniform(0.4, 0.9) * np.clip(0.35 - canvas.y, 0.0, 1.0)  # only the forehead
    return np.clip(3.0 * wave - 1.0, 0.0, 1.0) * fade


def _cap(face):
    return np.clip(-4.0 * (face.canvas.y + face.rng.uniform(0.3, 0.7)), 0.0, 1.0)


def _both_sides(face, x, y, depth, rx, ry, angle, softness):
    canvas = face.canvas
    sides = [canvas.ellipse(*face.at(side * x, y, depth), rx, ry, side * angle) for side in (-1, 1)]
    return canvas.cover(np.minimum(*sides), softness)


def _cheeks(face):
    return _both_sides(face, 0.6, 0.45, 0.0, 0.45, 0.5, 0.0, 8.0)


def _eye_patches(face):
    return _both_sides(face, 0.42, -0.05, 0.6, 0.34, 0.26, -0.5, 5.0)


PATTERNS = {
    "blaze": _blaze,
    "mask": _mask,
    "patch": _patch,
    "stripes": _stripes,
    "cap": _cap,
    "cheeks": _cheeks,
    "eyes": _eye_patches,
}
RANDOM = ("solid", "solid", "blaze", "mask", "patch", "stripes", "cap", "cheeks")
