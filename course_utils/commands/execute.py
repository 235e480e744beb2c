"""Execute one notebook in a kernel of its own: the part of `run` that knows papermill."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

# Seconds between two looks at a kernel's memory.
SAMPLE_EVERY = 0.2


class LessonFailed(Exception):
    """A notebook that did not reach its end.

    Attributes
    ----------
    reason : str
        One line for people: the error, a dead kernel, a cell out of time.
    cell : int or None
        Which code cell failed, counted from 1.
    source : str
        The first line of that cell.
    notebook : nbformat.NotebookNode or None
        What had been executed until then.
    peak_mb : float
        As in `execute`.
    """

    def __init__(self, reason, cell=None, source="", notebook=None, peak_mb=0.0):
        super().__init__(reason)
        self.reason, self.cell, self.source = reason, cell, source
        self.notebook, self.peak_mb = notebook, peak_mb


class _Watch:
    """The processes of a kernel: their peak memory in bytes, and their certain end."""

    def __init__(self):
        self.kernel = None
        self.family = {}
        self.peak = 0
        self.done = threading.Event()

    def start(self, pid):
        with suppress(psutil.Error):  # dead already: papermill will say so
            self.kernel = psutil.Process(pid)
            threading.Thread(target=self._sample, daemon=True).start()

    def _sample(self):
        while not self.done.wait(SAMPLE_EVERY):
            self.look()

    def look(self):
        """Add up the resident memory of the kernel and its children, and remember them."""
        total = 0
        with suppress(psutil.Error, AttributeError):
            for process in [self.kernel, *self.kernel.children(recursive=True)]:
                self.family.setdefault(process.pid, process)
                with suppress(psutil.Error):
                    total += process.memory_info().rss
        self.peak = max(self.peak, total)

    def stop(self):
        """End the sampling, and whatever of the kernel still runs."""
        self.done.set()
        self.look()
        for process in self.family.values():
            with suppress(psutil.Error):
                process.kill()  # psutil makes sure that the number is still the same process
        psutil.wait_procs(list(self.family.values()), timeout=5)


def execute(notebook, parameters, env, cwd, log_path, cell_timeout=None, on_cell=None):
    """Execute a notebook from top to bottom with the interpreter that runs this function.

    Nothing is written but the log; the kernel and its children are gone when this returns or
    raises, Ctrl-C included.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Not changed.
    parameters : dict
        Goes into a cell after the one tagged ``parameters``; empty: no such cell.
    env : dict
        The whole environment of the kernel.
    cwd, log_path : path
        Where the kernel works, and where what it prints outside of cells goes.
    cell_timeout : int, optional
        Seconds a cell may take.
    on_cell : callable, optional
        Called with (cells started, all cells).

    Returns
    -------
    notebook : nbformat.NotebookNode
        Executed, without papermill's metadata.
    peak_mb : float
        The most resident memory the kernel and its children held, in MiB.

    Raises
    ------
    LessonFailed
        If a cell raises or runs out of time, or the kernel does not start or dies.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError
    from papermill.exceptions import PapermillExecutionError

    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # its news are in our exceptions
    watch, live, at = _Watch(), [], [0]

    def note_cell(cell, cell_index):
        at[0] = cell_index
        if on_cell:
            on_cell(cell_index + 1, len(live[0].cells))

    def failed(reason):
        partial = clean(live[0]) if live else None
        code = [c for c in partial.cells[: at[0] + 1] if c.cell_type == "code"] if partial else []
        source = code[-1].source.strip() if code else ""
        first = source.splitlines()[0] if source else ""
        return LessonFailed(reason, len(code) or None, first, partial, watch.peak / 2**20)

    try:
        with open(log_path, "wb") as log, _terminate_as_interrupt():
            try:
                done = papermill.execute_notebook(
                    notebook,
                    None,
                    parameters=parameters,
                    kernel_name="python3",
                    language="python",
                    progress_bar=False,
                    execution_timeout=cell_timeout,
                    kernel_manager_class=_manager(env, cwd, log, watch),
                    on_notebook_start=lambda notebook: live.append(notebook),
                    on_cell_start=note_cell,
                )
            except KeyboardInterrupt:
                # The cell we no longer wait for would be reported when Python ends.
                logging.getLogger("asyncio").setLevel(logging.CRITICAL)
                raise
            finally:
                watch.stop()
    except PapermillExecutionError as error:
        # The message of a CourseError is all a reader needs; others are known by their name.
        name = "" if error.ename == "CourseError" else f"{error.ename}: "
        raise failed(f"{name}{error.evalue}".strip(": ")) from None
    except CellTimeoutError:
        raise failed(f"the cell took longer than {cell_timeout} s (--cell-timeout)") from None
    except RuntimeError as error:  # nbclient's DeadKernelError, and a kernel that never started
        tail = _last_line(log_path)
        raise failed(
            f"the kernel died at {watch.peak / 2**20:.0f} MB; too little memory is the usual "
            f"reason ({error})" + (f"; its last words: {tail}" if tail else "")
        ) from None
    return clean(done), watch.peak / 2**20


def _manager(env, cwd, log, watch):
    """Return a kernel manager class that starts this very Python, whatever kernels are listed."""
    from jupyter_client import AsyncKernelManager
    from jupyter_client.kernelspec import KernelSpec

    class ThisPython(AsyncKernelManager):
        @property
        def kernel_spec(self):
            argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
            return KernelSpec(argv=argv, display_name="Python 3", language="python")

        async def start_kernel(self, **kwargs):
            kwargs |= {"env": env, "cwd": str(cwd), "stdout": log, "stderr": log}
            await super().start_kernel(**kwargs)
            watch.start(self.provisioner.pid)

    return ThisPython


def clean(notebook):
    """Remove what papermill notes: timings, absolute paths; cell ids and tags stay."""
    notebook.metadata.pop("papermill", None)
    notebook.cells = [
        cell
        for cell in notebook.cells
        if "papermill-error-cell-tag" not in cell.metadata.get("tags", [])
    ]
    for cell in notebook.cells:
        for key in ("papermill", "execution"):
            cell.metadata.pop(key, None)
        if not cell.metadata.get("tags", True):
            del cell.metadata["tags"]
    return notebook


def _last_line(path):
    lines = Path(path).read_text(encoding="utf-8", errors="replace").split("\n")
    lines = [line.strip() for line in lines if line.strip() and "[IPKernelApp]" not in line]
    return lines[-1][:200] if lines else ""


@contextmanager
def _terminate_as_interrupt():
    """Let SIGTERM (a cluster's time limit, a closed terminal) end a lesson as tidily as Ctrl-C."""

    def interrupt(number, frame):
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
