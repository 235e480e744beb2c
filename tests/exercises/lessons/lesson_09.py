"""Lesson 09: right and wrong answers, and the facts that its run must show."""

ONE = (3 * 3 * 512 + 1) * 512

RIGHT = {
    "09.1": [["C", "E", "A", "B", "D"], "ceabd", "E, C, A, B, D"],
    "09.2": [4_719_616],
    "09.3": [[{"head"}, {"head", "top"}], ["head", {"head", "top", "rest"}]],
    "09.4": [
        {
            "frozen": [0.9, 0.91, 0.92],
            "all from the start": [0.93, 0.95, 0.91],
            "frozen, then all": [0.94, 0.96, 0.95],
        }
    ],
}

WRONG = {
    "09.1": ["EABCD", "CAEBD", "CEBAD", "CEADB", "CE"],
    "09.2": [3 * ONE, ONE, 2 * 9 * 512 * 512, 14_714_688 - 2 * ONE, 1],
    "09.3": [
        [{"head"}],
        [{"head", "top", "rest"}],
        [{"head", "top"}, {"head"}],
        [{"head"}, {"top"}],
        [{"tail"}],
    ],
    "09.4": [
        {"frozen": [0.9, 0.9, 0.9]},
        {"frozen": [0.9], "all from the start": [0.9], "frozen, then all": [0.9]},
        {n: [90, 91, 92] for n in ("frozen", "all from the start", "frozen, then all")},
        {n: [0.9, 0.9, 0.9] for n in ("frozen", "all from the start", "frozen, then all")},
    ],
}

FACTS = {
    "block 5 is set free": "unfreezing frees exactly the layers above the cut",
    "7,079,424 of VGG16": "7,079,424",
    "the rest stays": "no layer below the cut has moved",
    "statistics stay": "no batch normalization has moved",
    "gain": "fine-tuning beats the frozen base",
    "three approaches": "a base that moves beats a frozen one",
    "batch-norm trap": "the statistics move, in spite of training=False",
}
