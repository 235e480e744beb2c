"""Report on a folder of pictures, as found. Nothing is ever deleted, moved or written."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np
from PIL import Image

from course_utils.data import duplicates
from course_utils.data.folders import list_folder, remarks
from course_utils.data.image_file import Unreadable, in_threads, look, opened, printable

IMBALANCE = 1.5  # largest to smallest class; above this the report has advice
SHOWN = 8  # findings of a kind that a report lists; the rest are counted


@dataclass(frozen=True)
class FolderReport:
    """What a look at every file of a folder has found. Made by `inspect_folder`.

    Attributes
    ----------
    folder : pathlib.Path
    classes, listing
        As from `folders.list_folder`.
    counts : dict of str to dict of str to int
        Readable pictures by split and class.
    unreadable : list of Unreadable
    misnamed : dict of pathlib.Path to str
        Readable files of another type than the name says, with the type, such as "PNG".
    duplicates : list of duplicates.Group
    sides : tuple of int
        Shorter side of the pictures in pixels: smallest, median, largest.
    kinds, modes : dict of str to int
        Readable files by type, and by Pillow's colour mode ("L" is grey); commonest first.
    remarks : list of str
        What lies in the folder and belongs to no class and split, with advice.
    """

    folder: Path
    classes: tuple[str, ...]
    listing: dict[str, list[tuple[Path, int]]]
    counts: dict[str, dict[str, int]]
    unreadable: list[Unreadable]
    misnamed: dict[Path, str]
    duplicates: list[duplicates.Group]
    sides: tuple[int, int, int]
    kinds: dict[str, int]
    modes: dict[str, int]
    remarks: list[str]

    @property
    def to_do(self):
        """list of str: what to do about it; empty for a clean folder."""
        torn = sum(group.contradicts for group in self.duplicates)
        leaks = sum(group.leaks and not group.contradicts for group in self.duplicates)
        again = len(self.duplicates) - torn - leaks
        table = (
            (len(self.unreadable), "Unreadable files", "Leave them out, or get sound copies."),
            (torn, "Pictures in two classes", "A label is wrong; leave out what you doubt."),
            (leaks, "Pictures in two splits", "A score would test memory; keep one copy."),
            (again, "Pictures repeated in a split", "They count more than others; keep one copy."),
            (len(self.misnamed), "Files of another type than the name says", "Harmless; rename."),
        )
        lines = [f"{what}: {number}. {advice}" for number, what, advice in table if number]
        if any("HEIC" in bad.reason for bad in self.unreadable):
            lines.append("Photos of a telephone (.heic) are among the unreadable: save as JPEG.")
        train = self.counts["train"]
        large, small = max(train, key=train.get), min(train, key=train.get)
        if (ratio := train[large] / max(1, train[small])) > IMBALANCE:
            tell = f"{ratio:.1f} training pictures of '{large}' to one of '{small}'"
            lines.append(f"Imbalance: {tell}. Weigh the classes, or collect more.")
        for split, counts in self.counts.items():
            for name in (name for name, count in counts.items() if not count):
                lines.append(f"No readable picture of '{name}' in {split}: no lesson can start.")
        return lines + self.remarks

    @property
    def details(self):
        """list of str: each finding with its files, at most `SHOWN` of a kind."""
        bad = [f"{self.name_of(b.path)}: {b.reason}" for b in self.unreadable]
        named = [f"{self.name_of(path)}: is {kind}" for path, kind in self.misnamed.items()]
        same = [
            f"{' = '.join(_first(map(self.name_of, g.paths)))}: "
            f"{'same file' if g.exact else 'look alike'}"
            for g in self.duplicates
        ]
        return _first(bad) + _first(same) + _first(named)

    def name_of(self, path):
        """Return how a file is called here: from the folder on, on one line."""
        return printable(path.relative_to(self.folder).as_posix())

    @property
    def name(self):
        """str: the folder's name, on one line."""
        return printable(self.folder.resolve().name)

    @property
    def summary(self):
        """str: one line on types, colour modes and sizes."""
        kinds, modes = (
            ", ".join(f"{n:,} {name}" for name, n in found.items())
            for found in (self.kinds, self.modes)
        )
        low, middle, high = self.sides
        sides = f"shorter side {low} to {high} pixels (median {middle})"
        return f"{kinds}; {modes}; {sides}"

    def __repr__(self):
        rows = [f"{split}: {counts}" for split, counts in self.counts.items()]
        return "\n".join([f"{self.name}: {self.summary}", *rows, *self.to_do, *self.details])

    def _repr_html_(self):
        head = "".join(f"<th>{split}</th>" for split in ("", *self.counts))
        rows = "".join(
            f"<tr><th>{escape(name)}</th>"
            f"{''.join(f'<td>{counts[name]:,}</td>' for counts in self.counts.values())}</tr>"
            for name in self.counts["train"]
        )
        items = "".join(f"<li>{escape(line)}</li>" for line in self.to_do) or "<li>all well</li>"
        lines = "<br>".join(map(escape, self.details))
        return (
            f"<p>{escape(f'{self.name}: {self.summary}')}</p><table><tr>{head}</tr>{rows}</table>"
            f"<ul>{items}</ul><p><small>{lines}</small></p>"
        )


def inspect_folder(folder, seed=0):
    """Look at every file of a folder once, keeping a few hundred bytes of each.

    Parameters
    ----------
    folder : path-like
        Of class folders, or of train/validation/test folders that hold class folders.
    seed : int
        Splits a folder that has no splits, as in `course_utils.data.datasets.load`.

    Returns
    -------
    FolderReport

    Raises
    ------
    CourseError
        If the course could not work with such a folder at all; see `list_folder`.
    """
    folder = Path(folder).expanduser()
    classes, listing = list_folder(folder, seed)
    files = [(path, split, classes[label]) for split in listing for path, label in listing[split]]
    counts = {split: dict.fromkeys(classes, 0) for split in listing}
    unreadable, misnamed, kinds, modes, sides = [], {}, Counter(), Counter(), []
    # Plain arrays: 300 bytes a picture. As objects of their own they would take a few thousand.
    kept = contents, hashes, greys = [np.zeros((len(files), n), np.uint8) for n in (32, 16, 256)]
    good = []
    for file, found in zip(files, in_threads(_look, [path for path, *_ in files]), strict=True):
        if isinstance(found, Unreadable):
            unreadable.append(found)
            continue
        path, split, label = file
        picture, *rest = found
        for array, row in zip(kept, rest, strict=True):
            array[len(good)] = row
        good.append(file)
        counts[split][label] += 1
        kinds[picture.kind] += 1
        modes[picture.mode] += 1
        sides.append(min(picture.size))
        named = Image.registered_extensions().get(path.suffix.lower())
        if picture.kind != {"MPO": "JPEG"}.get(named, named):
            misnamed[path] = picture.kind
    contents = [row.tobytes() for row in contents[: len(good)]]
    same = []
    for members in duplicates.groups(contents, hashes[: len(good)], greys[: len(good)]):
        places = zip(*(good[k] for k in members), strict=True)
        same.append(duplicates.Group(*places, len({contents[k] for k in members}) == 1))
    sides = sorted(sides) or [0]
    return FolderReport(
        folder=folder,
        classes=classes,
        listing=listing,
        counts=counts,
        unreadable=unreadable,
        misnamed=misnamed,
        duplicates=same,
        sides=(sides[0], sides[len(sides) // 2], sides[-1]),
        kinds=dict(kinds.most_common()),
        modes=dict(modes.most_common()),
        remarks=remarks(folder),
    )


def _first(lines):
    lines = list(lines)
    return lines[:SHOWN] + [f"and {len(lines) - SHOWN} more"] * (len(lines) > SHOWN)


def _look(path):
    """Return what `inspect_folder` keeps of a file, or an `Unreadable`."""
    try:
        with opened(path) as file:
            picture = look(file, 64)
            file.seek(0)
            content = hashlib.file_digest(file, "sha256").digest()
    except (ValueError, OSError) as error:
        return Unreadable(path, str(error))
    image = picture.image
    small = duplicates.difference_hash(image), duplicates.thumbnail(image).ravel()
    return picture, np.frombuffer(content, np.uint8), *small
