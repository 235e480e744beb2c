"""Lesson 11: right and wrong answers, and the facts that its run must show."""

import numpy as np


def by_root_mean_square(g):
    return g / (np.sqrt((g**2).mean(axis=(1, 2, 3), keepdims=True)) + 1e-12)


def one_by_one(gradient):
    sizes = [float(np.sqrt(np.mean(g**2))) for g in gradient]
    return np.stack([g / s if s else g for g, s in zip(gradient, sizes, strict=True)])


class Normalize:
    def __call__(self, gradient):
        return [g / (np.linalg.norm(g) / g.size**0.5 + 1e-12) for g in gradient]


def each(function):
    """Divide each gradient by `function` of it, guarded against zero."""
    return lambda g: g / (function(g) + 1e-12)


AXES = {"axis": (1, 2, 3), "keepdims": True}


def guarded(gradient):
    size = np.sqrt(np.einsum("nhwc,nhwc->n", gradient, gradient) / gradient[0].size)
    return gradient / np.maximum(size, 1e-9)[:, None, None, None]


def by_hand(gradient):
    """Right for pictures of 4×4 only."""
    return gradient / (np.sqrt((gradient**2).sum(**AXES) / 48) + 1e-12)


def powers(gradient):
    cubes = gradient**3
    return cubes / (np.sqrt((cubes**2).mean(**AXES)) + 1e-12)


def responses(maps, first, second):
    return maps[..., first].mean(axis=(1, 2)), maps[..., second].mean(axis=(1, 2))


def joined(function):
    return lambda maps, first, second: function(*responses(maps, first, second))


class Smaller:
    def __call__(self, maps, first, second):
        return [min(m[..., first].mean(), m[..., second].mean()) for m in maps]


RIGHT = {
    "11.1": [40, np.float32(40), [40], np.array([[40]])],
    "11.2": [by_root_mean_square, one_by_one, Normalize(), guarded],
    "11.3": [
        lambda m, k: m[:, :, : m.shape[2] // 2, k].mean(axis=(1, 2)),
        lambda m, k: [one[:, : one.shape[1] // 2, k].mean() for one in m],
        lambda m, k: np.split(m[..., k], 2, axis=2)[0].mean(axis=2).mean(axis=1),
        lambda m, k: np.mean(m, axis=1)[:, : m.shape[2] // 2, k].astype("float64").mean(axis=-1),
    ],
    "11.4": [
        joined(np.minimum),
        joined(lambda a, b: a * b),
        joined(lambda a, b: np.log(a) + np.log(b)),
        joined(lambda a, b: np.sqrt(a) + np.sqrt(b)),
        joined(lambda a, b: a + b - 0.5 * np.abs(a - b)),
        Smaller(),
    ],
}

WRONG = {
    "11.1": [7, 15, 37, 44, 24, 150, [40, 40]],
    "11.2": [
        np.sign,
        powers,
        by_hand,
        lambda g: g[0],
        lambda g: g / (np.sqrt((g**2).mean()) + 1e-12),
        each(lambda g: np.sqrt((g**2).sum(**AXES))),
        each(lambda g: np.abs(g).max(**AXES)),
        each(lambda g: np.abs(g).mean(**AXES)),
        each(lambda g: (g**2).mean(**AXES)),
        lambda g: np.abs(by_root_mean_square(g)),
        lambda g: np.where(g == 0, np.nan, g),
        3,
    ],
    "11.3": [
        lambda m, k: m[:, :, : m.shape[2] // 2, k].mean(),
        lambda m, k: m[:, :, : m.shape[2] // 2, k],
        lambda m, k: m[:, :, m.shape[2] // 2 :, k].mean(axis=(1, 2)),
        lambda m, k: m[:, : m.shape[1] // 2, :, k].mean(axis=(1, 2)),
        lambda m, k: m[..., k].mean(axis=(1, 2)),
        lambda m, k: m[:, :, : m.shape[2] // 2].mean(axis=(1, 2, 3)),
        lambda m, k: m[:, :, : m.shape[2] // 2, k].sum(axis=(1, 2)),
        lambda m, k: m[:, :, 0, k].mean(axis=1),
        lambda m, k: m[:, :, :3, 2].mean(axis=(1, 2)),
        lambda maps: maps,
    ],
    "11.4": [
        joined(lambda a, b: (a + b).mean()),
        joined(lambda a, b: a + b),
        joined(lambda a, b: a**2 + b**2),
        joined(np.maximum),
        joined(lambda a, b: a),
        joined(lambda a, b: b),
        joined(lambda a, b: a - b),
        joined(lambda a, b: -np.abs(a - b)[:, None]),
        joined(lambda a, b: (a + b) / (a + b).mean()),
        joined(lambda a, b: 0 * a),
        joined(lambda a, b: (a + b) * np.inf),
        lambda m, a, b: m.mean(axis=(1, 2, 3)),
        lambda m, a, b: m[:, 0, 0, a] + m[:, 0, 0, b],
        lambda maps: maps,
        "both",
    ],
}

FACTS = {
    "first-layer kernels": "the gradient of a first-layer answer is the filter's kernel",
    "many filters in one batch": "in a batch a filter gets the step that it gets alone",
    "monotone in the mean": "the mean response rises at every step",
    "silent filters": "the picture of a silent filter has not moved",
    "better than any validation picture": "ours beats every picture for four of five woken filters",
    "what blur buys": "blur makes the pictures less than half as rough",
    "the pooling grid": "without jitter the response returns at the grid",
    "why it does": "a shift by 2 moves the pooled map by one whole place",
    "what jitter buys": "with jitter it declines slowly",
    "what it costs": "regularizing costs response",
    "inceptionism": "each layer's answers have grown",
    "the network stays": "the pictures have changed, the network has not",
    "climbing on a class": "each beats all 25 drawings of its class",
}

SAID = {
    "receptive field of VGG16's fourth block": "block4_conv3 sees 92 pixels",
    "40 steps": "Our sources climb 40 steps, too",
    "layer 5, blocks 1 to 4": "VGG16: filters 0 to 2 of layer 5, then blocks 1 to 4",
    "polka dots, BST 261, lecture 7": "polka dots",
    "who made inceptionism": "Mordvintsev, Olah and Tyka",
    "its link": "https://research.google/blog/inceptionism-going-deeper-into-neural-networks/",
}
