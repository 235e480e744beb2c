"""Lesson 12's own Grad-CAM, taken out of the notebook: the right class, on every kind of model.

Keras is imported by `Lesson`, since nobody should wait for it who runs the quick tests.
"""

import ast
import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.slow

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
NAMES = ("answer_in_logits", "probabilities", "follow", "class_scores", "grad_cam", "stages_of")
SIDE = 12
KINDS = ["flat", "sequential", "nested", "nested in a Sequential", "head nested", "both nested"]
PICTURES = np.random.default_rng(0).random((4, SIDE, SIDE, 3)).astype("float32")
WANTED = [0, 1, 2, 1]


@cache
def definitions():
    """Return the source of each of the notebook's functions, by name."""
    [path] = NOTEBOOKS.glob("12_*.ipynb")
    found = {}
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            source = "".join(cell["source"])
            for node in ast.parse(source).body:
                if isinstance(node, ast.FunctionDef):
                    found[node.name] = ast.get_source_segment(source, node)
    return found


class Lesson:
    """The notebook's functions as attributes, optionally with a slip in their source."""

    def __init__(self, slip=None):
        import keras
        import tensorflow as tf

        sources = "\n\n".join(definitions()[name] for name in NAMES)
        if slip:
            right, wrong = slip
            assert sources.count(right) == 1, right
            sources = sources.replace(right, wrong)
        space = {"keras": keras, "layers": keras.layers, "tf": tf, "np": np}
        exec(sources, space)
        vars(self).update({name: space[name] for name in NAMES})


@pytest.fixture(scope="module")
def lesson():
    return Lesson()


def tiny(kind, units=3, activation=None):
    """The same small network in six ways of building it, the last as lesson 9 saves it."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    body = [
        layers.Conv2D(4, 3, padding="same", activation="relu", name="early"),
        layers.MaxPooling2D(2),
        layers.Conv2D(5, 3, padding="same", activation="relu", name="late"),
    ]
    flatten, decide = layers.Flatten(), layers.Dense(units, activation=activation)
    inputs = keras.Input((SIDE, SIDE, 3))
    if kind == "sequential":
        return keras.Sequential([inputs, *body, flatten, decide])
    x = inputs
    for layer in body:
        x = layer(x)
    if kind == "flat":
        return keras.Model(inputs, decide(flatten(x)))
    base = keras.Model(inputs, x, name="base")
    pictures = keras.Input((SIDE, SIDE, 3))
    if kind == "nested":
        return keras.Model(pictures, decide(flatten(base(pictures))))
    if kind == "nested in a Sequential":
        return keras.Sequential([pictures, base, flatten, decide])
    maps = keras.Input(x.shape[1:])
    head = keras.Model(maps, decide(flatten(maps)), name="head")
    if kind == "head nested":
        return keras.Model(inputs, head(x))
    return keras.Model(pictures, head(base(pictures)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_gives_the_same_map(lesson, kind, tmp_path):
    import keras

    flat, model = tiny("flat"), tiny(kind)
    model.set_weights(flat.get_weights())
    for name, side in (("early", SIDE), ("late", SIDE // 2)):
        for place_by_place in (False, True):
            heat = lesson.grad_cam(model, PICTURES, name, WANTED, place_by_place)
            assert heat.shape == (4, side, side) and heat.dtype == np.float32
            assert heat.min() >= 0 and (heat.max(axis=(1, 2)) > 0).any()
            expected = lesson.grad_cam(flat, PICTURES, name, WANTED, place_by_place)
            assert np.allclose(heat, expected, atol=1e-5), (name, place_by_place)
    # As it comes from lesson 9: frozen, and reloaded.
    model.trainable = False
    assert np.allclose(lesson.grad_cam(model, PICTURES, "late", WANTED, True), heat, atol=1e-6)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert np.allclose(lesson.grad_cam(again, PICTURES, "late", WANTED, True), heat, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_logits_give_back_the_probabilities(lesson, kind):
    for units, activation in ((1, "sigmoid"), (3, "softmax")):
        model = tiny(kind, units, activation)
        before = np.asarray(model(PICTURES))
        after = lesson.probabilities(lesson.answer_in_logits(model)(PICTURES))
        assert after.shape == (4, max(2, units)) and np.allclose(after.sum(axis=1), 1, atol=1e-5)
        assert np.allclose(after[:, -before.shape[1] :], before, atol=1e-5), activation
        predicted = lesson.probabilities(model.predict_on_batch(PICTURES))
        assert np.allclose(predicted, after, atol=1e-5), activation


def test_the_map_is_the_formula(lesson):
    """Slopes by finite differences of the part above the layer, with one weight for a channel."""
    import keras

    model = tiny("flat")
    late = model.get_layer("late").output
    maps = keras.Model(model.inputs[0], late)(PICTURES[:1]).numpy()[0]
    step = 1e-2  # above the layer the network is linear, so the step may be large
    moved = maps + step * np.eye(maps.size, dtype="float32").reshape(-1, *maps.shape)
    scores = keras.Model(late, model.outputs[0])(np.stack([maps, *moved])).numpy()[:, 2]
    slopes = ((scores[1:] - scores[0]) / step).reshape(maps.shape)
    for place_by_place, factor in ((False, slopes.mean(axis=(0, 1))), (True, slopes)):
        heat = lesson.grad_cam(model, PICTURES[:1], "late", [2], place_by_place)[0]
        assert np.allclose(heat, np.maximum((factor * maps).sum(axis=-1), 0), atol=2e-3)


def test_each_picture_has_its_own_map_whatever_stands_beside_it(lesson):
    model = tiny("flat")
    together = lesson.grad_cam(model, PICTURES, "late", WANTED)
    for number, wanted in enumerate(WANTED):
        alone = lesson.grad_cam(model, PICTURES[number : number + 1], "late", [wanted])
        assert np.allclose(alone[0], together[number], atol=1e-6)


# The class that was asked for


@cache
def halves(units):
    """Class 0 looks at the left half, class 1 at the right one; `Flatten` keeps the place."""
    import keras
    from keras import layers

    inputs = keras.Input((8, 8, 3))
    bright = layers.Conv2D(1, 1, use_bias=False, name="bright")
    decide = layers.Dense(units, use_bias=False)
    model = keras.Model(inputs, decide(layers.Flatten()(bright(inputs))))
    left = np.tile(np.arange(8) < 4, 8).astype("float32")
    bright.set_weights([np.ones((1, 1, 3, 1))])
    both = np.stack([left, 1 - left], axis=1)
    decide.set_weights([both[:, 1:] - both[:, :1] if units == 1 else both])
    return model


@cache
def colours(units):
    """Class 0 looks for red, class 1 for blue, wherever it is."""
    import keras
    from keras import layers

    inputs = keras.Input((8, 8, 3))
    look = layers.Conv2D(2, 1, use_bias=False, name="bright")
    decide = layers.Dense(units, use_bias=False)
    model = keras.Model(inputs, decide(layers.GlobalAveragePooling2D()(look(inputs))))
    look.set_weights([np.array([[1, 0], [0, 0], [0, 1]]).reshape(1, 1, 3, 2)])
    decide.set_weights([np.array([[-1], [1]]) if units == 1 else np.eye(2)])
    return model


def red_left_blue_right():
    picture = np.zeros((1, 8, 8, 3), "float32")
    picture[0, :, :4, 0] = picture[0, :, 4:, 2] = 1
    return picture


def left_shares(lesson, build, picture, place_by_place):
    """Return the share of heat in the left half for class 0 and class 1, for both decisions."""
    out = []
    for units in (2, 1):
        for wanted in (0, 1):
            heat = lesson.grad_cam(build(units), picture, "bright", [wanted], place_by_place)[0]
            out.append(heat[:, :4].sum() / max(heat.sum(), 1e-9))
    return np.array(out)


def right_sides(lesson):
    placed = left_shares(lesson, halves, np.ones((1, 8, 8, 3), "float32"), True)
    channel = left_shares(lesson, colours, red_left_blue_right(), False)
    return np.allclose([placed, channel], [1, 0, 1, 0], atol=1e-3)


SLIPS = {
    "another class": ("wanted, batch_dims=1", "[1 - w for w in wanted], batch_dims=1"),
    "always class 0": ("wanted, batch_dims=1", "[0 for w in wanted], batch_dims=1"),
    "no sign for class 0": ("tf.concat([-logits, logits]", "tf.concat([logits, logits]"),
    "signs swapped": ("tf.concat([-logits, logits]", "tf.concat([logits, -logits]"),
    "no weights": ("slopes * tf.cast(maps", "tf.ones_like(slopes) * tf.cast(maps"),
    "slopes alone": ('slopes * tf.cast(maps, "float32")', "slopes + 0 * tf.cast(maps, 'float32')"),
    "negative heat": ("tf.nn.relu(", "tf.abs("),
}


def test_the_heat_is_that_of_the_wanted_class_and_any_slip_would_show(lesson):
    assert right_sides(lesson)
    unseen = [name for name, slip in SLIPS.items() if right_sides(Lesson(slip))]
    assert unseen == []


def test_a_sure_network_has_a_map_only_with_logits(lesson):
    model = tiny("flat", 1, "sigmoid")
    kernel, bias = model.layers[-1].get_weights()
    model.layers[-1].set_weights([kernel, bias + 60])
    assert not lesson.grad_cam(model, PICTURES, "late", [1] * 4).any()
    assert lesson.grad_cam(lesson.answer_in_logits(model), PICTURES, "late", [1] * 4).any()


def test_half_precision_gives_float32_maps_close_to_the_exact_ones(lesson):
    import keras

    exact = lesson.grad_cam(tiny("flat"), PICTURES, "late", WANTED)
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    try:
        model = tiny("flat")
    finally:
        keras.mixed_precision.set_global_policy("float32")
    heat = lesson.grad_cam(model, PICTURES, "late", WANTED)
    assert heat.dtype == np.float32 and np.isfinite(heat).all()
    assert np.abs(heat - exact).max() < 0.1 * exact.max()


def test_the_layers_are_the_latest_of_the_three_smallest_maps(lesson):
    import keras

    from course_utils.models import backbones

    base = backbones.load("minivgg", 64, weights=None)
    found = lesson.stages_of(base, "block5_conv3")
    assert found == {4: "block5_conv3", 8: "block4_conv3", 16: "block3_conv3"}
    base = keras.applications.MobileNet(input_shape=(96, 96, 3), weights=None, include_top=False)
    found = lesson.stages_of(base, "conv_pw_13_relu")
    assert found == {3: "conv_pw_13_relu", 6: "conv_pw_11_relu", 12: "conv_pw_5_relu"}
