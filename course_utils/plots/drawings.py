"""A drawing of a network, from the model itself."""

from __future__ import annotations

import numpy as np

from course_utils.plots.figure import COLOURS, FAINT, label, new_axes, show


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
        # Height shows the maps' side, width the channels; a flat vector is a thin bar, the taller
        # the longer it is.
        height, width = 0.1 + 0.06 * np.log2(shape[-1]), 0.16
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
