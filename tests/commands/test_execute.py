"""Single jobs in kernels of their own: what is left of them, and that they end."""

import errno
import json
import os
import shutil
import sys
import tempfile
import threading
from concurrent.futures import CancelledError

import nbformat
import pytest
from filelock import FileLock
from run_helpers import ROOT, SLEEP, assert_gone, assert_whole, finish, lesson, outputs, pids

from course_utils import files
from course_utils.commands import execute, grid
from course_utils.errors import CourseError

EAT = "import time; x = bytearray(10**8); time.sleep(1.5)"


@pytest.fixture
def job(here):
    """Make the job of a lesson with these cells."""

    def make(*cells, record=True, **options):
        lesson(here, "03", *cells, record=record)
        return grid.plan(**options)[0]

    return make


@pytest.mark.slow
def test_a_lesson_that_passes(here, job, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", "home")  # relative, and the kernel works elsewhere
    spec = here / "jupyter" / "kernels" / "python3" / "kernel.json"  # of another installation
    files.write_atomically(spec, b'{"argv": ["false"], "display_name": "", "language": "python"}')
    monkeypatch.setenv("JUPYTER_PATH", str(here / "jupyter"))
    show = """
import os, sys, course_utils
print(sys.executable, course_utils.__file__, os.getcwd(), PRESET, SEED)
print(*(os.environ[f"COURSE_{name}"] for name in ("HOME", "RESULTS", "HEADLESS")))
"""
    both = f"import subprocess\nchild = subprocess.Popen([sys.executable, '-c', '{EAT}'])\n{EAT}"
    one = job(show, both, seed=1)
    other = one.folder / "ledger" / "03-quick-toy_pets-vgg16-1.json"  # another base's, meanwhile
    threading.Timer(0.5, lambda: (other.parent.mkdir(), other.write_text("{}"))).start()
    marker = execute.execute(one)
    assert marker == json.loads(one.done.read_text())
    assert marker["ledger"] == ["03-quick-toy_pets-none-1.json"] and other.exists()
    assert marker["parameters"] == {"SEED": 1} and marker["inputs"] == one.inputs
    assert 220 < marker["peak_mb"] < 700  # the kernel's own memory and its child's
    assert one.is_done() and execute.RUNNING == {}
    shown = [sys.executable, str(ROOT / "course_utils" / "__init__.py"), str(here / "notebooks")]
    shown += ["quick", "1", str(here / "home"), str(one.folder), "1"]
    assert outputs(one.executed).split() == shown
    # The notebook is the student's, with one cell more.
    notebook = nbformat.read(one.executed, 4)
    [added] = notebook.cells[2:3]
    assert added.metadata["tags"] == ["injected-parameters"] and "SEED = 1" in added.source
    del notebook.cells[2]
    kept = [(cell.id, cell.source) for cell in one.notebook.cells]
    assert [(cell.id, cell.source) for cell in notebook.cells] == kept
    assert nbformat.read(one.source, 4) == one.notebook


@pytest.mark.slow
def test_a_lesson_that_fails(here, job):
    broken = job("fine = 1", "def broken():\n    raise ValueError('no such cat')\nbroken()")
    finish(broken)  # earlier, with the pages that a report makes of it
    broken.executed.with_suffix(".html").write_text("a page")
    broken.failed.with_suffix(".html").write_text("a page")
    marker = execute.execute(broken)
    assert marker == json.loads(broken.failure.read_text())
    expected = {"reason": "ValueError: no such cat", "cell": 3, "code": "def broken():"}
    assert expected.items() <= marker.items() and marker["ledger"] == []
    assert "no such cat" in outputs(broken.failed)
    # Nothing of the earlier success may be taken for this one's.
    left = {path.name for path in broken.folder.glob("*.*")}
    assert left == {broken.failed.name} and not broken.done.exists()
    ours = job("from course_utils.errors import CourseError\nraise CourseError('Do this.')")
    assert execute.execute(ours)["reason"] == "Do this."


@pytest.mark.slow
def test_a_kernel_that_dies_or_does_not_start(job, monkeypatch):
    death = "import os\nos.write(2, b'Out of llamas\\n')\nos.kill(os.getpid(), 9)"
    dead = job(death)
    marker = execute.execute(dead)
    assert "the kernel died or hung" in marker["reason"] and str(dead.log) in marker["reason"]
    assert "Out of llamas" in dead.log.read_text()
    assert (marker["cell"], marker["code"]) == (2, "import os")
    assert not dead.executed.exists() and not dead.done.exists()
    monkeypatch.setattr(execute.sys, "executable", shutil.which("false"))
    marker = execute.execute(dead)
    assert "the kernel died or hung" in marker["reason"] and marker["cell"] is None
    assert not dead.failed.exists()
    assert_whole(dead.folder)


@pytest.mark.slow
def test_a_cancelled_job_leaves_nothing(here, job):
    cancelled, errors = job(SLEEP), []

    def run():
        try:
            execute.execute(cancelled)
        except CancelledError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    numbers = pids(here / "home")
    execute.end_kernels()
    thread.join(30)
    assert len(errors) == 1
    assert_gone(numbers)
    assert {path.name for path in cancelled.folder.rglob("*") if path.is_file()} == {
        "03_cnn_from_scratch.lock",
        "03_cnn_from_scratch.txt",
    }


def test_what_another_run_works_on_is_left_alone(job):
    taken = job("1")
    taken.executed.write_text("half of it")
    with FileLock(taken.log.with_suffix(".lock")):
        with pytest.raises(CourseError, match="--name"):
            execute.execute(taken)
    assert taken.executed.read_text() == "half of it"


@pytest.mark.slow
def test_a_full_disk_leaves_nothing_half_written(job, monkeypatch):
    full, replace = job("1"), os.replace

    def fail(source, target):
        if str(target).endswith(".ipynb"):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(CourseError, match="(?s)disk is full.*--runs-dir"):
        execute.execute(full)
    assert not list(full.folder.rglob("*.ipynb")) and not list(full.folder.rglob("done/*"))
    assert_whole(full.folder)


def test_a_widget_s_output_is_kept_and_nothing_is_sent_back(job):
    """nbclient's answer to the kernel lost a wake-up now and then, and the cell never ended."""
    from nbclient.output_widget import OutputWidget

    show = """
import ipywidgets
for number in range(20):
    box = ipywidgets.Output()
    with box:
        print("inside", number)
"""
    assert "reason" not in execute.execute(job(show))
    # Without a client: whatever sends would stop here.
    OutputWidget("id", {"outputs": []}, None, None).sync_state()


def test_what_a_killed_process_left_half_written_is_swept(job, here, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(here))
    one = job("1")
    (one.folder / "models").mkdir(parents=True)
    dead = one.folder / "models" / ".writing-4194304-1-big.keras"  # no process has this number
    mine = one.folder / "models" / f".writing-{os.getpid()}-1-small.keras"
    for path in (dead, mine):
        path.write_bytes(b"half")
    assert "reason" not in execute.execute(one)
    assert (dead.exists(), mine.exists()) == (False, True)
    # A kernel's connection file, with its key, is the job's own, and goes with it.
    assert not list(here.glob("tmp*.json"))
    assert not list(one.folder.rglob("*.kernel.json"))
