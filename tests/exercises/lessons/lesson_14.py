"""Lesson 14: right and wrong answers, and the facts that its run must show."""

from itertools import product

import numpy as np

PLAN = {
    "question": "Which of my cats is it?",
    "classes": ["Mio", "Pepper"],
    "pictures": [60, 40],
    "files": [f"day{day}-{number}.jpg" for day in (1, 2) for number in range(3)],
    "belongs_to": lambda name: name.split("-")[0],
    "baseline": 0.6,
}


def split_groups(groups, share):
    """Try every choice of groups."""
    wanted, best = share * sum(map(len, groups)), None
    for chosen in product((False, True), repeat=len(groups)):
        sides = [], []
        for is_test, group in zip(chosen, groups, strict=True):
            sides[is_test].extend(group)
        if best is None or abs(len(sides[1]) - wanted) < abs(len(best[1]) - wanted):
            best = sides
    return best


def by_sizes(groups, share):
    """Reach every possible size once."""
    wanted, found = share * sum(map(len, groups)), {0: ()}
    for k, group in enumerate(groups):
        found = {size + len(group): (*some, k) for size, some in found.items()} | found
    test = found[min(found, key=lambda size: abs(size - wanted))]
    sides = [
        [n for k, g in enumerate(groups) if (k in test) == which for n in g] for which in (0, 1)
    ]
    return np.array(sides[0]), np.array(sides[1])


class Splitter:
    def __call__(self, groups, share):
        return list(split_groups(groups, share))


def greedy(groups, share, over=False):
    wanted = share * sum(len(group) for group in groups)
    train, test = [], []
    for group in sorted(groups, key=len, reverse=True):
        grown = len(test) + len(group)
        fits = abs(grown - wanted) < abs(len(test) - wanted) if over else grown <= wanted
        side = test if fits else train
        side += group
    return train, test


def torn(groups, share):
    names = [name for group in groups for name in group]
    count = round(share * len(names))
    return names[count:], names[:count]


def changing(groups, share):
    train, test = split_groups(groups, share)
    groups.clear()
    return train, test


def ord_of_day(name):
    return int(name[3])


def bits(grey):
    return (grey[:, 1:] > grey[:, :-1]).ravel()


def by_loop(grey):
    return [bool(row[k + 1] > row[k]) for row in grey for k in range(8)]


RIGHT = {
    "14.1": [0.9, 0.898, np.float64(0.8982), np.array([0.9])],
    "14.2": [0.3, (0.86 - 0.8) / 0.2, np.float32(0.3), [0.3]],
    "14.3": [
        bits,
        by_loop,
        lambda g: np.diff(g.astype(int), axis=1).ravel() > 0,
        lambda g: np.greater(g[:, 1:], g[:, :-1]).flatten(),
    ],
    "14.4": [split_groups, by_sizes, Splitter(), lambda g, s: split_groups(g[::-1], s)],
    "14.5": [
        PLAN,
        {**PLAN, "classes": ["a", "b", "c"], "pictures": [30, 30, 30], "baseline": 1 / 3},
        {
            **PLAN,
            "classes": np.array(["a", "b"]),
            "pictures": np.array([60, 40]),
            "baseline": np.float32(0.6),
        },
        {**PLAN, "pictures": (60.0, 40.0), "files": tuple(PLAN["files"]), "belongs_to": ord_of_day},
    ],
}

WRONG = {
    "14.1": [0.94, 90, 0.965, 0.907, 0.5],
    "14.2": [30, 0.06, 0.7, 0.075, 0.5],
    "14.3": [
        lambda g: (g[1:] > g[:-1]).ravel(),
        lambda g: g[:, 1:] > g[:, :-1],
        lambda g: np.diff(g, axis=1).ravel(),
        lambda g: (g[:, 1:] < g[:, :-1]).ravel(),
        lambda g: (g[:, 1:] > g[:, :-1]).T.ravel(),
        lambda g: (g[:, :-1] > g.mean()).ravel(),
        lambda g: (g > g.mean()).ravel(),
        lambda g: (g[:, 1:] >= g[:, :-1]).ravel(),
    ],
    "14.4": [
        torn,
        changing,
        greedy,
        lambda g, s: greedy(g, s, over=True),
        lambda g, s: split_groups(g, s)[::-1],
        lambda g, s: split_groups(g, s)[0],
        lambda g, s: (g[1:], g[:1]),
        lambda g, s: ([n for p in g for n in p], g[1]),
        lambda g, s: (g[0], g[1]),
        lambda g, s: ([n for p in g for n in p], []),
        lambda g, s: split_groups(g, 0.2),
    ],
    "14.5": [
        [PLAN],
        {"question": "?"},
        {**PLAN, "question": "cats"},
        {**PLAN, "question": "?"},
        {**PLAN, "classes": ["a", " "]},
        {**PLAN, "classes": ["a"]},
        {**PLAN, "pictures": 60},
        {**PLAN, "pictures": [60.5, 40]},
        {**PLAN, "pictures": [60, -4]},
        {**PLAN, "baseline": 0.5},
        {**PLAN, "files": "day1-1.jpg"},
        {**PLAN, "files": ["day1-1.jpg"] * 6},
        {**PLAN, "belongs_to": lambda name: None},
        {**PLAN, "belongs_to": lambda name: name},
        {**PLAN, "belongs_to": lambda name: "day"},
        {**PLAN, "belongs_to": "day"},
    ],
}

FACTS = {
    "unreadable files": "the unreadable files are found, and no others",
    "file types": "the file of another type is found",
    "labels that contradict": "the picture with two labels is found",
    "duplicates across splits": "the picture in two splits is found",
    "balance": "so is the imbalance",
    "a leaked duplicate": "a leaked duplicate is caught",
    "a leaked near-duplicate": "so is one that was brightened and saved again",
    "mended": "after mending, no file lies in two splits",
    "no doubtful label": "no label that we doubt is left",
    "read only": "the original folder is as it was",
    "the chosen approach": "base and head together predict what the head predicted",
    "why leaks matter": "the memorizer is right on all that it has seen",
    "a leak turns the order": "on leaked ones, the memorizer is better",
    "confidence interval": "on average, Wilson's interval keeps its promise",
    "not at each point": "but not at each true accuracy",
    "an abstain threshold": "what it refuses, it would have answered less well",
    "none of these": "it still answers pictures of no class",
    "more than two classes": "a sigmoid is a softmax over two classes",
    "export": "the fresh process predicts the same",
}

SAID = {"Colab": "with 7.7 as in Colab"}
