"""The matrix: every lesson in every way of running, and folders of every kind. Prints tables.

    python tests/benchmarks/matrix.py                      # all columns; hours on two cores
    python tests/benchmarks/matrix.py --columns float16 papermill --lessons 07 08
    python tests/benchmarks/matrix.py --python colab=PATH/bin/python --columns colab
    python tests/benchmarks/matrix.py --print              # the tables of what was run so far

A cell says "ran" if the notebook ended, with a figure wherever the committed one has a figure, and
otherwise what went wrong; "✘ 1" counts findings that did not hold. What was run is kept in
FOLDER/matrix.json (runs/matrix), and a cell that is there is not run again (--fresh redoes it).

Columns:
    float32, bfloat16, float16     COURSE_PRECISION; float16 without XLA takes hours on a CPU
    float16+xla, xla               what a GPU does by default
    seed 0 ... seed 4              `course run --seed N`
    papermill, nbconvert, execute  the plain commands, in an empty folder, without our variables
    lab                            JupyterLab in Chromium: opens the lesson, runs all cells, saves
    NAME=PATH                      plain papermill under another Python (papermill, IPython there)
    folder: ...                    own folders of drawn pictures, and lesson 07 on a zip of each
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import numpy as np
from PIL import Image

from course_utils.data.toys import zoo

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
FOLDER_LESSONS = ("03", "07", "09", "12", "14")
LIMIT = 3600  # seconds for a lesson
PRECISIONS = {
    "float32": {"COURSE_PRECISION": "float32"},
    "bfloat16": {"COURSE_PRECISION": "mixed_bfloat16"},
    "float16": {"COURSE_PRECISION": "mixed_float16"},
    "float16+xla": {"COURSE_PRECISION": "mixed_float16", "COURSE_XLA": "1"},
    "xla": {"COURSE_XLA": "1"},
}
SEEDS = {f"seed {seed}": ["--seed", str(seed)] for seed in range(5)}
PLAIN = {
    "papermill": "papermill {notebook} {out} -p PRESET quick -k python3 --no-progress-bar",
    "nbconvert": "jupyter nbconvert --to notebook --execute {notebook} --output {out}",
    "execute": "jupyter execute {notebook} --output={out}",
}


# ---- folders


def write(path, number, size=(64, 64), mode="RGB"):
    """Write drawing `number`; its class is number % 40."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(zoo.draw(number, 64, 7)[0])
    picture.resize(size).convert(mode).save(path)


def folder(place, counts, splits=("",), names=None, **options):
    """Write a folder of as many pictures of each class, in each of these splits."""
    names = names or [f"class {k:02d}" for k in range(len(counts))]
    for s, split in enumerate(splits):
        for k, (name, count) in enumerate(zip(names, counts, strict=True)):
            for n in range(count):
                number = k + len(zoo.CLASSES) * (n + 1000 * s)
                write(place / split / name / f"{name} {n:03d}.png", number, **options)


def sizes(place, _):
    for k, (name, size) in enumerate((("portrait", (60, 200)), ("panorama", (300, 60)))):
        for n in range(30):
            write(place / name / f"{n}.jpg", k + len(zoo.CLASSES) * n, size)


def films(place, _):
    """Four classes; the first two are one film each, whose frames are nearly alike."""
    for k, (name, count) in enumerate({"fox": 125, "owl": 125, "raccoon": 90, "cub": 55}.items()):
        rng = np.random.default_rng(k)
        frame = zoo.draw(k, 72, 7)[0].astype(float)
        (place / name).mkdir(parents=True)
        for n in range(count):
            if k > 1:
                frame = zoo.draw(k + len(zoo.CLASSES) * n, 72, 7)[0].astype(float)
            row, column = rng.integers(0, 3, 2)
            shot = frame[row : row + 64, column : column + 64] + rng.normal(0, 3, (64, 64, 3))
            Image.fromarray(np.clip(shot, 0, 255).astype(np.uint8)).save(place / name / f"{n}.jpg")


ODD = ["Füchse & Hasen", "ein Hund", "🐱 $cat$ 50%", "naïve_été's"]
FOLDERS = {
    "2 classes": lambda place, _: folder(place, [40] * 2),
    "4 classes": lambda place, _: folder(place, [40] * 4),
    "20 classes": lambda place, _: folder(place, [30] * 20),
    "12 pictures": lambda place, _: folder(place, [12] * 2),
    "10 : 1": lambda place, _: folder(place, [200, 20]),
    "grey": lambda place, _: folder(place, [40] * 2, mode="L"),
    "portrait, panorama": sizes,
    "films": films,
    "odd names": lambda place, _: folder(place, [30] * 4, names=ODD),
    "train, test": lambda place, _: folder(place, [30] * 2, ("train", "test")),
    "training_set": lambda place, _: folder(place, [30] * 2, ("training_set", "test_set")),
}


# ---- ways of running


def clean(**more):
    """Return this environment without the variables of the course and of a front end."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("COURSE_", "JPY_"))}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"} | more


def called(command, cwd, **more):
    """Run a command; return None, or the end of what it said."""
    try:
        done = subprocess.run(
            command, cwd=cwd, env=clean(**more), capture_output=True, text=True, timeout=LIMIT
        )
    except subprocess.TimeoutExpired:
        return f"hung for {LIMIT} s"
    said = [line for line in f"{done.stdout}\n{done.stderr}".splitlines() if line.strip()]
    return None if done.returncode == 0 else re.sub(r"\x1b\[[0-9;]*m", "", " ".join(said[-2:]))


def with_course(place, column, lesson, options=(), variables=None):
    """Run by `course run`; return the failure, the executed notebook and the accuracy."""
    run = place / "runs" / "one"
    home = {"COURSE_HOME": str(place / "home"), "MPLCONFIGDIR": str(place / "mpl")}
    command = [sys.executable, "-m", "course_utils", "run", lesson, "--name", "one"]
    command += ["--runs-dir", str(run.parent), *options]
    told = called(command, ROOT, **home, **(variables or {}))
    for failed in (run / "failed").glob(f"{lesson}_*.json"):
        told = json.loads(failed.read_text())["reason"]
    found = sorted(run.glob(f"{lesson}_*.ipynb"))
    rows = [json.loads(path.read_text()) for path in (run / "ledger").glob(f"{lesson}-*.json")]
    return told, found[0] if found else None, rows[0].get("accuracy") if rows else None


def with_command(place, column, lesson, python=sys.executable):
    """Run by one of the plain commands, in an empty folder."""
    source, out = notebook(lesson), place / "out.ipynb"
    out.unlink(missing_ok=True)
    words = PLAIN.get(column, PLAIN["papermill"]).format(notebook=source, out=out).split()
    program, tool = Path(python).parent / words[0], words[1:]
    told = called(
        [str(program), *tool], tempfile.mkdtemp(dir=place), COURSE_HOME=str(place / "home"),
        PATH=f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}",
        MPLCONFIGDIR=str(place / "mpl"),
    )  # fmt: skip
    return told, out if out.exists() else None, None


def with_lab(place, column, lesson):
    """Run in JupyterLab, as a student does who chooses "Run All Cells" and saves."""
    from playwright.sync_api import sync_playwright

    work = place / "work"
    work.mkdir(exist_ok=True)
    path = Path(shutil.copy(notebook(lesson), work))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--IdentityProvider.token=t", "--allow-root"]
    command += ["--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={work}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(command, env=clean(COURSE_HOME=str(place / "home")), **quiet)
    try:
        time.sleep(8)
        with sync_playwright() as play:
            browser = play.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page()
            page.set_default_timeout(LIMIT * 1000)
            page.goto(f"http://127.0.0.1:{port}/lab/tree/{path.name}?token=t&reset")
            page.wait_for_selector(".jp-Notebook .jp-CodeCell")
            time.sleep(5)  # until the kernel has started
            page.evaluate(
                """async () => {
                    const app = window.jupyterapp;
                    await app.commands.execute('notebook:run-all-cells');
                    await app.commands.execute('docmanager:save');
                }"""
            )
            browser.close()
    finally:
        server.terminate()
        server.wait()
    return None, path, None


def notebook(lesson):
    return next(path for path in NOTEBOOKS if path.name.startswith(lesson))


def wrong(lesson, executed, own_folder):
    """Return what an executed notebook lacks, or None; and how many findings did not hold."""
    if executed is None:
        return "no notebook", 0
    pairs = [
        [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
        for path in (notebook(lesson), executed)
    ]
    # papermill puts a cell with its parameters behind the tagged one.
    pairs[1] = [c for c in pairs[1] if "injected-parameters" not in c.metadata.get("tags", [])]
    missed = 0
    for before, now in zip(*pairs, strict=True):
        kinds = ["".join(o.get("data", ())) for o in now.outputs]
        if any(o.output_type == "error" for o in now.outputs):
            return "an error stands in the notebook", 0
        wanted = any("image/" in "".join(o.get("data", ())) for o in before.outputs)
        if wanted and not own_folder and not any("image/" in kind for kind in kinds):
            return f"no figure in cell {now.get('id')}", 0
        text = "".join(o.get("text", "") for o in now.outputs)
        missed += text.count("✘ not on this run")
    return None, missed


def run(column, lesson, place, pythons):
    """Run one cell of the matrix; return what is kept of it."""
    place.mkdir(parents=True, exist_ok=True)
    started = time.time()
    try:
        if column in PRECISIONS:
            found = with_course(place, column, lesson, (), PRECISIONS[column])
        elif column in SEEDS:
            found = with_course(place, column, lesson, SEEDS[column])
        elif column == "lab":
            found = with_lab(place, column, lesson)
        elif column.startswith("folder: "):
            pictures = place / "my pictures"
            if not pictures.exists():
                FOLDERS[column[8:]](pictures, None)
                shutil.make_archive(str(place / "packed"), "zip", place, "my pictures")
            data = place / "packed.zip" if lesson.endswith("zip") else pictures
            found = with_course(place, column, lesson[:2], ["--data", str(data)])
        else:
            found = with_command(place, column, lesson, pythons.get(column, sys.executable))
    except ModuleNotFoundError as error:
        return {"told": f"not here: {error.name} is not installed"}
    told, executed, accuracy = found
    if told is None:
        told, missed = wrong(lesson[:2], executed, column.startswith("folder: "))
        told = told or ("ran" if not missed else f"ran, ✘ {missed}")
    told = " ".join(told.split())[:200]
    return {"told": told, "accuracy": accuracy, "seconds": round(time.time() - started)}


def table(results, columns, lessons, key, title):
    """Return a Markdown table of one entry of each cell."""
    shown = [c for c in columns if any(results.get(c, {}).get(n, {}).get(key) for n in lessons)]
    if not shown:
        return ""
    rows = ["| lesson | " + " | ".join(shown) + " |", "|---" * (len(shown) + 1) + "|"]
    for lesson in lessons:
        cells = [results.get(column, {}).get(lesson, {}).get(key) for column in shown]
        cells = [f"{c:.3f}" if isinstance(c, float) else (c or "–")[:60] for c in cells]
        rows.append(f"| {lesson} | " + " | ".join(cells) + " |")
    return "\n".join([f"\n{title}\n", *rows])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--columns", nargs="+")
    parser.add_argument("--lessons", nargs="+")
    parser.add_argument("--python", nargs="+", default=[], metavar="NAME=PATH")
    parser.add_argument("--folder", type=Path, default=Path("runs/matrix"))
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--print", action="store_true", dest="only_print")
    options = parser.parse_args()
    pythons = dict(item.split("=", 1) for item in options.python)
    folders = [f"folder: {name}" for name in FOLDERS]
    known = [*PRECISIONS, *SEEDS, *PLAIN, "lab", *pythons, *folders]
    every = [path.name[:2] for path in NOTEBOOKS]
    state = options.folder.resolve() / "matrix.json"
    state.parent.mkdir(parents=True, exist_ok=True)
    failed = 0
    for column in [] if options.only_print else options.columns or known:
        rows = [*FOLDER_LESSONS, "07 zip"] if column in folders else every
        for lesson in [n for n in rows if n in (options.lessons or rows)]:
            results = json.loads(state.read_text()) if state.exists() else {}
            if lesson in results.get(column, {}) and not options.fresh:
                continue
            place = state.parent / re.sub(r"\W+", "_", column)
            cell = run(column, lesson, place, pythons)
            results = json.loads(state.read_text()) if state.exists() else {}  # others write, too
            results.setdefault(column, {})[lesson] = cell
            state.write_text(json.dumps(results, indent=1, ensure_ascii=False))
            print(f"{column}, {lesson}: {cell['told']} ({cell.get('seconds', 0)} s)", flush=True)
            failed += not cell["told"].startswith(("ran", "not here"))
    results = json.loads(state.read_text()) if state.exists() else {}
    ways = [*known[: -len(folders)], *(c for c in results if c not in known)]
    print(table(results, ways, every, "told", "Ways of running"))
    print(table(results, ways, every, "accuracy", "Main result's validation accuracy"))
    rows = [*FOLDER_LESSONS, "07 zip"]
    print(table(results, folders, rows, "told", "Folders"))
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
