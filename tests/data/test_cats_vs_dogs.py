"""Cats and dogs by file number: the same subset from every layout, whatever is broken in it."""

import csv
import functools
import http.server
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_archives import (
    EVIL,
    KNOWN_BAD,
    LAYOUTS,
    ODD,
    UNREADABLE,
    drawn,
    marked,
    members,
    public,
    saved,
    some_photos,
)
from PIL import Image
from test_archive import killed, python, small_disk, tree

from course_utils.data import archive, cats_vs_dogs
from course_utils.errors import CourseError

ROOT = Path(__file__).resolve().parents[1]
PREPARE = """
import sys
from course_utils.data import cats_vs_dogs
print(cats_vs_dogs.prepare(*sys.argv[1:3], list(map(int, sys.argv[3:]))).new)"""
SCRIPT = ROOT / "data_scripts" / "prepare_cats_vs_dogs.py"


@pytest.fixture(scope="module")
def tiny():
    return drawn(8)


@pytest.fixture
def small(tmp_path, tiny):
    """A sound archive of 60 cats_vs_dogs."""
    return public(tmp_path / "cats_vs_dogs.zip", members(tiny, range(30)))


def chosen(target):
    """Return the numbers in each split, by class."""
    return {
        (split, kind): sorted(int(p.name.split(".")[1]) for p in (target / split / kind).iterdir())
        for split in cats_vs_dogs.SPLITS
        for kind in cats_vs_dogs.KINDS
    }


def quarantined(target):
    with open(target / "quarantine.csv", newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


# The numbers


@settings(max_examples=300, deadline=None)
@given(
    st.sets(st.integers(0, 60), max_size=50),
    st.sets(st.integers(0, 60), max_size=15),
    st.tuples(*[st.integers(1, 10)] * 3),
)
def test_the_usual_numbers_stay_and_later_ones_fill_the_gaps(numbers, bad, per_class):
    asked, kept = [], {}

    def keep(place):
        asked.append(place[1])
        if place[1] in bad:
            return False
        kept[place[1]] = place[0]
        return True

    count, replaced = cats_vs_dogs.subset(numbers, per_class, keep)
    wanted, usable = sum(per_class), numbers - bad
    assert len(asked) == len(set(asked)) and set(asked) <= numbers
    assert count == min(wanted, len(usable))
    train, validation, test = per_class
    for number in usable & set(range(wanted)):
        split = (number >= train) + (number >= train + validation)
        assert kept[number] == cats_vs_dogs.SPLITS[split]
    late = sorted(number for number in usable if number >= wanted)
    assert list(replaced.values()) == late[: len(replaced)]
    assert list(replaced) == sorted(set(range(wanted)) - usable)[: len(replaced)]
    for old, new in replaced.items():
        assert kept[new] == cats_vs_dogs.SPLITS[(old >= train) + (old >= train + validation)]
    if count == wanted:
        assert [list(kept.values()).count(split) for split in cats_vs_dogs.SPLITS] == list(
            per_class
        )


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(cats_vs_dogs.KINDS), st.integers(0, 11)),
        st.sampled_from(sorted(UNREADABLE)),
        max_size=4,
    ),
    st.integers(0, 2**32),
)
def test_the_order_of_the_members_changes_nothing(bad, seed):
    changes = {place: UNREADABLE[kind] for place, kind in bad.items()}
    pictures = list(members(drawn(3, size=(9, 9)), range(12), bad=changes))
    shuffled = random.Random(seed).sample(pictures, len(pictures))
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for name, order in (("one", pictures), ("two", shuffled)):
            path = public(Path(folder, f"{name}.zip"), order)
            cats_vs_dogs.prepare(path, Path(folder, name), (4, 2, 2), progress=quietly)
            results.append(subset_of(Path(folder, name)))
    assert results[0] == results[1]


def subset_of(target):
    """Return all files of a subset but the note of its source."""
    return {name: content for name, content in tree(target).items() if name != cats_vs_dogs.ABOUT}


def quietly(items, total):
    return items


# The subset


@pytest.mark.parametrize("packed", [True, False])
def test_a_public_archive_with_every_kind_of_bad_file(packed, tmp_path):
    """With COURSE_TEST_PHOTOS the photos are real ones."""
    per_class, kinds = (150, 50, 50), cats_vs_dogs.KINDS
    bad = {(kinds[n % 2], 7 + 20 * n): change for n, change in enumerate(UNREADABLE.values())}
    bad |= {("dogs", 250): UNREADABLE["empty"]}  # the first in line is no help
    odd = {(kinds[n % 2], 12 + 20 * n): change for n, change in enumerate(ODD.values())}
    contents = dict(members(some_photos(), range(300), bad=bad | odd))
    source, target = tmp_path / "cats_vs_dogs.zip", tmp_path / "subset"
    public(source, contents.items())
    if not packed:
        source = archive.unpack(source, tmp_path / "unpacked") / "PetImages"
    prepared = cats_vs_dogs.prepare(source, target, per_class)

    assert prepared.new and prepared.counts["train"] == {"cats": 150, "dogs": 150}
    late = {"cats": iter([250, 251, 252, 253]), "dogs": iter([251, 252, 253])}
    replaced = [[kind, n, next(late[kind])] for kind, n in sorted(bad) if n < 250]
    assert prepared.replaced == replaced
    assert [line[0] for line in quarantined(target)[1:]] == [
        ("PetImages/" if packed else "") + f"{kind[:-1].title()}/{number}.jpg"
        for kind, number in sorted(bad)
    ]
    reasons = " ".join(reason for _, reason in quarantined(target))
    for word in ("empty", "cut off", "text", "web page", "zeros"):
        assert word in reasons
    ends = {"train": (0, 150), "validation": (150, 200), "test": (200, 250)}
    for (split, kind), numbers in chosen(target).items():
        first, end = ends[split]
        gone = {n: new for k, n, new in replaced if k == kind and first <= n < end}
        assert numbers == sorted(set(range(first, end)) - set(gone) | set(gone.values()))
        for number in numbers:
            file = target / split / kind / f"{kind[:-1]}.{number}.jpg"
            assert file.read_bytes() == contents[LAYOUTS["PetImages"](kind, number)]
            Image.open(file).load()
    table = str(prepared)
    assert "150" in table and "unreadable, left out: 8" in table and "dogs 7" not in table
    assert set(os.listdir(target)) == {*cats_vs_dogs.SPLITS, "SOURCE.json", "quarantine.csv"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_pictures(layout, tmp_path, tiny):
    source = public(tmp_path / "a.zip", members(tiny, range(30), layout))
    cats_vs_dogs.prepare(source, tmp_path / "subset", (12, 6, 6))
    cats_vs_dogs.prepare(
        public(tmp_path / "b.zip", members(tiny, range(30))), tmp_path / "b", (12, 6, 6)
    )
    assert subset_of(tmp_path / "subset") == subset_of(tmp_path / "b")


def test_the_filtered_archive_keeps_its_order(tmp_path):
    numbers = [*range(1000), *range(2000, 2500)]
    source = public(tmp_path / "a.zip", members(drawn(3, size=(8, 8)), numbers, "filtered"))
    cats_vs_dogs.prepare(source, tmp_path / "subset", (1000, 250, 250))
    for (split, _), found in chosen(tmp_path / "subset").items():
        first, end = {"train": (0, 1000), "validation": (2000, 2250), "test": (2250, 2500)}[split]
        assert found == list(range(first, end))


def test_a_photo_that_somebody_has_deleted_moves_no_other(tmp_path, tiny):
    numbers = [n for n in range(30) if n not in (3, 13)]
    source = public(tmp_path / "a.zip", members(tiny, numbers))
    prepared = cats_vs_dogs.prepare(source, tmp_path / "subset", (10, 5, 5))
    assert prepared.replaced == [
        [k, *pair] for k in cats_vs_dogs.KINDS for pair in ((3, 20), (13, 21))
    ]
    assert prepared.quarantine == []
    assert 9 in chosen(tmp_path / "subset")["train", "cats"]


def test_the_usual_numbers_of_the_whole_archive():
    """Which numbers the default takes, with those that the real archive has unreadable."""
    for kind, bad in KNOWN_BAD.items():
        kept = {}
        keep = lambda place, k=kept, b=bad: place[1] not in b and not k.update([place[::-1]])  # noqa: E731
        count, replaced = cats_vs_dogs.subset(range(12500), (1000, 500, 500), keep)
        assert count == 2000 and replaced == ({666: 2000} if kind == "cats" else {})
        assert [n for n, split in sorted(kept.items()) if split == "test"] == [*range(1500, 2000)]


def test_other_files_are_passed_over(tmp_path, tiny):
    others = {
        "PetImages/Cat/7.txt": b"x", "PetImages/Cat/x.jpg": tiny[0], "train/7.jpg": tiny[0],
        "PetImages/Bird/7.jpg": tiny[0], "cats/dog.7.jpg": tiny[0], "concat/8.jpg": tiny[0],
        "__MACOSX/PetImages/Cat/._7.jpg": b"x", ".trash/Cat/7.jpg": tiny[0],
        "PetImages/Cat/1234567890.jpg": tiny[0], "train.zip": b"PK\3\4",
    }  # fmt: skip
    source = public(tmp_path / "a.zip", [*members(tiny, range(24)), *others.items()])
    folder = tmp_path / "folder"
    for name, content in [*members(tiny, range(24)), *others.items()]:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    for place in (source, folder):
        prepared = cats_vs_dogs.prepare(place, tmp_path / "subset", (12, 6, 6))
        assert prepared.quarantine == [] and prepared.new == (place == source)


@pytest.mark.skipif(os.name == "nt", reason="links and pipes as POSIX has them")
def test_a_folder_with_links_and_pipes(tmp_path, tiny):
    folder = tmp_path / "folder" / "cats"
    for name, content in members(tiny, range(30), "folders"):
        (tmp_path / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "folder" / name).write_bytes(content)
    for number in (3, 4, 5):
        (folder / f"cat.{number}.jpg").unlink()
    os.mkfifo(folder / "cat.3.jpg")
    (folder / "cat.4.jpg").symlink_to(folder / "nowhere")
    (tmp_path / "elsewhere").write_bytes(marked(tiny[0], 99))
    (folder / "cat.5.jpg").symlink_to(tmp_path / "elsewhere")
    (folder / "loop").symlink_to(folder)
    prepared = cats_vs_dogs.prepare(tmp_path / "folder", tmp_path / "subset", (12, 6, 6))
    assert [file for file, _ in prepared.quarantine] == ["cats/cat.3.jpg", "cats/cat.4.jpg"]
    copied = tmp_path / "subset" / "train" / "cats" / "cat.5.jpg"
    assert copied.read_bytes() == marked(tiny[0], 99) and not copied.is_symlink()


@pytest.mark.skipif(sys.platform != "linux", reason="relies on the longest path that Linux opens")
def test_a_folder_that_cannot_be_listed_is_told(small, tmp_path):
    """Not even the superuser can: its path is too long."""
    source = archive.unpack(small, tmp_path / "unpacked")
    here = os.open(source, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("x" * 250, dir_fd=here)
        deeper = os.open("x" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    with pytest.raises(CourseError, match="cannot be listed"):
        cats_vs_dogs.prepare(source, tmp_path / "subset", (12, 6, 6))
    assert not (tmp_path / "subset").exists()


# What is there already


def test_the_same_request_is_recognized_and_the_source_may_be_packed_otherwise(small, tmp_path):
    target = tmp_path / "subset"
    made = cats_vs_dogs.prepare(small, target, (12, 6, 6))
    before = {path: path.stat().st_mtime_ns for path in target.rglob("*.*")}
    (target / "train" / ".DS_Store").write_bytes(b"x")
    (target / "train" / "cats" / "Thumbs.db").write_bytes(b"x")
    for source in (small, archive.unpack(small, tmp_path / "unpacked")):
        again = cats_vs_dogs.prepare(source, target, (12, 6, 6))
        assert not again.new and again.counts == made.counts and "complete" in str(again)
    assert before == {path: path.stat().st_mtime_ns for path in before}


def _another_request(target, tiny):
    (target / "train" / "cats" / "cat.0.jpg").touch()
    return (10, 6, 6)


def _a_picture_changed(target, tiny):
    (target / "train" / "cats" / "cat.0.jpg").write_bytes(tiny[1])


def _a_picture_gone(target, tiny):
    (target / "test" / "dogs" / "dog.18.jpg").unlink()


def _a_picture_more(target, tiny):
    (target / "validation" / "dogs" / "dog.99.jpg").write_bytes(tiny[1])


def _a_class_more(target, tiny):
    (target / "train" / "birds").mkdir()
    (target / "train" / "birds" / "1.jpg").write_bytes(tiny[1])


def _a_split_gone(target, tiny):
    shutil.rmtree(target / "test")


def _a_file_between(target, tiny):
    (target / "train" / "notes.txt").write_text("x")


def _no_note(target, tiny):
    (target / "SOURCE.json").unlink()


def _a_strange_note(target, tiny):
    (target / "SOURCE.json").write_text("[]")


@pytest.mark.parametrize(
    "change",
    [_another_request, _a_picture_changed, _a_picture_gone, _a_picture_more, _a_class_more,
     _a_split_gone, _a_file_between, _no_note, _a_strange_note],
)  # fmt: skip
def test_a_target_that_holds_anything_else_stays_untouched(change, small, tmp_path, tiny):
    target = tmp_path / "subset"
    cats_vs_dogs.prepare(small, target, (12, 6, 6))
    per_class = change(target, tiny) or (12, 6, 6)
    before = tree(tmp_path)
    with pytest.raises(CourseError, match="untouched") as caught:
        cats_vs_dogs.prepare(small, target, per_class)
    assert str(target) in str(caught.value)
    assert tree(tmp_path) == before


def test_other_photos_are_not_taken_for_the_same(small, tmp_path, tiny):
    cats_vs_dogs.prepare(small, tmp_path / "subset", (12, 6, 6))
    other = public(tmp_path / "other.zip", members(tiny[3:], range(30)))
    with pytest.raises(CourseError, match="other photos"):
        cats_vs_dogs.prepare(other, tmp_path / "subset", (12, 6, 6))


# What is refused


def test_too_few_pictures_come_with_numbers_that_fit(small, tmp_path, tiny):
    for bad, usable in (({}, 30), ({("dogs", n): UNREADABLE["text"] for n in range(9)}, 21)):
        source = public(tmp_path / "a.zip", members(tiny, range(30), bad=bad))
        with pytest.raises(CourseError, match="--per-class") as caught:
            cats_vs_dogs.prepare(source, tmp_path / "subset", (16, 8, 8) if not bad else (12, 6, 6))
        assert f"{usable} usable" in str(caught.value)
        assert not (tmp_path / "subset").exists()
        fits = [int(n) for n in str(caught.value).split("--per-class ")[1].strip(".").split()]
        assert cats_vs_dogs.prepare(source, tmp_path / f"fits {usable}", fits).new


def test_a_source_without_cats_or_with_one_twice_is_told(tmp_path, tiny):
    empty = tmp_path / "folder"
    empty.mkdir()
    (empty / "train.zip").write_bytes(b"PK")
    with pytest.raises(CourseError, match=r"0 usable pictures of cats.*zip files"):
        cats_vs_dogs.prepare(empty, tmp_path / "subset")
    twice = [*members(tiny, range(30)), ("train/cat.7.jpg", tiny[0])]
    with pytest.raises(CourseError, match=r"PetImages/Cat/7.jpg and\s+train/cat.7.jpg"):
        cats_vs_dogs.prepare(public(tmp_path / "a.zip", twice), tmp_path / "subset", (12, 6, 6))
    assert not (tmp_path / "subset").exists()


@pytest.mark.parametrize("per_class", [(0, 1, 1), (5, 5), (5, 5, -1)])
def test_a_senseless_number_is_told(per_class, small, tmp_path):
    with pytest.raises(CourseError, match="at least 1"):
        cats_vs_dogs.prepare(small, tmp_path / "subset", per_class)


def test_source_and_target_within_each_other_are_told(small, tmp_path):
    folder = archive.unpack(small, tmp_path / "unpacked")
    for target in (folder, folder / "subset", tmp_path):
        with pytest.raises(CourseError, match="each other"):
            cats_vs_dogs.prepare(folder, target, (12, 6, 6))


@pytest.mark.parametrize("kind", ["parent", "symbolic link", "bomb", "cut off", "web page"])
def test_a_hostile_archive_is_refused(kind, tmp_path):
    EVIL[kind](tmp_path / "a.zip")
    before = tree(tmp_path)
    with pytest.raises(CourseError, match="cannot be used"):
        cats_vs_dogs.prepare(tmp_path / "a.zip", tmp_path / "subset", (1, 1, 1))
    assert tree(tmp_path) == before


def test_a_damaged_member_makes_the_archive_damaged(small, tmp_path):
    content = bytearray(small.read_bytes())
    for place in range(len(content) // 4, len(content) // 2, 50):
        content[place] ^= 1
    small.write_bytes(content)
    with pytest.raises(CourseError, match=r"member 'PetImages/\w+/\d+.jpg'.*fetch it again"):
        cats_vs_dogs.prepare(small, tmp_path / "subset", (16, 7, 7))
    assert not (tmp_path / "subset").exists()


# Interruptions


@pytest.fixture
def slow(tmp_path):
    """An archive that takes a second or two."""
    rng = random.Random(0)
    noise = [Image.frombytes("RGB", (500, 400), rng.randbytes(600_000)) for _ in range(3)]
    return public(
        tmp_path / "a.zip", members([saved(p, "JPEG") for p in noise], range(120)), litter=()
    )


@pytest.mark.parametrize("files", [1, 100])
def test_after_kill_9_the_next_run_starts_clean(files, slow, tmp_path):
    target, unfinished = tmp_path / "subset", tmp_path / ".subset.unfinished"
    killed(PREPARE, slow, target, 60, 30, 30, unfinished=unfinished, files=files)
    assert unfinished.is_dir() and not target.exists()
    assert cats_vs_dogs.prepare(slow, target, (60, 30, 30)).new
    assert not unfinished.exists() and sum(map(len, chosen(target).values())) == 240
    assert not cats_vs_dogs.prepare(slow, target, (60, 30, 30)).new


def test_eight_processes_at_once_prepare_once(small, tmp_path):
    processes = [python(PREPARE, small, tmp_path / "subset", 12, 6, 6) for _ in range(8)]
    results = [process.communicate(timeout=120) for process in processes]
    assert {errors for _, errors in results} == {""}
    assert sorted(new.strip() for new, _ in results) == ["False"] * 7 + ["True"]


def test_a_full_disk_ends_in_one_message(small, tmp_path):
    disk = tmp_path / "disk"
    with small_disk(disk, size="4m", nr_inodes=40) as mounted:
        if mounted:
            with pytest.raises(CourseError, match="disk is full"):
                cats_vs_dogs.prepare(small, disk / "subset", (12, 6, 6))
            assert tree(disk) == {}
    resource = pytest.importorskip("resource")
    code = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + PREPARE
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (200, 200))  # noqa: E731
    process = python(code, small, disk / "subset", 12, 6, 6, preexec_fn=limit)
    assert "CourseError" in process.communicate(timeout=60)[1].strip().splitlines()[-1]
    assert tree(disk) == {}


# The script


def script(folder, *arguments, wait=True, **environment):
    env = {key: value for key, value in os.environ.items() if not key.startswith("COURSE_")}
    env |= {"COURSE_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT), "no_proxy": "*"}
    process = subprocess.Popen(
        [sys.executable, SCRIPT, *map(str, arguments)],
        cwd=folder, env=env | environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    if wait:
        process.out, process.err = process.communicate(timeout=120)
    return process


def test_the_script_prints_a_table_or_one_message(small, tmp_path):
    ask = ["--source", small, "--target", "subset", "--per-class", 12, 6, 6]
    done = script(tmp_path, *ask)
    assert (done.returncode, done.err) == (0, "")
    assert "train" in done.out and "cats" in done.out and "12" in done.out
    assert (
        json.loads((tmp_path / "subset" / "SOURCE.json").read_text())["source"]
        == "cats_vs_dogs.zip"
    )
    assert script(tmp_path, *ask).returncode == 0
    for wrong in (
        ["--source", small, "--target", "subset"],
        ["--source", "missing.zip", "--target", "other"],
        ["--source", "https://127.0.0.1:1/cats_vs_dogs.zip", "--target", "other"],
        ["--target", "other"],
    ):
        failed = script(tmp_path, *wrong)
        assert failed.returncode == 2 and "train" not in failed.out and failed.err
        assert "Traceback" not in failed.err
    assert not (tmp_path / "other").exists()


def test_the_script_takes_an_address_and_fetches_once(small, tmp_path):
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, text, *values):
            asked.append(values[0])

    handler = functools.partial(Handler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/cats_vs_dogs.zip"
        for target in ("one", "two"):
            done = script(tmp_path, "--source", url, "--target", target, "--per-class", 12, 6, 6)
            assert done.returncode == 0, done.err
        server.shutdown()
    assert len(asked) == 1
    assert tree(tmp_path / "one")["train/cats/cat.0.jpg"]


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_ends_the_script_with_130(slow, tmp_path):
    process = script(
        tmp_path, "--source", slow, "--target", "subset", "--per-class", 60, 30, 30, wait=False
    )
    while not (tmp_path / ".subset.unfinished" / "train").exists():
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 130 and "Interrupted" in errors and "Traceback" not in errors
    assert not (tmp_path / "subset").exists() and not (tmp_path / ".subset.unfinished").exists()
