"""Lesson 03: right and wrong answers, and the facts that its run must show."""

import numpy as np


def network(classes_right=True, small=True, scaling=True, activation="sigmoid"):
    import keras
    from keras import layers

    def build(shape, classes):
        inputs = keras.Input(shape)
        x = layers.Rescaling(1 / 255)(inputs) if scaling else inputs
        x = layers.GlobalAveragePooling2D()(x) if small else layers.Flatten()(x)
        x = layers.Dense(16)(x)
        if classes == 2:
            # The bias keeps a linear unit away from the range of probabilities.
            bias = "zeros" if activation == "sigmoid" else keras.initializers.Constant(50)
            decision = layers.Dense(1, activation=activation, bias_initializer=bias)
            return keras.Model(inputs, decision(x))
        units = classes if classes_right else 1
        return keras.Model(inputs, layers.Dense(units, activation="softmax")(x))

    return build


def no_model():
    return lambda shape, classes: "a model"


RIGHT = {
    "03.1": [51_264, 51_264.0, np.int64(51_264)],
    "03.2": [
        lambda losses: int(np.argmin(losses)) + 1,
        lambda losses: losses.index(min(losses)) + 1,
    ],
    "03.3": [network],
}

WRONG = {
    "03.1": [51_200, 1_664, 801, 51_232, 7],
    "03.2": [
        min,
        lambda losses: int(np.argmin(losses)),
        len,
        lambda losses: len(losses) - int(np.argmin(losses[::-1])),
        3,
    ],
    "03.3": [
        no_model,
        lambda: network(small=False),
        lambda: network(scaling=False),
        lambda: network(activation="linear"),
        lambda: network(classes_right=False),
    ],
}

# Their answers need Keras, so they are made when the test runs.
FACTORIES = {"03.3"}

FACTS = {
    "pictures come from folders": "decoding gives back the very pixels",
    "scaling": "Rescaling maps 0–255 to 0–1",
    "scaling happens once": "scaled once, not twice",
    "3,453,121 parameters": "3,453,121",
    "majority baseline": "it beats the majority class",
    "overfitting": "it scores far higher on what it has seen",
    "the saved model": "the reloaded model predicts the same",
}
