"""Figures: shown with a text from their data, small, and robust to odd input."""

import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from course_utils import plots


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
    plots.clouds({"pixels": points}, np.array([0, 0, 1, 1]), ("cat", "dog"))
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
    plots.diagram(model, "Small")
    text = shown[0][1]
    assert "block1 gives 7×7×4 with 112 parameters" in text
    assert f"{model.count_params():,} in all" in text


def test_a_gallery_of_noise_stays_small(shown):
    noise = np.random.default_rng(0).integers(0, 256, (32, 150, 150, 3), dtype=np.uint8)
    plots.gallery(noise, columns=8, alt="Noise")
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
        plots.gallery([])


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=40), st.floats(0, 0.99))
def test_smoothing_is_a_running_average(values, share):
    out = plots.smooth(values, share)
    assert out[0] == values[0]
    assert min(values) - 1e-9 <= min(out) and max(out) <= max(values) + 1e-9
    for before, value, now in zip(out, values[1:], out[1:], strict=False):
        assert now == pytest.approx(share * before + (1 - share) * value)
