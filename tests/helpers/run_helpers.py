"""Small notebooks for the tests of `course run`: no TensorFlow, a second or two each."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import nbformat
import psutil

ROOT = Path(__file__).resolve().parents[2]
SLUG = {
    "01": "01_convolutions",
    "03": "03_cnn_from_scratch",
    "04": "04_augmentation",
    "05": "05_normalization",
    "07": "07_fast_feature_extraction",
}
PARAMETERS = 'PRESET = "quick"  # or "full"\nDATA = None\nBACKBONE = None\nSEED = 0\nEPOCHS = 3'
RECORD = """
from course_utils.lesson import ledger
history = {"accuracy": [0.5, 0.7, 0.9], "val_accuracy": [0.5, 0.7, 0.75]}
result = {"name": "main result", "accuracy": 0.75, "train_accuracy": 0.9, "trainable": 1234,
          "seconds": 1.5, "history": history}
ledger.write({"lesson": "%s", "preset": PRESET, "dataset": "toy_pets", "backbone": BACKBONE,
              "seed": SEED, "main": "main result", "results": [result], "device": "CPU",
              **{k: v for k, v in result.items() if k != "name"}})
"""
# It tells its own number and that of a child, and neither ends by itself.
SLEEP = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
pathlib.Path(os.environ["COURSE_HOME"], "pids").write_text(f"{os.getpid()} {child.pid} ")
time.sleep(300)
"""


def lesson(folder, number, *cells, parameters=PARAMETERS, record=True):
    """Write a lesson with these code cells; it records a ledger entry at its end."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata = {
        "kernelspec": {"name": "another", "display_name": "Another kernel", "language": "python"},
        "language_info": {"name": "python", "version": "3.1"},
    }
    first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    notebook.cells = [nbformat.v4.new_markdown_cell("# A lesson"), first]
    sources = [*cells, *([RECORD % number] if record else [])]
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in sources]
    path = Path(folder) / "notebooks" / f"{SLUG[number]}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def finish(job):
    """Leave what a job leaves that has passed, without running it; return its ledger row."""
    from course_utils import files
    from course_utils.lesson import ledger

    nbformat.write(job.notebook, job.executed)
    numbers = {"accuracy": 0.75, "trainable": 1234, "seconds": 1.5}
    results = [{"name": "main result", "train_accuracy": 0.9, "history": {}, **numbers}]
    row = ledger.write(
        {**job.key, "main": "main result", "results": results, **numbers}, job.folder
    )
    marker = {**job.key, "notebook": job.executed.name, "inputs": job.inputs, "ledger": [row.name]}
    marker |= {"seconds": 1.5, "peak_mb": 99, "versions": {"keras": "3"}}
    files.write_atomically(job.done, json.dumps(marker).encode())
    return row


def course(folder, *arguments, wait=True, **options):
    """Start `course` in a process of its own, in `folder`; `options` are those of Popen."""
    theirs = ("COURSE_", "PYTHONUNBUFFERED")  # a user's output is buffered
    env = {key: value for key, value in os.environ.items() if not key.startswith(theirs)}
    env |= {"PYTHONPATH": str(ROOT), "COURSE_HOME": str(Path(folder) / "home")}
    # A test run in the background inherits an ignored SIGINT; a terminal's command does not.
    unset = partial(signal.signal, signal.SIGINT, signal.default_int_handler)
    own = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "preexec_fn": unset}
    process = subprocess.Popen(
        [sys.executable, "-m", "course_utils", *map(str, arguments)],
        cwd=folder,
        env=env,
        text=True,
        **own | options,
    )
    if not wait:
        return process
    process.out, process.err = process.communicate(timeout=120)
    return process


def outputs(path):
    """Return all text that an executed notebook shows."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    found = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join("".join(o.get("text", [])) + "".join(o.get("traceback", [])) for o in found)


def assert_whole(folder):
    """Assert that a run's folder holds no half-written file."""
    for path in folder.rglob("*"):
        assert not path.name.startswith(".writing-"), path
        if path.suffix in {".json", ".ipynb"}:
            json.loads(path.read_text(encoding="utf-8"))


def pids(home, seconds=60):
    """Wait for what SLEEP tells, and return it: the kernel's process number, and its child's."""
    path = Path(home) / "pids"
    for _ in range(seconds * 20):
        if path.exists() and path.read_text().endswith(" "):
            return [int(pid) for pid in path.read_text().split()]
        time.sleep(0.05)
    raise AssertionError(f"{path} did not appear")


def assert_gone(numbers):
    """Assert that these processes have ended, or do within a moment."""
    alive = [psutil.Process(pid) for pid in numbers if psutil.pid_exists(pid)]
    _, alive = psutil.wait_procs(alive, timeout=10)
    assert not [p for p in alive if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
