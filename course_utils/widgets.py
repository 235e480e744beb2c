"""Interactive parts: sliders where somebody can move them, one static figure everywhere else."""

from __future__ import annotations

from course_utils.lesson import headless


def explore(draw, static, **controls):
    """Let the reader move sliders over something the lesson has computed.

    Parameters
    ----------
    draw : callable
        Draws one figure from the controls' values; the same function that the lesson uses.
    static : callable
        Draws the figure that stands in when nobody can slide: headless runs and exported pages.
    **controls
        As for `ipywidgets.interact`: tuples (low, high, step), lists of choices, or widgets. Only
        calls that exist in ipywidgets 7.7 and 8 are used.
    """
    if headless():
        static()
        return
    import ipywidgets

    box = ipywidgets.interact(draw, **controls).widget
    for control in box.children[:-1]:  # the last one holds the figure
        control.style.description_width = "110px"  # the usual 80 cut off "bottom_right"
