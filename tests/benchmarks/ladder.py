"""The README's ladder: every stage over several seeds, judged once by the test pictures.

    python tests/benchmarks/ladder.py --preset quick --seeds 201 202 203 204 205
    python tests/benchmarks/ladder.py --preset full --data FOLDER --backbone mobilenet_025 \
        --seeds 101 102 103

Runs the lessons themselves, once for each seed, into runs/ladder-PRESET. Each lesson saves its
models; here, and in lesson 13 alone, they meet the test split. Of lesson 09 only the part up to
its last saved model runs: the experiments behind it play no part in the table. Settings were
fixed on validation pictures before, with other seeds. Prints a Markdown table and writes
ladder.json beside the run.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

import nbformat
import numpy as np

from course_utils.commands.run import run_lessons
from course_utils.lesson import ledger

# Row of the table: lesson, the saved model's name, the ledger's stage.
STAGES = {
    "from scratch (03)": ("03", "scratch", "scratch"),
    "augmentation + dropout (04)": ("04", "augmented", "augmented + dropout"),
    "features + head (07)": ("07", "features", "features + head"),
    "frozen base, cached views (08)": ("08", "views", "cached views"),
    "frozen base, live (08)": ("08", "live", "live"),
    "top stage fine-tuned (09)": ("09", "top", "top fine-tuned"),
    "two stages fine-tuned (09)": ("09", "deep", "two stages fine-tuned"),
}
LESSONS = ("03", "04", "07", "08", "09")
NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--data")
    parser.add_argument("--backbone")
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    parser.add_argument("--lessons", nargs="+", default=LESSONS)
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"))
    options = parser.parse_args()
    name = f"ladder-{options.preset}"
    with tempfile.TemporaryDirectory() as place:
        notebooks = shortened(Path(place))
        for seed in options.seeds:
            code = run_lessons(
                options.lessons,
                preset=options.preset,
                data=options.data,
                backbone=options.backbone,
                seed=seed,
                name=name,
                runs_dir=options.runs_dir,
                notebooks_dir=notebooks,
            )
            if code:
                sys.exit(code)
    folder = (options.runs_dir / name).resolve()
    rows = judge(folder, options)
    (folder / "ladder.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    print(table(rows))


def shortened(place):
    """Copy the notebooks to `place`, lesson 09 without what follows its last saved model."""
    for path in NOTEBOOKS.glob("*.ipynb"):
        book = nbformat.read(path, 4)
        if path.stem.startswith("09"):
            saving = [n for n, cell in enumerate(book.cells) if "lesson.save(" in cell.source]
            recording = [cell for cell in book.cells if "lesson.record(" in cell.source]
            record = nbformat.v4.new_code_cell(recording[-1].source.splitlines()[-1], id="record")
            book.cells = [*book.cells[: saving[-1] + 1], record]
        nbformat.write(book, place / path.name)
    return place


def judge(folder, options):
    """Score every saved model on the test split; return one dict for each stage and seed."""
    os.environ["COURSE_RESULTS"] = str(folder)
    from course_utils import start

    rows = []
    for seed in options.seeds:
        lesson = start("13_ladder", options.preset, options.data, options.backbone, seed)
        test = lesson.pictures().test
        for label, (number, name, stage) in STAGES.items():
            model = lesson.load(number, name)
            if model is None:
                continue
            output = model.predict(test.images, batch_size=100, verbose=0)
            two = output.shape[1] == 1
            answers = (output[:, 0] > 0.5).astype(int) if two else output.argmax(axis=1)
            noted = lesson.earlier(number).result(stage)
            rows.append(
                {
                    "stage": label,
                    "seed": seed,
                    "test": float(np.mean(answers == test.labels)),
                    **{k: noted[k] for k in ("train_accuracy", "accuracy", "trainable", "seconds")},
                    "versions": ledger.versions(),
                }
            )
    return rows


def table(rows):
    """Return the rows as a Markdown table: mean ± standard deviation over the seeds."""
    head = "| stage | trained parameters | train | validation | test | seconds |"
    lines = [head, "|---|---:|---:|---:|---:|---:|"]
    for label in dict.fromkeys(row["stage"] for row in rows):
        mine = [row for row in rows if row["stage"] == label]

        def cell(key, form=".3f", mine=mine):
            values = np.array([row[key] for row in mine], dtype=float)
            spread = values.std(ddof=1) if len(values) > 1 else 0.0
            return f"{values.mean():{form}} ± {spread:{form}}"

        lines.append(
            f"| {label} | {mine[0]['trainable']:,} | {cell('train_accuracy')} | "
            f"{cell('accuracy')} | {cell('test')} | {cell('seconds', '.0f')} |"
        )
    seeds = sorted({row["seed"] for row in rows})
    versions = ", ".join(f"{k} {v}" for k, v in rows[0]["versions"].items())
    return "\n".join([*lines, "", f"Seeds {seeds}; {versions}."])


if __name__ == "__main__":
    main()
