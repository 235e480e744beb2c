import json
import subprocess
import sys

import pytest
from run_helpers import course, lesson

from course_utils import presets
from course_utils.commands import doctor


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    return tmp_path


def test_every_problem_has_a_fix_and_decides_the_exit_code(here):
    lesson(here, "03", "1")
    done = course(here, "doctor", "--json")
    found = json.loads(done.out)
    names = {check["name"] for check in found["checks"]}
    assert {"Python", "tensorflow", "keras", "numpy", "papermill", "CPU", "GPU"} <= names
    assert {"memory", "disk, caches", "disk, runs", "kernel", "lessons", "time, quick"} <= names
    for check in found["checks"]:
        assert check["state"] == "ok" or check["fix"], check
    assert found["healthy"] == all(check["state"] != "stop" for check in found["checks"])
    assert done.returncode == (0 if found["healthy"] else 1)


def test_text_names_the_fix_below_the_problem():
    checks = [doctor.Check("GPU", "none"), doctor.Check("keras", "missing", doctor.STOP, "do so")]
    lines = doctor.as_text(checks).splitlines()
    assert lines[1].startswith("STOP  keras") and lines[2].endswith("-> do so")
    assert lines[-1] == "1 to mend first."
    assert doctor.as_text(checks[:1]).endswith("course run")


def test_versions_are_compared_as_numbers(monkeypatch):
    versions = {"tensorflow": "2.9.1", "keras": "3.15.1", "numpy": None, "papermill": "2.7.0rc1"}
    monkeypatch.setattr(doctor, "installed", versions.get)
    states = {check.name: check.state for check in doctor.check_packages()}
    assert states == {"tensorflow": "stop", "keras": "ok", "numpy": "stop", "papermill": "ok"}


def test_cpu_features_are_read(tmp_path):
    file = tmp_path / "cpuinfo"
    file.write_text("model name\t: A fine CPU\nflags\t\t: avx avx2 avx512f avx512_bf16 sse\n")
    value = doctor.check_cpu(file).value
    assert "A fine CPU" in value and "AVX2, AVX-512, bf16" in value and "AMX" not in value
    file.write_text("model name\t: Old\nflags\t\t: sse\n")
    assert doctor.check_cpu(file).state == doctor.STOP
    assert doctor.check_cpu(tmp_path / "none").state == doctor.OK


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (("GPUs 2\n", "", 0), doctor.OK, "2 seen"),
        (("noise\nGPUs 0\n", "", 0), doctor.OK, "CPU"),
        (("", "Traceback\nImportError: no libfoo", 1), doctor.STOP, "no libfoo"),
        (("", "", -11), doctor.STOP, "-11"),
        (None, doctor.STOP, "did not load within"),
    ],
)
def test_the_gpu_is_asked_with_patience(monkeypatch, answer, state, words):
    def ask(command, timeout, **options):
        assert command[0] == sys.executable
        if answer is None:
            raise subprocess.TimeoutExpired(command, timeout)
        return subprocess.CompletedProcess(command, answer[2], answer[0], answer[1])

    monkeypatch.setattr(doctor.subprocess, "run", ask)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    check = doctor.check_gpu()
    assert check.state == state and words in check.value
    assert bool(check.fix) == (state != doctor.OK)


def test_a_driver_without_cuda_libraries_is_noted(monkeypatch):
    done = subprocess.CompletedProcess([], 0, "GPUs 0\n", "")
    monkeypatch.setattr(doctor.subprocess, "run", lambda *args, **options: done)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    assert "and-cuda" in doctor.check_gpu().fix


def test_disks(tmp_path, monkeypatch):
    assert doctor.check_disk("runs", tmp_path / "not" / "yet").state == doctor.OK
    monkeypatch.setitem(doctor.NEED_MB, "disk", 10**9)
    assert "--runs-dir" in doctor.check_disk("runs", tmp_path).fix
    assert "COURSE_HOME" in doctor.check_disk("caches", tmp_path).fix
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    assert doctor.check_disk("runs", tmp_path).state == doctor.STOP


def test_weights_are_looked_up_where_the_course_does(here, monkeypatch):
    from course_utils.models import backbones

    monkeypatch.setenv("HOME", str(here))
    monkeypatch.setenv("KERAS_HOME", str(here / "keras"))
    assert doctor.check_weights()[-1].state == doctor.NOTE
    (here / "keras" / "models").mkdir(parents=True)
    (here / "keras" / "models" / backbones.get("vgg16").weights_file).touch()
    assert doctor.check_weights()[-1].value == "vgg16"
    monkeypatch.setattr(backbones, "_ZOO_WEIGHTS", here / "none.npz")
    assert doctor.check_weights()[0].state == doctor.STOP


def test_photos(here):
    assert doctor.check_photos().state == doctor.NOTE
    (here / "home" / "data" / presets.PRESETS["full"].dataset).mkdir(parents=True)
    assert doctor.check_photos().state == doctor.OK


def test_another_python_in_the_kernel_is_noted(tmp_path, monkeypatch):
    assert doctor.check_kernel().state == doctor.OK
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {"argv": ["/elsewhere/python", "-m", "x"], "display_name": "P", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    check = doctor.check_kernel()
    assert check.state == doctor.NOTE and "/elsewhere/python" in check.value


def test_minutes_add_up_over_the_notebooks_there_are(here):
    lesson(here, "03", "1")
    lesson(here, "04", "1")
    lessons, quick, full = doctor.check_lessons()
    assert lessons.value.startswith("03, 04 in ")
    expected = sum(presets.LESSONS[number].minutes["full"] for number in ("03", "04"))
    assert full.value == f"about {expected:.0f} minutes on a CPU for 2 lessons"
