"""Bars, clouds and the confusion table: their texts tell the numbers that the figure shows."""

import numpy as np
import pytest

from course_utils import plots
from course_utils.plots import charts


def test_bars_name_their_numbers_whatever_they_are(shown):
    plots.bars({"flat": 0.91, "nothing": 0}, "Heads", xlabel="accuracy", guess=3)
    plots.bars({"a": 1234.5, "b": -2.0}, xlabel="cost", form="{:,.1f}")
    small, large = (text for _, text in shown)
    assert small == "Bar chart of accuracy. Heads. flat 0.910, nothing 0.000."
    assert "a 1,234.5, b -2.0." in large


def test_only_dots_stand_on_an_axis_that_does_not_begin_at_zero(monkeypatch):
    kept = []
    monkeypatch.setattr(charts, "show", lambda plot, alt, flat: kept.append((plot.axes[0], alt)))
    values = {"one": 0.91, "two": 0.93}
    for zoom in (False, True):
        plots.bars(values, xlabel="accuracy", guess=0.8, zoom=zoom)
    (bars, _), (dots, alt) = kept
    assert bars.get_xlim() == (0, pytest.approx(1.16 * 0.93))  # room for the numbers
    assert len(bars.patches) == 2
    low, high = dots.get_xlim()
    assert 0.7 < low < 0.8 and 0.95 < high < 1 and not dots.patches  # the guess is on it
    assert alt.startswith("Dot chart")


def test_a_cloud_tells_where_each_class_lies(shown):
    near = np.array([[0, 0], [2, 0], [5, 0], [7, 0]])
    labels = np.array([0, 0, 1, 1])
    panels = {"pixels": near, "features": near * [10, 1]}
    plots.scatter(panels, labels, ("cat", "dog"), alt="Two panels")
    assert "Two panels. pixels, cat around 1.0, 0.0; pixels, dog around 6.0, 0.0" in shown[0][1]


def test_a_confusion_table_tells_its_worst_mistakes(shown):
    table = np.diag([9, 8, 7])
    table[0, 2], table[1, 0] = 5, 2
    plots.confusion_matrix(table, ("cat", "dog", "horse"), "Who is who?")
    plots.confusion_matrix(np.diag([3, 4]), ("a", "b"))
    text, clean = (alt for _, alt in shown)
    assert "Who is who? 24 of 31 answers are right" in text
    assert "cat as horse 5 times, dog as cat 2 times." in text and "no mistake" in clean
