"""Every environment variable that the course reads, and every folder that it uses.

They are read at each call, so that a notebook, a test or ``course run`` may set them at any time.
No folder is made here; whoever writes into one does that.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
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


def front_end() -> bool:
    """Return whether somebody sees this kernel's page and can move a slider.

    JupyterLab and Notebook 7 set ``JPY_SESSION_NAME``, VS Code a variable of the notebook, Kaggle
    and Colab their own names. papermill, nbconvert and the like set nothing; where one of them was
    started from a notebook, it has only inherited these, so no kernel may be among our parents.
    $COURSE_HEADLESS decides otherwise: 1 for nobody, 0 for somebody.
    """
    if chosen := os.environ.get("COURSE_HEADLESS"):
        return chosen == "0"
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    seen = {"JPY_SESSION_NAME", "COLAB_RELEASE_TAG"} & os.environ.keys()
    if kaggle := os.environ.get("KAGGLE_KERNEL_RUN_TYPE"):  # there Colab's name is set as well
        seen = kaggle == "Interactive"
    seen = seen or "__vsc_ipynb_file__" in getattr(shell, "user_ns", ())
    return bool(seen) and not _started_by_a_kernel()


def _started_by_a_kernel():
    import psutil

    with suppress(psutil.Error):
        parents = psutil.Process().parents()
        return any("kernel_launcher" in " ".join(parent.cmdline()) for parent in parents)
    return False


CHOICES = {"COURSE_PRECISION": ("float32", "mixed_bfloat16", "mixed_float16")}
CHOICES |= {"COURSE_XLA": ("0", "1")}


def choice(name: str) -> str:
    """Return one of the variables in `CHOICES`, or "", which leaves it to the machine.

    Raises
    ------
    CourseError
        If it is none of the values allowed.
    """
    if (chosen := os.environ.get(name, "")) not in ("", *CHOICES[name]):
        known = ", ".join(CHOICES[name])
        raise CourseError(f"{name} must be one of {known}, or unset, not {chosen!r}.")
    return chosen


def strict() -> bool:
    """Return whether a finding that does not hold is an error: $COURSE_STRICT, in our own tests."""
    return bool(os.environ.get("COURSE_STRICT"))
