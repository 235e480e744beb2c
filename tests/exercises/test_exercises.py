"""Every checker accepts right answers and catches each wrong one with a message of its own."""

import re

import pytest
from lesson_tables import TABLES

from course_utils import exercises
from course_utils.errors import CourseError

RIGHT = {name: values for table in TABLES.values() for name, values in table.RIGHT.items()}
WRONG = {name: values for table in TABLES.values() for name, values in table.WRONG.items()}
FACTORIES = {name for table in TABLES.values() for name in getattr(table, "FACTORIES", ())}


def answers(table):
    for name, values in table.items():
        for number, value in enumerate(values):
            yield pytest.param(name, value, id=f"{name}-{number}")


def made(name, value):
    return value() if name in FACTORIES and callable(value) else value


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
