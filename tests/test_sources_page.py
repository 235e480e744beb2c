"""The page of sources: it serves every lesson, its links are whole, and no paper is missing."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from course_utils import presets

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
ARXIV = re.compile(r"arxiv\.org/(?:abs|pdf)/(\d{4}\.\d{4,5})", re.IGNORECASE)


def lesson_cells(page):
    """Yield what stands in the column "lessons" of each row of each table."""
    place = None
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.split("|")[1:-1]]
        if not cells:
            place = None
        elif "lessons" in cells:
            place = cells.index("lessons")
        elif set(line) - set("|-: "):
            yield cells[place]


def numbers(cell):
    """Return the lessons that a cell such as "00, 03 to 05" names."""
    found = []
    for part in cell.split(", "):
        first, _, last = part.partition(" to ")
        found += [f"{n:02}" for n in range(int(first), int(last or first) + 1)]
    return found


def test_each_table_maps_its_rows_to_lessons_and_every_lesson_is_mapped():
    found = set()
    for cell in lesson_cells(PAGE):
        if cell != "–":  # left out
            assert re.fullmatch(r"\d\d( to \d\d)?(, \d\d( to \d\d)?)*", cell), cell
            assert set(numbers(cell)) <= set(presets.LESSONS), cell
            found |= set(numbers(cell))
    assert found == set(presets.LESSONS)


def test_links_are_whole():
    links = re.findall(r"\]\(([^)]*)\)", PAGE)
    assert len(links) == PAGE.count("](") and len(links) > 40
    for link in links:
        parts = urlsplit(link)
        assert parts.scheme == "https" and "." in parts.netloc and not re.search(r"\s", link), link
        if parts.netloc == "arxiv.org":
            assert re.fullmatch(r"/abs/\d{4}\.\d{4,5}", parts.path), link
    assert len(set(links)) == len(links), "a link stands twice"


def test_every_paper_that_a_lesson_links_stands_on_the_page():
    known, missing = set(ARXIV.findall(PAGE)), []
    for path in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
        linked = set(ARXIV.findall(path.read_text(encoding="utf-8")))
        missing += [(path.name, paper) for paper in sorted(linked - known)]
    assert missing == []


def test_no_machine_path_and_no_http():
    assert not re.search(r"(^|[\s'\"(`])/(home|root|work|tmp|Users)/", PAGE)
    assert "http://" not in PAGE
