"""Lesson 14: right and wrong answers, and the facts that its run must show."""

import numpy as np

PLAN = {
    "question": "Which of my cats is it?",
    "classes": ["Mio", "Pepper"],
    "pictures": [60, 40],
    "split_by": "day",
    "baseline": 0.6,
}


def split_groups(groups, share, largest_first=True):
    wanted = share * sum(len(group) for group in groups)
    train, test = [], []
    for group in sorted(groups, key=len, reverse=largest_first):
        side = test if len(test) + len(group) <= wanted else train
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


def bits(grey):
    return (grey[:, 1:] > grey[:, :-1]).ravel()


RIGHT = {
    "14.1": [0.9, 0.898],
    "14.2": [0.3, (0.86 - 0.8) / 0.2],
    "14.3": [bits, lambda g: np.diff(g.astype(int), axis=1).ravel() > 0],
    "14.4": [split_groups, lambda g, s: split_groups(g, s, largest_first=False)],
    "14.5": [
        PLAN,
        {**PLAN, "classes": ["a", "b", "c"], "pictures": [30, 30, 30], "baseline": 1 / 3},
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
        {**PLAN, "pictures": 60},
        {"question": "?"},
        {**PLAN, "classes": ["a"]},
        {**PLAN, "pictures": [60]},
        {**PLAN, "pictures": [60, 4]},
        {**PLAN, "question": "cats"},
        {**PLAN, "baseline": 0.5},
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
    "mended": "after mending, no file stands in two splits",
    "no doubtful label": "no label that we doubt is left",
    "read only": "the original folder is as it was",
    "the chosen approach": "base and head together predict what the head predicted",
    "why leaks matter": "the memorizer is right on all that it has seen",
    "a leak turns the order": "on leaked ones, the memorizer is better",
    "confidence interval": "Wilson's interval keeps its promise",
    "more than two classes": "a sigmoid is a softmax over two classes",
    "export": "the fresh process predicts the same",
}
