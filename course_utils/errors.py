"""The one exception that a user of the course is meant to read."""


class CourseError(Exception):
    """A failure that a user can cause, meet and mend.

    The message is all there is: what happened, to which file, what was left untouched, and what
    to do next. ``str(error)`` is shown as it stands, without a traceback.
    """

    def _render_traceback_(self):
        """Return what IPython shows for it: the message alone."""
        return [f"CourseError: {self}"]
