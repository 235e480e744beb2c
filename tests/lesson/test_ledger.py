import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.lesson import ledger

KEY = {"lesson": "03", "preset": "quick", "dataset": "toy_pets", "backbone": None, "seed": 0}


@pytest.fixture(autouse=True)
def results(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path))
    return tmp_path


def test_an_entry_comes_back_as_plain_json(results):
    history = {"loss": np.array([1.0, np.nan, -np.inf]), "accuracy": [np.float32(0.5), math.nan]}
    path = ledger.write({**KEY, "trainable": np.int64(7), "history": history, "data": Path("a/b")})
    assert path == results / "ledger" / "03-quick-toy_pets-none-0.json"
    (entry,) = ledger.read()
    assert (entry["trainable"], entry["data"]) == (7, "a/b")
    assert entry["history"] == {"loss": [1.0, None, None], "accuracy": [0.5, None]}
    json.loads(path.read_text(), parse_constant=pytest.fail)


def test_the_same_keys_replace_and_other_seeds_stand_beside():
    for seed, accuracy in ((0, 0.1), (1, 0.2), (0, 0.3)):
        ledger.write({**KEY, "seed": seed, "accuracy": accuracy})
    assert [entry["accuracy"] for entry in ledger.read()] == [0.2, 0.3]  # oldest first


def test_find_takes_the_newest_that_agrees():
    ledger.write({**KEY, "accuracy": 0.1})
    ledger.write({**KEY, "lesson": "07", "backbone": "minivgg", "accuracy": 0.9})
    ledger.write({**KEY, "seed": 1, "accuracy": 0.2})
    assert ledger.find("03")["accuracy"] == 0.2
    assert ledger.find("03", seed=0)["accuracy"] == 0.1
    assert ledger.find("03", backbone="vgg16")["accuracy"] == 0.2  # it uses no base
    assert ledger.find("07_fast_feature_extraction", backbone="minivgg")["accuracy"] == 0.9
    assert ledger.find("07", backbone="vgg16") is None
    assert ledger.find("04") is None


def test_damaged_rows_are_named_once_and_left_alone(results):
    ledger.write({**KEY, "accuracy": 0.1})
    whole = (results / "ledger" / "03-quick-toy_pets-none-0.json").read_bytes()
    bad = {
        "half.json": whole[:40],
        "list.json": b"[1]",
        "keys.json": b"{}",
        "bytes.json": b"\xff",
        "deep.json": b"[" * 100_000,
    }
    for name, content in bad.items():
        (results / "ledger" / name).write_bytes(content)
    with pytest.warns(UserWarning) as caught:
        entries = ledger.read()
    assert [entry["accuracy"] for entry in entries] == [0.1]
    assert len(caught) == 1
    for name, content in bad.items():
        assert name in str(caught[0].message)
        assert (results / "ledger" / name).read_bytes() == content


def test_a_key_that_is_missing_is_named():
    with pytest.raises(KeyError, match="seed"):
        ledger.write({key: value for key, value in KEY.items() if key != "seed"})


@settings(max_examples=50)
@given(st.text(), st.text())
def test_any_name_makes_a_harmless_file_name(dataset, backbone):
    name = ledger.file_name({**KEY, "dataset": dataset, "backbone": backbone})
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")
    assert name.count(".") == 1 and len(name) < 255


def test_versions_have_the_packages_names_whatever_the_build():
    assert set(ledger.versions()) == {"tensorflow", "keras", "numpy"}
    assert ledger.versions(["numpy", "nothing-of-this-name"]) == {"numpy": np.__version__}


def test_a_table_shows_dashes_for_what_is_missing_and_names_as_they_are():
    rows = [
        {"name": "a < b", "accuracy": 0.7, "train_accuracy": 1, "trainable": 1234, "seconds": 5.67},
        {"name": "probe", "accuracy": None},
    ]
    table = ledger.Table(rows)
    assert repr(table).splitlines()[1:] == ["a < b  1.000  0.700  1,234  5.7", "probe  –  –  –  –"]
    assert "<td>a &lt; b</td><td>1.000</td>" in table._repr_html_()
