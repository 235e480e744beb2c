import subprocess
import sys

import numpy as np
import pytest
from run_helpers import course, lesson

from course_utils import cli, files, settings
from course_utils.data import cache
from course_utils.errors import CourseError


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    return tmp_path


def call(capsys, *arguments):
    """Call `main` in this process; return exit code, standard output and standard error."""
    with pytest.raises(SystemExit) as end:
        cli.main(list(arguments))
    shown = capsys.readouterr()
    return end.value.code, shown.out, shown.err


def test_help_and_checks_load_nothing_heavy():
    code = """
import sys
from course_utils import cli
try:
    cli.main(["run", "--help"])
except SystemExit as end:
    assert end.code == 0
heavy = {"tensorflow", "keras", "papermill", "nbformat", "numpy", "matplotlib", "PIL", "pooch"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
from course_utils.commands import doctor, execute, fetch, grid, report, run
assert not {"tensorflow", "keras", "matplotlib"} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--runs-dir" in done.stdout


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            CourseError("What happened, and what to do."),
            2,
            "course: What happened, and what to do.\n",
        ),
        (KeyboardInterrupt(), 130, "\nInterrupted.\n"),
        (KeyboardInterrupt("Interrupted in lesson 03."), 130, "\nInterrupted in lesson 03.\n"),
        (
            ModuleNotFoundError("No module", name="papermill"),
            2,
            "course: papermill is missing. Install it with: pip install papermill\n",
        ),
    ],
)
def test_what_ends_a_run_is_one_message_and_a_code(capsys, monkeypatch, error, code, said):
    def fail(*args, **options):
        raise error

    monkeypatch.setattr("course_utils.commands.run.run_lessons", fail)
    assert call(capsys, "run") == (code, "", said)


def test_a_reader_that_goes_away_is_code_141(here):
    # Less than a buffer full, so that it is Python's last flush that meets the closed pipe.
    process = course(here, "data", "--list", wait=False)
    process.stdout.close()
    process.stdout = None
    assert (process.communicate()[1], process.returncode) == ("", 141)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--sead", "3"], "--seed"),
        (["--seed", "-1"], "--seed"),
        (["--seed", str(2**31)], "--seed"),
        (["-p", "EPOCHS=5"], "-p"),
    ],
)
def test_a_wrong_option_is_code_2(capsys, monkeypatch, options, said):
    monkeypatch.setattr("course_utils.commands.run.run_lessons", lambda *args, **options: 0)
    code, _, err = call(capsys, "run", *options)
    assert code == 2 and said in err


def test_options_arrive(capsys, monkeypatch):
    seen = {}

    def remember(lessons, **options):
        seen.update(options, lessons=lessons)
        return 1

    monkeypatch.setattr("course_utils.commands.run.run_lessons", remember)
    arguments = "run 3 07 --preset full --data d --backbone b --seed 4 --name n --fresh --inplace"
    more = "--runs-dir r --notebooks-dir k"
    assert call(capsys, *arguments.split(), *more.split())[0] == 1
    assert seen == {
        "lessons": ("3", "07"),
        "preset": "full",
        "data": "d",
        "backbone": "b",
        "seed": 4,
        "name": "n",
        "fresh": True,
        "inplace": True,
        "runs_dir": "r",
        "notebooks_dir": "k",
    }


def test_the_cache_is_shown_and_cleared_but_not_the_data(capsys, here):
    home = here / "home"
    values = cache.store("a" * 32, [np.zeros(2**20, np.uint8)], (2**20,), np.uint8)
    del values
    archive = settings.unpacked() / "key" / "my photos"
    for folder in (archive, settings.downloads(), settings.results()):
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(bytes(2**20))
    assert f"{home}: 4.0 MB" in call(capsys, "cache")[1]
    code, out, _ = call(capsys, "cache", "clear")
    assert code == 0 and "2.0 MB" in out
    assert f"{home}: 2.0 MB" in call(capsys, "cache")[1]
    assert (settings.downloads() / "file").exists() and (settings.results() / "file").exists()
    assert "0.0 MB" in call(capsys, "cache", "clear")[1]


def test_an_archive_that_is_being_unpacked_is_not_cleared(capsys, here):
    """77 of 90 pictures were left under the final name, and used from then on."""
    target = settings.unpacked() / "key" / "photos"
    with files.new_folder(target) as place:
        (place / "1.jpg").write_bytes(bytes(1000))
        target.mkdir()  # so that there is something to clear, at whatever moment
        assert call(capsys, "cache", "clear")[0] == 0
        assert (place / "1.jpg").exists()
    assert (target / "1.jpg").exists()


def test_what_nobody_can_read_ends_without_a_traceback(here):
    """/dev/full, and closed streams, as a service has them."""
    for redirect, codes in (
        (">/dev/full", {1}),
        (">&-", {0}),
        (">&- 2>&-", {0}),
        ("2>&-", {0}),
        ("| head -1", {0, 141}),
    ):
        command = f"{sys.executable} -m course_utils cache {redirect}; exit ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
        assert done.returncode in codes and "Traceback" not in done.stderr, (redirect, done)


def test_a_path_in_a_circle_or_a_name_that_no_disk_holds_is_told(capsys, here):
    lesson(here, "03", "1")
    (here / "loop").symlink_to(here / "loop")
    for option in ("--data", "--runs-dir"):
        code, _, err = call(capsys, "run", option, str(here / "loop"))
        assert code == 2 and "loop" in err and "Traceback" not in err
    for name in ("x" * 300, "x\udce9", "two\nlines", "--help", " "):
        code, _, err = call(capsys, "run", f"--name={name}")
        assert code == 2 and "cannot name a run" in err
