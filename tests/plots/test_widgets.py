"""Sliders: they draw what they say, and stand back where nobody can move them."""

import pytest

from course_utils import explore


@pytest.fixture
def box(monkeypatch):
    """Return a function that gives the widget that was displayed last."""
    from ipywidgets.widgets import interaction

    shown = []
    monkeypatch.setattr(interaction, "display", shown.append)
    return lambda: shown[-1]


def never():
    raise AssertionError("the static figure is for those who cannot slide")


def test_moving_a_control_draws_again(monkeypatch, box):
    monkeypatch.delenv("COURSE_HEADLESS", raising=False)
    seen = []

    def draw(level, picture, flip):
        seen.append((level, picture, flip))

    explore(draw, static=never, level=(0, 10, 5), picture=["cat", "dog"], flip=False)
    level, picture, flip = box().children[:3]
    assert (level.value, picture.value) == (5, "cat")  # sliders begin in the middle
    seen.clear()
    level.value = 10
    picture.value = "dog"
    flip.value = True
    assert seen == [(10, "cat", False), (10, "dog", False), (10, "dog", True)]


def test_without_anybody_the_static_figure_is_drawn_once(monkeypatch):
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    drawn = []
    explore(lambda level: never(), static=lambda: drawn.append("static"), level=(0, 10))
    assert drawn == ["static"]
