"""Cats and dogs, sorted into splits by the file numbers that other courses use as well.

Sources are the public archives, zipped or unpacked: `PetImages/Cat/0.jpg`, `train/cats/cat.7.jpg`,
`train/cat.7.jpg` and the like.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from pathlib import Path

from tqdm import tqdm

from course_utils import files
from course_utils.data import archive
from course_utils.data.folders import SPLITS
from course_utils.data.image_file import decode, in_threads, opened, picture_files
from course_utils.errors import CourseError

KINDS = ("cats", "dogs")
ABOUT, QUARANTINE = "SOURCE.json", "quarantine.csv"
SHOWN = 8  # lines of a kind in the table; the rest are counted

_NAME = re.compile(r"(?:^|/)(?:(cat|dog)s?/)?(?:(cat|dog)\.)?([0-9]{1,9})\.jpe?g$", re.IGNORECASE)
_bar = partial(tqdm, desc="Sorting the photos", leave=False, disable=None)  # on a terminal only


@dataclass(frozen=True)
class Prepared:
    """What `prepare` has made or found; as a string, a table for people.

    Attributes
    ----------
    target : pathlib.Path
    counts : dict of str to dict of str to int
        Pictures by split and class.
    quarantine : list of [str, str]
        Files of the source that were needed and cannot be read, with the reason.
    replaced : list of [str, int, int]
        A class, a number that is unreadable or not there, and the one that took its place.
    new : bool
        False if it was there already.
    """

    target: Path
    counts: dict[str, dict[str, int]]
    quarantine: list
    replaced: list
    new: bool

    def __str__(self):
        lines = [f"{self.target}{'' if self.new else ' (was there, and is complete)'}"]
        lines += [" " * 4 + "".join(f"{split:>12}" for split in SPLITS)]
        for kind in KINDS:
            lines += [kind + "".join(f"{self.counts[split][kind]:12,}" for split in SPLITS)]
        for what, items in (
            ("unreadable, left out", [f"{file}: {reason}" for file, reason in self.quarantine]),
            ("numbers replaced", [f"{kind} {old} by {late}" for kind, old, late in self.replaced]),
        ):
            lines += [f"{what}: {len(items):,}", *(f"  {item}" for item in items[:SHOWN])]
            lines += [f"  and {len(items) - SHOWN:,} more"] * (len(items) > SHOWN)
        return "\n".join(lines)


def prepare(source, target, per_class=(1000, 500, 500), progress=_bar):
    """Sort photos of cats and dogs into ``target/{train,validation,test}/{cats,dogs}``.

    The usual numbers come first: 0 to 999 of each class for training, 1000 to 1499 and 1500 to 1999
    for validation and test. Each picture is decoded whole; the place of one that cannot be read, or
    that the source lacks, goes to the next number after these, so that all others stay where every
    other course has them. The source is only read.

    Parameters
    ----------
    source : path-like
        A zip file, which is read without unpacking it, or a folder.
    target : path-like
        Appears whole or not at all. If it holds what is asked for, it is checked and kept.
    per_class : sequence of int
        Pictures of each class for training, validation and test, at least 1.
    progress : callable
        Is given an iterable and its `total`, and returns the iterable, as `tqdm.tqdm` does.

    Returns
    -------
    Prepared

    Raises
    ------
    CourseError
        If the source is damaged or holds too few pictures, the target holds anything else, or the
        disk is full.
    """
    source, target = (Path(path).expanduser().resolve() for path in (source, target))
    per_class = list(map(int, per_class))
    if len(per_class) != len(SPLITS) or min(per_class) < 1:
        raise CourseError(f"Three numbers of at least 1 are wanted per class, not {per_class}.")
    if target in (source, *source.parents) or source in target.parents:
        raise CourseError(f"{target} and {source} lie within each other. Choose another target.")
    with archive.explained(source), _opened(source) as (sizes, read):
        numbers = _numbers(source, sizes)
        for kind in KINDS:
            _enough(source, kind, len(numbers[kind]), per_class)
        facts = [(k, n, sizes[numbers[k][n]]) for k in KINDS for n in sorted(numbers[k])]
        listing = hashlib.sha256(repr(facts).encode()).hexdigest()
        request = {"listing": listing, "per_class": per_class}
        usual = [n for kind in KINDS for _, n in sorted(numbers[kind].items())[: sum(per_class)]]
        room = sum(sizes[name] + archive.BLOCK for name in usual)
        with files.new_folder(target, room) as folder:
            if folder is None:
                return _recognized(target, request)
            about = {"source": source.name, "request": request}
            about |= _fill(folder, source, numbers, read, per_class, progress)
            about["files"] = _digest(folder)
            (folder / ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")
    return _prepared(target, about, new=True)


def subset(numbers, per_class, keep, run=map):
    """Choose the numbers of one class for each split.

    Parameters
    ----------
    numbers : collection of int
        Those that the source has.
    per_class : sequence of int
        How many each split wants.
    keep : callable
        Is given (split, number) and keeps that picture; returns whether it could be read.
    run : callable
        As `map`: calls a function for each item of a list.

    Returns
    -------
    count : int
        Places that were filled; fewer than wanted if the numbers do not suffice.
    replaced : dict of int to int
        A number that is unreadable or not there, and the one that took its place.
    """
    ends, usual = list(accumulate(per_class)), []
    for split, count, end in zip(SPLITS, per_class, ends, strict=True):
        usual += [(split, number) for number in range(end - count, end)]
    there = [place for place in usual if place[1] in numbers]
    kept = {place for place, good in zip(there, run(keep, there), strict=True) if good}
    later = iter(sorted(number for number in numbers if number >= ends[-1]))
    replaced = {}
    for split, number in usual:
        if (split, number) not in kept:
            substitute = next((n for n in later if keep((split, n))), None)
            if substitute is None:
                break
            replaced[number] = substitute
    return len(kept) + len(replaced), replaced


@contextmanager
def _opened(source):
    """Yield the bytes of each file by name, and a function that reads one."""
    if not source.is_dir():
        with archive.Archive(source) as file:
            sizes = {name: info.file_size for name, info in file.members.items()}
            yield sizes, lambda name: b"".join(file.chunks(name))
        return
    sizes = {}

    def refuse(error):
        told = f"{error.filename} cannot be listed: {error.strerror}. Nothing was written."
        raise CourseError(f"{told} Make it readable, or give another source.") from error

    for place, folders, names in os.walk(source, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for path in (Path(place, name) for name in names):
            name = path.relative_to(source).as_posix()
            sizes[name] = path.stat().st_size if path.is_file() else 0

    def read(name):
        with opened(source / name) as file:
            return file.read()

    yield sizes, read


def _numbers(source, names):
    """Return the file of each number, by class; other files are passed over."""
    numbers = {kind: {} for kind in KINDS}
    for name in names:
        found = _NAME.search(name)
        kinds = {word.lower() + "s" for word in found.groups()[:2] if word} if found else ()
        if len(kinds) == 1:
            other = numbers[min(kinds)].setdefault(int(found[3]), name)
            if other != name:
                raise CourseError(
                    f"{source} holds two pictures of one class with the same number: {other} and "
                    f"{name}. Nothing was written. Give a source in which each number stands once."
                )
    return numbers


def _enough(source, kind, count, per_class):
    if count >= sum(per_class):
        return
    part = max(1, count // 4)
    fits = f"Ask for fewer, such as --per-class {count - 2 * part} {part} {part}."
    raise CourseError(
        f"{source} holds {count:,} usable pictures of {kind} (by names such as PetImages/Cat/0.jpg "
        f"or cats/cat.0.jpg), and {sum(per_class):,} are wanted. Nothing was written. "
        + (fits if count >= len(SPLITS) else "If it holds zip files, unpack it and give one.")
    )


def _fill(folder, source, numbers, read, per_class, progress):
    """Write the chosen pictures into a folder and return what `Prepared` tells."""
    quarantine, replaced = [], []

    def keep(kind, place):
        split, number = place
        name = numbers[kind][number]
        try:
            content = read(name)
            decode(io.BytesIO(content), 64)
        except ValueError as error:
            quarantine.append((kind, number, name, str(error)))
            return False
        (folder / split / kind / f"{kind[:-1]}.{number}.jpg").write_bytes(content)
        return True

    def run(function, places):
        return progress(in_threads(function, places), total=len(places))

    for kind in KINDS:
        for split in SPLITS:
            (folder / split / kind).mkdir(parents=True)
        count, late = subset(numbers[kind], per_class, partial(keep, kind), run)
        _enough(source, kind, count, per_class)
        replaced += [[kind, *pair] for pair in late.items()]
    quarantine = [list(item[2:]) for item in sorted(quarantine)]
    with open(folder / QUARANTINE, "w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["file", "reason"], *quarantine])
    counts = {split: dict.fromkeys(KINDS, n) for split, n in zip(SPLITS, per_class, strict=True)}
    return {"counts": counts, "quarantine": quarantine, "replaced": replaced}


def _digest(folder):
    """Return a hash over names and bytes of all pictures; hidden files do not count."""
    digest = hashlib.sha256()
    for split in SPLITS:
        for kind in picture_files(folder / split):
            for path in picture_files(kind):
                with open(path, "rb") as file:
                    content = hashlib.file_digest(file, "sha256").hexdigest()
                digest.update(f"{split}/{kind.name}/{path.name} {content}\n".encode())
    return digest.hexdigest()


def _recognized(target, request):
    """Return what is there already, if it is what was asked for."""
    try:
        about = json.loads((target / ABOUT).read_text(encoding="utf-8"))
        if about["request"] != request:
            what = "was made from other photos, or with another --per-class"
        elif about["files"] == _digest(target):
            return _prepared(target, about, new=False)
        else:
            what = "has changed since it was made"
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        what = "holds something else"
    raise CourseError(
        f"{target} is there already and {what}. It was left untouched. Choose another target, or "
        "delete or rename this one, and run again."
    )


def _prepared(target, about, new):
    return Prepared(target, about["counts"], about["quarantine"], about["replaced"], new)
