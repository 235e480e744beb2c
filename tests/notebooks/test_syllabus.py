"""The facts that the syllabus asks of each lesson stand in its committed run, asserted there."""

import json
from pathlib import Path

import pytest
from lesson_tables import TABLES

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def cells_of(number):
    """Return the cells of a lesson as it is committed."""
    [notebook] = NOTEBOOKS.glob(f"{number}_*.ipynb")
    return json.loads(notebook.read_text(encoding="utf-8"))["cells"]


def claims(number):
    """Return the lines of the committed run that say what was proved or found."""
    cells = cells_of(number)
    found = [output for cell in cells for output in cell.get("outputs", [])]
    lines = "".join("".join(output.get("text", [])) for output in found).splitlines()
    return [line for line in lines if line.startswith(("✔ proved: ", "✔ found: "))]


@pytest.mark.parametrize("number", TABLES)
def test_the_lesson_asserts_its_facts(number):
    found = claims(number)
    missing = {
        fact: claim
        for fact, claim in TABLES[number].FACTS.items()
        if not any(claim in line for line in found)
    }
    assert missing == {}


@pytest.mark.parametrize("number", [n for n, table in TABLES.items() if hasattr(table, "SAID")])
def test_the_lesson_tells_what_its_sources_say(number):
    cells = cells_of(number)
    pieces = [cell["source"] for cell in cells]
    for output in (output for cell in cells for output in cell.get("outputs", [])):
        pieces += [output.get("text", []), output.get("data", {}).get("text/plain", [])]
    told = " ".join(" ".join(map("".join, pieces)).split())
    said = TABLES[number].SAID.items()
    assert {fact: text for fact, text in said if " ".join(text.split()) not in told} == {}


def test_every_lesson_has_a_list():
    assert list(TABLES) == sorted(path.stem[:2] for path in NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
