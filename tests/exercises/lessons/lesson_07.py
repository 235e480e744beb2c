"""Lesson 07: right and wrong answers, and the facts that its run must show."""

import numpy as np


class MeanAndSpread:
    """A pooling that is an object: the mean and the standard deviation of each channel."""

    def __call__(self, features):
        return np.hstack([features.mean(axis=(1, 2)), features.std(axis=(1, 2))])


def as_lists(f):
    """Mean, minimum and maximum as plain lists."""
    parts = [f.mean(axis=(1, 2)), f.min(axis=(1, 2)), f.max(axis=(1, 2))]
    return np.concatenate(parts, axis=1).tolist()


def halves(f):
    """The mean of the left half, and that of the right half."""
    middle = f.shape[2] // 2
    return np.concatenate([f[:, :, :middle].mean((1, 2)), f[:, :, middle:].mean((1, 2))], 1)


def broken(f):
    """A mean that divides by nothing."""
    with np.errstate(invalid="ignore"):
        return np.concatenate([f.mean(axis=(1, 2)), f.max(axis=(1, 2)) * 0 / 0.0], 1)


RIGHT = {
    "07.1": [16_056_833, np.int64(16_056_833), [16_056_833.0], np.array([16_056_833])],
    "07.2": [328_193, np.float64(328_193), np.array([[328_193]]), (328_193,)],
    "07.3": [33.67, 1010 / 30, np.float32(33.667), [33.7]],
    "07.4": [
        lambda f: np.concatenate([f.mean(axis=(1, 2)), f.max(axis=(1, 2))], axis=1),
        MeanAndSpread(),
        as_lists,
        halves,
    ],
}

WRONG = {
    "07.1": [
        7 * 7 * 1280 * 256,
        (7 * 7 * 1280 + 1) * 256,
        328_193,
        4 * 4 * 512 * 256 + 256 + 257,
        5,
        "16 million",
        [16_056_833, 1],
    ],
    "07.2": [16_056_833, 50 * 256 + 257, 1281 * 256, 1281 * 256 + 256, 5, None],
    "07.3": [50, 101, 0.0297, 980, 12, "33 times"],
    "07.4": [
        lambda f: f.mean(axis=(1, 2)),
        lambda f: f.reshape(len(f), -1),
        lambda f: f,
        lambda f: np.concatenate([f.mean(axis=(1, 2)), f.mean(axis=(0, 1, 2)) + 0 * f[:, 0, 0]], 1),
        lambda f: np.zeros((len(f), 16)),
        lambda f: np.random.default_rng().random((len(f), 16)),
        lambda f: np.concatenate([f.mean(axis=(1, 2))] * 2, axis=1),
        broken,
        lambda features, axis: features,
        np.zeros((5, 16)),
    ],
}

FACTS = {
    "the base runs once": "kept features equal a live pass",
    "2,097,665 parameters": "2,097,665",
    "far above lesson 3": "better than lesson 3",
    "pixels and features": "the classes better than pixels",
    "dense layers hold no place": "from dense layer to dense layer, less of the place is left",
}

SAID = {
    "isolated learning and transfer": "what it learns stays with its one task",
    "texts, too": "with texts it is done as well",
    "generators": "ImageDataGenerator",
    "VGG16's head: rate": "2e-5 for 30 epochs",
    "accuracy on photos": "0.90 on photos of cats and dogs",
    "ImageNet holds cats and dogs": "118 breeds of dog",
    "dense tops": "leave a base's own dense layers out",
    "first layers only": "use its first layers only",
}
