import os
import re
import sys
import tomllib
from pathlib import Path

import pytest

from course_utils import cli, presets
from course_utils.commands import doctor

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A place with two lessons, and with a TensorFlow that loads at once and sees no GPU."""
    (tmp_path / "notebooks").mkdir()
    for number in ("03", "04"):
        (tmp_path / "notebooks" / f"{presets.LESSONS[number].slug}.ipynb").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    tensorflow(tmp_path, sees(0))
    return tmp_path


def tensorflow(folder, source):
    (folder / "tensorflow.py").write_text(source)


def sees(count):
    return f"class config:\n    list_physical_devices = lambda kind: [kind] * {count}\n"


def test_every_problem_has_a_fix_and_decides_the_exit_code(here, capsys):
    checks = {check.name: check for check in doctor.examine()}
    assert set(checks) == {
        "Python", "tensorflow", "keras", "numpy", "papermill", "CPU", "memory", "GPU",
        "disk, caches", "disk, runs", "lessons",
    }  # fmt: skip
    for check in checks.values():
        assert (check.state == doctor.OK) == (check.fix == ""), check
    with pytest.raises(SystemExit) as end:
        cli.main(["doctor"])
    assert "Ready." in capsys.readouterr().out and end.value.code == 0
    tensorflow(here, "raise ImportError('no libfoo')")
    with pytest.raises(SystemExit) as end:
        cli.main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    stop = next(number for number, line in enumerate(lines) if line.startswith("STOP  GPU"))
    assert "no libfoo" in lines[stop] and "-> " in lines[stop + 1]
    assert lines[-1] == "1 to mend first." and end.value.code == 1


def test_a_missing_module_is_a_finding_and_no_traceback(here, monkeypatch):
    monkeypatch.delitem(sys.modules, "course_utils.commands.grid", raising=False)
    monkeypatch.setitem(sys.modules, "psutil", None)
    checks = doctor.examine()
    stops = {check.value: check.fix for check in checks if check.state == doctor.STOP}
    assert "the module psutil is missing" in stops
    assert all("pip install -e" in fix for fix in stops.values())
    assert {"Python", "GPU", "disk, runs"} <= {check.name for check in checks}


def test_packages_are_held_against_the_versions_that_the_package_asks_for(monkeypatch):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["cpu"]
    floors = dict(re.findall(r"^([\w-]+)>=([\d.]+)", "\n".join(asked), re.M))
    floors["keras"] = doctor.AT_LEAST["keras"]  # which TensorFlow asks for
    assert {name: floors[name] for name in doctor.AT_LEAST} == doctor.AT_LEAST
    versions = {"tensorflow": "2.9.1", "keras": "3.15.1", "papermill": "2.7.0rc1"}
    monkeypatch.setattr(doctor.ledger, "versions", lambda names: versions)
    found = {check.name: check for check in doctor.packages()}
    states = {name: found[name].state for name in doctor.AT_LEAST}
    assert states == {"tensorflow": "STOP", "keras": "ok", "numpy": "STOP", "papermill": "ok"}
    assert found["numpy"].value == "missing"


def test_little_memory_is_noted(monkeypatch):
    cpu, memory = doctor.machine()
    assert "threads" in cpu.value and "MB free" in memory.value
    monkeypatch.setitem(doctor.NEED_MB, "memory", 10**9)
    _, memory = doctor.machine()
    assert memory.state == doctor.NOTE and "1,500 MB" in memory.fix


def test_whatever_tensorflow_does_is_a_finding(here, monkeypatch):
    for source, state, words in (
        (f"import sys; print('noise', file=sys.stderr)\n{sees(2)}", doctor.OK, "2 seen"),
        (sees(0), doctor.OK, "CPU"),
        ("raise ImportError('no libfoo')", doctor.STOP, "no libfoo"),
        ("import os; os._exit(3)", doctor.STOP, "exit code 3"),
    ):
        tensorflow(here, source)
        [check] = doctor.gpu()
        assert check.state == state and words in check.value
    tensorflow(here, sees(0))
    monkeypatch.setattr(doctor.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    assert "and-cuda" in next(doctor.gpu()).fix
    tensorflow(here, "import time; time.sleep(60)")
    monkeypatch.setattr(doctor, "PATIENCE", 0.5)
    assert "no answer" in next(doctor.gpu()).value


def test_disks(here, monkeypatch):
    assert [check.state for check in doctor.disks()] == [doctor.OK, doctor.OK]
    monkeypatch.setitem(doctor.NEED_MB, "disk", 10**9)
    caches, runs = doctor.disks()
    assert "COURSE_HOME" in caches.fix and "--runs-dir" in runs.fix
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: mode != os.W_OK)
    assert {check.state for check in doctor.disks()} == {doctor.STOP}


def test_minutes_add_up_over_the_notebooks_there_are(here, monkeypatch):
    [check] = doctor.lessons()
    assert check.value.startswith(f"03, 04 in {here / 'notebooks'}")
    full = sum(presets.LESSONS[number].minutes["full"] for number in ("03", "04"))
    assert check.value.endswith(f"full {full:.0f}")
