"""What the first cell of a lesson gives: claims, ledger, models, progress."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest

from course_utils.errors import CourseError
from course_utils.lesson import ledger
from course_utils.lesson import lesson as lessons


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    monkeypatch.delenv("COURSE_STRICT", raising=False)
    return tmp_path


def start(number="03", **options):
    return lessons.start(f"{number}_lesson", **options)


def test_importing_the_package_loads_no_tensorflow():
    code = (
        "import sys, course_utils.cli, course_utils.data.datasets, course_utils.plots;"
        "print([m for m in ('tensorflow', 'keras') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_starting_a_lesson_writes_nothing_to_the_error_stream(place):
    code = "from course_utils import start; start('03_x'); import keras; keras.ops.ones(3)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stderr == ""


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "fulll"}, "full"),
        ({"backbone": "vgg61"}, "vgg16"),
        ({"data": "/nowhere"}, "no folder"),
    ],
)
def test_a_wrong_parameter_names_the_way_out(place, options, message):
    with pytest.raises(CourseError, match=message):
        start(**options).pictures()


def test_prove_raises_and_expect_reports(place, capsys, monkeypatch):
    lesson = start()
    lesson.prove("one is one", np.array([True, True]))
    with pytest.raises(AssertionError, match="not proved: black is white"):
        lesson.prove("black is white", np.array([True, False]))
    lesson.expect("water runs uphill", False, "0.1 against 0.2")
    assert "✘ not on this run: water runs uphill (0.1 against 0.2)" in capsys.readouterr().out
    lesson.expect("it is better", True, needs=lesson.earlier("77"))
    assert "not compared" in capsys.readouterr().out
    monkeypatch.setenv("COURSE_STRICT", "1")
    with pytest.raises(AssertionError, match="uphill"):
        lesson.expect("water runs uphill", False)


def test_a_later_lesson_reads_what_an_earlier_one_recorded(place):
    first = start("03")
    assert math.isnan(first.earlier("03")["accuracy"])
    first.add_result(
        "scratch", 0.7, 0.99, 1234, 5.67, {"accuracy": [0.5, 0.99], "val_accuracy": [0.5, 0.7]}
    )
    table = first.record("scratch", uses_backbone=False)
    assert "0.700" in table._repr_html_() and "1,234" in repr(table)
    later = start("07").earlier("03")
    assert later.known and later["accuracy"] == 0.7 and later.result("scratch")["trainable"] == 1234
    assert not start("07", seed=5).earlier("03").known
    assert not later.result("other").known
    assert math.isnan(later.result("other")["accuracy"])


def test_record_needs_a_stage(place):
    with pytest.raises(CourseError, match="no stage"):
        start().record("ghost")


def test_a_saved_model_comes_back_the_same(place):
    import keras

    lesson = start("08")
    assert lesson.load("08", "tiny") is None
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2, dtype="float32")])
    lesson.save(model, "tiny")
    x = np.ones((3, 4), "float32")
    np.testing.assert_allclose(lesson.load("08", "tiny")(x), model(x))
    assert start("08", seed=1).load("08", "tiny") is None
    assert [p for p in place.rglob(".writing-*")] == []


@pytest.mark.parametrize("damage", ["code", "cut", "empty"])
def test_a_saved_model_that_is_damaged_or_holds_code_is_refused(place, damage):
    import keras

    lesson = start("08")
    inputs = keras.Input((4,))
    code = keras.layers.Lambda(lambda x: x + 1, output_shape=(4,))
    outputs = code(inputs) if damage == "code" else keras.layers.Dense(2)(inputs)
    lesson.save(keras.Model(inputs, outputs), "tiny")
    (file,) = place.rglob("*.keras")
    if damage != "code":
        file.write_bytes(file.read_bytes()[: 0 if damage == "empty" else 2000])
    before = file.read_bytes()
    with pytest.raises(CourseError, match="cannot be loaded.*Delete it") as caught:
        lesson.load("08", "tiny")
    assert str(file) in str(caught.value) and file.read_bytes() == before


def test_the_same_seed_gives_the_same_first_weights(place):
    import keras

    def first_weights(seed):
        start(seed=seed)
        return keras.layers.Dense(3).build((None, 5)) or keras.random.uniform((4,)).numpy()

    np.testing.assert_array_equal(first_weights(1), first_weights(1))
    assert not np.array_equal(first_weights(1), first_weights(2))


def test_headless_training_tells_where_it_is(place, monkeypatch):
    import keras

    status = place / "status.json"
    monkeypatch.setenv("COURSE_STATUS", str(status))
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    bar = start("08").progress("the head", 3)
    model.fit(np.ones((8, 4)), np.ones((8, 1)), epochs=3, verbose=0, callbacks=[bar])
    told = json.loads(status.read_text())
    assert (told["lesson"], told["label"], told["epoch"], told["epochs"]) == (
        "08",
        "the head",
        3,
        3,
    )


def test_a_broken_status_file_does_not_stop_a_training(place, monkeypatch):
    import keras

    (place / "file").write_text("")
    monkeypatch.setenv("COURSE_STATUS", str(place / "file" / "status.json"))
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    bar = start("08").progress("the head", 1)
    model.fit(np.ones((8, 4)), np.ones((8, 1)), epochs=1, verbose=0, callbacks=[bar])


def test_choose_follows_the_preset(place):
    assert start().choose(quick=1, full=2) == 1
    assert start(preset="full").choose(quick=1, full=2) == 2


def test_a_score_on_the_drill_ground_is_filed_under_its_pictures(place):
    lesson = start("02")
    assert lesson.digits() is lesson.digits() and lesson.clothes().source == "toy clothes"
    lesson.add_result("convnet", 0.97)
    lesson.record("convnet", uses_backbone=False, pictures=lesson.digits())
    [entry] = ledger.read()
    assert (entry["dataset"], entry["source"]) == ("toy_digits", "toy digits")
    assert entry["test_opened"] is False


def test_a_notebook_shows_a_way_out_and_no_traceback(capsys):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    result = shell.run_cell(
        "from course_utils.errors import CourseError\nraise CourseError('put it there')"
    )
    assert isinstance(result.error_in_exec, CourseError)
    out = capsys.readouterr().out
    assert out.strip() == "CourseError: put it there"
