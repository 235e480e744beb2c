"""The facts that the syllabus asks of each lesson stand in its committed run, asserted there."""

import json
from pathlib import Path

import pytest
from lesson_tables import TABLES

ROOT = Path(__file__).resolve().parents[1]


def facts():
    """Yield lesson, fact, and the claim that asserts it."""
    for number, table in TABLES.items():
        for fact, claim in table.FACTS.items():
            yield pytest.param(number, claim, id=f"{number}: {fact}")


def claims(number):
    """Return the lines of the committed run that say what was proved or found."""
    [notebook] = (ROOT / "notebooks").glob(f"{number}_*.ipynb")
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    found = [output for cell in cells for output in cell.get("outputs", [])]
    lines = "".join("".join(output.get("text", [])) for output in found).splitlines()
    return [line for line in lines if line.startswith(("✔ proved: ", "✔ found: "))]


@pytest.mark.parametrize(("number", "claim"), facts())
def test_the_lesson_asserts_the_fact(number, claim):
    assert any(claim in line for line in claims(number)), claims(number)


def test_every_lesson_has_a_list():
    notebooks = sorted(path.stem[:2] for path in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
    assert list(TABLES) == notebooks
