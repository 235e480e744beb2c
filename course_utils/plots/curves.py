"""Curves: training histories, lines, points with error bars."""

from __future__ import annotations

from matplotlib.ticker import LogLocator, MaxNLocator, StrMethodFormatter

from course_utils.plots.figure import COLOURS, FAINT, new_axes, short, show, title_of


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
        What the student predicted, and what always answering the majority class reaches.
    smoothing : float
        Share of the past in a running average, 0 for the raw curves.
    metric : str
        "accuracy" or "loss".
    """
    figure, axes = new_axes()
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
    for value, name in ((guess, "my guess"), (baseline, "majority class")):
        if value is not None:
            axis.axhline(
                value, color=FAINT, linewidth=1, linestyle=":" if name == "my guess" else "--"
            )
            # On a white ground, since a curve may run through the words.
            ground = {"facecolor": "white", "edgecolor": "none", "pad": 1}
            place = _clear_place(axis, value)
            axis.text(
                place, value, name, fontsize=8, color="#555555", va="center", ha="center",
                bbox=ground, zorder=5,
            )  # fmt: skip
            told.append(f"{name} at {value:.2f}")
    _label_ends(axis, ends, last)  # after the last line: the axis has its final range
    axis.xaxis.set_major_locator(
        MaxNLocator(8, integer=True, steps=[1, 2, 5, 10])
    )  # there is no epoch 2.5
    axis.set_xlabel("epoch")
    axis.set_ylabel(metric)
    title_of(axis, title)
    show(figure, f"Line plot. {title}. {last} epochs: {'; '.join(told)}.", flat=True)


def _clear_place(axis, value):
    """Return the x at which words of height `value` cover the least of the curves."""
    low, high = axis.get_xlim()
    far = {}
    for share in (0.15, 0.3, 0.45, 0.6, 0.75):
        place = low + share * (high - low)
        near = [
            abs(y - value)
            for line in axis.lines
            for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True)
            if abs(x - place) < 0.12 * (high - low) and len(line.get_xdata()) > 2
        ]
        far[place] = min(near, default=0)
    return max(far, key=far.get)


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
    figure, axes = new_axes()
    axis = axes[0, 0]
    told, ends = [], []
    for number, (name, values) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        error = None if spread is None else spread[name]
        marker = "os^Dvx"[number % 6] if marks else ""
        axis.errorbar(x, values, error, color=colour, marker=marker, markersize=5, capsize=3)
        ends.append((float(values[-1]), name, colour))
        points = ", ".join(f"{v:.3g}{unit} at {short(p)}" for p, v in zip(x, values, strict=True))
        if len(x) > 12:
            points = f"from {values[0]:.3g}{unit} to {values[-1]:.3g}{unit}"
        told.append(f"{name}: {points}")
    whole = all(isinstance(value, int) for value in x)
    if logx:
        axis.set_xscale("log")
    if len(x) <= 8 and (whole or logx):  # few enough to be named themselves
        axis.set_xticks(x, [short(value) for value in x], minor=False)
        axis.minorticks_off()
    elif whole:
        axis.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))
    axis.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    _label_ends(axis, ends, x[-1])
    axis.set_xlabel(xlabel)
    axis.set_ylabel(ylabel)
    title_of(axis, title)
    show(figure, f"Line plot of {ylabel} over {xlabel}. {title}. {'; '.join(told)}.", flat=True)


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
    figure, axes = new_axes(6.4, 3.9)
    axis = axes[0, 0]
    told = []
    for number, name in enumerate(x):
        error = None if spread is None else spread[name]
        axis.errorbar(
            x[name], y[name], error, color=COLOURS[number % len(COLOURS)], capsize=3, zorder=3,
            marker="os^DvXP"[number % 7], markersize=7, linewidth=1,
        )  # fmt: skip
        bar = "" if error is None else f" ± {error:.3f}"
        told.append(f"{name}: {y[name]:.3f}{bar} at {short(round(x[name], 1))}")
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
    title_of(axis, title)
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
