"""The course's figures. Each is shown with a text that says, from its data, what it shows."""

from __future__ import annotations

import base64
import io
from textwrap import fill

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, MaxNLocator, StrMethodFormatter
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
    with matplotlib.rc_context(STYLE):
        picture = Picture(_png(figure, flat), " ".join(alt.split()))
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


def _axes(width=6.4, height=3.2, rows=1, columns=1, **options):
    """Make a figure in the course's style, without pyplot's global state."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False, **options)
    return figure, axes


def _title(axis, text, pad=6):
    axis.set_title(text, loc="left", fontsize=11, fontweight="bold", pad=pad)


def _headline(figure, text):
    """Write a title over several panels, if there is one."""
    if text:
        figure.suptitle(text, fontsize=11, fontweight="bold", x=0.01, ha="left")


def gallery(images, titles=None, columns=8, title="", alt="", width=None):
    """Show pictures in a grid.

    Parameters
    ----------
    images : array-like
        (N, H, W, 3), grey (N, H, W, 1) or maps (N, H, W); uint8, or float in 0 to 255.
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
        elif image.shape[-1] == 1:
            axis.imshow(image[..., 0], cmap="gray", vmin=0, vmax=255)
        else:
            axis.imshow(np.clip(image, 0, 255).astype(np.uint8))
        if titles is not None:
            axis.set_title(titles[number], fontsize=8, fontweight="normal", loc="center", pad=2)
    _headline(figure, title)
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
    axis.xaxis.set_major_locator(MaxNLocator(8, integer=True))  # there is no epoch 2.5
    axis.set_xlabel("epoch")
    axis.set_ylabel(metric)
    _title(axis, title)
    show(figure, f"Line plot. {title}. {last} epochs: {'; '.join(told)}.", flat=True)


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
    elif all(isinstance(value, int) for value in x):
        axis.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    _label_ends(axis, ends, x[-1])
    axis.set_xlabel(xlabel)
    axis.set_ylabel(ylabel)
    _title(axis, title)
    show(figure, f"Line plot of {ylabel} over {xlabel}. {title}. {'; '.join(told)}.", flat=True)


def bars(values, title="", xlabel="", spread=None, guess=None, form="{:.3f}", zoom=False):
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
    zoom : bool
        Draw dots on an axis that does not begin at 0, for values that differ by little: the length
        of a bar would be a lie there.
    """
    figure, axes = _axes(6.4, 0.42 * len(values) + 1.0)
    axis = axes[0, 0]
    names = list(values)
    heights = [float(values[name]) for name in names]
    error = None if spread is None else [spread[name] for name in names]
    if zoom:
        axis.errorbar(heights, names, None, error, "o", color=COLOURS[0], ecolor=INK, capsize=3)
        axis.grid(axis="y", color=FAINT, alpha=0.3)
        axis.margins(y=0.5 / len(names))
    else:
        axis.barh(names, heights, xerr=error, color=COLOURS[0], height=0.62, ecolor=INK, capsize=3)
    axis.invert_yaxis()
    pushed = [0.0] * len(names) if error is None else error
    for row, (height, push) in enumerate(zip(heights, pushed, strict=True)):
        axis.annotate(
            form.format(height), (height + push, row), xytext=(6, 0), textcoords="offset points",
            va="center", fontsize=9, bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip
    if zoom:
        ends = [*np.subtract(heights, pushed), *np.add(heights, pushed)]
        ends += [] if guess is None else [guess]
        room = max(max(ends) - min(ends), 0.01)
        axis.set_xlim(min(ends) - 0.15 * room, max(ends) + 0.25 * room)
    else:
        longest = max(*heights, 0, guess or 0)
        axis.set_xlim(0, longest * 1.16 if longest > 0 else 1)
    axis.xaxis.set_major_locator(MaxNLocator(5))
    if max(heights) >= 1000:
        axis.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    if guess is not None:
        axis.axvline(guess, color=FAINT, linestyle=":")
        above = {"transform": axis.get_xaxis_transform(), "ha": "center", "va": "bottom"}
        axis.text(guess, 1.01, "my guess", fontsize=8, color="#555555", **above)
    axis.set_xlabel(xlabel)
    _title(axis, title, pad=16 if guess is not None else 6)
    told = ", ".join(f"{n} {form.format(v)}" for n, v in zip(names, heights, strict=True))
    show(figure, f"{'Dot' if zoom else 'Bar'} chart of {xlabel}. {title}. {told}.", flat=True)


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
    _headline(figure, title)
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
    show(
        figure,
        f"Diagram of a network. {title}. {told}; {model.count_params():,} in all.",
        flat=True,
    )


def _short(value):
    return f"{value:g}" if isinstance(value, int | float | np.number) else str(value)


def maps(arrays, titles=None, columns=4, title="", alt="", windows=None, unit="response"):
    """Show pictures, kernels and feature maps side by side, each with its size below.

    Arrays of uint8 are pictures, drawn in grey. All others are coloured on one common scale, which
    a bar explains: where there are negative values, blue is negative, grey is 0 and yellow is
    positive. Arrays of at most 7×7 carry their numbers instead, and a scale of their own.

    Parameters
    ----------
    arrays : list of array-like
        (height, width) each; uint8 for a picture (0 to 255, or 0 and 1), any number otherwise.
    titles : list of str, optional
        A line above each panel.
    columns : int
    title : str
    alt : str
        What the panels are; sizes and values are added from the data.
    windows : dict of int to tuple of int, optional
        For a panel's index a frame to draw on it: row, column, height, width.
    unit : str
        What the colours measure.
    """
    arrays, windows = [np.asarray(array) for array in arrays], windows or {}
    if not arrays:
        raise ValueError("there is no map to show")
    titles = [""] * len(arrays) if titles is None else [str(text) for text in titles]
    columns = min(columns, len(arrays))
    rows, side = -(-len(arrays) // columns), min(1.6, 8.0 / columns)
    lines = 1 + max(text.count("\n") for text in titles)
    shared = [a for a in arrays if a.dtype != np.uint8 and max(a.shape) > 7]
    height = (side + 0.2 + 0.16 * lines) * rows + (0.35 if title else 0)
    figure, axes = _axes(side * columns + (0.7 if shared else 0), height, rows, columns)
    for axis in axes.ravel():
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    told, bar = [], None
    for number, (axis, array, text) in enumerate(zip(axes.ravel(), arrays, titles, strict=False)):
        small = max(array.shape) <= 7
        colours, low, high = _scale([array] if small or array.dtype == np.uint8 else shared)
        image = axis.imshow(array, cmap=colours, vmin=low, vmax=high, interpolation="nearest")
        size = "×".join(map(str, array.shape))
        axis.set_xlabel(size, fontsize=7.5, color="#555555", labelpad=2)
        axis.set_title(text, fontsize=8.5, fontweight="normal", loc="center", pad=3)
        if number in windows:
            row, column, tall, wide = windows[number]
            frame = {"fill": False, "edgecolor": COLOURS[1], "linewidth": 2.2, "zorder": 3}
            axis.add_patch(Rectangle((column - 0.5, row - 0.5), wide, tall, **frame))
        if small:
            _write_numbers(axis, array, image, size=min(11, 34 * side / array.shape[1]))
            values = "; ".join(" ".join(map(_cell, line)) for line in array)
        else:
            top = np.unravel_index(np.argmax(array), array.shape)
            values = f"from {array.min():.3g} to {array.max():.3g}, highest in row {top[0]}, "
            values += f"column {top[1]}"
            bar = image if array.dtype != np.uint8 else bar
        told.append(f"{' '.join(text.split()) or 'panel'}, {size}: {values}")
    if bar is not None:
        scale = figure.colorbar(bar, ax=axes, shrink=min(1.0, 0.5 + 0.5 / rows), aspect=16)
        scale.set_label(unit, fontsize=8.5)
        scale.ax.tick_params(labelsize=8)
        scale.outline.set_visible(False)
    _headline(figure, title)
    show(figure, f"{alt or title}. {len(arrays)} panels. {'. '.join(told)}.", flat=True)


def _scale(arrays):
    """Return colour map and limits: grey for pictures, 0 in the middle if a value is negative."""
    low, high = min(float(a.min()) for a in arrays), max(float(a.max()) for a in arrays)
    if arrays[0].dtype == np.uint8:
        return "gray", 0, 255 if high > 1 else 1
    if low < 0:
        return "cividis", -max(-low, high), max(-low, high)
    return MAP, 0, high or 1


def _cell(value):
    """Write one number as shortly as a small cell needs it."""
    return f"{value:.0f}".replace("-0", "0") if value == int(value) else f"{value:.2g}"


def _write_numbers(axis, array, image, size):
    """Write each number into its cell, and draw the cells' borders."""
    for line in range(array.shape[0] + 1):
        axis.axhline(line - 0.5, color=FAINT, linewidth=0.5, clip_on=False)
    for line in range(array.shape[1] + 1):
        axis.axvline(line - 0.5, color=FAINT, linewidth=0.5, clip_on=False)
    for (row, column), value in np.ndenumerate(array):
        light = np.dot(image.cmap(image.norm(value))[:3], (0.299, 0.587, 0.114)) > 0.5
        axis.text(
            column, row, _cell(value).replace("-", "−"), ha="center", va="center", fontsize=size,
            color="black" if light else "white",
        )  # fmt: skip


def points(x, y, title="", xlabel="", ylabel="", spread=None, line=(), logx=False):
    """Draw one named point for each entry, with the names in a column at the right.

    Parameters
    ----------
    x, y : dict of str to float
        The same names in both.
    title, xlabel, ylabel : str
    spread : dict of str to float, optional
        Half-heights of error bars.
    line : sequence of str
        Names of points to join, in this order, by a dashed line.
    logx : bool
        Logarithmic x axis.
    """
    figure, axes = _axes(6.4, 3.9)
    axis = axes[0, 0]
    told = []
    for number, name in enumerate(x):
        error = None if spread is None else spread[name]
        axis.errorbar(
            x[name], y[name], error, color=COLOURS[number % len(COLOURS)], capsize=3, zorder=3,
            marker="os^DvXP"[number % 7], markersize=7, linewidth=1,
        )  # fmt: skip
        bar = "" if error is None else f" ± {error:.3f}"
        told.append(f"{name}: {y[name]:.3f}{bar} at {_short(round(x[name], 1))}")
    axis.plot([x[n] for n in line], [y[n] for n in line], "--", color=FAINT, linewidth=1.2)
    if logx:
        axis.set_xscale("log")
        low, high = min(x.values()), max(x.values())
        axis.set_xlim(low / 1.4, high * 1.6)
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axis.minorticks_off()
    _name_points(axis, x, y)
    axis.set_xlabel(xlabel)
    axis.set_ylabel(ylabel)
    _title(axis, title)
    joined = f" A dashed line joins {', '.join(line)}." if len(line) else ""
    show(figure, f"Points: {ylabel} over {xlabel}. {title}. {'; '.join(told)}.{joined}", flat=True)


def _name_points(axis, x, y, least_gap=0.07):
    """Write the points' names beside the axis, pushed apart, each joined to its point."""
    low, high = axis.get_ylim()
    names, gap = sorted(y, key=lambda name: (y[name], x[name])), (high - low) * least_gap
    heights = [y[name] for name in names]
    for at in range(1, len(names)):
        heights[at] = max(heights[at], heights[at - 1] + gap)
    top = high
    for at in reversed(range(len(names))):  # and back down, where they left the figure
        heights[at] = min(heights[at], top)
        top = heights[at] - gap
    order, place = list(x), axis.get_yaxis_transform()
    for name, height in zip(names, heights, strict=True):
        colour = COLOURS[order.index(name) % len(COLOURS)]
        style = {"arrowstyle": "-", "color": FAINT, "linewidth": 0.6, "shrinkB": 5}
        axis.annotate(
            name, (x[name], y[name]), xytext=(1.03, height), textcoords=place, color=colour,
            va="center", fontsize=9, annotation_clip=False, arrowprops=style,
        )  # fmt: skip


def course_map(parts, names, uses, title=""):
    """Draw the lessons as boxes, a row for each part: name, question, and what they build on.

    Parameters
    ----------
    parts : dict of str to dict of str to str
        For each part of the course its lessons' numbers, and for each number the question.
    names : dict of str to str
        For each number the lesson's name.
    uses : dict of str to str
        For each number the numbers of the lessons that it builds on.
    title : str
    """
    columns = max(map(len, parts.values()))
    figure, axes = _axes(2.15 * columns + 0.9, 1.33 * len(parts) + 0.3)
    axis = axes[0, 0]
    axis.set_axis_off()
    axis.set(xlim=(-0.42, columns), ylim=(len(parts) - 0.52, -0.48))
    told = []
    for row, (part, questions) in enumerate(parts.items()):
        colour = COLOURS[row % len(COLOURS)]
        axis.axhspan(row - 0.47, row + 0.47, color=colour, alpha=0.1)
        axis.text(-0.4, row, fill(part, 10), va="center", fontsize=9.5, fontweight="bold")
        for column, (number, question) in enumerate(questions.items()):
            after = f"builds on {uses[number]}" if number in uses else ""
            box = {"facecolor": "white", "edgecolor": colour, "linewidth": 1}
            axis.add_patch(Rectangle((column + 0.02, row - 0.41), 0.93, 0.82, **box))
            head, left = fill(f"{number}  {names[number]}", 25), column + 0.05
            lower = row - 0.18 + 0.12 * head.count("\n")
            axis.text(left, row - 0.35, head, fontsize=9, va="top", fontweight="bold")
            axis.text(left, lower, fill(question, 27), fontsize=8.5, va="top")
            axis.text(column + 0.92, row + 0.38, after, fontsize=8, ha="right", color="#555555")
            told.append(f"{number} {names[number]} ({question}){after and ', '}{after}")
    _title(axis, title)
    show(figure, f"Map of the course. {title}. {'; '.join(told)}.", flat=True)


def confusion(table, classes, title=""):
    """Draw a table of true classes against answers, and colour the mistakes.

    Parameters
    ----------
    table : array-like
        (classes, classes) counts; rows are the truth, columns the answers.
    classes : sequence of str
    title : str
    """
    table = np.asarray(table)
    count, longest = len(classes), max(map(len, classes))
    if table.shape != (count, count):
        raise ValueError(f"{count} classes need a table of {count}×{count}, not {table.shape}")
    right = np.eye(count, dtype=bool)
    mistakes = np.where(right, 0, table)
    side = 1.3 + 0.36 * count + 0.06 * longest
    figure, axes = _axes(side + 0.06 * longest, side)
    axis = axes[0, 0]
    shown = np.ma.masked_where(mistakes == 0, mistakes)
    most = max(5, mistakes.max())  # one mistake stays pale, even if none is more frequent
    axis.imshow(shown, cmap=f"{MAP}_r", vmin=0, vmax=most)
    for (row, column), value in np.ndenumerate(table):
        dark = mistakes[row, column] > 0.55 * most
        colour = "#555555" if right[row, column] else "white" if dark else INK
        axis.text(
            column, row, value if value else "·", ha="center", va="center", fontsize=9,
            color=colour if value else FAINT,
        )  # fmt: skip
    turn = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if longest > 3 else {}
    axis.set_xticks(range(count), classes, fontsize=9, **turn)
    axis.set_yticks(range(count), classes, fontsize=9)
    axis.tick_params(length=0)
    axis.set(xlabel="answer", ylabel="truth")
    _title(axis, title)
    order = np.argsort(mistakes, axis=None)[::-1][:3]
    pairs = [np.unravel_index(position, table.shape) for position in order]
    told = [f"{classes[i]} as {classes[j]} {table[i, j]} times" for i, j in pairs if mistakes[i, j]]
    worst = f"Most frequent mistakes: {', '.join(told)}." if told else "There is no mistake."
    total = f"{table[right].sum()} of {table.sum()} answers are right, on the diagonal."
    show(figure, f"Confusion table. {title}. {total} {worst}", flat=True)
