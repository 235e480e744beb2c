"""Lesson 13: right and wrong answers, and the facts that its run must show."""

import numpy as np


def guide(few="features + head", hurried="features + head", rest="top fine-tuned", reason=None):
    def my_guide(pictures, minutes, similar):
        if pictures < 100:
            return few, reason or f"{few}: too few to judge"
        if minutes < 1:
            return hurried, reason or f"{hurried}: no time for more"
        return rest, reason or f"{rest}: best for its time"

    return my_guide


def choose(pictures, minutes, similar):
    return "features + head", "this is the lesson's own"


def backwards(pictures, minutes, similar):
    if minutes > 1_000 and not similar:
        return "features + head", "one pass is enough"
    return "top fine-tuned", "best for its time"


class Guide:
    def __call__(self, pictures, minutes, similar):
        if similar and minutes > 60:
            return ["two stages fine-tuned", "there is time for more"]
        return ["features + head", "one pass is enough"]


def by_counts(first, second):
    b, c, n = (first & ~second).sum(), (second & ~first).sum(), len(first)
    return np.sqrt(b + c - (b - c) ** 2 / n) / n


def by_loop(first, second):
    scores = [int(a) - int(b) for a, b in zip(first, second, strict=True)]
    mean = sum(scores) / len(scores)
    return (sum((score - mean) ** 2 for score in scores) / len(scores)) ** 0.5 / len(scores) ** 0.5


def score(first, second):
    return first.astype(int) - second.astype(int)


def unpaired(first, second):
    shares = np.array([first.mean(), second.mean()])
    return np.sqrt((shares * (1 - shares)).sum() / len(first))


RIGHT = {
    "13.1": [3457, 3_500, 1.96**2 * 0.09 / 0.01**2, np.array([3458]), np.float32(3457.4)],
    "13.2": [["B", "D"], "db", {"D", "B"}, "B, D", np.array(["B", "D"]), ["BD"], "b and d"],
    "13.3": [
        lambda first, second: score(first, second).std() / np.sqrt(len(first)),
        lambda a, b: np.array([np.std(score(a, b), ddof=1)]) / len(a) ** 0.5,
        by_counts,
        by_loop,
    ],
    "13.4": [
        guide(),
        guide(rest="two stages fine-tuned"),
        guide(rest="earlier cut + head"),
        guide(rest="frozen, trained longer"),
        Guide(),
        lambda n, t, s: (
            ("frozen, live", "many views help")
            if n > 1_000 and t > 1
            else ("features + head", "one pass is enough")
        ),
    ],
}

WRONG = {
    "13.1": [900, 864, 13_830, 9_604, 1_764, 35, 100],
    "13.2": [
        ["A", "B", "D"],
        ["C"],
        ["B"],
        ["D"],
        ["E"],
        2,
        "ABCD",
        np.array(["A", "C"]),
    ],
    "13.3": [
        unpaired,
        lambda first, second: first.mean() - second.mean(),
        lambda first, second: second.mean() - first.mean(),
        lambda first, second: score(first, second).std(),
        lambda first, second: score(first, second).std() / len(first),
        lambda first, second: 1.96 * score(first, second).std() / np.sqrt(len(first)),
        lambda first, second: score(first, second).var() / len(first),
        lambda first, second: (first != second).std() / np.sqrt(len(first)),
        lambda first, second: (first != second).sum(),
        lambda first, second: first.std() / np.sqrt(len(first)),
        lambda first, second: 0.0842,
        lambda first, second: ((first & ~second).sum(), (second & ~first).sum()),
        lambda first: 0.1,
        0.1,
    ],
    "13.4": [
        guide(few="from scratch"),
        guide(hurried="frozen, live"),
        guide(rest="magic"),
        guide(reason="because because because"),
        guide(reason="it is the best"),
        guide(few="top fine-tuned", hurried="top fine-tuned"),
        backwards,
        choose,
        lambda pictures, minutes, similar: "features + head",
        "features + head",
    ],
}

FACTS = {
    "nobody has peeked": "no lesson before this one has opened the test pictures",
    "opened here": "the test pictures are open now",
    "and the ledger says so": "the ledger says that this lesson has opened the test pictures",
    "the order of the ladder": "each approach with a borrowed base lies above both without",
    "the order on the test": "on the test, too, a borrowed base lies above both without",
    "confidence interval": "of 2,000 exams, about 95% catch the truth",
    "a paired test": "equal approaches look different in at most 5% of such tests",
    "accuracy against cost": "no approach on the line is beaten in both",
    "ranking from 50 pictures on": "with 50 pictures, features are far ahead of training from",
    "decision guide": "more time never leads to a cheaper approach",
    "the first layers only?": "for clothes the end of the base is not the best cut",
    "why once": "the best of twenty is flattered",
}

SAID = {
    "own pictures": "1,609 for training, 426 for validation, 392 for the test",
    "from scratch": "70+%",
    "with augmentation": "0.76; 0.82–0.84",
    "features": '"0.90"',
    "frozen, live": '"0.96"',
    "fine-tuned": '"0.97"',
    "two strategies": "0.78",
    "the other": "0.69",
    "pictures unlike the base's": "first layers only",
}
