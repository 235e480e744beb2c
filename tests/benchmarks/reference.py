"""The course's own results over several seeds: measured, shipped, and measured again.

    python tests/benchmarks/reference.py                 # quick preset, seeds 0 to 4
    python tests/benchmarks/reference.py --preset full --data FOLDER --backbone mobilenet_025 \
        --seeds 0 1 2 --lessons 03 04 07 08 09 --only-stages
    python tests/benchmarks/reference.py --backbone mobilenet_025 --lessons 13  # cuts, another base
    python tests/benchmarks/reference.py --compare       # measures again, changes nothing
    python tests/benchmarks/reference.py --ladder --lessons 03 04 07 08 09   # opens the test split

Runs the lessons themselves, once for each seed, into runs/reference-PRESET, with COMPARE set to
True, so that a lesson also trains what is too long for a student's sitting (not so with
--only-stages: photos would take hours). Then it gathers what
the lessons have noted (`add_result`, `measure`) into course_utils/lesson/reference.json, from
which lessons draw their grey bands. A second run resumes what is done with the same inputs.

With --compare it prints the shipped values beside the new ones; exit code 1 if a mean of now lies
outside the shipped mean ± 2 sd. With --ladder the models that the lessons saved meet the test
split, here and in lesson 13 alone; the README's tables come from it.
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

from course_utils import files, presets
from course_utils.commands.run import run_lessons
from course_utils.lesson import ledger, reference

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
SWITCH = "COMPARE = False"
# Row of the README's table: lesson, the saved model's name, the ledger's result.
STAGES = {
    "from scratch (03)": ("03", "scratch", "scratch"),
    "augmentation + dropout (04)": ("04", "augmented", "augmented + dropout"),
    "features + head (07)": ("07", "features", "features + head"),
    "frozen base, cached views (08)": ("08", "views", "cached views"),
    "frozen base, live (08)": ("08", "live", "live"),
    "frozen base, trained longer (09)": ("09", "frozen", "frozen, same epochs"),
    "top stage fine-tuned (09)": ("09", "top", "top fine-tuned"),
    "two stages fine-tuned (09)": ("09", "deep", "two stages fine-tuned"),
}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--preset", default="quick")
    parser.add_argument("--data")
    parser.add_argument("--backbone")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--lessons", nargs="+", default=list(presets.LESSONS))
    parser.add_argument("--runs-dir", type=Path, default=Path("runs"))
    parser.add_argument("--only-stages", action="store_true")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--ladder", action="store_true")
    options = parser.parse_args()
    name = f"reference-{options.preset}"
    with tempfile.TemporaryDirectory() as place:
        copy(Path(place), compare=not options.only_stages)
        for seed in options.seeds:
            code = run_lessons(
                options.lessons,
                preset=options.preset,
                data=options.data,
                backbone=options.backbone,
                seed=seed,
                name=name,
                runs_dir=options.runs_dir,
                notebooks_dir=place,
            )
            if code:
                sys.exit(code)
    folder = (options.runs_dir / name).resolve()
    numbers = {presets.get_lesson(number).number for number in options.lessons}
    measured = gather(folder, options.preset, options.seeds, numbers)
    shipped = files.read_json(reference.FILE)
    if options.ladder:
        rows = judge(folder, options)
        (folder / "ladder.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
        print(table(rows))
    elif options.compare:
        sys.exit(compare(shipped.get("lessons", []), measured))
    else:
        write(shipped.get("lessons", []), measured)
        print(f"Written: {reference.FILE}")


def copy(place, compare):
    """Copy the notebooks to `place`, with every lesson's comparisons switched on if `compare`."""
    for path in NOTEBOOKS.glob("*.ipynb"):
        book = nbformat.read(path, 4)
        for cell in book.cells:
            if compare and "parameters" in cell.metadata.get("tags", []):
                cell.source = cell.source.replace(SWITCH, SWITCH.replace("False", "True"))
        nbformat.write(book, place / path.name)


def gather(folder, preset, seeds, numbers):
    """Return what the lessons noted, an entry for each lesson, its values in the seeds' order."""
    entries = {}
    for row in ledger.read(folder):
        if row["preset"] == preset and row["lesson"] in numbers and row["seed"] in seeds:
            entries[row["lesson"], row["dataset"], row["backbone"], row["seed"]] = row
    found = []
    for lesson, dataset, backbone in sorted({key[:3] for key in entries}, key=str):
        rows = [entries[lesson, dataset, backbone, s] for s in seeds]  # every seed, or KeyError
        found.append(
            {
                "lesson": lesson,
                "preset": preset,
                "dataset": dataset,
                "backbone": backbone,
                "seeds": list(seeds),
                "versions": ledger.versions(),
                "results": {
                    result["name"]: {
                        what: [ledger.Earlier(row).result(result["name"]).get(what) for row in rows]
                        for what in ("accuracy", "train_accuracy", "seconds")
                        if result[what] is not None
                    }
                    for result in rows[0]["results"]
                },
                "measures": {
                    name: [row["measures"][name] for row in rows] for name in rows[0]["measures"]
                },
            }
        )
    return found


def place_of(entry):
    """Return what an entry is about."""
    return tuple(str(entry[key]) for key in ("preset", "lesson", "dataset", "backbone"))


def write(shipped, measured):
    """Put what was measured in the place of what was shipped for it; a line for each entry."""
    new = {place_of(entry): entry for entry in [*shipped, *measured]}
    lines = [json.dumps(new[key], ensure_ascii=False) for key in sorted(new)]
    text = '{"lessons": [\n' + ",\n".join(lines) + "\n]}\n"
    files.write_atomically(reference.FILE, text.encode())


def values_of(entries):
    """Yield the name and the values, (seeds,) or (seeds, points), of all that was measured."""
    for entry in entries:
        for name, result in entry["results"].items():
            for what in ("accuracy", "train_accuracy"):
                if what in result:
                    yield (*place_of(entry), name, what), np.array(result[what], float)
        for name, values in entry["measures"].items():
            yield (*place_of(entry), name, ""), np.array(values, float)


def compare(shipped, measured):
    """Print shipped and new values side by side; return how many means have left the band."""
    before, outside = dict(values_of(shipped)), 0
    print("| lesson | what | shipped | now | |\n|---|---|---:|---:|---|")
    for key, values in values_of(measured):
        if key not in before:
            print(f"| {key[1]} | {key[4]} {key[5]} | – | {values.mean():.3f} | new |")
            continue
        band = reference.Band(before[key])
        gone = bool(np.any(np.abs(values.mean(axis=0) - band.mean) > 2 * band.sd + 1e-3))
        outside += gone
        print(
            f"| {key[1]} | {key[4]} {key[5]} | {np.mean(band.mean):.3f} ± {np.mean(band.sd):.3f} "
            f"| {values.mean():.3f} | {'outside 2 sd' if gone else ''} |"
        )
    print(f"\n{outside} means lie outside the shipped mean ± 2 sd.")
    return min(outside, 1)


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
