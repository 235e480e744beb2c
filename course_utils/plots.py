"""The course's figures. Each is shown with a text that says, from its data, what it shows."""

from __future__ import annotations

import base64
import io

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from PIL import Image

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


def show(figure, alt):
    """Display a figure with its alternative text. Every figure of the course goes through here.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    alt : str
        What the figure shows, written from its data.
        The PNG takes at most about 60 KB, with fewer colours if need be.
    """
    from IPython.display import display

    if not alt.strip():
        raise ValueError("a figure needs a text that says what it shows")
    with matplotlib.rc_context(STYLE):
        picture = Picture(_png(figure), " ".join(alt.split()))
    display(picture)


def _png(figure):
    for dpi in (90, 80, 70, 60, 50, 42):
        raw = io.BytesIO()
        figure.savefig(raw, format="png", dpi=dpi, bbox_inches="tight", metadata={"Software": None})
        if raw.tell() <= LARGEST_PNG:
            return raw.getvalue()
        with Image.open(raw) as image:
            for colours in (256, 96):
                small = io.BytesIO()
                reduced = image.convert("RGB").quantize(colours, dither=Image.Dither.NONE)
                reduced.save(small, format="png", optimize=True)
                if small.tell() <= LARGEST_PNG:
                    return small.getvalue()
    return small.getvalue()


def _axes(width=6.4, height=3.2, rows=1, columns=1, **options):
    """Make a figure in the course's style, without pyplot's global state."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, axes


def _title(axis, text, pad=6):
    axis.set_title(text, loc="left", fontsize=11, fontweight="bold", pad=pad)


def gallery(images, titles=None, columns=8, title="", alt="", width=None):
    """Show pictures in a grid.

    Parameters
    ----------
    images : array-like
        (N, H, W, 3) or (N, H, W); uint8, or float in 0 to 255.
    titles : list of str, optional
        A line above each picture.
    columns : int
    title : str
    alt : str
        What the pictures are; their number and titles are added.
    width : float, optional
        Width of one picture in inches.
    """
    images = [np.asarray(image) for image in images]
    if not images:
        raise ValueError("there is no picture to show")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    side = width or min(1.1, 8.0 / columns)
    extra = 0.22 if titles is not None else 0.0
    figure, axes = _axes(
        side * columns, (side + extra) * rows + (0.3 if title else 0), rows, columns
    )
    for axis in axes.ravel():
        axis.set_axis_off()
    for number, (axis, image) in enumerate(zip(axes.ravel(), images, strict=False)):
        if image.ndim == 2:
            axis.imshow(image, cmap=MAP)
        else:
            axis.imshow(np.clip(image, 0, 255).astype(np.uint8))
        if titles is not None:
            axis.set_title(titles[number], fontsize=8, fontweight="normal", loc="center", pad=2)
    if title:
        figure.suptitle(title, fontsize=11, fontweight="bold", x=0.01, ha="left")
    named = f": {', '.join(map(str, titles))}" if titles is not None and len(images) <= 24 else ""
    show(figure, f"{alt or title}. {len(images)} pictures{named}.")


def smooth(values, share=0.8):
    """Return the running average that weighs the past with `share`, as in the source lectures.

    Each point is ``share * previous + (1 - share) * value``; the first point is the first value.
    """
    out = []
    for value in values:
        out.append(value if not out else share * out[-1] + (1 - share) * value)
    return out


def history(curves, title="", guess=None, baseline=None, smoothing=0.0, metric="accuracy"):
    """Draw training and validation curves over the epochs.

    Parameters
    ----------
    curves : dict of str to list of float
        Keras's `History.history`; fewer validation values where `validation_freq` was above 1.
    title : str
    guess, baseline : float, optional
        What the student predicted, and what always answering the commonest class reaches.
    smoothing : float
        Share of the past in a running average, 0 for the raw curves.
    metric : str
        "accuracy" or "loss".
    """
    figure, axes = _axes()
    axis = axes[0, 0]
    told, ends, last = [], [], len(curves[metric])
    for key, name, colour, style in (
        (metric, "training", COLOURS[0], "-"),
        (f"val_{metric}", "validation", COLOURS[1], "-"),
    ):
        raw = [float(v) for v in curves[key]]
        every = max(1, last // len(raw))  # Keras's validation_freq
        epochs = range(every, len(raw) * every + 1, every)
        values = smooth(raw, smoothing) if smoothing else raw
        if smoothing:
            axis.plot(epochs, raw, ".", color=colour, alpha=0.35, markersize=4)
        axis.plot(epochs, values, style, color=colour)
        ends.append((values[-1], name, colour))
        best = max(raw) if metric == "accuracy" else min(raw)
        told.append(
            f"{name} {metric} goes from {raw[0]:.2f} to {raw[-1]:.2f}, best {best:.2f} in epoch "
            f"{epochs[raw.index(best)]}"
        )
    axis.set_xlim(1, last * 1.02)
    for value, name in ((guess, "my guess"), (baseline, "commonest class")):
        if value is not None:
            axis.axhline(
                value, color=FAINT, linewidth=1, linestyle=":" if name == "my guess" else "--"
            )
            # On a white ground, since a curve may run through the words.
            ground = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
            axis.text(
                1 + 0.4 * (last - 1), value, name, fontsize=8, color="#555555", va="center",
                bbox=ground, zorder=5,
            )  # fmt: skip
            told.append(f"{name} at {value:.2f}")
    _label_ends(axis, ends, last)  # after the last line: the axis has its final range
    axis.set_xlabel("epoch")
    axis.set_ylabel(metric)
    _title(axis, title)
    show(figure, f"Line plot. {title}. {last} epochs: {'; '.join(told)}.")


def _label_ends(axis, ends, x, least_gap=0.07):
    """Write each line's name at its right end, pushed apart where the lines end together."""
    low, high = axis.get_ylim()
    gap = (high - low) * least_gap
    placed = None
    for value, name, colour in sorted(ends):
        y = value if placed is None else max(value, placed + gap)
        placed = y
        axis.annotate(
            name, (x, y), xytext=(6, 0), textcoords="offset points", color=colour, va="center",
            fontsize=9, annotation_clip=False,
        )  # fmt: skip


def lines(x, series, title="", xlabel="", ylabel="", logx=False, spread=None, unit="", marks="o"):
    """Draw several lines over the same x values, named at their right ends.

    Parameters
    ----------
    x : list of float
    series : dict of str to list of float
    title, xlabel, ylabel : str
    logx : bool
        Logarithmic x axis.
    spread : dict of str to list of float, optional
        Half-heights of error bars by line.
    unit : str
        Added to numbers in the alternative text.
    marks : str
        Matplotlib marker of the points.
    """
    figure, axes = _axes()
    axis = axes[0, 0]
    told, ends = [], []
    for number, (name, values) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        error = None if spread is None else spread[name]
        marker = "os^Dvx"[number % 6] if marks else ""
        axis.errorbar(x, values, error, color=colour, marker=marker, markersize=5, capsize=3)
        ends.append((float(values[-1]), name, colour))
        points = ", ".join(f"{v:.3g}{unit} at {_short(p)}" for p, v in zip(x, values, strict=True))
        if len(x) > 12:
            points = f"from {values[0]:.3g}{unit} to {values[-1]:.3g}{unit}"
        told.append(f"{name}: {points}")
    if logx:
        axis.set_xscale("log")
    _label_ends(axis, ends, x[-1])
    axis.set_xlabel(xlabel)
    axis.set_ylabel(ylabel)
    _title(axis, title)
    show(figure, f"Line plot of {ylabel} over {xlabel}. {title}. {'; '.join(told)}.")


def bars(values, title="", xlabel="", spread=None, guess=None, form="{:.3f}"):
    """Draw horizontal bars, each with its number.

    Parameters
    ----------
    values : dict of str to float
    title, xlabel : str
    spread : dict of str to float, optional
        Standard deviation of each value.
    guess : float, optional
        What the student predicted.
    form : str
        Format of the numbers.
    """
    figure, axes = _axes(6.4, 0.42 * len(values) + 1.0)
    axis = axes[0, 0]
    names = list(values)
    heights = [float(values[name]) for name in names]
    error = None if spread is None else [spread[name] for name in names]
    axis.barh(names, heights, xerr=error, color=COLOURS[0], height=0.62, ecolor=INK, capsize=3)
    axis.invert_yaxis()
    pushed = [0.0] * len(names) if error is None else error
    for row, (height, push) in enumerate(zip(heights, pushed, strict=True)):
        axis.annotate(
            form.format(height), (height + push, row), xytext=(4, 0), textcoords="offset points",
            va="center", fontsize=9,
        )  # fmt: skip
    axis.set_xlim(0, max(heights) * 1.16 if max(heights) > 0 else 1)
    axis.xaxis.set_major_locator(MaxNLocator(5))
    if max(heights) >= 1000:
        axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    if guess is not None:
        axis.axvline(guess, color=FAINT, linestyle=":")
        axis.text(guess, -0.62, "my guess", fontsize=8, ha="center", color="#555555")
    axis.set_xlabel(xlabel)
    _title(axis, title, pad=14 if guess is not None else 6)
    told = ", ".join(f"{n} {form.format(v)}" for n, v in zip(names, heights, strict=True))
    show(figure, f"Bar chart of {xlabel}. {title}. {told}.")


def clouds(panels, labels, classes, title="", alt=""):
    """Draw two-dimensional points coloured and shaped by class, one panel each.

    Parameters
    ----------
    panels : dict of str to numpy.ndarray
        (N, 2) points for each panel.
    labels : numpy.ndarray
        (N,) class indices.
    classes : sequence of str
    title : str
    alt : str
        What the panels mean; the distance of the class centres is added from the data.
    """
    figure, axes = _axes(3.4 * len(panels), 3.3, 1, len(panels))
    told = []
    for axis, (name, points) in zip(axes[0], panels.items(), strict=True):
        for number, label in enumerate(classes):
            chosen = points[labels == number]
            axis.scatter(
                chosen[:, 0], chosen[:, 1], s=14, marker="o^sDvPX*"[number % 8], alpha=0.7,
                color=COLOURS[number % len(COLOURS)], label=label, linewidths=0,
            )  # fmt: skip
        _title(axis, name)
        axis.set_xlabel("first component")
        axis.set_ylabel("second component")
        told.append(f"{name}: {_separation(points, labels)}")
    axes[0, -1].legend(loc="best", fontsize=8, frameon=True, framealpha=0.9)
    if title:
        figure.suptitle(title, fontsize=11, fontweight="bold", x=0.01, ha="left")
    show(figure, f"Scatter plots. {alt or title}. {'; '.join(told)}.")


def _separation(points, labels):
    """Tell how far the first two class centres lie apart, in units of the spread inside a class."""
    groups = [points[labels == number] for number in np.unique(labels)]
    if len(groups) < 2:
        return "one class"
    inside = np.mean([group.std(axis=0).mean() for group in groups])
    apart = np.linalg.norm(groups[0].mean(axis=0) - groups[1].mean(axis=0))
    return f"the centres of the first two classes lie {apart / (inside + 1e-9):.1f} spreads apart"


def diagram(model, title=""):
    """Draw a model as a row of blocks, from the model itself: height of the maps, channels, size.

    Consecutive layers whose names share a prefix ("block1_…") become one block.

    Parameters
    ----------
    model : keras.Model
        Built; image-like or flat outputs.
    title : str
    """
    blocks = []
    for layer in model.layers:
        shape = tuple(layer.output.shape[1:])
        name = layer.name.split("_")[0] if "_" in layer.name else layer.name
        if layer.__class__.__name__ in {"InputLayer", "Rescaling", "Dropout"}:
            continue
        if blocks and blocks[-1]["name"] == name and "block" in name:
            blocks[-1] |= {
                "shape": shape,
                "parameters": blocks[-1]["parameters"] + layer.count_params(),
            }
        else:
            blocks.append({"name": name, "shape": shape, "parameters": layer.count_params()})
    side = model.input.shape[1]
    blocks.insert(0, {"name": "picture", "shape": tuple(model.input.shape[1:]), "parameters": 0})
    figure, axes = _axes(max(5.0, 0.92 * len(blocks)), 2.5)
    axis = axes[0, 0]
    axis.set_axis_off()
    for x, block in enumerate(blocks):
        shape = block["shape"]
        flat = len(shape) == 1
        # Height shows the maps' side; a flat vector is a thin bar.
        height = 0.25 if flat else 0.15 + 0.85 * shape[0] / side
        width = 0.16 if flat else 0.25 + 0.5 * min(1.0, np.log2(shape[-1]) / 9)
        colour = FAINT if not block["parameters"] else COLOURS[0]
        axis.bar(x, height, width, bottom=0.5 - height / 2, color=colour, alpha=0.85)
        axis.text(x, 1.08, block["name"], ha="center", va="bottom", fontsize=8, rotation=25)
        size = "×".join(map(str, shape))
        count = f"{block['parameters']:,}" if block["parameters"] else "–"
        axis.text(x, -0.06, f"{size}\n{count}", ha="center", va="top", fontsize=7.5)
    axis.set_ylim(-0.35, 1.4)
    _title(axis, title)
    told = ", ".join(
        f"{b['name']} gives {'×'.join(map(str, b['shape']))} with {b['parameters']:,} parameters"
        for b in blocks[1:]
    )
    show(figure, f"Diagram of a network. {title}. {told}; {model.count_params():,} in all.")


def _short(value):
    return f"{value:g}" if isinstance(value, int | float | np.number) else str(value)
