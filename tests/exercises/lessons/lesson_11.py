"""Lesson 11: right and wrong answers, and the facts that its run must show."""

import numpy as np


def by_root_mean_square(g):
    return g / (np.sqrt((g**2).mean(axis=(1, 2, 3), keepdims=True)) + 1e-12)


def one_by_one(gradient):
    sizes = [float(np.sqrt(np.mean(g**2))) for g in gradient]
    return np.stack([g / s if s else g for g, s in zip(gradient, sizes, strict=True)])


def dream(layer="block4_conv3", steps=30, gain=4.2, alike=0.8):
    return {"layer": layer, "steps": steps, "gain": gain, "alike": alike}


def each(function):
    """Divide each gradient by `function` of it, guarded against zero."""
    return lambda g: g / (function(g) + 1e-12)


AXES = {"axis": (1, 2, 3), "keepdims": True}

RIGHT = {
    "11.1": [40],
    "11.2": [by_root_mean_square, one_by_one],
    "11.3": [
        lambda m, k: m[:, :, : m.shape[2] // 2, k].mean(axis=(1, 2)),
        lambda m, k: [one[:, : one.shape[1] // 2, k].mean() for one in m],
    ],
    "11.4": [dream(), dream(alike=np.float32(0.5), gain=3.0)],
}

WRONG = {
    "11.1": [7, 15, 37, 44, 24, 150],
    "11.2": [
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
        lambda maps: maps,
    ],
    "11.4": [
        {"layer": "block4_conv3"},
        dream(layer=4),
        dream(steps=0),
        dream(gain=0.2),
        dream(gain=1.5),
        dream(alike=80),
        dream(alike=0.1),
    ],
}

FACTS = {
    "first-layer kernels": "the gradient of a first-layer answer is the filter's kernel",
    "many filters in one batch": "in a batch a filter gets the step that it gets alone",
    "monotone in the mean": "the mean response rises at every step",
    "silent filters": "the picture of a silent filter has not moved",
    "better than any validation picture": "four of five woken filters like ours more",
    "what blur buys": "blur makes the pictures less than half as rough",
    "what jitter buys": "jitter makes a picture survive a shift",
    "what it costs": "regularizing costs response",
    "inceptionism": "each layer's answers have grown",
    "the network stays": "the pictures have changed, the network has not",
}
