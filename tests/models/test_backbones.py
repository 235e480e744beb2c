"""Every base of the table builds, takes raw pictures, can be cut, and says what is missing."""

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from course_utils import presets
from course_utils.data import registry
from course_utils.errors import CourseError
from course_utils.models import backbones

keras = pytest.importorskip("keras")

# The module of keras.applications whose preprocess_input is the published one.
MODULES = {
    "vgg16": "vgg16",
    "vgg19": "vgg19",
    "resnet50": "resnet",
    "inception_v3": "inception_v3",
    "inception_resnet_v2": "inception_resnet_v2",
    "xception": "xception",
    "mobilenet": "mobilenet",
    "mobilenet_025": "mobilenet",
    "densenet121": "densenet",
    "nasnet_mobile": "nasnet",
}
# Published counts without the top; keras.io/api/applications gives those with it.
PARAMETERS = {"minivgg": 920_784, "vgg16": 14_714_688, "vgg19": 20_024_384, "resnet50": 23_587_712}


PUBLISHED = backbones.get("mobilenet_025").md5


@pytest.fixture
def empty_machine(no_network, monkeypatch):
    """A machine without weights and network, where weights of a random network are good enough."""
    row = dataclasses.replace(backbones.get("mobilenet_025"), md5="")
    monkeypatch.setitem(backbones.BACKBONES, "mobilenet_025", row)
    return no_network


def fake_weights(folder, name="mobilenet_025", size=32):
    """Lay the weights of a random network where the published ones would lie."""
    row = backbones.get(name)
    model = getattr(keras.applications, row.builder)(
        alpha=row.alpha, include_top=False, weights=None, input_shape=(size, size, 3)
    )
    folder.mkdir(parents=True, exist_ok=True)
    # The whole model in the old format: where the published files' weights are looked for, too.
    model.save(folder / "whole.h5")
    os.replace(folder / "whole.h5", folder / row.weights_file)
    return model


def test_the_table_names_the_backbones_of_the_presets():
    assert tuple(backbones.BACKBONES) == presets.BACKBONE_NAMES


@pytest.mark.parametrize("name", backbones.BACKBONES)
def test_a_base_takes_raw_pictures_and_can_be_cut(name):
    row = backbones.get(name)
    # The smallest size at which every family still has a map of several pixels at the end.
    size = max(row.min_size, 96)
    model = backbones.load(name, size, weights=None)
    assert model.name == name
    assert model.input_shape == (None, size, size, 3)
    # Flat: ConvNeXt alone nests the small steps between its stages.
    nested = [layer.name for layer in model.layers if isinstance(layer, keras.Model)]
    assert all(layer.startswith("convnext_tiny_") for layer in nested)
    if name in PARAMETERS:
        assert model.count_params() == PARAMETERS[name]

    pictures = np.random.default_rng(0).uniform(0, 255, (2, size, size, 3)).astype("float32")
    if name in MODULES:
        scaled = keras.Model(model.input, model.get_layer("scale").output)(pictures)
        published = getattr(keras.applications, MODULES[name]).preprocess_input(pictures.copy())
        np.testing.assert_allclose(scaled, published, atol=1e-4)

    last = model.get_layer(row.last_conv)
    assert len(last.output.shape) == 4
    if row.cut is None:
        return
    cut = model.get_layer(row.cut).output
    above = keras.Model(cut, model.output)
    assert 0 < above.count_params() < model.count_params()
    below, whole = keras.Model(model.input, [cut, model.output])(pictures)
    np.testing.assert_allclose(above(below), whole, rtol=1e-3, atol=1e-5)


def test_names_do_not_depend_on_what_was_built_before():
    first = [layer.name for layer in backbones.load("xception", 71, weights=None).layers]
    second = [layer.name for layer in backbones.load("xception", 71, weights=None).layers]
    assert first == second
    assert "add_11" in first and "add_12" not in first


def test_minivgg_has_the_layers_of_vgg16():
    mini = backbones.minivgg(64, weights=None)
    vgg = backbones.load("vgg16", 64, weights=None)
    blocks = [layer.name for layer in vgg.layers if layer.name.startswith("block")]
    assert [layer.name for layer in mini.layers if layer.name.startswith("block")] == blocks
    assert mini.output_shape == (None, 2, 2, 128)
    assert backbones.load("minivgg", weights=None).input_shape == (None, 64, 64, 3)


@pytest.mark.parametrize("name", ["vgg16", "mobilenet_025"])
def test_a_saved_base_reloads_without_this_package(name, tmp_path):
    model = backbones.load(name, 32, weights=None)
    pictures = np.random.default_rng(0).uniform(0, 255, (2, 32, 32, 3)).astype("float32")
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "files.npz", pictures=pictures, expected=model(pictures))
    code = (
        "import sys, keras, numpy as np\n"
        "model = keras.models.load_model('model.keras')\n"
        "files = np.load('files.npz')\n"
        "np.testing.assert_allclose(model(files['pictures']), files['expected'], atol=1e-5)\n"
        "assert 'course_utils' not in sys.modules\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr


def test_bfloat16_does_not_round_the_pictures():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = backbones.load("vgg16", 32, weights=None)
    finally:
        keras.config.set_dtype_policy(before)
    pictures = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype("float32")
    scaled = keras.Model(model.input, model.get_layer("scale").output)(pictures)
    published = keras.applications.vgg16.preprocess_input(pictures.copy())
    np.testing.assert_allclose(scaled, published, atol=1e-4)


def test_a_wrong_name_lists_the_right_ones():
    with pytest.raises(CourseError, match="Did you mean 'resnet50'.*minivgg.*convnext_tiny"):
        backbones.load("resnet05", 64)


def test_a_size_below_the_minimum_is_refused():
    with pytest.raises(CourseError, match="xception needs pictures of at least 71 pixels, not 64"):
        backbones.load("xception", 64, weights=None)


@pytest.mark.parametrize(("name", "weights"), [("minivgg", "imagenet"), ("vgg16", "zoo")])
def test_weights_that_a_backbone_does_not_have_are_refused(name, weights):
    with pytest.raises(CourseError, match=f"{name} has no weights called '{weights}'"):
        backbones.load(name, 64, weights=weights)


def test_missing_weights_say_which_file_to_put_where(empty_machine):
    with pytest.raises(CourseError) as caught:
        backbones.load("vgg16", 64)
    message = str(caught.value)
    file = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
    assert str(empty_machine / "course" / "downloads" / "models" / file) in message
    assert f"https://storage.googleapis.com/tensorflow/keras-applications/vgg16/{file}" in message
    assert "minivgg" in message and "mobilenet_025" in message and "refused" in message


@pytest.mark.parametrize("place", ["keras/models", "user/.keras/models", "course/downloads/models"])
def test_weights_are_found_and_used_in_each_folder(empty_machine, place, recwarn):
    source = fake_weights(empty_machine / place)
    model = backbones.load("mobilenet_025", 96)
    mine = [w for layer in model.layers for w in layer.get_weights()]
    theirs = source.get_weights()
    assert len(mine) == len(theirs)
    # Both lists follow their model's layers.
    for one, other in zip(mine, theirs, strict=True):
        np.testing.assert_array_equal(one, other)
    assert not [w for w in recwarn if "input_shape" in str(w.message)]


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_a_read_only_keras_home_is_read(empty_machine):
    fake_weights(empty_machine / "keras" / "models")
    for folder in (empty_machine / "keras" / "models", empty_machine / "keras"):
        folder.chmod(0o555)
    try:
        assert backbones.load("mobilenet_025", 32).name == "mobilenet_025"
    finally:
        (empty_machine / "keras").chmod(0o755)
        (empty_machine / "keras" / "models").chmod(0o755)


@pytest.mark.parametrize("name", ["mobilenet_025", "vgg16"])
def test_damaged_weights_are_named_and_left(empty_machine, name):
    file = empty_machine / "keras" / "models" / backbones.get(name).weights_file
    file.parent.mkdir(parents=True)
    file.write_bytes(b"half a download")
    with pytest.raises(CourseError, match="is damaged.*Delete it") as caught:
        backbones.load(name, 64)
    assert str(file) in str(caught.value)
    assert file.read_bytes() == b"half a download"


def test_a_whole_file_that_is_not_the_published_one_is_refused(empty_machine, monkeypatch):
    fake_weights(empty_machine / "keras" / "models")
    row = dataclasses.replace(backbones.get("mobilenet_025"), md5="0" * 32)
    monkeypatch.setitem(backbones.BACKBONES, "mobilenet_025", row)
    with pytest.raises(CourseError, match="is damaged: its md5"):
        backbones.load("mobilenet_025", 32)


def test_missing_weights_come_from_a_mirror_once(empty_machine, monkeypatch):
    mirror = empty_machine / "mirror"
    source = fake_weights(mirror / "models")
    monkeypatch.setenv("COURSE_MIRROR", str(mirror))
    model = backbones.load("mobilenet_025", 32)
    monkeypatch.delenv("COURSE_MIRROR")
    again = backbones.load("mobilenet_025", 32)
    for one in (model, again):
        mine = [w for layer in one.layers for w in layer.get_weights()]
        for weight, other in zip(mine, source.get_weights(), strict=True):
            np.testing.assert_array_equal(weight, other)
    assert registry.own_folder() in backbones.find_weights("mobilenet_025").parents


def test_file_names_and_checksums_are_those_of_keras_applications(monkeypatch):
    """Keras's own request for each family, caught before it leaves, is the row of the table."""
    from keras.src.utils import file_utils

    class Caught(Exception):
        pass

    def get_file(fname, origin, cache_subdir=None, file_hash=None, **rest):
        raise Caught(fname, origin, file_hash or "")

    monkeypatch.setattr(file_utils, "get_file", get_file)
    for name, row in backbones.BACKBONES.items():
        if not row.builder or name in ("inception_resnet_v2", "nasnet_mobile"):
            continue
        extra = {} if row.alpha is None else {"alpha": row.alpha}
        with pytest.raises(Caught) as caught:
            getattr(keras.applications, row.builder)(
                include_top=False, input_shape=(224, 224, 3), **extra
            )
        file, url, checksum = caught.value.args
        assert (file, url) == (row.weights_file, row.url), name
        assert checksum in (row.md5, ""), name
        assert row.remote.path == f"models/{file}" and row.remote.urls == (url,)


def test_missing_packaged_weights_name_the_script(monkeypatch, tmp_path):
    monkeypatch.setattr(backbones, "_ZOO_WEIGHTS", tmp_path / "minivgg.npz")
    with pytest.raises(CourseError, match=r"minivgg\.npz.*data_scripts/pretrain_minivgg\.py"):
        backbones.load("minivgg", 64)
    (tmp_path / "minivgg.npz").write_bytes(b"PK not quite")
    with pytest.raises(CourseError, match="is damaged"):
        backbones.load("minivgg", 64)


def test_packaged_weights_reach_their_layers(monkeypatch, tmp_path):
    zoo = pytest.importorskip("course_utils.data.toys.zoo")
    model = backbones.load("minivgg", weights=None, include_top=True)
    assert model.output_shape == (None, len(zoo.CLASSES))
    arrays = {f"{la.name}/{w.name}": w.numpy() for la in model.layers for w in la.weights}
    assert {"block1_conv1/kernel", "block5_conv3/bias", "top_softmax/bias"} <= set(arrays)
    np.savez(tmp_path / "minivgg.npz", **{k: v.astype("float16") for k, v in arrays.items()})
    monkeypatch.setattr(backbones, "_ZOO_WEIGHTS", tmp_path / "minivgg.npz")
    for loaded in (backbones.load("minivgg", include_top=True), backbones.minivgg(96)):
        for layer in loaded.layers:
            for weight in layer.weights:
                stored = arrays[f"{layer.name}/{weight.name}"].astype("float16")
                np.testing.assert_array_equal(weight.numpy(), stored.astype("float32"))


def test_the_table_loads_no_tensorflow():
    code = (
        "import sys; from course_utils import backbones; backbones.find_weights('vgg16');"
        "assert 'keras' not in sys.modules and 'tensorflow' not in sys.modules"
    )
    root = Path(backbones.__file__).parents[1]
    assert subprocess.run([sys.executable, "-c", code], cwd=root).returncode == 0


@pytest.mark.skipif(
    "COURSE_TEST_KERAS_HOME" not in os.environ,
    reason="COURSE_TEST_KERAS_HOME names no folder with ImageNet weights",
)
def test_real_weights_give_what_keras_applications_gives(empty_machine, monkeypatch):
    folder = Path(os.environ["COURSE_TEST_KERAS_HOME"])
    monkeypatch.setenv("KERAS_HOME", str(folder))
    published = dataclasses.replace(backbones.get("mobilenet_025"), md5=PUBLISHED)
    monkeypatch.setitem(backbones.BACKBONES, "mobilenet_025", published)
    ours = backbones.load("mobilenet_025", 150)
    # Keras gets a copy that it may write to, since it overlooks any other.
    copy = shutil.copy(backbones.find_weights("mobilenet_025"), empty_machine)
    theirs = keras.applications.MobileNet(
        alpha=0.25, weights=str(copy), include_top=False, input_shape=(150, 150, 3)
    )
    pictures = np.random.default_rng(0).uniform(0, 255, (4, 150, 150, 3)).astype("float32")
    expected = theirs(keras.applications.mobilenet.preprocess_input(pictures.copy()))
    np.testing.assert_allclose(ours(pictures), expected, atol=1e-4)
    assert np.std(expected) > 0.1
