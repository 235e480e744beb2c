"""How pictures are shared between the splits, and that groups stay whole."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.data.splits import SPLITS, share_out, torn

BOTH = ["validation", "test"]


def files(*counts):
    """Return so many files of each class."""
    return [(Path(f"{k}/{n:03d}.jpg"), k) for k, count in enumerate(counts) for n in range(count)]


def numbers(listing):
    """Return how many of each class stand in each split."""
    classes = max(label for some in listing.values() for _, label in some) + 1
    return {
        split: np.bincount([label for _, label in some], minlength=classes).tolist()
        for split, some in listing.items()
    }


def shared(given, missing=BOTH, seed=0, together=()):
    return share_out({split: [] for split in SPLITS} | given, missing, seed, together)


def pieces(some, cuts):
    """Cut a class's paths into groups at these places."""
    paths = [path for path, _ in some]
    edges = sorted({0, len(paths), *(cut % len(paths) for cut in cuts)})
    return [paths[start:end] for start, end in zip(edges, edges[1:], strict=False)]


@given(
    n=st.integers(5, 400),
    missing=st.sampled_from([BOTH, ["test"], ["validation"]]),
    seed=st.integers(0, 10_000),
)
def test_shares_are_disjoint_complete_and_about_a_fifth(n, missing, seed):
    listing = shared({"train": files(n)}, missing, seed)
    assert sorted(sum(listing.values(), [])) == files(n)
    for split in missing:
        assert 1 <= len(listing[split]) and abs(len(listing[split]) - n / 5) <= 1
        assert listing[split] == sorted(listing[split])
    assert listing == shared({"train": files(n)}, missing, seed)


def test_the_shares_are_the_same_on_every_machine():
    """Another draw would give another split of everybody's folder."""
    listing = shared({"train": files(10)}, seed=3)
    found = {split: [int(path.stem) for path, _ in some] for split, some in listing.items()}
    assert found == {"validation": [0, 4], "test": [7, 9], "train": [1, 2, 3, 5, 6, 8]}


@given(
    counts=st.lists(st.integers(5, 60), min_size=2, max_size=4),
    cuts=st.lists(st.integers(0, 10_000), max_size=8),
    given_splits=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_no_group_is_torn_no_picture_is_lost_and_each_class_can_be_trained(
    counts, cuts, given_splits, seed
):
    every = files(*counts)
    together = [
        group for k in range(len(counts)) for group in pieces([f for f in every if f[1] == k], cuts)
    ]
    parts = {"train": every}
    if given_splits:  # cut without regard to groups or classes
        place = np.random.default_rng(seed).integers(3, size=len(every))
        parts = {s: [f for f, p in zip(every, place, strict=True) if p == k]
                 for k, s in enumerate(SPLITS)}  # fmt: skip
    listing = shared(parts, [] if given_splits else BOTH, seed, together)
    assert sorted(sum(listing.values(), [])) == every
    assert torn(listing, together) == []
    trained = set(label for _, label in parts["train"])
    assert {label for _, label in listing["train"]} >= trained


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([500], {"train": 500, "validation": 0, "test": 0}),
        ([250, 250], {"train": 250, "validation": 0, "test": 250}),  # the exam comes first
        ([100, 200, 200], {"train": 200, "validation": 200, "test": 100}),
        ([200, 200, 200], {"train": 200, "validation": 200, "test": 200}),
        ([400, *[1] * 100], {"train": 400, "validation": 50, "test": 50}),
    ],
)
def test_a_class_of_few_groups(sizes, expected):
    some = files(sum(sizes))
    edges = np.cumsum([0, *sizes])
    paths = [path for path, _ in some]
    together = [paths[a:b] for a, b in zip(edges[:-1], edges[1:], strict=True)]
    listing = shared({"train": some}, together=together)
    assert {split: len(found) for split, found in listing.items()} == expected


def test_a_group_over_given_splits_goes_where_most_of_it_is_and_never_takes_the_last_of_a_class():
    film, rest = files(10), [(Path(f"1/{n}.jpg"), 1) for n in range(6)]
    parts = {"train": film[:2] + rest[:4], "validation": film[2:4], "test": film[4:] + rest[4:]}
    group = [path for path, _ in film]
    assert numbers(shared(parts, [], 0, [group])) == {
        "train": [10, 4], "validation": [0, 0], "test": [0, 2],
    }  # fmt: skip
    half = group[1:4]  # one in training, two in validation
    assert numbers(shared(parts, [], 0, [half])) == {
        "train": [1, 4], "validation": [3, 0], "test": [6, 2],
    }  # fmt: skip


def test_a_group_may_hold_several_classes():
    every = files(6, 6)
    patient = [path for path, _ in every if path.stem in ("001", "002")]
    for seed in range(10):
        assert torn(shared({"train": every}, seed=seed, together=[patient]), [patient]) == []
