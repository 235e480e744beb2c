"""Checked exercises: `check`, `hint` and `solution`.

A stub in a notebook is `...`, or a function that holds nothing else; checking it says "not
attempted yet" and does no harm, so that a lesson runs headless from top to bottom. A wrong answer
gets a message about that very mistake.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from course_utils.errors import CourseError

# One module for each lesson: lesson_03.py holds the checkers of lesson 3.
LESSONS_WITH_EXERCISES = tuple(
    sorted(module.name.removeprefix("lesson_") for module in pkgutil.iter_modules(__path__))
)
_registry: dict[str, Exercise] = {}


def _stub(): ...


class Wrong(Exception):
    """Raised by a checker; the message tells the student what went wrong with this answer."""


@dataclass(frozen=True)
class Exercise:
    """One exercise: its checker, its hints from gentle to plain, and a worked solution."""

    name: str
    checker: Callable
    hints: tuple[str, ...]
    solution: str
    praise: str


def exercise(name, *, hints, solution, praise):
    """Register a checker: a function of the student's answer that raises `Wrong`, or returns."""

    def register(checker):
        text = textwrap.dedent(solution).strip()
        hint_list = (hints,) if isinstance(hints, str) else tuple(hints)
        _registry[name] = Exercise(name, checker, hint_list, text, praise)
        return checker

    return register


def get(name):
    """Return the exercise with this name, such as "07.1".

    Raises
    ------
    CourseError
        If there is none; the message lists the lesson's exercises.
    """
    name = str(name)
    lesson = name.split(".")[0].zfill(2)
    if lesson in LESSONS_WITH_EXERCISES:
        importlib.import_module(f"course_utils.exercises.lesson_{lesson}")
    if name not in _registry:
        known = [n for n in sorted(_registry) if n.startswith(lesson)] or LESSONS_WITH_EXERCISES
        raise CourseError(f"There is no exercise {name!r}. Known here: {', '.join(known)}.")
    return _registry[name]


def check(name, *answer):
    """Check an answer and print what to think of it.

    Parameters
    ----------
    name : str
        Such as "07.1".
    *answer
        What the student wrote; `...`, or a function that does nothing, counts as not attempted.

    Returns
    -------
    bool or None
        True if right, False if wrong, None if not attempted.
    """
    chosen = get(name)
    if not answer or any(map(is_stub, answer)):
        print(f"○ {name}: not attempted yet. Stuck? hint({name!r})")
        return None
    try:
        chosen.checker(*answer)
    except Wrong as wrong:
        print(f"✘ {name}: {wrong}")
        return False
    except CourseError:
        raise
    except Exception as error:  # the student's own code failed: show it as an answer, not a crash
        print(f"✘ {name}: checking your answer stopped with {type(error).__name__}: {error}")
        return False
    print(f"✔ {name}: {chosen.praise}")
    return True


def is_stub(part):
    """Return whether this is `...`, or a function whose body is `...`."""
    code = getattr(part, "__code__", None)
    return part is ... or (code is not None and code.co_code == _stub.__code__.co_code)


def hint(name, number=1):
    """Print a hint; ask for `number=2` and so on for plainer ones."""
    hints = get(name).hints
    number = max(1, min(int(number), len(hints)))
    more = f" (hint({name!r}, {number + 1}) says more)" if number < len(hints) else ""
    print(f"Hint {number} of {len(hints)} for {name}: {hints[number - 1]}{more}")


def solution(name):
    """Print a worked solution."""
    print(f"Solution of {name}:\n{textwrap.indent(get(name).solution, '    ')}")


def number(answer):
    """Return one number as a float, or raise `Wrong`: arrays, tensors and lists of one will do."""
    array = np.asarray(answer)
    if array.size != 1 or array.dtype.kind not in "iuf":  # "b": True is no number here
        kind = f"{array.size} numbers" if array.size != 1 else type(answer).__name__
        raise Wrong(f"we expect one number, and this is {kind}.")
    return float(array.item())


def function(answer, *arguments):
    """Call the student's function, after checking that it is one and takes these arguments."""
    if not callable(answer):
        raise Wrong(f"we expect a function, and this is {type(answer).__name__}.")
    try:
        inspect.signature(answer).bind(*arguments)
    except TypeError:
        raise Wrong(f"the function must take {len(arguments)} arguments.") from None
    except ValueError:
        pass  # a built-in without a signature
    return answer(*arguments)
