"""Report on a folder of pictures, as found. Nothing is ever deleted, moved or written."""

from __future__ import annotations

import hashlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PIL import Image

from course_utils.data import duplicates
from course_utils.data.decode import Unreadable, decode
from course_utils.data.pictures import list_folder

IMBALANCE = 1.5  # largest to smallest class; above this the report has advice
SHOWN = 8  # findings of a kind that a report lists; the rest are counted


@dataclass(frozen=True)
class Report:
    """What a look at every file of a folder has found. Made by `report`.

    Attributes
    ----------
    folder : pathlib.Path
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
    """

    folder: Path
    counts: dict[str, dict[str, int]]
    unreadable: list[Unreadable]
    misnamed: dict[Path, str]
    duplicates: list[duplicates.Group]
    sides: tuple[int, int, int]
    kinds: dict[str, int]
    modes: dict[str, int]

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
        if any(bad.path.suffix.lower() in (".heic", ".heif") for bad in self.unreadable):
            lines.append("Photos of a telephone (.heic) are among the unreadable: save as JPEG.")
        train = self.counts["train"]
        large, small = max(train, key=train.get), min(train, key=train.get)
        if (ratio := train[large] / max(1, train[small])) > IMBALANCE:
            tell = f"{ratio:.1f} training pictures of '{large}' to one of '{small}'"
            lines.append(f"Imbalance: {tell}. Weigh the classes, or collect more.")
        return lines

    @property
    def details(self):
        """list of str: each finding with its files, at most `SHOWN` of a kind."""
        bad = [f"{self._name(b.path)}: {b.reason}" for b in self.unreadable]
        named = [f"{self._name(path)}: is {kind}" for path, kind in self.misnamed.items()]
        same = [
            f"{' = '.join(_first(map(self._name, g.paths)))}: "
            f"{'same file' if g.exact else 'look alike'}"
            for g in self.duplicates
        ]
        return _first(bad) + _first(same) + _first(named)

    def _name(self, path):
        return path.relative_to(self.folder).as_posix()

    def _summary(self):
        kinds, modes = (
            ", ".join(f"{n:,} {name}" for name, n in found.items())
            for found in (self.kinds, self.modes)
        )
        low, middle, high = self.sides
        sides = f"shorter side {low} to {high} pixels, half of them up to {middle}"
        return f"{self.folder.resolve().name}: {kinds}; {modes}; {sides}"

    def __repr__(self):
        rows = [f"{split}: {counts}" for split, counts in self.counts.items()]
        return "\n".join([self._summary(), *rows, *self.to_do, *self.details])

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
            f"<p>{escape(self._summary())}</p><table><tr>{head}</tr>{rows}</table>"
            f"<ul>{items}</ul><p><small>{lines}</small></p>"
        )


def report(folder, seed=0):
    """Look at every file of a folder once, keeping a few hundred bytes of each.

    Parameters
    ----------
    folder : path-like
        Of class folders, or of train/validation/test folders that hold class folders.
    seed : int
        Splits a folder that has no splits, as in `course_utils.data.pictures.load`.

    Returns
    -------
    Report

    Raises
    ------
    CourseError
        If the course could not work with such a folder at all; see `list_folder`.
    """
    folder = Path(folder).expanduser()
    classes, listing = list_folder(folder, seed)
    files = [(path, split, label) for split, part in listing.items() for path, label in part]
    with ThreadPoolExecutor() as pool:
        looks = list(pool.map(_look, (path for path, _, _ in files)))
    good = [(file, look) for file, look in zip(files, looks, strict=True) if isinstance(look, dict)]
    counts = {split: dict.fromkeys(classes, 0) for split in listing}
    for (_, split, label), _ in good:
        counts[split][classes[label]] += 1
    found, keys = [], ("content", "hash", "thumbnail")
    for members in duplicates.groups(*([look[key] for _, look in good] for key in keys)):
        paths, splits, labels = zip(*(good[i][0] for i in members), strict=True)
        exact = len({good[i][1]["content"] for i in members}) == 1
        found.append(
            duplicates.Group(paths, splits, tuple(classes[label] for label in labels), exact)
        )
    sides = sorted(look["side"] for _, look in good) or [0]
    return Report(
        folder=folder,
        counts=counts,
        unreadable=[look for look in looks if isinstance(look, Unreadable)],
        misnamed={file[0]: look["kind"] for file, look in good if look["misnamed"]},
        duplicates=found,
        sides=(sides[0], sides[len(sides) // 2], sides[-1]),
        kinds=dict(Counter(look["kind"] for _, look in good).most_common()),
        modes=dict(Counter(look["mode"] for _, look in good).most_common()),
    )


def _first(lines):
    lines = list(lines)
    return lines[:SHOWN] + [f"and {len(lines) - SHOWN} more"] * (len(lines) > SHOWN)


def _look(path):
    """Return what `report` keeps of a file, or an `Unreadable`."""
    try:
        picture = decode(path, 64)
        with Image.open(path) as header, open(path, "rb") as stream:
            # Telephones write MPO: a JPEG with a second one behind it.
            kind = "JPEG" if header.format == "MPO" else header.format
            side, mode = min(header.size), header.mode
            content = hashlib.file_digest(stream, "sha256").digest()
    except (ValueError, OSError) as error:
        return Unreadable(path, str(error))
    misnamed = Image.registered_extensions().get(path.suffix.lower()) != kind
    return {
        "content": content,
        "hash": duplicates.difference_hash(picture),
        "thumbnail": duplicates.thumbnail(picture),
        "kind": kind, "side": side, "mode": mode, "misnamed": misnamed,
    }  # fmt: skip
