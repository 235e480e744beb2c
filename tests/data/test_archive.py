"""Zip files: hostile and broken ones are refused whole, good ones appear whole or not at all."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_archives import EVIL, GOOD, Entry, write
from PIL import Image

from course_utils.data import archive, datasets
from course_utils.errors import CourseError

ROOT = Path(__file__).resolve().parents[2]
UNPACK = "import sys; from course_utils.data import archive; archive.unpack(*sys.argv[1:])"


def tree(folder):
    """Return all that lies below a folder, with the bytes of the files; locks apart."""
    paths = [path for path in Path(folder).rglob("*") if path.suffix != ".lock"]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in paths
    }


def contents(folder):
    """Return the files below a folder with their bytes."""
    return {name: content for name, content in tree(folder).items() if content is not None}


def python(code, *arguments, **options):
    """Start a process that runs this code."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, text=True, **pipes, **options)


@contextmanager
def small_disk(place, **limits):
    """Mount a small file system, where that is allowed; else skip the test."""
    place.mkdir()
    options = ",".join(f"{name}={value}" for name, value in limits.items())
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    if sys.platform != "linux" or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


# What is refused


@pytest.mark.parametrize("kind", [kind for kind in EVIL if kind != "too many members"])
def test_a_hostile_or_broken_archive_is_refused_whole(kind, tmp_path):
    path = tmp_path / "photos.zip"
    EVIL[kind](path)
    (tmp_path / "deep").mkdir()
    before = tree(tmp_path)
    with pytest.raises(CourseError) as caught:
        archive.unpack(path, tmp_path / "deep" / "target")
    assert str(path) in str(caught.value) and "nothing was unpacked" in str(caught.value)
    assert tree(tmp_path) == before
    assert not any(Path(outside, "escaped.txt").exists() for outside in ("/tmp", "/", "."))


@pytest.mark.parametrize(
    "kind, tell",
    {
        "parent": "'../escaped.txt' has a name",
        "symbolic link": "'dogs' is a link",
        "encrypted": "cats/2.jpg",
        "bomb": "157,286,410 bytes",
        "wrong checksum": "'cats/2.jpg'",
        "twice": "'cats/1.jpg'",
    }.items(),
)
def test_the_message_names_the_member_and_the_reason(kind, tell, tmp_path):
    EVIL[kind](tmp_path / "photos.zip")
    with pytest.raises(CourseError) as caught:
        archive.unpack(tmp_path / "photos.zip", tmp_path / "target")
    assert tell in str(caught.value)


def test_names_that_windows_cannot_hold_are_refused_everywhere(tmp_path):
    path = tmp_path / "a.zip"
    for name in ("CON", "prn.txt", "Aux.tar.gz", "com0", "LPT3", "a:b", "what?.jpg", "1.jpg."):
        for whole in (name, f"{name}/1.jpg", f"cats/{name}"):
            write(path, [GOOD, Entry(whole)])
            with pytest.raises(CourseError, match="some systems cannot hold"):
                archive.unpack(path, tmp_path / "target")
    harmless = ("xCON", "x.prn", "COM10", "console", "nul_1.jpg")
    write(path, [GOOD, *map(Entry, harmless)])
    assert set(tree(archive.unpack(path, tmp_path / "target"))) > set(harmless)


@pytest.mark.parametrize(("name", "most"), [("TOTAL", 10**6), ("MEMBERS", 10)])
def test_a_large_archive_may_not_hold_whatever_fits_its_size(tmp_path, monkeypatch, name, most):
    write(tmp_path / "a.zip", [Entry(f"{n}.jpg", bytes(10**5)) for n in range(11)])
    monkeypatch.setattr(archive, name, most)
    with pytest.raises(CourseError, match="11 files of 1,100,000 bytes"):
        archive.unpack(tmp_path / "a.zip", tmp_path / "target")


def test_a_missing_archive_and_a_folder_are_told(tmp_path):
    for path in (tmp_path / "missing.zip", tmp_path):
        with pytest.raises(CourseError, match="cannot be used"):
            archive.unpack(path, tmp_path / "target")
    assert tree(tmp_path) == {}


@pytest.mark.slow
def test_a_bomb_costs_neither_time_nor_memory(tmp_path):
    """In a process of its own, whose memory is limited to 1 GiB."""
    resource = pytest.importorskip("resource")
    for kind in ("bomb", "too many members", "huge together", "exabytes"):
        EVIL[kind](tmp_path / f"{kind}.zip")
    code = """
import sys
from course_utils.data import archive
from course_utils.errors import CourseError
for path in sys.argv[1:]:
    try:
        archive.unpack(path, path + " unpacked")
        sys.exit(f"{path} was accepted")
    except CourseError:
        pass
"""
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))  # noqa: E731
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    process = python(code, *sorted(tmp_path.glob("*.zip")), preexec_fn=limit, env=environment)
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 0


PIECES = (
    "a", "A", "b", "é", "e\u0301", "ß", "ss", "ﬁ", "/", "//", "\\", ".", "..", "~", ":", "C:", " ",
    "\0", "\n", "CON", "nul.jpg", "$HOME", "%2e%2e", ".hid", "__MACOSX", "Thumbs.db",
)  # fmt: skip
NAMES = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=5).map("".join)


@settings(max_examples=100, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=4), st.sampled_from([0, 0o100644, 0o40755]))
def test_whatever_the_names_nothing_leaves_the_target(names, mode):
    raw = [name.encode(errors="replace") for name in names]
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Path(folder).resolve()
        path, target = sandbox / "a.zip", sandbox / "in" / "target"
        write(path, [Entry(name, name, mode=mode) for name in raw])
        try:
            archive.unpack(path, target)
        except CourseError:
            assert set(tree(sandbox)) <= {"a.zip", "in"}
            return
        for name, content in contents(target).items():
            assert name.encode() == content.partition(b"\0")[0], "its own content, by its own name"
        outside = set(tree(sandbox)) - {f"in/target/{name}" for name in tree(target)}
        assert outside == {"a.zip", "in", "in/target"}


# What is unpacked


def good(path, count=3):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for kind in ("cats", "dogs"):
            for number in range(count):
                content = random.Random(f"{kind} {number}").randbytes(2000)
                file.writestr(f"my photos/{kind}/{number}.jpg", content)
    return path


def test_a_good_archive_is_there_whole_and_litter_is_not(tmp_path):
    names = ("__MACOSX/._x.jpg", ".DS_Store", "cats/Thumbs.db", ".git/config", "cats/._1.jpg")
    kept = [
        Entry("cats/Füße 日本 (1).jpg", b"x" * 10**6, 8),
        Entry("cats/empty.jpg", b""),
        Entry("nested.zip", b"PK\3\4", mode=0),
        Entry("cats/dogs/", b"", mode=0o40755),
        Entry("run.sh", mode=0o100777),
    ]
    write(tmp_path / "a.zip", [GOOD, *map(Entry, names), *kept])
    target = archive.unpack(tmp_path / "a.zip", tmp_path / "new" / "target")
    assert contents(target) == {
        "cats/1.jpg": b"a good one",
        "cats/Füße 日本 (1).jpg": b"x" * 10**6,
        "cats/empty.jpg": b"",
        "nested.zip": b"PK\3\4",
        "run.sh": b"content",
    }
    assert not os.access(target / "run.sh", os.X_OK)


def test_what_is_there_is_not_unpacked_again_and_an_empty_folder_is_filled(tmp_path):
    path, target = good(tmp_path / "a.zip"), tmp_path / "target"
    target.mkdir()
    archive.unpack(path, target)
    (target / "my photos" / "cats" / "0.jpg").write_bytes(b"changed")
    before = tree(target)
    assert archive.unpack(path, target) == target
    assert tree(target) == before


def test_a_target_that_cannot_be_is_told(tmp_path):
    path = good(tmp_path / "a.zip")
    (tmp_path / "file").write_text("mine")
    for target in (tmp_path / "file", tmp_path / "file" / "target", tmp_path / ("x" * 250)):
        with pytest.raises(CourseError, match="could not be written") as caught:
            archive.unpack(path, target)
        assert str(target) in str(caught.value)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_after_an_interruption_the_next_run_starts_clean(sent, tmp_path):
    path, target = good(tmp_path / "a.zip", 2000), tmp_path / "target"
    unfinished = tmp_path / ".target.unfinished"
    default = lambda: signal.signal(signal.SIGINT, signal.default_int_handler)  # noqa: E731
    process = python(UNPACK, path, target, preexec_fn=default)
    while sum(len(names) for _, _, names in os.walk(unfinished)) < 100:
        assert process.poll() is None, process.communicate()
    process.send_signal(sent)
    process.communicate(timeout=60)
    assert not target.exists() and unfinished.is_dir() == (sent == signal.SIGKILL)
    if unfinished.is_dir():
        (unfinished / "stale.jpg").write_bytes(b"from another time")
    archive.unpack(path, target)
    assert not unfinished.exists()
    with zipfile.ZipFile(path) as file:
        assert contents(target) == {name: file.read(name) for name in file.namelist()}


@pytest.mark.slow
def test_four_processes_at_once_unpack_once(tmp_path):
    path, target = good(tmp_path / "a.zip", 300), tmp_path / "target"
    code = UNPACK + '; import os; print(os.stat(sys.argv[2] + "/my photos/dogs/299.jpg"))'
    processes = [python(code, path, target) for _ in range(4)]
    results = [process.communicate(timeout=120) for process in processes]
    assert {errors for _, errors in results} == {""}
    assert len({seen.partition("st_atime")[0] for seen, _ in results}) == 1, "the same file"
    assert len(contents(target)) == 600 and not (tmp_path / ".target.unfinished").exists()


# Disks


def test_a_disk_that_is_too_small_or_fills_up_is_told(tmp_path):
    write(tmp_path / "large.zip", [Entry(f"{n}.jpg", bytes(10**6), 8) for n in range(60)])
    path = good(tmp_path / "a.zip", 100)
    with small_disk(tmp_path / "disk", size="4m", nr_inodes=50) as disk:
        with pytest.raises(CourseError, match=r"needs 57 MiB.*MiB are free.*COURSE_HOME"):
            archive.unpack(tmp_path / "large.zip", disk / "target")
        with pytest.raises(CourseError, match="disk is full.*COURSE_HOME"):
            archive.unpack(path, disk / "target")
        assert tree(disk) == {}


@pytest.mark.slow
def test_a_disk_that_takes_no_more_is_told(tmp_path):
    """A limit on the size of files, which any user may set."""
    resource = pytest.importorskip("resource")
    path, target = good(tmp_path / "a.zip", 100), tmp_path / "new" / "target"
    code = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + UNPACK
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # noqa: E731
    errors = python(code, path, target, preexec_fn=limit).communicate(timeout=60)[1]
    last = errors.strip().splitlines()[-1]
    assert last.startswith("course_utils.errors.CourseError") and str(target) in last
    assert os.strerror(errno.EFBIG) in last and tree(target.parent) == {}


def test_what_lies_in_a_folder_that_may_not_be_written_is_used(tmp_path):
    path = good(tmp_path / "a.zip")
    with small_disk(tmp_path / "disk", size="2m") as disk:
        archive.unpack(path, disk / "target")
        (disk / ".target.lock").unlink()
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        assert archive.unpack(path, disk / "target") == disk / "target"
        with pytest.raises(CourseError, match="could not be written"):
            archive.unpack(path, disk / "another")


# A zip file as DATA


def test_a_zip_file_serves_as_data_and_is_unpacked_once(no_network):
    for kind, grey in (("dark", 60), ("light", 200)):
        folder = no_network / "holiday" / kind
        folder.mkdir(parents=True)
        for number in range(8):
            Image.new("RGB", (20 + number, 20), (grey, number, 0)).save(folder / f"{number}.png")

    def load():
        shutil.make_archive(no_network / "my photos", "zip", no_network, "holiday")
        return datasets.load("quick", data=no_network / "my photos.zip", image_size=16)

    found = load()
    assert found.classes == ("dark", "light")
    assert found.counts == {"train": 8, "validation": 4, "test": 4}
    unpacked = sorted((no_network / "course" / "unpacked").rglob("*.png"))
    dates = [file.stat().st_mtime_ns for file in unpacked]
    again = datasets.load("quick", data=no_network / "my photos.zip", image_size=16)
    assert len(unpacked) == 16 and again.name == found.name
    assert [file.stat().st_mtime_ns for file in unpacked] == dates
    (no_network / "holiday" / "dark" / "0.png").unlink()
    assert sum(load().counts.values()) == 15, "another zip file of this name is another folder"


def test_a_hostile_zip_file_is_refused_as_data(no_network):
    EVIL["symbolic link"](no_network / "photos.zip")
    with pytest.raises(CourseError, match="photos.zip"):
        datasets.load("quick", data=no_network / "photos.zip")
    assert not list((no_network / "course").rglob("*.jpg"))


# The folder to use


def test_the_folder_to_use(tmp_path):
    for number, (names, used) in enumerate(
        [
            ("cats/1.jpg dogs/1.jpg", "."),
            ("photos/cats/1.jpg photos/dogs/1.jpg", "photos"),
            ("photos/cats/1.jpg photos/dogs/1.jpg readme.txt notes.pdf", "photos"),
            ("a/b/c/cats/1.jpg a/b/c/dogs/1.jpg", "a/b/c"),
            ("a/train/cats/1.jpg a/test/cats/1.jpg", "a"),
            ("train/cats/1.jpg test/cats/1.jpg", "."),
            ("cats/1.jpg", "."),
            ("a/cats/1.jpg", "a"),
            ("a/cats/1.jpg a/dogs/1.jpg .hidden/x/1.jpg __MACOSX/a/cats/1.jpg", "a"),
            ("cats/1.jpg cats/.git/x", "."),
            ("a/empty/", "a"),
            ("", "."),
        ]
    ):
        root = tmp_path / str(number)
        root.mkdir()
        for name in names.split():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).mkdir() if name.endswith("/") else (root / name).touch()
        assert archive.inner_folder(root) == root / used, names


def test_what_is_unpacked_is_not_read_again(tmp_path, monkeypatch):
    archive.unpack(good(tmp_path / "a.zip"), tmp_path / "target")
    monkeypatch.delattr(archive.zipfile.ZipFile, "open")  # the way to each member's bytes
    assert archive.unpack(tmp_path / "a.zip", tmp_path / "target") == tmp_path / "target"
