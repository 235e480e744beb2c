"""Large arrays kept on disk under a key: whole or not at all, checked at each use, bounded in size.

Each entry is a folder ``settings.home()/"features"/KEY`` with the array and a note of its shape, type
and checksum. It is written under another name and renamed. Loads no TensorFlow.
"""

import errno
import json
import os
import re
import shutil
import tempfile
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_utils import files, settings
from course_utils.errors import CourseError

_DATA, _ABOUT = "views.npy", "about.json"


class CacheSize(NamedTuple):
    """What the cache holds: bytes on disk and number of entries."""

    bytes: int
    entries: int


def size() -> CacheSize:
    """Return what the cache holds, entries that are being written included."""
    entries = _entries()
    return CacheSize(sum(_bytes(entry) for entry in entries), len(entries))


def clear() -> int:
    """Delete the cached arrays, but nothing else that may lie there; return the bytes freed.

    What a process is writing right now stays, too.
    """
    freed = 0
    for entry in filter(_idle, _entries()):
        freed += _bytes(entry)
        shutil.rmtree(entry, ignore_errors=True)
    return freed


def find(key: str):
    """Return the array kept under a key, memory-mapped and read-only, or None.

    An entry that is damaged is reported in one line and deleted.
    """
    entry = _folder() / key
    if not entry.exists():
        return None
    try:
        about = json.loads((entry / _ABOUT).read_text())
        values = np.load(entry / _DATA, mmap_mode="r")
        if about["key"] != key:
            raise ValueError("it belongs to other pictures or another model")
        if (list(values.shape), values.dtype.name) != (about["shape"], about["dtype"]):
            raise ValueError("its shape is not the one noted")
        checksum, flat = 0, values.reshape(-1)
        for start in range(0, flat.size, 2**22):
            checksum = zlib.crc32(flat[start : start + 2**22], checksum)
        if checksum != about["crc32"]:
            raise ValueError("its checksum is wrong")
        os.utime(entry)  # the time of last use, for _make_room
        return values
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"The cached features {entry} are damaged ({error}); computing them again.")
        shutil.rmtree(entry, ignore_errors=True)
        return None


def store(key: str, blocks, shape: tuple, dtype):
    """Write an array, given block after block, and return it as `find` does.

    Parameters
    ----------
    key : str
        32 hexadecimal digits.
    blocks : iterable of ndarray
        Together the array of this shape and type, in C order. What they raise passes through, and
        nothing is left behind.

    Raises
    ------
    CourseError
        If the disk is full, or the array is larger than ``$COURSE_CACHE_GB`` (5) allows.
    """
    folder, dtype = _folder(), np.dtype(dtype)
    with files.explain_disk_errors(folder / key):
        folder.mkdir(parents=True, exist_ok=True)
        _make_room(int(np.prod(shape)) * dtype.itemsize)
        temporary = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
        try:
            checksum = 0
            about = {"descr": dtype.str, "fortran_order": False, "shape": shape}
            # A plain file: a memory map on a full disk would kill the process, not raise.
            with open(temporary / _DATA, "wb") as file:
                np.lib.format.write_array_header_2_0(file, about)
                for block in blocks:
                    data = np.ascontiguousarray(block, dtype).tobytes()
                    checksum = zlib.crc32(data, checksum)
                    file.write(data)
                file.flush()
                os.fsync(file.fileno())
            about = {"key": key, "shape": shape, "dtype": dtype.name, "crc32": checksum}
            (temporary / _ABOUT).write_text(json.dumps(about))
            temporary.chmod(0o755)
            with suppress(OSError):
                # Fails where another process was faster, and its entry is as good as ours.
                temporary.rename(folder / key)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    values = find(key)
    if values is None:
        raise CourseError(
            f"The features just written to {folder / key} cannot be read back. Run again, with "
            "COURSE_HOME set to a folder on another disk if it happens twice."
        )
    return values


def _folder() -> Path:
    return settings.home() / "features"


def _entries() -> list[Path]:
    """Return the folders that are ours, the longest unused first."""
    ours = re.compile(r"[0-9a-f]{32}|\.writing-.*")
    aged = []
    for path in _folder().glob("*"):
        with suppress(FileNotFoundError):
            if ours.fullmatch(path.name) and path.is_dir():
                aged.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(aged)]


def _bytes(entry: Path) -> int:
    return sum(file.st_size for file in _files(entry))


def _idle(entry: Path) -> bool:
    """Return False for what a process is writing: unfinished, and touched within the hour."""
    touched = max((file.st_mtime for file in _files(entry)), default=time.time())
    return not entry.name.startswith(".") or time.time() - touched > 3600


def _files(entry: Path) -> list[os.stat_result]:
    found = []
    for path in entry.glob("*"):
        with suppress(FileNotFoundError):  # another process may clear it meanwhile
            found.append(path.stat())
    return found


def _make_room(needed: int) -> None:
    """Delete the longest unused entries until ``needed`` bytes more are within the limit."""
    limit = os.environ.get("COURSE_CACHE_GB", "5")
    try:
        allowed = float(limit) * 1e9
    except ValueError:
        raise CourseError(f"COURSE_CACHE_GB must be a number, not {limit!r}.") from None
    if needed > allowed:
        raise CourseError(
            f"These features take {needed / 1e9:.2f} GB, and COURSE_CACHE_GB allows {limit}. "
            "Nothing was written. Take fewer views or a later cut, or set COURSE_CACHE_GB higher."
        )
    total = size().bytes
    for entry in filter(_idle, _entries()):
        if total + needed > allowed:
            total -= _bytes(entry)
            shutil.rmtree(entry, ignore_errors=True)
    if needed > shutil.disk_usage(_folder()).free:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
