"""Exercises of lesson 14: an interval, the size of an exam, a hash, groups that stay whole."""

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number


@exercise(
    "14.1",
    hints=(
        "`wilson` stands in the notebook.",
        "`wilson(188, 200)[0]`, rounded to two digits.",
    ),
    solution="answer = round(wilson(188, 200)[0], 2)  # 0.90",
    praise="right: 0.94 was seen, and 0.90 is still no surprise.",
)
def lower_end(answer):
    answer = number(answer)
    if 1 < answer <= 100:
        raise Wrong("we want a share between 0 and 1, not per cent.")
    if abs(answer - 0.94) < 0.001:
        raise Wrong("that is the score itself; the interval begins lower.")
    if 0.962 < answer < 0.975:
        raise Wrong("that is the upper end.")
    if abs(answer - 0.907) < 0.004:
        raise Wrong("that is the textbooks' interval, which is too narrow near 1.")
    if not 0.894 <= answer <= 0.9025:
        raise Wrong(f"{answer:g} is not it. Put 188 and 200 into `wilson`, in this order.")


@exercise(
    "14.2",
    hints=(
        "With a leaked share s, the score is (1 − s) · 0.80 + s · 1.00.",
        "0.86 = 0.80 + s · 0.20.",
    ),
    solution="answer = (0.86 - 0.80) / (1.00 - 0.80)  # 0.3",
    praise="right: three of ten, for six points that are not there.",
)
def leaked_share(answer):
    answer = number(answer)
    if abs(answer - 30) < 0.5:
        raise Wrong("we want a share between 0 and 1, not per cent.")
    if abs(answer - 0.06) < 0.005:
        raise Wrong(
            "that is what the leak has added to the score; a leaked picture adds less than 1."
        )
    if abs(answer - 0.7) < 0.005:
        raise Wrong("that is the share that has *not* leaked.")
    if abs(answer - 0.075) < 0.003:
        raise Wrong("that is how much better the score looks, as a part of 0.80.")
    if abs(answer - 0.3) > 0.005:
        raise Wrong(f"{answer:g} is not it. Write the score as a mixture of 0.80 and 1.00.")


@exercise(
    "14.3",
    hints=(
        "`grey[:, 1:]` are the right neighbours of `grey[:, :-1]`.",
        "`(grey[:, 1:] > grey[:, :-1]).ravel()`.",
    ),
    solution="""
    def difference_hash(grey):
        return (grey[:, 1:] > grey[:, :-1]).ravel()

    answer = difference_hash
    """,
    praise="right: 64 bits that hardly care about the light.",
)
def own_hash(answer):
    grey = np.random.default_rng(0).integers(0, 256, (8, 9), dtype=np.uint8)
    bits = np.asarray(function(answer, grey))
    right = grey[:, 1:] > grey[:, :-1]
    if bits.size == 72:
        raise Wrong("72 values: the last column has no neighbour to the right.")
    if bits.size == 63:
        raise Wrong("63 values: you compared with the neighbour below.")
    if bits.size != 64:
        raise Wrong(f"we expect 64 values, and this gives {bits.size}.")
    if bits.shape != (64,):
        raise Wrong("right size, wrong shape: lay the rows one after the other with `ravel`.")
    if bits.dtype != bool:
        raise Wrong(
            "we expect booleans. (A difference of uint8 numbers cannot be negative: it wraps "
            "around. Compare instead.)"
        )
    if np.array_equal(bits, ~right.ravel()):
        raise Wrong("it is the other way round: True where the neighbour is *lighter*.")
    if np.array_equal(bits, right.T.ravel()):
        raise Wrong("these are columns after columns; we want row after row.")
    if np.array_equal(bits, (grey[:, :-1] > grey.mean()).ravel()):
        raise Wrong("that compares with the mean, another hash; we compare neighbours.")
    if not np.array_equal(bits, right.ravel()):
        raise Wrong("some bits are wrong. Which column is the neighbour of which?")
    flat = np.asarray(answer(np.full((8, 9), 7, np.uint8)))
    if flat.any():
        raise Wrong("on an even ground no neighbour is lighter: use `>`, not `>=`.")


@exercise(
    "14.4",
    hints=(
        "Go through the groups, and put each whole group on one side.",
        "Largest groups first; a group goes to the test list as long as it still fits.",
    ),
    solution="""
    def split_groups(groups, share):
        wanted = share * sum(len(group) for group in groups)
        train, test = [], []
        for group in sorted(groups, key=len, reverse=True):
            side = test if len(test) + len(group) <= wanted else train
            side += group
        return train, test

    answer = split_groups
    """,
    praise="right: no picture of a burst has its twin in the exam.",
)
def whole_groups(answer):
    groups = [["a1", "a2", "a3", "a4"], ["b1"], ["c1", "c2"], ["d1"], ["e1"], ["f1"]]
    kept = [list(group) for group in groups]
    result = function(answer, groups, 0.2)
    if groups != kept:
        raise Wrong("your function changed the list it was given; build new lists.")
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        raise Wrong("we expect two lists: the training names and the test names.")
    train, test = (list(side) for side in result)
    if any(not isinstance(name, str) for name in train + test):
        raise Wrong("the lists must hold names, not groups: add a group with `+=`.")
    if set(train) & set(test):
        raise Wrong("a name stands on both sides: that is the leak we wanted to avoid.")
    if sorted(train + test) != sorted(name for group in groups for name in group):
        raise Wrong("names were lost, or stand there twice.")
    if any(set(group) & set(train) and set(group) & set(test) for group in groups):
        raise Wrong("a group is torn: some of its pictures are learnt from, others judge.")
    if len(train) == 2 and len(test) == 8:
        raise Wrong("these sides are swapped: training first, then test.")
    if len(test) != 2:
        raise Wrong(f"{len(test)} of 10 names for the test, and 2 were wanted and possible.")
    more = [[f"{k}{i}" for i in range(3)] for k in range(10)]
    if len(function(answer, more, 0.5)[1]) not in (15, 12, 18):
        raise Wrong("right for a fifth, but not for a half: does `share` decide?")


@exercise(
    "14.5",
    hints=(
        "Think of a question first that somebody wants answered.",
        "The baseline is the majority class's share of all pictures.",
    ),
    solution="""
    answer = {
        "question": "Is this brick red, blue or broken?",
        "classes": ["red", "blue", "broken"],
        "pictures": [100, 100, 50],
        "split_by": "the box that the bricks came in",
        "baseline": 0.4,
    }
    """,
    praise="a plan one can start with. Collect ten pictures of each class today.",
)
def own_project(answer):
    if not isinstance(answer, dict):
        raise Wrong(f"we expect a dict, and this is {type(answer).__name__}.")
    keys = ("question", "classes", "pictures", "split_by", "baseline")
    if missing := [key for key in keys if not answer.get(key)]:
        raise Wrong(f"your plan says nothing yet about {', '.join(missing)}.")
    if not all(isinstance(answer[key], (list, tuple)) for key in ("classes", "pictures")):
        raise Wrong("`classes` is a list of names, `pictures` a list of numbers, one for each.")
    classes, pictures = list(answer["classes"]), list(answer["pictures"])
    if not 2 <= len(set(classes)) <= 20:
        raise Wrong("the course handles two to twenty different classes.")
    if len(pictures) != len(classes):
        raise Wrong("give one number of pictures for each class, in the same order.")
    if min(pictures) < 20:
        raise Wrong("a class of fewer than 20 pictures leaves hardly any for the exam.")
    if not isinstance(answer["question"], str) or "?" not in answer["question"]:
        raise Wrong("a question ends with a question mark: what do you want to know?")
    baseline = max(pictures) / sum(pictures)
    if abs(number(answer["baseline"]) - baseline) > 0.02:
        raise Wrong("the baseline is the share of the majority class; compute it again.")
