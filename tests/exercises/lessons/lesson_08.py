"""Lesson 08: right and wrong answers, and the facts that its run must show."""

RIGHT = {
    "08.1": [1505.28, 1505],
    "08.2": [["D", "B", "A", "C"], "DBAC", "D, B, A, C", ["b", "d", "a", "c"]],
    "08.3": [lambda E, K, h: (E + E * h) / (K + E * h), lambda e, k, x: e * (1 + x) / (k + e * x)],
    "08.4": [{"views": 4, "gap": 0.015}, {"views": 8, "gap": -0.01}],
}

WRONG = {
    "08.1": [1_505_280_000, 752.64, 3010.56, 250.88, 3],
    "08.2": [["D", "A", "B", "C"], ["D", "B", "C", "A"], ["B", "A", "C", "D"], ["A", "B"], 5],
    "08.3": [
        lambda E, K, h: (K + E * h) / (E + E * h),
        lambda E, K, h: E / K,
        lambda E, K, h: (E + h) / (K + h),
        lambda E, K, h: 1.0,
    ],
    "08.4": [{"views": 4, "gap": 0.05}, {"views": 0, "gap": 0.01}, {"views": 2, "gap": 1.5}, 4],
}

FACTS = {
    "four trainable tensors": "four tensors are left",
    "14,714,688 frozen": "14,714,688",
    "2,097,665 trainable": "its head has 2,097,665",
    "16,812,353 in all": "16,812,353",
    "recompile rule": "unfreezing without compile changes nothing",
    "frozen means frozen": "the base is bit-identical after training",
    "views as good as live": "cached views reach the live run",
    "and faster": "in less than 1/2 of the time",
}
