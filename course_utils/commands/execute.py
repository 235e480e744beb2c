"""Execute one job: a notebook in a kernel of its own, by papermill, whole or not at all."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import threading
import time
from concurrent.futures import CancelledError
from contextlib import suppress

import psutil
from filelock import FileLock, Timeout
from jupyter_core.paths import jupyter_runtime_dir

from course_utils import files, settings
from course_utils.commands.grid import PACKAGE
from course_utils.errors import CourseError
from course_utils.lesson import ledger

# Seconds between two looks at a kernel's memory.
SAMPLE_EVERY = 0.2
# The kernels that work for this process, by the path of the notebook they will leave.
RUNNING = {}


class Kernel:
    """The processes of a kernel: what they are at, their peak memory, their certain end.

    Attributes
    ----------
    seen : dict
        ``notebook``, as executed so far, and ``cell``; nothing before the kernel answers.
    peak_mb : float
        The most resident memory the kernel and its children held, in MiB.
    cancelled : bool
        Whether `end_kernels` has ended it.
    """

    def __init__(self):
        self.seen, self.peak_mb, self.cancelled = {}, 0.0, False
        self.family = set()

    def watch(self, pid):
        """Look at a process and its children from now on."""
        with suppress(psutil.Error):  # dead already: papermill will say so
            self.family.add(psutil.Process(pid))
            threading.Thread(target=self._sample, daemon=True).start()

    def _sample(self):
        while self in list(RUNNING.values()):
            self._look()
            time.sleep(SAMPLE_EVERY)

    def _look(self):
        total = 0
        for process in list(self.family):
            with suppress(psutil.Error):
                total += process.memory_info().rss
                self.family.update(process.children(recursive=True))
        self.peak_mb = max(self.peak_mb, total / 2**20)

    def kill(self):
        """End whatever of the kernel still runs."""
        self._look()
        for process in list(self.family):
            with suppress(psutil.Error):
                process.kill()  # psutil makes sure that the number is still the same process


def end_kernels():
    """End all kernels of this process, with their children; their jobs end without a trace."""
    for kernel in list(RUNNING.values()):
        kernel.cancelled = True
        kernel.kill()


def execute(job):
    """Execute a job, and note that it is done, or what went wrong.

    Any executor may call this, in any thread or process. What an earlier attempt has left is
    deleted first; the kernel and its children are gone at the end.

    Parameters
    ----------
    job : course_utils.commands.grid.Job

    Returns
    -------
    dict
        The marker; with ``reason``, ``cell`` and ``code`` if the lesson failed.

    Raises
    ------
    CourseError
        If the disk is full, or another process is at the same job.
    concurrent.futures.CancelledError
        If `end_kernels` was called.
    """
    with files.explain_disk_errors(job.log):
        try:
            lock = FileLock(job.log.with_suffix(".lock")).acquire(timeout=0)
        except Timeout:
            told = f"Another `course run` is writing {job.executed}. It was left alone"
            raise CourseError(f"{told}. Wait for its end, or give this one a --name.") from None
        for path in [job.done, job.failure, *job.folder.glob(f"{job.name}.*")]:
            path.unlink(missing_ok=True)
        log = job.log.open("wb")
    before, began = _rows(job), time.monotonic()
    with lock, log:
        kernel = RUNNING[job.executed] = Kernel()
        try:
            # Jupyter keeps a small file for each kernel.
            with files.explain_disk_errors(jupyter_runtime_dir()):
                reason = _run(job, kernel, log)
        finally:
            kernel.kill()
            psutil.wait_procs(kernel.family, timeout=5)
            del RUNNING[job.executed]
            for path in job.folder.rglob(".writing-*"):  # by a kernel that was killed meanwhile
                if not psutil.pid_exists(int(path.name.split("-")[1])):
                    path.unlink(missing_ok=True)
        if kernel.cancelled:
            raise CancelledError
        if notebook := kernel.seen.get("notebook"):
            write_notebook(notebook, job.failed if reason else job.executed)
        marker = {
            **job.key,
            "notebook": job.executed.name,
            "inputs": job.inputs,
            "parameters": job.parameters,
            "seconds": round(time.monotonic() - began, 1),
            "peak_mb": round(kernel.peak_mb),
            "versions": ledger.versions(),
            "ledger": sorted(dict(_rows(job).items() - before.items())),
        }
        if reason:
            marker |= {"reason": reason, **_place(**kernel.seen)}
        path = job.failure if reason else job.done
        files.write_atomically(path, json.dumps(marker, indent=1, default=repr).encode())
    return marker


def _run(job, kernel, log):
    """Execute the notebook; return None, or in one line why it did not reach its end."""
    import papermill
    from nbclient.output_widget import OutputWidget
    from papermill.exceptions import PapermillExecutionError

    # It would answer the kernel on the socket that nbclient is polling, and lose the wake-up: now
    # and then a cell with such a widget would never end (nbclient#312). Its outputs stay.
    OutputWidget.send = lambda self, *args, **options: None
    # jupyter_client below 8 makes none in a thread.
    asyncio.set_event_loop(asyncio.new_event_loop())
    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # its news are in its exceptions
    try:
        papermill.execute_notebook(
            job.notebook,
            None,
            parameters=job.parameters,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            iopub_timeout=60,  # 4 by default, too short for a busy machine
            kernel_manager_class=_manager(job, kernel, log),
            on_notebook_start=kernel.seen.update,  # called with keywords
            on_cell_start=kernel.seen.update,
        )
    except PapermillExecutionError as error:
        # The message of a CourseError is all a reader needs; others are known by their name.
        name = "" if error.ename == "CourseError" else f"{error.ename}: "
        return f"{name}{error.evalue}".strip(": ")
    except (RuntimeError, TimeoutError) as error:  # nbclient: dead, silent, or never started
        told = f"the kernel died or hung at {kernel.peak_mb:.0f} MB, often of too little memory"
        return f"{told} ({error}); what it printed stands in {job.log}"


def _manager(job, kernel, log):
    """Return a kernel manager class that starts this very Python, whatever kernels are listed."""
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpec

    path = [str(PACKAGE.parent), os.environ.get("PYTHONPATH")]  # this very package, too
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
        "COURSE_HOME": str(settings.home().resolve()),  # the kernel works in another folder
        "COURSE_RESULTS": str(job.folder),
        "COURSE_HEADLESS": "1",
    }
    own = {"env": env, "cwd": str(job.source.parent), "stdout": log, "stderr": log}

    class ThisPython(AsyncKernelManager):
        @property
        def kernel_spec(self):
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

        async def start_kernel(self, **kwargs):
            self.connection_file = str(job.log.with_suffix(".kernel.json"))
            await super().start_kernel(**kwargs, **own)
            kernel.watch(self.provisioner.pid)

    return ThisPython


def _place(notebook=None, cell=None, **_):
    """Return which code cell the kernel was at, counted from 1, and that cell's first line."""
    # Not by its index: papermill has put its remarks before it.
    cells = notebook.cells[: notebook.cells.index(cell) + 1] if cell else []
    code = [cell.source.strip() for cell in cells if cell.cell_type == "code"]
    return {"cell": len(code) or None, "code": "".join(code[-1:]).split("\n")[0]}


def _rows(job):
    """Return the ledger's files that this job may write, with their last change in nanoseconds."""
    found = {}
    for base in ("none", job.key["backbone"]):
        pattern = "{lesson}-{preset}-*-{base}-{seed}.json".format(base=base, **job.key)
        for path in (job.folder / "ledger").glob(pattern):
            found[path.name] = path.stat().st_mtime_ns
    return found


def write_notebook(notebook, path):
    """Write a notebook, whole or not at all, with the final newline that editors and git like."""
    import nbformat

    return files.write_atomically(path, (nbformat.writes(notebook).rstrip("\n") + "\n").encode())
