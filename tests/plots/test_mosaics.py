"""Many pictures as one: every tile in its place, blank channels told apart, heat where it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils import plots
from course_utils.plots import mosaics


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


def test_a_mosaic_is_nearly_square_and_clips_its_values():
    assert plots.mosaic(np.zeros((64, 10, 10, 3))).shape == (8 * 11 - 1, 8 * 11 - 1, 3)
    wide = plots.mosaic(np.zeros((12, 5, 20, 3)))
    assert 0.5 < wide.shape[1] / wide.shape[0] < 2.5
    out = plots.mosaic(np.array([-7.0, 300.0]).reshape(2, 1, 1, 1).repeat(3, axis=-1), columns=2)
    assert out.dtype == np.uint8 and out[0, 0, 0] == 0 and out[0, 2, 0] == 255


@pytest.mark.parametrize("shape", [(0, 4, 4, 3), (4, 4, 3), (2, 4, 4, 1), (2, 4, 4)])
def test_a_mosaic_of_anything_else_is_refused(shape):
    with pytest.raises(ValueError, match="mosaic"):
        plots.mosaic(np.zeros(shape))


def test_each_channel_has_its_own_scale_and_only_a_blank_one_is_grey():
    maps = np.zeros((2, 2, 6))
    maps[0, 0, 0], maps[0, 0, 1] = 1.0, 1000.0  # the same picture at two strengths
    maps[..., 3] = [[-1, -1], [-1, 0.5]]
    maps[..., 4], maps[..., 5] = 5.0, -5.0
    weak, strong, blank, signed, *constant = plots.colour(maps)
    assert np.array_equal(weak, strong)
    assert (blank == mosaics.BLANK).all()
    assert not np.array_equal(weak[0, 0], weak[1, 1])
    assert np.array_equal(signed[0, 0], weak[1, 1])  # the lowest: dark violet
    assert np.array_equal(signed[1, 1], weak[0, 0])  # the highest: yellow
    assert not (np.array(constant) == mosaics.BLANK).all(axis=-1).any()


def test_small_maps_are_enlarged_and_large_ones_are_not():
    values = np.random.default_rng(0).random((2, 2, 4))
    out = plots.channel_grid(values)
    side = mosaics.SMALLEST // 2 * 2
    assert out.shape == (2 * side + 1, 2 * side + 1, 3)
    assert np.array_equal(out[0, 0], plots.colour(values)[0, 0, 0])
    assert plots.channel_grid(np.ones((62, 62, 4))).shape == (125, 125, 3)


def test_a_sheet_shows_every_pixel_as_a_square(shown, pixels):
    image = np.zeros((40, 60, 3), np.uint8)
    image[10, 20] = 200, 30, 90
    plots.show(plots.sheet(image), "One pixel")
    drawn = pixels(shown[0][0])
    # Matplotlib leaves a margin around the figure.
    top, left = np.argwhere(drawn[..., 0] == 200).min(axis=0)
    assert (drawn[top : top + 2, left : left + 2] == (200, 30, 90)).all()
    assert (drawn == (200, 30, 90)).all(axis=-1).sum() == 4
    assert (drawn == 0).all(axis=-1).sum() == 4 * (40 * 60 - 1)


def test_a_sheet_of_noise_stays_within_a_figures_size(shown, pixels):
    noise = np.random.default_rng(0).integers(60, 200, (64, 16, 16, 3))
    tiles = noise.repeat(2, axis=1).repeat(2, axis=2)
    plots.show(plots.sheet(plots.mosaic(tiles), "Noise", labels=["left", "right"]), "64 tiles")
    assert len(shown[0][0]) <= 60_000
    assert pixels(shown[0][0]).shape[1] > 500


GREY = np.full((32, 48, 3), 100, np.uint8)
RAMP = np.tile(np.linspace(0, 1, 48), (32, 1))


def colourful(image):
    """Return where a picture is not grey."""
    return np.ptp(image.astype(int), axis=-1) > 12


def corner(height=4, width=6, row=0, column=5):
    heat = np.zeros((height, width))
    heat[row, column] = 3.0
    return heat


def test_the_colour_lies_where_the_heat_is():
    where = colourful(plots.overlay(GREY, corner()))
    assert where[:8, 40:].mean() > 0.9  # the cell itself: upper right
    assert not where[16:].any() and not where[:, :24].any()
    for row, column in ((0, 0), (0, 5), (3, 0), (3, 5), (1, 4)):  # neither swapped nor mirrored
        out = plots.overlay(GREY, corner(row=row, column=column))
        y, x = np.argwhere(colourful(out)).mean(axis=0)
        assert abs(y - (row + 0.5) * 8) < 4 and abs(x - (column + 0.5) * 8) < 4


def test_hotter_is_brighter_on_a_dark_picture():
    out = plots.overlay(np.zeros((32, 48, 3)), RAMP).sum(axis=-1)
    assert (np.diff(out[0].astype(int)) >= -3).all()  # a perceptually uniform map, up to rounding
    assert out[0, -1] > 500 and out[0, 0] == 0


def test_without_heat_the_picture_is_grey_and_keeps_its_brightness():
    picture = np.random.default_rng(0).integers(0, 256, (32, 48, 3)).astype(np.uint8)
    for heat in (np.zeros((4, 6)), -corner()):  # negative heat is none
        out = plots.overlay(picture, heat)
        assert (out == out[..., :1]).all()
        assert np.abs(out[..., 0] - picture @ [0.299, 0.587, 0.114]).max() <= 1
    cold = corner() - 1.0
    assert np.array_equal(plots.overlay(GREY, cold), plots.overlay(GREY, np.maximum(cold, 0)))


def test_only_the_place_of_the_heat_counts_not_its_scale():
    heat = np.random.default_rng(0).random((8, 8))
    first, second = (plots.overlay(GREY, heat * factor) for factor in (1e-3, 1e4))
    assert np.abs(first.astype(int) - second).max() <= 1


def test_the_threshold_takes_the_colour_from_what_is_colder():
    shares = [colourful(plots.overlay(GREY, RAMP, level)).mean() for level in (0, 0.25, 0.5, 1)]
    assert shares == sorted(shares, reverse=True)
    assert shares[2] == pytest.approx(0.5, abs=0.05)
    assert 0 < shares[3] < 0.1  # the peak stays


def test_the_frame_is_white_and_leaves_the_inside_alone():
    plain = plots.overlay(GREY, corner())
    framed = plots.overlay(GREY, corner(), frame=(10, 4, 20, 14))
    changed = (plain != framed).any(axis=-1)
    assert (framed[changed] == 255).all()
    assert changed[4:14, 10:20].sum() == changed.sum() == 4 * 10 - 4
    assert not changed[5:13, 11:19].any()
    for beyond in ((-5, -5, 500, 500), (30, 4, 30, 20), (60, 60, 70, 70)):
        assert plots.overlay(GREY, corner(), frame=beyond).shape == GREY.shape


def test_any_number_type_and_a_map_larger_than_the_picture():
    for kind in ("uint8", "float16", "float32", "float64", "int64"):
        out = plots.overlay(GREY.astype("float64"), corner(64, 96, 3, 90).astype(kind))
        assert out.dtype == np.uint8 and out.shape == GREY.shape
        assert colourful(out)[:4, 40:].any()


def test_the_picture_and_the_heat_are_not_changed():
    picture, heat = GREY.copy(), corner()
    plots.overlay(picture, heat, 0.2, (1, 1, 9, 9))
    assert (picture == GREY).all() and (heat == corner()).all()


@pytest.mark.parametrize(
    ("picture", "heat"),
    [
        (GREY[..., 0], corner()),
        (GREY[None], corner()),
        (GREY, corner()[None]),
        (GREY, np.full((4, 4), np.nan)),
        (GREY, np.full((4, 4), np.inf)),
    ],
)
def test_what_is_no_picture_or_no_map_is_refused(picture, heat):
    with pytest.raises(ValueError, match="an overlay needs"):
        plots.overlay(picture, heat)
