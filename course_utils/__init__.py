"""Helpers of the course on convolutional networks for small datasets. Loads no TensorFlow."""

import importlib
import os

from course_utils.errors import CourseError

__version__ = "0.1.0"
__all__ = ["CourseError", "check", "explore", "hint", "plots", "solution", "start"]

# Before TensorFlow is imported by a lesson: its start-up messages are not for students.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Two notebooks and a second process can share one GPU, where each takes what it needs.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")

# What a notebook's first cell imports. Found when asked for, since matplotlib and nbformat would
# make `course --help` slow.
_WHERE = {
    "start": "course_utils.lesson.start",
    "explore": "course_utils.plots.figure",
    "check": "course_utils.exercises",
    "hint": "course_utils.exercises",
    "solution": "course_utils.exercises",
}


def __getattr__(name):
    if name in _WHERE:
        return getattr(importlib.import_module(_WHERE[name]), name)
    raise AttributeError(f"module 'course_utils' has no attribute {name!r}")
