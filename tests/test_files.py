"""Files appear whole or not at all, and folders follow the environment."""

import errno
import os
import stat

import pytest

from course_utils import files, settings
from course_utils.errors import CourseError


def test_home_and_results_follow_the_environment_at_call_time(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "one"))
    monkeypatch.delenv("COURSE_RESULTS", raising=False)
    assert settings.home() == tmp_path / "one"
    assert settings.results() == tmp_path / "one" / "results"
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path / "two"))
    assert settings.results() == tmp_path / "two"
    monkeypatch.setenv("COURSE_HOME", "~/somewhere")
    assert settings.home() == files.Path.home() / "somewhere"
    monkeypatch.delenv("COURSE_HOME")
    assert "convnet-course" in str(settings.home())


def test_bytes_arrive_under_the_final_name_alone(tmp_path):
    target = tmp_path / "deep" / "er" / "file.json"
    assert files.write_atomically(target, b"[1]") == target
    assert target.read_bytes() == b"[1]"
    assert os.listdir(target.parent) == ["file.json"]


def test_a_writer_gets_a_temporary_name_with_the_same_ending(tmp_path):
    seen = []

    def writer(temporary):
        seen.append(temporary)
        temporary.write_text("whole")

    files.write_atomically(tmp_path / "model.keras", writer)
    assert (tmp_path / "model.keras").read_text() == "whole"
    assert seen[0].suffix == ".keras" and seen[0].parent == tmp_path
    assert not seen[0].exists()


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_file_is_as_readable_as_any_other(tmp_path):
    (tmp_path / "plain").write_text("")
    files.write_atomically(tmp_path / "ours", b"")
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "plain").stat().st_mode
    )


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_an_interrupted_write_leaves_the_old_file_and_no_other(tmp_path, error):
    target = tmp_path / "file"
    target.write_text("old")

    def writer(temporary):
        temporary.write_text("ha")
        raise error

    with pytest.raises(error):
        files.write_atomically(target, writer)
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_explained(tmp_path, code):
    def writer(temporary):
        raise OSError(code, os.strerror(code))

    with pytest.raises(CourseError, match="disk is full.*MiB free.*COURSE_HOME") as caught:
        files.write_atomically(tmp_path / "file", writer)
    assert str(tmp_path / "file") in str(caught.value)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_a_file_is_explained(tmp_path):
    (tmp_path / "blocked").write_text("")
    with pytest.raises(CourseError, match="could not be written"):
        files.write_atomically(tmp_path / "blocked" / "file", b"")


def test_other_errors_of_the_system_pass_through(tmp_path):
    def writer(temporary):
        raise OSError(errno.EIO, "broken")

    with pytest.raises(OSError, match="broken"):
        files.write_atomically(tmp_path / "file", writer)
