"""Curves: their texts come from the data, gaps do no harm, names do not overlap."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils import plots
from course_utils.lesson.reference import Band
from course_utils.plots import curves, figure

CURVES = {
    "accuracy": [0.5, 0.8, 0.97],
    "val_accuracy": [0.5, 0.72, 0.70],
    "loss": [0.7, 0.4, 0.1],
    "val_loss": [0.7, 0.5, 0.9],
}


def drawn(plot):
    """Return the lines of a figure: (epochs, values) of each."""
    return [tuple(map(list, line.get_data())) for line in plot.axes[0].lines]


def test_a_history_tells_its_data_and_shows_the_figure_of_a_report(shown):
    plots.history(CURVES, "Title", guess=0.8, baseline=0.5)
    plot, alt = curves.history_figure(CURVES, "Title", guess=0.8, baseline=0.5)
    picture = figure.picture(plot, alt, flat=True)
    assert shown == [(picture.content, picture.alt)]
    text = shown[0][1]
    for part in ("0.50 to 0.97", "best 0.72 in epoch 2", "my guess at 0.80", "Title. 3 epochs"):
        assert part in text
    assert "majority class at 0.50" in text


def test_smoothing_is_drawn_beside_the_raw_values_which_the_text_tells():
    plot, text = curves.history_figure(CURVES, metric="loss", smoothing=0.8)
    assert "best 0.50 in epoch 2" in text
    raw, smoothed = drawn(plot)[2:]
    assert raw[1] == CURVES["val_loss"] and smoothed[1] == plots.smooth(CURVES["val_loss"])


def test_validation_at_every_second_epoch_is_drawn_at_its_epochs():
    six = {"accuracy": [0.5, 0.6, 0.7, 0.8, 0.9, 0.95], "val_accuracy": [0.5, 0.7, 0.6]}
    plot, text = curves.history_figure(six)
    assert "6 epochs" in text and "best 0.70 in epoch 4" in text
    assert drawn(plot)[1] == ([2, 4, 6], [0.5, 0.7, 0.6])


def test_what_a_history_lacks_is_left_out():
    gaps = {"accuracy": [None, 0.6, float("nan"), 0.8], "val_accuracy": [0.5, None, None, 0.7]}
    plot, text = curves.history_figure(gaps, guess=0.9, smoothing=0.5)
    plot.draw_without_rendering()
    assert "training accuracy goes from 0.60 to 0.80, best 0.80 in epoch 4" in text
    assert [epochs for epochs, _ in drawn(plot)[:4:2]] == [[2, 4], [1, 4]]
    for poor in ({"accuracy": [0.5, 0.6]}, {"val_accuracy": [0.5, 0.6], "accuracy": None}):
        plot, text = curves.history_figure(poor)
        assert "2 epochs" in text and len(drawn(plot)) == 1
    for empty in ({}, {"accuracy": [], "val_accuracy": [None]}, {"accuracy": [float("inf")]}):
        plot, text = curves.history_figure(empty, "Nothing", baseline=0.5)
        assert len(drawn(plot)) == 1 and "epochs: majority class at 0.50." in text
        assert np.diff(plot.axes[0].get_xlim()) > 0
    plot, text = curves.history_figure({})
    plot.draw_without_rendering()
    assert text.endswith("0 epochs: no value.")


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=40), st.floats(0, 0.99))
def test_smoothing_is_a_running_average(values, share):
    out = plots.smooth(values, share)
    assert out[0] == values[0]
    assert min(values) - 1e-9 <= min(out) and max(out) <= max(values) + 1e-9
    for before, value, now in zip(out, values[1:], out[1:], strict=False):
        assert now == pytest.approx(share * before + (1 - share) * value)


AXIS = figure.new_axes()[1]
AXIS.set_ylim(0, 100)  # names need 7


@given(st.lists(st.floats(0, 100), max_size=12).map(sorted))
def test_names_keep_their_order_and_a_distance(heights):
    out = curves._apart(AXIS, heights)
    assert (np.diff(out) >= 7 - 1e-9).all()
    assert (out >= np.array(heights) - 1e-9).all()  # only upwards
    if (np.diff(heights) >= 7).all():
        assert out == pytest.approx(heights)  # whoever has room stays


def test_lines_tell_their_numbers_or_their_ends(shown):
    plots.lines([1, 2, 4], {"validation": [0.9, 0.92, 0.93]}, xlabel="views", ylabel="accuracy")
    plots.lines(range(20), {"mean": np.arange(20.0)}, xlabel="step", ylabel="response", marks="")
    few, many = (text for _, text in shown)
    assert "accuracy over views" in few and "0.9 at 1, 0.92 at 2, 0.93 at 4" in few
    assert "mean: from 0 to 19." in many


@pytest.mark.parametrize(
    ("x", "named"),
    [([10, 50, 100], "10 50 100"), (range(20, 60), "20 50"), ([10**n for n in range(10)], "1")],
    ids=["few", "a part of a decade", "ten decades"],
)
def test_a_logarithmic_axis_has_plain_numbers(monkeypatch, x, named):
    kept = []
    monkeypatch.setattr(curves, "show", lambda plot, *args, **options: kept.append(plot))
    plots.lines(x, {"a": x}, logx=True)
    kept[0].draw_without_rendering()
    ticks = [tick.get_text() for tick in kept[0].axes[0].get_xticklabels(which="both")]
    assert set(named.split()) <= set(ticks) and "$" not in "".join(ticks)


def test_points_are_named_and_their_line_is_told(shown):
    seconds, scores = {"quick": 3.0, "slow": 40.0}, {"quick": 0.9, "slow": 0.95}
    joined = ["quick", "slow"]
    plots.points(seconds, scores, xlabel="seconds", ylabel="accuracy", line=joined, logx=True)
    text = shown[0][1]
    for part in ("quick: 0.900 at 3", "slow: 0.950 at 40", "joins quick, slow"):
        assert part in text


def test_the_courses_own_runs_are_a_band_of_two_standard_deviations(shown):
    band = Band(np.array([0.7, 0.8, 0.9]))
    plot, text = curves.history_figure(CURVES, reference=band)
    [drawn_band] = plot.axes[0].patches
    assert drawn_band.get_y() == pytest.approx(0.6) and drawn_band.get_height() == pytest.approx(
        0.4
    )
    assert "course's runs: 0.800 ± 0.100 (3 seeds)" in text
    two = Band(np.array([[0.1, 0.2], [0.3, 0.4]]))
    plots.lines([1, 2], {"a": [0.1, 0.3], "b": [1, 2]}, ylabel="y", reference={"a": two})
    plots.points({"a": 1, "b": 2}, {"a": 0.7, "b": 0.8}, reference={"a": band})
    plots.bars({"a": 0.7, "b": 0.8}, reference={"a": band, "b": Band(np.empty(0))})
    assert "a: 0.1 at 1, 0.3 at 2; a band of 2 seeds" in shown[0][1]
    assert all(text.count("0.800 ± 0.100 (3 seeds)") == 1 for _, text in shown[1:])


def test_no_accuracy_axis_runs_far_past_one():
    plot, _ = curves.history_figure({"accuracy": [0.9, 1.0], "val_accuracy": [0.9, 1.0]})
    assert plot.axes[0].get_ylim()[1] <= 1.02
    plot, _ = curves.history_figure({"loss": [3.0, 2.0]}, metric="loss")
    assert plot.axes[0].get_ylim()[1] > 2
