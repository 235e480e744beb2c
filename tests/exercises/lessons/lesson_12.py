"""Lesson 12: right and wrong answers, and the facts that its run must show."""

import numpy as np


def hit_rate(heat, boxes, *, swap=False, whole=False):
    flat = heat.reshape(len(heat), -1)
    peaks = np.full(len(heat), heat.argmax() % flat.shape[1]) if whole else flat.argmax(axis=1)
    y, x = np.divmod(peaks, heat.shape[2])
    if swap:
        x, y = y, x
    x0, y0, x1, y1 = boxes.T
    return np.mean((x + 0.5 > x0) & (x + 0.5 < x1) & (y + 0.5 > y0) & (y + 0.5 < y1))


def by_loop(heat, boxes):
    hits = 0
    for one, (x0, y0, x1, y1) in zip(heat, boxes, strict=True):
        row, column = np.unravel_index(one.argmax(), one.shape)
        hits += x0 <= column + 0.5 <= x1 and y0 <= row + 0.5 <= y1
    return hits / len(heat)


def share_of_heat(heat, boxes):
    y, x = np.mgrid[: heat.shape[1], : heat.shape[2]] + 0.5
    x0, y0, x1, y1 = boxes.T[:, :, None, None]
    inside = (x > x0) & (x < x1) & (y > y0) & (y < y1)
    return np.mean((heat * inside).sum(axis=(1, 2)) / heat.sum(axis=(1, 2)))


def upper_left_corners(heat, boxes):
    y, x = np.divmod(heat.reshape(len(heat), -1).argmax(axis=1), heat.shape[2])
    x0, y0, x1, y1 = boxes.T
    return np.mean((x >= x0) & (x < x1) & (y >= y0) & (y < y1))


class Network:
    """Says class 1 where a part of a picture is bright, or dark."""

    def __init__(self, rows=slice(0, 4), bright=True, units=1):
        self.rows, self.bright, self.units = rows, bright, units

    def predict(self, pictures, verbose=1):
        level = np.asarray(pictures, float)[:, self.rows, self.rows].mean(axis=(1, 2, 3))
        says = (level > 200) if self.bright else (level < 60)
        logit = np.where(says, 4.0, -4.0)[:, None]
        return logit if self.units == 1 else np.hstack([1 - says[:, None], says[:, None]])


PLAIN = np.random.default_rng(0).integers(80, 180, (12, 16, 16, 3)).astype(np.uint8)
LABELS = np.arange(12) % 2


def stamped(rows=slice(0, 4), value=255, which=LABELS == 1):
    out = PLAIN.copy()
    chosen = out[which]
    chosen[:, rows, rows] = value
    out[which] = chosen
    return out


def heat_at(rows, columns, count=6, side=8):
    heat = np.random.default_rng(1).random((count, side, side)).astype("float32") * 0.05
    heat[:, rows, columns] += 1
    return heat


CORNER = {
    "network": Network(),
    "plain": PLAIN,
    "marked": stamped(),
    "labels": LABELS,
    "heat": heat_at(slice(0, 2), slice(0, 2)),
}
DARKER = {
    **CORNER,
    "network": Network(slice(None), bright=False),
    "marked": np.where((LABELS == 1)[:, None, None, None], PLAIN // 3, PLAIN),
    "heat": heat_at(slice(3, 6), slice(3, 6)),
}
FRAME = {
    **CORNER,
    "network": Network(slice(0, 1), units=2),
    "marked": stamped(slice(0, 1)).astype("float32"),
    "labels": LABELS.tolist(),
    "heat": heat_at(slice(0, 1), slice(0, 1), side=16),
}

RIGHT = {
    "12.1": [
        [[1, 0], [1.5, 1]],
        np.array([[1, 0], [1.5, 1.0]]),
        ((1, 0), (np.float32(1.5), True)),
        np.array([[[1, 0], [1.5, 1]]], "float32"),  # as a batch of one
    ],
    "12.2": [81, 81.0, np.array([81]), np.int64(9) ** 2],
    "12.3": [
        hit_rate,
        by_loop,
        lambda heat, boxes: np.array([hit_rate(heat, boxes)], "float32"),
        lambda heat, boxes: hit_rate(heat - heat.min() + 1, boxes),
    ],
    "12.4": [CORNER, DARKER, FRAME, {**CORNER, "marked": stamped(value=254), "note": "a corner"}],
}

WRONG = {
    "12.1": [
        [[1, -1.5], [1.5, 1]],
        [[4, 0], [6, 4]],
        [[2, 0], [0, 2]],
        [[1, 3], [3, 1]],
        [[1, 0], [2, 1]],
        [[1, 1.5], [0, 1]],
        [1, 0, 1.5, 1],
        [[0, 0], [0, 0]],
        "warm",
    ],
    "12.2": [9, 16, 324, 100, 196, 81 * 512, 512],
    "12.3": [
        lambda heat, boxes: hit_rate(heat, boxes) * len(heat),
        lambda heat, boxes: hit_rate(heat, boxes, swap=True),
        lambda heat, boxes: 1 - hit_rate(heat, boxes),
        lambda heat, boxes: hit_rate(heat, boxes, whole=True),
        lambda heat, boxes: np.ones(len(heat)),
        lambda heat, boxes: 0.6,
        lambda heat, boxes: hit_rate(np.maximum(heat, 0), boxes),
        share_of_heat,
        upper_left_corners,
        lambda heat: 0.6,
    ],
    "12.4": [
        {"with": 0.99, "without": 0.5, "heat": 0.6, "area": 0.03},
        {**CORNER, "network": 0.99},
        {**CORNER, "labels": LABELS[:3]},
        {**CORNER, "heat": "on the corner"},
        {**CORNER, "marked": PLAIN},
        {**CORNER, "marked": stamped(which=LABELS >= 0)},
        {**CORNER, "network": Network(slice(8, 12))},
        {**CORNER, "heat": heat_at(slice(0, 2), slice(0, 2), count=12)},
        {**CORNER, "heat": np.ones((6, 8, 8))},
        {**CORNER, "heat": (stamped() != PLAIN).any(axis=-1)[LABELS == 1]},
        {**CORNER, "heat": heat_at(slice(4, 8), slice(4, 8))},
    ],
}

FACTS = {
    "flat, nested, Sequential": "flat, nested and Sequential",
    "one map for all three": "all three give the same maps",
    "the class asked for": "red is warm on the left, blue on the right",
    "decided by a half": "'left' is warm on the left only",
    "a mean forgets the place": "'left' is as warm on the right",
    "logits, not probabilities": "it has no slope left",
    "none of the classes": "it is sure of many a picture of none of its classes",
    "a 4×4 map is not fine enough": "the coarse map does not follow it",
    "it is right about its layer": "what the coarse map says of its layer is true",
    "the field is larger than the picture": "block5_conv3 196×196",
    "a rival without knowledge": "a dot in the middle hits as often as the best map",
    "the face is followed": "the finest map follows the face, the dot cannot",
    "the guarantee": "one dense layer: the map is what the logit loses, place by place",
    "the verdict": "the finest map, place by place, wins",
    "gradient × activation": "place by place hits more often than plain Grad-CAM",
    "the shortcut's accuracy": "without the mark, the accuracy collapses",
    "the shortcut's heat": "the shortcut's heat moves to the mark",
    "randomised weights": "with random weights the map loses most of the face",
    "occlusion": "occlusion agrees with the picture's own map",
    "a map is a sum of channels": "the weighted sum of all channels is the map",
    "important channels": "the first four matter more than four others",
    "overlap of boxes": "the IoU of a box with its half is 1/2",
    "a map turned into a box": "the box from 0.2 fits best of all six",
    "a box that knows nothing": "one fixed box fits about as well",
}

SAID = {
    "Harvard gate, prison": "prison 0.413",
    "Harvard gate, fire screen": "fire screen 0.106",
    "Harvard gate, monastery": "monastery 0.077",
    "Turkish shepherd, saluki": "saluki (0.659)",
    "Turkish shepherd, whippet": "whippet (0.063)",
    "Turkish shepherd, Labrador": "Labrador (0.039)",
    "what activates important channels": "important, and what activates them",
    "what activates a channel": "responds most to elephant",
    "VGG16 with top": "we have never run this part with them",
    "dense features hold no location": "Dense layers themselves give no map",
    "posts on YOLO": "The Flatiron lesson links posts on it",
    "detectors": "they learn boxes from boxes",
}
