"""Lesson 02: right and wrong answers, and the facts that its run must show."""

import math

RIGHT = {
    "02.1": ["bcaccba", "B, C, A, C, C, B, A", list("bcaccba")],
    "02.2": [466_058],
    "02.3": [
        lambda side, kernel, stride, padding: (side + 2 * padding - kernel) // stride + 1,
        lambda s, k, t, p: len(range(-p, s + p - k + 1, t)),
    ],
    "02.4": [{"dense": 0.9, "convnet": 0.8}, {"convnet": 0.95, "dense": 0.975}],
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
        {"dense": 0.9, "convnet": 0.97},
        {"dense": 0.5, "convnet": 0.4},
        {"dense": 0.1, "convnet": 0.1},
        {"dense": 90, "convnet": 80},
        {"dense": 0.9},
    ],
}

FACTS = {
    "dense baseline first": "our formula counts the dense network",
    "320, 18,496, 36,928, 55,744": "320 + 18,496 + 36,928 = 55,744",
    "head 36,928 + 650": "36,928 + 650 in the head",
    "93,322 in all": "93,322 is what Keras counts",
    "formula equals the summary": "our formula counts every layer of the convnet",
    "3×3×64 with pooling": "with pooling the last map is 3×3×64",
    "22×22×64 without": "without pooling the last map is 22×22×64",
    "parameters without pooling": "2,038,922",
    "LeNet": "LeNet has 61,706 parameters",
    "convnet beats dense on the same seed": "the convnet beats the dense network on the same seed",
    "confusion matrix": "the diagonal holds the accuracy",
    "shifted digits": "moving costs the dense network more",
}
