"""The one store of large arrays: checked when read, whole or not at all, bounded, cleared."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from course_utils import files
from course_utils.data import cache
from course_utils.errors import CourseError

ONE, TWO, THREE, FOUR = (digit * 32 for digit in "1234")
ROWS = np.arange(600, dtype="float16").reshape(30, 4, 5)


@pytest.fixture(autouse=True)
def arrays(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    monkeypatch.delenv("COURSE_CACHE_GB", raising=False)
    return tmp_path / "arrays"


def keep(key=ONE, rows=ROWS, **extra):
    return cache.store(key, (rows[k : k + 7] for k in range(0, 30, 7)), rows.shape, "f2", extra)


def shown(arrays):
    """Return the names of the entries, without the locks, which stay."""
    names = [path.name for path in arrays.glob("*")] if arrays.exists() else []
    return sorted(name for name in names if not name.endswith(".lock"))


def size(arrays):
    """Return how many bytes the entries take, unfinished ones included."""
    return sum(path.stat().st_size for name in shown(arrays) for path in (arrays / name).iterdir())


def test_what_was_stored_is_found_again_mapped_and_read_only():
    assert cache.find(ONE) is None and cache.clear() == 0
    for array, extra in (keep(bad={"x\udcf6.jpg": "empty"}), cache.find(ONE)):
        np.testing.assert_array_equal(array, ROWS)
        assert isinstance(array, np.memmap) and not array.flags.writeable
        assert array.dtype == np.float16 and extra == {"bad": {"x\udcf6.jpg": "empty"}}


def test_fewer_rows_may_come_than_were_announced_and_extra_is_filled_meanwhile():
    extra = {}

    def blocks():
        yield ROWS[:2]
        extra["left out"] = [2]
        yield ROWS[3:4]

    array, found = cache.store(ONE, blocks(), ROWS.shape, "f2", extra)
    np.testing.assert_array_equal(array, ROWS[[0, 1, 3]])
    assert found == {"left out": [2]}
    none, _ = cache.store(TWO, iter(()), ROWS.shape, "f2")
    assert none.shape == (0, 4, 5) and cache.find(TWO)[0].shape == (0, 4, 5)


def test_what_is_there_is_not_made_again():
    keep()
    np.testing.assert_array_equal(cache.store(ONE, iter(()), ROWS.shape, "f2")[0], ROWS)


def change(place, **changes):
    """Write other words into a note."""
    note = json.loads((place / "note.json").read_text())
    note["about"] |= changes
    (place / "note.json").write_text(json.dumps(note))


def flip(path):
    content = bytearray(path.read_bytes())
    content[-7] ^= 1
    path.write_bytes(content)


def swap(place, name):
    """Put a file of another entry here."""
    shutil.copy(place.with_name(TWO) / name, place / name)


HURTS = {
    "a bit flipped": lambda place: flip(place / "values"),
    "zeros of the same length": lambda place: (place / "values").write_bytes(bytes(1200)),
    "cut off": lambda place: os.truncate(place / "values", 1190),
    "longer": lambda place: (place / "values").write_bytes(ROWS.tobytes() + b"more"),
    "values empty": lambda place: os.truncate(place / "values", 0),
    "values missing": lambda place: (place / "values").unlink(),
    "values of another entry": lambda place: swap(place, "values"),
    "note empty": lambda place: os.truncate(place / "note.json", 0),
    "note missing": lambda place: (place / "note.json").unlink(),
    "note cut off": lambda place: os.truncate(place / "note.json", 20),
    "note a list": lambda place: (place / "note.json").write_text("[1]"),
    "note of another entry": lambda place: swap(place, "note.json"),
    "all of another entry": lambda place: [swap(place, name) for name in os.listdir(place)],
    "another shape": lambda place: change(place, shape=[30, 5, 4]),
    "another type": lambda place: change(place, dtype="<i2"),
    "another extra": lambda place: change(place, extra={"bad": {}}),
    "nothing inside": lambda place: [path.unlink() for path in place.iterdir()],
}


def test_whatever_is_damaged_is_told_in_a_line_deleted_and_made_again(arrays, capsys):
    keep(TWO, ROWS[::-1])
    for hurt, make in HURTS.items():
        keep()
        make(arrays / ONE)
        assert cache.find(ONE) is None, hurt
        said = capsys.readouterr().out
        assert said.count("\n") == 1 and str(arrays / ONE) in said and "damaged" in said, hurt
        assert shown(arrays) == [TWO], hurt
        np.testing.assert_array_equal(keep()[0], ROWS, err_msg=hurt)
        assert capsys.readouterr().out == "", hurt


def run(code, *arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True,
        cwd=Path(cache.__file__).parents[2], **options,
    )  # fmt: skip


def test_every_byte_is_checked_once_in_each_process(arrays):
    """A change that nothing gives away is found by the next process, if not by this one."""
    keep()
    before = (arrays / ONE / "values").stat()
    with open(arrays / ONE / "values", "r+b") as file:
        file.write(b"\1\2\3")
    os.utime(arrays / ONE / "values", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert cache.find(ONE) is not None
    code = "import sys; from course_utils.data import cache; print(cache.find(sys.argv[1]))"
    said = run(code, ONE).communicate(timeout=60)[0]
    assert "damaged" in said and said.endswith("None\n")


# Interrupted, crowded, full


def test_an_interruption_leaves_nothing(arrays):
    class Stop(Exception):
        pass

    for error in (KeyboardInterrupt, SystemExit, Stop):

        def blocks(error=error):
            yield ROWS[:7]
            raise error

        with pytest.raises(error):
            cache.store(ONE, blocks(), ROWS.shape, "f2")
        assert shown(arrays) == []
    np.testing.assert_array_equal(keep()[0], ROWS)


WRITER = """if True:
    import sys, time
    import numpy as np
    from course_utils.data import cache
    def blocks():
        yield np.ones((1000, 4, 5))
        print("writing", flush=True)
        time.sleep(60)
    cache.store(sys.argv[1], blocks(), (2000, 4, 5), "f2")
"""


def test_what_a_process_is_writing_is_spared_until_the_process_is_killed(arrays, monkeypatch):
    """Neither clearing nor the limit touches it. What the dead leave, the next one removes."""
    writers = [run(WRITER, key) for key in (ONE, TWO)]
    try:
        for writer in writers:
            assert writer.stdout.readline() == "writing\n"
        assert cache.clear() == 0
        monkeypatch.setenv("COURSE_CACHE_GB", "3e-6")
        keep(THREE)
        unfinished = [f".{key}.unfinished" for key in (ONE, TWO)]
        assert shown(arrays) == [*unfinished, THREE]
    finally:
        for writer in writers:
            writer.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
            writer.wait()
            writer.stdout.close()
    monkeypatch.delenv("COURSE_CACHE_GB")
    np.testing.assert_array_equal(keep(ONE)[0], ROWS)
    assert shown(arrays) == [unfinished[1], ONE, THREE]
    monkeypatch.setenv("COURSE_CACHE_GB", "8e-6")
    keep(FOUR)  # needs room: what is dead goes before what is old
    assert shown(arrays) == [ONE, THREE, FOUR]


def test_a_second_writer_waits_and_gets_what_the_first_one_made(arrays):
    begun, go_on, found = threading.Event(), threading.Event(), []

    def slow():
        begun.set()
        assert go_on.wait(20)
        yield ROWS

    def never():
        raise AssertionError("it was made twice")
        yield

    first = threading.Thread(target=cache.store, args=(ONE, slow(), ROWS.shape, "f2"))
    second = threading.Thread(
        target=lambda: found.append(cache.store(ONE, never(), ROWS.shape, "f2"))
    )
    first.start()
    assert begun.wait(20)
    second.start()
    time.sleep(0.2)
    assert found == [] and second.is_alive()
    go_on.set()
    first.join(20)
    second.join(20)
    np.testing.assert_array_equal(found[0][0], ROWS)
    assert shown(arrays) == [ONE]


def test_a_disk_that_fills_up_is_told_and_nothing_is_left(arrays, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(CourseError, match="disk is full"):
            keep()
        assert shown(arrays) == []
    with monkeypatch.context() as patch:
        patch.setattr(files, "free_bytes", lambda path: 100)

        def never():
            raise AssertionError("computed before there was room")
            yield

        with pytest.raises(CourseError, match="MiB are free"):
            cache.store(ONE, never(), ROWS.shape, "f2")
    assert shown(arrays) == []
    keep()


@pytest.mark.skipif(os.name == "nt", reason="POSIX limits")
def test_a_limit_of_the_user_ends_in_a_message_not_in_a_killed_process(arrays):
    code = """if True:
        import resource, sys
        import numpy as np
        from course_utils.data import cache
        from course_utils.errors import CourseError
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            cache.store(sys.argv[1], (np.ones((1000, 20)) for _ in range(50)), (50_000, 20), "f2")
        except CourseError as error:
            print(error)
        """
    process = run(code, ONE)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 0 and "could not be written" in said and "too large" in said
    assert shown(arrays) == []


# Bounded, and cleared


def test_the_longest_unused_go_first_and_the_limit_holds(arrays, monkeypatch):
    for age, key in ((300, ONE), (200, TWO), (100, THREE)):
        keep(key)
        used = time.time() - age
        os.utime(arrays / key, (used, used))
    cache.find(ONE)  # used again, so no longer the first to go
    length = size(arrays)
    monkeypatch.setenv("COURSE_CACHE_GB", str((length + 900) / 1e9))
    keep(FOUR)
    assert shown(arrays) == [ONE, THREE, FOUR]
    assert size(arrays) <= length + 900


def test_an_array_beyond_the_limit_is_refused_and_a_limit_that_is_none_named(arrays, monkeypatch):
    keep(TWO)
    for limit, told in (("1e-6", "COURSE_CACHE_GB allows 1e-06 GB"), ("much", "not 'much'")):
        monkeypatch.setenv("COURSE_CACHE_GB", limit)
        with pytest.raises(CourseError, match=told):
            keep()
    assert shown(arrays) == [TWO]


def test_clearing_tells_what_it_freed_and_leaves_what_is_not_ours(arrays):
    for key in (ONE, TWO):
        keep(key, names=["a"])
    held = size(arrays)
    (arrays / "notes.txt").write_text("mine")
    (arrays / "folder").mkdir()
    assert cache.clear() == held > 2 * ROWS.nbytes and cache.clear() == 0
    assert shown(arrays) == ["folder", "notes.txt"]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells what is held")
def test_memory_stays_flat_however_long_the_array():
    code = """if True:
        import sys
        from pathlib import Path
        import numpy as np
        from course_utils.data import cache
        def held():
            lines = Path("/proc/self/status").read_text().splitlines()
            return next(int(line.split()[1]) / 1024 for line in lines if "RssAnon" in line)
        most = before = held()
        def blocks():
            global most
            for number in range(300):
                yield np.full((100, 10_000), number % 256, np.uint8)
                most = max(most, held())
        array, _ = cache.store(sys.argv[1], blocks(), (30_000, 10_000), np.uint8)
        assert array[-1, -1] == 299 - 256 and array.nbytes == 300_000_000
        print(max(most, held()) - before)
        """
    assert float(run(code, ONE).communicate(timeout=100)[0]) < 20  # MB
