"""Cats and dogs by file number: the same subset from every layout, whatever is broken in it."""

import functools
import http.server
import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from make_archives import (
    EVIL,
    LAYOUTS,
    ODD,
    UNREADABLE,
    drawn,
    members,
    public,
    saved,
    some_photos,
)
from PIL import Image
from test_archive import tree

from course_utils.data import archive, cats_vs_dogs
from course_utils.errors import CourseError

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "data_scripts" / "prepare_cats_vs_dogs.py"
SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def tiny():
    return drawn(8)


@pytest.fixture
def small(tmp_path, tiny):
    """A sound archive of 60 photos."""
    return public(tmp_path / "photos.zip", members(tiny, range(30)))


def chosen(target):
    """Return the numbers in each split, by class."""
    return {
        (split, kind): sorted(int(p.name.split(".")[1]) for p in (target / split / kind).iterdir())
        for split in SPLITS
        for kind in cats_vs_dogs.KINDS
    }


def subset_of(target):
    """Return all files of a subset but the note of its source."""
    return {name: content for name, content in tree(target).items() if name != cats_vs_dogs.ABOUT}


def left_out(target):
    return json.loads((target / cats_vs_dogs.ABOUT).read_text(encoding="utf-8"))["left_out"]


# The subset


def test_a_public_archive_with_every_kind_of_bad_file(tmp_path):
    """Zipped and unpacked. With COURSE_TEST_PHOTOS the photos are real ones."""
    per_class, kinds = (80, 20, 20), cats_vs_dogs.KINDS
    bad = {(kinds[n % 2], 7 + 10 * n): change for n, change in enumerate(UNREADABLE.values())}
    odd = {(kinds[n % 2], 12 + 10 * n): change for n, change in enumerate(ODD.values())}
    contents = dict(members(some_photos(), range(126), bad=bad | odd))
    source, target = tmp_path / "photos.zip", tmp_path / "subset"
    public(source, random.Random(0).sample(sorted(contents.items()), len(contents)))
    told = cats_vs_dogs.prepare(source, target, per_class)

    usual = {"train": range(80), "validation": range(80, 100), "test": range(100, 120)}
    for (split, kind), numbers in chosen(target).items():
        assert numbers == [n for n in usual[split] if (kind, n) not in bad]
        for number in numbers:
            file = target / split / kind / f"{kind[:-1]}.{number}.jpg"
            assert file.read_bytes() == contents[LAYOUTS["PetImages"](kind, number)]
    reasons = left_out(target)
    assert len(reasons) == len(bad) and f"{len(bad)} of these left out" in told
    for (kind, number), reason in zip(sorted(bad), sorted(reasons.items()), strict=False):
        assert any(place.endswith(f"{kind}/{kind[:-1]}.{number}.jpg") for place in reasons), reason
    for word in ("empty", "cut off", "text", "web page"):
        assert word in " ".join(reasons.values())
    assert set(os.listdir(target)) == {*SPLITS, cats_vs_dogs.ABOUT}
    unpacked = archive.unpack(source, tmp_path / "unpacked")
    cats_vs_dogs.prepare(unpacked, tmp_path / "again", per_class)
    assert subset_of(tmp_path / "again") == subset_of(target)
    assert left_out(tmp_path / "again") == reasons


def test_every_layout_gives_the_same_pictures(tmp_path, tiny):
    subsets = []
    for layout in LAYOUTS:
        source = public(tmp_path / f"{layout}.zip", members(tiny, range(24), layout))
        cats_vs_dogs.prepare(source, tmp_path / layout, (12, 6, 6))
        subsets.append(subset_of(tmp_path / layout))
    assert all(subset == subsets[0] for subset in subsets)


@pytest.mark.skipif(os.name == "nt", reason="links and pipes as POSIX has them")
def test_other_files_are_passed_over_and_missing_ones_listed(tmp_path, tiny):
    others = {
        "PetImages/Cat/7.txt": b"x", "PetImages/Cat/x.jpg": tiny[0], "train/7.jpg": tiny[0],
        "PetImages/Bird/7.jpg": tiny[0], "concat/8.jpg": tiny[0], "train.zip": b"PK\3\4",
        "__MACOSX/PetImages/Cat/._7.jpg": b"x", ".trash/Cat/7.jpg": tiny[0],
        "PetImages/Cat/1234567890.jpg": tiny[0],
    }  # fmt: skip
    there = [n for n in range(20) if n not in (3, 13)]
    contents = [*members(tiny, there), *others.items()]
    source, folder = public(tmp_path / "a.zip", contents), tmp_path / "folder"
    for name, content in contents:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    cats = folder / "PetImages" / "Cat"
    os.mkfifo(cats / "3.jpg")
    (cats / "13.jpg").symlink_to(cats / "nowhere")
    (cats / "loop").symlink_to(cats)
    for number, place in enumerate((source, folder)):
        target = tmp_path / f"subset {number}"
        cats_vs_dogs.prepare(place, target, (10, 5, 5))
        missing = [f"{split}/{kind}/{kind[:-1]}.{n}.jpg" for kind in cats_vs_dogs.KINDS
                   for split, n in (("train", 3), ("validation", 13))]  # fmt: skip
        assert left_out(target) == dict.fromkeys(missing, "missing")


def test_a_photo_that_cannot_be_opened_is_left_out(small, tmp_path, monkeypatch):
    folder = archive.unpack(small, tmp_path / "unpacked")
    read = Path.read_bytes

    def refuse(path):
        if path.name == "3.jpg" and path.parent.name == "Cat":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)  # root may read everything
    cats_vs_dogs.prepare(folder, tmp_path / "subset", (12, 6, 6))
    [(place, reason)] = left_out(tmp_path / "subset").items()
    assert place == "train/cats/cat.3.jpg" and "Permission denied" in reason


# What is there already, and what is refused


def test_what_is_there_is_kept_and_another_request_is_refused(small, tmp_path):
    target = tmp_path / "subset"
    told = cats_vs_dogs.prepare(small, target, (12, 6, 6))
    before = {path: path.stat().st_mtime_ns for path in target.rglob("*.*")}
    assert cats_vs_dogs.prepare(small, target, (12, 6, 6)) == told
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("Dear cat")
    for place, per_class in ((target, (10, 6, 6)), (tmp_path / "mine", (12, 6, 6))):
        with pytest.raises(CourseError, match="untouched") as caught:
            cats_vs_dogs.prepare(small, place, per_class)
        assert str(place) in str(caught.value)
    assert before == {path: path.stat().st_mtime_ns for path in before}
    assert os.listdir(tmp_path / "mine") == ["letter.txt"]


def test_a_request_that_cannot_be_is_told_and_leaves_nothing(small, tmp_path, tiny):
    empty = tmp_path / "folder"
    empty.mkdir()
    (empty / "train.zip").write_bytes(b"PK")
    damaged = bytearray(small.read_bytes())
    for place in range(len(damaged) // 4, len(damaged) // 2, 50):
        damaged[place] ^= 1
    (tmp_path / "damaged.zip").write_bytes(damaged)
    EVIL["cut off"](tmp_path / "cut.zip")
    EVIL["web page"](tmp_path / "page.zip")
    for source, per_class, told in (
        (empty, (1000, 500, 500), "too few photos of cats and dogs.*zip files"),
        (public(tmp_path / "a.zip", members(tiny, range(12))), (12, 6, 6), "too few.*--per-class"),
        (tmp_path / "missing.zip", (12, 6, 6), "cannot be used"),
        (tmp_path / "damaged.zip", (16, 7, 7), "cannot be used.*Fetch it again"),
        (tmp_path / "cut.zip", (12, 6, 6), "cannot be used"),
        (tmp_path / "page.zip", (12, 6, 6), "cannot be used"),
    ):
        with pytest.raises(CourseError, match=told):
            cats_vs_dogs.prepare(source, tmp_path / "subset", per_class)
        assert not (tmp_path / "subset").exists()
        assert not (tmp_path / ".subset.unfinished").exists()


# The script


def script(folder, *arguments, wait=True):
    env = {key: value for key, value in os.environ.items() if not key.startswith("COURSE_")}
    env |= {"COURSE_HOME": str(folder / "home"), "PYTHONPATH": str(ROOT), "no_proxy": "*"}
    process = subprocess.Popen(
        [sys.executable, SCRIPT, *map(str, arguments)],
        cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    if wait:
        process.out, process.err = process.communicate(timeout=120)
    return process


@pytest.mark.slow
def test_the_script_prints_a_table_or_one_message(small, tmp_path):
    ask = ["--source", small, "--target", "subset", "--per-class", 12, 6, 6]
    done = script(tmp_path, *ask)
    assert (done.returncode, done.err) == (0, "")
    assert "train 12" in done.out
    assert json.loads((tmp_path / "subset" / "SOURCE.json").read_text())["source"] == "photos.zip"
    for wrong in (["--source", small, "--target", "subset"], ["--target", "other"]):
        failed = script(tmp_path, *wrong)
        assert failed.returncode == 2 and "train" not in failed.out and failed.err
        assert "Traceback" not in failed.err
    assert not (tmp_path / "other").exists()


@pytest.mark.slow
def test_the_script_takes_an_address_and_fetches_once(small, tmp_path):
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, text, *values):
            asked.append(values[0])

    handler = functools.partial(Handler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/photos.zip"
        for target in ("one", "two"):
            done = script(tmp_path, "--source", url, "--target", target, "--per-class", 12, 6, 6)
            assert done.returncode == 0, done.err
        server.shutdown()
    assert len(asked) == 1
    assert tree(tmp_path / "one")["train/cats/cat.0.jpg"]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_ends_the_script_with_130(tmp_path):
    rng = random.Random(0)
    noise = [Image.frombytes("RGB", (500, 400), rng.randbytes(600_000)) for _ in range(3)]
    contents = members([saved(picture, "JPEG") for picture in noise], range(120))
    source = public(tmp_path / "a.zip", contents, litter=())
    ask = ["--source", source, "--target", "subset", "--per-class", 60, 30, 30]
    process = script(tmp_path, *ask, wait=False)
    while not (tmp_path / ".subset.unfinished" / "train").exists():
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 130 and "Interrupted" in errors and "Traceback" not in errors
    assert not (tmp_path / "subset").exists() and not (tmp_path / ".subset.unfinished").exists()
