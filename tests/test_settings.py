"""Settings follow the environment at each call."""

import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from course_utils import settings
from course_utils.errors import CourseError


def test_home_and_results_follow_the_environment_at_call_time(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "one"))
    monkeypatch.delenv("COURSE_RESULTS", raising=False)
    assert settings.home() == tmp_path / "one"
    assert settings.results() == tmp_path / "one" / "results"
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path / "two"))
    assert settings.results() == tmp_path / "two"
    monkeypatch.setenv("COURSE_HOME", "~/somewhere")
    assert settings.home() == Path.home() / "somewhere"
    monkeypatch.delenv("COURSE_HOME")
    assert "convnet-course" in str(settings.home())


def test_kerass_own_folders(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    assert settings.keras_homes() == [Path.home() / ".keras"]
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert settings.keras_homes() == [tmp_path, Path.home() / ".keras"]


def test_the_limit_of_the_cache(monkeypatch):
    monkeypatch.delenv("COURSE_CACHE_GB", raising=False)
    assert settings.cache_bytes() == 5_000_000_000
    monkeypatch.setenv("COURSE_CACHE_GB", "0.25")
    assert settings.cache_bytes() == 250_000_000
    for nonsense in ("much", "-1", "nan", "inf", ""):
        monkeypatch.setenv("COURSE_CACHE_GB", nonsense)
        with pytest.raises(CourseError, match="COURSE_CACHE_GB must be a number"):
            settings.cache_bytes()


FRONT_ENDS = ("JPY_SESSION_NAME", "COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE", "COURSE_HEADLESS")


@pytest.mark.parametrize(
    ("variables", "seen"),
    [
        ({}, False),  # papermill, nbconvert, nbval, a script
        ({"JPY_SESSION_NAME": "lesson.ipynb"}, True),
        ({"COLAB_RELEASE_TAG": "release"}, True),
        ({"COLAB_RELEASE_TAG": "release", "KAGGLE_KERNEL_RUN_TYPE": "Batch"}, False),
        ({"COLAB_RELEASE_TAG": "release", "KAGGLE_KERNEL_RUN_TYPE": "Interactive"}, True),
        ({"JPY_SESSION_NAME": "lesson.ipynb", "COURSE_HEADLESS": "1"}, False),
        ({"COURSE_HEADLESS": "0"}, True),
    ],
)
def test_a_front_end_is_seen_by_what_it_sets(monkeypatch, variables, seen):
    for name in FRONT_ENDS:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert settings.front_end() is seen


def test_vs_code_is_seen_by_a_variable_of_the_notebook(monkeypatch):
    for name in FRONT_ENDS:
        monkeypatch.delenv(name, raising=False)
    shell = SimpleNamespace(user_ns={"__vsc_ipynb_file__": "lesson.ipynb"})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert settings.front_end()


def test_what_a_notebook_has_started_has_only_inherited_its_front_end(tmp_path):
    """`!papermill` in JupyterLab hands the notebook's name on to a kernel that nobody sees."""
    child = "from course_utils import settings; print(settings.front_end())"
    launcher = tmp_path / "ipykernel_launcher.py"
    launcher.write_text(
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}], check=True)"
    )
    environ = {**os.environ, "JPY_SESSION_NAME": "lesson.ipynb"}
    environ.pop("COURSE_HEADLESS", None)
    for command, expected in (([launcher], "False"), (["-c", child], "True")):
        done = subprocess.run(
            [sys.executable, *map(str, command)], env=environ, capture_output=True, text=True,
            check=True, cwd=Path(settings.__file__).parents[1],
        )  # fmt: skip
        assert done.stdout.strip() == expected


def test_a_choice_is_one_of_those_allowed_or_left_to_the_machine(monkeypatch):
    monkeypatch.delenv("COURSE_XLA", raising=False)
    assert settings.choice("COURSE_XLA") == ""
    monkeypatch.setenv("COURSE_XLA", "1")
    assert settings.choice("COURSE_XLA") == "1"
    monkeypatch.setenv("COURSE_XLA", "yes")
    with pytest.raises(CourseError, match="COURSE_XLA must be one of 0, 1, or unset, not 'yes'"):
        settings.choice("COURSE_XLA")


def test_no_other_module_reads_the_environment():
    package = Path(settings.__file__).parent
    # The package's first page quiets TensorFlow; execute hands the environment on.
    kept = {"settings.py", "__init__.py", "execute.py"}
    found = [
        path.name
        for path in package.rglob("*.py")
        if path.name not in kept
        and re.search(r"os\.environ|getenv", path.read_text(encoding="utf-8"))
    ]
    assert found == []
