"""Curves: training histories, lines, points with error bars."""

from __future__ import annotations

from itertools import accumulate, cycle

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from course_utils.plots.figure import COLOURS, FAINT, GREY, GROUND, label, new_axes, show

WORDS = {"va": "center", "ha": "center", "fontsize": 8, "color": GREY, "bbox": GROUND, "zorder": 5}
BESIDE = {"va": "center", "fontsize": 9, "annotation_clip": False}  # names at the right


def smooth(values, share=0.8):
    """Return the running average that weighs the past with `share`, as in the source lectures.

    Each point is ``share * previous + (1 - share) * value``; the first point is the first value.
    """
    return list(accumulate(values, lambda past, value: share * past + (1 - share) * value))


def history(curves, title="", guess=None, baseline=None, smoothing=0.0, metric="accuracy"):
    """Draw training and validation curves over the epochs.

    The parameters are those of `history_figure`.
    """
    show(*history_figure(curves, title, guess, baseline, smoothing, metric), flat=True)


def history_figure(curves, title="", guess=None, baseline=None, smoothing=0.0, metric="accuracy"):
    """Make the figure that `history` shows.

    Parameters
    ----------
    curves : dict of str to list of float
        Keras's `History.history`; fewer validation values where `validation_freq` was above 1.
        What is missing, None or not finite is left out.
    title : str
    guess, baseline : float, optional
        What the student predicted, and what always answering the majority class reaches.
    smoothing : float
        Share of the past in a running average, 0 for the raw curves.
    metric : str
        "accuracy" or "loss".

    Returns
    -------
    figure : matplotlib.figure.Figure
    alt : str
        What it shows, for `figure.picture`.
    """
    figure, axis = new_axes()
    keys = {"training": metric, "validation": f"val_{metric}"}
    # As numbers, None is NaN.
    found = {n: np.ravel(np.array(curves.get(k, ()), float)) for n, k in keys.items()}
    last = max(map(len, found.values()))
    told, ends = [], []
    for (name, values), colour in zip(found.items(), COLOURS, strict=False):
        there = np.isfinite(values)
        if not there.any():
            continue
        every = last // len(values)  # Keras's validation_freq
        epochs, values = every * np.flatnonzero(there) + every, values[there]
        drawn = smooth(values, smoothing) if smoothing else values
        if smoothing:
            axis.plot(epochs, values, ".", color=colour, alpha=0.35, markersize=4)
        axis.plot(epochs, drawn, color=colour)
        ends.append((drawn[-1], name, colour))
        best = values.argmax() if metric == "accuracy" else values.argmin()
        told.append(
            f"{name} {metric} goes from {values[0]:.2f} to {values[-1]:.2f}, "
            f"best {values[best]:.2f} in epoch {epochs[best]}"
        )
    axis.set_xlim(1, 1.02 * max(last, 1))
    for name, value, style in (("my guess", guess, ":"), ("majority class", baseline, "--")):
        if value is not None:
            axis.axhline(value, color=FAINT, linewidth=1, linestyle=style)
            axis.text(_clear_place(axis, value), value, name, **WORDS)
            told.append(f"{name} at {value:.2f}")
    _label_ends(axis, ends, last)  # after the last line: the axis has its final range
    _whole_ticks(axis)
    label(axis, title, "epoch", metric)
    return figure, f"Line plot. {title}. {last} epochs: {'; '.join(told) or 'no value'}."


def _clear_place(axis, value):
    """Return the x at which words of height `value` cover the least of the curves."""
    low, high = axis.get_xlim()
    curves = [line.get_xydata() for line in axis.lines]
    drawn = [point for curve in curves if len(curve) > 2 for point in curve]

    def free(place):
        near = (abs(y - value) for x, y in drawn if abs(x - place) < 0.12 * (high - low))
        return min(near, default=0)

    return max((low + share * (high - low) for share in (0.15, 0.3, 0.45, 0.6, 0.75)), key=free)


def _whole_ticks(axis):
    """Put ticks at whole numbers: there is no epoch 2.5."""
    axis.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))


def _apart(axis, heights, top=np.inf):
    """Push sorted heights up until names fit between them, and back down to stay below `top`."""
    steps = 0.07 * np.ptp(axis.get_ylim()) * np.arange(len(heights))
    pushed = np.fmax.accumulate(np.subtract(heights, steps)) + steps
    return np.minimum(pushed, top - steps[::-1])


def _label_ends(axis, ends, x):
    """Write each line's name at its right end, pushed apart where the lines end together."""
    ends = sorted(ends)
    heights = _apart(axis, [value for value, *_ in ends])
    for (_, name, colour), height in zip(ends, heights, strict=True):
        axis.annotate(name, (x, height), (6, 0), textcoords="offset points", color=colour, **BESIDE)


def _short(value):
    return f"{value:g}" if isinstance(value, int | float | np.number) else str(value)


def lines(x, series, title="", xlabel="", ylabel="", logx=False, spread=None, marks="o"):
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
    marks : str
        Empty for lines without a mark at each point.
    """
    figure, axis = new_axes()
    told, ends = [], []
    looks = zip(cycle(COLOURS), cycle("os^Dvx"), strict=False)
    for (name, values), (colour, mark) in zip(series.items(), looks, strict=False):
        error, marker = spread[name] if spread else None, mark if marks else ""
        axis.errorbar(x, values, error, color=colour, marker=marker, markersize=5, capsize=3)
        ends.append((float(values[-1]), name, colour))
        points = ", ".join(f"{v:.3g} at {_short(p)}" for p, v in zip(x, values, strict=True))
        if len(x) > 12:
            points = f"from {values[0]:.3g} to {values[-1]:.3g}"
        told.append(f"{name}: {points}")
    whole = all(isinstance(value, int) for value in x)
    if logx:
        _log_axis(axis)
    if len(x) <= 8 and (whole or logx):  # few enough to be named themselves
        axis.set_xticks(x, [_short(value) for value in x])
    elif whole and not logx:
        _whole_ticks(axis)
    axis.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    _label_ends(axis, ends, x[-1])
    label(axis, title, xlabel, ylabel)
    show(figure, f"Line plot of {ylabel} over {xlabel}. {title}. {'; '.join(told)}.", flat=True)


def _log_axis(axis):
    """Make the x axis logarithmic, with plain numbers at 1, 2, 5, 10, ... or at 1, 10, 100, ..."""
    axis.set_xscale("log")
    low, high = axis.get_xlim()
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 1e4 * low else (1,)))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.minorticks_off()


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
    figure, axis = new_axes(6.4, 3.9)
    told, colours = [], dict(zip(x, cycle(COLOURS), strict=False))
    for name, marker in zip(x, cycle("os^DvXP"), strict=False):
        error = spread[name] if spread else None
        axis.errorbar(
            x[name], y[name], error, color=colours[name], capsize=3, zorder=3, marker=marker,
            markersize=7, linewidth=1,
        )  # fmt: skip
        bar = "" if error is None else f" ± {error:.3f}"
        told.append(f"{name}: {y[name]:.3f}{bar} at {_short(round(x[name], 1))}")
    axis.plot([x[n] for n in line], [y[n] for n in line], "--", color=FAINT, linewidth=1.2)
    if logx:
        _log_axis(axis)
        axis.set_xlim(min(x.values()) / 1.4, max(x.values()) * 1.6)
    names = sorted(y, key=lambda name: (y[name], x[name]))
    heights = _apart(axis, [y[name] for name in names], top=axis.get_ylim()[1])
    thread = {"arrowstyle": "-", "color": FAINT, "linewidth": 0.6, "shrinkB": 5}
    for name, height in zip(names, heights, strict=True):  # beside the axis, joined to its point
        axis.annotate(
            name, (x[name], y[name]), (1.03, height), textcoords=axis.get_yaxis_transform(),
            color=colours[name], arrowprops=thread, **BESIDE,
        )  # fmt: skip
    label(axis, title, xlabel, ylabel)
    joined = f" A dashed line joins {', '.join(line)}." if len(line) else ""
    show(figure, f"Points: {ylabel} over {xlabel}. {title}. {'; '.join(told)}.{joined}", flat=True)
