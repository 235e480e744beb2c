"""Bars, clouds of points, and the confusion matrix."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import MaxNLocator

from course_utils.plots.figure import BESIDE, COLOURS, FAINT, GREY, INK, label, new_axes, show


def bars(values, title="", xlabel="", guess=None, form="{:.3f}", zoom=False, reference=None):
    """Draw horizontal bars, each with its number.

    Parameters
    ----------
    values : dict of str to float
    title, xlabel : str
    guess : float, optional
        What the student predicted.
    form : str
        Format of the numbers.
    zoom : bool
        Draw dots on an axis that does not begin at 0, for values that differ by little: the length
        of a bar would be a lie there.
    reference : dict of str to lesson.reference.Band, optional
        The course's own runs: a grey band behind the mark, mean ± 2 sd.
    """
    figure, axis = new_axes(6.4, 0.42 * len(values) + 1.0)
    names, heights = list(map(str, values)), np.array(list(values.values()), float)
    reach = np.zeros(len(names))
    others = [] if guess is None else [guess]
    for row, name in enumerate(values):
        if reference and reference[name].known:
            low, high = reference[name].limits
            order = 1 if zoom else 2.5  # behind a dot, before a bar
            axis.barh(row, high - low, 0.86, low, color=GREY, alpha=0.25, zorder=order)
            reach[row] = max(reach[row], high - heights[row])
            others += [low, high]
    if zoom:
        axis.plot(heights, names, "o", color=COLOURS[0])
        axis.grid(axis="y", color=FAINT, alpha=0.3)
        axis.margins(y=0.5 / len(names))
        ends = [*heights, *(heights + reach), *others]
        room = max(max(ends) - min(ends), 0.05)
        end = max(ends) + 0.25 * room
        axis.set_xlim(min(ends) - 0.15 * room, min(end, 1.02) if max(ends) <= 1 else end)
    else:
        axis.barh(names, heights, color=COLOURS[0], height=0.62)
        axis.set_xlim(0, 1.16 * max(*heights, *others, 0) or 1)
    axis.invert_yaxis()
    told = [form.format(height) for height in heights]
    for row, text in enumerate(told):
        axis.annotate(text, (heights[row] + reach[row], row), (6, 0), zorder=5, **BESIDE)
    whole = bool((heights == heights.round()).all())  # there are no 2.5 pixels
    axis.xaxis.set_major_locator(MaxNLocator(5, integer=whole, steps=[1, 2, 5, 10]))
    if heights.max() >= 1000:
        axis.xaxis.set_major_formatter("{x:,.0f}")
    if guess is not None:
        axis.axvline(guess, color=FAINT, linestyle=":")
        above = {"transform": axis.get_xaxis_transform(), "ha": "center", "va": "bottom"}
        axis.text(guess, 1.01, "my guess", fontsize=8, color=GREY, **above)
    label(axis, title, xlabel, pad=6 if guess is None else 16)
    kind, pairs = "Dot" if zoom else "Bar", map(" ".join, zip(names, told, strict=True))
    known = [f"{name} {band}" for name, band in (reference or {}).items() if band.known]
    band = f" Grey, the course's runs: {', '.join(known)}." if known else ""
    show(figure, f"{kind} chart of {xlabel}. {title}. {', '.join(pairs)}.{band}", flat=True)


def scatter(panels, labels, classes, alt=""):
    """Draw two-dimensional points coloured and shaped by class, one panel each.

    Parameters
    ----------
    panels : dict of str to numpy.ndarray
        (N, 2) points for each panel.
    labels : numpy.ndarray
        (N,) class indices.
    classes : sequence of str
    alt : str
        What the panels mean; the centre of each class is added from the data.
    """
    figure, axes = new_axes(3.4 * len(panels), 3.3, 1, len(panels))
    told = []
    for axis, (name, points) in zip(np.ravel(axes), panels.items(), strict=True):
        for number in np.unique(labels):
            (x, y), one = points[labels == number].T, classes[number]
            told.append(f"{name}, {one} around {x.mean():.1f}, {y.mean():.1f}")
            axis.scatter(
                x, y, s=14, marker="o^sDvPX*"[number % 8], alpha=0.7, label=one, linewidths=0,
                color=COLOURS[number % len(COLOURS)],
            )  # fmt: skip
        label(axis, name, "first component", "second component")
    axis.legend(loc="best", fontsize=8, frameon=True, framealpha=0.9)
    show(figure, f"Scatter plots. {alt}. {'; '.join(told)}.")


def confusion_matrix(table, classes, title=""):
    """Draw a table of true classes against answers, and colour the mistakes.

    Parameters
    ----------
    table : array-like
        (classes, classes) counts; rows are the truth, columns the answers.
    classes : sequence of str
    title : str
    """
    table, count, longest = np.asarray(table), len(classes), max(map(len, classes))
    right = np.eye(count, dtype=bool)
    mistakes = np.where(right, 0, table)
    side = 1.3 + 0.36 * count + 0.06 * longest
    figure, axis = new_axes(side + 0.06 * longest, side)
    most = max(5, mistakes.max())  # one mistake stays pale, even if none is more frequent
    axis.imshow(np.ma.masked_equal(mistakes, 0), cmap="Blues", vmin=0, vmax=most)
    for (row, column), value in np.ndenumerate(table):
        dark = mistakes[row, column] > 0.55 * most
        colour = GREY if right[row, column] else "white" if dark else INK
        text, colour = (str(value), colour) if value else ("·", FAINT)
        axis.text(column, row, text, ha="center", va="center", fontsize=9, color=colour)
    turn = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if longest > 3 else {}
    axis.set_xticks(range(count), classes, fontsize=9, **turn)
    axis.set_yticks(range(count), classes, fontsize=9)
    axis.tick_params(length=0)
    label(axis, title, "answer", "truth")
    order = np.argsort(mistakes, axis=None)[::-1][:3]
    pairs = np.transpose(np.unravel_index(order, table.shape))
    told = [f"{classes[i]} as {classes[j]} {table[i, j]} times" for i, j in pairs if mistakes[i, j]]
    worst = f"Most frequent mistakes: {', '.join(told)}." if told else "There is no mistake."
    total = f"{table[right].sum()} of {table.sum()} answers are right, on the diagonal."
    show(figure, f"Confusion matrix. {title}. {total} {worst}", flat=True)
