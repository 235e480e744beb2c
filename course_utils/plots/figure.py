"""How every figure of the course looks, and how it is shown with its text."""

from __future__ import annotations

import base64
import io

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from course_utils import settings

# Okabe and Ito's palette (2008), which colour-blind readers can tell apart; dark enough on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#6A5ACD", "#8C6D00")
INK, FAINT = "#222222", "#8A8A8A"
MAP = "viridis"  # perceptually uniform
LARGEST_PNG = 58_000

STYLE = {
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "lines.linewidth": 1.8,
    "svg.hashsalt": "course",
}


class Picture:
    """A PNG with alternative text, as Jupyter shows it.

    Attributes
    ----------
    png : bytes
    alt : str
    """

    def __init__(self, png, alt):
        self.png, self.alt = png, alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = {
            "image/png": base64.b64encode(self.png).decode(),
            "text/plain": f"[figure] {self.alt}",
        }
        return data, {"image/png": {"alt": self.alt}}


def show(figure, alt, flat=False):
    """Display a figure with its alternative text. Every figure of the course goes through here.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alt : str
        What the figure shows, written from its data.
        The PNG takes at most about 60 KB, with fewer colours if need be.
    flat : bool
        Keep 256 colours from the start: enough for areas of one colour, and half the bytes.
    """
    from IPython.display import display

    if not alt.strip():
        raise ValueError("a figure needs a text that says what it shows")
    # A title that asks already ends its sentence.
    told = " ".join(alt.split()).replace("?.", "?")
    with matplotlib.rc_context(STYLE):
        picture = Picture(_png(figure, flat), told)
    display(picture)


def _png(figure, flat=False):
    for dpi in (90, 80, 70, 60, 50, 42):
        raw = io.BytesIO()
        figure.savefig(raw, format="png", dpi=dpi, bbox_inches="tight", metadata={"Software": None})
        if raw.tell() <= LARGEST_PNG and not flat:
            return raw.getvalue()
        with Image.open(raw) as image:
            for colours in (256, 96):
                small = io.BytesIO()
                reduced = image.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
                reduced.save(small, format="png", optimize=True)
                if small.tell() <= LARGEST_PNG:
                    return small.getvalue()
    return small.getvalue()


def new_axes(width=6.4, height=3.2, rows=1, columns=1, **options):
    """Make a figure in the course's style, without pyplot's global state."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, axes


def title_of(axis, text, pad=6):
    axis.set_title(text, loc="left", fontsize=11, fontweight="bold", pad=pad)


def headline(figure, text):
    """Write a title over several panels, if there is one."""
    if text:
        figure.suptitle(text, fontsize=11, fontweight="bold", x=0.01, ha="left")


def short(value):
    return f"{value:g}" if isinstance(value, int | float | np.number) else str(value)


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
    if not settings.interactive():
        static()
        return
    import ipywidgets

    box = ipywidgets.interact(draw, **controls).widget
    for control in box.children[:-1]:  # the last one holds the figure
        control.style.description_width = "110px"  # the usual 80 cut off "bottom_right"
