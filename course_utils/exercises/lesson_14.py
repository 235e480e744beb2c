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
        found = {0: []}  # size of a test list -> the numbers of its groups
        for number, group in enumerate(groups):
            for size, numbers in list(found.items()):
                found.setdefault(size + len(group), [*numbers, number])
        chosen = found[min(found, key=lambda size: abs(size - wanted))]
        train = [name for k, group in enumerate(groups) if k not in chosen for name in group]
        test = [name for k in chosen for name in groups[k]]
        return train, test

    answer = split_groups
    """,
    praise="right: no picture of a burst has its twin in the exam.",
)
def whole_groups(answer):
    groups = [["a1", "a2", "a3", "a4"], ["b1"], ["c1", "c2"], ["d1"], ["e1"], ["f1"]]
    train, test = _shared_out(answer, groups, 0.2)
    if len(train) == 2:
        raise Wrong("these sides are swapped: training first, then test.")
    if not test:
        raise Wrong("the test list is empty, although 2 of 10 names were wanted and possible.")
    if len(test) != 2:
        raise Wrong(f"{len(test)} of 10 names for the test, and 2 were wanted and possible.")
    sizes = {0.5: 15, 0.1: 3}
    for share, best in sizes.items():
        _, test = _shared_out(answer, _groups(*[3] * 10), share)
        if len(test) != best:
            raise Wrong(
                f"right for a fifth, but of ten groups of 3 and a share of {share} the test gets "
                f"{len(test)} names instead of {best}: does `share` decide?"
            )
    _, test = _shared_out(answer, _groups(3, 3, 3), 0.2)
    if len(test) != 3:
        raise Wrong(
            f"groups of 3, 3 and 3, a share of 0.2: 1.8 names are wanted, and 3 are nearer than "
            f"{len(test)}. A group may go over the share, if that is nearer."
        )
    _, test = _shared_out(answer, _groups(3, 2, 2), 4 / 7)
    if len(test) != 4:
        raise Wrong(
            f"groups of 3, 2 and 2, a share of 4/7: the two small groups make 4 names; you have "
            f"{len(test)}. The largest group first is not always best: try more combinations."
        )


def _groups(*sizes):
    return [[f"{k}-{i}" for i in range(size)] for k, size in enumerate(sizes)]


def _shared_out(answer, groups, share):
    """Return both lists, or say what is wrong with them on any groups."""
    kept = [list(group) for group in groups]
    result = function(answer, groups, share)
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
    return train, test


@exercise(
    "14.5",
    hints=(
        "Think of a question first that somebody wants answered.",
        "`belongs_to` may be as short as `lambda name: name.split('_')[0]`, for box3_0007.jpg.",
    ),
    solution="""
    answer = {
        "question": "Is this brick red, blue or broken?",
        "classes": ["red", "blue", "broken"],
        "pictures": [100, 100, 50],
        "files": [f"box{box}_{number}.jpg" for box in range(3) for number in range(4)],
        "belongs_to": lambda name: name.split("_")[0],  # the box that the bricks came in
        "baseline": 0.4,
    }
    """,
    praise="a plan one can start with. Collect ten pictures of each class today.",
)
def own_project(answer):
    if not isinstance(answer, dict):
        raise Wrong(f"we expect a dict, and this is {type(answer).__name__}.")
    keys = ("question", "classes", "pictures", "files", "belongs_to", "baseline")
    if missing := [key for key in keys if answer.get(key) is None or answer.get(key) is ...]:
        raise Wrong(f"your plan says nothing yet about {', '.join(missing)}.")
    question = answer["question"]
    if not isinstance(question, str) or not question.strip().endswith("?"):
        raise Wrong("a question ends with a question mark: what do you want to know?")
    if len(question.split()) < 3:
        raise Wrong("a question of fewer than three words: what do you want to know of a picture?")
    classes = _names(answer["classes"], "classes")
    if not 2 <= len(set(classes)) <= 20:
        raise Wrong("the course handles two to twenty different classes.")
    pictures = np.asarray(answer["pictures"])
    if pictures.shape != (len(classes),):
        raise Wrong("give one number of pictures for each class, in the same order.")
    if pictures.dtype.kind not in "iu" and not (
        pictures.dtype.kind == "f" and np.all(pictures == np.floor(pictures))
    ):
        raise Wrong("`pictures` holds whole numbers: there is no half picture.")
    if pictures.min() < 20:
        raise Wrong("a class of fewer than 20 pictures leaves hardly any for the exam.")
    if abs(number(answer["baseline"]) - pictures.max() / pictures.sum()) > 0.02:
        raise Wrong("the baseline is the share of the majority class; compute it again.")
    _check_groups(_names(answer["files"], "files"), answer["belongs_to"])


def _names(names, key):
    if isinstance(names, str) or not all(isinstance(one, str) and one.strip() for one in names):
        raise Wrong(f"`{key}` is a list of names.")
    return [str(one).strip() for one in names]


def _check_groups(files, belongs_to):
    if len(set(files)) < 6:
        raise Wrong("give at least six different names of files, as you will call them.")
    groups = [function(belongs_to, file) for file in files]
    if None in groups:
        raise Wrong("`belongs_to` returns nothing for some files: what must they stay with?")
    count = len(set(map(str, groups)))
    if count == len(set(files)):
        raise Wrong("every file is a group of its own, so nothing is kept together.")
    if count == 1:
        raise Wrong("all files are in one group, so they cannot be shared out among the splits.")
