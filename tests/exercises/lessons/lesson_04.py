"""Lesson 04: right and wrong answers, and the facts that its run must show."""

import numpy as np

T = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
SHIFT = [[1, 0, 10], [0, 1, -4], [0, 0, 1]]


def layer(**options):
    from course_utils.models import RandomAffine

    return RandomAffine(**options)


def affine():
    """The class, not a layer."""
    from course_utils.models import RandomAffine

    return RandomAffine


def subclass():
    from course_utils.models import RandomAffine

    class Gentle(RandomAffine):
        def __init__(self):
            super().__init__(shear=np.float32(0.2), zoom=0.1)

    return Gentle()


def trained(rate, steps=5, nested=False):
    """Return a small network with dropout that counts as trained."""
    import keras
    from keras import layers

    drop = layers.Dropout(rate) if rate else layers.Identity()
    drop = keras.Sequential([drop]) if nested else drop
    network = keras.Sequential([keras.Input((4,)), layers.Dense(3), drop, layers.Dense(1)])
    network.compile("rmsprop", "mse")
    network.optimizer.iterations.assign(steps)
    return network


def histories():
    """What `fit` returns knows its network."""
    import keras

    found = {}
    for rate in (0.2, 0.8):
        found[rate] = keras.callbacks.History()
        found[rate].set_model(trained(rate))
    return found


def nobody_trained():
    return {0.2: trained(0.2, steps=0), 0.8: trained(0.8, steps=0)}


def one_network_twice():
    one, two = trained(0.2), trained(0.8)
    two.set_weights(one.get_weights())
    return {0.2: one, 0.8: two}


RIGHT = {
    "04.1": [np.array(SHIFT), SHIFT, tuple(map(tuple, SHIFT)), np.array(SHIFT, "float32")],
    "04.2": [
        lambda S, T: T @ S,
        lambda S, T: np.matmul(T, S),
        lambda first, second: second.dot(first),
        lambda *maps: np.linalg.multi_dot([maps[1], np.eye(3), maps[0]]),
    ],
    "04.3": [["train"], {"train"}, "train", ("train",), np.array(["train"])],
    "04.4": [
        lambda: layer(rotation=10, zoom=0.1),
        lambda: layer(width_shift=0.1),
        lambda: layer(rotation=40, width_shift=0.2, height_shift=0.2, shear=0.2, zoom=0.2),
        subclass,
    ],
    "04.5": [
        lambda: {0.2: trained(0.2), 0.8: trained(0.8)},
        histories,
        lambda: {np.float32(0.7): trained(0.7), 0: trained(0), 0.5: trained(0.5)},
        lambda: {0.9: trained(0.9, nested=True), 0.1: trained(0.1)},
    ],
}

WRONG = {
    "04.1": [
        np.array([[1, 0, 0], [0, 1, 0], [10, -4, 1]]),
        np.array([[1, 0, 10], [0, 1, 4], [0, 0, 1]]),
        np.array([[1, 0, -4], [0, 1, 10], [0, 0, 1]]),
        np.array([10, -4]),
        2 * np.eye(3),
        np.eye(3),
        "10 to the right",
    ],
    "04.2": [
        lambda S, T: S @ T,
        lambda S, T: T * S,
        lambda S, T: T + S,
        lambda S: S,
        T,
        lambda S, given: T @ S,
        lambda S, T: S,
    ],
    "04.3": [["train", "validation"], ["train", "test"], [], ["training"], None, ["test"]],
    "04.4": [
        lambda: layer(horizontal_flip=True),
        lambda: layer(rotation=180),
        lambda: layer(width_shift=0.5),
        lambda: layer(zoom=0.9),
        lambda: layer(rotation=45, width_shift=0.3, height_shift=0.3, zoom=0.5),
        lambda: layer(rotation=45, shear=0.6),
        lambda: layer(rotation=1e-6),
        layer,
        affine,
    ],
    "04.5": [
        lambda: {0.2: 0.81, 0.8: 0.84},
        lambda: trained(0.2),
        nobody_trained,
        one_network_twice,
        lambda: {0.2: trained(0.2), 0.8: trained(0.2)},
        lambda: {0.2: trained(0.2), 0.8: trained(0.8, steps=9)},
        lambda: {0.5: trained(0.5), 0.8: trained(0.8)},
        lambda: {20: trained(0.2), 80: trained(0.8)},
    ],
}

# Their answers need Keras, so they are made when the test runs.
FACTORIES = {"04.4", "04.5"}

FACTS = {
    "one matrix": "a product of matrices is one warp",
    "training pixels change": "training pixels change each epoch",
    "validation pixels do not": "validation pixels never change",
    "dropout 0.5": "dropout zeroes about half",
    "warps help": "warps alone raise the accuracy",
    "a fair gap": "the gap is smaller with warps",
    "the onset": "overfitting begins later with warps",
    "Keras's own layers": "a share of -40/360 is our turn by 40 degrees",
    "one sampling": "the chain blurs more than one warp",
}

SAID = {
    "ImageDataGenerator": "`ImageDataGenerator(rotation_range=40)`",
    "its shear": "`shear_range=0.2`, in *degrees*",
    "flow_from_directory": "`flow_from_directory`",
    "fit_generator": "`fit_generator`, `evaluate_generator`, `predict_generator`",
    "the old file": '`model.save("x.h5")`',
    "the old rate": "`lr=1e-4`",
    "30 epochs": "0.76 after 30 epochs",
    "100 epochs": "0.82 to 0.84 after 100",
    "seconds an epoch": "about 12 seconds on an Apple M1",
    "over an hour": "over an hour in all without a GPU",
    "augmentation alone": ".80 with warps alone, overfitting from about epoch 80",
    "plus dropout": "with both, .84, from 120–130",
    "its remark": "CSCI E-89 adds that more regularization would help",
}
