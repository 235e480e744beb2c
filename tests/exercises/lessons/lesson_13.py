"""Lesson 13: right and wrong answers, and the facts that its run must show."""


def guide(few="features + head", hurried="features + head", rest="top fine-tuned", reason=None):
    def choose(pictures, minutes, similar):
        if pictures < 100:
            return few, reason or "too few to judge"
        if minutes < 1:
            return hurried, reason or "no time for more"
        return rest, reason or "best for its price"

    return choose


RIGHT = {
    "13.1": [3457, 3_500, 1.96**2 * 0.09 / 0.01**2],
    "13.2": [["B", "D"], "db", {"D", "B"}, "B, D"],
    "13.3": [
        lambda first, second: ((first & ~second).sum(), (second & ~first).sum()),
        lambda a, b: [int((a > b).sum()), int((a < b).sum())],
    ],
    "13.4": [guide(), guide(rest="two stages fine-tuned")],
}

WRONG = {
    "13.1": [900, 864, 13_830, 9_604, 1_764, 35, 100],
    "13.2": [["A", "B", "D"], ["C"], ["B"], ["D"], ["E"], 2],
    "13.3": [
        lambda first, second: (first.sum(), second.sum() - 0),
        lambda first, second: ((second & ~first).sum(), (first & ~second).sum()),
        lambda first, second: ((first != second).sum(), (first != second).sum()),
        lambda first, second: ((first & ~second).mean(), (second & ~first).mean()),
        lambda first, second: (first & ~second).sum(),
        lambda first, second: ((first & second).sum(), (~first & ~second).sum()),
        lambda first: (1, 2),
    ],
    "13.4": [
        guide(few="from scratch"),
        guide(hurried="frozen, live"),
        guide(rest="magic"),
        guide(reason="because"),
        guide(few="top fine-tuned", hurried="top fine-tuned"),
        lambda pictures, minutes, similar: "features + head",
        "features + head",
    ],
}

FACTS = {
    "nobody has peeked": "no lesson before this one has opened the test pictures",
    "opened here": "the drawer is open now",
    "and the ledger says so": "the ledger says that this lesson has opened the test pictures",
    "the order of the ladder": "the ladder's order holds within its error bars",
    "the order in the exam": "the order holds in the exam, within its error bars",
    "confidence interval": "of 2,000 exams, about 95% catch the truth",
    "accuracy against cost": "no approach on the line is beaten in both",
    "ranking from 50 pictures on": "with 50 pictures, features win beyond the error bars",
    "to all": "the gap is wider with few pictures than with all",
    "decision guide": "more time never leads to a cheaper approach",
    "why once": "the best of twenty is flattered",
}
