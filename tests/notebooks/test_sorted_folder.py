"""Folders come sorted by class, drawings in turn: what a lesson takes some of holds all classes."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
IN_ORDER = {"sorted": np.repeat([0, 1, 2], 400), "in turn": np.tile([0, 1, 2], 400)}


class Split(SimpleNamespace):
    def __len__(self):
        return len(self.labels)


@pytest.fixture(params=IN_ORDER)
def split(request):
    labels = IN_ORDER[request.param]
    pictures = np.zeros((len(labels), 8, 8, 3), "uint8")
    return Split(images=pictures + labels[:, None, None, None].astype("uint8"), labels=labels)


def lines_of(cell):
    """Return the lines of a cell's code, by its id."""
    [path] = NOTEBOOKS.glob(f"{cell[:2]}_*.ipynb")
    book = json.loads(path.read_text(encoding="utf-8"))
    [source] = ["".join(one["source"]) for one in book["cells"] if one["id"] == cell]
    return source.splitlines()


def run(split, cell, **names):
    """Run one cell on the pictures; return its names and what it has drawn."""
    source = "\n".join(line for line in lines_of(cell) if "keras" not in line)
    drawn = []
    plots = SimpleNamespace(
        image_grid=lambda *given, **more: drawn.append(given),
        scatter=lambda *given, **more: drawn.append(given),
    )
    pictures = SimpleNamespace(train=split, validation=split, classes=("a", "b", "c"))
    space = dict(
        SEED=0, np=np, train=split, validation=split, pictures=pictures, plots=plots, **names
    )
    exec(source, space)
    return space, drawn


def test_the_first_look_shows_all_classes(split):
    _, [(images, names)] = run(split, "03-04")
    assert set(names) == {"a", "b", "c"} and len(images) == 24
    assert list(names) == ["abc"[picture.max()] for picture in images]


def test_the_points_of_lesson_7_are_of_all_classes(split):
    features = np.random.default_rng(0).random((len(split), 2, 2, 5))
    space, [(panels, labels, _)] = run(split, "07-24", validation_features=features)
    assert set(labels) == {0, 1, 2}
    assert {len(points) for points in panels.values()} == {len(labels)}
    assert len(space["pixels"]) <= 400  # more would take minutes


@pytest.mark.parametrize("cell", ["03-19", "10-44"])
def test_what_stands_for_all_pictures_is_of_all_classes(split, cell):
    line = next(line for line in lines_of(cell) if line.startswith(("few = ", "some = ")))
    space = {"SEED": 0, "np": np, "validation": split}
    exec(line, space)
    assert set(split.labels[space.get("few", space.get("some"))]) == {0, 1, 2}


def test_the_opening_learns_from_and_shows_all_classes(split):
    lines = [line for line in lines_of("00-60") if line.startswith(("shuffle = ", "some, new = "))]
    space = {"SEED": 0, "np": np, "train": split, "validation": split}
    exec("\n".join(lines), space)
    for chosen in (space["some"], space["new"]):
        assert set(split.labels[chosen]) == {0, 1, 2}
