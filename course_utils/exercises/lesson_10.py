"""Exercises of lesson 10: size of an activation, sparsity, dead channels, activation model."""

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number


@exercise(
    "10.1",
    hints=(
        "Follow the side of the maps: a convolution without padding loses 2, pooling halves and "
        "rounds down.",
        "150 → 148 → 74 → 72 → 36 → 34 → 17. Each place holds one number for each channel.",
    ),
    solution="answer = 17 * 17 * 128  # 36,992",
    praise="right: 36,992 numbers for a picture of 67,500.",
)
def activation_size(answer):
    answer = number(answer)
    if answer == 17 * 17:
        raise Wrong("these are the places of one channel; there are 128 channels.")
    if answer == 34 * 34 * 128:
        raise Wrong("that is `block3_conv`; its pooling comes after it.")
    if answer == 18 * 18 * 128:
        raise Wrong("that is with padding; these convolutions lose a border of one pixel.")
    if answer == 17 * 128:
        raise Wrong("a map has height *and* width.")
    if answer != 17 * 17 * 128:
        raise Wrong(f"{answer:,.0f} is not it. Follow the side through six layers.")


@exercise(
    "10.2",
    hints=(
        "`values == 0` is an array of True and False, and True counts as 1.",
        "The mean of it over the axes 0, 1 and 2 leaves one number for each channel.",
    ),
    solution="""
    def channel_sparsity(values):
        return (values == 0).mean(axis=(0, 1, 2))

    answer = channel_sparsity
    """,
    praise="right. Channels with a share of 1 are the dead ones.",
)
def channel_sparsity(answer):
    values = np.zeros((4, 3, 5, 3), "float32")
    values[:2, ..., 0] = 2.0
    values[:, 0, :, 1] = 0.5
    want = np.array([0.5, 2 / 3, 1.0])
    got = np.asarray(function(answer, values), dtype="float64")
    if got.shape == ():
        raise Wrong("this is one number for the whole layer; we want one for each channel.")
    if got.shape == (4,):
        raise Wrong("this is one number for each picture; we want one for each channel.")
    if got.shape != (3,):
        raise Wrong(f"we expect one number for each of 3 channels, and this is {got.shape}.")
    if np.allclose(got, 1 - want):
        raise Wrong("these are the shares that are *not* zero.")
    if np.allclose(got, want * 60):
        raise Wrong("these are counts; divide by how many answers a channel gives.")
    if not np.allclose(got, want):
        raise Wrong("the shares are not right. Try a small array whose zeros you can count.")


@exercise(
    "10.3",
    hints=(
        "A channel is dead if `(values == 0)` is True everywhere: `all` over pictures and places.",
        "`np.flatnonzero` turns True and False into the numbers of those that are True.",
    ),
    solution="""
    def dead_channels(values):
        return list(np.flatnonzero((values == 0).all(axis=(0, 1, 2))))

    answer = dead_channels
    """,
    praise="right: blank in one picture is no reason to call a channel dead.",
)
def dead_channels(answer):
    values = np.ones((3, 2, 2, 5), "float32")
    values[..., 1] = 0  # dead
    values[0, ..., 2] = 0  # blank in the first picture
    values[:, 0, 0, 3] = 0  # zero at one place
    values[..., 4] = [[[-1, 1], [1, -1]]] * 3  # its mean is zero, and it is not dead
    got = function(answer, values)
    try:
        got = sorted(got) if isinstance(got, set) else got
        got = [int(item) for item in np.ravel(np.asarray(got))]
    except (TypeError, ValueError):
        raise Wrong("we expect a list of the channels' numbers.") from None
    if got == [0, 1, 0, 0, 0]:
        raise Wrong("this is True or False for each channel; we want the numbers of the dead ones.")
    if got == [1, 2]:
        raise Wrong("channel 2 is blank in the first picture, and answers to the second.")
    if got == [1, 2, 3]:
        raise Wrong("channel 3 is zero at one place only: use `all`, not `any`.")
    if 4 in got and 1 in got:
        raise Wrong("the mean of channel 4 is zero, but its values are not.")
    if got == [0, 2, 3, 4]:
        raise Wrong("these are the channels that live.")
    if got != [1]:
        raise Wrong(f"in our test only channel 1 is dead, and your function says {got}.")


def _network():
    import keras
    from keras import layers

    inputs = keras.Input((12, 12, 3))
    x = layers.Conv2D(2, 3, activation="relu", name="first")(inputs)
    x = layers.MaxPooling2D(2, name="second")(x)
    x = layers.Conv2D(3, 3, activation="relu", name="third")(x)
    return keras.Model(inputs, layers.Dense(1, name="last")(layers.Flatten()(x)))


@exercise(
    "10.4",
    hints=(
        "`model.get_layer(name).output` is the output of one layer.",
        "`keras.Model(model.inputs, [...])` with a list of those outputs.",
    ),
    solution="""
    def windows_into(model, layer_names):
        return keras.Model(model.inputs, [model.get_layer(name).output for name in layer_names])

    answer = windows_into
    """,
    praise="it opens the layers we asked for. In which network did you look?",
)
def windows_into(answer):
    import keras

    model = _network()
    names = ["third", "first"]
    windows = function(answer, model, names)
    if not isinstance(windows, keras.Model):
        raise Wrong(f"we expect a Keras model, and this is {type(windows).__name__}.")
    shapes = [tuple(output.shape[1:]) for output in windows.outputs]
    want = [tuple(model.get_layer(name).output.shape[1:]) for name in names]
    if shapes == want[::-1]:
        raise Wrong("the outputs stand in the network's order; keep the order of the names.")
    if len(shapes) == 1:
        raise Wrong("there is one output only; give the model a list of outputs.")
    if len(shapes) != len(want):
        raise Wrong(f"we named {len(want)} layers, and your model has {len(shapes)} outputs.")
    if shapes != want:
        raise Wrong("these are the outputs of other layers: ask `get_layer` for each name.")
    pixels = np.random.default_rng(0).random((2, 12, 12, 3)).astype("float32")
    by_hand = np.asarray(model.get_layer("first")(pixels), dtype="float32")
    if not np.allclose(windows.predict(pixels, verbose=0)[1], by_hand, atol=0.02):
        raise Wrong("the layers have other weights than the model's: use its own layers.")
