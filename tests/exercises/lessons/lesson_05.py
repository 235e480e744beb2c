"""Lesson 05: right and wrong answers, and the facts that its run must show."""

import numpy as np

KERNEL = 3 * 3 * 32 * 64


def fold(kernel, gamma, beta, mean, variance, epsilon):
    factor = gamma / np.sqrt(variance + epsilon)
    return kernel * factor, beta - mean * factor


def factor_first(kernel, gamma, beta, mean, variance, epsilon):
    root = (variance + epsilon) ** 0.5
    return [kernel * (gamma / root)[None, None, None, :], beta - gamma * mean / root]


def layer(name, **options):
    def make():
        from keras import layers

        return lambda: getattr(layers, name)(**options)

    return make


RIGHT = {
    "05.1": [18_560, 18_560.0],
    "05.2": [459, 459.0],
    "05.3": [fold, factor_first],
    "05.4": [
        layer("GroupNormalization", groups=4),
        layer("LayerNormalization"),
        layer("LayerNormalization", axis=[1, 2, 3]),
    ],
}

WRONG = {
    "05.1": [KERNEL, KERNEL + 4 * 64, KERNEL + 3 * 64, KERNEL + 2 * 32, 7],
    "05.2": [458, 100, 44, 1, 1000],
    "05.3": [
        lambda k, g, b, m, v, e: k * g / np.sqrt(v + e),
        lambda k, g, b, m, v, e: (k, b[:3]),
        lambda k, g, b, m, v, e: fold(k, g, b, m, v, 0),
        lambda k, g, b, m, v, e: (k * g / (v + e), b - m * g / (v + e)),
        lambda k, g, b, m, v, e: fold(k, np.ones_like(g), b, m, v, e),
        lambda k, g, b, m, v, e: (k, b - m),
        lambda k, g, b, m, v, e: (fold(k, g, b, m, v, e)[0], b),
        lambda k, g, b, m, v, e: (fold(k, g, b, m, v, e)[0], b - m),
        lambda k, g, b, m, v, e: (fold(k, g, b, m, v, e)[0], b + m),
        lambda k, g, b, m, v, e: (k * 2, b),
        5,
    ],
    "05.4": [
        lambda: lambda: "a layer",
        lambda: layer("LayerNormalization")()(),
        layer("GroupNormalization", groups=16),
        layer("BatchNormalization"),
        layer("GlobalAveragePooling2D"),
        layer("Activation", activation="linear"),
        layer("ReLU"),
    ],
}

# Their answers need Keras, so they are made when the test runs.
FACTORIES = {"05.4"}

FACTS = {
    "a deep plain net does not learn": "the deep plain net learns next to nothing",
    "vanishing by activation": "a stack of sigmoids makes the gradient vanish",
    "slopes": "the slope of a sigmoid is never above 1/4",
    "other activations": "tanh and ReLU lose less",
    "vanishing by initialization": "weights too small make the gradient vanish",
    "exploding by initialization": "weights too large make it explode",
    "He": "He's start keeps it within two powers of ten",
    "Glorot": "Keras draws Glorot with this spread",
    "covariate shift": "while the layers below train, a layer's inputs move",
    "shift comes from below": "with frozen layers below, its inputs stand still",
    "own BN in training": "in training, own BN equals the layer",
    "own BN in inference": "in inference, own BN equals the layer",
    "two learned": "two numbers a channel are learned",
    "two moving": "two more are moving",
    "moving mean": "the moving mean converges to the mean of the data",
    "moving variance": "the moving variance converges to the variance of the data",
    "no bias before BN": "before BN a bias changes nothing",
    "the other order keeps it": "before ReLU and BN it does",
    "both orders": "in both orders",
    "gradient with BN": "BN tames the gradient at every start",
    "inputs with BN": "with BN a layer's inputs move less",
    "layer normalization": "layer: ours equals Keras's",
    "instance normalization": "instance: ours equals Keras's",
    "group normalization": "group: ours equals Keras's",
    "axes": "the figure shows these axes",
    "batch renormalization": "unlimited: training equals inference",
    "weight normalization": "each filter has the length that g says",
    "deeper net with BN": "with BN the deep net learns faster",
    "not the start alone": "faster than with a good start",
}
