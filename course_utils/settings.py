"""Every environment variable that the course reads, and every folder that it uses.

They are read at each call, so that a notebook, a test or ``course run`` may set them at any time.
No folder is made here; whoever writes into one does that.
"""

from __future__ import annotations

import os
from pathlib import Path

from course_utils.errors import CourseError


def home() -> Path:
    """Return the folder of what the course fetches and caches: $COURSE_HOME or the platform's."""
    if chosen := os.environ.get("COURSE_HOME"):
        return Path(chosen).expanduser()
    import pooch  # slow to import

    return Path(pooch.os_cache("convnet-course"))


def results() -> Path:
    """Return the folder of the ledger and of saved models: $COURSE_RESULTS or home()/results."""
    chosen = os.environ.get("COURSE_RESULTS")
    return Path(chosen).expanduser() if chosen else home() / "results"


def downloads() -> Path:
    """Return the folder of the files that the course has fetched itself."""
    return home() / "downloads"


def arrays() -> Path:
    """Return the folder of decoded pictures and of cached features."""
    return home() / "arrays"


def unpacked() -> Path:
    """Return the folder of zip files given as DATA, unpacked."""
    return home() / "unpacked"


def photos() -> Path:
    """Return the folder of the full preset's photos, sorted into splits and classes."""
    return home() / "data" / "cats_vs_dogs"


def keras_homes() -> list[Path]:
    """Return the folders in which Keras keeps files, ``$KERAS_HOME`` before ``~/.keras``."""
    given = os.environ.get("KERAS_HOME")
    named = [Path(given).expanduser()] if given else []
    return [*named, Path.home() / ".keras"]


def mirror() -> str:
    """Return the folder or address that is asked before the internet: $COURSE_MIRROR, or ""."""
    return os.environ.get("COURSE_MIRROR", "")


def cache_bytes() -> int:
    """Return how many bytes of pictures and features may be kept: $COURSE_CACHE_GB, or 5 GB.

    Raises
    ------
    CourseError
        If the variable holds no number of 0 or more.
    """
    limit = os.environ.get("COURSE_CACHE_GB", "5")
    try:
        allowed = int(float(limit) * 1e9)
    except (ValueError, OverflowError):
        allowed = -1
    if allowed < 0:
        raise CourseError(f"COURSE_CACHE_GB must be a number of 0 or more, not {limit!r}.")
    return allowed


def interactive() -> bool:
    """Return whether anybody can move a slider: not under `course run`, papermill or the tests."""
    return not os.environ.get("COURSE_HEADLESS")


def strict() -> bool:
    """Return whether a finding that does not hold is an error: $COURSE_STRICT, in our own tests."""
    return bool(os.environ.get("COURSE_STRICT"))
