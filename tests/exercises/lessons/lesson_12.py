"""Lesson 12: right and wrong answers, and the facts that its run must show."""

import numpy as np


def hit_rate(heat, boxes, *, swap=False, whole=False):
    flat = heat.reshape(len(heat), -1)
    peaks = np.full(len(heat), heat.argmax() % flat.shape[1]) if whole else flat.argmax(axis=1)
    y, x = np.divmod(peaks, heat.shape[2])
    if swap:
        x, y = y, x
    x0, y0, x1, y1 = boxes.T
    return np.mean((x + 0.5 > x0) & (x + 0.5 < x1) & (y + 0.5 > y0) & (y + 0.5 < y1))


def by_loop(heat, boxes):
    hits = 0
    for one, (x0, y0, x1, y1) in zip(heat, boxes, strict=True):
        row, column = np.unravel_index(one.argmax(), one.shape)
        hits += x0 <= column + 0.5 <= x1 and y0 <= row + 0.5 <= y1
    return hits / len(heat)


RIGHT = {
    "12.1": [[[1, 0], [1.5, 1]], np.array([[1, 0], [1.5, 1.0]])],
    "12.2": [81, 81.0],
    "12.3": [hit_rate, by_loop],
    "12.4": [
        {"with": 0.99, "without": 0.5, "heat": 0.6, "area": 0.03},
        {"with": 0.9, "without": 0.7, "heat": 0.4, "area": 0.1},
    ],
}

WRONG = {
    "12.1": [
        [[1, -1.5], [1.5, 1]],
        [[4, 0], [6, 4]],
        [[2, 0], [0, 2]],
        [[1, 3], [3, 1]],
        [1, 0, 1.5, 1],
        [[0, 0], [0, 0]],
        "warm",
    ],
    "12.2": [9, 16, 324, 100, 196, 512],
    "12.3": [
        lambda heat, boxes: hit_rate(heat, boxes) * len(heat),
        lambda heat, boxes: hit_rate(heat, boxes, swap=True),
        lambda heat, boxes: 1 - hit_rate(heat, boxes),
        lambda heat, boxes: hit_rate(heat, boxes, whole=True),
        lambda heat, boxes: np.ones(len(heat)),
        lambda heat: 0.6,
    ],
    "12.4": [
        {"with": 0.99, "without": 0.97, "heat": 0.6, "area": 0.03},
        {"with": 0.99, "without": 0.5, "heat": 0.04, "area": 0.03},
        {"with": 0.99, "without": 0.5, "heat": 1.0, "area": 1.0},
        {"with": 99, "without": 50, "heat": 0.6, "area": 0.03},
        {"with": 0.99, "without": 0.5},
    ],
}

FACTS = {
    "flat, nested, Sequential": "flat, nested and Sequential",
    "one map for all three": "all three give the same maps",
    "the class asked for": "red is warm on the left, blue on the right",
    "decided by a half": "'left' is warm on the left only",
    "a mean forgets the place": "'left' is as warm on the right",
    "logits, not probabilities": "it has no slope left",
    "none of the classes": "it is sure of many a picture of none of its classes",
    "a 4×4 map is not fine enough": "the 4×4 map hits hardly more than a random place",
    "an 8×8 map is": "the 8×8 map hits far more",
    "the field is larger than the picture": "block5_conv3 196×196",
    "a rival without knowledge": "a dot in the middle hits as often as the best map",
    "the face is followed": "the map follows the face, the dot cannot",
    "gradient × activation": "place by place hits more often than plain Grad-CAM",
    "the shortcut's accuracy": "without the mark, the accuracy collapses",
    "the shortcut's heat": "the shortcut's heat moves to the mark",
    "randomised weights": "with random weights the map loses most of the face",
    "occlusion": "occlusion agrees with the picture's own map",
}
