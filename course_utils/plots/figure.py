"""How every figure of the course looks, and how it is shown with its text."""

from __future__ import annotations

import base64
import io
from functools import wraps
from itertools import count

import matplotlib
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image

from course_utils import settings

# Okabe and Ito's palette (2008), which colour-blind readers can tell apart; dark enough on white.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#6A5ACD", "#8C6D00")
INK, GREY, FAINT = "#222222", "#555555", "#8A8A8A"
MAP = "viridis"  # perceptually uniform
# Of words to the right of a point, on white where a line may cross them.
BESIDE = {"textcoords": "offset points", "va": "center", "fontsize": 9, "annotation_clip": False}
BESIDE |= {"bbox": {"facecolor": "white", "edgecolor": "none", "pad": 1}}
DPI = 90
LARGEST = 58_000  # bytes of a figure
FLAT = {"format": "png", "optimize": True}
# Colours as sharp as the light, for class names and thin lines, as long as that fits.
SHARP = ((92, 0), (80, 0), (65, 0), (65, 2), (40, 2))
PHOTOS = [{"format": "jpeg", "quality": q, "subsampling": colour} for q, colour in SHARP]

STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": FAINT,
    **dict.fromkeys(("axes.labelcolor", "text.color", "xtick.color", "ytick.color"), INK),
}


class PlainFigure(Figure):
    """A figure in which "$" is a character like any other.

    Names of classes and folders may hold it. Matplotlib would read what stands between two of them
    as mathematics, and stop if it is none.
    """

    def draw(self, renderer):
        for text in self.findobj(Text):
            text.set_parse_math(False)
        super().draw(renderer)


class Picture:
    """A drawn figure with alternative text, as Jupyter shows it.

    Attributes
    ----------
    content : bytes
    mime : str
        "image/png", or "image/jpeg" for what a PNG would need too many bytes for.
    alt : str
    """

    def __init__(self, content, mime, alt):
        self.content, self.mime, self.alt = content, mime, alt

    def _repr_mimebundle_(self, include=None, exclude=None):
        encoded = base64.b64encode(self.content).decode()
        data = {self.mime: encoded, "text/plain": f"[figure] {self.alt}"}
        return data, {self.mime: {"alt": self.alt}}


def picture(figure, alt, flat=False):
    """Draw a figure in at most about 60 KB: a PNG, or a JPEG where photographs need it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alt : str
        What the figure shows, written from its data.
    flat : bool
        Keep 256 colours from the start: enough for areas of one colour, and half the bytes.

    Returns
    -------
    Picture

    Raises
    ------
    ValueError
        If `alt` says nothing, or the figure needs more than 60 KB however it is drawn.
    """
    # A title that asks already ends its sentence; where there is no title, there is no sentence.
    told = " ".join(alt.split()).replace("?.", "?").replace(". .", ".").removeprefix(". ")
    if not told:
        raise ValueError("a figure needs a text that says what it shows")
    with matplotlib.rc_context(STYLE):
        return Picture(*_drawn(figure, flat), told)


def _drawn(figure, flat):
    """Return the bytes and their MIME type."""
    for dpi in (DPI, 80, 70, 60, 50, 42):
        raw = io.BytesIO()
        figure.savefig(raw, format="png", dpi=dpi, bbox_inches="tight", metadata={"Software": None})
        if raw.tell() <= LARGEST and not flat:
            return raw.getvalue(), "image/png"
        image = Image.open(raw).convert("RGB")
        # Few colours would turn soft shades into bands, which are no data: photographs are JPEG.
        image = image.quantize(256, dither=Image.Dither.NONE) if flat else image
        for options in (FLAT,) if flat else PHOTOS:
            small = io.BytesIO()
            image.save(small, **options)
            if small.tell() <= LARGEST:
                return small.getvalue(), f"image/{options['format']}"
    raise ValueError("a figure of so many details cannot be made small; draw fewer panels")


def show(figure, alt, flat=False):
    """Display a figure with its alternative text. Every figure of the course goes through here.

    The parameters are those of `picture`.
    """
    from IPython.display import display

    display(picture(figure, alt, flat))


def new_axes(width=6.4, height=3.2, rows=1, columns=1, title="", **options):
    """Make a figure without pyplot's global state, and its axes: one, or an array of several.

    The size is in inches; `title` stands over several panels; `options` are `subplot_kw`.
    """
    with matplotlib.rc_context(STYLE):
        figure = PlainFigure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, subplot_kw=options)
    if title:
        figure.suptitle(title, fontsize=11, fontweight="bold", x=0.01, ha="left")
    return figure, axes


def label(axis, title, xlabel="", ylabel="", pad=6):
    """Write a panel's title and the names of its axes."""
    axis.set_title(title, loc="left", fontsize=11, fontweight="bold", pad=pad)
    axis.set(xlabel=xlabel, ylabel=ylabel)


def explore(draw, static, **controls):
    """Let the reader move sliders over something the lesson has computed.

    Parameters
    ----------
    draw : callable
        Draws one figure from the controls' values; the same function that the lesson uses.
    static : callable
        Draws the figure that always comes first: the only one where no front end is seen, and the
        one that stands in an exported page. What the controls draw comes below them.
    **controls
        As for `ipywidgets.interact`: tuples (low, high, step), lists of choices, or widgets. Only
        calls that exist in ipywidgets 7.7 and 8 are used.
    """
    static()
    if not settings.front_end():
        return
    import ipywidgets

    calls = count()

    @wraps(draw)
    def follow(**values):
        if next(calls):  # the first call is for the controls' own values; the figure stands above
            draw(**values)

    box = ipywidgets.interact(follow, **controls).widget
    for control in box.children[:-1]:  # the last one holds the figure
        control.style.description_width = "110px"  # the usual 80 cut off "bottom_right"
