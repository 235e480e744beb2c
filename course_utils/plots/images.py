"""Pictures side by side, and feature maps."""

from __future__ import annotations

import numpy as np
from matplotlib.patches import Rectangle

from course_utils.plots.figure import COLOURS, FAINT, GREY, MAP, new_axes, show

BARE = {"frame_on": False, "xticks": [], "yticks": []}


def image_grid(images, titles=None, columns=8, title="", alt="", width=None):
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
    columns = min(columns, len(images))
    rows, side = -(-len(images) // columns), width or min(1.6, 8.0 / columns)
    titles = [] if titles is None else list(map(str, titles))
    height = (side + (0.22 if titles else 0)) * rows + (0.3 if title else 0)
    figure, axes = new_axes(side * columns, height, rows, columns, title, **BARE)
    for axis, image in zip(np.ravel(axes), images, strict=False):
        if image.ndim == 2:
            axis.imshow(image, cmap=MAP)
        elif image.shape[-1] == 1:
            axis.imshow(image[..., 0], cmap="gray", vmin=0, vmax=255)
        else:
            axis.imshow(np.clip(image, 0, 255).astype(np.uint8))
    for axis, text in zip(np.ravel(axes), titles, strict=False):
        axis.set_title(text, fontsize=8, fontweight="normal", loc="center", pad=2)
    named = f": {', '.join(titles)}" if titles and len(images) <= 24 else ""
    show(figure, f"{alt or title}. {len(images)} picture{'s' * (len(images) > 1)}{named}.")


def feature_maps(arrays, titles=None, columns=4, title="", alt="", windows=None, unit="response"):
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
    titles = [""] * len(arrays) if titles is None else [str(text) for text in titles]
    columns = min(columns, len(arrays))
    rows, side = -(-len(arrays) // columns), min(1.6, 8.0 / columns)
    lines = 1 + max(text.count("\n") for text in titles)
    shared = [a for a in arrays if a.dtype != np.uint8 and max(a.shape) > 7]
    height = (side + 0.2 + 0.16 * lines) * rows + (0.35 if title else 0)
    width = side * columns + 0.7 * bool(shared)  # room for the bar
    figure, axes = new_axes(width, height, rows, columns, title, **BARE)
    told, bar = [], None
    for number, (axis, array, text) in enumerate(zip(np.ravel(axes), arrays, titles, strict=False)):
        small, grey = max(array.shape) <= 7, array.dtype == np.uint8
        # The numbers stand in a small array's cells: its colours need only tell the signs apart.
        seen = np.sign(array) * np.abs(array) ** 0.5 if small and not grey else array
        colours, low, high = _scale([seen] if small or grey else shared)
        image = axis.imshow(seen, cmap=colours, vmin=low, vmax=high, interpolation="nearest")
        size = "×".join(map(str, array.shape))
        axis.set_xlabel(size, fontsize=7.5, color=GREY, labelpad=2)
        axis.set_title(text, fontsize=8.5, fontweight="normal", loc="center", pad=3)
        if number in windows:
            row, column, tall, wide = windows[number]
            frame = {"fill": False, "edgecolor": COLOURS[1], "linewidth": 2.2, "zorder": 3}
            axis.add_patch(Rectangle((column - 0.5, row - 0.5), wide, tall, **frame))
        if small:
            _write_numbers(axis, array, seen, image, size=min(11, 34 * side / array.shape[1]))
            values = "; ".join(" ".join(map(_cell, line)) for line in array)
        else:
            y, x = np.unravel_index(array.argmax(), array.shape)
            values = f"from {array.min():.3g} to {array.max():.3g}, highest in row {y}, column {x}"
            bar = bar if grey else image
        told.append(f"{' '.join(text.split()) or 'panel'}, {size}: {values}")
    if bar is not None:
        scale = figure.colorbar(bar, ax=axes, shrink=min(1.0, 0.5 + 0.5 / rows), aspect=16)
        scale.set_label(unit, fontsize=8.5)
        scale.ax.tick_params(labelsize=8)
        scale.outline.set_visible(False)
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
    return f"{value:.0f}".replace("-0", "0") if float(value).is_integer() else f"{value:.2g}"


def _write_numbers(axis, array, seen, image, size):
    """Write each number into its cell, and draw the cells' borders."""
    for border, count in zip((axis.axhline, axis.axvline), array.shape, strict=True):
        for at in range(count + 1):
            border(at - 0.5, color=FAINT, linewidth=0.5, clip_on=False)
    for (row, column), value in np.ndenumerate(array):
        light = np.dot(image.cmap(image.norm(seen[row, column]))[:3], (0.299, 0.587, 0.114)) > 0.5
        text, colour = _cell(value).replace("-", "−"), "black" if light else "white"
        axis.text(column, row, text, ha="center", va="center", fontsize=size, color=colour)
