"""One way to write a file or a folder: whole or not at all, and disk errors in words."""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
from collections.abc import Callable
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from course_utils.errors import CourseError

# Out of space, and over quota: the same thing to the person who meets it.
_FULL = {errno.ENOSPC, errno.EDQUOT}
_WAY_OUT = (
    "Free some space, or use another folder: give `course run` --runs-dir, set COURSE_HOME for "
    "caches and downloads, in a notebook COURSE_RESULTS; then run again."
)


@contextmanager
def explain_disk_errors(path):
    """Turn an error of the disk into a CourseError about ``path``: full, forbidden, no folder.

    Raises
    ------
    CourseError
        For any OSError. Nothing is deleted here.
    """
    try:
        yield
    except OSError as error:
        full = f"The disk is full ({free_bytes(path) >> 20:,} MiB free)"
        what = full if error.errno in _FULL else error  # which names the file
        told = f"{path} could not be written: {what}. Nothing half-written took"
        raise CourseError(f"{told} its name, files there are untouched. {_WAY_OUT}") from error


def absolute(path) -> Path:
    """Return the whole path, links followed; CourseError if it leads in a circle or nowhere."""
    try:
        return Path(path).expanduser().resolve()
    except (OSError, RuntimeError) as error:
        raise CourseError(f"{path} cannot be used: {error}. Nothing was changed.") from error


def size(path) -> int:
    """Return the bytes of a file; 0 if it is gone meanwhile."""
    with suppress(OSError):
        return os.path.getsize(path)
    return 0


def write_atomically(path, data: bytes | Callable[[Path], object]) -> Path:
    """Write a file so that it is there whole or not at all.

    The bytes go to a temporary file in the same folder, are forced to the disk, and take the final
    name in one step. On any exception, Ctrl-C included, the temporary file is removed and a
    file that had the name before stays as it was.

    Parameters
    ----------
    path : str or Path
        The final name. Missing parent folders are made.
    data : bytes or callable
        The content, or a function that is given the temporary path (same ending as ``path``) and
        writes the file.

    Returns
    -------
    Path
        The final name.

    Raises
    ------
    CourseError
        When the disk is full or the folder may not be written to.
    """
    path = Path(path)
    with explain_disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        # The ending is kept because some writers (NumPy, Keras) choose the format by it.
        temporary = path.with_name(f".writing-{os.getpid()}-{threading.get_ident()}-{path.name}")
        try:
            if callable(data):
                data(temporary)
            else:
                temporary.write_bytes(data)
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    return path


@contextmanager
def new_folder(target, room=0):
    """Make a folder once, whole or not at all, whoever else is at it.

    It is filled beside its place, under a lock, and renamed. What an interrupted process has left
    there is removed first. The lock's hidden file stays: deleting it would let two in at once.

    Parameters
    ----------
    target : path-like
        An absolute path.
    room : int
        Bytes that will be written.

    Yields
    ------
    pathlib.Path or None
        The folder to fill; None if there is something under the final name.

    Raises
    ------
    CourseError
        If the disk has no room, or the folder cannot be written.
    """
    from filelock import FileLock  # slow to import

    target = Path(target)
    temporary = target.with_name(f".{target.name}.unfinished")
    with explain_disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(target.with_name(f".{target.name}.lock"))
        with nullcontext() if _taken(target) else lock:  # which a shared folder may not allow
            if _taken(target):
                yield None
                return
            if temporary.exists():
                shutil.rmtree(temporary)
            need_space(target, room)
            temporary.mkdir()
            try:
                yield temporary
                if target.exists():  # and is empty; Windows renames onto nothing
                    target.rmdir()
                temporary.rename(target)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)


def need_space(path, size):
    """Raise CourseError unless the disk of ``path`` has room for ``size`` bytes more."""
    if size > (free := free_bytes(path)):
        told = f"{path} needs {size >> 20:,} MiB, and {free >> 20:,} MiB are free"
        raise CourseError(f"{told}. Nothing was written. {_WAY_OUT}")


def free_bytes(path) -> int:
    """Return the free bytes of the disk on which ``path`` is or will be."""
    return shutil.disk_usage(_existing(Path(path))).free


def read_json(path) -> dict:
    """Read a JSON file of ours; {} where it is missing, damaged or no object."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # errors of JSON and of Unicode are ValueErrors
        return {}
    return content if isinstance(content, dict) else {}


def _taken(target):
    return target.exists() and any(target.iterdir())


def _existing(path):
    """Return the nearest folder above ``path``, or itself, that exists."""
    while not os.path.exists(path) and path != path.parent:
        path = path.parent
    return path
