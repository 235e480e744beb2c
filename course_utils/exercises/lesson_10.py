"""Exercises of lesson 10: size of an activation, sparsity, dead channels, a channel silenced."""

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
    """,
    praise="right. Channels with a share of 1 are the dead ones.",
)
def channel_sparsity(answer):
    values = np.zeros((4, 3, 5, 3), "float32")
    values[:2, ..., 0] = 2.0
    values[:, 0, :, 1] = 0.5
    _check_shares(answer, values, np.array([0.5, 2 / 3, 1.0]))
    other = np.random.default_rng(0).normal(size=(2, 6, 3, 5)).clip(0)
    try:
        _check_shares(answer, other, (other == 0).mean(axis=(0, 1, 2)))
    except Wrong:
        raise Wrong(
            "right for our first array, and wrong for a second one of another shape: is a size or "
            "a share written into the function?"
        ) from None


def _check_shares(answer, values, want):
    got = np.asarray(function(answer, values), dtype="float64")
    if got.shape == ():
        raise Wrong("this is one number for the whole layer; we want one for each channel.")
    if got.shape == (len(values),):
        raise Wrong("this is one number for each picture; we want one for each channel.")
    if got.shape != want.shape:
        raise Wrong(f"we expect one number for each channel, {want.shape}, and got {got.shape}.")
    if np.allclose(got, 1 - want):
        raise Wrong("these are the shares that are *not* zero.")
    if np.allclose(got, want * values[..., 0].size):
        raise Wrong("these are counts; divide by how many answers a channel gives.")
    if np.allclose(got, (values[0] == 0).mean(axis=(0, 1))):
        raise Wrong("these are the shares of the first picture; we want those of all pictures.")
    if not np.allclose(got, want, atol=1e-4):
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
    """,
    praise="right: blank in one picture is no reason to call a channel dead.",
)
def dead_channels(answer):
    values = np.ones((3, 2, 2, 5), "float32")
    values[..., 1] = 0  # dead
    values[0, ..., 2] = 0  # blank in the first picture
    values[:, 0, 0, 3] = 0  # zero at one place
    values[..., 4] = [[[-1, 1], [1, -1]]] * 3  # its mean is zero, and it is not dead
    got = _numbers(function(answer, values))
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
    more = np.zeros((2, 1, 4, 7), "float32")
    more[1, 0, 3, [1, 4, 5]] = 1e-6  # a weak answer in one corner is an answer
    if (got := _numbers(function(answer, more))) == [1]:
        raise Wrong("it names channel 1 for every array: look at the values.")
    if got == list(range(7)):
        raise Wrong("a channel that answers weakly, 0.000001 at one place, is not dead.")
    if got != [0, 2, 3, 6]:
        raise Wrong(f"in our second array channels 0, 2, 3 and 6 are dead, and it says {got}.")
    if _numbers(function(answer, np.ones((2, 2, 2, 3), "float32"))):
        raise Wrong("where no channel is dead we expect an empty list.")


def _numbers(got):
    """Return the channels that a student's function names, in order, as a list of int."""
    try:
        got = np.ravel(np.asarray(sorted(got) if isinstance(got, set | tuple | list) else got))
        return [int(item) for item in got]
    except (TypeError, ValueError):
        raise Wrong("we expect a list of the channels' numbers.") from None


SEED = 4


def _network():
    import keras
    from keras import layers

    inputs = keras.Input((12, 12, 3))
    # Biases above zero: a channel whose kernel alone is zero still answers. And seeds with which
    # every channel answers at first: what is dead before cannot be silenced.
    usual = {"activation": "relu", "bias_initializer": keras.initializers.Constant(0.5)}
    usual["kernel_initializer"] = keras.initializers.GlorotUniform(seed=SEED)
    x = layers.Conv2D(4, 3, name="first", **usual)(inputs)
    x = layers.MaxPooling2D(2, name="second")(x)
    x = layers.Conv2D(3, 3, name="third", **usual)(x)
    return keras.Model(inputs, layers.Dense(1, name="last")(layers.Flatten()(x)))


def _maps(model, name, pictures):
    import keras

    window = keras.Model(model.inputs[0], model.get_layer(name).output)
    return np.asarray(window(pictures, training=False), dtype="float32")


@exercise(
    "10.4",
    hints=(
        "A filter answers kernel · pixels + bias. When is that never above zero?",
        "`get_weights()` gives copies of the kernel, (3, 3, channels in, channels out), and the "
        "bias. Set the channel's part of both to 0, and hand them to `set_weights`.",
    ),
    solution="""
    def silence(model, layer_name, channel):
        kernel, bias = model.get_layer(layer_name).get_weights()
        kernel[..., channel], bias[channel] = 0, 0
        model.get_layer(layer_name).set_weights([kernel, bias])
    """,
    praise="dead, and the others answer as before. Which channel does the network miss most?",
)
def silence(answer):
    for layer_name, channel in (("first", 2), ("third", 0)):
        _check_silence(answer, layer_name, channel)


def _check_silence(answer, layer_name, channel):
    import keras

    model = _network()
    draw = np.random.default_rng(0)
    # Dark, bright and of both signs: what is dead answers to none of them.
    pictures = np.concatenate(
        [draw.uniform(low, high, (6, 12, 12, 3)) for low, high in ((0, 1), (0, 255), (-255, 255))]
    ).astype("float32")
    before = _maps(model, layer_name, pictures)
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    got = function(answer, model, layer_name, channel)
    model = got if isinstance(got, keras.Model) else model
    if layer_name not in [layer.name for layer in model.layers]:
        raise Wrong(f"the model that you return has no layer {layer_name!r}.")
    after = _maps(model, layer_name, pictures)
    if after.shape != before.shape:
        raise Wrong("the layer has another shape now: the channel stays, and answers 0.")
    dead = [k for k in range(after.shape[-1]) if not after[..., k].any()]
    moved = [k for k in range(after.shape[-1]) if not np.allclose(after[..., k], before[..., k])]
    elsewhere = any(
        not np.array_equal(new, old)
        for layer in model.layers
        if layer.name in weights and layer.name != layer_name
        for new, old in zip(layer.get_weights(), weights[layer.name], strict=True)
    )
    if dead == list(range(after.shape[-1])):
        raise Wrong("the whole layer is silent now; silence one channel of it.")
    if elsewhere:
        raise Wrong("the weights of another layer have changed: silence the filter itself.")
    if not moved:
        raise Wrong(
            "nothing has changed. `get_weights` gives copies: hand them back by `set_weights`."
        )
    if channel not in moved and dead:
        raise Wrong(f"channel {dead[0]} is dead, and we asked for {channel}: count from 0.")
    if set(moved) - {channel}:
        raise Wrong("other channels have changed too: the *last* axis of a kernel is the filter.")
    if after[..., channel].any():
        if np.ptp(after[..., channel]) < 1e-3:
            raise Wrong("it still answers, the same everywhere: its bias is left.")
        raise Wrong("it still answers to some pictures: bright ones overcome your change.")
