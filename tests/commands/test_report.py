"""The report of a run folder that is written here by hand: what `course run` leaves, and damage."""

import json
import os
import re
from html import unescape

import pytest

from course_utils.commands import report
from course_utils.errors import CourseError

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhf"
    "DwAChwGA60e6kgAAAABJRU5ErkJggg=="
)
FIGURE = {
    "output_type": "display_data",
    "data": {"image/png": PIXEL},
    "metadata": {"image/png": {"alt": "One grey dot"}},
}
CURVE = {"accuracy": [0.5, 0.7, 0.9], "val_accuracy": [0.5, 0.7, 0.75]}
ODD = "<Kühe> & $x$-1a2b3c"  # a folder's name and its hash


def notebook(*texts):
    """Return an executed notebook as JSON: one figure, then a text cell for each of `texts`."""
    cells = [{"cell_type": "markdown", "metadata": {}, "source": text} for text in texts]
    code = {"cell_type": "code", "metadata": {}, "source": "1", "execution_count": 1}
    content = {"cells": [{**code, "outputs": [FIGURE]}, *cells], "metadata": {}}
    return json.dumps({**content, "nbformat": 4, "nbformat_minor": 4})


def leave(folder, name, results=(), page=None, **marker):
    """Leave in `folder` what one executed lesson leaves: a notebook, a marker, a ledger entry."""
    marker = {
        "lesson": name[:2], "preset": "quick", "dataset": "toy_pets", "backbone": "minivgg",
        "seed": 0, "seconds": 12.3, "peak_mb": 1070, "versions": {"tensorflow": "2.21"},
        "ledger": [], "notebook": f"{name}.ipynb", **marker,
    }  # fmt: skip
    kind = "failed" if "reason" in marker else "done"
    for place in (kind, "ledger"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    if results:
        entry = {**results[0], "main": results[0]["name"], "results": results, "device": "CPU"}
        entry |= {"pictures": marker["dataset"].removesuffix("-1a2b3c"), "lesson": name[:2]}
        (folder / "ledger" / f"{name}.json").write_text(json.dumps(entry))
        marker["ledger"] = [f"{name}.json"]
    (folder / kind / f"{name}.json").write_text(json.dumps(marker))
    ending = ".failed.ipynb" if kind == "failed" else ".ipynb"
    (folder / f"{name}{ending}").write_text(page or notebook("words"))


def result(name, **more):
    values = {"accuracy": 0.75, "train_accuracy": 0.9, "trainable": 1234, "seconds": 1.5}
    return {"name": name, **values, "history": CURVE, **more}


def text_of(page):
    return page.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run with several variants of lesson 03, one that failed, and one with a broken notebook."""
    folder = tmp_path_factory.mktemp("quick")
    probe = result("probe & <b>more</b>", accuracy=None, trainable=None, seconds=None, history={})
    leave(folder, "00_start_here")
    leave(folder, "03_cnn_from_scratch", [result("scratch")])
    leave(folder, "03_cnn_from_scratch-seed1", [result("scratch")], seed=1)
    leave(folder, "03_cnn_from_scratch-odd", [result("scratch")], dataset=ODD)
    leave(folder, "05_normalization", [result("plain"), probe])
    leave(
        folder, "07_fast_feature_extraction", reason="ValueError: <b>grey</b>", cell=3, code="x<1"
    )
    leave(folder, "09_fine_tuning", [result("top", history=None)], page='{"cells": [')
    (folder / "done" / "half.json").write_text('{"lesson": "0')
    return folder


@pytest.fixture(scope="module")
def folder(run):
    """The same run with its report."""
    report.build(run)
    return run


@pytest.mark.slow
def test_the_page_needs_nothing_from_elsewhere(folder):
    pages = list(folder.glob("*.html"))
    assert len(pages) == 7
    for page in pages:
        text = text_of(page)
        assert "<script" not in text and "<link" not in text.replace('<link rel="icon"', "")
        for source in re.findall(r'(?:src|@import|url\()\s*=?\s*["\']?([^"\')\s>]+)', text):
            assert source.startswith("data:") or page.name != "report.html", source


@pytest.mark.slow
def test_the_page_says_what_was_run_and_what_came_out(folder):
    text = text_of(folder / "report.html")
    for word in ("quick preset", "minivgg", "tensorflow 2.21", "CPU", "0.750", "1,234", "1,070"):
        assert word in text
    for odd in ("<b>grey", "<b>more", "<Kühe>", "x<1"):
        assert odd not in text and odd in unescape(text)
    assert "pproach" in text and "stage" not in text
    links = dict(re.findall(r'<a href="([^"]+)">(\d\d)', text))
    assert sorted(links.values()) == ["00", "03", "03", "03", "05", "07"]
    assert all((folder / link).is_file() for link in links)


@pytest.mark.slow
def test_figures_have_alternative_texts(folder):
    assert 'alt="One grey dot"' in text_of(folder / "03_cnn_from_scratch.html")
    images = re.findall(
        r'<img src="data:image/png;base64,(.*?)" alt="(.*?)">', text_of(folder / "report.html")
    )
    texts = [unescape(alt) for _, alt in images]
    assert len(texts) == 4  # each result with a curve
    assert texts[0].startswith(
        f"Lesson 03, scratch, {ODD}, seed 0: accuracy by epoch, quick preset."
    )
    for words in ("training accuracy goes from 0.50 to 0.90", "validation accuracy goes from 0.50"):
        assert all(words in text for text in texts)


@pytest.mark.slow
def test_a_damaged_notebook_takes_no_other_page_with_it(folder):
    text = text_of(folder / "report.html")
    assert "09_fine_tuning.ipynb is missing or damaged" in text
    assert text.count("missing or damaged") == 1
    assert not (folder / "09_fine_tuning.html").exists()


@pytest.mark.slow
def test_a_page_follows_its_notebook_whatever_the_clock_says(tmp_path):
    file = tmp_path / "a.ipynb"
    for words in ("first words", "other words"):
        file.write_text(notebook(words))
        os.utime(file, (0, 0))  # as a copy from elsewhere may be older than the page
        page = report.export(file)
        assert words in text_of(page)
    stamp = page.stat().st_mtime_ns
    file.touch()
    report.export(file)
    assert page.stat().st_mtime_ns == stamp  # the same content is not written again
    assert "<script" not in text_of(page)


def test_the_text_table_has_a_row_for_each_lesson_and_each_approach(run):
    table = report.text_table(run).splitlines()
    assert "approach" in table[0]
    rows = [re.split("  +", line.strip()) for line in table[2:]]
    numbers = ["scratch", "0.750", "1,234", "12.3", "1,070"]
    assert rows[1] == [f"03 A convnet from scratch ({ODD}, seed 0)", *numbers]
    assert rows[3] == ["03 A convnet from scratch (toy_pets, seed 1)", *numbers]
    assert rows[5] == ["plain", "0.750", "1,234", "1.5"]
    assert rows[6] == ["probe & <b>more</b>", "–", "–", "–"]
    assert rows[7][1] == "FAILED"
    assert len(report.text_table(run, {"03"}).splitlines()) == 5


def test_variants_are_named_only_where_there_are_several(tmp_path):
    leave(tmp_path, "03_cnn_from_scratch", seed=4)
    assert "seed" not in report.text_table(tmp_path)
    leave(tmp_path, "03_cnn_from_scratch-full", seed=4, preset="full")
    for preset in ("quick", "full"):
        assert f"03 A convnet from scratch ({preset})" in report.text_table(tmp_path)


def test_an_empty_run_is_a_message(tmp_path):
    with pytest.raises(CourseError, match="holds no executed lesson"):
        report.build(tmp_path)


def test_markers_that_are_half_written_or_lack_something_are_passed_over(tmp_path):
    """One of them took the table and the report of the whole folder with it."""
    leave(tmp_path, "03_cnn_from_scratch")
    whole = json.loads((tmp_path / "done" / "03_cnn_from_scratch.json").read_text())
    for name in (".writing-1-2-04_augmentation", "05_normalization"):
        (tmp_path / "done" / f"{name}.json").write_text(json.dumps({**whole, "lesson": name[-2:]}))
    (tmp_path / "done" / "05_normalization.json").write_text('{"lesson": "05", "preset": "quick"}')
    assert [row["lesson"] for row in report.collect(tmp_path)] == ["03"]
