"""The tables of tests/exercises/lessons: a module for each lesson, loaded by path."""

import importlib.util
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "exercises" / "lessons"


def load(path):
    """Return the module of one lesson, with RIGHT, WRONG and FACTS."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TABLES = {path.stem[-2:]: load(path) for path in sorted(FOLDER.glob("lesson_*.py"))}
