"""Run lessons headless into ``runs/NAME``: execute by papermill, resume, table and report."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from course_utils import files
from course_utils.commands import report
from course_utils.commands.grid import plan, read_notebook
from course_utils.commands.progress import Progress
from course_utils.errors import CourseError
from course_utils.lesson import ledger


def run_lessons(
    numbers=(),
    preset="quick",
    data=None,
    backbone=None,
    seed=0,
    name=None,
    fresh=False,
    inplace=False,
    params=None,
    cell_timeout=None,
    notebooks_dir=None,
    runs_dir=None,
):
    """Execute lessons, then print the table and write the report.

    Parameters
    ----------
    numbers : iterable of str or int
        Lessons; none: all that have a notebook.
    preset, data, backbone, seed
        As in a lesson's first cell; None: the preset's.
    name : str, optional
        The run's folder inside `runs_dir`; the preset's name by default.
    fresh : bool
        Do again what is done.
    inplace : bool
        Also store the outputs in the notebooks themselves; quick preset and defaults only.
    params : dict, optional
        Further parameters, by name.
    cell_timeout : int, optional
        Seconds a cell may take.
    notebooks_dir, runs_dir : path, optional

    Returns
    -------
    int
        0, or 1 if a lesson failed, or 130 if the user interrupted.

    Raises
    ------
    CourseError
        Before anything starts, if an argument is wrong; later, if the disk is full.
    """
    jobs = plan(numbers, preset, data, backbone, seed, name, params or {}, notebooks_dir, runs_dir)
    if inplace and (
        preset != "quick" or data or backbone or seed or any(j.parameters for j in jobs)
    ):
        raise CourseError(
            "--inplace stores outputs in the notebooks, so it takes the quick preset with its own "
            "pictures, backbone and seed 0, and no other parameters. Nothing was run."
        )
    folder = jobs[0].folder
    todo = [job for job in jobs if fresh or not job.done()]
    for job in jobs:
        if job not in todo:
            print(f"{job.executed.stem}: done before with the same inputs (--fresh redoes it)")
    failures = 0
    with Progress([job.lesson for job in todo], preset) as progress:
        for job in todo:
            progress.start(job.lesson)
            try:
                marker = run_one(job, progress, cell_timeout)
            except KeyboardInterrupt:
                progress.close()
                print(
                    f"\nInterrupted in lesson {job.lesson.number}. Its kernel is stopped, nothing "
                    "half-done was kept, and the lessons before it stay done. The same command "
                    "goes on from here.",
                    file=sys.stderr,
                )
                return 130
            if "reason" in marker:
                failures += 1
                progress.finish(job.lesson, f"FAILED after {marker['seconds']:.0f} s")
                progress.say(describe(job, marker))
            else:
                memory = f"peak {marker['peak_mb']:.0f} MB"
                progress.finish(job.lesson, f"{marker['seconds']:.0f} s, {memory}")
    if inplace:
        for job in jobs:
            if job.done():
                store_outputs(job)
    print("\n" + report.text_table(folder, {job.lesson.number for job in jobs}))
    print(
        "A lesson's first row is its main stage, with time and memory of the whole notebook. "
        f"Measured on validation pictures, {jobs[0].key['preset']} preset.\n"
    )
    if failures:
        print(f"{failures} of {len(jobs)} lessons failed; see above and in the report.")
    print(f"Report: {report.build(folder)}")
    return 1 if failures else 0


def run_one(job, progress, cell_timeout=None):
    """Execute one job, and note that it is done, or what went wrong.

    Returns
    -------
    dict
        The marker; with ``reason``, ``cell`` and ``code`` if the lesson failed.

    Raises
    ------
    CourseError
        If the disk is full.
    """
    from course_utils.commands import execute as kernel

    log = job.folder / "log" / f"{job.executed.stem}.txt"
    with files.explain_disk_errors(log):
        for path in (job.marker, job.failure, job.failed, job.failed.with_suffix(".html")):
            path.unlink(missing_ok=True)
        log.parent.mkdir(exist_ok=True)
        log.touch()
    before, began = stamps(job), time.monotonic()
    marker = {**job.key, "notebook": job.executed.name, "inputs": job.inputs}
    with tempfile.TemporaryDirectory(prefix="course-") as scratch:
        status = Path(scratch) / "status.json"
        progress.follow(status)
        env, cwd = environment(job.folder, status), job.source.parent
        try:
            # Starting a kernel needs room for its small files in the system's folders.
            with files.explain_disk_errors(status):
                notebook, peak = kernel.execute(
                    job.notebook, job.parameters, env, cwd, log, cell_timeout, progress.cell
                )
        except kernel.LessonFailed as failure:
            notebook, peak = failure.notebook, failure.peak_mb
            marker |= {"reason": failure.reason, "cell": failure.cell, "code": failure.source}
        finally:
            progress.follow(None)
    marker |= {
        "parameters": job.parameters,
        "seconds": round(time.monotonic() - began, 1),
        "peak_mb": round(peak),
        "versions": ledger.versions(),
        "finished": datetime.now().astimezone().isoformat(timespec="seconds"),
        "ledger": sorted(name for name, stamp in stamps(job).items() if before.get(name) != stamp),
    }
    failed = "reason" in marker
    if notebook is not None:
        write_notebook(notebook, job.failed if failed else job.executed)
    text = json.dumps(marker, indent=1).encode()
    files.write_atomically(job.failure if failed else job.marker, text)
    return marker


def environment(folder, status):
    """Return the environment of a lesson's kernel."""
    env = dict(os.environ)
    # The kernel uses this very package, installed or not.
    here = str(Path(__file__).resolve().parents[1])
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [here, env.get("PYTHONPATH")]))
    env.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    env.setdefault("KMP_WARNINGS", "0")
    results = {"COURSE_RESULTS": str(folder), "COURSE_STATUS": str(status)}
    return env | results | {"COURSE_HEADLESS": "1"}


def stamps(job):
    """Return the ledger files this job may write, with their last change in nanoseconds."""
    pattern = "{lesson}-{preset}-*-{seed}.json".format(**job.key)
    files = (job.folder / "ledger").glob(pattern)
    return {path.name: path.stat().st_mtime_ns for path in files}


def write_notebook(notebook, path):
    """Write a notebook, whole or not at all, with the final newline that editors and git like."""
    import nbformat

    return files.write_atomically(path, (nbformat.writes(notebook).rstrip("\n") + "\n").encode())


def store_outputs(job):
    """Put the executed outputs into the lesson's own notebook, with as little metadata as works."""
    executed, notebook = read_notebook(job.executed), job.notebook
    for cell, done in zip(notebook.cells, executed.cells, strict=True):
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in ("tags", "jupyter")}
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = done.outputs, done.execution_count
    kept = {k: v for k, v in notebook.metadata.items() if k == "accelerator"}
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata = {**kept, "kernelspec": spec, "language_info": {"name": "python"}}
    write_notebook(notebook, job.source)


def describe(job, marker):
    """Return what a reader should know of a failed lesson: cell, error, and where to look."""
    cell = f"Code cell {marker['cell']} ({marker['code']}): " if marker["cell"] else ""
    where = f"\n  See {job.failed}" if job.failed.exists() else ""
    return f"  {cell}{marker['reason']}{where}"
