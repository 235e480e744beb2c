"""Grids of channels and of found pictures: every tile in its place, blank channels told apart."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from course_utils.plots import explain


@given(
    number=st.integers(1, 20),
    height=st.integers(1, 6),
    width=st.integers(1, 6),
    columns=st.none() | st.integers(1, 8),
    gap=st.integers(0, 3),
)
def test_every_tile_stands_unchanged_in_its_place(number, height, width, columns, gap):
    tiles = np.arange(number * height * width * 3).reshape(number, height, width, 3) % 251
    out = plots.mosaic(tiles, columns, gap)
    in_a_row = (out.shape[1] + gap) // (width + gap)
    assert in_a_row == min(columns or in_a_row, number)
    left = out.astype(int).sum()
    for index, tile in enumerate(tiles):
        top, start = index // in_a_row * (height + gap), index % in_a_row * (width + gap)
        assert np.array_equal(out[top : top + height, start : start + width], tile)
        left -= tile.sum()
    white = out.size - tiles.size
    assert left == 255 * white  # gaps and empty places, and nothing else


def test_a_mosaic_is_nearly_square_by_default():
    out = plots.mosaic(np.zeros((64, 10, 10, 3)))
    assert out.shape == (8 * 11 - 1, 8 * 11 - 1, 3) and out.dtype == np.uint8
    wide = plots.mosaic(np.zeros((12, 5, 20, 3)))
    assert 0.5 < wide.shape[1] / wide.shape[0] < 2.5


def test_values_outside_a_picture_are_clipped():
    out = plots.mosaic(np.array([-7.0, 300.0]).reshape(2, 1, 1, 1).repeat(3, axis=-1), columns=2)
    assert out[0, 0, 0] == 0 and out[0, 2, 0] == 255


@pytest.mark.parametrize("shape", [(0, 4, 4, 3), (4, 4, 3), (2, 4, 4, 1), (2, 4, 4)])
def test_a_mosaic_of_anything_else_is_refused(shape):
    with pytest.raises(ValueError, match="mosaic"):
        plots.mosaic(np.zeros(shape))


def test_each_channel_has_its_own_scale_and_a_blank_one_is_grey():
    maps = np.zeros((2, 2, 4))
    maps[0, 0, 0], maps[0, 0, 1] = 1.0, 1000.0  # the same picture at two strengths
    maps[..., 3] = [[-1, -1], [-1, 0.5]]
    weak, strong, blank, signed = plots.colour(maps)
    assert np.array_equal(weak, strong)
    assert (blank == explain.BLANK).all()
    assert not np.array_equal(weak[0, 0], weak[1, 1])
    assert np.array_equal(signed[0, 0], weak[1, 1])  # the lowest: dark violet
    assert np.array_equal(signed[1, 1], weak[0, 0])  # the highest: yellow


def test_a_constant_channel_is_not_taken_for_a_blank_one():
    constant, negative = plots.colour(np.full((3, 3, 2), 5.0) * [1, -1])
    assert not (constant == explain.BLANK).all(axis=-1).any()
    assert not (negative == explain.BLANK).all(axis=-1).any()


def test_small_maps_are_enlarged_and_large_ones_are_not():
    values = np.random.default_rng(0).random((2, 2, 4))
    out = plots.channel_grid(values, columns=2)
    side = explain.SMALLEST // 2 * 2
    assert out.shape == (2 * side + 1, 2 * side + 1, 3)
    assert np.array_equal(out[0, 0], plots.colour(values)[0, 0, 0])
    assert plots.channel_grid(np.ones((62, 62, 4))).shape == (125, 125, 3)


def png(figure):
    raw = io.BytesIO()
    figure.savefig(raw, format="png", dpi=explain.DPI)
    return Image.open(raw)


def test_a_sheet_shows_every_pixel_as_a_square():
    image = np.zeros((4, 6, 3), np.uint8)
    image[1, 2] = 200, 30, 90
    drawn = np.asarray(png(plots.sheet(image, scale=10)).convert("RGB"))
    assert drawn.shape == (40, 60, 3)
    assert (drawn[12:18, 22:28] == (200, 30, 90)).all()
    assert (drawn[:8] == 0).all()


def test_a_sheet_of_noise_stays_within_a_figures_size(monkeypatch):
    import IPython.display

    from course_utils import plots

    shown = []
    monkeypatch.setattr(IPython.display, "display", shown.append)
    noise = np.random.default_rng(0).integers(60, 200, (64, 16, 16, 3))
    tiles = noise.repeat(2, axis=1).repeat(2, axis=2)
    plots.show(plots.sheet(plots.mosaic(tiles), "Noise", labels=["left", "right"]), "64 tiles")
    assert len(shown[0].png) <= 60_000
    assert Image.open(io.BytesIO(shown[0].png)).width > 500


def test_stages_of_the_bases():
    from course_utils.models import backbones

    small = backbones.load("minivgg", size=32, weights=None)
    assert backbones.stage_layers(small)[:4] == [
        "block1_conv2",
        "block2_conv2",
        "block3_conv3",
        "block4_conv3",
    ]
    mobile = backbones.load("mobilenet_025", size=64, weights=None)
    assert backbones.stage_layers(mobile) == [
        "conv_pw_1_relu",
        "conv_pw_3_relu",
        "conv_pw_5_relu",
        "conv_pw_11_relu",
        "conv_pw_13_relu",
    ]


def test_stages_leave_out_side_branches_and_layers_without_convolution():
    import keras
    from keras import layers

    inputs = keras.Input((16, 16, 3))
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    x = layers.Conv2D(4, 3, strides=2, padding="same", name="first")(x)
    gate = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(x)
    gate = layers.Conv2D(4, 1, name="excite")(gate)
    x = layers.Multiply(name="gated")([x, gate])
    x = layers.ZeroPadding2D(name="pad")(x)
    outputs = layers.Conv2D(4, 3, strides=2, name="second")(x)
    assert backbones.stage_layers(keras.Model(inputs, outputs)) == ["gated", "second"]
