"""Report on a folder of pictures, as found. Nothing is ever deleted, moved or written."""

import hashlib
from collections import Counter
from html import escape
from pathlib import Path

from PIL import Image

from course_utils.data import duplicates
from course_utils.data.folders import has_splits, list_folder, remarks
from course_utils.data.image_file import Unreadable, in_threads, look, opened, printable

IMBALANCE = 1.5  # largest to smallest class; above this the report has advice
SHOWN = 8  # findings of a kind that a report lists; the rest are counted
ADVICE = {
    "Unreadable files": "Leave them out, or get sound copies.",
    "Pictures in two classes": "A label is wrong; leave out what you doubt.",
    "Pictures in two splits": "A score would test memory; bring them into one split.",
    "Pictures repeated in a split": "They count more than others; keep one copy.",
    "Pictures alike in a split": "As the frames of a film are; they stay together.",
    "Files of another type than the name says": "Harmless; rename.",
}


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
    return FolderReport(folder, seed)


class FolderReport:
    """What a look at every file of a folder has found. Made by `inspect_folder`.

    Attributes
    ----------
    folder : pathlib.Path
    classes, listing
        As from `folders.list_folder`.
    remarks : list of str
        What lies in the folder and belongs to no class and split, with advice.
    unreadable : list of Unreadable
    counts : dict of str to dict of str to int
        Readable pictures by split and class.
    kinds : dict of str to int
        Readable files by type, the most frequent first.
    misnamed : dict of pathlib.Path to str
        Readable files of another type than the name says, with the type, such as "PNG".
    sides : tuple of int
        Shorter side of the pictures in pixels: smallest, median, largest.
    duplicates : list of duplicates.Group
    alike : list of list of pathlib.Path
        Groups that look alike, each of one class. Splits that the folder lacks do not tear them.
    """

    def __init__(self, folder, seed):
        self.folder = Path(folder).expanduser()
        self.classes, self.listing = list_folder(self.folder, seed)
        self.remarks = remarks(self.folder)
        places = [(p, self.classes[k]) for files in self.listing.values() for p, k in files]
        found = list(in_threads(_look, places))
        self.unreadable = [one for one in found if isinstance(one, Unreadable)]
        good = [one for one in found if not isinstance(one, Unreadable)]
        columns = zip(*good, strict=True) if good else [()] * 5
        files, kinds, sides, contents, prints = columns
        self.alike = duplicates.alike(files, prints)
        if not has_splits(self.folder):
            self.classes, self.listing = list_folder(self.folder, seed, self.alike)
        split_of = {path: split for split, files in self.listing.items() for path, _ in files}
        places = [(path, split_of[path], name) for path, name in files]
        number = Counter((split, name) for _, split, name in places)
        self.counts = {s: {name: number[s, name] for name in self.classes} for s in self.listing}
        self.kinds = dict(Counter(kinds).most_common())
        ordered = sorted(sides) or [0]
        self.sides = ordered[0], ordered[len(ordered) // 2], ordered[-1]
        usual = Image.registered_extensions() | {".mpo": "JPEG"}
        typed = [(path, kind) for (path, _), kind in zip(files, kinds, strict=True)]
        self.misnamed = {p: kind for p, kind in typed if kind != usual.get(p.suffix.lower())}
        self.duplicates = duplicates.find(places, contents, prints)

    @property
    def to_do(self):
        """list of str: what to do about it; empty for a clean folder."""
        number = Counter(f"Pictures {group.where}" for group in self.duplicates)
        number["Unreadable files"] = len(self.unreadable)
        number["Files of another type than the name says"] = len(self.misnamed)
        lines = [f"{what}: {number[what]}. {ADVICE[what]}" for what in ADVICE if number[what]]
        if any("HEIC" in bad.reason for bad in self.unreadable):
            lines.append("Photos of a telephone (.heic) are among the unreadable: save as JPEG.")
        train = self.counts["train"]
        large, small = max(train, key=train.get), min(train, key=train.get)
        if (ratio := train[large] / max(1, train[small])) > IMBALANCE:
            tell = f"{ratio:.1f} training pictures of '{large}' to one of '{small}'"
            lines.append(f"Imbalance: {tell}. Weigh the classes, or collect more.")
        for split, counts in self.counts.items():
            listed = {self.classes[label] for _, label in self.listing[split]}
            for name in (name for name, count in counts.items() if not count):
                why = "no lesson can start" if name in listed else "all look alike"
                lines.append(f"No readable picture of '{name}' in {split}: {why}.")
        return lines + self.remarks

    @property
    def details(self):
        """list of str: each finding with its files, at most `SHOWN` of a kind."""
        bad = [f"{self.name_of(b.path)}: {b.reason}" for b in self.unreadable]
        named = [f"{self.name_of(path)}: is {kind}" for path, kind in self.misnamed.items()]
        same = []
        for group in self.duplicates:
            names = _first([self.name_of(path) for path in group.paths])
            same.append(f"{' = '.join(names)}: {group.how}")
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
        """str: one line on types and sizes."""
        kinds = ", ".join(f"{number:,} {name}" for name, number in self.kinds.items())
        low, middle, high = self.sides
        return f"{kinds}; shorter side {low} to {high} pixels (median {middle})"

    def __repr__(self):
        rows = [f"{split}: {counts}" for split, counts in self.counts.items()]
        return "\n".join([f"{self.name}: {self.summary}", *rows, *self.to_do, *self.details])

    def _repr_html_(self):
        table = "".join(f"<th>{split}</th>" for split in ("", *self.counts))
        for name in self.classes:
            cells = "".join(f"<td>{counts[name]:,}</td>" for counts in self.counts.values())
            table += f"</tr><tr><th>{escape(name)}</th>{cells}"
        items = "".join(f"<li>{escape(line)}</li>" for line in self.to_do or ["all well"])
        lines = "<br>".join(map(escape, self.details))
        return (
            f"<p>{escape(f'{self.name}: {self.summary}')}</p><table><tr>{table}</tr></table>"
            f"<ul>{items}</ul><p><small>{lines}</small></p>"
        )


def _first(lines):
    return lines[:SHOWN] + [f"and {len(lines) - SHOWN} more"] * (len(lines) > SHOWN)


def _look(place):
    """Return a file's place with what is kept of it, some 600 bytes, or an `Unreadable`."""
    try:
        with opened(place[0]) as file:
            picture = look(file, 64)
            file.seek(0)
            content = hashlib.file_digest(file, "sha256").digest()
    except (ValueError, OSError) as error:
        return Unreadable(place[0], str(error))
    fingerprint = duplicates.fingerprint(picture.image)
    return place, picture.kind, min(picture.size), content, fingerprint
