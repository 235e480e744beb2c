"""Large arrays kept on disk under a key: whole or not at all, checked when read, bounded together.

Decoded pictures and cached features lie here. Each entry is a folder ``settings.arrays()/KEY`` with
the values as plain bytes, and a note: shape, type, what the caller adds, and a checksum over all.
"""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import zlib
from contextlib import suppress

import numpy as np

from course_utils import files, settings
from course_utils.errors import CourseError

_VALUES, _NOTE = "values", "note.json"
_OURS = re.compile(r"[0-9a-f]{32}|\.[0-9a-f]{32}\.unfinished")
_checked = set()  # what this process has read to its end, and found right


def find(key: str) -> tuple[np.ndarray, dict] | None:
    """Return what is kept under a key: an array, memory-mapped and read-only, and its extra.

    Every byte is checked, once in each process. An entry that is damaged is reported in one line
    and deleted; for it, and for one that is not there, the answer is None.
    """
    entry = settings.arrays() / key
    if not entry.exists():
        return None
    try:
        note = files.read_json(entry / _NOTE)
        about, facts = note["about"], (entry / _VALUES).stat()
        # An empty file cannot be mapped.
        values = np.memmap(entry / _VALUES, mode="r") if facts.st_size else np.zeros(0, np.uint8)
        mark = (key, facts.st_ino, facts.st_mtime_ns, json.dumps(note))
        if mark not in _checked:
            if about["key"] != key or _with_note(zlib.crc32(values), about) != note["checksum"]:
                raise ValueError
            _checked.add(mark)
        array = values.view(about["dtype"]).reshape(about["shape"])
    except (OSError, ValueError, KeyError, TypeError):
        print(f"The cached array {entry} is damaged; it is made again.")
        remove(key)
        return None
    with suppress(OSError):  # somebody else's folder, perhaps
        os.utime(entry)  # the time of last use
    return array, about["extra"]


def store(key: str, blocks, shape: tuple, dtype, extra: dict | None = None):
    """Write an array, given block after block, and return it with its extra, as `find` does.

    Who wants to write the same entry at the same time waits for it instead. The longest unused
    entries are deleted where all together would pass ``settings.cache_bytes()``.

    Parameters
    ----------
    key : str
        32 hexadecimal digits.
    blocks : iterable of ndarray
        Of shape (any number, \\*shape[1:]). What they raise passes through, and nothing is left.
    shape : tuple of int
        Of the whole array; the first number is the most rows that may come.
    dtype : numpy.dtype or str
    extra : dict, optional
        Kept with the array, as JSON. It may be filled while the blocks are made.

    Raises
    ------
    CourseError
        If the disk is full, or the array is larger than ``settings.cache_bytes()``.
    """
    entry, dtype = settings.arrays() / key, np.dtype(dtype)
    room = math.prod(shape) * dtype.itemsize + 1000  # and the note
    _make_room(room)
    with files.new_folder(entry, room) as folder:
        if folder is not None:
            rows = checksum = 0
            # A plain file: a memory map on a full disk would kill the process, not raise.
            with open(folder / _VALUES, "wb") as file:
                for block in blocks:
                    block = np.ascontiguousarray(block, dtype)
                    checksum = zlib.crc32(block, checksum)
                    file.write(block)
                    rows += len(block)
                file.flush()
                os.fsync(file.fileno())
            shape = [rows, *shape[1:]]
            about = {"key": key, "dtype": dtype.str, "shape": shape, "extra": extra or {}}
            note = {"about": about, "checksum": _with_note(checksum, about)}
            (folder / _NOTE).write_text(json.dumps(note), encoding="utf-8")
    found = find(key)
    if found is None:
        told = f"The array just written to {entry} cannot be read back"
        raise CourseError(f"{told}. Run again; if it happens twice, set COURSE_HOME elsewhere.")
    return found


def remove(name: str) -> bool:
    """Delete an entry, given its key or its folder's name; False where a process is writing it."""
    from filelock import FileLock  # slow to import

    # As files.new_folder names them: what is being written is locked, and what is not is dead.
    key = name.removeprefix(".").removesuffix(".unfinished")
    entry, unfinished = settings.arrays() / name, settings.arrays() / f".{key}.unfinished"
    try:
        with FileLock(settings.arrays() / f".{key}.lock", timeout=0):
            if entry != unfinished:
                entry.rename(unfinished)  # so that others find it whole or not at all
            shutil.rmtree(unfinished)
    except OSError:  # locked, gone, or in use on Windows
        return False
    return True


def size() -> tuple[int, int]:
    """Return what the cache holds, unfinished entries included: bytes and number of entries."""
    entries = _entries()
    return sum(entries.values()), len(entries)


def clear() -> int:
    """Delete all entries but those that a process is writing; return the bytes freed."""
    return sum(length for name, length in _entries().items() if remove(name))


def _with_note(checksum, about):
    """Continue the checksum of an entry's values with what is noted about them."""
    return zlib.crc32(json.dumps(about).encode(), checksum)


def _make_room(needed):
    allowed = settings.cache_bytes()
    if needed > allowed:
        told = f"An array of {needed / 1e9:.3g} GB is to be kept, and COURSE_CACHE_GB allows"
        told += f" {allowed / 1e9:.3g} GB in all. Nothing was written. Set COURSE_CACHE_GB higher"
        raise CourseError(f"{told}, or take fewer or smaller pictures, fewer views, a later cut.")
    total = size()[0] + needed
    for name, length in _entries().items():
        if total > allowed and remove(name):
            total -= length


def _entries():
    """Return the bytes of each entry by its folder's name, the first to go first."""
    found = []
    for entry in settings.arrays().glob("*"):
        with suppress(OSError):  # another process may delete it meanwhile
            if _OURS.fullmatch(entry.name):
                length = sum(path.stat().st_size for path in entry.iterdir())
                finished = not entry.name.startswith(".")
                found.append((finished, entry.stat().st_mtime, entry.name, length))
    return {name: length for *_, name, length in sorted(found)}
