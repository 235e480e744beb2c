"""Grids for the lessons that look into a network: many small pictures as one image.

Everything here is plain arrays; the lessons show them with ``course_utils.plots``.
"""

from __future__ import annotations

import math

import matplotlib
import numpy as np
from PIL import Image

from course_utils.plots.figure import DPI, MAP, PlainFigure

HEAT = "magma"  # perceptually uniform as well, and black where there is no heat
BLANK = 205  # the grey of a channel that is zero everywhere
COLOURS_TIMES_PIXELS = 1_700_000  # keeps a sheet of noise within 60 KB, found by trial
SMALLEST = 24  # a tile is enlarged while it stays within so many pixels
SCALE = 2  # a pixel's side on a sheet


def mosaic(tiles, columns=None, gap=1):
    """Lay small pictures out as one image, row by row, with white gaps between them.

    Parameters
    ----------
    tiles : array-like
        (N, H, W, 3), values 0 to 255.
    columns : int, optional
        Tiles in a row; by default as many as make the image nearly square.
    gap : int
        Width of the gaps in pixels.

    Returns
    -------
    numpy.ndarray
        uint8, (rows · (H + gap) - gap, columns · (W + gap) - gap, 3). Places without a tile are
        white.

    Raises
    ------
    ValueError
        If there is no tile, or the tiles are no colour pictures.
    """
    tiles = np.asarray(tiles)
    if tiles.ndim != 4 or tiles.shape[-1] != 3 or not len(tiles):
        raise ValueError(f"a mosaic needs tiles of shape (N, H, W, 3), not {tiles.shape}")
    number, height, width, _ = tiles.shape
    columns = min(columns or math.ceil(math.sqrt(number * height / width)), number)
    rows, tall, wide = math.ceil(number / columns), height + gap, width + gap
    out = np.full((rows * columns, tall, wide, 3), 255, np.uint8)  # white
    out[:number, :height, :width] = np.clip(tiles, 0, 255)
    out = out.reshape(rows, columns, tall, wide, 3).swapaxes(1, 2)
    return out.reshape(rows * tall, columns * wide, 3)[: rows * tall - gap, : columns * wide - gap]


def colour(maps):
    """Colour the channels of a feature map, each on a scale of its own.

    Dark violet is 0, or the smallest value where a channel has negative ones; yellow is the
    channel's largest value. A blank channel, zero everywhere, is plain grey, so that it cannot be
    taken for a weak one.

    Parameters
    ----------
    maps : array-like
        (H, W, channels), any numbers.

    Returns
    -------
    numpy.ndarray
        uint8, (channels, H, W, 3).
    """
    maps = np.moveaxis(np.asarray(maps, dtype="float32"), -1, 0)
    low = np.minimum(maps.min(axis=(1, 2), keepdims=True), 0)
    high = maps.max(axis=(1, 2), keepdims=True)
    scaled = (maps - low) / np.where(high > low, high - low, 1)
    out = matplotlib.colormaps[MAP](scaled, bytes=True)[..., :3].copy()
    out[~maps.any(axis=(1, 2))] = BLANK
    return out


def channel_grid(maps):
    """Lay all channels of one feature map out as one image: `colour`, then `mosaic`.

    Small maps are enlarged, each number to a square of pixels, so that the gaps stay narrow.

    Parameters
    ----------
    maps : array-like
        (H, W, channels).

    Returns
    -------
    numpy.ndarray
        uint8, (height, width, 3).
    """
    tiles = colour(maps)
    times = max(1, SMALLEST // max(tiles.shape[1:3]))
    return mosaic(tiles.repeat(times, axis=1).repeat(times, axis=2))


def sheet(image, title="", labels=()):
    """Put a mosaic on a figure so that each of its pixels stays sharp, and the file small.

    Many tiny noisy pictures make a large PNG. Few colours, and every pixel as a square of 2×2, keep
    the tiles readable within the size that a lesson's figure may have.

    Parameters
    ----------
    image : numpy.ndarray
        uint8, (height, width, 3), as from `mosaic`.
    title : str
    labels : sequence of str
        A word above each column, where the columns differ in kind.

    Returns
    -------
    matplotlib.figure.Figure
        For ``plots.show``.
    """
    height, width = SCALE * image.shape[0], SCALE * image.shape[1]
    colours = int(np.clip(SCALE**2 * COLOURS_TIMES_PIXELS // (height * width), 16, 96))
    few = Image.fromarray(image).quantize(colours, dither=Image.Dither.NONE)
    figure = PlainFigure(figsize=(width / DPI, height / DPI))
    axis = figure.add_axes((0, 0, 1, 1), frame_on=False, xticks=[], yticks=[])
    axis.imshow(np.asarray(few.convert("RGB")), interpolation="nearest", aspect="auto")
    above = 1 + 6 / height
    for n, label in enumerate(labels):
        figure.text((n + 0.5) / len(labels), above, label, fontsize=9, ha="center", va="bottom")
    above += 24 / height if labels else 0
    figure.text(0, above, title, fontsize=11, fontweight="bold", ha="left", va="bottom")
    return figure


def overlay(picture, heat, threshold=0.0, frame=None):
    """Lay a heatmap over a picture: the picture in grey, the heat in colour, the hotter the denser.

    Parameters
    ----------
    picture : array-like
        (H, W, 3), values 0 to 255.
    heat : array-like
        (h, w) of any size; negative values count as 0. It is enlarged to the picture with linear
        interpolation, and scaled to its own largest value: an overlay says where, not how much.
    threshold : float
        0 to 1: what has less than this share of the largest value stays without colour.
    frame : tuple of float, optional
        x0, y0, x1, y1 in pixels: a white box to draw around something.

    Returns
    -------
    numpy.ndarray
        uint8, (H, W, 3). A heatmap without any heat leaves the grey picture.

    Raises
    ------
    ValueError
        If the picture is no colour picture, or the heatmap is not a plane of finite numbers.
    """
    picture, heat = np.asarray(picture, "float32"), np.asarray(heat, "float32")
    if picture.shape[2:] != (3,):
        raise ValueError(f"an overlay needs a picture of shape (H, W, 3), not {picture.shape}")
    if heat.ndim != 2 or not np.isfinite(heat).all():
        raise ValueError(f"an overlay needs a plane of finite numbers, not {heat.shape}")
    height, width = picture.shape[:2]
    large = Image.fromarray(np.maximum(heat, 0)).resize((width, height), Image.Resampling.BILINEAR)
    large = np.asarray(large) / (np.max(large) or 1)
    density = np.where(large >= threshold, 0.85 * large, 0)[..., None]
    grey = (picture @ np.float32([0.299, 0.587, 0.114]))[..., None]  # ITU-R BT.601
    out = (1 - density) * grey + density * matplotlib.colormaps[HEAT](large)[..., :3] * 255
    if frame is not None:
        left, top, right, bottom = np.clip(frame, 0, [width, height] * 2).round().astype(int)
        box = out[top:bottom, left:right]
        box[:1], box[-1:], box[:, :1], box[:, -1:] = 255, 255, 255, 255
    return np.clip(out, 0, 255).astype(np.uint8)
