"""Exercises of lesson 3: parameters, early stopping, a smaller network."""

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number


@exercise(
    "03.1",
    hints=(
        "Each filter looks at a window of 5×5 places on every one of the 32 channels.",
        "Weights of one filter: 5 · 5 · 32. Add one bias. Multiply by the number of filters.",
    ),
    solution="answer = (5 * 5 * 32 + 1) * 64  # 51,264",
    praise="right: (5 · 5 · 32 + 1) · 64. The size of the picture plays no part.",
)
def convolution_parameters(answer):
    answer = number(answer)
    if answer == 5 * 5 * 32 * 64:
        raise Wrong("these are the weights; each of the 64 filters has one bias as well.")
    if answer == (5 * 5 + 1) * 64:
        raise Wrong("a filter looks at all 32 channels at once, not at one.")
    if answer == 5 * 5 * 32 + 1:
        raise Wrong("that is one filter; there are 64 of them.")
    if answer == 5 * 5 * 32 * 64 + 32:
        raise Wrong("there is one bias for each filter (64), not for each channel that comes in.")
    if answer != (5 * 5 * 32 + 1) * 64:
        raise Wrong(f"{answer:,.0f} is not it. Count one filter first, with its bias.")


@exercise(
    "03.2",
    hints=(
        "`np.argmin` gives the position of the smallest number, the first one if several tie.",
        "Positions count from 0, epochs from 1.",
    ),
    solution="""
    def best_epoch(losses):
        return int(np.argmin(losses)) + 1
    """,
    praise="right. Keras's `EarlyStopping(restore_best_weights=True)` does it while training.",
)
def best_epoch(answer):
    losses = [0.69, 0.61, 0.55, 0.58, 0.71]
    found = number(function(answer, list(losses)))
    if found == 0.55:
        raise Wrong("it returns the loss; we want the epoch.")
    if found == 2:
        raise Wrong("it counts from 0; the first epoch is number 1.")
    if found == 5:
        raise Wrong(
            "it returns the epoch of the highest loss, or the last one; we want the lowest."
        )
    if found != 3:
        raise Wrong(f"for {losses} it returns {found:g}; the lowest loss is that of epoch 3.")
    if number(answer([0.5, 0.4, 0.4, 0.6])) != 2:
        raise Wrong("if two epochs tie, we take the earlier one: it costs less.")
    if number(answer([0.4])) != 1:
        raise Wrong("with one epoch only, that epoch is the best.")


@exercise(
    "03.3",
    hints=(
        "Most parameters sit in the first dense layer. What happens with 64 units instead of 512?",
        "`GlobalAveragePooling2D` instead of `Flatten` leaves one number for each channel.",
    ),
    solution="""
    def my_build(inputs_shape, classes):
        inputs = keras.Input(inputs_shape)
        x = layers.Rescaling(1 / 255)(inputs)
        for channels in (16, 32, 64):
            x = layers.Conv2D(channels, 3, activation="relu")(x)
            x = layers.MaxPooling2D(2)(x)
        x = layers.GlobalAveragePooling2D()(x)
        units, activation = (1, "sigmoid") if classes == 2 else (classes, "softmax")
        outputs = layers.Dense(units, activation=activation, dtype="float32")(x)
        return keras.Model(inputs, outputs)
    """,
    praise="it fits. Now train it as above, over three seeds: is its validation accuracy as good?",
)
def smaller_network(answer):
    limit = 50_400  # a tenth of the four blocks at 64×64
    model = function(answer, (64, 64, 3), 2)
    if not hasattr(model, "count_params"):
        raise Wrong("the function must return a Keras model.")
    if model.count_params() > limit:
        raise Wrong(f"it has {model.count_params():,} parameters; stay below {limit:,} at 64×64.")
    noise = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3)).astype("float32")
    output = np.asarray(model(noise), dtype="float32")
    if output.shape != (4, 1):
        raise Wrong(f"for two classes we need one sigmoid unit; the output is {output.shape[1:]}.")
    if output.min() < 0 or output.max() > 1:
        raise Wrong("the output is no probability: it leaves the range 0 to 1.")
    if not any("scaling" in type(layer).__name__.lower() for layer in model.layers):
        raise Wrong("it takes raw pictures, 0 to 255: put a Rescaling layer inside.")
    three = np.asarray(answer((64, 64, 3), 3)(noise), dtype="float32")
    if three.shape != (4, 3) or not np.allclose(three.sum(axis=1), 1, atol=1e-2):
        raise Wrong("for three classes we need three softmax units, which add up to 1.")
