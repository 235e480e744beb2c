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


GREY = np.full((32, 48, 3), 100, np.uint8)
RAMP = np.tile(np.linspace(0, 1, 48), (32, 1))


def colourful(image):
    """Return where a picture is not grey: where a line runs."""
    return np.ptp(image.astype(int), axis=-1) > 12


def corner(height=4, width=6, row=0, column=5):
    heat = np.zeros((height, width))
    heat[row, column] = 3.0
    return heat


def test_the_lines_run_around_the_heat_and_leave_the_picture_as_it_is():
    out = plots.overlay(GREY, corner())
    assert out.shape == (192, 288, 3)  # six times as large
    assert colourful(out)[:64, 192:].any()
    for place in (np.s_[80:], np.s_[:, :150], np.s_[:20, 260:]):  # below, beside, inside
        assert (out[place] == 100).all()
    for row, column in ((0, 0), (0, 5), (3, 0), (3, 5), (1, 4)):  # neither swapped nor mirrored
        where = np.argwhere(colourful(plots.overlay(GREY, corner(row=row, column=column))))
        y, x = where.mean(axis=0)
        assert abs(y - (row + 0.5) * 48) < 24 and abs(x - (column + 0.5) * 48) < 24


def test_a_line_encloses_what_is_hotter_than_its_level():
    for level in (0.25, 0.5, 0.75):
        line = colourful(plots.overlay(GREY, RAMP, [level]))
        assert np.argwhere(line)[:, 1].mean() == pytest.approx(288 * level, abs=8)
    shades = [
        plots.overlay(GREY, RAMP, [v])[colourful(plots.overlay(GREY, RAMP, [v]))]
        for v in (0.25, 0.75)
    ]
    assert shades[0].mean(axis=0)[1] > shades[1].mean(axis=0)[1] + 50  # yellow, then red
    assert not colourful(plots.overlay(GREY, RAMP, [])).any()


def test_a_large_picture_keeps_its_size_and_without_heat_its_pixels():
    picture = np.random.default_rng(0).integers(0, 256, (300, 260, 3)).astype(np.uint8)
    for heat in (np.zeros((4, 6)), -corner()):  # negative heat is none
        assert np.array_equal(plots.overlay(picture, heat), picture)
    cold = corner() - 1.0
    assert np.array_equal(plots.overlay(GREY, cold), plots.overlay(GREY, np.maximum(cold, 0)))


def test_only_the_place_of_the_heat_counts_not_its_scale():
    heat = np.random.default_rng(0).random((8, 8))
    first, second = (plots.overlay(GREY, heat * factor) for factor in (1e-3, 1e4))
    assert (first != second).any(axis=-1).mean() < 0.01


def test_the_frame_is_white_and_leaves_the_inside_alone():
    plain = plots.overlay(GREY, corner(), [])
    framed = plots.overlay(GREY, corner(), [], frame=(10, 4, 20, 14))
    changed = (plain != framed).any(axis=-1)
    assert (framed[changed] == 255).all()
    assert changed[24:84, 60:120].sum() == changed.sum() == 60 * 60 - 54 * 54
    for beyond in ((-5, -5, 500, 500), (30, 4, 30, 20), (60, 60, 70, 70)):
        assert plots.overlay(GREY, corner(), frame=beyond).shape == plain.shape


def test_any_number_type_and_a_map_larger_than_the_picture():
    for kind in ("uint8", "float16", "float32", "float64", "int64"):
        out = plots.overlay(GREY.astype("float64"), corner(640, 960, 3, 950).astype(kind))
        assert out.dtype == np.uint8 and out.shape == (192, 288, 3)
        assert colourful(out)[:24, 240:].any()


def test_the_picture_and_the_heat_are_not_changed():
    picture, heat = GREY.copy(), corner()
    plots.overlay(picture, heat, frame=(1, 1, 9, 9))
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
