"""Run lessons headless into ``runs/NAME``: jobs on an executor, resume, table and report."""

from __future__ import annotations

import signal
import sys
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from graphlib import TopologicalSorter

from tqdm import tqdm

from course_utils.commands import execute, report
from course_utils.commands.grid import plan, read_notebook
from course_utils.errors import CourseError

# Jobs at a time.
WORKERS = 1
# Seconds between two looks at the clock and the signals.
TICK = 0.2


def run_lessons(numbers=(), fresh=False, inplace=False, **options):
    """Execute lessons, then print the table and write the report.

    Parameters
    ----------
    numbers : iterable of str or int
        Lessons; none: all that have a notebook.
    fresh : bool
        Do again what is done.
    inplace : bool
        Also store the outputs in the notebooks themselves; quick preset and defaults only.
    **options
        As of `course_utils.commands.grid.plan`.

    Returns
    -------
    int
        0, or 1 if a lesson failed.

    Raises
    ------
    CourseError
        Before anything starts, if an argument is wrong; later, if the disk is full or another run
        is at the same lesson.
    KeyboardInterrupt
        As `run_jobs`.
    """
    jobs = plan(numbers, **options)
    preset, folder = jobs[0].key["preset"], jobs[0].folder
    if inplace and (preset != "quick" or any(job.parameters for job in jobs)):
        told = "--inplace stores outputs in the notebooks, so it takes the quick preset with its"
        raise CourseError(f"{told} own pictures, backbone and seed 0 only. Nothing was run.")
    todo = [job for job in jobs if fresh or not job.is_done()]
    for job in [job for job in jobs if job not in todo]:
        print(f"{job.name}: done before with the same inputs (--fresh redoes it)")
    with ThreadPoolExecutor(WORKERS) as executor:
        failures = run_jobs(todo, executor, WORKERS)
    if inplace:
        for job in filter(lambda job: job.is_done(), jobs):
            store_outputs(job)
    print("\n" + report.text_table(folder, {job.lesson.number for job in jobs}))
    print("A lesson's first row is its main result, with time and memory of the whole notebook.\n")
    if failures:
        print(f"{failures} of {len(jobs)} lessons failed; see above and in the report.")
    print(f"Report: {report.build(folder)}")
    return 1 if failures else 0


def run_jobs(jobs, executor, workers):
    """Run each job once those that it reads from have ended, well or not, and show how it goes.

    Parameters
    ----------
    jobs : list of Job
    executor : concurrent.futures.Executor
    workers : int
        Jobs at a time.

    Returns
    -------
    int
        How many failed.

    Raises
    ------
    KeyboardInterrupt
        At Ctrl-C, SIGTERM or SIGHUP, with a message.
    CourseError
        As `execute.execute`.

    Either comes after the kernels of running jobs have ended.
    """
    by_number = {job.lesson.number: job for job in jobs}
    order = TopologicalSorter(
        {job: [by_number[n] for n in job.lesson.reads if n in by_number] for job in jobs}
    )
    order.prepare()
    failures, ready, running = 0, [], {}
    with _signals() as asked, _bar(jobs) as bar:
        try:
            while order.is_active():
                ready = sorted([*ready, *order.get_ready()], key=jobs.index)
                while ready and len(running) < workers:
                    job = ready.pop(0)
                    if bar.disable:
                        _say(job, f"started (about {60 * job.minutes:.0f} s)")
                    running[executor.submit(execute.execute, job)] = job
                ended = wait(running, TICK, FIRST_COMPLETED).done
                bar.set_postfix_str(", ".join(job.lesson.title for job in running.values()))
                if asked.is_set():
                    numbers = ", ".join(job.lesson.number for job in running.values())
                    told = f"Interrupted in lesson {numbers}: its kernel is ended, finished lessons"
                    raise KeyboardInterrupt(f"{told} stay, and the same command goes on from here.")
                for future in ended:
                    job = running.pop(future)
                    order.done(job)
                    marker = future.result()
                    failures += "reason" in marker
                    bar.update()
                    _say(job, _outcome(job, marker))
        except BaseException:
            while running and wait(running, TICK).not_done:
                execute.end_kernels()
            raise
    return failures


@contextmanager
def _signals():
    """Yield an event that Ctrl-C, a cluster's time limit or a closed terminal sets."""
    asked, before = threading.Event(), {}
    if threading.current_thread() is threading.main_thread():
        for name in {"SIGINT", "SIGTERM", "SIGHUP"} & set(dir(signal)):  # Windows lacks one
            number = signal.Signals[name]
            if signal.getsignal(number) != signal.SIG_IGN:  # as it is under nohup
                before[number] = signal.signal(number, lambda *_: asked.set())
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _bar(jobs):
    """Return a bar over lessons for a terminal; elsewhere it shows nothing but what it writes."""
    about = tqdm.format_interval(60 * sum(job.minutes for job in jobs))
    form = f"{{bar:20}} {{n_fmt}}/{{total_fmt}} lessons, {{elapsed}} of about {about}{{postfix}}"
    return tqdm(total=len(jobs), bar_format=form, leave=False, disable=None)


def _outcome(job, marker):
    """Return what a reader should know of an ended job; of a failed one, where to look."""
    if "reason" not in marker:
        return f"{marker['seconds']:.0f} s, peak {marker['peak_mb']:,} MB"
    cell = f"Code cell {marker['cell']} ({marker['code']}): " if marker["cell"] else ""
    where = job.failed if job.failed.exists() else job.log
    return f"FAILED after {marker['seconds']:.0f} s\n  {cell}{marker['reason']}\n  See {where}"


def _say(job, text):
    tqdm.write(f"{job.lesson.number} {job.lesson.title}: {text}", sys.stderr)


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
    execute.write_notebook(notebook, job.source)
