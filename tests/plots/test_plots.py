"""Figures: shown with a text from their data, small, and robust to odd input."""

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from course_utils import plots
from course_utils.plots import images


@pytest.fixture
def shown(monkeypatch):
    """Collect what is displayed: a list of (png bytes, alternative text)."""
    import IPython.display

    found = []

    def display(picture):
        data, metadata = picture._repr_mimebundle_()
        png = base64.b64decode(data["image/png"])
        found.append((png, metadata["image/png"]["alt"]))

    monkeypatch.setattr(IPython.display, "display", display)
    return found


CURVES = {
    "accuracy": [0.5, 0.8, 0.97],
    "val_accuracy": [0.5, 0.72, 0.70],
    "loss": [0.7, 0.4, 0.1],
    "val_loss": [0.7, 0.5, 0.9],
}


def test_the_text_of_curves_comes_from_the_data(shown):
    plots.history(CURVES, "Title", guess=0.8, baseline=0.5)
    text = shown[0][1]
    for part in ("0.50 to 0.97", "best 0.72 in epoch 2", "my guess at 0.80", "Title"):
        assert part in text
    plots.history(CURVES, metric="loss", smoothing=0.8)
    assert "best 0.50 in epoch 2" in shown[1][1]


def test_validation_at_every_second_epoch_is_drawn_at_its_epochs(shown):
    curves = {"accuracy": [0.5, 0.6, 0.7, 0.8, 0.9, 0.95], "val_accuracy": [0.5, 0.7, 0.6]}
    plots.history(curves)
    assert "6 epochs" in shown[0][1]
    assert "best 0.70 in epoch 4" in shown[0][1]


def test_every_figure_names_its_numbers(shown):
    plots.bars({"flat": 0.91, "mean": 0.88}, "Heads", xlabel="accuracy")
    plots.lines([1, 2, 4], {"validation": [0.9, 0.92, 0.93]}, xlabel="views", ylabel="accuracy")
    points = np.array([[0, 0], [0.1, 0], [5, 0], [5.1, 0]])
    plots.scatter({"pixels": points}, np.array([0, 0, 1, 1]), ("cat", "dog"))
    bars, lines, clouds = (text for _, text in shown)
    assert "flat 0.910" in bars and "mean 0.880" in bars
    assert "0.92 at 2" in lines
    assert "spreads apart" in clouds


def test_a_diagram_tells_shapes_and_parameters(shown):
    import keras
    from keras import layers

    inputs = keras.Input((16, 16, 3))
    x = layers.Conv2D(4, 3, name="block1_conv")(inputs)
    x = layers.MaxPooling2D(2, name="block1_pool")(x)
    model = keras.Model(inputs, layers.Dense(2)(layers.Flatten()(x)))
    plots.plot_model(model, "Small")
    text = shown[0][1]
    assert "block1 gives 7×7×4 with 112 parameters" in text
    assert f"{model.count_params():,} in all" in text


def test_a_gallery_of_noise_stays_small(shown):
    noise = np.random.default_rng(0).integers(0, 256, (32, 150, 150, 3), dtype=np.uint8)
    plots.image_grid(noise, columns=8, alt="Noise")
    png, text = shown[0]
    assert len(png) <= 60_000
    assert "32 pictures" in text
    assert Image.open(io.BytesIO(png)).width > 300


def test_a_figure_without_a_text_is_refused():
    from matplotlib.figure import Figure

    with pytest.raises(ValueError, match="text"):
        plots.show(Figure(), "  ")


def test_an_empty_gallery_is_refused():
    with pytest.raises(ValueError, match="no picture"):
        plots.image_grid([])


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=40), st.floats(0, 0.99))
def test_smoothing_is_a_running_average(values, share):
    out = plots.smooth(values, share)
    assert out[0] == values[0]
    assert min(values) - 1e-9 <= min(out) and max(out) <= max(values) + 1e-9
    for before, value, now in zip(out, values[1:], out[1:], strict=False):
        assert now == pytest.approx(share * before + (1 - share) * value)


def test_maps_tell_their_numbers_and_share_one_scale(shown):
    seven = np.eye(7, dtype=np.uint8)
    kernel = np.array([[1, 0.25], [0, -1]])
    answers = np.zeros((26, 26))
    answers[3, 5], answers[0, 0] = 2.5, -1
    plots.feature_maps(
        [seven, kernel, answers], ["picture", "kernel", "map"], windows={0: (1, 1, 2, 2)}
    )
    text = shown[0][1]
    assert "kernel, 2×2: 1 0.25; 0 -1" in text
    assert "map, 26×26: from -1 to 2.5, highest in row 3, column 5" in text
    assert images._scale([answers, 3 * answers]) == ("cividis", -7.5, 7.5)
    assert images._scale([seven])[1:] == (0, 1) and images._scale([9 * seven])[1:] == (0, 255)
    assert images._scale([np.zeros((9, 9))])[1:] == (0, 1)
    with pytest.raises(ValueError, match="no map"):
        plots.feature_maps([])


def test_a_confusion_table_tells_its_worst_mistakes(shown):
    table = np.diag([9, 8, 7])
    table[0, 2], table[1, 0] = 5, 2
    plots.confusion_matrix(table, ("cat", "dog", "horse"), "Who is who?")
    plots.confusion_matrix(np.diag([3, 4]), ("a", "b"))
    text, clean = (alt for _, alt in shown)
    assert "24 of 31 answers are right" in text
    assert "cat as horse 5 times, dog as cat 2 times." in text and "no mistake" in clean
    with pytest.raises(ValueError, match="3×3"):
        plots.confusion_matrix(np.eye(2, dtype=int), ("a", "b", "c"))


def test_grey_pictures_are_drawn_grey(shown):
    grey = np.linspace(0, 255, 28 * 28).reshape(1, 28, 28, 1).astype(np.uint8)
    plots.image_grid(grey, ["a ramp"], alt="Grey")
    with Image.open(io.BytesIO(shown[0][0])) as image:
        pixels = np.asarray(image.convert("RGB")).astype(int)
    assert np.ptp(pixels, axis=2).max() == 0


def test_points_are_named_and_their_line_is_told(shown):
    seconds, scores = {"quick": 3.0, "slow": 40.0}, {"quick": 0.9, "slow": 0.95}
    bars = {"quick": 0.02, "slow": 0.01}
    plots.points(
        seconds, scores, xlabel="seconds", ylabel="accuracy", spread=bars, line=["quick", "slow"],
        logx=True,
    )  # fmt: skip
    text = shown[0][1]
    for part in ("quick: 0.900 ± 0.020 at 3", "slow: 0.950 ± 0.010 at 40", "joins quick, slow"):
        assert part in text


def test_the_map_of_the_course_tells_questions_and_what_they_build_on(shown):
    parts = {"First": {"00": "Is it ready?", "01": "What is it?"}, "Second": {"02": "Why?"}}
    plots.course_map(parts, {"00": "Start", "01": "It", "02": "Reasons"}, {"02": "01"})
    png, text = shown[0]
    assert "02 Reasons (Why?), builds on 01" in text and "00 Start (Is it ready?);" in text
    assert len(png) <= 60_000
