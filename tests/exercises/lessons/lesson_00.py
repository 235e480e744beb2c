"""Lesson 00: right and wrong answers, and the facts that its run must show."""

import numpy as np


class Accuracy:
    def __call__(self, answers, labels):
        return np.count_nonzero(answers == labels) / labels.size


RIGHT = {
    "00.1": [12_288, 64 * 64 * 3.0, np.prod((64, 64, 3)), np.array([12_288])],
    "00.2": [
        lambda answers, labels: (answers == labels).mean(),
        lambda a, b: sum(x == y for x, y in zip(a, b, strict=True)) / len(a),
        lambda a, b: 1 - np.mean(np.not_equal(a, b)),
        Accuracy(),
    ],
    "00.3": [
        "course run 07 --seed 3",
        "course run 07 --fresh --seed 3",
        "!course run --preset quick --seed=3 7",
        "$ course run --fresh --seed 3 07_fast_feature_extraction --name mine",
        "python -m course_utils run 7 --inplace --seed 03",
    ],
    "00.4": [["train"], {"train"}, "train", np.array(["train"])],
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
        lambda answers, labels: 1 - np.abs(answers - labels).mean(),
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
        "course run 07 --seed",
        "course run 07 --seed 7",
        "course run 07 --seeds 3",
        "course run 07 --seed 3 --preset full",
        "course run 07 --seed 3 --data my_folder",
        'course run "07 --seed 3',
    ],
    "00.4": [["train", "validation"], ["validation"], ["test"], [], ["training"], 7],
}

FACTS = {
    "the machine": "there is memory for a lesson",
    "split sizes": "the splits have the expected sizes: 320, 600 and 2,000",
    "the training pictures": "train: the mean colour is the expected one",
    "the validation pictures": "validation: the mean colour is the expected one",
    "no leak": "no picture is in both training and validation",
    "the test pictures stay closed": "nobody has opened the test pictures",
    "a trained classifier at work": "the classifier at the top is far ahead of both",
}

SAID = {
    "where the sources' notebooks ran": "Colab, Google's notebooks in the browser",
    "who made the sources": "a lesson of the Flatiron School, and slides by Joaquin Vanschoren",
}
