"""Lesson 08: right and wrong answers, and the facts that its run must show."""

from types import SimpleNamespace

import numpy as np

VIEWS = np.random.default_rng(0).random((4, 320, 2, 2, 8)).astype("float16")
LEARNED = {"accuracy": 15 * [0.9375] + 5 * [0.953125], "val_accuracy": 20 * [0.94]}
BEHIND = {"accuracy": 20 * [0.90625], "val_accuracy": [0.93] * 20}


def epoch_by_epoch(E, K, v, h):
    """Add the costs up, one epoch after the other."""
    lectures = cached = 0.0
    for _ in range(E):
        lectures, cached = lectures + 1 + v + h, cached + h
    return lectures / (cached + K + v)


class Ratio:
    """The formula as an object that can be called."""

    def __call__(self, E, K, v, h):
        return np.float32(E * (1 + v + h)) / np.float32(K + v + E * h)


RIGHT = {
    "08.1": [1505.28, 1505, np.float32(1505.28), [1505.28]],
    "08.2": [
        ["D", "B", "A", "C"],
        "DABC",
        "b, d, a, c",
        np.array(["D", "A", "B", "C"]),
        "D → B → A → C",
    ],
    "08.3": [
        lambda E, K, v, h: E * (1 + v + h) / (K + v + E * h),
        lambda e, k, x, y: np.array([(e + e * x + e * y) / (k + x + e * y)]),
        epoch_by_epoch,
        Ratio(),
    ],
    "08.4": [
        (VIEWS, LEARNED),
        [VIEWS[:1].astype("float32"), SimpleNamespace(history=LEARNED)],
        (VIEWS[:2], {**BEHIND, "loss": 20 * [0.2]}),
        (VIEWS.reshape(4, 320, -1), {key: np.array(LEARNED[key]) for key in LEARNED}),
    ],
}

WRONG = {
    "08.1": [1_505_280_000, 752.64, 3010.56, 250.88, 30.72, 3, "1.5 GB"],
    "08.2": [
        ["A", "D", "B", "C"],
        ["D", "B", "C", "A"],
        ["D", "A", "C", "B"],
        ["A", "B"],
        "DBBAC",
        ["build", "freeze"],
        5,
    ],
    "08.3": [
        lambda E, K, v, h: (K + v + E * h) / (E * (1 + v + h)),
        lambda E, K, v, h: E / K,
        lambda E, K, v, h: (E + E * h) / (K + E * h),
        lambda E, K, v, h: (E + v + E * h) / (K + v + E * h),
        lambda E, K, v, h: E * (1 + v + h) / (K + E * v + E * h),
        lambda E, K, v, h: E * (1 + v + h) / (K * (1 + v) + E * h),
        lambda E, K, v, h: E * (1 + v) / (K + v),
        lambda E, K, v, h: (E * (1 + v) + h) / (K + v + h),
        lambda E, K, v, h: 30 * 1.51 / 4.8,
        lambda E, K, h: E / K,
        9.4,
    ],
    "08.4": [
        {"views": 100_000, "gap": -1},
        (100_000, LEARNED),
        (VIEWS, 0.01),
        (VIEWS, {"accuracy": [0.95], "val_accuracy": [0.94]}),
        (VIEWS, {"accuracy": 20 * [95.3125], "val_accuracy": 20 * [94.0]}),
        (np.zeros((1000, 320, 2), "float16"), LEARNED),
        (np.zeros((4, 320, 2, 2, 8)), LEARNED),
        (np.repeat(VIEWS[:1], 4, axis=0), LEARNED),
        (VIEWS, {"accuracy": 20 * [0.9512], "val_accuracy": 20 * [0.94]}),
        (VIEWS, {"accuracy": 20 * [1.0], "val_accuracy": 20 * [0.94]}),
        (VIEWS, {"accuracy": 20 * [0.4], "val_accuracy": 20 * [0.55]}),
        (VIEWS, {"accuracy": 20 * [0.75], "val_accuracy": 20 * [1.0]}),
    ],
}

FACTS = {
    "four trainable tensors": "four tensors are left",
    "14,714,688 frozen": "14,714,688",
    "2,097,665 trainable": "its head has 2,097,665",
    "16,812,353 in all": "16,812,353",
    "the first fit fixes it": "a change between compile and the first fit counts",
    "recompile rule": "unfreezing without compile changes nothing",
    "one layer, frozen in one model": "the second model leaves the shared layer as it is",
    "and trained in the other": "the first model still trains it",
    "frozen means frozen": "the base is bit-identical after training",
    "a narrower gap": "on clean pictures the gap is narrower than without warps",
    "and faster": "cached views are faster",
    "as counted": "the count tells the ratio of the times within 15%",
}

SAID = {
    "C89: a head without dropout": "CSCI E-89's has no dropout",
    "C89: Dense(trainable=False)": "frozen from the start; we write that as the lecture does",
    "C89: one layer in two models": "CSCI E-89 puts one layer into two models",
    "C89: frozen, 5 epochs": "trains its frozen model for 5 epochs",
    "0.90 without augmentation": "0.90 without augmentation",
    "Vanschoren: 0.96, six points above": "0.96 with it: six points",
    "one point later": "later says one point",
}
