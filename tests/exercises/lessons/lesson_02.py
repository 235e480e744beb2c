"""Lesson 02: right and wrong answers, and the facts that its run must show."""

import math

import numpy as np


class Side:
    def __call__(self, side, kernel, stride, padding):
        return np.floor((side + 2 * padding - kernel) / stride) + 1


def by_keras(side, kernel, stride, padding):
    from keras import layers

    side += 2 * padding
    layer = layers.Conv2D(1, kernel, strides=stride)
    return layer.compute_output_shape((1, side, side, 1))[1]


def trained(values, *kinds, nested=False, key="val_accuracy"):
    """Return what `fit` returns after such a training of a network of these layers."""
    import keras
    from keras import layers

    arguments = {"Conv2D": (8, 3)}
    model = keras.Sequential([getattr(layers, kind)(*arguments.get(kind, (2,))) for kind in kinds])
    history = keras.callbacks.History()
    history.set_model(keras.Sequential([model]) if nested else model)
    history.history = {key: values}
    return history


def pair(dense, convnet, **options):
    """Return a function that makes an answer to 02.4 of two lists of accuracies."""
    return lambda: {
        "convnet": trained(convnet, "Conv2D", "MaxPooling2D", **options),
        "dense": trained(dense, "Dense", **options),
    }


def swapped():
    return {"dense": trained([0.9], "Conv2D"), "convnet": trained([0.8], "Conv2D")}


def without_convolution():
    return {"dense": trained([0.9], "Dense"), "convnet": trained([0.8], "Dense")}


FACTORIES = {"02.4"}

RIGHT = {
    "02.1": [
        "bcaccba",
        "B, C, A, C, C, B, A",
        list("bcaccba"),
        tuple("BCACCBA"),
        "1b 2c 3a 4c 5c 6b 7a",
        np.array(list("bcaccba")),
    ],
    "02.2": [466_058, 466_058.0, np.int64(466_058), np.array([466_058])],
    "02.3": [
        lambda side, kernel, stride, padding: (side + 2 * padding - kernel) // stride + 1,
        lambda s, k, t, p: len(range(-p, s + p - k + 1, t)),
        Side(),
        by_keras,
    ],
    "02.4": [
        pair([0.7, 0.91], [0.4, 0.79]),
        pair([0.97], [0.98]),  # MNIST is kind to both
        pair([0.7, 0.91], [0.4, 0.79], nested=True),
        pair([0.92], [0.76], key="val_sparse_categorical_accuracy"),
        pair(np.linspace(0.5, 0.93, 30), tuple(np.linspace(0.1, 0.8, 30))),
    ],
}

WRONG = {
    "02.1": [
        "acaccba",
        "bbaccba",
        "bcbccba",
        "bcaacba",
        "bcacbba",
        "bcacccb",
        "bcaccbb",
        "abc",
        "bcaccbx",
        7,
    ],
    "02.2": [93_322, 373_288, 203_914, 646_282, 410_314, 1],
    "02.3": [
        lambda s, k, p, t: (s + 2 * p - k) // t + 1,
        lambda s, k, t, p: (s + 2 * p - k) // t,
        lambda s, k, t, p: (s + p - k) // t + 1,
        lambda s, k, t, p: (s + 2 * p - k) / t + 1,
        lambda s, k, t, p: math.ceil((s + 2 * p - k + 1) * t),
        lambda s, k, t, p: s - k,
        lambda s, k: s - k,
        28,
    ],
    "02.4": [
        pair([0.5, 0.9], [0.5, 0.97]),
        pair([0.2, 0.5], [0.2, 0.4]),
        pair([0.1, 0.1], [0.1, 0.1]),
        pair([0.8, 0.9], [0.1, 0.1]),
        pair([0.8, 0.9, 0.9], [0.8]),
        pair([0.9], [0.8], key="accuracy"),
        swapped,
        without_convolution,
        lambda: {"dense": 0.9, "convnet": 0.0},
        lambda: {"dense": pair([0.9], [0.8])()["dense"]},
    ],
}

FACTS = {
    "dense baseline first": "our formula counts the dense network",
    "a loss by hand": "Keras computes the same loss",
    "one step by hand": "SGD makes our step",
    "learned kernels": "training makes more kernels like edges",
    "320, 18,496, 36,928, 55,744": "320 + 18,496 + 36,928 = 55,744",
    "head 36,928 + 650; 93,322 in all": "with the head's 36,928 + 650: 93,322 in all",
    "formula equals the summary": "our formula counts every layer of the convnet",
    "3×3×64 with pooling": "with pooling the last map is 3×3×64",
    "22×22×64 without": "without pooling the last map is 22×22×64",
    "parameters without pooling": "2,038,922",
    "LeNet": "LeNet has 61,706 parameters",
    "convnet beats dense on the same seed": "the convnet beats the dense network on the same seed",
    "confusion matrix": "the diagonal holds the accuracy",
    "shifted digits": "the convnet tolerates about one pixel more",
}

SAID = {
    "5 epochs, batch 64": "5 epochs in batches of 64",
    "translation invariant": "translation invariant",
    "seven trivia questions": "the seven trivia questions of CSCI E-89",
    "MNIST": "60,000 training digits written by hand",
    "accuracies on MNIST": "lectures, MNIST: dense 0.978, lectures, MNIST: convnet 0.990",
}
