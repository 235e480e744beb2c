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


RIGHT = {
    "01.1": [73, 73.0],
    "01.2": [[[0, 0, 0], [1, 0, 0], [0, 0, 0]], one_weight(1, 0)],
    "01.3": [field, backwards],
    "01.4": [
        [[-1, 1, -1], [1, 1, 1], [-1, 1, -1]],
        np.outer([-1, -1, 2, -1, -1], [1, 1, 1, 1, 1]) + np.outer([1] * 5, [-1, -1, 2, -1, -1]),
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
    ],
}

FACTS = {
    "hand-written loop equals the framework's": "our loop and Conv2D agree to 1e-5",
    "several maps in": "a filter adds up over all maps that come in",
    "d filters": "d filters give d feature maps",
    "it is a cross-correlation": "apply_kernel is a cross-correlation",
    "in Keras too": "the convolution of Keras is a cross-correlation",
    "edge kernels on digits": "ones excite the vertical kernel more",
    "edge kernels are silent on even ground": "none of them responds to an even surface",
    "Gabor family": "stripes of 30° excite the kernel of 30° the most",
    "border effects": "a 3×3 kernel makes 3×3 out of 5×5",
    "zero padding": "zero padding is what Keras calls 'same'",
    "stride 2": "stride 2 keeps every second response",
    "max pooling": "Keras takes the same maxima",
    "average pooling": "and the same means",
    "receptive field": "two 3×3 layers see 5×5",
    "shift in, shift out": "shift in = shift out: all edges",
    "shift and pooling": "after a pooling, 4 and 2 in = 2 and 1 out",
}
