"""How figures are shown: with a text, small, "$" as it is; sliders only where somebody can move."""

import sys
from functools import partial

import numpy as np
import pytest
from ipywidgets.widgets import interaction
from matplotlib.figure import Figure

from course_utils import explore, plots
from course_utils.plots.figure import new_axes, picture


def test_a_figure_needs_a_text():
    for nothing in ("", " \n "):
        with pytest.raises(ValueError, match="text"):
            picture(Figure(), nothing)


def test_the_text_is_made_of_whole_sentences():
    said = picture(Figure(figsize=(1, 1)), "Line plot. Why?. 3\nepochs. . Then   more.").alt
    assert said == "Line plot. Why? 3 epochs. Then more."


@pytest.mark.parametrize("flat", [False, True])
def test_a_figure_too_rich_for_its_size_is_drawn_smaller(pixels, flat):
    figure, axis = new_axes(3, 3)
    axis.imshow(np.random.default_rng(0).random((300, 300, 3)))
    made = picture(figure, "Noise", flat)
    assert len(made.content) <= 60_000 and pixels(made.content).shape[1] > 120
    assert made.mime == ("image/png" if flat else "image/jpeg")


def test_soft_shades_stay_soft_where_a_png_would_be_too_large(pixels):
    figure, axis = new_axes(8, 3, frame_on=False, xticks=[], yticks=[])
    shade = np.linspace(0, 200, 900) * np.ones((300, 1))
    shade = shade + np.random.default_rng(0).normal(0, 6, shade.shape)
    axis.imshow(np.clip(shade, 0, 255), cmap="gray", vmin=0, vmax=255, aspect="auto")
    made = picture(figure, "A ramp with the noise of a camera")
    middle = pixels(made.content)[:, :, 0].mean(axis=0)[20:-20]
    assert made.mime == "image/jpeg" and len(np.unique(middle.round())) > 150


# Mathematics that is none: matplotlib stops when it reads this as a formula.
MONEY = "a $^$ b"


@pytest.mark.parametrize(
    "draw",
    [
        lambda: plots.bars({MONEY: 1.0}, MONEY, xlabel=MONEY),
        lambda: plots.scatter({MONEY: np.eye(2)}, np.array([0, 1]), [MONEY, "cat"]),
        lambda: plots.lines([1, 2], {MONEY: [1, 2]}, MONEY, ylabel=MONEY),
        lambda: plots.image_grid(np.zeros((1, 4, 4, 3)), [MONEY], title=MONEY),
    ],
    ids=["ticks", "legend", "ends of lines", "headline"],
)
def test_dollars_in_names_are_no_mathematics(shown, draw):
    draw()
    assert len(shown) == 1


def test_figures_of_others_keep_their_mathematics():
    figure = Figure(figsize=(1, 1))
    power = figure.text(0.5, 0.5, "$10^3$")
    picture(figure, "A thousand")
    assert power.get_parse_math()


@pytest.fixture
def box(monkeypatch):
    """Return a function that gives the widget that was displayed last."""
    displayed = []
    monkeypatch.setattr(interaction, "display", displayed.append)
    return lambda: displayed[-1]


def test_moving_a_control_draws_again(monkeypatch, box):
    monkeypatch.setenv("COURSE_HEADLESS", "0")  # somebody watches
    seen = []

    def draw(level, picture, flip):
        seen.append((level, picture, flip))

    static = partial(seen.append, "static")
    explore(draw, static=static, level=(0, 10, 5), picture=["cat", "dog"], flip=False)
    assert seen == ["static"]  # one figure, of which an exported page keeps the first
    level, picture, flip = box().children[:3]
    assert (level.value, picture.value) == (5, "cat")  # sliders begin in the middle
    seen.clear()
    level.value = 10
    picture.value = "dog"
    flip.value = True
    assert seen == [(10, "cat", False), (10, "dog", False), (10, "dog", True)]


def test_without_anybody_the_static_figure_is_drawn_once_and_no_widget_is_made(monkeypatch):
    monkeypatch.delenv("COURSE_HEADLESS", raising=False)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    drawn = []
    explore(drawn.append, static=lambda: drawn.append("static"), level=(0, 10))
    assert drawn == ["static"]
