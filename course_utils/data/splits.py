"""What a lesson gets: a dataset of three splits, each with its pictures, labels and names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from html import escape

import numpy as np

from course_utils.data.image_file import Unreadable

SPLITS = ("train", "validation", "test")
SHARE = 0.2  # of a class, for each split that a folder lacks


@dataclass
class Split:
    """Pictures of one split.

    Attributes
    ----------
    images : numpy.ndarray
        uint8, shape (N, size, size, channels), 0 to 255; memory-mapped when it comes from a folder.
    labels : numpy.ndarray
        int64, shape (N,), an index into `Dataset.classes`.
    names : list of str
        Where each picture comes from: a path inside the folder, or the number of a drawing.
    boxes : numpy.ndarray or None
        float32, shape (N, 4): x0, y0, x1, y1 of the face in pixels, where it is known.
    """

    images: np.ndarray
    labels: np.ndarray
    names: list[str]
    boxes: np.ndarray | None = None

    def __len__(self):
        return len(self.labels)


@dataclass
class Dataset:
    """Three splits of one dataset. The test split is read when first asked for, and that is noted.

    Attributes
    ----------
    title, name : str
        The name for people, and the name in the ledger (with a hash of the folder's listing).
    classes : tuple of str
    image_size : int
        Side of a picture in pixels.
    counts : dict of str to int
        Pictures in each split.
    read : callable
        Takes the name of a split and returns the `Split`.
    channels : int
        3 for colour, 1 for grey.
    unreadable : list of Unreadable
        Files that were left out.
    remarks : list of str
        What lies in the folder and was passed over, with advice.
    """

    title: str
    name: str
    classes: tuple[str, ...]
    image_size: int
    counts: dict[str, int]
    read: Callable[[str], Split]
    channels: int = 3
    unreadable: list[Unreadable] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @cached_property
    def train(self):
        """Split: the pictures a network learns from."""
        return self.read("train")

    @cached_property
    def validation(self):
        """Split: the pictures that every choice is judged by."""
        return self.read("validation")

    @cached_property
    def test(self):
        """Split: the pictures of the last exam. Asking for them is noted in `test_opened`."""
        return self.read("test")

    @property
    def test_opened(self):
        """bool: whether anybody has asked for the test split of this object."""
        return "test" in vars(self)

    @property
    def majority(self):
        """float: accuracy of always answering the majority class of the validation split."""
        return float(np.bincount(self.validation.labels).max() / len(self.validation))

    @property
    def shape(self):
        """tuple: the shape of one picture, (size, size, channels)."""
        return (self.image_size, self.image_size, self.channels)

    def _repr_html_(self):
        heads = "".join(f"<th>{name}</th>" for name in SPLITS)
        cells = "".join(f"<td>{self.counts[name]:,}</td>" for name in SPLITS)
        left_out = "".join(f" {escape(line)}" for line in self._left_out())
        return (
            f"<p><b>{escape(self.title)}</b>: {self.image_size}×{self.image_size} pixels, classes "
            f"{', '.join(map(escape, self.classes))}.{left_out}</p>"
            f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"
        )

    def __repr__(self):
        counts = ", ".join(f"{name} {self.counts[name]:,}" for name in SPLITS)
        line = f"{self.title}: {self.image_size} pixels, {'/'.join(self.classes)}; {counts}"
        return "\n".join([line, *self._left_out()])

    def _left_out(self):
        number = len(self.unreadable)
        return [f"{number} unreadable files were left out."] * bool(number) + self.remarks


def share_out(given, missing, seed, together):
    """Put each group, and each file that is in none, into one split; see `folders.list_folder`."""
    group_of = {path: number for number, group in enumerate(together) for path in group}
    units = {}
    for split, files in given.items():
        for path, label in files:
            units.setdefault(group_of.get(path, path), []).append((split, path, label))
    into, own = {}, {label: [] for _, label in given["train"]}
    for unit in units.values():
        held = Counter(split for split, _, _ in unit)
        split = max(reversed(SPLITS), key=held.__getitem__)
        into |= {path: split for _, path, _ in unit}
        if split == "train":
            own[unit[0][2]].append([path for _, path, _ in unit])
    for label, mine in own.items():
        for split, paths in _draw(mine, missing, seed + label):
            into |= dict.fromkeys(paths, split)
    for label in {label for _, label in given["train"]}:  # none may be lost
        paths = [path for files in given.values() for path, other in files if other == label]
        if "train" not in {into[path] for path in paths}:
            into |= dict.fromkeys(paths, "train")
    listing = {split: [] for split in SPLITS}
    for path, label in sorted(sum(given.values(), []), key=lambda item: item[1]):
        listing[into[path]].append((path, label))
    return listing


def _draw(units, missing, seed):
    """Draw the `missing` splits from the groups of one class: yield (split, its paths).

    Each gets 20 % of the pictures, but no group larger than that, unless it would stay empty. The
    same seed gives the same shares on every machine.
    """
    # Sorting random numbers instead of calling permutation: a bare PCG64 stream is stable over
    # NumPy versions, the methods built on it are not promised to be.
    draws = np.random.Generator(np.random.PCG64(seed)).random(len(units))
    left = [units[k] for k in np.argsort(draws, kind="stable")]
    due = max(1, round(sum(map(len, units)) * SHARE))
    small = sum(len(unit) for unit in units if len(unit) <= due)
    due = max(1, min(due, small // max(1, len(missing))))
    shares = {split: [] for split in missing}
    for share in shares.values():
        for unit in list(left):
            if len(share) + len(unit) <= due:
                share += unit
                left.remove(unit)
    for split in reversed(missing):  # the exam first
        if not shares[split] and len(left) > 1:
            shares[split] = min(left, key=len)
            left.remove(shares[split])
    return shares.items()


def torn(listing, together):
    """Return those groups that stand in more than one split of a listing."""
    split_of = {path: split for split, files in listing.items() for path, _ in files}
    return [group for group in together if len({split_of.get(p) for p in group} - {None}) > 1]
