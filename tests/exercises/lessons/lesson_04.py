"""Lesson 04: right and wrong answers, and the facts that its run must show."""

import numpy as np

T = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])


def layer(**options):
    from course_utils.models import RandomAffine

    return RandomAffine(**options)


RIGHT = {
    "04.1": [np.array([[1, 0, 10], [0, 1, -4], [0, 0, 1]]), [[1, 0, 10], [0, 1, -4], [0, 0, 1]]],
    "04.2": [lambda S, T: T @ S, lambda S, T: np.matmul(T, S)],
    "04.3": [["train"], {"train"}, "train"],
    "04.4": [lambda: layer(rotation=10, zoom=0.1), lambda: layer(width_shift=0.1)],
    "04.5": [{"warps": 0.02, "dropout": 0.2}],
}

WRONG = {
    "04.1": [
        np.array([[1, 0, 0], [0, 1, 0], [10, -4, 1]]),
        np.array([[1, 0, 10], [0, 1, 4], [0, 0, 1]]),
        np.array([[1, 0, -4], [0, 1, 10], [0, 0, 1]]),
        np.array([10, -4]),
        2 * np.eye(3),
    ],
    "04.2": [lambda S, T: S @ T, lambda S, T: T * S, lambda S, T: T + S, lambda S: S, T],
    "04.3": [["train", "validation"], ["train", "test"], [], ["training"], None],
    "04.4": [
        lambda: layer(horizontal_flip=True),
        lambda: layer(rotation=180),
        lambda: layer(width_shift=0.5),
        layer,
        "a layer",
    ],
    "04.5": [0.1, {"warps": 0.2, "dropout": 0.1}, {"warps": 2.0, "dropout": 20.0}],
}

# Their answers need Keras, so they are made when the test runs.
FACTORIES = {"04.4"}

FACTS = {
    "one matrix": "a product of matrices is one warp",
    "training pixels change": "training pixels change each epoch",
    "validation pixels do not": "validation pixels never change",
    "dropout 0.5": "dropout zeroes about half",
    "better than lesson 3": "validation is better than in lesson 3",
    "smaller gap": "the gap is smaller than in lesson 3",
}
