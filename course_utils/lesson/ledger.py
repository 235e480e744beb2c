"""The results ledger: one small JSON file per (lesson, preset, dataset, backbone, seed)."""

from __future__ import annotations

import importlib.metadata
import json
import math
import re
import warnings
from contextlib import suppress
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from course_utils import files, settings

KEYS = ("lesson", "preset", "dataset", "backbone", "seed")


class Earlier(dict):
    """What an earlier lesson wrote into the ledger; every number is NaN where it has not run.

    Attributes
    ----------
    known : bool
        Whether there is an entry.
    """

    @property
    def known(self):
        return bool(self)

    def __missing__(self, key):
        return math.nan

    def result(self, name):
        """Return one result of that lesson, such as "cached views", in the same manner."""
        rows = [row for row in self.get("results") or [] if row.get("name") == name]
        return Earlier(rows[0] if rows else {})


class Table:
    """The results of a lesson for its notebook, as HTML and as text."""

    HEAD = ("approach", "train accuracy", "validation accuracy", "parameters trained", "seconds")

    def __init__(self, results):
        self.rows = [(row["name"], *cells(row)) for row in results]

    def __repr__(self):
        return "\n".join("  ".join(row) for row in [self.HEAD, *self.rows])

    def _repr_html_(self):
        lines = ["".join(f"<th>{name}</th>" for name in self.HEAD)]
        for row in self.rows:
            lines.append("".join(f"<td>{escape(cell, quote=False)}</td>" for cell in row))
        return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def cells(result) -> tuple[str, str, str, str]:
    """Return a result's accuracy in training and validation, its parameters and seconds, as text.

    Parameters
    ----------
    result : dict
        With ``train_accuracy``, ``accuracy``, ``trainable`` and ``seconds``; a dash stands for
        what is missing or None.
    """
    forms = {"train_accuracy": ".3f", "accuracy": ".3f", "trainable": ",", "seconds": ",.1f"}
    values = ((result.get(key), form) for key, form in forms.items())
    return tuple("–" if value is None else format(value, form) for value, form in values)


def file_name(entry: dict) -> str:
    """Return the name of an entry's file, free of anything that a file system minds.

    Parameters
    ----------
    entry : dict
        Holds at least `KEYS`; ``backbone`` may be None.
    """
    words = ["none" if entry[key] is None else str(entry[key]) for key in KEYS]
    return "-".join(re.sub(r"[^A-Za-z0-9_]+", "_", word)[:60] or "_" for word in words) + ".json"


def write(entry: dict, folder=None) -> Path:
    """Write an entry, whole or not at all; an older entry with the same keys is replaced.

    Parameters
    ----------
    entry : dict
        Holds `KEYS`, and of the following what there is: ``main`` (the name of the result that
        stands for the lesson), ``accuracy`` and ``train_accuracy`` (0–1, validation and training
        split), ``trainable`` (number of trained parameters), ``seconds``, ``device``, ``history``
        (lists of floats by name), ``results`` (list of dicts with name, accuracy, train_accuracy,
        trainable, seconds, history), ``pictures`` (their title). NumPy numbers and arrays are
        stored as plain ones, NaN and infinities as null.
    folder : path, optional
        A results folder; by default `settings.results`. The file lies in its subfolder ``ledger``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CourseError
        If the disk is full or the folder may not be written to.
    """
    path = _folder(folder) / file_name(entry)
    entry = {"written": datetime.now(UTC).isoformat(), **entry}
    # NumPy scalars and arrays, without importing NumPy; paths.
    text = json.dumps(entry, default=lambda v: v.tolist() if hasattr(v, "tolist") else str(v))
    content = json.loads(text, parse_constant=lambda name: None)  # NaN is no JSON
    return files.write_atomically(path, json.dumps(content, indent=1, ensure_ascii=False).encode())


def read(folder=None) -> list[dict]:
    """Return all readable entries, oldest first.

    Files that are no whole entry are named in one warning, skipped and left as they are.

    Parameters
    ----------
    folder : path, optional
        A results folder, as in `write`.
    """
    whole, broken = [], []
    for path in sorted(_folder(folder).glob("*.json")):
        entry = files.read_json(path)
        if entry.keys() >= set(KEYS):
            whole.append(entry)
        else:
            broken.append(path.name)
    if broken:
        warnings.warn(
            f"Left out of the ledger, as they cannot be read: {', '.join(broken)} "
            f"(in {_folder(folder)}; delete them, or run their lessons again).",
            stacklevel=2,
        )
    return sorted(whole, key=lambda entry: str(entry.get("written", "")))


def find(lesson, folder=None, **wanted) -> dict | None:
    """Return the newest entry of a lesson that agrees with everything given, or None.

    Parameters
    ----------
    lesson : str
        Number or slug: ``"03"`` finds what ``"03_cnn_from_scratch"`` wrote, and the reverse.
    folder : path, optional
        A results folder, as in `write`.
    **wanted
        preset, dataset, backbone, seed; None stands for any. A lesson without a pretrained base
        agrees with every backbone.
    """
    for entry in reversed(read(folder)):
        if number(entry["lesson"]) == number(lesson) and all(
            None in (value, entry[key]) or entry[key] == value for key, value in wanted.items()
        ):
            return entry
    return None


def number(lesson) -> str:
    """Return the two digits of a lesson: ``"03"`` for ``"03_cnn_from_scratch"``, 3 or ``"03"``."""
    return str(lesson).split("_")[0].zfill(2)


def versions(names=("tensorflow", "keras", "numpy")) -> dict[str, str]:
    """Return the versions of packages by name, read without importing any; by default of those
    that decide a result. One that is not installed is left out.
    """
    found = {}
    for name in names:
        # The CPU build of TensorFlow is another distribution of the same package.
        for distribution in (f"{name}-cpu", name):
            with suppress(importlib.metadata.PackageNotFoundError):
                found[name] = importlib.metadata.version(distribution)
    return found


def _folder(folder) -> Path:
    return (Path(folder) if folder is not None else settings.results()) / "ledger"
