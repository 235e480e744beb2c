"""A heatmap over a picture: in its place, in its colour, and nothing where there is no heat."""

import numpy as np
import pytest

GREY = np.full((32, 48, 3), 100, np.uint8)


def colourful(image):
    """Return where a picture is not grey."""
    image = image.astype(int)
    return (image.max(axis=-1) - image.min(axis=-1)) > 12


def corner(height=4, width=6, row=0, column=5):
    heat = np.zeros((height, width))
    heat[row, column] = 3.0
    return heat


def test_the_colour_lies_where_the_heat_is():
    where = colourful(plots.overlay(GREY, corner()))
    assert where[:8, 40:].mean() > 0.9  # the cell itself: upper right
    assert not where[16:].any() and not where[:, :24].any()


def test_rows_and_columns_are_not_swapped_and_nothing_is_mirrored():
    for row, column in ((0, 0), (0, 5), (3, 0), (3, 5), (1, 4)):
        out = plots.overlay(GREY, corner(row=row, column=column)).astype(int)
        y, x = np.argwhere(colourful(out)).mean(axis=0)
        assert abs(y - (row + 0.5) * 8) < 4 and abs(x - (column + 0.5) * 8) < 4


def test_hotter_is_brighter_on_a_dark_picture():
    ramp = np.tile(np.linspace(0, 1, 48), (32, 1))
    out = plots.overlay(np.zeros((32, 48, 3)), ramp).sum(axis=-1)
    assert (np.diff(out[0].astype(int)) >= -3).all()  # a perceptually uniform map, up to rounding
    assert out[0, -1] > 500 and out[0, 0] == 0


def test_without_heat_the_picture_is_grey_and_keeps_its_brightness():
    picture = np.random.default_rng(0).integers(0, 256, (32, 48, 3)).astype(np.uint8)
    out = plots.overlay(picture, np.zeros((4, 6)))
    assert (out == out[..., :1]).all()
    assert np.abs(out[..., 0] - picture @ [0.299, 0.587, 0.114]).max() <= 1


def test_only_the_place_of_the_heat_counts_not_its_scale():
    heat = np.random.default_rng(0).random((8, 8))
    first, second = (plots.overlay(GREY, heat * factor) for factor in (1e-3, 1e4))
    assert np.abs(first.astype(int) - second).max() <= 1


def test_negative_heat_counts_as_none():
    heat = corner() - 1.0
    assert np.array_equal(plots.overlay(GREY, heat), plots.overlay(GREY, np.maximum(heat, 0)))
    assert not colourful(plots.overlay(GREY, -corner())).any()


def test_the_threshold_takes_the_colour_from_what_is_colder():
    ramp = np.tile(np.linspace(0, 1, 48), (32, 1))
    shares = [colourful(plots.overlay(GREY, ramp, level)).mean() for level in (0, 0.25, 0.5, 1)]
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


@pytest.mark.parametrize("frame", [(-5, -5, 500, 500), (30, 4, 30, 20), (60, 60, 70, 70)])
def test_a_frame_beyond_the_picture_does_no_harm(frame):
    assert plots.overlay(GREY, corner(), frame=frame).shape == GREY.shape


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
        (GREY, corner()[None]),
        (GREY, np.full((4, 4), np.nan)),
        (GREY, np.full((4, 4), np.inf)),
    ],
)
def test_what_is_no_picture_or_no_map_is_refused(picture, heat):
    with pytest.raises(ValueError, match="an overlay needs"):
        plots.overlay(picture, heat)
