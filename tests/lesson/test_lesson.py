"""What a running lesson gives: pictures, claims, ledger, models. No TensorFlow but where marked."""

import json
import math
import time

import numpy as np
import pytest
from drawn_folder import fill

from course_utils import presets
from course_utils.data import datasets
from course_utils.errors import CourseError
from course_utils.lesson import ledger, reference
from course_utils.lesson.lesson import Lesson


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path / "results"))
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    monkeypatch.delenv("COURSE_STRICT", raising=False)
    return tmp_path


def make(number="03", preset="quick", data=None, backbone="minivgg", seed=0, device="CPU"):
    preset = presets.get(preset)
    return Lesson(number, f"{number}_lesson", preset, data, backbone, seed, device, "float32")


def test_prove_raises_and_expect_reports(capsys, monkeypatch):
    lesson = make()
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


def test_a_later_lesson_reads_what_an_earlier_one_recorded():
    first = make("03")
    history = {"accuracy": [0.5, 0.99], "val_accuracy": [0.5, 0.7]}
    first.add_result("scratch", 0.6)
    first.add_result("scratch", np.float32(0.7), 0.99, 1234, 5.67, history)  # replaces
    assert "0.700" in repr(first.record("scratch", uses_backbone=False))
    later = make("07", backbone="vgg16").earlier("03")
    assert later.known and later["accuracy"] == 0.7
    assert later.result("scratch")["trainable"] == 1234
    assert later.result("scratch")["history"] == history
    assert len(later["results"]) == 1
    for unknown in (make("07", seed=5).earlier("03"), make("07").earlier("04"), later.result("x")):
        assert not unknown.known and math.isnan(unknown["accuracy"])


def test_the_newest_entry_that_agrees_is_the_earlier_one():
    for number in ("03", "03_cnn_from_scratch"):  # as two editions of a lesson may write it
        lesson = make(number)
        lesson.add_result("scratch", 0.5 if number == "03" else 0.6)
        lesson.record("scratch", uses_backbone=False)
    assert make("07").earlier("03")["accuracy"] == 0.6


def test_only_results_can_be_recorded():
    with pytest.raises(CourseError, match="no result 'ghost'"):
        make().record("ghost")


def test_pictures_are_those_of_the_folder_that_data_names_now(place):
    from PIL import Image

    for folder in ("one", "two"):
        for split in ("train", "validation", "test"):
            for name in ("cats", "dogs"):
                (place / folder / split / name).mkdir(parents=True)
                Image.new("RGB", (8, 8)).save(place / folder / split / name / "1.png")
    lesson = make(data=str(place / "one"))
    one = lesson.pictures()
    assert lesson.pictures() is one and one.title == "one"
    lesson.data = place / "two"
    assert lesson.pictures().title == lesson.folder().name == "two"
    lesson.data = str(place / "one")
    assert lesson.pictures() is one
    lesson.data = place / "nowhere"
    with pytest.raises(CourseError, match="nowhere"):
        lesson.pictures()


def test_a_score_on_the_drill_ground_is_filed_under_its_pictures():
    lesson = make("02")
    assert lesson.digits() is lesson.digits() and lesson.clothes().title == "toy clothes"
    lesson.add_result("convnet", 0.97)
    lesson.record("convnet", uses_backbone=False, pictures=lesson.digits())
    [entry] = ledger.read()
    assert (entry["dataset"], entry["pictures"]) == ("toy_digits", "toy digits")
    assert entry["test_opened"] is False


def test_choose_follows_the_preset():
    assert make().choose(quick=1, full=2) == 1
    assert make(preset="full").choose(quick=1, full=2) == 2


@pytest.mark.slow
def test_a_saved_model_comes_back_the_same_or_not_at_all(place, capsys):
    import keras

    def save(layer):
        inputs = keras.Input((4,))
        make("08").save(keras.Model(inputs, layer(inputs)), "tiny")
        return next(place.rglob("*.keras"))

    def train():
        print("training")

    assert make("08").load("08", "tiny") is None
    make("08").load_or_train("08", "tiny", train)
    dense = keras.layers.Dense(2, dtype="float32")
    whole = save(dense).read_bytes()
    x = np.ones((3, 4), "float32")
    loaded = make("08").load_or_train("08", "tiny", train)
    np.testing.assert_allclose(loaded(x), dense(x))
    assert capsys.readouterr().out.count("training") == 1
    for other in (make("08", seed=1), make("08", backbone="vgg16")):
        assert other.load("08", "tiny") is None

    file = save(keras.layers.Lambda(lambda x: x + 1, output_shape=(4,)))
    for damaged in (file.read_bytes(), whole[:2000], b""):  # holds code, is cut, is empty
        file.write_bytes(damaged)
        with pytest.raises(CourseError, match="cannot be loaded.*Delete it") as caught:
            make("08").load("08", "tiny")
        assert str(file) in str(caught.value) and file.read_bytes() == damaged
        told = str(caught.value)
        assert "safe_mode" not in told and "unsafe" not in told  # no student needs that way
        assert "not found" not in told


@pytest.mark.slow
def test_a_training_shows_a_bar_only_where_somebody_watches(capsys, monkeypatch):
    import keras

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    for headless in ("1", "0"):
        monkeypatch.setenv("COURSE_HEADLESS", headless)
        callbacks = [make().progress("the head", 2)]
        model.fit(np.ones((8, 4)), np.ones((8, 1)), epochs=2, verbose=0, callbacks=callbacks)
        assert ("the head" in capsys.readouterr().err) == (headless == "0")


def test_a_lesson_may_go_on_with_pictures_that_it_has_mended_itself(place):
    lesson = make("14", data=fill(place / "mine"))
    mended = datasets.load(lesson.preset, place / "mine", image_size=8)
    lesson.data = mended
    assert lesson.pictures() is mended


def test_the_minutes_that_are_announced_follow_the_pictures_at_hand(place, capsys):
    """330 seconds were 66 by the preset's own set."""
    lesson = make("07", data=fill(place / "mine"))
    count = sum(lesson.pictures().counts[split] for split in ("train", "validation"))
    lesson.pictures()
    minutes = presets.LESSONS["07"].estimate(lesson.preset, count)
    told = capsys.readouterr().out
    assert told.count(f"With these {count} pictures: about {minutes:.1f} minutes") == 1
    make("07").pictures()
    assert "With these" not in capsys.readouterr().out


def test_measures_are_recorded_also_where_nothing_is_trained(monkeypatch, tmp_path):
    lesson = make("11")
    lesson.measure("ratio", np.float32(2.5))
    lesson.measure("curve", [1, np.nan, 0.123456789])
    assert lesson.record() is None  # no table of results
    [entry] = ledger.read()
    assert entry["measures"] == {"ratio": 2.5, "curve": [1, None, 0.12346]}
    assert entry["main"] is None and entry["results"] == []
    shipped = {"lesson": "11", "preset": "quick", "dataset": "toy_pets", "backbone": "minivgg"}
    content = {"lessons": [{**shipped, "results": {}, "measures": {"ratio": [2.0, 3.0]}}]}
    path = tmp_path / "reference.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.setattr(reference, "FILE", path)
    assert lesson.reference("ratio").mean == 2.5
    assert not lesson.reference("ratio", lesson="12").known
    assert not make("11", backbone="vgg16").reference("ratio").known


def test_the_clock_counts_computing_on_a_cpu_and_the_wall_on_a_gpu():
    spent = {}
    for device in ("CPU", "GPU"):
        lesson = make(device=device)
        began = lesson.clock()
        time.sleep(0.2)  # waiting is no computing
        spent[device] = lesson.clock() - began
    assert spent["CPU"] < spent["GPU"] / 2
