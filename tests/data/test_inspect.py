"""The report on a folder: each planted defect is found, and a clean folder gets no advice."""

import shutil
import subprocess
import sys

import pytest
from drawn_folder import SPLITS, drawn, fill, plant_defects, save, snapshot
from PIL import Image

from course_utils.data import datasets, folders, inspect
from course_utils.errors import CourseError


@pytest.fixture
def folder(tmp_path):
    return fill(tmp_path / "mine")


def in_folder(group, folder):
    return {path.relative_to(folder).as_posix() for path in group.paths}


def test_a_clean_folder_needs_nothing(folder):
    report = inspect.inspect_folder(folder)
    assert report.to_do == report.details == report.unreadable == report.duplicates == []
    assert report.counts == {split: {"cat": 6, "dog": 6} for split in SPLITS}
    assert (report.classes, report.listing) == folders.list_folder(folder)
    assert (report.sides, report.kinds) == ((64, 64, 64), {"PNG": 36})
    assert "all well" in report._repr_html_()


def test_each_defect_is_found_and_nothing_is_touched(folder):
    plant_defects(folder)
    before = snapshot(folder)
    report = inspect.inspect_folder(folder)
    assert snapshot(folder) == before
    reasons = {report.name_of(bad.path): bad.reason for bad in report.unreadable}
    assert set(reasons) == {
        "train/cat/<i>page & co.jpg",
        "train/cat/half.png",
        "train/dog/IMG_1.HEIC",
    }
    assert all(reason and "\n" not in reason for reason in reasons.values())
    assert len(set(reasons.values())) == 3
    assert "save as JPEG" in reasons["train/dog/IMG_1.HEIC"]
    assert report.misnamed == {folder / "train" / "dog" / "1.jpg": "PNG"}
    assert {(group.where, frozenset(in_folder(group, folder))) for group in report.duplicates} == {
        ("in two splits", frozenset({"train/cat/0.png", "test/cat/leak.png"})),
        ("in two classes", frozenset({"train/cat/2.png", "train/dog/label.png"})),
        ("repeated in a split", frozenset({"train/cat/4.png", "train/cat/again.png"})),
        ("in two splits", frozenset({"train/dog/3.png", "validation/dog/small.jpg"})),
    }
    assert sum(group.exact for group in report.duplicates) == 3
    assert report.counts["train"] == {"cat": 7, "dog": 7}  # the readable ones
    assert report.kinds == {"PNG": 39, "JPEG": 1}
    for line, start in zip(
        report.to_do,
        (
            "Unreadable files: 3.",
            "Pictures in two classes: 1.",
            "Pictures in two splits: 2.",
            "Pictures repeated in a split: 1.",
            "Files of another type than the name says: 1.",
            "Photos of a telephone (.heic)",
            "Passed over in 'mine': loose.png",
        ),
        strict=True,
    ):
        assert line.startswith(start)


def test_the_report_reads_well_and_names_are_escaped(folder):
    plant_defects(folder)
    report = inspect.inspect_folder(folder)
    text, html = repr(report), report._repr_html_()
    for line in (*report.to_do, *report.details):
        assert line in text
    assert len(report.details) == 8 and "train/dog/1.jpg: is PNG" in report.details
    assert "&lt;i&gt;page &amp; co.jpg" in html and "<i>" not in html
    assert str(folder.parent) not in text + html  # no path of this machine


def test_many_findings_of_a_kind_are_counted(folder):
    for number in range(12):
        (folder / "train" / "dog" / f"bad{number:02d}.jpg").write_bytes(b"")
        shutil.copy(folder / "train" / "cat" / "0.png", folder / "test" / "cat" / f"{number}a.png")
    report = inspect.inspect_folder(folder)
    bad, same = report.details[: inspect.SHOWN + 1], report.details[inspect.SHOWN + 1 :]
    assert bad[0].startswith("train/dog/bad00.jpg: ") and bad[-1] == "and 4 more"
    assert len(same) == 1 and same[0].count(".png") == inspect.SHOWN and "and 5 more" in same[0]


def test_the_usual_endings_of_a_type_are_fine_and_no_others(folder):
    place = folder / "test" / "cat"
    usual = [(".jpg", "JPEG"), (".JPEG", "JPEG"), (".jpe", "JPEG"), (".jpg", "MPO")]
    usual.append((".mpo", "MPO"))
    for number, (suffix, kind) in enumerate(usual, start=40):
        save(number, place / f"fine{number}{suffix}", format=kind)
    odd = {place / f"odd{suffix}": "PNG" for suffix in (".jpg", ".gif", ".txt", "")}
    for number, path in enumerate(odd, start=50):
        save(number, path, format="PNG")
    assert inspect.inspect_folder(folder).misnamed == odd


def test_pictures_without_contrast_are_no_near_duplicates(folder):
    for number in range(3):
        flat = Image.new("RGB", (64, 64), (number, 100, 100))
        flat.save(folder / "train" / "cat" / f"flat{number}.png")
    assert inspect.inspect_folder(folder).duplicates == []


def test_imbalance_is_told_from_its_threshold_on(folder):
    for number in range(3):  # 9 to 6: exactly 1.5
        save(40 + 2 * number, folder / "train" / "cat" / f"more{number}.png")
    assert inspect.inspect_folder(folder).to_do == []
    save(50, folder / "train" / "cat" / "one_more.png")
    [line] = inspect.inspect_folder(folder).to_do
    assert line.startswith("Imbalance: 1.7 training pictures of 'cat' to one of 'dog'")


def test_a_plain_folder_is_split_as_a_lesson_splits_it(tmp_path):
    place = fill(tmp_path, splits=["train"], each=10) / "train"  # classes, and no splits
    report = inspect.inspect_folder(place, seed=3)
    assert (report.classes, report.listing) == folders.list_folder(place, seed=3)
    assert report.listing != inspect.inspect_folder(place).listing
    assert {split: sum(counts.values()) for split, counts in report.counts.items()} == {
        "train": 12,
        "validation": 4,
        "test": 4,
    }


def test_sizes_and_kinds_are_counted(folder):
    save(60, folder / "train" / "cat" / "0 first.jpg")
    drawn(61).convert("L").resize((30, 90)).save(folder / "train" / "dog" / "tall.png")
    report = inspect.inspect_folder(folder)
    assert report.sides == (30, 64, 64)
    assert list(report.kinds.items()) == [("PNG", 37), ("JPEG", 1)]  # commonest first
    assert report.summary in repr(report)


def test_a_folder_in_which_nothing_can_be_read_is_told(tmp_path):
    for path in (tmp_path / name / f"{k}.jpg" for name in ("cat", "dog") for k in range(5)):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no picture")
    report = inspect.inspect_folder(tmp_path)
    assert len(report.unreadable) == 10 and report.duplicates == []
    assert sum("no lesson can start" in line for line in report.to_do) == 6
    assert repr(report) and report._repr_html_()


def test_a_folder_that_cannot_be_used_is_an_error(tmp_path):
    with pytest.raises(CourseError, match="nowhere"):
        inspect.inspect_folder(tmp_path / "nowhere")


@pytest.mark.slow
def test_no_tensorflow_is_loaded():
    code = "import sys, course_utils.data.inspect; print('tensorflow' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_the_frames_of_a_film_stay_together_and_no_class_is_lost(tmp_path):
    """Their class once vanished from training, and the names of all others moved up by one."""
    shots = {"fox": [0] * 30, "owl": range(1, 41, 2)}
    for name, numbers in shots.items():
        for k, number in enumerate(numbers):
            light = drawn(number).point(lambda value, k=k: value * (100 - k) // 100)
            (tmp_path / name).mkdir(exist_ok=True)
            light.save(tmp_path / name / f"{name}{k:02d}.png")
    report = inspect.inspect_folder(tmp_path)
    assert [len(group) for group in report.alike] == [30]
    assert report.counts == {
        "train": {"fox": 30, "owl": 12},
        "validation": {"fox": 0, "owl": 4},
        "test": {"fox": 0, "owl": 4},
    }
    assert any("'fox' in test: all look alike" in line for line in report.to_do)
    assert len(repr(report)) < 2000  # not a line for each frame
    assert not any("keep one copy" in line for line in report.to_do)
    dataset = datasets.load("quick", tmp_path, image_size=16)
    assert dataset.counts == {"train": 42, "validation": 4, "test": 4}
    for split in (dataset.train, dataset.validation, dataset.test):
        told = [dataset.classes[label] for label in split.labels]
        assert told == [name.split("/")[0] for name in split.names]
    assert "30 pictures in 1 groups belong together" in repr(dataset)
    assert "No picture for test of: fox. Scores say nothing of it." in repr(dataset)


def test_where_each_class_is_one_film_it_is_cut_and_said(tmp_path):
    for k, name in enumerate(("fox", "owl")):
        (tmp_path / name).mkdir()
        for n in range(10):
            drawn(k).save(tmp_path / name / f"{n}.png", compress_level=n % 9)
    dataset = datasets.load("quick", tmp_path, image_size=16)
    assert dataset.counts == {"train": 12, "validation": 4, "test": 4}
    assert "Groups had to be cut, so scores will flatter" in repr(dataset)


def test_a_film_and_one_bad_file_still_make_a_class(tmp_path):
    """The bad file was all that could be held out, and the lesson stopped."""
    for k, name in enumerate(("fox", "owl")):
        (tmp_path / name).mkdir()
        for n in range(10):
            drawn(k if name == "fox" else 2 * n + 1).save(tmp_path / name / f"{n}.png")
    (tmp_path / "fox" / "bad.png").write_bytes(b"")
    dataset = datasets.load("quick", tmp_path, image_size=16)
    assert [bad.path.name for bad in dataset.unreadable] == ["bad.png"]
    assert dataset.counts == {"train": 16, "validation": 2, "test": 2}
    assert "of: fox. Scores say nothing of it." in repr(dataset)
