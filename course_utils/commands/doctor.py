"""`course doctor`: what this machine has, what stops the course, and how to mend it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from course_utils import presets, settings
from course_utils.errors import CourseError

OK, NOTE, STOP = "ok", "note", "stop"
# Seconds TensorFlow may take to say which GPUs it sees; the first import on a cold disk is slow.
PATIENCE = 120
NEED_MB = {"memory": 2_000, "disk": 1_000}
# The first version that works, where the package's own metadata cannot be asked.
AT_LEAST = {"tensorflow": "2.20", "keras": "3.10", "numpy": "1.26", "papermill": "2.6"}


@dataclass(frozen=True)
class Check:
    """One finding.

    Attributes
    ----------
    name, value : str
    state : str
        ``"ok"``; ``"note"``, worth knowing; ``"stop"``, the course does not run so.
    fix : str
        What to do, empty where there is nothing to do.
    """

    name: str
    value: str
    state: str = OK
    fix: str = ""


def examine() -> list[Check]:
    """Look at everything; no TensorFlow is loaded into this process, and nothing is changed."""
    checks = [check_python(), *check_packages(), check_cpu(), check_memory(), check_gpu()]
    checks += [check_disk("caches", settings.home()), check_disk("runs", Path.cwd() / "runs")]
    return checks + [*check_weights(), check_photos(), check_kernel(), *check_lessons()]


def healthy(checks) -> bool:
    """Return whether nothing stops the course."""
    return all(check.state != STOP for check in checks)


def as_text(checks) -> str:
    """Return the findings as lines, each problem followed by its fix."""
    width = max(len(check.name) for check in checks)
    marks = {OK: "ok  ", NOTE: "note", STOP: "STOP"}
    lines = []
    for check in checks:
        lines.append(f"{marks[check.state]}  {check.name.ljust(width)}  {check.value}")
        if check.fix:
            lines.append(f"      {' ' * width}  -> {check.fix}")
    stops = sum(check.state == STOP for check in checks)
    lines.append("")
    lines.append(f"{stops} to mend first." if stops else "Ready. Start with: course run")
    return "\n".join(lines)


def as_json(checks) -> str:
    """Return the findings as JSON: ``healthy`` and the list ``checks``."""
    return json.dumps({"healthy": healthy(checks), "checks": [asdict(c) for c in checks]}, indent=1)


def check_python() -> Check:
    """The interpreter. pip refuses the package on a Python that is too old."""
    return Check("Python", f"{platform.python_version()} at {sys.executable}")


def check_packages() -> list[Check]:
    """TensorFlow, Keras, NumPy and papermill: there, and not too old."""
    checks = []
    for name, least in AT_LEAST.items():
        version = installed(name)
        wanted = f"{name}-cpu" if name == "tensorflow" else name
        fix = f"{sys.executable} -m pip install '{wanted}>={least}'"
        if version is None:
            checks.append(Check(name, "missing", STOP, fix))
        elif _numbers(version) < _numbers(least):
            checks.append(Check(name, f"{version}, older than {least}", STOP, fix))
        else:
            checks.append(Check(name, version))
    return checks


def installed(name) -> str | None:
    """Return the version of a distribution or of its CPU build, or None."""
    for distribution in (name, f"{name}-cpu", f"{name}_cpu"):
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    return None


def check_cpu(cpuinfo="/proc/cpuinfo") -> Check:
    """Cores, and the instructions that make training fast."""
    cores = f"{psutil.cpu_count(logical=False) or '?'} cores, {os.cpu_count()} threads"
    try:
        text = Path(cpuinfo).read_text(encoding="utf-8", errors="replace")
    except OSError:  # no Linux
        return Check("CPU", f"{platform.machine()} ({platform.system()}), {cores}")
    flags = set(re.findall(r"[\w.]+", next(iter(re.findall(r"^flags.*:(.*)$", text, re.M)), "")))
    model = next(iter(re.findall(r"^model name.*:\s*(.*)$", text, re.M)), platform.machine())
    names = {"avx2": "AVX2", "avx512f": "AVX-512", "avx512_bf16": "bf16", "amx_bf16": "AMX bf16"}
    fast = [name for flag, name in names.items() if flag in flags]
    value = f"{model}, {cores}, {', '.join(fast) or 'no vector extensions named'}"
    if flags and "avx" not in flags:
        fix = "TensorFlow's own builds need AVX: use another machine, or Colab"
        return Check("CPU", value, STOP, fix)
    return Check("CPU", value)


def check_memory() -> Check:
    """Memory that is free now."""
    memory = psutil.virtual_memory()
    free = memory.available / 2**20
    value = f"{free:,.0f} of {memory.total / 2**20:,.0f} MB free"
    if free < NEED_MB["memory"]:
        return Check("memory", value, NOTE, "close other programs: a lesson takes up to 1,500 MB")
    return Check("memory", value)


def check_gpu() -> Check:
    """The GPUs TensorFlow sees, asked in a process of its own: it may hang or crash there."""
    code = "import tensorflow as tf; print('GPUs', len(tf.config.list_physical_devices('GPU')))"
    env = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE, env=env
        )
    except subprocess.TimeoutExpired:
        fix = "import tensorflow in a Python prompt and see where it waits"
        return Check("GPU", f"TensorFlow did not load within {PATIENCE} s", STOP, fix)
    found = re.search(r"^GPUs (\d+)$", done.stdout, re.M)
    if not found:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        fix = f"{sys.executable} -m pip install --force-reinstall tensorflow-cpu"
        return Check("GPU", f"TensorFlow does not load: {last}", STOP, fix)
    count = int(found[1])
    if count:
        return Check("GPU", f"{count} seen by TensorFlow")
    if shutil.which("nvidia-smi"):
        wsl = " inside WSL2" if platform.system() == "Windows" else ""
        fix = f"to use it: {sys.executable} -m pip install 'tensorflow[and-cuda]'{wsl}"
        return Check("GPU", "an NVIDIA driver is there, but TensorFlow sees no GPU", NOTE, fix)
    return Check("GPU", "none; the course runs on the CPU")


def check_disk(name, folder) -> Check:
    """Free space, and the right to write, where a folder is or will be."""
    place = folder = Path(folder)
    while not place.exists() and place != place.parent:
        place = place.parent
    free = shutil.disk_usage(place).free / 2**20
    value, variable = f"{free:,.0f} MB free in {folder}", "COURSE_HOME"
    way = f"set {variable} to a larger disk" if name == "caches" else "use course run --runs-dir"
    if not os.access(place, os.W_OK):
        return Check(f"disk, {name}", f"{folder} may not be written to", STOP, way)
    if free < NEED_MB["disk"]:
        return Check(f"disk, {name}", value, NOTE, f"free {NEED_MB['disk']:,} MB, or {way}")
    return Check(f"disk, {name}", value)


def check_weights() -> list[Check]:
    """The small base's weights in the package, and those of Keras wherever the course looks."""
    from course_utils.data import registry

    checks = [Check("weights, minivgg", "in the package")]
    if not (Path(__file__).parents[1] / "weights" / "minivgg.npz").is_file():
        fix = "get the file back with: git checkout -- course_utils/weights"
        checks = [Check("weights, minivgg", "missing from the package", STOP, fix)]
    there = [name for name, remote in registry.WEIGHTS.items() if registry.locate(remote)]
    if there:
        return [*checks, Check("weights, ImageNet", ", ".join(there))]
    fix = "only for --preset full: fetched at first use, or now with: course data vgg16"
    return [*checks, Check("weights, ImageNet", "none on this machine", NOTE, fix)]


def check_photos() -> Check:
    """The pictures of the full preset; those of quick are drawn."""
    photos = settings.photos()
    if photos.is_dir():
        return Check("photos", str(photos))
    fix = "only for --preset full: get them with: course data photos, or give a folder with --data"
    return Check("photos", f"none in {photos}; the quick preset draws its own", NOTE, fix)


def check_kernel() -> Check:
    """The kernel that `course run` and JupyterLab start: this very Python."""
    fix = f"{sys.executable} -m pip install ipykernel"
    if importlib.util.find_spec("ipykernel") is None:
        return Check("kernel", "ipykernel is missing", STOP, fix)
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        program = "python"
    # A bare "python" is replaced by the interpreter that runs Jupyter.
    if os.path.isabs(program) and not _same(program, sys.executable):
        fix = f"{sys.executable} -m ipykernel install --sys-prefix"
        value = f"JupyterLab's python3 is {program}, not this Python; course run is not affected"
        return Check("kernel", value, NOTE, fix)
    return Check("kernel", "python3 is this Python")


def _same(one, other):
    # The same file under another name is another environment, so links are not followed.
    return os.path.normcase(os.path.abspath(one)) == os.path.normcase(os.path.abspath(other))


def check_lessons() -> list[Check]:
    """The notebooks found, and the minutes to expect of each preset."""
    from course_utils.commands.grid import find_notebooks

    try:
        slugs = find_notebooks()
    except CourseError as error:
        return [Check("lessons", "no notebooks found", STOP, str(error))]
    lessons = [lesson for lesson in presets.LESSONS.values() if lesson.slug in slugs]
    folder = next(iter(slugs.values())).parent
    checks = [Check("lessons", f"{', '.join(lesson.number for lesson in lessons)} in {folder}")]
    for preset in presets.PRESETS:
        minutes = [lesson.minutes[preset] for lesson in lessons if preset in lesson.minutes]
        count = "1 lesson" if len(minutes) == 1 else f"{len(minutes)} lessons"
        value = f"about {sum(minutes):.0f} minutes on a CPU for {count}"
        checks.append(Check(f"time, {preset}", value))
    return checks


def _numbers(version):
    return [int(part) for part in re.findall(r"\d+", version)[:3]]
