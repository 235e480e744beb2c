"""Lesson 10: right and wrong answers, and the facts that its run must show."""

import numpy as np


def windows():
    import keras

    return lambda m, names: keras.Model(m.inputs, [m.get_layer(n).output for n in names])


def windows_by_layers():
    import keras

    def build(model, names):
        found = {layer.name: layer.output for layer in model.layers}
        return keras.Model(inputs=model.input, outputs=[found[name] for name in names])

    return build


def no_model():
    return lambda m, names: [m.get_layer(n).output for n in names]


def network_order():
    import keras

    def build(m, names):
        return keras.Model(m.inputs, [la.output for la in m.layers if la.name in names])

    return build


def one_output():
    import keras

    return lambda m, names: keras.Model(m.inputs, m.get_layer(names[0]).output)


def all_outputs():
    import keras

    return lambda m, names: keras.Model(m.inputs, [la.output for la in m.layers[1:]])


def layers_before():
    import keras

    return lambda m, names: keras.Model(m.inputs, [m.get_layer(n).input for n in names])


def other_weights():
    import keras

    def build(m, names):
        twin = keras.models.clone_model(m)
        return keras.Model(twin.inputs, [twin.get_layer(n).output for n in names])

    return build


RIGHT = {
    "10.1": [36_992],
    "10.2": [
        lambda v: (v == 0).mean(axis=(0, 1, 2)),
        lambda v: [np.mean(v[..., c] == 0) for c in range(v.shape[-1])],
    ],
    "10.3": [
        lambda v: list(np.flatnonzero((v == 0).all(axis=(0, 1, 2)))),
        lambda v: [c for c in range(v.shape[-1]) if not v[..., c].any()],
        lambda v: {c for c in range(v.shape[-1]) if not v[..., c].any()},
    ],
    "10.4": [windows, windows_by_layers],
}

WRONG = {
    "10.1": [289, 34 * 34 * 128, 18 * 18 * 128, 17 * 128, 3],
    "10.2": [
        lambda v: (v == 0).mean(),
        lambda v: (v == 0).mean(axis=(1, 2, 3)),
        lambda v: (v == 0).mean(axis=(1, 2)),
        lambda v: (v > 0).mean(axis=(0, 1, 2)),
        lambda v: (v == 0).sum(axis=(0, 1, 2)),
        lambda v: (v[0] == 0).mean(axis=(0, 1)),
        0.5,
    ],
    "10.3": [
        lambda v: (v == 0).all(axis=(0, 1, 2)),
        lambda v: np.flatnonzero((v[0] == 0).all(axis=(0, 1))),
        lambda v: np.flatnonzero((v == 0).any(axis=(0, 1, 2))),
        lambda v: np.flatnonzero(v.mean(axis=(0, 1, 2)) == 0),
        lambda v: np.flatnonzero(v.any(axis=(0, 1, 2))),
        lambda v: [],
        lambda v: "none",
    ],
    "10.4": [
        no_model,
        network_order,
        one_output,
        all_outputs,
        layers_before,
        other_weights,
    ],
}

# Their answers need Keras, so they are made when the test runs.
FACTORIES = {"10.4"}

FACTS = {
    "activation model of the first eight layers": "all eight activations equal stepping",
    "it shares the network's weights": "no weights of its own",
    "pooling and zeros": "pooling never raises the share of zeros",
    "sparser with depth": "the last convolution is sparser than the mean of the two before it",
    "blank channels": "block 4 has more blank channels than block 1",
    "blank is not dead": "a dead channel is blank in our picture too",
    "the survey agrees with the picture": "the survey counts the same blank channels",
    "a control": "an untrained network has blank channels too",
    "the pretrained base": "the pretrained base is sparser at every stage",
    "first layers edges": "first stage answers to edges",
    "later abstract": "the deeper, the more a channel depends on the class",
}
