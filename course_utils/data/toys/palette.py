"""Colours shared by all toy pictures. None of them belongs to one class of the toy pets.

A colour is a float32 array of shape (3, 1, 1), red-green-blue in 0-1, so that it broadcasts
against a picture of shape (3, height, width).
"""

import numpy as np


def colour(red, green, blue):
    """Return one colour as a float32 array of shape (3, 1, 1); arguments in 0-1."""
    return np.array((red, green, blue), np.float32).reshape(3, 1, 1)


BLACK = colour(0.07, 0.06, 0.06)
WHITE = colour(0.97, 0.97, 0.95)
PINK = colour(0.88, 0.58, 0.56)
DARK_BROWN = colour(0.35, 0.20, 0.15)
WOOD = colour(0.40, 0.27, 0.15)
LEAF = colour(0.25, 0.55, 0.20)
GLASS = colour(0.70, 0.85, 0.95)
LAMP = colour(0.97, 0.92, 0.55)
BONE = colour(0.60, 0.55, 0.45)
ORANGE = colour(0.95, 0.65, 0.15)

FURS = (
    colour(0.13, 0.12, 0.12),
    colour(0.93, 0.91, 0.87),
    colour(0.55, 0.55, 0.57),
    colour(0.90, 0.80, 0.62),
    colour(0.83, 0.52, 0.22),
    colour(0.48, 0.31, 0.18),
    colour(0.33, 0.21, 0.14),
    colour(0.72, 0.60, 0.45),
    colour(0.38, 0.40, 0.45),
    colour(0.97, 0.95, 0.93),
    colour(0.64, 0.38, 0.20),
    colour(0.78, 0.74, 0.68),
)
PALE_FURS = (FURS[1], FURS[3], FURS[9])

IRISES = (
    colour(0.35, 0.62, 0.25),
    colour(0.85, 0.62, 0.15),
    colour(0.30, 0.55, 0.80),
    colour(0.42, 0.26, 0.12),
    colour(0.62, 0.50, 0.15),
    colour(0.25, 0.16, 0.10),
)
