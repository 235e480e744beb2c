"""Grids for the lessons that look into a network: many small pictures as one image.

Everything here is plain arrays; the lessons show them with ``course_utils.plots``.
"""

from __future__ import annotations

import math

import matplotlib
import numpy as np
from PIL import Image, ImageFilter

from course_utils.plots.figure import MAP

HEAT = "YlOrRd"  # of contours: one hue after the other, none of them dark
BLANK = 205  # the grey of a channel that is zero everywhere
SMALLEST = 24  # a tile is enlarged while it stays within so many pixels


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
    """
    tiles = np.asarray(tiles)
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


def overlay(picture, heat, levels=(0.25, 0.5, 0.75), frame=None):
    """Draw a heatmap's contours over a picture, so that the picture itself stays to be seen.

    Parameters
    ----------
    picture : array-like
        (H, W, 3), values 0 to 255.
    heat : array-like
        (h, w) of any size; negative values count as 0. It is enlarged to the picture with linear
        interpolation, and scaled to its own largest value: an overlay says where, not how much.
    levels : sequence of float
        A line encloses what is at least so hot, as a share of the largest value; yellow to red.
    frame : tuple of float, optional
        x0, y0, x1, y1 in pixels: a white box to draw around something.

    Returns
    -------
    numpy.ndarray
        uint8, a small picture enlarged until its longer side has at least 256 pixels.

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
    times = -(-256 // max(picture.shape))
    out = np.clip(picture, 0, 255).astype(np.uint8).repeat(times, 0).repeat(times, 1)
    large = Image.fromarray(np.maximum(heat, 0)).resize(out.shape[1::-1], Image.Resampling.BILINEAR)
    large = np.asarray(large) / (np.max(large) or np.inf)
    for level in levels:
        mask = Image.fromarray(large >= level).convert("L")
        for width, shade in ((7, 0), (5, matplotlib.colormaps[HEAT](level, bytes=True)[:3])):
            out[np.asarray(mask.filter(ImageFilter.MaxFilter(width))) > np.asarray(mask)] = shade
    if frame is not None:
        box = np.clip(times * np.array(frame), 0, [*out.shape[1::-1]] * 2).round().astype(int)
        box = out[box[1] : box[3], box[0] : box[2]]
        box[:3], box[-3:], box[:, :3], box[:, -3:] = 255, 255, 255, 255
    return out
