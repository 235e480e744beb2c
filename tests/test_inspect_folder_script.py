"""The script data_scripts/inspect_folder.py: what it prints, its page, its exit code."""

import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import scripts
from click.testing import CliRunner
from drawn_folder import drawn, fill, plant_defects, save, snapshot

from course_utils.data import inspect
from course_utils.data.toys import pets

SCRIPT = Path(__file__).resolve().parents[1] / "data_scripts" / "inspect_folder.py"


@pytest.fixture(scope="module")
def script():
    return scripts.load("data_scripts/inspect_folder.py")


@pytest.fixture
def run(script):
    return lambda *arguments: CliRunner().invoke(script.main, [str(a) for a in arguments])


@pytest.fixture
def folder(tmp_path):
    return fill(tmp_path / "mine")


class Page(HTMLParser):
    """What a browser would see: balanced tags, pictures, words."""

    ALONE = {"meta", "link", "img", "br"}

    def __init__(self, path):
        super().__init__()
        self.open, self.images, self.links, self.words = [], [], [], ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.links += [attributes[name] for name in ("src", "href") if name in attributes]
        if tag == "img":
            self.images.append(attributes)
        if tag not in self.ALONE:
            self.open.append(tag)
        assert tag != "script"

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words += data


@pytest.mark.slow
def test_as_a_program_of_its_own(folder, tmp_path):
    done = subprocess.run([sys.executable, SCRIPT, folder], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip() == repr(inspect.inspect_folder(folder))
    command = [sys.executable, SCRIPT, tmp_path / "nowhere"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere" in done.stderr and "Traceback" not in done.stderr


def test_the_page_shows_what_was_found_and_needs_no_other_file(folder, run, tmp_path):
    plant_defects(folder)
    before = snapshot(folder)
    page = tmp_path / "new folder" / "page.html"
    done = run(folder, "--html", page)
    assert done.exit_code == 1 and str(page) in done.output
    assert snapshot(folder) == before
    seen, report = Page(page), inspect.inspect_folder(folder)
    for words in (
        *report.to_do,
        *(f"{report.name_of(bad.path)}{bad.reason}" for bad in report.unreadable),
        "Pictures in two splits: 2A score",  # a heading, not the list
        "Pictures in two classes: 1A label",
        "Pictures repeated in a split: 1They",
        "train/dog/1.jpgPNG",
        "same file",
        "look alike",
    ):
        assert words in seen.words.replace("\n", "")
    assert {"test/cat/leak.png", "validation/dog/small.jpg"} <= {i["alt"] for i in seen.images}
    assert all(image["alt"] for image in seen.images)
    assert max(int(image[side]) for image in seen.images for side in ("width", "height")) <= 96
    assert all(link.startswith("data:") for link in seen.links)
    assert [path.name for path in page.parent.iterdir()] == ["page.html"]
    assert str(tmp_path) not in seen.words


def test_a_picture_on_the_page_keeps_its_shape(script, tmp_path):
    drawn(70).resize((200, 50)).save(tmp_path / "wide.png")
    small = script.thumbnail(tmp_path / "wide.png")
    assert (small["width"], small["height"]) == (96, 24)
    assert script.thumbnail(tmp_path / "gone.png") is None


@pytest.mark.slow
def test_many_findings_are_counted_not_shown(folder, run, tmp_path):
    for number in range(230):
        (folder / "train" / "dog" / f"bad{number:03d}.jpg").write_bytes(b"no picture")
    for number in range(40):
        save(number, folder / "test" / pets.CLASSES[number % 2] / f"leak{number}.png")
        save(number, folder / "train" / pets.CLASSES[number % 2] / f"{number}.png")
    for number in range(15):
        save(0, folder / "validation" / "cat" / f"heap{number:02d}.png")
    done = run(folder, "--html", tmp_path / "page.html")
    assert done.exit_code == 1 and len(done.output.splitlines()) < 50
    seen = Page(tmp_path / "page.html")
    for words in ("Unreadable: 230", "and 30 more", "in two splits: 40", "and 28 more", "6 of 17"):
        assert words in seen.words
    assert len(seen.images) < 100
    assert (tmp_path / "page.html").stat().st_size < 500_000


def test_a_folder_that_cannot_be_used_ends_with_2_and_no_page(tmp_path, run):
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    before = snapshot(tmp_path)
    for name in ("missing", "file", "empty"):
        done = run(tmp_path / name, "--html", tmp_path / "page.html")
        assert done.exit_code == 2 and str(tmp_path / name) in done.output
    assert snapshot(tmp_path) == before


@pytest.mark.parametrize(
    "place",
    ["mine/page.html", "mine/train/cat/page.html", "mine", "0.png", "file/page.html", "taken.html"],
)
def test_a_page_that_cannot_be_written_ends_with_2(folder, tmp_path, run, place):
    (tmp_path / "file").write_text("")
    (tmp_path / "taken.html").mkdir()
    before = snapshot(tmp_path)
    done = run(folder, "--html", tmp_path / place)
    assert done.exit_code == 2 and str(tmp_path / place) in done.output and "--html" in done.output
    assert snapshot(tmp_path) == before


def test_an_older_page_is_replaced_whole(folder, tmp_path, run):
    page = tmp_path / "page.html"
    page.write_text("what was there" * 100_000)
    assert run(folder, "--html", page).exit_code == 0
    assert "All well" in Page(page).words and "what was there" not in page.read_text()


def test_the_seed_splits_as_a_lesson_does(tmp_path, run):
    place = fill(tmp_path, splits=["train"]) / "train"  # classes, and no splits
    save(0, place / "cat" / "copy.png")  # in one split or in two, by chance
    said = [run(place, "--seed", seed).output.strip() for seed in range(4)]
    assert said == [repr(inspect.inspect_folder(place, seed)) for seed in range(4)]
    assert len(set(said)) > 1
