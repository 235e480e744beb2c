"""Curves: training histories, lines, points, and the bands of the course's own runs."""

from __future__ import annotations

from itertools import accumulate, cycle

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from course_utils.plots.figure import BESIDE, COLOURS, FAINT, GREY, label, new_axes, show

BAND = {"color": GREY, "alpha": 0.18, "linewidth": 0}  # where most runs of the course lie


def smooth(values, share=0.8):
    """Return the running average that weighs the past with `share`, as in the source lectures.

    Each point is ``share * previous + (1 - share) * value``; the first point is the first value.
    """
    return list(accumulate(values, lambda past, value: share * past + (1 - share) * value))


def history(curves, title="", *settings, **options):
    """Draw training and validation curves over the epochs.

    The parameters are those of `history_figure`.
    """
    show(*history_figure(curves, title, *settings, **options), flat=True)


def history_figure(
    curves, title="", guess=None, baseline=None, smoothing=0.0, metric="accuracy", reference=None
):
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
    reference : lesson.reference.Band, optional
        Where the validation curve ended in the course's own runs: a grey band, mean ± 2 sd.

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
            ends.append((value, name, GREY))
            told.append(f"{name} at {value:.2f}")
    if reference is not None and reference.known:
        axis.axhspan(*reference.limits, **BAND)
        ends.append((float(reference.mean), "validation, course", GREY))
        told.append(f"grey band, validation in the course's runs: {reference}")
    if metric == "accuracy":
        axis.set_ylim(top=min(axis.get_ylim()[1], 1.02))
    _label_ends(axis, ends, last)  # after the last line: the axis has its final range
    _whole_ticks(axis)
    label(axis, title, "epoch", metric)
    return figure, f"Line plot. {title}. {last} epochs: {'; '.join(told) or 'no value'}."


def _whole_ticks(axis):
    """Put ticks at whole numbers: there is no epoch 2.5."""
    axis.xaxis.set_major_locator(MaxNLocator(8, integer=True, steps=[1, 2, 5, 10]))


def _apart(axis, heights):
    """Push sorted heights up until names fit between them."""
    steps = 0.07 * np.ptp(axis.get_ylim()) * np.arange(len(heights))
    return np.maximum.accumulate(np.subtract(heights, steps)) + steps


def _label_ends(axis, ends, x):
    """Write each line's name at its right end, pushed apart where the lines end together."""
    ends = sorted(ends)
    heights = _apart(axis, [value for value, *_ in ends])
    for (_, name, colour), height in zip(ends, heights, strict=True):
        axis.annotate(name, (x, height), (6, 0), color=colour, **BESIDE)


def _short(value):
    return f"{value:g}" if isinstance(value, int | float | np.number) else str(value)


def lines(x, series, title="", xlabel="", ylabel="", logx=False, marks="o", reference=None):
    """Draw several lines over the same x values, named at their right ends.

    Parameters
    ----------
    x : list of float
    series : dict of str to list of float
    title, xlabel, ylabel : str
    logx : bool
        Logarithmic x axis.
    marks : str
        Empty for lines without a mark at each point.
    reference : dict of str to lesson.reference.Band, optional
        The course's own runs by line, each a band of the line's colour: mean ± 2 sd.
    """
    figure, axis = new_axes()
    told, ends, reference = [], [], reference or {}
    looks = zip(cycle(COLOURS), cycle("os^Dvx"), strict=False)
    for (name, values), (colour, mark) in zip(series.items(), looks, strict=False):
        axis.plot(x, values, color=colour, marker=mark if marks else "", markersize=5)
        ends.append((float(np.array(values)[np.isfinite(values)][-1]), name, colour))
        points = ", ".join(f"{v:.3g} at {_short(p)}" for p, v in zip(x, values, strict=True))
        if len(x) > 12:
            points = f"from {values[0]:.3g} to {values[-1]:.3g}"
        told.append(f"{name}: {points}")
        if name in reference and np.shape(reference[name].mean) == (len(x),):
            axis.fill_between(x, *reference[name].limits, **BAND | {"color": colour})
            told.append(f"a band of {len(reference[name].values)} seeds lies around it")
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


def points(x, y, title="", xlabel="", ylabel="", line=(), logx=False, reference=None):
    """Draw one named point for each entry.

    Parameters
    ----------
    x, y : dict of str to float
        The same names in both.
    title, xlabel, ylabel : str
    line : sequence of str
        Names of points to join, in this order, by a dashed line.
    logx : bool
        Logarithmic x axis.
    reference : dict of str to lesson.reference.Band, optional
        The course's own runs: a grey bar behind the point, mean ± 2 sd.
    """
    figure, axis = new_axes(6.4, 3.9)
    told, ends, reference = [], [], reference or {}
    for name, colour, marker in zip(x, cycle(COLOURS), cycle("os^DvXP"), strict=False):
        axis.plot(x[name], y[name], marker, color=colour, markersize=7)
        ends.append((y[name], name, colour))
        told.append(f"{name}: {y[name]:.3f} at {_short(round(x[name], 1))}")
        if name in reference and reference[name].known:
            axis.vlines(x[name], *reference[name].limits, color=GREY, alpha=0.25, linewidth=9)
            told[-1] += f", in the course's runs {reference[name]}"
    axis.plot([x[n] for n in line], [y[n] for n in line], "--", color=FAINT, linewidth=1.2)
    if logx:
        _log_axis(axis)
    edge = axis.get_xlim()[1]
    axis.hlines([*y.values()], [*x.values()], edge, color=FAINT, linewidth=0.5)
    axis.set_xlim(right=edge)
    _label_ends(axis, ends, edge)
    label(axis, title, xlabel, ylabel)
    joined = f" A dashed line joins {', '.join(line)}." if len(line) else ""
    show(figure, f"Points: {ylabel} over {xlabel}. {title}. {'; '.join(told)}.{joined}", flat=True)
