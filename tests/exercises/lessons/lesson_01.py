"""Lesson 01: right and wrong answers, and the facts that its run must show."""

import numpy as np


def field(steps, before=False):
    """Return the receptive field; `before` lets a layer's own stride count too early."""
    side, step = 1, 1
    for kernel, stride in steps:
        step *= stride if before else 1
        side += (kernel - 1) * step
        step *= 1 if before else stride
    return side


def last_stride_only(steps):
    side, step = 1, 1
    for kernel, stride in steps:
        side, step = side + (kernel - 1) * step, max(step, stride)
    return side


def backwards(steps):
    side = 1
    for kernel, stride in reversed(steps):
        side = (side - 1) * stride + kernel
    return side


def one_weight(row, column, value=1.0):
    kernel = np.zeros((3, 3))
    kernel[row, column] = value
    return kernel


class Field:
    def __call__(self, steps):
        return np.int64(field(steps))


def recursive(steps):
    if not steps:
        return 1
    (kernel, stride), *rest = steps
    return kernel + stride * (recursive(rest) - 1)


def plus(side, corners):
    """Return a kernel with 1 along a plus and `corners` elsewhere."""
    middle = np.arange(side) == side // 2
    return np.where(middle | middle[:, None], 1.0, corners)


RIGHT = {
    "01.1": [73, 73.0, np.int64(73), np.array([73]), (150 - 5) // 2 + 1],
    "01.2": [
        [[0, 0, 0], [1, 0, 0], [0, 0, 0]],
        one_weight(1, 0),
        ((0, 0, 0), (1.0, 0, 0), (0, 0, 0)),
        np.eye(9)[3].reshape(3, 3),
    ],
    "01.3": [field, backwards, recursive, Field()],
    "01.4": [
        [[-1, 1, -1], [1, 1, 1], [-1, 1, -1]],
        [[-2, 1, -2], [1, 2, 1], [-2, 1, -2]],
        np.outer([-1, -1, 2, -1, -1], [1, 1, 1, 1, 1]) + np.outer([1] * 5, [-1, -1, 2, -1, -1]),
        plus(7, -3) / 100,
    ],
}

WRONG = {
    "01.1": [146, 75, 72, 73.5, 74, 12, "73"],
    "01.2": [
        one_weight(1, 2),
        one_weight(1, 1),
        one_weight(0, 1),
        one_weight(0, 0),
        one_weight(1, 0, 2.0),
        np.ones((3, 3)) / 9,
        [[0, 0], [1, 0]],
        [[0, 0, 0], [1, 0], [0, 0, 0]],
        [1, 0, 0],
    ],
    "01.3": [
        lambda steps: np.prod([kernel for kernel, _ in steps]),
        lambda steps: sum(kernel for kernel, _ in steps),
        lambda steps: field(steps) ** 2,
        lambda steps: 1 + sum(kernel - 1 for kernel, _ in steps),
        lambda steps: field(steps, before=True),
        last_stride_only,
        lambda steps: field(steps) if steps else 0,
        lambda steps: 4,
    ],
    "01.4": [
        np.ones((3, 3)),
        [[-1, -1, -1], [2, 2, 2], [-1, -1, -1]],
        [[-1, 2, -1], [-1, 2, -1], [-1, 2, -1]],
        np.zeros((3, 3)),
        -np.ones((3, 3)),
        [[1, 1], [1, 1]],
        [[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]],
        [[-1, 0, 0], [0, 0, 1], [0, 1, 0]],
        [[-1, 1, -1], [1, 1, 1], [-1, 0, -1]],
    ],
}

FACTS = {
    "hand-written loop equals the framework's": "our loop and Conv2D agree to 1e-5",
    "several maps in": "a filter adds up over all maps that come in",
    "it is a cross-correlation": "the convolution of Keras is a cross-correlation, as ours",
    "edge kernels on digits": "zeros excite the vertical kernel more than ones do",
    "border effects": "our formula gives the size that Keras gives",
    "zero padding": "at stride 1, 'same' is zero padding by one",
    "stride 2": "at stride 2, it keeps every second place, from the second on",
    "max pooling, average pooling": "Keras takes the same maxima and means",
    "receptive field": "3×3 layers see 3, 5 and 7 pixels, with a pooling 8",
    "depth needs a ReLU": "two layers without ReLU are one 5×5 kernel",
    "shift in, shift out": "shift in = shift out, for all six kernels",
    "shift and pooling": "after a pooling, 4 and 2 in = 2 and 1 out",
    "a mean over the map forgets the place": "its mean over all places has not changed",
}

SAID = {
    "windows or patches": "also called a **patch**",
    "d filters give d maps": "A layer with *d* filters gives *d* feature maps",
    "Gabor filters": "A **Gabor kernel** comes from a formula",
    "5×5 with 3×3 gives 3×3": "In a picture of 5×5, a window of 3×3 fits at three places",
    "translation invariant": "Vanschoren's slides call this **translation invariant**",
}
