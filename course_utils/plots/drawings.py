"""Drawings: a network from its model, the map of the course."""

from __future__ import annotations

from textwrap import fill

import numpy as np
from matplotlib.patches import Rectangle

from course_utils.plots.figure import COLOURS, FAINT, GREY, label, new_axes, show


def plot_model(model, title=""):
    """Draw a model as a row of blocks, from the model itself: height of the maps, channels, size.

    Consecutive layers whose names share a prefix ("block1_…") become one block.

    Parameters
    ----------
    model : keras.Model
        Built; image-like or flat outputs.
    title : str
    """
    blocks = [("picture", model.input.shape[1:], 0)]
    for layer in model.layers:
        name, shape, parameters = layer.name.split("_")[0], layer.output.shape[1:], 0
        if layer.__class__.__name__ in {"InputLayer", "Rescaling", "Dropout"}:
            continue
        if "block" in name and name == blocks[-1][0]:
            parameters = blocks.pop()[2]
        blocks.append((name, shape, parameters + layer.count_params()))
    figure, axis = new_axes(max(5.0, 0.92 * len(blocks)), 2.5)
    axis.set_axis_off()
    told = []
    for x, (name, shape, parameters) in enumerate(blocks):
        # Height shows the maps' side, width the channels; a flat vector is a thin bar.
        height, width = 0.25, 0.16
        if len(shape) > 1:
            height = 0.15 + 0.85 * shape[0] / blocks[0][1][0]
            width = 0.25 + 0.5 * min(1.0, np.log2(shape[-1]) / 9)
        colour = COLOURS[0] if parameters else FAINT
        axis.bar(x, height, width, bottom=0.5 - height / 2, color=colour, alpha=0.85)
        axis.text(x, 1.08, name, ha="center", va="bottom", fontsize=8, rotation=25)
        size, count = "×".join(map(str, shape)), f"{parameters:,}"
        below = f"{size}\n{count if parameters else '–'}"
        axis.text(x, -0.06, below, ha="center", va="top", fontsize=7.5)
        told.append(f"{name} gives {size} with {count} parameters")
    axis.set_ylim(-0.35, 1.4)
    label(axis, title)
    total = f"{', '.join(told[1:])}; {model.count_params():,} in all"
    show(figure, f"Diagram of a network. {title}. {total}.", flat=True)


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
    figure, axis = new_axes(2.15 * columns + 0.9, 1.33 * len(parts) + 0.3)
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
            axis.text(column + 0.92, row + 0.38, after, fontsize=8, ha="right", color=GREY)
            told.append(f"{number} {names[number]} ({question}){after and ', '}{after}")
    label(axis, title)
    show(figure, f"Map of the course. {title}. {'; '.join(told)}.", flat=True)
