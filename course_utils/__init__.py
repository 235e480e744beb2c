"""Helpers of the course on convolutional networks for small datasets. Loads no TensorFlow."""

import os

__version__ = "0.1.0"

# Before TensorFlow is imported by a lesson: its start-up messages are not for students.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def __getattr__(name):
    # Lazy, so that `course --help` stays quick: plots brings matplotlib.
    if name == "start":
        from course_utils.lesson import start

        return start
    if name in {"check", "hint", "solution"}:
        from course_utils import exercises

        return getattr(exercises, name)
    raise AttributeError(f"module 'course_utils' has no attribute {name!r}")
