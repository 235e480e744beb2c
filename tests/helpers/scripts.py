"""Scripts that lie outside the package, as modules."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def load(place):
    """Import a script by its path from the project's folder on."""
    spec = importlib.util.spec_from_file_location(Path(place).stem, ROOT / place)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
