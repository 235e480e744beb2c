"""`course run` on small notebooks, most of them in processes of their own, as a user meets it."""

import errno
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import nbformat
import psutil
import pytest
from run_helpers import SLUG, course, lesson, outputs

from course_utils import files, presets
from course_utils.commands import execute as kernel
from course_utils.commands import grid as plan
from course_utils.commands import run
from course_utils.errors import CourseError

SLEEP = """
import os, pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
pathlib.Path(os.environ["COURSE_HOME"], "pids").write_text(f"{os.getpid()} {child.pid}")
time.sleep(300)
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in, with a home of its own."""
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    for name in ("COURSE_RESULTS", "COURSE_STATUS", "COURSE_HEADLESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(plan, "package_hash", lambda: "this package")
    return tmp_path


def whole(folder):
    """Assert that a run's folder holds no half-written file."""
    for path in folder.rglob("*"):
        assert not path.name.startswith(".writing-"), path
        if path.suffix in {".json", ".ipynb"}:
            json.loads(path.read_text(encoding="utf-8"))


def ends(pids):
    """Assert that these processes are gone, or go within a moment."""
    alive = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    _, alive = psutil.wait_procs(alive, timeout=5)
    alive = [p for p in alive if p.status() != psutil.STATUS_ZOMBIE]
    assert not alive


def wait_for(path, seconds=60):
    for _ in range(seconds * 10):
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.1)
    raise AssertionError(f"{path} did not appear")


def test_success(here):
    lesson(here, "03", "import os\nprint(PRESET, SEED, os.environ['COURSE_HEADLESS'])")
    done = course(here, "run", "3")
    assert done.returncode == 0, done.err
    quick = here / "runs" / "quick"
    assert done.out.splitlines()[-1] == f"Report: {quick / 'report.html'}"
    assert "0.750" in done.out and "1,234" in done.out
    assert "03 A convnet from scratch: started" in done.err
    assert "quick 0 1" in outputs(quick / "03_cnn_from_scratch.ipynb")
    whole(quick)


def test_the_kernel_is_this_python_and_this_package(here):
    show = "import sys, course_utils\nprint(sys.executable, course_utils.__file__)"
    lesson(here, "03", show, record=False)
    assert run.run_lessons(["03"]) == 0
    shown = outputs(here / "runs/quick/03_cnn_from_scratch.ipynb").split()
    assert shown == [
        shutil.which(os.sys.executable),
        str(Path(run.__file__).with_name("__init__.py")),
    ]


def test_no_metadata_of_the_run_stays_in_the_executed_notebook(here):
    lesson(here, "03", "1 + 1")
    run.run_lessons(["03"], params={"EPOCHS": 5})
    text = (here / "runs/quick/03_cnn_from_scratch.ipynb").read_text()
    assert "papermill" not in text and "shell.execute_reply" not in text
    assert "EPOCHS = 5" in text


def test_a_failing_lesson_stops_no_other(here):
    lesson(here, "03", "fine = 1", "def broken():\n    raise ValueError('no such cat')\nbroken()")
    lesson(here, "04", "1")
    done = course(here, "run")
    assert done.returncode == 1
    quick = here / "runs" / "quick"
    assert "Code cell 3 (def broken():): ValueError: no such cat" in done.err
    assert str(quick / "03_cnn_from_scratch.failed.ipynb") in done.err
    assert "no such cat" in outputs(quick / "03_cnn_from_scratch.failed.ipynb")
    assert not (quick / "03_cnn_from_scratch.ipynb").exists()
    assert (quick / "04_augmentation.ipynb").exists()
    assert "FAILED" in done.out and "1 of 2 lessons failed" in done.out
    assert "no such cat" in (quick / "report.html").read_text()

    lesson(here, "03", "fine = 1")
    assert course(here, "run").returncode == 0
    assert not list(quick.glob("*.failed.*"))
    assert "no such cat" not in (quick / "report.html").read_text()


def test_a_course_error_is_shown_without_its_class(here, capsys):
    lesson(here, "03", "from course_utils.errors import CourseError\nraise CourseError('Do this.')")
    assert run.run_lessons() == 1
    assert "): Do this.\n" in capsys.readouterr().err


def test_a_dead_kernel(here):
    death = "import os, signal, sys\nos.write(2, b'Out of llamas\\n')\nos.kill(os.getpid(), 9)"
    lesson(here, "03", death)
    done = course(here, "run")
    assert done.returncode == 1
    assert "the kernel died" in done.err
    assert not (here / "runs/quick/03_cnn_from_scratch.ipynb").exists()
    assert not (here / "runs/quick/done").exists()
    whole(here / "runs")
    lesson(here, "03", "1")
    assert course(here, "run").returncode == 0


def test_a_cell_that_takes_too_long(here, capsys):
    lesson(here, "03", SLEEP)
    assert run.run_lessons(cell_timeout=3) == 1
    assert "took longer than 3 s" in capsys.readouterr().err
    ends(map(int, wait_for(here / "home/pids").split()))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interruption_in_mid_lesson(here, number):
    lesson(here, "03", "1")
    lesson(here, "04", SLEEP)
    process = course(here, "run", wait=False)
    pids = [int(pid) for pid in wait_for(here / "home/pids").split()]
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted in lesson 04" in err and "Traceback" not in err
    ends(pids)
    whole(here / "runs")
    assert {path.name for path in (here / "runs/quick").glob("*.ipynb")} == {f"{SLUG['03']}.ipynb"}
    lesson(here, "04", "1")
    again = course(here, "run")
    assert again.returncode == 0
    assert "03_cnn_from_scratch: done before" in again.out


def test_a_killed_course_takes_its_kernel_along(here):
    lesson(here, "03", SLEEP.replace("child = ", "child = None; ").replace("child.pid", "''"))
    process = course(here, "run", wait=False)
    pid = int(wait_for(here / "home/pids").split()[0])
    process.kill()
    process.communicate()
    for _ in range(100):
        if not psutil.pid_exists(pid):
            break
        time.sleep(0.1)
    ends([pid])


def nothing_ran(here, *arguments):
    """Run, expect exit code 2 and one message, and return the message."""
    done = course(here, "run", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.err and done.err.startswith("course: ")
    assert not list(here.rglob("runs/*/*.ipynb"))
    return done.err


def test_wrong_arguments_start_nothing(here):
    lesson(here, "03", "1")
    assert "03, 04" in nothing_ran(here, "99")
    assert "has no notebook yet. There are: 03" in nothing_ran(here, "08")
    assert "Did you mean 'full'" in nothing_ran(here, "--preset", "fulll")
    assert "Did you mean 'vgg16'" in nothing_ran(here, "--backbone", "vgg61")
    assert "/nowhere" in nothing_ran(here, "--data", "/nowhere")
    assert "EPOCHS" in nothing_ran(here, "-p", "EPOCH=3")
    assert not (here / "runs").exists()


def test_wrong_parameters(here):
    lesson(here, "03", "1")
    with pytest.raises(CourseError, match="is a number"):
        run.run_lessons(params={"EPOCHS": "many"})
    with pytest.raises(CourseError, match="--seed"):
        run.run_lessons(params={"SEED": 3})
    lesson(here, "04", "1", parameters="PRESET = 'quick'")
    with pytest.raises(CourseError, match="Lesson 04 has no parameter 'EPOCHS'"):
        run.run_lessons(params={"EPOCHS": 4})
    with pytest.raises(CourseError, match="Lesson 04 has no parameter 'SEED'"):
        run.run_lessons(seed=1)


def test_a_broken_parameters_cell_is_shown(here):
    lesson(here, "03", "1", parameters="PRESET = 'quick")
    with pytest.raises(CourseError, match="parameters cell of lesson 03"):
        run.run_lessons()


def test_places_that_do_not_work(here, tmp_path):
    with pytest.raises(CourseError, match="No lesson was found"):
        run.run_lessons(notebooks_dir=tmp_path)
    lesson(here, "03", "1").write_text("{")
    with pytest.raises(CourseError, match="cannot be read as a notebook"):
        run.run_lessons()
    lesson(here, "03", "1")
    with pytest.raises(CourseError, match="cannot be the name"):
        run.run_lessons(name="../elsewhere")
    (here / "runs").write_text("a file in the way")
    with pytest.raises(CourseError, match="--runs-dir"):
        run.run_lessons()


def test_too_little_space_is_seen_before(here, monkeypatch):
    lesson(here, "03", "1")
    monkeypatch.setattr(plan, "NEED_MB", 10**9)
    with pytest.raises(CourseError, match="Free some space"):
        run.run_lessons()


def test_photos_that_are_not_to_be_had_are_missed_before(here, no_network):
    lesson(here, "03", "1")
    with pytest.raises(CourseError, match="(?s)photos of preset 'full' are not on.*--data"):
        run.run_lessons(preset="full")


def pictures(folder, count=6):
    from PIL import Image

    for name in ("cats", "dogs"):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / name / f"{number}.png")
    return folder


def test_a_folder_is_passed_whole_and_its_files_are_inputs(here, capsys):
    data = pictures(here / "photos")
    lesson(here, "03", "print('DATA is', DATA)")
    assert run.run_lessons(data="photos") == 0
    assert f"DATA is {data}" in outputs(here / "runs/quick/03_cnn_from_scratch.ipynb")
    run.run_lessons(data="photos")
    assert "done before" in capsys.readouterr().out
    os.utime(data / "cats" / "0.png", (1, 1))
    run.run_lessons(data="photos")
    assert "done before" not in capsys.readouterr().out
    (data / "one").mkdir()
    with pytest.raises(CourseError):
        run.run_lessons(data=data / "cats")


def test_resume_and_what_ends_it(here, monkeypatch, capsys):
    path = lesson(here, "03", "1")
    quick = here / "runs" / "quick"

    def skips(**options):
        assert run.run_lessons(["03"], **options) == 0
        return "done before" in capsys.readouterr().out

    assert not skips()
    assert skips()
    assert not skips(fresh=True)
    assert not skips(params={"EPOCHS": 9})
    assert not skips()
    (quick / f"{SLUG['03']}.ipynb").unlink()
    assert not skips()
    next((quick / "ledger").glob("*.json")).unlink()
    assert not skips()
    next((quick / "done").glob("*.json")).write_text('{"half')
    assert not skips()

    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].outputs = [nbformat.v4.new_output("stream", text="an output")]
    nbformat.write(notebook, path)
    assert skips(), "outputs are no input"
    notebook.cells[-1].source += "\n"
    nbformat.write(notebook, path)
    assert not skips()
    monkeypatch.setattr(plan, "package_hash", lambda: "another package")
    assert not skips()


def test_the_package_hash_follows_what_lessons_import(tmp_path, monkeypatch):
    # Not the fixture `here`, which puts a constant in its place.
    for name in ("features.py", "cli.py"):
        (tmp_path / name).write_text("1")
    monkeypatch.setattr(plan, "__file__", str(tmp_path / "plan.py"))
    before = plan.package_hash()
    (tmp_path / "cli.py").write_text("2")
    assert plan.package_hash() == before
    (tmp_path / "features.py").write_text("2")
    assert plan.package_hash() != before


def test_seeds_and_backbones_stand_side_by_side(here, capsys):
    lesson(here, "03", "print('seed', SEED, BACKBONE)")
    for options in ({}, {"seed": 1}, {"backbone": "vgg16"}):
        assert run.run_lessons(**options) == 0
    quick = here / "runs" / "quick"
    assert len(list((quick / "ledger").glob("*.json"))) == 3
    assert "seed 0 None" in outputs(quick / "03_cnn_from_scratch.ipynb")
    assert "seed 1 None" in outputs(quick / "03_cnn_from_scratch-seed1.ipynb")
    assert "seed 0 vgg16" in outputs(quick / "03_cnn_from_scratch-vgg16.ipynb")
    capsys.readouterr()
    for options in ({}, {"seed": 1}, {"backbone": "vgg16"}):
        run.run_lessons(**options)
        assert "done before" in capsys.readouterr().out


def test_inplace_stores_outputs_and_nothing_else(here):
    path = lesson(here, "03", "print('hello')", "1 + 1")
    before = nbformat.read(path, as_version=4)
    before.cells[2].metadata = {"tags": ["nbval-check-output"], "execution": {"a": 1}}
    before.metadata["accelerator"] = "GPU"
    nbformat.write(before, path)
    assert run.run_lessons(inplace=True) == 0
    after = nbformat.read(path, as_version=4)
    assert [c.id for c in after.cells] == [c.id for c in before.cells]
    assert [c.source for c in after.cells] == [c.source for c in before.cells]
    assert after.cells[2].outputs[0].text == "hello\n"
    assert [c.metadata for c in after.cells] == [
        {},
        {"tags": ["parameters"]},
        {"tags": ["nbval-check-output"]},
        {},
        {},
    ]
    assert after.metadata == {
        "accelerator": "GPU",
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert path.read_text().endswith("}\n")
    first = path.read_bytes()
    assert run.run_lessons(inplace=True) == 0
    assert path.read_bytes() == first


@pytest.mark.parametrize(
    "options", [{"seed": 1}, {"preset": "full"}, {"backbone": "vgg16"}, {"params": {"EPOCHS": 1}}]
)
def test_inplace_refuses_what_is_not_the_default(here, options):
    (here / "home/data/cats_vs_dogs").mkdir(parents=True)
    pictures(here / "home/data/cats_vs_dogs")
    path = lesson(here, "03", "1")
    before = path.read_bytes()
    with pytest.raises(CourseError, match="--inplace"):
        run.run_lessons(inplace=True, **options)
    assert path.read_bytes() == before


def test_a_failing_lesson_is_not_stored_in_place(here):
    path = lesson(here, "03", "1 / 0")
    before = path.read_bytes()
    assert run.run_lessons(inplace=True) == 1
    assert path.read_bytes() == before


def test_a_full_disk_when_the_notebook_is_written(here, monkeypatch):
    lesson(here, "03", "1")
    replace = os.replace

    def full(source, target):
        if str(target).endswith(".ipynb"):
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(files.os, "replace", full)
    with pytest.raises(CourseError, match="disk is full"):
        run.run_lessons()
    assert not list(here.rglob("runs/**/*.ipynb")) and not list(here.rglob("done/*"))
    whole(here / "runs")
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert run.run_lessons() == 0


def test_a_small_disk_that_fills_up(here, monkeypatch, capsys):
    disk = here / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    monkeypatch.setattr(plan, "NEED_MB", 0)
    try:
        lesson(here, "03", "print('x' * 3_000_000)")
        with pytest.raises(CourseError, match="disk is full"):
            run.run_lessons(runs_dir=disk)
        assert not list(disk.rglob("*.ipynb")) and not list(disk.rglob("done/*"))
        whole(disk)
        # The lesson itself meets the full disk.
        fill = "import os, pathlib\nout = pathlib.Path(os.environ['COURSE_RESULTS']) / 'big'"
        fill += "\nfrom course_utils import paths\npaths.write_atomically(out, bytes(3_000_000))"
        lesson(here, "03", fill)
        assert run.run_lessons(runs_dir=disk) == 1
        assert "The disk is full" in capsys.readouterr().err
        whole(disk)
        lesson(here, "03", "1")
        monkeypatch.setattr(run.report, "export", lambda notebook: notebook)
        assert run.run_lessons(runs_dir=disk) == 0
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_peak_memory_counts_the_kernel_and_its_children(here):
    eat = "import time; x = bytearray(10**8); time.sleep(1.5)"
    lesson(here, "03", "1")
    lesson(here, "04", eat)
    lesson(here, "07", f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', '{eat}'])")
    assert run.run_lessons() == 0
    markers = sorted(here.rglob("done/*.json"))
    plain, kernel_eats, child_eats = [json.loads(p.read_text())["peak_mb"] for p in markers]
    assert 20 < plain < 500
    assert kernel_eats - plain > 80
    assert child_eats - plain > 80


def test_what_trains_now_is_shown_on_a_terminal(here):
    tell = """
import json, os, pathlib, time
status = {"lesson": "03", "label": "frozen head", "epoch": 12, "epochs": 30, "time": 0}
pathlib.Path(os.environ["COURSE_STATUS"]).write_text(json.dumps(status))
time.sleep(1.5)
"""
    lesson(here, "03", tell)
    pty = pytest.importorskip("pty")  # not on Windows
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [os.sys.executable, "-m", "course_utils", "run"],
        cwd=here,
        env=os.environ | {"PYTHONPATH": str(Path(run.__file__).parents[1]), "COLUMNS": "120"},
        stdout=subprocess.DEVNULL,
        stderr=follower,
    )
    os.close(follower)
    shown = b""
    try:
        while piece := os.read(leader, 4096):
            shown += piece
    except OSError:  # the other end is closed
        pass
    assert process.wait(timeout=60) == 0
    text = shown.decode()
    assert "03 cell 3/4: frozen head, epoch 12/30" in text
    seconds = presets.LESSONS["03"].minutes["quick"] * 60
    assert "0/1 lessons" in text and f"of about 0:{seconds:02.0f}" in text


def test_the_kernel_can_be_started_outside_the_main_thread(here):
    from threading import Thread

    lesson(here, "03", "1")
    codes = []
    thread = Thread(target=lambda: codes.append(run.run_lessons()))
    thread.start()
    thread.join()
    assert codes == [0]


def test_a_kernel_that_does_not_start_fails_its_lesson(here, monkeypatch, capsys):
    lesson(here, "03", "1")
    monkeypatch.setattr(kernel.sys, "executable", shutil.which("false"))
    assert run.run_lessons() == 1
    assert "the kernel died" in capsys.readouterr().err
