"""The short form of benchmarks/matrix.py: a GPU's precision with XLA, and a folder of films."""

import json

import pytest
import scripts


@pytest.fixture(scope="module")
def matrix():
    return scripts.load("tests/benchmarks/matrix.py")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("column", "lesson"),
    [
        ("float16+xla", "08"),  # a step of loss scaling was skipped, and the lesson stopped
        ("folder: films", "14"),  # two classes lost their names
    ],
)
def test_a_lesson_runs(matrix, tmp_path, column, lesson):
    assert matrix.run(column, lesson, tmp_path, {})["told"].startswith("ran")


@pytest.mark.slow
def test_a_plain_command_leaves_every_figure(matrix, tmp_path):
    assert matrix.run("papermill", "07", tmp_path, {})["told"] == "ran"
    book = json.loads((tmp_path / "out.ipynb").read_text(encoding="utf-8"))
    assert "widget-view" not in json.dumps(book)


def test_a_missing_figure_and_a_finding_that_did_not_hold_are_noticed(matrix, tmp_path):
    book = json.loads(matrix.notebook("07").read_text(encoding="utf-8"))
    path = tmp_path / "out.ipynb"
    path.write_text(json.dumps(book), encoding="utf-8")
    assert matrix.wrong("07", path, False) == (None, 0)
    shown = [c for c in book["cells"] if "[figure]" in json.dumps(c.get("outputs", ""))]
    kept, shown[-1]["outputs"] = shown[-1]["outputs"], []
    path.write_text(json.dumps(book), encoding="utf-8")
    assert matrix.wrong("07", path, False)[0] == f"no figure in cell {shown[-1]['id']}"
    stream = {"output_type": "stream", "name": "stdout", "text": "✘ not on this run: so it is\n"}
    shown[-1]["outputs"] = [*kept, stream]
    path.write_text(json.dumps(book), encoding="utf-8")
    assert matrix.wrong("07", path, False) == (None, 1)
