"""Cats and dogs, sorted into splits by the file numbers that other courses use as well.

Sources are the public archives, zipped or unpacked: `PetImages/Cat/0.jpg`, `train/cats/cat.7.jpg`,
`train/cat.7.jpg` and the like. The whole archive is proved by its hash, and nothing is written
under a name of its choice; so `zipfile` reads it directly.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from contextlib import contextmanager
from pathlib import Path

from tqdm import tqdm

from course_utils import files
from course_utils.data import archive
from course_utils.data.image_file import MOST_BYTES, decode, in_threads
from course_utils.data.splits import SPLITS
from course_utils.errors import CourseError

KINDS = ("cats", "dogs")
ABOUT = "SOURCE.json"  # also says what was left out, and why
_NAME = re.compile(r"(?:^|/)(cat|dog)(?:s?/(?:\1\.)?|\.)([0-9]{1,9})\.jpe?g$", re.IGNORECASE)


def prepare(source, target, per_class=(1000, 500, 500)) -> str:
    """Sort photos of cats and dogs into ``target/{train,validation,test}/{cats,dogs}``.

    The numbers are those that other courses take: 0 to 999 of each class for training, 1000 to 1499
    and 1500 to 1999 for validation and test. Each picture is decoded whole; one that cannot be read
    or is missing is left out and listed. The source is only read.

    Parameters
    ----------
    source : path-like
        A zip file, which is read without unpacking it, or a folder.
    target : path-like
        Appears whole or not at all. One that was made for the same numbers is kept as it is.
    per_class : sequence of int
        Pictures of each class for training, validation and test, at least 1.

    Returns
    -------
    str
        What is there, in a few lines for people.

    Raises
    ------
    CourseError
        If the source is damaged or lacks a class, the target holds anything else, or the disk is
        full.
    """
    source, target = (Path(path).expanduser().resolve() for path in (source, target))
    per_class = list(map(int, per_class))
    with archive.explained(source), _opened(source) as (sizes, read):
        places = _places(sizes, per_class)
        room = sum(sizes[name] for name in places.values() if name in sizes)
        with files.new_folder(target, room) as folder:
            if folder:
                left_out = _fill(folder, source, places, read)
                about = {"source": source.name, "per_class": per_class, "left_out": left_out}
                (folder / ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")
    about = files.read_json(target / ABOUT)
    if about.get("per_class") != per_class:
        told = f"{target} is there already and holds something else. It was left untouched"
        raise CourseError(f"{told}. Choose another target, or delete or rename this one.")
    counts = ", ".join(f"{split} {n:,}" for split, n in zip(SPLITS, per_class, strict=True))
    lines = [f"{place}: {reason}" for place, reason in about["left_out"].items()]
    told = f"{target}: of each class {counts}; {len(lines)} of these left out (all in {ABOUT})"
    return "\n".join([told, *lines[:8]])


@contextmanager
def _opened(source):
    """Yield the bytes of each file by name, and a function that reads one."""
    if source.is_dir():
        paths = [path for path in source.rglob("*") if path.is_file()]
        sizes = {path.relative_to(source).as_posix(): path.stat().st_size for path in paths}
        yield sizes, lambda name: (source / name).read_bytes()
    else:
        with zipfile.ZipFile(source) as file:
            yield {info.filename: info.file_size for info in file.infolist()}, file.read


def _places(sizes, per_class):
    """Return the source's file, or None, for each file of the target, such as train/cats/cat.0.jpg.

    Other files, hidden ones and pictures that are too large are passed over.
    """
    found = {}
    for name, size in sizes.items():
        match = _NAME.search(name)
        if match and "/." not in f"/{name}" and size <= MOST_BYTES:
            found.setdefault((f"{match[1].lower()}s", int(match[2])), name)
    splits = [split for split, count in zip(SPLITS, per_class, strict=True) for _ in range(count)]
    return {
        f"{split}/{kind}/{kind[:-1]}.{number}.jpg": found.get((kind, number))
        for kind in KINDS
        for number, split in enumerate(splits)
    }


def _fill(folder, source, places, read):
    """Write the pictures into a folder; return why some were left out, by their place."""

    def copy(place):
        if places[place] is None:
            return "missing"
        try:
            content = read(places[place])
            decode(io.BytesIO(content), 64)
        except (OSError, ValueError) as error:
            return f"{places[place]}: {error}"
        (folder / place).write_bytes(content)

    for place in places:
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
    bar = tqdm(in_threads(copy, list(places)), "Sorting the photos", len(places), disable=None)
    left_out = {place: reason for place, reason in zip(places, bar, strict=True) if reason}
    empty = [place.name for place in folder.glob("*/*") if not any(place.iterdir())]
    if empty:
        told = f"{source} holds too few photos of {' and '.join(sorted(set(empty)))} by names such"
        told += " as PetImages/Cat/0.jpg or cats/cat.0.jpg. Nothing was written. Ask for fewer with"
        raise CourseError(f"{told} --per-class; if it holds zip files, give one of them.")
    return left_out
