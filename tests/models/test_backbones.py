"""Every base of the table builds, takes raw pictures, can be cut, and says what is missing."""

import inspect
import json
import os
import shutil
import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from course_utils import presets
from course_utils.data import registry
from course_utils.errors import CourseError

keras = pytest.importorskip("keras")

h5py = pytest.importorskip("h5py")

from keras.src.legacy.saving import legacy_h5_format  # noqa: E402
from keras.src.utils import file_utils  # noqa: E402

from course_utils.models import backbones  # noqa: E402

SMALL = "mobilenet_025"
# The module of keras.applications whose preprocess_input is the published one.
MODULES = {"resnet50": "resnet", "densenet121": "densenet", "nasnet_mobile": "nasnet"}
# Published counts without the top; keras.io/api/applications gives those with it.
PARAMETERS = {"minivgg": 920_784, "vgg16": 14_714_688, "vgg19": 20_024_384, "resnet50": 23_587_712}
# Kinds of layers that a builder leaves unnamed, so that Keras numbers them over the process.
UNNAMED = ("Add", "BatchNormalization", "Concatenate", "LayerNormalization", "ReLU")
VGG16_STAGES = [f"block{block}_conv{number}" for block, number in enumerate((2, 2, 3, 3, 3), 1)]


def random_pictures(n, size):
    return np.random.default_rng(0).uniform(0, 255, (n, size, size, 3)).astype("float32")


def scaled(model, pictures):
    return keras.Model(model.input, model.get_layer("scale").output)(pictures)


def assert_same_weights(model, other):
    """Both lists follow their model's layers."""
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.fixture(scope="session")
def network():
    """A random network; its weights stand in for the published ones."""
    return keras.applications.MobileNet(
        alpha=0.25, include_top=False, weights=None, input_shape=(32, 32, 3)
    )


@pytest.fixture
def file(network, no_network, monkeypatch):
    """The weights of that network, lying in Keras's folder."""
    remote = registry.WEIGHTS[SMALL]
    file = no_network / "keras" / remote.path
    file.parent.mkdir(parents=True)
    network.save(file)  # a whole model in the old format, of which the weights alone are read
    monkeypatch.setitem(registry.WEIGHTS, SMALL, replace(remote, known_hash=None))
    return file


def test_the_table_names_the_backbones_of_the_presets_and_each_can_be_had():
    assert {"minivgg", *registry.WEIGHTS} == set(registry.BACKBONES)
    assert {preset.backbone for preset in presets.PRESETS.values()} <= set(registry.BACKBONES)


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.BACKBONES)
def test_a_base_is_built_as_published(name, monkeypatch):
    """Built once, with Keras's own request for the weights caught before it leaves."""
    row = backbones.get(name)
    requests = []
    monkeypatch.setattr(file_utils, "get_file", lambda *args, **more: requests.append((args, more)))
    monkeypatch.setattr(keras.Model, "load_weights", lambda *args, **more: None)
    monkeypatch.setattr(registry, "get", lambda remote: "imagenet")
    for kind in UNNAMED:  # names must not depend on what was made before
        getattr(keras.layers, kind)()
    warnings.simplefilter("ignore")  # MobileNet's, on which of its weights serve other sizes
    model = backbones.load(name, row.min_size)

    assert model.name == name
    assert model.input_shape == (None, row.min_size, row.min_size, 3)
    # Flat: ConvNeXt alone nests the small steps between its stages.
    nested = [layer.name for layer in model.layers if isinstance(layer, keras.Model)]
    assert all(layer.startswith("convnext_tiny_") for layer in nested)
    assert model.count_params() == PARAMETERS.get(name, model.count_params())
    assert len(model.get_layer(row.last_conv).output.shape) == 4

    pictures = random_pictures(1, row.min_size)
    if row.preprocessing != "own":
        module = getattr(keras.applications, MODULES.get(name, name.removesuffix("_025")), None)
        published = (module or keras.applications.mobilenet).preprocess_input(pictures.copy())
        np.testing.assert_allclose(scaled(model, pictures), published, atol=1e-4)
    if row.cut:
        cut = model.get_layer(row.cut).output
        above = keras.Model(cut, model.output)
        assert 0 < above.count_params() < model.count_params()
        below, whole = keras.Model(model.input, [cut, model.output])(pictures)
        np.testing.assert_allclose(above(below), whole, rtol=1e-3, atol=1e-5)

    stages = [model.get_layer(stage) for stage in backbones.stage_layers(model)]
    sides = [stage.output.shape[1] for stage in stages]
    assert sides == sorted(set(sides), reverse=True) and sides[-1] == model.output.shape[1]
    if "vgg16" in name or name == "minivgg":
        assert [stage.name for stage in stages] == [*VGG16_STAGES, "block5_pool"]

    if row.builder:
        (((file, url, *_), more),) = requests
        remote = registry.WEIGHTS[name]
        assert (f"models/{file}", (url,)) == (remote.path, remote.urls)
        if name != SMALL:  # none is published; ours is that of the published file
            assert more.get("file_hash", "") == (remote.known_hash or "").rpartition(":")[2]


def test_the_weights_with_a_top_are_those_that_keras_asks_for():
    # A VGG16 with its top takes 550 MB, so Keras's request is read instead of caught.
    remote = registry.WEIGHTS_WITH_TOP["vgg16"]
    module = inspect.getmodule(keras.applications.VGG16)
    assert module.WEIGHTS_PATH == remote.urls[0]
    assert remote.path == f"models/{module.WEIGHTS_PATH.rsplit('/', 1)[-1]}"
    assert f'"{remote.known_hash.removeprefix("md5:")}"' in inspect.getsource(module)


def test_the_small_weights_with_a_top_are_those_that_keras_asks_for(monkeypatch):
    requests = []
    monkeypatch.setattr(file_utils, "get_file", lambda *args, **more: requests.append((args, more)))
    monkeypatch.setattr(keras.Model, "load_weights", lambda *args, **more: None)
    keras.applications.MobileNet(alpha=0.25, weights="imagenet")
    (((file, url), more),) = requests
    remote = registry.WEIGHTS_WITH_TOP[SMALL]
    assert (f"models/{file}", (url,)) == (remote.path, remote.urls)
    assert "file_hash" not in more and remote.known_hash is None  # none is published


@pytest.mark.slow
def test_a_saved_base_reloads_without_this_package(tmp_path):
    expected = {}
    for name in ("minivgg", "vgg16"):  # two ways of scaling
        model = backbones.load(name, 32, weights=None)
        model.save(tmp_path / f"{name}.keras")
        expected[name] = model(random_pictures(2, 32))
    np.savez(tmp_path / "files.npz", pictures=random_pictures(2, 32), **expected)
    code = (
        "import sys, keras, numpy as np\n"
        "files = np.load('files.npz')\n"
        "for name in ('minivgg', 'vgg16'):\n"
        "    model = keras.models.load_model(name + '.keras')\n"
        "    np.testing.assert_allclose(model(files['pictures']), files[name], atol=1e-5)\n"
        "assert 'course_utils' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["mobilenet", "vgg16", "densenet121"])  # each way of scaling
def test_bfloat16_does_not_round_the_pictures(name):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        inputs = keras.Input((8, 8, 3))
        scale = keras.Model(
            inputs, backbones._preprocess(backbones.get(name).preprocessing, inputs)
        )
    finally:
        keras.config.set_dtype_policy(before)
    module = getattr(keras.applications, MODULES.get(name, name))
    exact = module.preprocess_input(random_pictures(1, 8))
    np.testing.assert_allclose(scale(random_pictures(1, 8)), exact, atol=1e-4)


def test_weights_reach_their_layers(network, file):
    assert_same_weights(backbones.load(SMALL, 96), network)


@pytest.fixture(scope="session")
def whole():
    """A small network with a top and random weights, in place of the published ones."""
    return keras.applications.MobileNet(alpha=0.25, weights=None)


@pytest.fixture
def file_with_top(whole, no_network):
    """Its weights in Keras's folder, alone and in the old layout, like the published ones."""
    file = no_network / "keras" / registry.WEIGHTS_WITH_TOP[SMALL].path
    file.parent.mkdir(parents=True)
    with h5py.File(file, "w") as content:
        legacy_h5_format.save_weights_to_hdf5_group(content, whole)
    return file


def test_a_classifier_comes_with_its_own_weights(whole, file_with_top):
    model = backbones.load(SMALL, include_top=True)
    assert model.output_shape == (None, 1000)
    assert_same_weights(model, whole)
    expected = whole(keras.applications.mobilenet.preprocess_input(random_pictures(2, 224)))
    np.testing.assert_allclose(model(random_pictures(2, 224)), expected, atol=1e-5)


def test_a_classifiers_damaged_weights_are_named_and_left(network, file_with_top):
    whole_file = file_with_top.read_bytes()
    with h5py.File(file_with_top, "w") as content:
        legacy_h5_format.save_weights_to_hdf5_group(content, network)  # those without the top
    cases = {
        "without the top": file_with_top.read_bytes(),
        "half a file": whole_file[: len(whole_file) // 2],
        "a page of an error": b"<html>404</html>",
        "empty": b"",
    }
    for case, content in cases.items():
        file_with_top.write_bytes(content)
        with pytest.raises(CourseError, match="(?s)is damaged.*Delete it") as caught:
            backbones.load(SMALL, include_top=True)
        assert str(file_with_top) in str(caught.value), case
        assert file_with_top.read_bytes() == content, case


def test_imagenet_classes_are_in_the_order_of_the_outputs(no_network, monkeypatch):
    index = {str(number): [f"n{number:08}", f"class {number}"] for number in range(1000)}
    file = no_network / "keras" / registry.FILES["imagenet_classes"].path
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(dict(sorted(index.items()))), "utf-8")  # 1, 10, 100...
    index = registry.FILES["imagenet_classes"]
    monkeypatch.setitem(registry.FILES, "imagenet_classes", replace(index, known_hash=None))
    assert backbones.imagenet_classes() == [f"class {number}" for number in range(1000)]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (("resnet05", 64), "Did you mean 'resnet50'.*minivgg.*convnext_tiny"),
        (("xception", 64), "xception needs pictures of at least 71 pixels, not 64"),
        (("minivgg", 64, "imagenet"), "minivgg has no weights 'imagenet'"),
        (("vgg16", 150, None, True), "top of vgg16 takes 224 pixels, not 150"),
        (("minivgg", 96, None, True), "top of minivgg takes 64 pixels, not 96"),
        (("resnet50", 224, None, True), "top of resnet50, only of minivgg, mobilenet_025, vgg16"),
        (("mobilenet_025", 150, None, True), "top of mobilenet_025 takes 224 pixels, not 150"),
    ],
)
def test_what_cannot_be_had_is_refused(asked, message):
    with pytest.raises(CourseError, match=message):
        backbones.load(*asked)


def test_missing_weights_name_file_address_and_a_way_out(no_network):
    cases = ("vgg16", False, "_notop.h5"), ("vgg16", True, "kernels.h5"), (SMALL, True, "_tf.h5")
    for name, include_top, ending in cases:
        with pytest.raises(CourseError) as caught:
            backbones.load(name, include_top=include_top)
        table = registry.WEIGHTS_WITH_TOP if include_top else registry.WEIGHTS
        remote, message = table[name], str(caught.value)
        assert remote.path.endswith(ending) and remote.urls[0] in message
        assert Path(remote.path).name in message


def test_damaged_weights_are_named_and_left(file, monkeypatch):
    remote, whole = registry.WEIGHTS[SMALL], file.read_bytes()
    other = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Conv2D(2, 3)])
    other.save(file)
    cases = {
        "whole, but not the published file": (whole, "md5:0123"),
        "half a file": (whole[:1000], None),
        "of another network": (file.read_bytes(), None),
    }
    for case, (content, known_hash) in cases.items():
        file.write_bytes(content)
        monkeypatch.setitem(registry.WEIGHTS, SMALL, replace(remote, known_hash=known_hash))
        with pytest.raises(CourseError, match="(?s)is damaged.*Delete it") as caught:
            backbones.load(SMALL, 32)
        assert str(file) in str(caught.value), case
        assert file.read_bytes() == content, case


@pytest.mark.slow
@pytest.mark.skipif(
    "COURSE_TEST_KERAS_HOME" not in os.environ,
    reason="COURSE_TEST_KERAS_HOME names no folder with ImageNet weights",
)
def test_real_weights_give_what_keras_applications_gives(no_network, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", os.environ["COURSE_TEST_KERAS_HOME"])
    ours = backbones.load(SMALL, 150)
    # Keras gets a copy that it may write to, since it overlooks any other.
    copy = shutil.copy(registry.locate(registry.WEIGHTS[SMALL]), no_network)
    theirs = keras.applications.MobileNet(
        alpha=0.25, weights=str(copy), include_top=False, input_shape=(150, 150, 3)
    )
    pictures = random_pictures(4, 150)
    expected = theirs(keras.applications.mobilenet.preprocess_input(pictures.copy()))
    np.testing.assert_allclose(ours(pictures), expected, atol=1e-4)
    assert np.std(expected) > 0.1
