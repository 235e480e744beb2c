"""The results ledger: one small JSON file per (lesson, preset, dataset, backbone, seed)."""

from __future__ import annotations

import importlib.metadata
import json
import math
import re
import warnings
from datetime import datetime
from pathlib import Path

from course_utils import files, settings

KEYS = ("lesson", "preset", "dataset", "backbone", "seed")


def file_name(entry: dict) -> str:
    """Return the name of an entry's file, free of anything that a file system minds.

    Parameters
    ----------
    entry : dict
        Holds at least `KEYS`; ``backbone`` may be None.

    Raises
    ------
    ValueError
        If one of `KEYS` is missing.
    """
    missing = [key for key in KEYS if key not in entry]
    if missing:
        raise ValueError(f"a ledger entry needs {', '.join(KEYS)}; missing: {', '.join(missing)}")
    words = ["none" if entry[key] is None else str(entry[key]) for key in KEYS]
    return "-".join(re.sub(r"[^A-Za-z0-9_]+", "_", word)[:60] or "_" for word in words) + ".json"


def write(entry: dict, folder=None) -> Path:
    """Write an entry, whole or not at all; an older entry with the same keys is replaced.

    Parameters
    ----------
    entry : dict
        Holds `KEYS`, and of the following what there is: ``accuracy`` and ``train_accuracy``
        (0–1, validation and training split), ``trainable`` (number of trained parameters),
        ``seconds``, ``device``, ``history`` (lists of floats by name), ``stages`` (list of dicts
        with name, accuracy, train_accuracy, trainable, seconds). NumPy numbers and arrays are
        stored as plain ones, NaN and infinities as null.
    folder : path, optional
        A results folder; by default `settings.results`. The file lies in its subfolder ``ledger``.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    ValueError
        If one of `KEYS` is missing.
    CourseError
        If the disk is full or the folder may not be written to.
    """
    path = _folder(folder) / file_name(entry)
    stamped = {"written": datetime.now().astimezone().isoformat(timespec="microseconds"), **entry}
    text = json.dumps(_plain(stamped), indent=1, allow_nan=False, ensure_ascii=False)
    return files.write_atomically(path, text.encode())


def read(folder=None) -> list[dict]:
    """Return all readable entries, oldest first.

    Files that are no whole entry are named in one warning, skipped and left as they are.

    Parameters
    ----------
    folder : path, optional
        A results folder, as in `write`.
    """
    entries, broken = [], []
    for path in sorted(_folder(folder).glob("*.json")):
        try:
            entry = json.loads(path.read_text(encoding="utf-8"))
            if file_name(entry):
                entries.append(entry)
        except (OSError, ValueError, TypeError):  # JSON and Unicode errors are ValueErrors
            broken.append(path.name)
    if broken:
        warnings.warn(
            f"Left out of the ledger, as they cannot be read: {', '.join(broken)} "
            f"(in {_folder(folder)}; delete them, or run their lessons again).",
            stacklevel=2,
        )
    return sorted(entries, key=lambda entry: str(entry.get("written", "")))


def find(lesson, preset=None, dataset=None, backbone=None, seed=None, folder=None) -> dict | None:
    """Return the newest entry of a lesson that agrees with everything given, or None.

    Parameters
    ----------
    lesson : str
        Number or slug: ``"03"`` finds what ``"03_cnn_from_scratch"`` wrote, and the reverse.
    preset, dataset, backbone, seed : optional
        None stands for any.
    folder : path, optional
        A results folder, as in `write`.
    """
    wanted = dict(preset=preset, dataset=dataset, backbone=backbone, seed=seed)
    for entry in reversed(read(folder)):
        if number(entry["lesson"]) == number(lesson) and all(
            value is None or entry[key] == value for key, value in wanted.items()
        ):
            return entry
    return None


def number(lesson) -> str:
    """Return the two digits of a lesson: ``"03"`` for ``"03_cnn_from_scratch"``, 3 or ``"03"``."""
    return str(lesson).split("_")[0].zfill(2)


def versions() -> dict[str, str]:
    """Return the versions of what decides a result, read without importing any of it."""
    found = {}
    for name in ("tensorflow", "keras", "numpy"):
        # The CPU build is another distribution of the same package.
        for distribution in (name, f"{name}-cpu"):
            try:
                found[name] = importlib.metadata.version(distribution)
                break
            except importlib.metadata.PackageNotFoundError:
                continue
    return found


def _folder(folder) -> Path:
    return (Path(folder) if folder is not None else settings.results()) / "ledger"


def _plain(value):
    """Return `value` as JSON knows it."""
    if hasattr(value, "tolist"):  # NumPy scalars and arrays, without importing NumPy
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value
