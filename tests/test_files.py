"""Files and folders appear whole or not at all."""

import errno
import os
import stat
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from course_utils import files
from course_utils.errors import CourseError


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


def test_any_other_error_of_the_disk_is_explained_too(tmp_path):
    def writer(temporary):
        raise OSError(errno.EIO, "broken")

    with pytest.raises(CourseError, match="file could not be written: .*broken.*run again"):
        files.write_atomically(tmp_path / "file", writer)
    assert os.listdir(tmp_path) == []


def test_a_folder_appears_whole_and_once(tmp_path):
    target = tmp_path / "deep" / "folder"
    with files.new_folder(target) as folder:
        (folder / "a").write_text("a")
        assert not target.exists()
    assert os.listdir(target) == ["a"]
    with files.new_folder(target) as folder:
        assert folder is None  # it is there


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_interrupted_folder_leaves_nothing_but_its_lock(tmp_path, error):
    with pytest.raises(error), files.new_folder(tmp_path / "folder") as folder:
        (folder / "half").write_text("half")
        raise error
    assert os.listdir(tmp_path) == [".folder.lock"]


def test_what_a_killed_process_left_of_a_folder_is_removed(tmp_path):
    left = tmp_path / ".folder.unfinished"
    left.mkdir()
    (left / "half").write_text("half")
    with files.new_folder(tmp_path / "folder") as folder:
        assert os.listdir(folder) == []
    assert sorted(os.listdir(tmp_path)) == [".folder.lock", "folder"]


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "folder").mkdir()
    with files.new_folder(tmp_path / "folder") as folder:
        (folder / "a").write_text("a")
    assert os.listdir(tmp_path / "folder") == ["a"]


def test_two_threads_fill_a_folder_once(tmp_path):
    filled = []

    def fill(number):
        with files.new_folder(tmp_path / "folder") as folder:
            if folder is not None:
                filled.append(number)
                time.sleep(0.05)  # the others arrive meanwhile
                (folder / "a").write_text("a")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fill, range(4)))
    assert len(filled) == 1 and os.listdir(tmp_path / "folder") == ["a"]


def test_missing_space_is_told_before_anything_is_written(tmp_path):
    wanted = 2**60
    with (
        pytest.raises(CourseError, match="needs 1,099,511,627,776 MiB.*Nothing was written"),
        files.new_folder(tmp_path / "folder", room=wanted),
    ):
        raise AssertionError("it does not fit")
    assert os.listdir(tmp_path) == [".folder.lock"]
    files.need_space(tmp_path / "not" / "there" / "yet", 1)


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe", b"null", b"[" * 100_000, None])
def test_a_file_of_ours_that_is_damaged_reads_as_nothing(tmp_path, content):
    path = tmp_path / "marker.json"
    if content is not None:
        path.write_bytes(content)
    assert files.read_json(path) == {}
    assert files.read_json(tmp_path) == {}  # a folder


def test_a_file_of_ours_is_read_back(tmp_path):
    files.write_atomically(tmp_path / "a.json", '{"name": "Käse"}'.encode())
    assert files.read_json(tmp_path / "a.json") == {"name": "Käse"}
