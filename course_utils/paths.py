"""Where the course keeps its files, and how it writes them.

Environment variables are read at each call, so that a notebook, a test or ``course run`` may set
them at any time.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path

from course_utils.errors import CourseError

# Out of space, and over quota: the same thing to the person who meets it.
_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}


def home() -> Path:
    """Return the folder of the course's caches: ``$COURSE_HOME`` or the platform's cache folder.

    The folder is not created here; whoever writes into it does that.
    """
    chosen = os.environ.get("COURSE_HOME")
    if chosen:
        return Path(chosen).expanduser()
    import pooch

    return Path(pooch.os_cache("convnet-course"))


def results() -> Path:
    """Return the folder of the ledger and of saved models: ``$COURSE_RESULTS`` or home()/results.

    The folder is not created here.
    """
    chosen = os.environ.get("COURSE_RESULTS")
    return Path(chosen).expanduser() if chosen else home() / "results"


@contextmanager
def explain_disk_errors(path):
    """Turn a full disk or a forbidden folder into a CourseError about ``path``.

    Raises
    ------
    CourseError
        For a full disk, an exceeded quota, a missing permission or a read-only file system. Other
        errors pass through.
    """
    try:
        yield
    except OSError as error:
        folder = Path(path).parent
        if error.errno in _FULL:
            raise CourseError(
                f"The disk is full: {path} could not be written "
                f"({_free(folder)} free in {folder}). Nothing half-written was left behind, and "
                "files already there are untouched. Free some space, or set COURSE_HOME (caches) "
                "or COURSE_RESULTS (results) to a folder on a larger disk, and run again."
            ) from error
        if error.errno in _FORBIDDEN:
            raise CourseError(
                f"{path} could not be written: {error.strerror or error}. Nothing was changed. "
                "Set COURSE_HOME (caches) or COURSE_RESULTS (results) to a folder that you may "
                "write to, and run again."
            ) from error
        raise


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
        handle, name = tempfile.mkstemp(suffix=path.suffix, prefix=".writing-", dir=path.parent)
        temporary = Path(name)
        try:
            os.close(handle)
            os.chmod(temporary, 0o666 & ~_umask())
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


def _umask() -> int:
    """Return the umask. mkstemp makes files private, but a class may share its cache folder."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _free(folder: Path) -> str:
    """Return the free space of the nearest folder that exists, for reading."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return f"{shutil.disk_usage(folder).free / 2**20:.0f} MiB"
