import re
import xml.etree.ElementTree as ElementTree

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_helpers import lesson

from course_utils.commands import report, run
from course_utils.errors import CourseError

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhf"
    "DwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
FIGURE = f"""
from IPython.display import display
display({{"image/png": "{PIXEL}"}}, raw=True, metadata={{"image/png": {{"alt": "One grey dot"}}}})
"""


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """The folder of a run with one lesson that passed, in two seeds, and one that failed."""
    here = tmp_path_factory.mktemp("course")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        patch.setenv("COURSE_HOME", str(here / "home"))
        lesson(here, "03", FIGURE)
        lesson(here, "07", "raise ValueError('<b>grey</b> cats')")
        assert run.run_lessons(["03"], seed=1) == 0
        assert run.run_lessons() == 1
    return here / "runs" / "quick"


def test_the_page_needs_nothing_from_elsewhere(quick):
    for page in quick.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "<script" not in text and "<link" not in text.replace('<link rel="icon"', "")
        for source in re.findall(r'(?:src|@import|url\()\s*=?\s*["\']?([^"\')\s>]+)', text):
            assert source.startswith("data:") or page.name != "report.html", source


def test_the_page_says_what_was_run_and_what_came_out(quick):
    text = (quick / "report.html").read_text(encoding="utf-8")
    for word in ("quick preset", "minivgg", "tensorflow 2", "CPU", "0.750", "1,234", "main stage"):
        assert word in text
    assert "seed 1" in text
    assert "&lt;b&gt;grey" in text and "<b>grey" not in text


def test_links_lead_to_the_executed_lessons(quick):
    text = (quick / "report.html").read_text(encoding="utf-8")
    links = re.findall(r'<a href="([^"]+)"', text)
    assert set(links) == {
        "03_cnn_from_scratch.html",
        "03_cnn_from_scratch-seed1.html",
        "07_fast_feature_extraction.failed.html",
    }
    for link in links:
        assert (quick / link).is_file()


def test_alternative_texts_survive(quick):
    assert 'alt="One grey dot"' in (quick / "03_cnn_from_scratch.html").read_text(encoding="utf-8")
    drawings = re.findall(r'aria-label="([^"]+)"', (quick / "report.html").read_text("utf-8"))
    assert drawings[0] == (
        "Lesson 03, main stage (quick preset): training accuracy goes from 0.50 to 0.90, "
        "validation accuracy goes from 0.50 to 0.75 in 3 epochs."
    )


def test_formulas_keep_mathjax(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("$x^2$")])
    nbformat.write(notebook, tmp_path / "a.ipynb")
    text = report.export(tmp_path / "a.ipynb").read_text(encoding="utf-8")
    assert "MathJax" in text and "require" not in text and "mermaid" not in text


def test_a_page_follows_its_notebook(tmp_path):
    def page(words):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(words)])
        nbformat.write(notebook, tmp_path / "a.ipynb")
        return report.export(tmp_path / "a.ipynb").read_text(encoding="utf-8")

    assert "first words" in page("first words")
    assert "other words" in page("other words")


def test_the_text_table_has_a_row_for_each_lesson(quick):
    lines = report.text_table(quick).splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["03", "03", "07"]
    assert "(seed 1)" in lines[3] and "FAILED" in lines[4]
    assert len(report.text_table(quick, {"03"}).splitlines()) == 4


def test_several_stages_stand_below_their_lesson(quick, monkeypatch):
    rows = report.collect(quick)
    rows[0]["stages"] = [{"name": "live", "accuracy": 0.5}, {"name": "cached", "accuracy": None}]
    monkeypatch.setattr(report, "collect", lambda folder: rows[:1])
    text = report.text_table(quick)
    assert re.search(r"^ +live +0\.500 +– +–$", text, re.M)
    assert re.search(r"^ +cached +– +– +–$", text, re.M)


def test_an_empty_run_is_a_message(tmp_path):
    with pytest.raises(CourseError, match="holds no executed lesson"):
        report.build(tmp_path)


def test_broken_ledger_and_marker_files_are_no_traceback(quick, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(quick, copy)
    (copy / "done" / "half.json").write_text('{"lesson": "0')
    for path in (copy / "ledger").glob("*-0.json"):
        path.write_text("{")
    text = report.build(copy).read_text(encoding="utf-8")
    assert "A convnet from scratch" in text


accuracies = st.lists(st.one_of(st.floats(0, 1), st.none()), min_size=2, max_size=40)


@given(accuracies, accuracies)
def test_every_curve_is_a_drawing_inside_its_frame(training, validation):
    history = {"accuracy": [0.5, *training], "val_accuracy": validation}
    drawing = report.curve(history, 'A "title" & <more>')
    svg = ElementTree.fromstring(str(drawing["svg"]))
    assert svg.attrib["aria-label"] == drawing["alt"]
    for line in svg.iter("polyline"):
        for point in line.attrib["points"].split():
            x, y = map(float, point.split(","))
            assert report.LEFT - 0.1 <= x <= report.WIDTH - report.RIGHT + 0.1
            assert report.TOP - 0.1 <= y <= report.HEIGHT - report.BOTTOM + 0.1
    heights = [float(t.attrib["y"]) for t in svg.iter("text") if t.attrib.get("class") == "end"]
    assert len(heights) < 2 or abs(heights[0] - heights[1]) >= 14
