"""Every checker accepts right answers and catches each wrong one with a message of its own."""

import re

import pytest
from lesson_tables import TABLES

from course_utils import exercises
from course_utils.errors import CourseError

RIGHT = {name: values for table in TABLES.values() for name, values in table.RIGHT.items()}
WRONG = {name: values for table in TABLES.values() for name, values in table.WRONG.items()}
# Their answers need Keras, which takes seconds to import; the tables make them when asked.
FACTORIES = {name for table in TABLES.values() for name in getattr(table, "FACTORIES", ())}


def cases():
    """Yield the name of each exercise."""
    for name in RIGHT:
        yield pytest.param(name, id=name, marks=[pytest.mark.slow] * (name in FACTORIES))


def checked(name, table, capsys):
    """Yield for each answer of a table what to call it, the verdict, and what is printed."""
    for number, value in enumerate(table[name]):
        code = getattr(value, "__code__", None)
        shown = f"line {code.co_firstlineno} of the table" if code else repr(value)
        made = value() if name in FACTORIES and callable(value) else value
        capsys.readouterr()
        verdict = exercises.check(name, made)
        yield f"{name}, answer {number} ({shown})", verdict, capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:You are using a softmax over axis -1")  # a wrong answer does
@pytest.mark.parametrize("name", cases())
def test_right_answers_pass_and_each_wrong_one_has_its_own_message(name, capsys):
    for answer, verdict, said in checked(name, RIGHT, capsys):
        assert verdict is True and said.startswith(f"✔ {name}: "), f"{answer}: {said}"
    heard = {}
    for answer, verdict, said in checked(name, WRONG, capsys):
        assert verdict is False, f"{answer}: {said}"
        assert "stopped with" not in said, f"{answer}: an exception's name is no message: {said}"
        # Numbers that the message quotes from the answer do not make it another message.
        message = re.sub(r"[\d.,:()\[\] ]+", " ", said)
        assert message not in heard, f"{answer} is told the same as {heard[message]}: {said}"
        heard[message] = answer
    assert len(WRONG[name]) >= 5, name
    assert len(RIGHT[name]) >= 4, f"{name}: the plain answer and three unusual ones"


def test_every_exercise_is_tested_and_has_hints_and_a_solution(capsys):
    for name in RIGHT:
        exercises.hint(name)
        first = capsys.readouterr().out
        exercises.hint(name, 99)
        assert capsys.readouterr().out != first, f"{name}: one hint only"
        exercises.solution(name)
        said = capsys.readouterr().out
        assert "answer" in said or "def" in said, f"{name}: {said}"
        compile(exercises.get(name).solution, name, "exec")
    assert set(RIGHT) == set(WRONG) == set(exercises._registry)


def stub(picture, size=3): ...


def test_an_untouched_stub_does_no_harm(capsys):
    for name in RIGHT:
        for untouched in (..., stub):
            assert exercises.check(name, untouched) is None, name
            assert "not attempted" in capsys.readouterr().out, name


def test_a_crash_in_the_students_code_is_shown_and_does_not_stop_the_lesson(capsys):
    assert exercises.check("03.2", lambda losses: losses[99]) is False
    assert "IndexError" in capsys.readouterr().out


def test_an_unknown_exercise_lists_the_known_ones():
    for name in ("03.9", "99.1", "hello"):
        with pytest.raises(CourseError, match="Known here"):
            exercises.get(name)
