"""Lesson 10: right and wrong answers, and the facts that its run must show."""

import numpy as np


def edit(change):
    """Return a `silence` that changes copies of kernel and bias, and hands them back."""

    def silence(model, layer_name, channel):
        layer = model.get_layer(layer_name)
        kernel, bias = layer.get_weights()
        change(kernel, bias, channel)
        layer.set_weights([kernel, bias])

    return silence


def zero_both(kernel, bias, channel):
    kernel[..., channel], bias[channel] = 0, 0


def far_below_zero(kernel, bias, channel):
    bias[channel] = -1e9  # no picture comes so far


def never_up(kernel, bias, channel):
    kernel[:, :, :, channel : channel + 1] = 0
    bias[channel] = -3


def a_twin(model, layer_name, channel):
    """Return a changed copy, and leave the model as it is."""
    import keras

    twin = keras.models.clone_model(model)
    twin.set_weights(model.get_weights())
    edit(zero_both)(twin, layer_name, channel)
    return twin


def by_assigning(model, layer_name, channel):
    kernel, bias = model.get_layer(layer_name).weights
    keep = np.arange(bias.shape[0]) != channel
    kernel.assign(kernel * keep.astype("float32"))
    bias.assign(bias * keep.astype("float32"))
    return model


def kernel_only(kernel, bias, channel):
    kernel[..., channel] = 0


def a_little_lower(kernel, bias, channel):
    bias[channel] = -1


def whole_layer(kernel, bias, channel):
    kernel[:], bias[:] = 0, 0


def counted_from_one(kernel, bias, channel):
    zero_both(kernel, bias, channel - 1)


def channel_in(kernel, bias, channel):
    kernel[:, :, channel], bias[channel] = 0, 0


def a_copy_only(model, layer_name, channel):
    kernel, bias = model.get_layer(layer_name).get_weights()
    zero_both(kernel, bias, channel)


def its_readers(model, layer_name, channel):
    for layer in model.layers[model.layers.index(model.get_layer(layer_name)) + 1 :]:
        if layer.weights:
            return layer.set_weights([weight * 0 for weight in layer.get_weights()])


def another_network(model, layer_name, channel):
    import keras

    return keras.Sequential([keras.Input((12, 12, 3)), keras.layers.Conv2D(4, 3)])


class Silence:
    def __call__(self, model, layer_name, channel):
        return edit(zero_both)(model, layer_name, channel)


class Sparsity:
    def __call__(self, values):
        return np.array([1 - np.count_nonzero(map_) / map_.size for map_ in values.T])


RIGHT = {
    "10.1": [36_992, np.float32(36_992), [36_992], np.array([[17 * 17 * 128]])],
    "10.2": [
        lambda v: (v == 0).mean(axis=(0, 1, 2)),
        lambda v: [np.mean(v[..., c] == 0) for c in range(v.shape[-1])],
        lambda v: (v.reshape(-1, v.shape[-1]) == 0).mean(axis=0).astype("float32"),
        lambda v: 1 - (v > 0).mean(axis=(0, 1, 2)),
        Sparsity(),
    ],
    "10.3": [
        lambda v: list(np.flatnonzero((v == 0).all(axis=(0, 1, 2)))),
        lambda v: [c for c in range(v.shape[-1]) if not v[..., c].any()],
        lambda v: {c for c in range(v.shape[-1]) if not v[..., c].any()},
        lambda v: np.where(np.abs(v).max(axis=(0, 1, 2)) == 0),
        lambda v: tuple(c for c in reversed(range(v.shape[-1])) if not v[..., c].any()),
    ],
    "10.4": [
        lambda: edit(zero_both),
        lambda: edit(far_below_zero),
        lambda: edit(never_up),
        lambda: a_twin,
        lambda: by_assigning,
        Silence,
    ],
}

WRONG = {
    "10.1": [289, 34 * 34 * 128, 18 * 18 * 128, 17 * 128, 3, [17, 17, 128], True],
    "10.2": [
        lambda v: (v == 0).mean(),
        lambda v: (v == 0).mean(axis=(1, 2, 3)),
        lambda v: (v == 0).mean(axis=(1, 2)),
        lambda v: (v > 0).mean(axis=(0, 1, 2)),
        lambda v: (v == 0).sum(axis=(0, 1, 2)),
        lambda v: (v[0] == 0).mean(axis=(0, 1)),
        lambda v: v.mean(axis=(0, 1, 2)),
        lambda v: [0.5, 2 / 3, 1.0],
        0.5,
    ],
    "10.3": [
        lambda v: (v == 0).all(axis=(0, 1, 2)),
        lambda v: np.flatnonzero((v[0] == 0).all(axis=(0, 1))),
        lambda v: np.flatnonzero((v == 0).any(axis=(0, 1, 2))),
        lambda v: np.flatnonzero(v.mean(axis=(0, 1, 2)) == 0),
        lambda v: np.flatnonzero(v.any(axis=(0, 1, 2))),
        lambda v: np.flatnonzero((np.abs(v) < 1e-3).all(axis=(0, 1, 2))),
        lambda v: [1],
        lambda v: [1] if v.shape[-1] == 5 else [0],
        lambda v: (
            [int(np.argmin(np.abs(v).sum(axis=(0, 1, 2))))] if v.shape[-1] != 7 else [0, 2, 3, 6]
        ),
        lambda v: [],
        lambda v: "none",
    ],
    "10.4": [
        lambda: edit(kernel_only),
        lambda: edit(a_little_lower),
        lambda: edit(whole_layer),
        lambda: edit(counted_from_one),
        lambda: edit(channel_in),
        lambda: a_copy_only,
        lambda: its_readers,
        lambda: another_network,
        lambda: lambda model, channel: model,
    ],
}

# Their answers need Keras, so they are made when the test runs.
FACTORIES = {"10.4"}

FACTS = {
    "activation model of the first eight layers": "all eight activations equal stepping",
    "it shares the network's weights": "no weights of its own",
    "pooling and zeros": "pooling never raises the share of zeros",
    "the untrained twin is as sparse": "about as sparse as before training",
    "blank channels": "the trained network has more blank channels at depth",
    "a control": "the untrained network has more blank channels at depth",
    "sparser with depth": "the pretrained base is sparser at every stage",
    "which training makes": "far sparser than its untrained twin's",
    "first layers edges": "first stage answers to edges",
    "what chance gives": "shuffled labels reach the chance",
    "later abstract": "lesson 3: deeper channels depend more on the class",
    "which training makes as well": "lesson 3: its untrained twin gains little of that",
    "diagonal edges need no training": "trained kernels are hardly more like edges",
    "nor do ears and eyes": "untrained channels find faces, too",
    "where such a reading stands": "the base has learned to",
}

SAID = {
    "4th channel, Vanschoren's deck": "a diagonal edge detector",
    "22nd channel": "of the 22nd: a cat's eye?",
    "a deeper layer": "ears, eyes",
    "BST 261, lecture 7": "rounded edges? yellow edges?",
    "what ImageNet holds": "mostly animals and everyday objects",
}
