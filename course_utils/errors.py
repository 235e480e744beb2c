"""The one exception that a user of the course is meant to read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CourseError(Exception):
    """A failure that a user can cause, meet and mend.

    The message is all there is: what happened, to which file, what was left untouched, and what
    to do next. ``str(error)`` is shown as it stands, without a traceback.
    """

    def _render_traceback_(self):
        """Return what IPython shows for it: the message alone."""
        return [f"CourseError: {self}"]


def unknown(kind: str, name: object, names: Iterable[str]) -> CourseError:
    """Build the error for a name that does not exist, with the nearest right one.

    Parameters
    ----------
    kind : str
        What was asked for, ``"preset"``.
    name : object
        What the user typed.
    names : iterable of str
        The names there are.

    Returns
    -------
    CourseError
        To be raised by the caller.
    """
    names = list(names)
    close = difflib.get_close_matches(str(name), names)
    # The same letters in another order ("vgg61") are nearer than one letter changed.
    close.sort(key=lambda other: sorted(other) != sorted(str(name)))
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return CourseError(f"There is no {kind} {str(name)!r}.{hint} Known: {', '.join(names)}.")
