"""Lesson 00: right and wrong answers, and the facts that its run must show."""

import numpy as np

RIGHT = {
    "00.1": [12_288, 64 * 64 * 3.0],
    "00.2": [
        lambda answers, labels: (answers == labels).mean(),
        lambda a, b: sum(x == y for x, y in zip(a, b, strict=True)) / len(a),
    ],
    "00.3": [
        "course run 07 --seed 3",
        "!course run --preset quick --seed=3 7",
        "course run 07_fast_feature_extraction --seed 3",
    ],
    "00.4": [["train"], {"train"}, "train"],
}

WRONG = {
    "00.1": [4096, 192, 384, 64 * 64 * 256, 7, "12288"],
    "00.2": [
        lambda answers, labels: answers == labels,
        lambda answers, labels: (answers == labels).sum(),
        lambda answers, labels: (answers != labels).mean(),
        lambda answers, labels: 100 * (answers == labels).mean(),
        lambda answers, labels: (answers == labels)[:4].mean(),
        lambda answers, labels: (answers == labels).sum() / 8,
        lambda answers: np.mean(answers),
        0.5,
    ],
    "00.3": [
        7,
        "run 07 --seed 3",
        "course run --seed 3",
        "course run 07 seed 3",
        "course run 03 --seed 7",
        "course run 07",
        "course run 07 --seed 7",
        "course run 07 --seed 3 --preset full",
    ],
    "00.4": [["train", "validation", "test"], ["test"], [], ["training"], 7],
}

FACTS = {
    "the machine": "there is memory for a lesson",
    "split sizes": "the splits have the expected sizes: 320, 600 and 2,000",
    "hash of the training pictures": "train: the fingerprint is the expected one",
    "hash of the validation pictures": "validation: the fingerprint is the expected one",
    "hash of the test pictures": "test: the fingerprint is the expected one",
    "no leak": "no picture stands in two splits",
    "the ledger keeps what it is given": "what we read is what we wrote",
    "one row for each setting": "the same settings again: the row is replaced",
}
