"""Lesson 09: right and wrong answers, and the facts that its run must show."""

from types import SimpleNamespace

import numpy as np

ONE = (3 * 3 * 512 + 1) * 512


def run(seed, epochs=4, score=0.9):
    """Return a history as `train_strategy` does; another seed gives another loss."""
    losses = np.exp(-0.1 * (seed + 1) * np.arange(1, epochs + 1))
    return {"loss": list(losses), "accuracy": [0.8] * epochs, "val_accuracy": [score]}


def runs(first=0, **options):
    return [run(seed, **options) for seed in range(first, first + 3)]


def with_curve(**curves):
    return {"a": [{**run(0), **curves}, run(1), run(2)], "b": runs(3)}


RIGHT = {
    "09.1": [
        ["E", "A", "C", "F", "B", "D"],
        "eacfbd",
        "A, E, C, F, B, D",
        ("E", "A", "C", "B", "F", "D"),
    ],
    "09.2": [4_719_616, 2.0 * ONE, np.int64(2 * ONE), np.array([2 * ONE])],
    "09.3": [
        [{"head"}, {"head", "top"}, {"head", "top", "rest"}],
        ["head", {"head", "top", "rest"}],
        (["head"], ["head", "top"], ["rest", "top", "head"]),
        [{"head"}, {"head", "top"}, {"head"}, {"head", "top", "rest"}],
    ],
    "09.4": [
        {"frozen": runs(), "tuned": runs(3)},
        {"frozen": runs(score=0.9), "tuned": tuple(runs(3, score=0.9))},  # equal, and honest
        {"one": [SimpleNamespace(history=run(seed)) for seed in range(4)], "two": runs(4)},
        {
            rate: runs(3 * place, score=np.float32(0.5))
            for place, rate in enumerate((1e-4, 1e-3, 1e-2))
        },
    ],
}

WRONG = {
    "09.1": [
        "EADFBC",
        "ACEFBD",
        "EACBDF",
        "FEACBD",
        "EFACBD",
        "ECAFBD",
        "EACFDB",
        "EBACFD",
        "EABCFD",
        "CE",
        5,
    ],
    "09.2": [3 * ONE, ONE, 2 * 9 * 512 * 512, 14_714_688 - 2 * ONE, 1],
    "09.3": [
        [{"head"}],
        [{"head", "top", "rest"}],
        [{"head"}, {"head", "top"}],
        [{"head", "top"}, {"head", "top", "rest"}],
        [{"head"}, {"top"}, {"head", "top", "rest"}],
        [{"head"}, {"head", "rest"}],
        [{"head"}, {"head", "rest"}, {"head", "top", "rest"}],
        [{"tail"}],
        [],
        7,
    ],
    "09.4": [
        {"frozen": runs()},
        {"frozen": runs()[:1], "tuned": runs(3)},
        {"frozen": [0.9, 0.91, 0.92], "tuned": [0.93, 0.94, 0.95]},
        {"frozen": [{"accuracy": [0.9]}] * 3, "tuned": runs(3)},
        {"frozen": [run(0)] * 3, "tuned": runs(3)},
        {"frozen": runs(), "tuned": runs(3, epochs=9)},
        with_curve(val_accuracy=[90.0]),
        with_curve(val_accuracy=[]),
        with_curve(loss=[0.3, 0.3, 0.3, 0.3]),
    ],
}

FACTS = {
    "block 5 is set free": "unfreezing frees exactly the layers above the cut",
    "7,079,424 of VGG16": "7,079,424",
    "the rest stays": "no layer below the cut has moved",
    "statistics stay": "no batch normalization has moved",
    "gain": "fine-tuning two stages beats the frozen base",
    "a moving base": "everything from the start beats the frozen base",
    "batch-norm trap": "the statistics move, in spite of training=False",
    "its damage": "free: accuracy falls, though nothing learns",
}

SAID = {
    "block 5": "The lectures let VGG16's block 5 move for 100 epochs, with a learning rate of 1e-5",
    "why so small": "large steps would spoil",
    "fine-tuned accuracy": "saw 0.97 on photos",
    "frozen": "(0.78)",
    "everything from the start": "(0.69)",
    "its steps and rate": "30 epochs of 81 steps at 2e-5",
    "its explanation": "fewer parameters to learn",
    "a third strategy": "can you think of a third?",
}
