"""`course run`: the order of jobs, what it shows, what ends it, and how it goes on."""

import io
import os
import re
import signal
import sys
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor

import nbformat
import psutil
import pytest
from run_helpers import (
    SLEEP,
    SLUG,
    assert_gone,
    assert_whole,
    course,
    finish,
    lesson,
    pids,
)

from course_utils import presets
from course_utils.commands import execute, grid, run
from course_utils.errors import CourseError

PASSED = {"seconds": 42.0, "peak_mb": 1992}
FAILED = {**PASSED, "reason": "ValueError: no cat", "cell": 3, "code": "look()"}
EARLIER = "03_cnn_from_scratch: done before with the same inputs (--fresh redoes it)"


class Stage(ThreadPoolExecutor):
    """An executor on which `act` plays the part of a kernel."""

    def __init__(self, act, workers=1):
        super().__init__(workers)
        self.act = act

    def submit(self, function, job):
        assert function is execute.execute
        return super().submit(self.act, job)


def until_ended(job):
    """Do nothing until `execute.end_kernels` comes, and note on the job whether it did."""
    kernel = execute.RUNNING[job.executed] = execute.Kernel()
    for _ in range(200):
        if not kernel.cancelled:
            time.sleep(0.05)
    del execute.RUNNING[job.executed]
    job.ended = kernel.cancelled
    raise CancelledError


def jobs(here, *numbers):
    for number in numbers:
        lesson(here, number, "1")
    return grid.plan()


# ---- jobs on an executor


@pytest.mark.parametrize("workers", [1, 2])
def test_a_job_begins_when_those_it_reads_have_ended_even_badly(here, workers):
    events, both = [], threading.Event()

    def act(job):
        number = job.lesson.number
        events.append(f"begin {number}")
        if number == "05":
            both.set()
        if number == "03" and workers == 2:
            assert both.wait(30)  # 05 reads nothing, so it runs at the same time
        events.append(f"end {number}")
        return FAILED if number == "03" else PASSED

    todo = jobs(here, "03", "04", "05", "07")
    with Stage(act, workers) as executor:
        assert run.run_jobs(todo, executor, workers) == 1
    at = events.index
    for job in todo:
        for other in set(job.lesson.reads) & {"03", "04"}:
            assert at(f"end {other}") < at(f"begin {job.lesson.number}")
    begun = [event for event in events if event.startswith("begin")]
    assert len(begun) == 4 and (workers == 2 or begun == sorted(begun))


def test_lines_where_there_is_no_terminal(here, capsys, monkeypatch):
    for number, minutes in (("03", 0.5), ("04", 0.9)):
        monkeypatch.setitem(presets.LESSONS[number].minutes, "quick", minutes)
    answers = {"03": PASSED, "04": FAILED}
    todo = jobs(here, "03", "04")
    with Stage(lambda job: answers[job.lesson.number]) as executor:
        run.run_jobs(todo, executor, 1)
    assert capsys.readouterr().err.splitlines() == [
        "03 A convnet from scratch: started (about 30 s)",
        "03 A convnet from scratch: 42 s, peak 1,992 MB",
        "04 Data augmentation: started (about 54 s)",
        "04 Data augmentation: FAILED after 42 s",
        "  Code cell 3 (look()): ValueError: no cat",
        f"  See {todo[1].log}",
    ]


def test_a_bar_on_a_terminal(here, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    def act(job):
        for _ in range(200):
            if "of about" not in shown.getvalue():
                time.sleep(0.05)
        return PASSED

    monkeypatch.setitem(presets.LESSONS["03"].minutes, "quick", 0.5)
    todo, shown = jobs(here, "03"), Terminal()
    monkeypatch.setattr(sys, "stderr", shown)
    with Stage(act) as executor:
        run.run_jobs(todo, executor, 1)
    text = shown.getvalue()
    assert re.search(r"0/1 lessons, 00:0\d of about 00:30, A convnet", text)
    assert "started" not in text and "03 A convnet from scratch: 42 s, peak 1,992 MB\n" in text


@pytest.fixture
def handler():
    """Set a signal's handler until the end of the test."""
    before = {}

    def put(number, handler):
        before[number] = signal.signal(number, handler)

    yield put
    for number, old in before.items():
        signal.signal(number, old)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_the_kernels_and_then_the_run(here, handler, name):
    def act(job):
        os.kill(os.getpid(), getattr(signal, name))
        until_ended(job)

    handler(getattr(signal, name), signal.default_int_handler)
    todo = jobs(here, "03", "04")
    with Stage(act) as executor:
        with pytest.raises(KeyboardInterrupt, match="Interrupted in lesson 03: .* goes on"):
            run.run_jobs(todo, executor, 1)
    assert todo[0].ended and signal.getsignal(getattr(signal, name)) is signal.default_int_handler


def test_a_signal_that_nohup_ignores_stays_ignored(here, handler):
    def act(job):
        os.kill(os.getpid(), signal.SIGHUP)
        return PASSED

    handler(signal.SIGHUP, signal.SIG_IGN)
    with Stage(act) as executor:
        assert run.run_jobs(jobs(here, "03"), executor, 1) == 0


def test_a_full_disk_ends_the_other_jobs_too(here):
    def act(job):
        if job.lesson.number == "05":
            begun.set()
            until_ended(job)
        begun.wait(30)
        raise CourseError("The disk is full.")

    todo, begun = jobs(here, "03", "05"), threading.Event()
    with Stage(act, 2) as executor, pytest.raises(CourseError, match="disk is full"):
        run.run_jobs(todo, executor, 2)
    assert todo[1].ended and execute.RUNNING == {}


# ---- outputs in place


def test_inplace_stores_outputs_and_nothing_else(here, capsys):
    path = lesson(here, "03", "print('hello')", "1 + 1")
    before = nbformat.read(path, as_version=4)
    before.cells[2].metadata = {"tags": ["nbval-check-output"], "scrolled": True}
    before.metadata["accelerator"] = "GPU"
    nbformat.write(before, path)
    [job] = grid.plan()
    finish(job)
    executed = nbformat.read(path, as_version=4)
    executed.cells[2].outputs = [nbformat.v4.new_output("stream", text="hello\n")]
    nbformat.write(executed, job.executed)
    assert run.run_lessons(inplace=True) == 0
    assert EARLIER in capsys.readouterr().out
    after = nbformat.read(path, as_version=4)
    assert [(c.id, c.source) for c in after.cells] == [(c.id, c.source) for c in before.cells]
    assert after.cells[2].outputs[0].text == "hello\n"
    tags = [{}, {"tags": ["parameters"]}, {"tags": ["nbval-check-output"]}, {}, {}]
    assert [cell.metadata for cell in after.cells] == tags
    assert after.metadata == {
        "accelerator": "GPU",
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert path.read_text().endswith("}\n")
    assert grid.plan()[0].is_done()


@pytest.mark.parametrize("options", [{"seed": 1}, {"preset": "full"}, {"backbone": "vgg16"}])
def test_inplace_refuses_what_is_not_the_default(here, monkeypatch, options):
    path = lesson(here, "03", "1")
    path.write_text(path.read_text().replace("quick", "full"))  # so that full passes nothing
    before = path.read_bytes()
    monkeypatch.setattr(grid, "identify", lambda preset, *_: (preset.dataset, "", None, None))
    with pytest.raises(CourseError, match="--inplace"):
        run.run_lessons(inplace=True, **options)
    assert path.read_bytes() == before


# ---- whole runs


@pytest.mark.slow
def test_a_failing_lesson_stops_no_other_and_is_redone_alone(here, capsys):
    untouched = lesson(here, "04", "1 / 0").read_bytes()
    path = lesson(here, "03", "print('hello')")
    done = course(here, "run", "--inplace")
    quick = here / "runs" / "quick"
    assert done.returncode == 1
    assert "Code cell 2 (1 / 0): ZeroDivisionError" in done.err
    assert f"See {quick / '04_augmentation.failed.ipynb'}" in done.err
    assert "0.750" in done.out and "1,234" in done.out and "1 of 2 lessons failed" in done.out
    assert done.out.splitlines()[-1] == f"Report: {quick / 'report.html'}"
    assert "ZeroDivisionError" in (quick / "report.html").read_text()
    assert "hello" in path.read_text()
    assert (here / "notebooks" / f"{SLUG['04']}.ipynb").read_bytes() == untouched
    assert_whole(quick)


@pytest.mark.slow
def test_killed_then_interrupted_then_finished(here, capsys):
    lesson(here, "03", "1")
    lesson(here, "04", SLEEP)
    killed = course(here, "run", wait=False)
    kernel, child = pids(here / "home")
    killed.kill()
    killed.communicate()
    assert_gone([kernel])
    psutil.Process(child).kill()  # nobody was left who could
    (here / "home" / "pids").unlink()

    process = course(here, "run", wait=False)
    running = pids(here / "home")
    with pytest.raises(CourseError, match="Another `course run` is writing"):
        run.run_lessons(["04"])
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted in lesson 04" in err and "Traceback" not in err
    assert EARLIER in out
    assert_gone(running)
    assert_whole(here / "runs")
    left = {path.name for path in (here / "runs" / "quick").glob("*.*")}
    assert left == {f"{SLUG['03']}.ipynb"}

    lesson(here, "04", "1")
    assert run.run_lessons(["04"]) == 0


@pytest.mark.slow
def test_a_closed_terminal_ends_the_run(here):
    termios = pytest.importorskip("termios")  # not on Windows
    lesson(here, "03", SLEEP)
    leader, follower = os.openpty()
    termios.tcsetwinsize(follower, (24, 120))
    ends = dict.fromkeys(("stdin", "stdout", "stderr"), follower)
    process = course(here, "run", wait=False, preexec_fn=lambda: os.login_tty(follower), **ends)
    os.close(follower)
    running, shown = pids(here / "home"), b""
    while b"A convnet" not in shown:
        shown += os.read(leader, 4096)
    os.close(leader)
    assert process.wait(timeout=60) == 130
    assert_gone(running)
    assert not list((here / "runs" / "quick").glob("*.*"))
