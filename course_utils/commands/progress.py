"""What `course run` shows while it works: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time


def clock(seconds):
    """Return a duration in seconds as ``m:ss``."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Progress:
    """One bar over lessons, with elapsed and expected time and a live line of what trains now.

    Parameters
    ----------
    lessons : list of presets.Lesson
    preset : str
    stream : file, optional
        Standard error by default. The bar is drawn on a terminal only.
    """

    def __init__(self, lessons, preset, stream=None):
        self.stream = stream or sys.stderr
        self.live = self.stream.isatty()
        self.total = len(lessons)
        self.minutes = {lesson.number: lesson.minutes.get(preset) for lesson in lessons}
        self.finished = 0
        self.now = self.cells = self.status = None
        self.began = self.lesson_began = time.monotonic()
        self.lock = threading.RLock()
        self.over = threading.Event()

    def __enter__(self):
        if self.live:
            threading.Thread(target=self._redraw, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self.close()

    def close(self):
        """Take the bar away."""
        self.over.set()
        self.say(None)

    def start(self, lesson):
        """A lesson begins."""
        self.now, self.cells, self.lesson_began = lesson, None, time.monotonic()
        expected = self.minutes[lesson.number]
        about = f" (about {60 * expected:.0f} s)" if expected else ""
        if not self.live:
            self.say(f"{lesson.number} {lesson.title}: started{about}")

    def finish(self, lesson, outcome):
        """A lesson has ended."""
        self.finished += 1
        self.now = None
        self.say(f"{lesson.number} {lesson.title}: {outcome}")

    def cell(self, number, count):
        """A cell begins."""
        self.cells = (number, count)

    def follow(self, status):
        """Read what trains now from this file; None: from no file."""
        self.status = status

    def say(self, text):
        """Print a line that stays; None only clears the bar."""
        with self.lock:
            if self.live:
                self.stream.write("\r" + " " * (self._width() - 1) + "\r")
            if text is not None:
                self.stream.write(text + "\n")
            self.stream.flush()

    def line(self):
        """Return the bar as it is now."""
        elapsed, inside = time.monotonic() - self.began, time.monotonic() - self.lesson_began
        share = self.finished / max(self.total, 1)
        text = f"{self.finished}/{self.total} lessons, {clock(elapsed)}"
        if all(self.minutes.values()):
            numbers = list(self.minutes)
            left = 60 * sum(self.minutes[number] for number in numbers[self.finished :])
            expected = 60 * self.minutes[self.now.number] if self.now else 0
            left = max(left - min(inside, expected), 0)
            share = elapsed / max(elapsed + left, 1)
            text += f" of about {clock(elapsed + left)}"
        full = int(20 * share)
        return f"[{'#' * full}{'-' * (20 - full)}] {text}{self._doing()}"

    def _doing(self):
        if self.now is None:
            return ""
        doing = f" | {self.now.number}"
        if self.cells:
            doing += f" cell {self.cells[0]}/{self.cells[1]}"
        try:
            status = json.loads(self.status.read_text(encoding="utf-8"))
            doing += f": {status['label']}, epoch {status['epoch']}/{status['epochs']}"
        except (AttributeError, OSError, ValueError, KeyError, TypeError):
            pass  # nothing trains
        return doing

    def _width(self):
        return shutil.get_terminal_size().columns

    def _redraw(self):
        while not self.over.wait(0.3):
            with self.lock:
                width = self._width() - 1
                self.stream.write("\r" + self.line()[:width].ljust(width))
                self.stream.flush()
