"""Lesson 03: right and wrong answers, and the facts that its run must show."""

import numpy as np


def network(
    classes_right=True, small=True, scale=1 / 255, activation="sigmoid", window=3, scaled=None
):
    """Return a function that makes a `build`; each argument breaks one thing of it."""
    import keras
    from keras import layers

    def build(shape, classes):
        inputs = keras.Input(shape)
        x = (scaled or layers.Rescaling(scale))(inputs) if scale else inputs
        x = layers.Conv2D(8, window, activation="relu")(x) if window else x
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


def nested():
    """The scaling stands in a Sequential model inside the model."""
    import keras
    from keras import layers

    return network(scaled=keras.Sequential([layers.Rescaling(1 / 127.5, offset=-1)]))


def divided():
    """No layer for the scaling: the inputs are divided."""
    import keras

    return network(scaled=lambda inputs: keras.ops.cast(inputs, "float32") / 255.0)


def sequential():
    """A Sequential model of separable convolutions that is not built before its first call."""
    import keras
    from keras import layers

    def build(shape, classes):
        last = layers.Dense(1, "sigmoid") if classes == 2 else layers.Dense(classes, "softmax")
        base = [layers.Rescaling(1 / 255), layers.SeparableConv2D(16, 5), layers.MaxPooling2D(4)]
        return keras.Sequential([*base, layers.Flatten(), last])

    return build


def subclassed():
    """A class of one's own, with arguments by other names."""
    import keras
    from keras import layers

    class Small(keras.Model):
        def __init__(self, side, classes):
            super().__init__()
            self.scaling = layers.Rescaling(1 / 255)
            self.block = keras.Sequential([layers.Conv2D(8, 3), layers.GlobalMaxPooling2D()])
            two = classes == 2
            self.decide = layers.Dense(1 if two else classes, "sigmoid" if two else "softmax")

        def call(self, pictures):
            return self.decide(self.block(self.scaling(pictures)))

    return Small


def no_model():
    return lambda shape, classes: "a model"


def patient(losses, patience=3):
    """Stop after three epochs without a new lowest loss."""
    for epoch in range(patience + 1, len(losses) + 1):
        if min(losses[epoch - patience : epoch]) >= min(losses[: epoch - patience]):
            return epoch
    return len(losses)


class Stopping:
    """The same as an object that can be called, which keeps a state."""

    def __call__(self, losses):
        self.lowest, self.waited = float("inf"), 0
        for epoch, loss in enumerate(losses):
            self.waited = 0 if loss < self.lowest else self.waited + 1
            self.lowest = min(loss, self.lowest)
            if self.waited == 3:
                return np.int64(epoch + 1)
        return np.array([len(losses)])


def by_arrays(losses):
    lowest = np.minimum.accumulate(losses)
    new = np.flatnonzero(np.r_[True, lowest[1:] < lowest[:-1]]) + 1
    ends = np.r_[new[1:] - 1, len(losses)]
    return next((b + 3 for b, end in zip(new, ends, strict=True) if end - b >= 3), len(losses))


def beyond_the_list(losses):
    return int(np.argmin(losses)) + 4


def against_the_one_before(losses):
    waited = 0
    for epoch in range(1, len(losses)):
        waited = 0 if losses[epoch] < losses[epoch - 1] else waited + 1
        if waited == 3:
            return epoch + 1
    return len(losses)


def never_back_to_zero(losses):
    lowest, waited = losses[0], -1
    for epoch, loss in enumerate(losses, start=1):
        waited += loss >= lowest
        lowest = min(lowest, loss)
        if waited == 3:
            return epoch
    return len(losses)


def of_the_whole_list(losses):
    return min(len(losses), int(np.argmin(losses)) + 4)


def equal_is_better(losses):
    lowest, waited = np.inf, 0
    for epoch, loss in enumerate(losses, start=1):
        lowest, waited = (loss, 0) if loss <= lowest else (lowest, waited + 1)
        if waited == 3:
            return epoch
    return len(losses)


RIGHT = {
    "03.1": [51_264, 51_264.0, np.int64(51_264), np.array([51_264]), [51_264]],
    "03.2": [
        lambda losses: patient(losses),
        patient,
        Stopping(),
        by_arrays,
    ],
    "03.3": [network, nested, divided, sequential, subclassed],
}

WRONG = {
    "03.1": [51_200, 1_664, 801, 51_232, 7, "51264"],
    "03.2": [
        lambda losses: int(np.argmin(losses)) + 1,
        lambda losses: patient(losses) - 1,
        lambda losses: 4,
        len,
        lambda losses: 6 if len(losses) == 7 else 1,
        beyond_the_list,
        against_the_one_before,
        never_back_to_zero,
        of_the_whole_list,
        equal_is_better,
        3,
        min,
    ],
    "03.3": [
        no_model,
        lambda: network(small=False),
        lambda: network(scale=None),
        lambda: network(scale=1 / 255**2),
        lambda: network(activation="linear"),
        lambda: network(classes_right=False),
        lambda: network(window=0),
        lambda: network(window=1),
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
    "overfitting": "the validation loss turns upwards",
    "the best epoch is kept": "the weights of the lowest validation loss",
    "early stopping": "with patience 3 it keeps the epoch that ModelCheckpoint kept",
    "the saved model": "the reloaded model predicts the same",
}

SAID = {
    "Kaggle, 25,000 photos": "25,000 cats and dogs",
    "800 MB": "800 MB in our sources",
    "some 70+%": "some 70+%",
    "generators": "`fit_generator`",
    "ImageDataGenerator": "`ImageDataGenerator`",
    "saved as .h5": "`.h5`",
    "how many filters": "How many filters?",
    "code for the curves": "The lectures draw them with a few lines of matplotlib.",
}
