"""`course doctor`: what this machine has, what stops the course, and how to mend it."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from course_utils import files, presets, settings
from course_utils.errors import CourseError
from course_utils.lesson import ledger

OK, NOTE, STOP = "ok", "note", "STOP"
# Seconds TensorFlow may take to say which GPUs it sees; the first import on a cold disk is slow.
PATIENCE = 120
NEED_MB = {"memory": 2_000, "disk": 1_000}
# The first version that works, of what a lesson and `course run` stand on.
AT_LEAST = {"tensorflow": "2.20", "keras": "3.10", "numpy": "1.26", "papermill": "2.6"}
PIP = f"{sys.executable} -m pip install"


@dataclass
class Check:
    """One finding.

    Attributes
    ----------
    name, value : str
    fix : str
        What to do, empty where there is nothing to do.
    state : str
        ``"note"``, worth knowing; ``"STOP"``, the course does not run so; ``"ok"`` without a fix.
    """

    name: str
    value: str
    fix: str = ""
    state: str = NOTE

    def __post_init__(self):
        self.state = self.state if self.fix else OK


def examine() -> list[Check]:
    """Look at everything; no TensorFlow is loaded into this process, and nothing is changed."""
    checks = []
    for look in (packages, machine, gpu, disks, lessons):
        try:
            checks += look()
        except ModuleNotFoundError as error:
            fix = f"in the course's folder: {PIP} -e '.[cpu]'"
            checks.append(Check(look.__name__, f"the module {error.name} is missing", fix, STOP))
        except CourseError as error:
            checks.append(Check(look.__name__, "not found", str(error), STOP))
    return checks


def as_text(checks) -> str:
    """Return the findings as lines, each problem followed by its fix."""
    width, lines = max(len(check.name) for check in checks), []
    for check in checks:
        lines.append(f"{check.state:4}  {check.name:{width}}  {check.value}")
        if check.fix:
            lines.append(f"      {'':{width}}  -> {check.fix}")
    stops = sum(check.state == STOP for check in checks)
    end = f"{stops} to mend first." if stops else "Ready. Start with: course run"
    return "\n".join([*lines, "", end])


def packages():
    """Yield this Python (pip refuses one too old), and the packages of `AT_LEAST`."""
    yield Check("Python", f"{platform.python_version()} at {sys.executable}")
    versions = ledger.versions(AT_LEAST)
    for name, least in AT_LEAST.items():
        version = versions.get(name, "missing")
        wanted = "tensorflow-cpu" if name == "tensorflow" else name
        fix = f"{PIP} '{wanted}>={least}'" if _numbers(version) < _numbers(least) else ""
        yield Check(name, version, fix, STOP)


def machine():
    """Yield the cores, and the memory free now."""
    import psutil

    yield Check("CPU", f"{platform.machine()} ({platform.system()}), {os.cpu_count()} threads")
    now = psutil.virtual_memory()
    free, fix = now.available >> 20, "close other programs: a lesson takes up to 1,500 MB"
    value = f"{free:,} of {now.total >> 20:,} MB free"
    yield Check("memory", value, fix if free < NEED_MB["memory"] else "")


def gpu():
    """Yield the GPUs TensorFlow sees, asked in a process of its own: it may hang or crash there."""
    code = "import tensorflow as tf; print(len(tf.config.list_physical_devices('GPU')))"
    command = [sys.executable, "-c", code]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        told = f"exit code {done.returncode}\n{done.stderr}\n{done.stdout}"
    except subprocess.TimeoutExpired:
        told = f"no answer within {PATIENCE} s"
    last = told.strip().splitlines()[-1]
    if not last.isdigit():
        fix = f"{PIP} --force-reinstall tensorflow-cpu"
        yield Check("GPU", f"TensorFlow does not load: {last}", fix, STOP)
    elif last != "0":
        yield Check("GPU", f"{last} seen by TensorFlow")
    elif shutil.which("nvidia-smi"):
        fix = f"to use it (on Windows inside WSL2): {PIP} 'tensorflow[and-cuda]'"
        yield Check("GPU", "an NVIDIA driver is there, but TensorFlow sees no GPU", fix)
    else:
        yield Check("GPU", "none; the course runs on the CPU")


def disks():
    """Yield the free space, and the right to write, where a folder is or will be."""
    for name, folder, way_out in (
        ("disk, caches", settings.home(), "set COURSE_HOME to a larger disk"),
        ("disk, runs", Path.cwd() / "runs", "use course run --runs-dir"),
    ):
        place = next(place for place in [folder, *folder.parents] if place.exists())
        free, need = files.free_bytes(folder) >> 20, NEED_MB["disk"]
        if place.is_dir() and os.access(place, os.W_OK):
            fix = f"free {need:,} MB, or {way_out}" if free < need else ""
            yield Check(name, f"{free:,} MB free in {folder}", fix)
        else:
            yield Check(name, f"{folder} may not be written to", way_out, STOP)


def lessons():
    """Yield the notebooks found, and the minutes to expect of each preset."""
    from course_utils.commands.grid import find_notebooks

    paths = find_notebooks()
    found = [presets.get_lesson(slug) for slug in paths]
    place = f"{', '.join(lesson.number for lesson in found)} in {paths[found[0].slug].parent}"
    sums = {name: sum(lesson.minutes[name] for lesson in found) for name in presets.PRESETS}
    minutes = ", ".join(f"{name} {total:.0f}" for name, total in sums.items())
    yield Check("lessons", f"{place}; minutes on a CPU: {minutes}")


def _numbers(version):
    return [int(part) for part in re.findall(r"\d+", version)[:3]]
