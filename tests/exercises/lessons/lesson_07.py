"""Lesson 07: right and wrong answers, and the facts that its run must show."""

import numpy as np

RIGHT = {
    "07.1": [16_056_833],
    "07.2": [328_193],
    "07.3": [33.67, 1010 / 30],
    "07.4": [
        lambda f: np.concatenate([f.mean(axis=(1, 2)), f.max(axis=(1, 2))], axis=1),
        lambda f: f.reshape(len(f), 2, 2, 2, 2, 8).mean(axis=(2, 4)).reshape(len(f), -1),
    ],
}

WRONG = {
    "07.1": [7 * 7 * 1280 * 256, (7 * 7 * 1280 + 1) * 256, 328_193, 5],
    "07.2": [16_056_833, 50 * 256 + 257, 1281 * 256, 5],
    "07.3": [50, 101, 0.0297, 980, 12],
    "07.4": [
        lambda f: f.mean(axis=(1, 2)),
        lambda f: f.reshape(len(f), -1),
        lambda f: f,
        lambda f: np.concatenate([f.mean(axis=(1, 2)), f.mean(axis=(0, 1, 2)) + 0 * f[:, 0, 0]], 1),
    ],
}

FACTS = {
    "the base runs once": "kept features equal a live pass",
    "2,097,665 parameters": "2,097,665",
    "far above lesson 3": "better than lesson 3",
    "cuts compared": "the last stage beats the first",
}
