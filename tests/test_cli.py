import subprocess
import sys

import pytest
from run_helpers import course, lesson

from course_utils import cli
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


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom course_utils import cli\n"
        "try:\n    cli.main(['run', '--help'])\nexcept SystemExit as end:\n"
        "    assert end.code == 0\n"
        "heavy = {'tensorflow', 'keras', 'papermill', 'numpy', 'matplotlib', 'nbconvert'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--cell-timeout" in done.stdout


def test_checking_a_run_loads_no_tensorflow():
    code = (
        "import sys, course_utils.commands.run, course_utils.commands.doctor, course_utils.commands.execute\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_course_error_is_one_message_and_code_2(capsys, monkeypatch):
    def fail(*args, **options):
        raise CourseError("What happened, and what to do.")

    monkeypatch.setattr("course_utils.commands.run.run_lessons", fail)
    assert call(capsys, "run") == (2, "", "course: What happened, and what to do.\n")


def test_an_interruption_is_code_130(capsys, monkeypatch):
    def interrupt(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("course_utils.commands.run.run_lessons", interrupt)
    code, _, err = call(capsys, "run")
    assert code == 130 and err == "\nInterrupted.\n"


def test_an_unknown_option_is_code_2(capsys):
    code, _, err = call(capsys, "run", "--sead", "3")
    assert code == 2 and "--seed" in err


def test_options_arrive(capsys, monkeypatch):
    seen = {}

    def remember(lessons, **options):
        seen.update(options, lessons=lessons)
        return 1

    monkeypatch.setattr("course_utils.commands.run.run_lessons", remember)
    arguments = "run 3 07 --preset full --data d --backbone b --seed 4 --name n --fresh --inplace"
    more = (
        "-p EPOCHS=5 -p NAME=two=2 -p RATES=[1,2] --cell-timeout 9 --runs-dir r --notebooks-dir k"
    )
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
        "params": {"EPOCHS": 5, "NAME": "two=2", "RATES": [1, 2]},
        "cell_timeout": 9,
        "runs_dir": "r",
        "notebooks_dir": "k",
    }


@pytest.mark.parametrize("text", ["EPOCHS", "=3", "1a=3"])
def test_a_parameter_without_a_value_is_a_message(capsys, text):
    code, _, err = call(capsys, "run", "-p", text)
    assert code == 2 and "KEY=VALUE" in err


def test_the_cache_is_shown_and_cleared_but_not_the_data(capsys, here):
    for name in ("pictures", "features", "data", "results"):
        (here / "home" / name).mkdir(parents=True)
        (here / "home" / name / "file").write_bytes(bytes(2**20))
    assert "4.0 MB" in call(capsys, "cache")[1]
    assert call(capsys, "cache", "clear")[0] == 0
    assert sorted(path.name for path in (here / "home").iterdir()) == ["data", "results"]
    assert "2.0 MB" in call(capsys, "cache")[1]


def test_the_report_is_written_again(here, capsys):
    lesson(here, "03", "1")
    assert course(here, "run").returncode == 0
    page = here / "runs" / "quick" / "report.html"
    page.unlink()
    code, out, _ = call(capsys, "report")
    assert code == 0 and out.splitlines()[-1] == f"Report: {page}" and page.is_file()
    code, _, err = call(capsys, "report", "nothing")
    assert code == 2 and "holds no executed lesson" in err


def test_the_lab_listens_on_this_machine_only(here, capsys, monkeypatch):
    path = lesson(here, "03", "1")
    started = []
    monkeypatch.setattr(cli.subprocess, "call", lambda command: started.append(command) or 0)
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda name: True)
    assert call(capsys, "lab")[0] == 0
    assert "--ip=127.0.0.1" in started[0] and f"--notebook-dir={path.parent}" in started[0]
    monkeypatch.setattr(cli.importlib.util, "find_spec", lambda name: None)
    code, _, err = call(capsys, "lab")
    assert code == 2 and "pip install jupyterlab" in err
