"""Folders that cannot be used end in one message; what is passed over in others is told."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_utils.data import datasets, folders, inspect
from course_utils.errors import CourseError

POSIX = os.name != "nt"  # names, links and permissions of POSIX


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))


def picture(number):
    return b"P6 2 1 255\n" + number.to_bytes(6, "big")


def fill(place, *classes, each=6):
    """Write pictures into the folders of some classes, each picture another one."""
    for label, name in enumerate(classes):
        (place / name).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            (place / name / f"{number}.ppm").write_bytes(picture(100 * label + number))
    return place


def splits(place, *names, classes=("cat", "dog")):
    for name in names:
        fill(place / name, *classes)
    return place


def tar(place):
    fill(place.parent / "packed", "cat", "dog")
    with tarfile.open(place, "w") as file:
        file.add(place.parent / "packed", "packed")


def by_year_and_then_by_class(place):
    fill(place / "2023", "cat", "dog")
    fill(place / "2024", "cat", "dog")


def an_empty_class(place, litter=()):
    (fill(place, "cat", "dog") / "ghost").mkdir()
    for name in litter:
        (place / "ghost" / name).write_bytes(b"litter")


def nothing_readable(place):
    for path in (fill(place, "cat", "dog") / "dog").iterdir():
        path.write_bytes(b"<html>404</html>")


def too_few(place):
    fill(fill(place, "cat", "dog"), "rare", each=4)


def validation_lacks_a_class(place):
    shutil.rmtree(splits(place, "train", "validation", "test") / "validation" / "dog")


def test_a_folder_that_cannot_be_used_ends_in_one_message(tmp_path):
    """Each case: how it is made, and what the message must say besides the folder."""
    two = ("cat", "dog")
    cases = {
        "missing": (lambda place: None, ["No such file", "DATA"]),
        "a file": (lambda place: place.write_bytes(b"pictures, once"), ["Not a directory"]),
        "a tar archive": (tar, ["Not a directory"]),
        "empty": (lambda place: place.mkdir(), ["0 class folders", "one folder a class"]),
        "pictures without classes": (lambda place: fill(place, "."), ["0 class folders"]),
        "one class": (lambda place: fill(place, "cat"), ["1 class folders, cat"]),
        "one level too deep": (
            lambda place: fill(place / "all", *two),
            ["1 class folders, all", os.path.join("mine", "all") + " meant?"],
        ),
        "by year and then by class": (by_year_and_then_by_class, ["2023", "only folders"]),
        "too many classes": (
            lambda place: fill(place, *[f"c{number:02d}" for number in range(21)], each=1),
            ["21 class folders", "2 to 20"],
        ),
        "an empty class": (an_empty_class, ["ghost", "empty"]),
        "a class of litter": (
            lambda place: an_empty_class(place, [".DS_Store", "Thumbs.db"]),
            ["ghost", "empty"],
        ),
        "a class without a readable picture": (
            nothing_readable,
            ["'dog'", "no readable picture", "0.ppm: a web page"],
        ),
        "too few pictures": (too_few, ["'rare'", "only 4", "at least 5"]),
        "validation lacks a class": (
            validation_lacks_a_class,
            [os.path.join("validation", "dog"), "missing"],
        ),
        "an empty split": (
            lambda place: (splits(place, "train", "validation") / "test").mkdir(),
            [os.path.join("test", "cat"), "missing"],
        ),
        "a split without classes": (
            lambda place: fill(splits(place, "train", "validation"), "test"),
            [os.path.join("test", "cat"), "missing"],
        ),
        "only a test folder": (lambda place: splits(place, "test"), ["not clear", "test"]),
        "no train folder": (
            lambda place: splits(place, "validation", "test"),
            ["not clear", "validation, test"],
        ),
        "two validation folders": (
            lambda place: splits(place, "train", "val", "validation"),
            ["not clear", "val, validation"],
        ),
        "splits without classes": (
            lambda place: fill(place, "train", "test"),
            ["not clear", "train, test"],
        ),
    }
    if POSIX:
        cases |= {
            "a broken link": (lambda place: place.symlink_to("gone"), ["No such file"]),
            "a link to itself": (lambda place: place.symlink_to(place), ["symbolic links"]),
            "a pipe": (os.mkfifo, ["Not a directory"]),
            "a class of two lines": (lambda place: fill(place, "cat", "dog\nA"), ["dog\\nA"]),
        }
    if sys.platform == "linux":  # other systems know no capitals, or take text only
        cases |= {
            "two spellings of a class": (lambda place: fill(place, "Cat", "cat"), ["Cat, cat"]),
            "a class that is no text": (
                lambda place: os.rename(fill(place, *two) / "dog", os.fsencode(place) + b"/d\xf6"),
                ["d\\udcf6"],
            ),
        }
    for what, (make, words) in cases.items():
        place = tmp_path / what / "mine"
        place.parent.mkdir()
        make(place)
        before = dates(place.parent)
        with pytest.raises(CourseError) as caught:
            datasets.load("quick", place, image_size=8)
        told = str(caught.value)
        assert [word for word in [*words, "mine"] if word not in told] == [], (what, told)
        assert "Nothing was changed" in told and "\n" not in told, what
        assert told.encode(), what  # fit for any screen
        assert dates(place.parent) == before, what


def dates(place):
    return {path: path.lstat().st_mtime_ns for path in place.rglob("*")}


def test_what_is_passed_over_is_told_by_the_pictures_and_by_the_report(tmp_path):
    two = ("cat", "dog")
    cases = {
        "a class that training lacks": (
            lambda place: fill(splits(place, "train", "validation", "test") / "test", "fox"),
            ["test", "fox"],
        ),
        "loose pictures": (
            lambda place: fill(place, ".", *two),
            ["mine", "0.ppm, 1.ppm, 2.ppm and 3 more"],
        ),
        "loose beside train": (lambda place: fill(splits(place, "train"), "."), ["mine", "0.ppm"]),
        "loose in a split": (
            lambda place: fill(splits(place, "train", "test") / "train", "."),
            ["train", "0.ppm"],
        ),
        "a folder beside train": (lambda place: fill(splits(place, "train"), "more"), ["more"]),
    }
    if POSIX:
        cases["a class that is a broken link"] = (
            lambda place: (fill(place, *two) / "fox").symlink_to("gone"),
            ["mine", "fox"],
        )
    for what, (make, words) in cases.items():
        place = tmp_path / what / "mine"
        make(place)
        dataset = datasets.load("quick", place, image_size=8)
        assert dataset.classes == two, what
        for text in (repr(dataset), dataset._repr_html_(), repr(inspect.inspect_folder(place))):
            [line] = [line for line in text.splitlines() if "Passed over" in line]
            assert [word for word in words if word not in line] == [], (what, line)


def test_notes_and_hidden_folders_beside_the_classes_are_not_worth_a_word(tmp_path):
    place = fill(tmp_path / "mine", "cat", "dog")
    (place / "README.txt").write_text("where from")
    (place / "labels.csv").write_text("name,label")
    for name in (".git", "__MACOSX", "@eaDir"):
        (place / name).mkdir()
    assert folders.remarks(place) == [] and folders.list_folder(place)[0] == ("cat", "dog")


def test_other_spellings_of_the_splits_are_known_and_a_class_may_be_called_like_one(tmp_path):
    for number, names in enumerate(
        [
            ("Train", "Validation", "TEST"),
            ("training", "valid", "test"),
            ("training_set", "Validation_Set", "test_set"),
            ("train", "val", "testing"),
            ("Training-Set", "dev", "testset"),
            ("train set", "eval", "Test"),
        ]
    ):
        _, listing = folders.list_folder(splits(tmp_path / str(number), *names))
        assert {split: len(files) for split, files in listing.items()} == dict.fromkeys(
            folders.SPLITS, 12
        )
    for name in ("test", "train", "valid", "dev", "test_set", "set"):
        classes, _ = folders.list_folder(fill(tmp_path / f"called {name}", name, "control"))
        assert set(classes) == {name, "control"}


def test_an_archive_may_hold_each_split_twice_and_none_for_validation(tmp_path):
    for split in ("training_set", "test_set"):
        fill(tmp_path / split / split, "cats", "dogs")
    classes, listing = folders.list_folder(tmp_path)
    assert classes == ("cats", "dogs")
    assert [len(listing[split]) for split in folders.SPLITS] == [10, 2, 12]
    assert all("test_set" in str(path) for path, _ in listing["test"])
    assert folders.remarks(tmp_path) == []  # it is a tidy folder


@pytest.mark.skipif(not POSIX, reason="POSIX links")
def test_a_circle_of_links_inside_a_class_is_not_followed(tmp_path):
    place = fill(tmp_path / "mine", "cat", "dog")
    (place / "cat" / "again").symlink_to(place)
    [bad] = datasets.load("quick", place, image_size=8).unreadable
    assert bad.path.name == "again" and "folder" in bad.reason


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take text only")
def test_file_names_of_two_lines_and_of_no_text_are_read_and_printed(tmp_path):
    place = fill(tmp_path / "mine", "cat", "dog")
    os.rename(place / "cat" / "0.ppm", place / "cat" / "two\nlines <b>.ppm")
    os.rename(place / "cat" / "1.ppm", os.fsencode(place / "cat") + b"/x\xe9.ppm")
    Path(os.fsdecode(os.fsencode(place / "cat") + b"/b\xe4d.png")).write_bytes(b"no picture")
    for _ in range(2):  # decoded, and from the cache
        loaded = datasets.load("quick", place, image_size=8)
        assert sum(loaded.counts.values()) == 12 and len(loaded.unreadable) == 1
        every = [*loaded.train.names, *loaded.validation.names, *loaded.test.names]
        assert all((place / name).exists() for name in every)
        assert repr(loaded).encode()


@pytest.mark.slow
@pytest.mark.skipif(not POSIX, reason="POSIX permissions")
def test_a_folder_without_permission_says_so():
    """In a process of its own, which gives its privileges up: root may read everything."""
    code = """if True:
        import json, os, sys
        from pathlib import Path
        from course_utils.data import datasets
        from course_utils.errors import CourseError
        place = Path(sys.argv[1])
        datasets.load("quick", place / "open", 8)  # what is needed is loaded while it may be
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        os.environ["COURSE_HOME"] += " of nobody"
        found = {}
        for name in ("shut", "names only", "shut class", "shut file"):
            try:
                bad = datasets.load("quick", place / name, 8).unreadable
                found[name] = [f"{one.path.name}: {one.reason}" for one in bad]
            except CourseError as error:
                found[name] = str(error)
        print(json.dumps(found))
        """
    place = Path(tempfile.mkdtemp())
    try:
        place.chmod(0o755)
        (place / "home").mkdir()
        (place / "home").chmod(0o777)
        for name in ("open", "shut", "names only", "shut class", "shut file"):
            fill(place / name, "cat", "dog")
        (place / "shut").chmod(0)
        (place / "names only").chmod(0o644)
        (place / "shut class" / "dog").chmod(0)
        (place / "shut file" / "dog" / "3.ppm").chmod(0)
        done = subprocess.run(
            [sys.executable, "-c", code, str(place)],
            env={**os.environ, "COURSE_HOME": str(place / "home" / "cache")},
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    finally:
        for path in (place / "shut", place / "names only", place / "shut class" / "dog"):
            path.chmod(0o755)
        shutil.rmtree(place)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    for name, blamed in (("shut", "shut"), ("names only", "names only"), ("shut class", "dog")):
        assert blamed in found[name] and "Nothing was changed" in found[name]
    assert all("ermission" in found[name] for name in ("shut", "shut class"))
    [line] = found["shut file"]
    assert line.startswith("3.ppm") and "ermission" in line


# Shares, several classes, other shapes


def test_two_to_twenty_classes(tmp_path):
    for count in (2, 7, 20):
        names = [f"class {number:02d}" for number in range(count)]
        place = fill(tmp_path / str(count), *names, each=5)
        classes, listing = folders.list_folder(place)
        assert classes == tuple(names)
        assert [len(listing[split]) for split in folders.SPLITS] == [3 * count, count, count]
        for files in listing.values():
            assert [names[label] for _, label in files] == [path.parent.name for path, _ in files]
            assert {label for _, label in files} == set(range(count))


def test_grey_and_odd_shapes_come_as_three_channels_and_square(tmp_path):
    rng = np.random.default_rng(0)
    sizes = ((20, 90, 3), (90, 20, 3), (33, 33, 3))
    for mode in ("L", "LA", "1", "P", "RGBA", "CMYK"):
        for name in ("cat", "dog"):
            (tmp_path / mode / name).mkdir(parents=True)
            for number in range(6):
                noise = rng.integers(0, 256, sizes[number % 3]).astype(np.uint8)
                path = tmp_path / mode / name / f"{number}.{'tif' if mode == 'CMYK' else 'png'}"
                Image.fromarray(noise).convert(mode).save(path)
        loaded = datasets.load("quick", tmp_path / mode, image_size=16)
        assert loaded.unreadable == [] and loaded.shape == (16, 16, 3) and loaded.channels == 3
        images = loaded.train.images
        assert images.shape == (8, 16, 16, 3)
        assert (images == images[..., :1]).all() == (mode in ("L", "LA", "1"))


@pytest.mark.skipif(sys.platform == "darwin", reason="knows one form of an accent only")
def test_two_ways_to_store_an_accent_are_no_two_classes(tmp_path):
    place = fill(tmp_path / "mine", "\u00e9", "e\u0301", "tea")
    with pytest.raises(CourseError, match="how an accent is stored"):
        folders.list_folder(place)
