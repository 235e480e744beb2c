"""The course's own small base: its layout, its packaged weights, and what it says without them."""

import numpy as np
import pytest

from course_utils.data.toys import zoo
from course_utils.errors import CourseError

keras = pytest.importorskip("keras")

from course_utils.models import backbones, minivgg  # noqa: E402


def weights_of(model):
    return {f"{la.name}/{w.name}": w.numpy() for la in model.layers for w in la.weights}


def test_maps_are_a_32nd_of_the_picture_and_the_top_names_the_zoos_classes():
    assert backbones.load("minivgg", weights=None).output_shape == (None, 2, 2, 128)
    assert backbones.load("minivgg", 96, weights=None).output_shape == (None, 3, 3, 128)
    whole = backbones.load("minivgg", weights=None, include_top=True)
    assert whole.input_shape == (None, 64, 64, 3)
    assert whole.output_shape == (None, len(zoo.CLASSES))


def test_each_packaged_array_reaches_the_layer_it_is_named_after(monkeypatch, tmp_path):
    arrays = weights_of(backbones.load("minivgg", weights=None, include_top=True))
    assert {"block1_conv1/kernel", "block5_conv3/bias", "top_softmax/bias"} <= set(arrays)
    stored = {name: array.astype("float16") for name, array in arrays.items()}
    np.savez(tmp_path / "minivgg.npz", **stored)
    monkeypatch.setattr(minivgg, "WEIGHTS", tmp_path / "minivgg.npz")
    for size, include_top in ((64, True), (96, False)):
        loaded = weights_of(backbones.load("minivgg", size, include_top=include_top))
        assert len(loaded) == (30 if include_top else 26)
        for name, array in loaded.items():
            np.testing.assert_array_equal(array, stored[name].astype("float32"))


def test_the_packaged_weights_know_the_zoo():
    drawn = [zoo.draw(number, 64, 0, "validation") for number in range(80)]
    pictures = np.stack([picture for picture, _ in drawn])
    whole = backbones.load("minivgg", include_top=True)
    seen = whole(pictures).numpy().argmax(axis=1)
    assert (seen == [label for _, label in drawn]).mean() >= 0.85  # 0.94 of 4,000 on the card


def test_under_mixed_precision_scaling_and_probabilities_stay_float32():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        whole = backbones.load("minivgg", weights=None, include_top=True)
    finally:
        keras.config.set_dtype_policy(before)
    assert whole.get_layer("block1_conv1").compute_dtype == "bfloat16"
    assert whole.get_layer("scale").compute_dtype == whole.output.dtype == "float32"


def test_missing_or_damaged_packaged_weights_name_the_file_and_the_way_out(monkeypatch, tmp_path):
    file = tmp_path / "minivgg.npz"
    monkeypatch.setattr(minivgg, "WEIGHTS", file)
    for content in (None, b"PK not quite", b""):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(CourseError, match="Install the package again") as caught:
            backbones.load("minivgg", 64)
        assert str(file) in str(caught.value)
    np.savez(file, **{"block1_conv1/kernel": np.zeros((3, 3, 3, 16))})  # and the rest is lacking
    with pytest.raises(CourseError, match="block1_conv1/bias"):
        backbones.load("minivgg", 64)
