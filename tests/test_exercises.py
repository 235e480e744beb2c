"""Every checker accepts right answers and catches each wrong one with a message of its own."""

import re

import numpy as np
import pytest

from course_utils import exercises
from course_utils.errors import CourseError

ONE = (3 * 3 * 512 + 1) * 512
T = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])


def layer(**options):
    from course_utils.augment import RandomAffine

    return RandomAffine(**options)


def network(classes_right=True, small=True, scaling=True, activation="sigmoid"):
    import keras
    from keras import layers

    def build(shape, classes):
        inputs = keras.Input(shape)
        x = layers.Rescaling(1 / 255)(inputs) if scaling else inputs
        x = layers.GlobalAveragePooling2D()(x) if small else layers.Flatten()(x)
        x = layers.Dense(16)(x)
        if classes == 2:
            # The bias keeps a linear unit away from the range of probabilities.
            bias = "zeros" if activation == "sigmoid" else keras.initializers.Constant(50)
            decision = layers.Dense(1, activation=activation, bias_initializer=bias)
            return keras.Model(inputs, decision(x))
        units = classes if classes_right else 1
        return keras.Model(inputs, layers.Dense(units, activation="softmax")(x))

    return build


def no_model(shape, classes):
    return "a model"


RIGHT = {
    "03.1": [51_264, 51_264.0, np.int64(51_264)],
    "03.2": [
        lambda losses: int(np.argmin(losses)) + 1,
        lambda losses: losses.index(min(losses)) + 1,
    ],
    "03.3": [network],
    "04.1": [np.array([[1, 0, 10], [0, 1, -4], [0, 0, 1]]), [[1, 0, 10], [0, 1, -4], [0, 0, 1]]],
    "04.2": [lambda S, T: T @ S, lambda S, T: np.matmul(T, S)],
    "04.3": [["train"], {"train"}, "train"],
    "04.4": [lambda: layer(rotation=10, zoom=0.1), lambda: layer(width_shift=0.1)],
    "04.5": [{"warps": 0.02, "dropout": 0.2}],
    "07.1": [16_056_833],
    "07.2": [328_193],
    "07.3": [33.67, 1010 / 30],
    "07.4": [
        lambda f: np.concatenate([f.mean(axis=(1, 2)), f.max(axis=(1, 2))], axis=1),
        lambda f: f.reshape(len(f), 2, 2, 2, 2, 8).mean(axis=(2, 4)).reshape(len(f), -1),
    ],
    "08.1": [1505.28, 1505],
    "08.2": [["D", "B", "A", "C"], "DBAC", ["b", "d", "a", "c"]],
    "08.3": [lambda E, K, h: (E + E * h) / (K + E * h), lambda e, k, x: e * (1 + x) / (k + e * x)],
    "08.4": [{"views": 4, "gap": 0.015}, {"views": 8, "gap": -0.01}],
    "09.1": [["C", "E", "A", "B", "D"], "ceabd"],
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
    "03.1": [51_200, 1_664, 801, 51_232, 7],
    "03.2": [
        min,
        lambda losses: int(np.argmin(losses)),
        len,
        lambda losses: len(losses) - int(np.argmin(losses[::-1])),
        3,
    ],
    "03.3": [
        no_model,
        lambda: network(small=False),
        lambda: network(scaling=False),
        lambda: network(activation="linear"),
        lambda: network(classes_right=False),
    ],
    "04.1": [
        np.array([[1, 0, 0], [0, 1, 0], [10, -4, 1]]),
        np.array([[1, 0, 10], [0, 1, 4], [0, 0, 1]]),
        np.array([[1, 0, -4], [0, 1, 10], [0, 0, 1]]),
        np.array([10, -4]),
        2 * np.eye(3),
    ],
    "04.2": [lambda S, T: S @ T, lambda S, T: T * S, lambda S, T: T + S, lambda S: S, T],
    "04.3": [["train", "validation"], ["train", "test"], [], ["training"]],
    "04.4": [
        lambda: layer(horizontal_flip=True),
        lambda: layer(rotation=180),
        lambda: layer(width_shift=0.5),
        layer,
        "a layer",
    ],
    "04.5": [0.1, {"warps": 0.2, "dropout": 0.1}, {"warps": 2.0, "dropout": 20.0}],
    "07.1": [7 * 7 * 1280 * 256, (7 * 7 * 1280 + 1) * 256, 328_193, 5],
    "07.2": [16_056_833, 50 * 256 + 257, 1281 * 256, 5],
    "07.3": [50, 101, 0.0297, 980, 12],
    "07.4": [
        lambda f: f.mean(axis=(1, 2)),
        lambda f: f.reshape(len(f), -1),
        lambda f: f,
        lambda f: np.concatenate([f.mean(axis=(1, 2)), f.mean(axis=(0, 1, 2)) + 0 * f[:, 0, 0]], 1),
    ],
    "08.1": [1_505_280_000, 752.64, 3010.56, 250.88, 3],
    "08.2": [["D", "A", "B", "C"], ["D", "B", "C", "A"], ["B", "A", "C", "D"], ["A", "B"], 5],
    "08.3": [
        lambda E, K, h: (K + E * h) / (E + E * h),
        lambda E, K, h: E / K,
        lambda E, K, h: (E + h) / (K + h),
        lambda E, K, h: 1.0,
    ],
    "08.4": [{"views": 4, "gap": 0.05}, {"views": 0, "gap": 0.01}, {"views": 2, "gap": 1.5}, 4],
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

FACTORIES = {"03.3", "04.4"}  # their answers need Keras, so they are made when the test runs


def answers(table):
    for name, values in table.items():
        for number, value in enumerate(values):
            yield pytest.param(name, value, id=f"{name}-{number}")


def made(name, value):
    return value() if name in FACTORIES and callable(value) and value is not no_model else value


@pytest.mark.parametrize(("name", "value"), answers(RIGHT))
def test_right_answers_pass(name, value, capsys):
    assert exercises.check(name, made(name, value)) is True, capsys.readouterr().out
    assert capsys.readouterr().out.startswith(f"✔ {name}: ")


@pytest.mark.parametrize(("name", "value"), answers(WRONG))
def test_wrong_answers_are_caught(name, value, capsys):
    assert exercises.check(name, made(name, value)) is False
    assert "stopped with" not in capsys.readouterr().out  # a message, not an exception's name


@pytest.mark.parametrize("name", WRONG)
def test_each_wrong_answer_has_its_own_message(name, capsys):
    messages = []
    for value in WRONG[name]:
        exercises.check(name, made(name, value))
        # Numbers that the message quotes from the answer do not make it another message.
        messages.append(re.sub(r"[\d.,:()\[\] ]+", " ", capsys.readouterr().out))
    assert len(messages) >= 3
    assert len(set(messages)) == len(messages)


@pytest.mark.parametrize("name", RIGHT)
def test_every_exercise_has_hints_and_a_solution(name, capsys):
    exercises.hint(name)
    first = capsys.readouterr().out
    exercises.hint(name, 99)
    assert capsys.readouterr().out != first
    exercises.solution(name)
    assert "answer" in capsys.readouterr().out or "def" in exercises.get(name).solution
    compile(exercises.get(name).solution, name, "exec")


def test_every_exercise_is_tested():
    for name in RIGHT:
        exercises.get(name)
    assert set(RIGHT) == set(WRONG) == set(exercises._registry)


def test_an_untouched_stub_does_no_harm(capsys):
    for name in RIGHT:
        assert exercises.check(name, ...) is None
        assert "not attempted" in capsys.readouterr().out


def test_a_crash_in_the_students_code_is_shown_and_does_not_stop_the_lesson(capsys):
    assert exercises.check("03.2", lambda losses: losses[99]) is False
    assert "IndexError" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["03.9", "99.1", "hello"])
def test_an_unknown_exercise_lists_the_known_ones(name):
    with pytest.raises(CourseError, match="Known here"):
        exercises.get(name)
