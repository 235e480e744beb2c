"""Small notebooks for the tests of `course run`: no TensorFlow, a second or two each."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
SLUG = {
    "03": "03_cnn_from_scratch",
    "04": "04_augmentation",
    "07": "07_fast_feature_extraction",
}
PARAMETERS = 'PRESET = "quick"  # or "full"\nDATA = None\nBACKBONE = None\nSEED = 0\nEPOCHS = 3'
RECORD = """
from course_utils.lesson import ledger
stage = {"name": "main stage", "accuracy": 0.75, "train_accuracy": 0.9, "trainable": 1234,
         "seconds": 1.5, "history": {"accuracy": [0.5, 0.7, 0.9], "val_accuracy": [0.5, 0.7, 0.75]}}
ledger.write({"lesson": "%s", "preset": PRESET, "dataset": "toy_pets", "backbone": BACKBONE,
              "seed": SEED, "main": "main stage", "results": [stage], "device": "CPU",
              **{k: v for k, v in stage.items() if k != "name"}})
"""


def lesson(folder, number, *cells, parameters=PARAMETERS, record=True):
    """Write a lesson with these code cells; it records a ledger entry at its end."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata = {
        "kernelspec": {"name": "another", "display_name": "Another kernel", "language": "python"},
        "language_info": {"name": "python", "version": "3.1"},
    }
    first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    notebook.cells = [nbformat.v4.new_markdown_cell("# A lesson"), first]
    sources = [*cells, *([RECORD % number] if record else [])]
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in sources]
    path = Path(folder) / "notebooks" / f"{SLUG[number]}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


def course(folder, *arguments, wait=True, **environment):
    """Start `course` in a process of its own, in `folder`."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("COURSE_")}
    env |= {"PYTHONPATH": str(ROOT), "COURSE_HOME": str(Path(folder) / "home"), **environment}
    process = subprocess.Popen(
        [sys.executable, "-m", "course_utils", *map(str, arguments)],
        cwd=folder,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A test run in the background inherits an ignored SIGINT; a terminal's command does not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    if not wait:
        return process
    process.out, process.err = process.communicate(timeout=120)
    return process


def outputs(path):
    """Return all text that an executed notebook shows."""
    cells = json.loads(Path(path).read_text(encoding="utf-8"))["cells"]
    found = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join("".join(o.get("text", [])) + "".join(o.get("traceback", [])) for o in found)
