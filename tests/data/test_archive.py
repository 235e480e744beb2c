"""Zip files: hostile and broken ones are refused whole, good ones appear whole or not at all."""

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unicodedata
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_archives import EVIL, GOOD, Entry, write

from course_utils.data import archive
from course_utils.errors import CourseError

ROOT = Path(__file__).resolve().parents[1]
UNPACK = "import sys; from course_utils.data import archive; archive.unpack(*sys.argv[1:])"


def tree(folder):
    """Return all that lies below a folder, with the bytes of the files; locks apart."""
    paths = [path for path in Path(folder).rglob("*") if path.suffix != ".lock"]
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in paths
    }


def python(code, *arguments, **options):
    """Start a process that runs this code."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )


def killed(code, *arguments, unfinished, files):
    """Run code until there are so many files in a folder, and kill it as `kill -9` does."""
    process = python(code, *arguments)
    while sum(len(names) for _, _, names in os.walk(unfinished)) < files:
        assert process.poll() is None, process.communicate()
        time.sleep(0.001)
    process.kill()
    process.communicate()


@contextmanager
def small_disk(place, **limits):
    """Mount a small file system, where that is allowed; yield whether it was."""
    place.mkdir()
    options = ",".join(f"{name}={value}" for name, value in limits.items())
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    try:
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    except FileNotFoundError:
        mounted = False
    try:
        yield mounted
    finally:
        if mounted:
            subprocess.run(["umount", str(place)], check=True)


# What is refused


@pytest.mark.parametrize("kind", EVIL)
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
    with pytest.raises(zipfile.BadZipFile):
        archive.check(path)


@pytest.mark.parametrize(
    "kind, tell",
    {
        "parent": "../escaped.txt",
        "case": "CATS/1.jpg",
        "symbolic link": "'dogs' is a link",
        "encrypted": "'cats/2.jpg' is encrypted",
        "strongly encrypted": "'cats/2.jpg' is encrypted",
        "bzip2": "method 12",
        "bomb": "157,286,410 bytes",
        "too large a picture": "'cats/3.jpg' has 268,435,457 bytes",
        "too many members": "250,000",
        "wrong checksum": "'cats/2.jpg'",
        "shorter than it says": "'cats/2.jpg'",
    }.items(),
)
def test_the_message_names_the_member_and_the_reason(kind, tell, tmp_path):
    EVIL[kind](tmp_path / "photos.zip")
    with pytest.raises(CourseError) as caught:
        archive.unpack(tmp_path / "photos.zip", tmp_path / "target")
    assert tell in str(caught.value)


@pytest.mark.parametrize(
    "name", "CON prn.txt Aux.tar.gz NUL com0 COM9.jpg LPT³ lpt1.x CONIN$ conout$.jpg".split()
)
def test_devices_of_windows_are_no_names(name, tmp_path):
    for whole in (name, f"{name}/1.jpg", f"cats/{name}", f"cats/{name.split('.')[0]} .jpg"):
        write(tmp_path / "a.zip", [GOOD, Entry(whole)])
        with pytest.raises(zipfile.BadZipFile, match="some systems cannot hold"):
            archive.check(tmp_path / "a.zip")
    for harmless in (f"x{name}", f"x.{name}", "COM10", "console", "nul_1.jpg"):
        write(tmp_path / "a.zip", [GOOD, Entry(harmless)])
        archive.check(tmp_path / "a.zip")


def test_a_large_archive_may_not_hold_whatever_fits_its_size(tmp_path):
    EVIL["huge together"](tmp_path / "tail.zip")
    with open(tmp_path / "a.zip", "wb") as file:  # zipfile passes over what lies in front
        file.seek(250 * 2**20)
        file.write((tmp_path / "tail.zip").read_bytes())
    with pytest.raises(CourseError, match="20,937,965,578 bytes, too many"):
        archive.unpack(tmp_path / "a.zip", tmp_path / "target")
    (tmp_path / "a.zip").unlink()


def test_a_missing_archive_and_a_folder_are_told(tmp_path):
    for path in (tmp_path / "missing.zip", tmp_path):
        with pytest.raises(CourseError, match="cannot be used"):
            archive.unpack(path, tmp_path / "target")
    assert tree(tmp_path) == {}


def test_a_bomb_costs_neither_time_nor_memory(tmp_path):
    """In a process of its own, whose memory is limited to 1 GiB."""
    resource = pytest.importorskip("resource")
    for kind in ("bomb", "too many members", "endless list", "huge together", "exabytes"):
        EVIL[kind](tmp_path / f"{kind}.zip")
    code = """
import sys, zipfile
from course_utils.data import archive
for path in sys.argv[1:]:
    try:
        archive.check(path)
        sys.exit(f"{path} was accepted")
    except zipfile.BadZipFile:
        pass
"""
    limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))  # noqa: E731
    process = python(code, *sorted(tmp_path.glob("*.zip")), preexec_fn=limit,
                     env=os.environ | {"OPENBLAS_NUM_THREADS": "1"})  # fmt: skip
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 0


PIECES = (
    "a", "A", "b", "é", "e\u0301", "ß", "ss", "ﬁ", "/", "//", "\\", ".", "..", "~", ":", "C:", " ",
    "\0", "\n", "CON", "nul.jpg", "$HOME", "%2e%2e", ".hid", "__MACOSX", "Thumbs.db",
)  # fmt: skip
NAMES = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=5).map("".join)


@settings(max_examples=250, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=4), st.sampled_from([0, 0o100644, 0o40755]))
def test_whatever_the_names_nothing_leaves_the_target(names, mode):
    with tempfile.TemporaryDirectory() as folder:
        sandbox = Path(folder).resolve()
        path, target = sandbox / "a.zip", sandbox / "in" / "target"
        write(path, [Entry(n.encode(errors="replace"), n.encode(errors="replace"), mode=mode)
                     for n in names])  # fmt: skip
        try:
            archive.unpack(path, target)
        except CourseError:
            assert set(tree(sandbox)) <= {"a.zip", "in"}
            return
        files = {name: content for name, content in tree(target).items() if content is not None}
        assert all(content == name.encode() for name, content in files.items())
        assert set(files) <= set(names)
        outside = set(tree(sandbox)) - {f"in/target/{name}" for name in tree(target)}
        assert outside == {"a.zip", "in", "in/target"}
        spelled = [unicodedata.normalize("NFC", name).casefold() for name in files]
        assert len(spelled) == len(set(spelled))


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
    files = {name: content for name, content in tree(target).items() if content is not None}
    assert files == {
        "cats/1.jpg": b"a good one",
        "cats/Füße 日本 (1).jpg": b"x" * 10**6,
        "cats/empty.jpg": b"",
        "nested.zip": b"PK\3\4",
        "run.sh": b"content",
    }
    assert not os.access(target / "run.sh", os.X_OK)
    archive.check(tmp_path / "a.zip")


def test_an_archive_behind_other_bytes_and_a_stream_without_sizes(tmp_path):
    """As self-unpacking files and programs that write to a pipe make them."""
    path = good(tmp_path / "a.zip")
    path.write_bytes(b"MZ" + bytes(500) + path.read_bytes())
    assert len(tree(archive.unpack(path, tmp_path / "one"))) == 9

    class Pipe:
        def __init__(self, file):
            self.write, self.flush = file.write, file.flush

    with open(tmp_path / "b.zip", "wb") as raw, zipfile.ZipFile(Pipe(raw), "w") as file:
        file.writestr("cats/1.jpg", b"streamed")
    assert tree(archive.unpack(tmp_path / "b.zip", tmp_path / "two"))["cats/1.jpg"] == b"streamed"


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


@pytest.mark.parametrize("files", [1, 300, 700])
def test_after_kill_9_the_next_run_starts_clean(files, tmp_path):
    path, target = good(tmp_path / "a.zip", 800), tmp_path / "target"
    unfinished = tmp_path / ".target.unfinished"
    killed(UNPACK, path, target, unfinished=unfinished, files=files)
    assert unfinished.is_dir() and not target.exists()
    (unfinished / "stale.jpg").write_bytes(b"from another time")
    archive.unpack(path, target)
    assert not unfinished.exists()
    with zipfile.ZipFile(path) as file:
        names = {f"my photos/{kind}" for kind in ("cats", "dogs")} | {"my photos"}
        assert set(tree(target)) == names | set(file.namelist())
        assert all((target / name).read_bytes() == file.read(name) for name in file.namelist())


def test_eight_processes_at_once_unpack_once(tmp_path):
    path, target = good(tmp_path / "a.zip", 300), tmp_path / "target"
    code = (
        UNPACK
        + """
import os
facts = os.stat(os.path.join(sys.argv[2], "my photos", "dogs", "299.jpg"))
print(facts.st_ino, facts.st_mtime_ns, facts.st_size)"""
    )
    processes = [python(code, path, target) for _ in range(8)]
    results = [process.communicate(timeout=120) for process in processes]
    assert {errors for _, errors in results} == {""}
    assert len({seen for seen, _ in results}) == 1
    assert len(tree(target)) == 603 and not (tmp_path / ".target.unfinished").exists()


# Full disks


def test_an_archive_larger_than_the_disk_is_told_before(tmp_path, monkeypatch):
    path, disk = tmp_path / "a.zip", tmp_path / "disk"
    write(path, [Entry(f"{n}.jpg", bytes(10**6), 8) for n in range(60)])
    with small_disk(disk, size="2m") as mounted:
        if not mounted:  # then the answer of the system has to be invented
            few = shutil.disk_usage(disk)._replace(free=10**6)
            monkeypatch.setattr(shutil, "disk_usage", lambda folder: few)
        with pytest.raises(CourseError, match=r"needs 57 MiB.*MiB are free.*COURSE_HOME"):
            archive.unpack(path, disk / "target")
        assert tree(disk) == {}


def test_what_lies_in_a_folder_that_may_not_be_written_is_used(tmp_path):
    path, disk = good(tmp_path / "a.zip"), tmp_path / "disk"
    with small_disk(disk, size="2m") as mounted:
        archive.unpack(path, disk / "target")
        (disk / ".target.lock").unlink()
        with read_only(disk, mounted):
            assert archive.unpack(path, disk / "target") == disk / "target"
            with pytest.raises(CourseError, match="could not be written"):
                archive.unpack(path, disk / "another")


@contextmanager
def read_only(folder, mounted):
    """Forbid to write into a folder. Permissions do not stop the superuser; a mounted disk does."""
    if mounted:
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
    elif os.name == "nt" or os.geteuid() == 0:
        pytest.skip("nothing can be forbidden to this user")
    folder.chmod(0o555) if not mounted else None
    try:
        yield
    finally:
        folder.chmod(0o755) if not mounted else None


def test_a_disk_that_fills_up_meanwhile(tmp_path):
    """Out of files where a file system can be mounted; over the user's limit elsewhere."""
    path, disk = good(tmp_path / "a.zip", 100), tmp_path / "disk"
    with small_disk(disk, size="4m", nr_inodes=50) as mounted:
        if mounted:
            with pytest.raises(CourseError, match="disk is full.*COURSE_HOME"):
                archive.unpack(path, disk / "target")
            assert tree(disk) == {}
    resource = pytest.importorskip("resource")
    code = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + UNPACK
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # noqa: E731
    process = python(code, path, disk / "target", preexec_fn=limit)
    errors = process.communicate(timeout=60)[1].strip().splitlines()
    assert errors[-1].startswith("course_utils.errors.CourseError") and str(disk) in errors[-1]
    assert os.strerror(errno.EFBIG) in errors[-1] and tree(disk) == {}


def test_an_interruption_leaves_nothing(tmp_path):
    path = good(tmp_path / "a.zip", 2000)
    default = lambda: signal.signal(signal.SIGINT, signal.default_int_handler)  # noqa: E731
    process = python(UNPACK, path, tmp_path / "target", preexec_fn=default)
    while not (tmp_path / ".target.unfinished" / "my photos").exists():
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate(timeout=60)[1]
    assert set(tree(tmp_path)) == {"a.zip"}


# The folder to use


def made(root, *names):
    for name in names:
        path = root / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_bytes(b"")
    return root


@pytest.mark.parametrize(
    "names, used",
    [
        (["cats/1.jpg", "dogs/1.jpg"], "."),
        (["my photos/cats/1.jpg", "my photos/dogs/1.jpg"], "my photos"),
        (["my photos/cats/1.jpg", "my photos/dogs/1.jpg", "readme.txt", "notes.pdf"], "my photos"),
        (["a/b/c/cats/1.jpg", "a/b/c/dogs/1.jpg"], "a/b/c"),
        (["a/train/cats/1.jpg", "a/test/cats/1.jpg"], "a"),
        (["train/cats/1.jpg", "test/cats/1.jpg"], "."),
        (["cats/1.jpg"], "."),
        (["a/cats/1.jpg"], "a"),
        (["a/cats/1.jpg", "a/dogs/1.jpg", "1.jpg"], "."),
        (["a/cats/1.jpg", "a/dogs/1.jpg", ".hidden/x/1.jpg", "__MACOSX/a/cats/1.jpg"], "a"),
        (["cats/1.jpg", "cats/.git/x"], "."),
        (["1.jpg"], "."),
        (["a/"], "."),
        ([], "."),
    ],
)
def test_the_folder_to_use(names, used, tmp_path):
    assert archive.top(made(tmp_path, *names)) == tmp_path / used
