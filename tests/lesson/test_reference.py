"""The course's own results: found for the same preset, pictures and base, and for no other."""

import json

import numpy as np
import pytest
from scripts import load

from course_utils.lesson import reference
from course_utils.plots import curves

WHERE = {"preset": "quick", "dataset": "toy pets", "backbone": "minivgg"}
ENTRY = {
    "lesson": "09",
    **WHERE,
    "seeds": [0, 1, 2],
    "results": {"top": {"accuracy": [0.9, 0.8, 0.7], "seconds": [1, 2, 3]}},
    "measures": {"shift": [[1.0, 0.5], [0.8, 0.5], [0.9, 0.8]]},
}


@pytest.fixture(autouse=True)
def shipped(tmp_path, monkeypatch):
    path = tmp_path / "reference.json"
    path.write_text(json.dumps({"lessons": [ENTRY]}), encoding="utf-8")
    monkeypatch.setattr(reference, "FILE", path)
    return path


def test_a_band_is_mean_and_spread_over_the_seeds():
    band = reference.find("09", "top", **WHERE)
    assert str(band) == "0.800 ± 0.100 (3 seeds)" and band.limits == pytest.approx((0.6, 1.0))
    assert reference.find("09", "top", "seconds", **WHERE).mean == 2
    curve = reference.find("09", "shift", **WHERE)
    assert curve.mean == pytest.approx([0.9, 0.6]) and curve.sd.shape == (2,)


def test_a_band_goes_no_further_than_its_values_can():
    def limits(*values):
        return reference.Band(np.array(values)).limits

    low, high = limits(0.0, 0.9, 0.1)  # shares
    assert (low, high) == (0, 1)
    low, high = limits(0.1, 0.2, 2.9)  # losses
    assert low == 0 and high > 1
    assert limits(-0.1, 0.9, 0.1)[0] < -0.1  # a difference
    assert np.shape(limits([0.5, 1.0], [0.7, 0.0])) == (2, 2)


@pytest.mark.parametrize(
    "changed", [{"preset": "full"}, {"dataset": "mine-1a2b3c"}, {"backbone": "vgg16"}]
)
def test_other_pictures_have_no_band(changed):
    band = reference.find("09", "top", **{**WHERE, **changed})
    assert not band.known and np.isnan(band.mean) and "not measured" in str(band)
    figure, told = curves.history_figure({"val_accuracy": [0.5, 0.6]}, reference=band)
    assert "course" not in told


def test_a_folder_is_known_by_its_pictures_whatever_it_is_called(shipped):
    entry = {**ENTRY, "dataset": "dogs_vs_cats-1a2b3c"}
    shipped.write_text(json.dumps({"lessons": [entry]}), encoding="utf-8")
    for name, known in (("photos-1a2b3c", True), ("dogs_vs_cats-ffffff", False)):
        assert reference.find("09", "top", **{**WHERE, "dataset": name}).known is known


def test_a_result_that_nobody_measured_or_a_damaged_file_is_no_error(shipped):
    assert not reference.find("09", "deep", **WHERE).known
    shipped.write_text("{", encoding="utf-8")
    assert not reference.find("09", "top", **WHERE).known


def test_the_benchmark_notices_what_left_the_band(capsys):
    benchmark = load("tests/benchmarks/reference.py")
    assert benchmark.compare([ENTRY], [ENTRY]) == 0
    moved = {**ENTRY, "results": {"top": {"accuracy": [0.5, 0.5, 0.6]}}}
    assert benchmark.compare([ENTRY], [moved]) == 1
    assert "0.800 ± 0.100 | 0.533 | outside 2 sd" in capsys.readouterr().out
    benchmark.write([ENTRY], [moved, {**ENTRY, "lesson": "04"}])
    lessons = json.loads(reference.FILE.read_text(encoding="utf-8"))["lessons"]
    assert [entry["lesson"] for entry in lessons] == ["04", "09"]
    assert lessons[1]["results"]["top"]["accuracy"] == [0.5, 0.5, 0.6]


def test_paired_differences_are_told_seed_by_seed():
    first, second = (
        reference.Band(np.array([0.7, 0.8, 0.6])),
        reference.Band(np.array([0.6, 0.9, 0.6])),
    )
    assert first.paired(second) == "+0.000 on average, ahead in 1 of 3 seeds (+0.100 -0.100 +0.000)"
    assert second.paired(first).startswith("+0.000 on average, ahead in 1 of 3")


@pytest.mark.parametrize(
    "other",
    [reference.Band(np.empty(0)), reference.Band(np.ones(2)), reference.Band(np.ones((3, 2)))],
)
def test_bands_of_other_runs_make_no_pairs(other):
    assert reference.Band(np.ones(3)).paired(other) == "not measured for these pictures"
    assert other.paired(reference.Band(np.ones(3))) == "not measured for these pictures"
