"""Folders that cannot be used end in one message; what is passed over in others is told."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course_utils.data import datasets, inspect
from course_utils.errors import CourseError

POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX names, links and permissions")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))


def fill(place, *classes, each=6):
    """Write pictures into the folders of some classes, each picture another one."""
    for name in classes:
        (place / name).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            seed = zlib.crc32(f"{place} {name} {number}".encode())
            noise = np.random.default_rng(seed).integers(0, 256, (12, 12, 3)).astype(np.uint8)
            Image.fromarray(noise).save(place / name / f"{number}.png")
    return place


def splits(place, *names, classes=("cat", "dog")):
    for name in names:
        fill(place / name, *classes)
    return place


def missing(place):
    pass


def a_file(place):
    place.write_bytes(b"pictures, once")


def a_tar_archive(place):
    fill(place.parent / "packed", "cat", "dog")
    with tarfile.open(place, "w") as file:
        file.add(place.parent / "packed", "packed")


def a_rar_archive(place):
    place.write_bytes(b"Rar!\x1a\x07\x01\x00")


def a_broken_link(place):
    place.symlink_to(place.parent / "gone")


def a_link_to_itself(place):
    place.symlink_to(place)


def a_pipe(place):
    os.mkfifo(place)


def empty(place):
    place.mkdir()


def pictures_without_classes(place):
    fill(place, ".")


def one_class(place):
    fill(place, "cat")


def one_level_too_deep(place):
    fill(place / "all", "cat", "dog")


def by_year_and_then_by_class(place):
    fill(place / "2023", "cat", "dog")
    fill(place / "2024", "cat", "dog")


def too_many_classes(place):
    fill(place, *[f"class{number:02d}" for number in range(21)], each=1)


def an_empty_class(place):
    fill(place, "cat", "dog")
    (place / "ghost").mkdir()


def a_class_of_litter(place):
    fill(place, "cat", "dog")
    (place / "ghost").mkdir()
    (place / "ghost" / ".DS_Store").write_bytes(b"litter")
    (place / "ghost" / "Thumbs.db").write_bytes(b"litter")


def a_class_without_a_readable_picture(place):
    fill(place, "cat", "dog")
    for path in (place / "dog").iterdir():
        path.write_bytes(b"<html>404</html>")


def too_few_pictures(place):
    fill(place, "cat", "dog")
    fill(place, "rare", each=4)


def validation_lacks_a_class(place):
    splits(place, "train", "validation", "test")
    shutil.rmtree(place / "validation" / "dog")


def an_empty_split(place):
    splits(place, "train", "validation")
    (place / "test").mkdir()


def a_split_without_classes(place):
    splits(place, "train", "validation")
    fill(place, "test")


def only_a_test_folder(place):
    splits(place, "test")


def no_train_folder(place):
    splits(place, "validation", "test")


def two_validation_folders(place):
    splits(place, "train", "val", "validation")


def splits_without_classes(place):
    fill(place, "train", "test")


def two_spellings_of_a_class(place):
    fill(place, "Cat", "dog")
    if (place / "cat").exists():
        pytest.skip("this file system knows no capitals")
    fill(place, "cat")


def a_class_of_two_lines(place):
    fill(place, "cat", "dog\nname")


def a_class_that_is_no_text(place):
    fill(place, "cat", "dog")
    try:
        os.rename(place / "dog", os.fsencode(place) + b"/d\xf6g")
    except OSError:
        pytest.skip("this file system takes text only")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (missing, ["no folder", "mine", "DATA"]),
        (a_file, ["is a file", "mine"]),
        (a_tar_archive, ["is a file", "unpack"]),
        (a_rar_archive, ["is a file", "unpack"]),
        pytest.param(a_broken_link, ["no folder", "link"], marks=POSIX),
        pytest.param(a_link_to_itself, ["cannot be read", "symbolic links"], marks=POSIX),
        pytest.param(a_pipe, ["is a file, not a folder"], marks=POSIX),
        (empty, ["holds no class folders", "one folder a class"]),
        (pictures_without_classes, ["holds no class folders"]),
        (one_class, ["one class only", "cat"]),
        (one_level_too_deep, ["one class only", "give", os.path.join("mine", "all")]),
        (by_year_and_then_by_class, ["2023", "no pictures", "cat, dog"]),
        (too_many_classes, ["21 classes", "2 to 20"]),
        (an_empty_class, ["ghost", "empty"]),
        (a_class_of_litter, ["ghost", "empty"]),
        (a_class_without_a_readable_picture, ["dog", "no readable picture", "web page"]),
        (too_few_pictures, ["rare", "only 4", "at least 5"]),
        (validation_lacks_a_class, [os.path.join("validation", "dog"), "missing"]),
        (an_empty_split, [os.path.join("test", "cat"), "missing", "remove"]),
        (a_split_without_classes, [os.path.join("test", "cat"), "missing", "remove"]),
        (only_a_test_folder, ["test", "train"]),
        (no_train_folder, ["validation, test", "train"]),
        (two_validation_folders, ["val, validation", "at most one"]),
        (splits_without_classes, ["train, test", "no class folders"]),
        (two_spellings_of_a_class, ["Cat, cat", "merge"]),
        pytest.param(a_class_of_two_lines, ["dog\\nname", "Rename"], marks=POSIX),
        pytest.param(a_class_that_is_no_text, ["d\\udcf6g", "Rename"], marks=POSIX),
    ],
)
@pytest.mark.timeout(60)
def test_a_folder_that_cannot_be_used_ends_in_one_message(tmp_path, make, words):
    place = tmp_path / "mine"
    make(place)
    before = snapshot(tmp_path)
    with pytest.raises(CourseError) as caught:
        datasets.load("quick", place, size=8)
    told = str(caught.value)
    assert [word for word in words if word.lower() not in told.lower()] == []
    assert "mine" in told and "Nothing was changed" in told and "\n" not in told
    assert told.encode()  # fit for any screen
    assert snapshot(tmp_path) == before
    if make is not a_class_without_a_readable_picture:
        with pytest.raises(CourseError):
            inspect.inspect_folder(place)


def snapshot(place):
    return {path: path.lstat().st_mtime_ns for path in place.rglob("*") if "home" not in path.parts}


def test_the_report_shows_a_class_without_a_readable_picture(tmp_path):
    a_class_without_a_readable_picture(tmp_path / "mine")
    lines = inspect.inspect_folder(tmp_path / "mine").to_do
    assert any("'dog' in train" in line for line in lines)


# ---- what can be used, and what is passed over


def strange_class_in_test(place):
    splits(place, "train", "validation", "test")
    fill(place / "test", "fox")


def loose_pictures(place):
    fill(place, ".", "cat", "dog")


def loose_pictures_beside_train(place):
    splits(place, "train")
    fill(place, ".")


def loose_pictures_in_a_split(place):
    splits(place, "train", "test")
    fill(place / "train", ".")


def a_folder_beside_train(place):
    splits(place, "train")
    fill(place, "unlabelled")


def a_class_that_is_a_broken_link(place):
    fill(place, "cat", "dog")
    (place / "fox").symlink_to(place / "gone")


def a_class_that_is_a_circle(place):
    fill(place, "cat", "dog")
    (place / "fox").symlink_to(place / "fox")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (strange_class_in_test, ["test", "fox"]),
        (loose_pictures, ["mine", "0.png", "and 3 more", "no class"]),
        (loose_pictures_beside_train, ["mine", "0.png", "no class"]),
        (loose_pictures_in_a_split, ["train", "0.png", "no class"]),
        (a_folder_beside_train, ["mine", "unlabelled"]),
        pytest.param(a_class_that_is_a_broken_link, ["mine", "fox"], marks=POSIX),
        pytest.param(a_class_that_is_a_circle, ["mine", "fox"], marks=POSIX),
    ],
)
def test_what_is_passed_over_is_told_by_the_report_and_by_the_pictures(tmp_path, make, words):
    make(tmp_path / "mine")
    report = inspect.inspect_folder(tmp_path / "mine")
    loaded = datasets.load("quick", tmp_path / "mine", size=8)
    assert loaded.classes == ("cat", "dog")
    for text in ("\n".join(report.to_do), repr(report), repr(loaded), loaded._repr_html_()):
        [line] = [line for line in text.splitlines() if "Passed over" in line]
        assert [word for word in words if word not in line] == []


def test_notes_and_hidden_folders_beside_the_classes_are_not_worth_a_word(tmp_path):
    place = fill(tmp_path / "mine", "cat", "dog")
    (place / "README.txt").write_text("where from")
    (place / "labels.csv").write_text("name,label")
    for name in (".git", "__MACOSX", "@eaDir"):
        (place / name).mkdir()
    report = inspect.inspect_folder(place)
    assert report.to_do == [] and datasets.load("quick", place, size=8).remarks == []


@POSIX
@pytest.mark.timeout(60)
def test_a_circle_of_links_inside_a_class_is_not_followed(tmp_path):
    place = fill(tmp_path / "mine", "cat", "dog")
    (place / "cat" / "again").symlink_to(place)
    [bad] = datasets.load("quick", place, size=8).unreadable
    assert bad.path.name == "again" and "folder" in bad.reason


@pytest.mark.parametrize("names", [("Train", "Validation", "TEST"), ("training", "valid", "test")])
def test_other_spellings_of_the_splits_are_known(tmp_path, names):
    splits(tmp_path / "mine", *names)
    loaded = datasets.load("quick", tmp_path / "mine", size=8)
    assert loaded.counts == {"train": 12, "validation": 12, "test": 12}


@pytest.mark.parametrize("name", ["test", "train", "valid"])
def test_a_class_may_be_called_like_a_split(tmp_path, name):
    fill(tmp_path / "mine", name, "control")
    assert set(datasets.load("quick", tmp_path / "mine", size=8).classes) == {name, "control"}


@POSIX
def test_file_names_of_two_lines_and_of_no_text_are_read_and_printed(tmp_path):
    place = fill(tmp_path / "mine", "cat", "dog")
    os.rename(place / "cat" / "0.png", place / "cat" / "two\nlines <b>.png")
    try:
        os.rename(place / "cat" / "1.png", os.fsencode(place / "cat") + b"/x\xe9.png")
        Path(os.fsdecode(os.fsencode(place / "cat") + b"/b\xe4d.png")).write_bytes(b"no picture")
    except OSError:
        pytest.skip("this file system takes text only")
    for _ in range(2):  # decoded, and from the cache
        loaded = datasets.load("quick", place, size=8)
        assert sum(loaded.counts.values()) == 12 and len(loaded.unreadable) == 1
        every = [*loaded.train.names, *loaded.validation.names, *loaded.test.names]
        assert all((place / name).exists() for name in every)
    shutil.copy(place / "cat" / "two\nlines <b>.png", place / "dog" / "copy.png")
    report = inspect.inspect_folder(place)
    for text in (repr(report), report._repr_html_(), repr(loaded)):
        assert text.encode()
    assert "two\\nlines <b>.png" in repr(report) and "b\\udce4d.png" in repr(report)
    assert "<b>" not in report._repr_html_()


def test_a_folder_without_permission_says_so():
    """In a process of its own, which gives its privileges up: root may read everything."""
    if os.name == "nt":
        pytest.skip("POSIX permissions")
    code = """if True:
        import json, os, sys
        from pathlib import Path
        from course_utils.data import datasets, image_file, inspect
        from course_utils.errors import CourseError
        place = Path(sys.argv[1])
        inspect.inspect_folder(place / "open")  # what will be needed is loaded while it may be
        datasets.load("quick", place / "open", size=8)
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        os.environ["COURSE_HOME"] += " of nobody"
        found = {}
        for name in ("shut", "names only", "shut class"):
            for read in (inspect.report, lambda folder: datasets.load("quick", folder, size=8)):
                try:
                    read(place / name)
                    found.setdefault(name, []).append("read")
                except CourseError as error:
                    found.setdefault(name, []).append(str(error))
        bad = datasets.load("quick", place / "shut file", size=8).unreadable
        found["shut file"] = [f"{one.path.name}: {one.reason}" for one in bad]
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
        (place / "shut file" / "dog" / "3.png").chmod(0)
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
        for told in found[name]:
            assert blamed in told and "permission" in told.lower() and "Nothing was changed" in told
    [line] = found["shut file"]
    assert line.startswith("3.png") and "permission" in line.lower()


# ---- several classes, and pictures of other shapes


@pytest.mark.parametrize("count", [2, 3, 7, 20])
def test_two_to_twenty_classes(tmp_path, count):
    names = [f"class {number:02d}" for number in range(count)]
    fill(tmp_path / "mine", *names, each=5)
    loaded = datasets.load("quick", tmp_path / "mine", size=8)
    assert loaded.classes == tuple(names)
    assert loaded.counts == {"train": 3 * count, "validation": count, "test": count}
    for split in (loaded.train, loaded.validation, loaded.test):
        folders = [Path(name).parent.name for name in split.names]
        assert [names[label] for label in split.labels] == folders
        assert set(split.labels) == set(range(count))


@pytest.mark.parametrize("mode", ["L", "LA", "1", "P", "RGBA", "CMYK"])
@pytest.mark.parametrize("size", [(90, 20), (20, 90), (33, 33)])
def test_grey_and_odd_shapes_come_as_three_channels_and_square(tmp_path, mode, size):
    suffix = "tif" if mode == "CMYK" else "png"
    for path in fill(tmp_path / "mine", "cat", "dog", each=5).rglob("*.png"):
        Image.open(path).resize(size).convert(mode).save(path.with_suffix(".new." + suffix))
        path.unlink()
    loaded = datasets.load("quick", tmp_path / "mine", size=16)
    assert loaded.unreadable == [] and loaded.shape == (16, 16, 3) and loaded.channels == 3
    assert loaded.train.images.shape == (6, 16, 16, 3)
    grey = (loaded.train.images == loaded.train.images[..., :1]).all()
    assert grey == (mode in ("L", "LA", "1"))
