"""Cut bases, cached features, and what happens when the cache is hurt."""

import errno
import json
import os
import shutil
import threading

import numpy as np
import pytest

from course_utils import settings
from course_utils.errors import CourseError

keras = pytest.importorskip("keras")

from course_utils import features  # noqa: E402
from course_utils.models import backbones
from course_utils.models.augment import RandomAffine  # noqa: E402

SIZE = 32
AUGMENT = RandomAffine(rotation=20, width_shift=0.1, zoom=0.1, horizontal_flip=True)


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("COURSE_CACHE_GB", raising=False)
    return tmp_path / "home"


@pytest.fixture(scope="module")
def base():
    keras.utils.set_random_seed(0)
    return backbones.minivgg(SIZE, weights=None)


@pytest.fixture(scope="module")
def below(base):
    return features.split_base(base, "block4_pool")[0]


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (10, SIZE, SIZE, 3)).astype("uint8")


def small(scale=1.0, filters=2):
    """A model that takes no time: one convolution with known weights."""
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), keras.layers.Conv2D(filters, 3, 8)])
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, scale, w.shape) for w in model.get_weights()])
    return model


def entries(home):
    folder = home / "features"
    return sorted(folder.iterdir()) if folder.is_dir() else []


# Cutting


@pytest.mark.parametrize("name", ["minivgg", "resnet50", "mobilenet_025", "densenet121"])
def test_the_two_parts_make_the_whole(name):
    base = backbones.load(name, SIZE, weights=None)
    below, above = features.split_base(base, backbones.get(name).cut)
    x = np.random.default_rng(0).uniform(0, 255, (2, SIZE, SIZE, 3)).astype("float32")
    np.testing.assert_allclose(above(below(x)), base(x), rtol=1e-4, atol=1e-6)
    assert below.count_params() + above.count_params() == base.count_params()


def test_training_above_trains_the_base(base):
    _, above = features.split_base(base, "block4_pool")
    assert above.get_layer("block5_conv1") is base.get_layer("block5_conv1")
    assert len(above.trainable_weights) == 6


@pytest.mark.parametrize("cut", [None, "block5_pool"])
def test_at_the_end_nothing_lies_above(base, cut):
    below, above = features.split_base(base, cut)
    assert below is base and above is None


def test_a_sequential_model_can_be_cut_too():
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, name="one"), keras.layers.Dense(2, name="two")]
    )
    below, above = features.split_base(model, "one")
    x = np.ones((1, 4), "float32")
    np.testing.assert_allclose(above(below(x)), model(x), rtol=1e-5)


def test_a_wrong_layer_names_those_near(base):
    with pytest.raises(CourseError, match="no layer 'block4_pol'.*block4_pool"):
        features.split_base(base, "block4_pol")


def test_a_cut_inside_a_residual_block_names_layers_that_will_do():
    base = backbones.load("resnet50", SIZE, weights=None)
    with pytest.raises(CourseError, match="cannot be cut at 'conv4_block3_1_conv'") as caught:
        features.split_base(base, "conv4_block3_1_conv")
    assert "conv4_block2_out" in str(caught.value)
    assert "conv4_block3_2_conv" not in str(caught.value)


@pytest.mark.parametrize("name", [n for n, row in backbones.BACKBONES.items() if row.cut])
def test_the_default_cut_of_every_base_is_valid(name):
    row = backbones.get(name)
    base = backbones.load(name, max(row.min_size, 64), weights=None)
    cuts = features.valid_cuts(base)
    assert row.cut in cuts
    assert cuts[-1] == base.layers[-1].name


# Extraction


def test_one_view_equals_a_live_pass(below, images):
    kept = features.extract(below, images, batch_size=4)
    assert kept.dtype == np.float16 and kept.shape == (10, 2, 2, 128)
    live = below.predict(images.astype("float32"), verbose=0)
    np.testing.assert_allclose(kept, live, rtol=1e-3, atol=1e-6)
    assert live.std() > 0.01


def test_views_equal_a_live_pass_over_the_same_warps(below, images):
    views = features.extract_views(below, images, AUGMENT, views=3, seed=7, batch_size=4)
    assert views.shape == (3, 10, 2, 2, 128)
    for view in range(3):
        seed = int(np.random.SeedSequence([7, view]).generate_state(1)[0])
        warped = AUGMENT.apply(images, AUGMENT.matrices(10, SIZE, seed))
        live = below.predict(np.array(warped), verbose=0)
        np.testing.assert_allclose(views[view], live, rtol=2e-3, atol=1e-3)
    assert np.abs(views[0].astype("float32") - views[1]).mean() > 0.01


def test_the_batch_size_and_the_cache_change_nothing(images):
    model = small()
    one = features.extract_views(model, images, AUGMENT, views=2, batch_size=10)
    features.clear()
    two = features.extract_views(model, images, AUGMENT, views=2, batch_size=3)
    three = features.extract_views(model, images, AUGMENT, views=2, batch_size=3, cache=False)
    np.testing.assert_allclose(one, two, rtol=1e-3)
    np.testing.assert_array_equal(two, three)
    assert isinstance(two, np.memmap) and not isinstance(three, np.memmap)


def test_the_second_call_computes_nothing(images, capsys):
    model, calls = small(), []

    def progress(done, total):
        calls.append((done, total))

    first = features.extract_views(model, images, AUGMENT, views=2, batch_size=4, progress=progress)
    assert calls == [(4, 20), (8, 20), (10, 20), (14, 20), (18, 20), (20, 20)]
    second = features.extract_views(model, images, AUGMENT, views=2, progress=progress)
    assert len(calls) == 6
    np.testing.assert_array_equal(first, second)
    assert isinstance(second, np.memmap) and not second.flags.writeable
    assert capsys.readouterr().out == ""


def test_a_model_is_left_as_it_was(images):
    model = small()
    model.compile("sgd", "mse")
    compiled = model.optimizer
    features.extract(model, images)
    assert model.optimizer is compiled


def test_values_beyond_float16_are_kept_in_float32(images):
    model = small(scale=500.0)
    live = model.predict(images.astype("float32"), verbose=0)
    assert np.abs(live).max() > 65504
    for cache in (True, False):
        kept = features.extract(model, images, cache=cache)
        assert kept.dtype == np.float32
        np.testing.assert_allclose(kept, live, rtol=1e-4)


def test_values_that_are_not_numbers_are_refused(images, home):
    model = small()
    kernel, bias = model.get_weights()
    model.set_weights([kernel * np.nan, bias])
    with pytest.raises(CourseError, match="not finite for pictures 0 to 9"):
        features.extract(model, images)
    assert entries(home) == []


def test_grey_pictures_are_told_how_to_become_three_channels(base, images):
    grey = images[..., :1]
    with pytest.raises(CourseError, match="3 channels.*np.repeat"):
        features.extract(base, grey)
    assert features.extract(base, np.repeat(grey, 3, axis=-1)).shape == (10, 1, 1, 128)


def test_no_pictures_is_an_error(images):
    with pytest.raises(CourseError, match="nothing to compute"):
        features.extract(small(), images[:0])


# The key


def test_every_ingredient_changes_the_key(base, images):
    model = small()
    other = images.copy()
    other[3, 2, 1, 0] ^= 1
    nudged = small()
    kernel, bias = nudged.get_weights()
    kernel.flat[5] += 1e-6
    nudged.set_weights([kernel, bias])
    strided = keras.Sequential([keras.Input((SIZE, SIZE, 3)), keras.layers.Conv2D(2, 3, 8, "same")])
    strided.set_weights(model.get_weights())

    def key(model=model, images=images, augment=AUGMENT, views=2, seed=0):
        return features._key(model, images, augment, views, seed)

    same_but_seed = RandomAffine(**AUGMENT.ranges, horizontal_flip=True, seed=9)
    # Neither the layer's own seed nor a frozen flag nor a copy of the pictures matters.
    assert key() == key(augment=same_but_seed) == key(images=images.copy())
    assert key() == key(model=small())  # whose layers Keras calls by other numbers
    model.trainable = False
    frozen_key = key()
    model.trainable = True
    assert frozen_key == key()

    ranges = {**AUGMENT.ranges, "horizontal_flip": True}
    different = [
        key(),
        key(images=other),
        key(images=other[::-1]),
        key(images=images.astype("float32")),
        key(images=images.view("int8")),
        key(images=images[:9]),
        key(model=nudged),
        key(model=strided),
        key(model=features.split_base(base, "block3_pool")[0]),
        key(model=features.split_base(base, "block4_pool")[0]),
        key(augment=None),
        *[key(augment=RandomAffine(**{**ranges, name: 0.3})) for name in AUGMENT.ranges],
        key(augment=RandomAffine(**AUGMENT.ranges)),
        key(augment=RandomAffine(**ranges, fill_mode="wrap")),
        key(views=3),
        key(seed=1),
    ]
    assert len(set(different)) == len(different)


def test_the_key_depends_on_the_format(images, monkeypatch):
    before = features._key(small(), images, None, 1, 0)
    monkeypatch.setattr(features, "_FORMAT", features._FORMAT + 1)
    assert features._key(small(), images, None, 1, 0) != before


def test_the_key_is_the_same_in_a_second_base_of_the_process(images):
    keys = []
    for _ in range(2):
        keras.utils.set_random_seed(0)
        below, _ = features.split_base(backbones.load("inception_v3", 75, None), "mixed7")
        keys.append(features._key(below, images, None, 1, 0))
    assert keys[0] == keys[1]


# Hurt entries


def flip_byte(entry):
    data = bytearray((entry / "views.npy").read_bytes())
    data[-7] ^= 1
    (entry / "views.npy").write_bytes(data)


def truncate(entry):
    data = (entry / "views.npy").read_bytes()
    (entry / "views.npy").write_bytes(data[:-10])


def foreign_data(entry):
    np.save(entry / "views.npy", np.zeros((1, 3, 3), "float16"))


def foreign_same_shape(entry):
    values = np.load(entry / "views.npy")
    np.save(entry / "views.npy", values + 1)


def garbage(entry):
    (entry / "views.npy").write_bytes(b"not an array")


def foreign_entry(entry):
    about = json.loads((entry / "about.json").read_text())
    (entry / "about.json").write_text(json.dumps({**about, "key": "0" * 32}))


def wrong_shape(entry):
    about = json.loads((entry / "about.json").read_text())
    (entry / "about.json").write_text(json.dumps({**about, "shape": [1, 2, 3]}))


def no_sidecar(entry):
    (entry / "about.json").unlink()


def no_data(entry):
    (entry / "views.npy").unlink()


def broken_sidecar(entry):
    (entry / "about.json").write_text('{"key": ')


def list_sidecar(entry):
    (entry / "about.json").write_text("[1]")


HURTS = [
    flip_byte,
    truncate,
    foreign_data,
    foreign_same_shape,
    garbage,
    foreign_entry,
    wrong_shape,
    no_sidecar,
    no_data,
    broken_sidecar,
    list_sidecar,
]


@pytest.mark.parametrize("hurt", HURTS)
def test_a_hurt_entry_is_computed_again(hurt, images, home, capsys):
    model = small()
    expected = np.array(features.extract(model, images))
    (entry,) = entries(home)
    hurt(entry)
    np.testing.assert_array_equal(features.extract(model, images), expected)
    said = capsys.readouterr().out
    assert said.count("\n") == 1 and str(entry) in said and "damaged" in said
    np.testing.assert_array_equal(features.extract(model, images), expected)
    assert capsys.readouterr().out == ""
    assert entries(home) == [entry]


# Interrupted and crowded


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, SystemExit])
def test_an_interruption_leaves_nothing(error, images, home):
    def progress(done, total):
        if done > 4:
            raise error

    with pytest.raises(error):
        features.extract(small(), images, batch_size=2, progress=progress)
    assert entries(home) == []
    assert features.extract(small(), images).shape[0] == 10


def test_a_disk_that_fills_up_is_explained(images, home, monkeypatch):
    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(CourseError, match="disk is full"):
            features.extract(small(), images)
    assert entries(home) == []
    features.extract(small(), images)


def test_a_disk_too_small_is_noticed_before_computing(images, home, monkeypatch):
    usage = shutil.disk_usage("/")._replace(free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    calls = []
    with pytest.raises(CourseError, match="disk is full"):
        features.extract(small(), images, progress=lambda *a: calls.append(a))
    assert calls == [] and entries(home) == []


@pytest.mark.parametrize("inside", ["before", "after"])
def test_two_writers_of_one_entry_do_not_hurt_each_other(images, home, inside, monkeypatch):
    """The second writer runs from start to end while the first is at work."""
    model, results = small(), []

    def other():
        results.append(features.extract(model, images))

    def meanwhile(done, total):
        if done == (2 if inside == "before" else total):
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()

    results.append(features.extract(model, images, batch_size=2, progress=meanwhile))
    np.testing.assert_allclose(results[0], results[1], rtol=1e-3)
    assert len(entries(home)) == 1
    np.testing.assert_array_equal(features.extract(model, images), results[0])


# Size, clearing, eviction


def test_the_cache_tells_its_size_and_is_cleared(images, home):
    assert features.cache_size() == (0, 0)
    features.extract(small(), images)
    features.extract(small(2.0), images)
    keep = home / "features" / "notes.txt"
    keep.write_text("mine")
    stray = home / "features" / "folder"
    stray.mkdir()
    files = [path for entry in entries(home) if entry.is_dir() for path in entry.iterdir()]
    size = sum(path.stat().st_size for path in files)
    assert features.cache_size() == (size, 2)
    assert size > 2 * 10 * 4 * 4 * 2 * 2
    assert features.clear() == size
    assert features.cache_size() == (0, 0)
    assert keep.read_text() == "mine" and stray.is_dir()


def test_the_longest_unused_entries_make_room(images, home, monkeypatch):
    scales = (1.0, 2.0, 3.0)
    for age, scale in zip((300, 200, 100), scales, strict=True):
        before = set(entries(home))
        features.extract(small(scale), images)
        (new,) = set(entries(home)) - before
        past = new.stat().st_mtime - age
        os.utime(new, (past, past))
    features.extract(small(1.0), images)  # used again, so no longer the oldest
    assert features.cache_size().entries == 3
    monkeypatch.setenv("COURSE_CACHE_GB", str((features.cache_size().bytes + 10) / 1e9))
    features.extract(small(4.0), images)
    assert features.cache_size().entries == 3
    calls = []
    for scale in (4.0, 1.0, 3.0):
        features.extract(small(scale), images, progress=lambda *a: calls.append(a))
    assert calls == []
    features.extract(small(2.0), images, progress=lambda *a: calls.append(a))
    assert calls


def test_features_beyond_the_limit_are_refused(images, home, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE_GB", "1e-7")
    with pytest.raises(CourseError, match="COURSE_CACHE_GB allows 1e-7"):
        features.extract(small(), images)
    monkeypatch.setenv("COURSE_CACHE_GB", "much")
    with pytest.raises(CourseError, match="must be a number, not 'much'"):
        features.extract(small(), images)
    assert entries(home) == []


def test_what_another_process_writes_is_not_evicted(images, home, monkeypatch):
    busy = home / "features" / ".writing-abc"
    dead = home / "features" / ".writing-old"
    for folder in (busy, dead):
        folder.mkdir(parents=True)
        (folder / "views.npy").write_bytes(bytes(5000))
    os.utime(dead / "views.npy", (1e9, 1e9))
    monkeypatch.setenv("COURSE_CACHE_GB", "3e-6")
    features.extract(small(), images)
    assert busy.exists() and not dead.exists()
    features.clear()
    assert entries(home) == [busy]


# The dataset


@pytest.fixture
def numbered():
    """Views whose values tell picture and view: 10 * picture + view, as (4, 23, 2)."""
    values = 10 * np.arange(23)[None, :, None] + np.arange(4)[:, None, None]
    return np.broadcast_to(values, (4, 23, 2)).astype("float16")


def epochs(dataset, count):
    return [list(dataset.as_numpy_iterator()) for _ in range(count)]


def test_every_picture_once_an_epoch_with_its_label(numbered):
    dataset = features.view_dataset(numbered, np.arange(23), batch_size=5)
    assert dataset.cardinality() == 5
    seen = set()
    for epoch in epochs(dataset, 12):
        x = np.concatenate([batch[0] for batch in epoch])
        y = np.concatenate([batch[1] for batch in epoch])
        assert [len(batch[0]) for batch in epoch] == [5, 5, 5, 5, 3]
        assert x.dtype == np.float32 and x.shape == (23, 2)
        assert sorted(y) == list(range(23))
        np.testing.assert_array_equal(x[:, 0] // 10, y)
        seen.update((int(a // 10), int(a % 10)) for a in x[:, 0])
    # Each of 92 (picture, view) pairs is missed by 12 draws with chance 0.75 ** 12 = 3%.
    assert len(seen) > 80


def test_epochs_differ_and_repeat_with_the_seed(numbered):
    def run(seed):
        dataset = features.view_dataset(numbered, np.arange(23), batch_size=23, seed=seed)
        return [epoch[0][0][:, 0].tolist() for epoch in epochs(dataset, 3)]

    first = run(1)
    assert first[0] != first[1] != first[2]
    assert run(1) == first
    assert run(2) != first


def test_without_shuffling_the_order_stays_and_the_views_change(numbered):
    dataset = features.view_dataset(numbered, np.arange(23), batch_size=23, shuffle=False)
    one, two = (epoch[0] for epoch in epochs(dataset, 2))
    assert one[1].tolist() == two[1].tolist() == list(range(23))
    assert one[0].tolist() != two[0].tolist()


def test_labels_must_fit(numbered):
    with pytest.raises(CourseError, match="23 labels do not fit.*features.None."):
        features.view_dataset(numbered[0], np.arange(23))


def test_a_head_trains_on_a_view_dataset(images):
    views = features.extract_views(small(), images, AUGMENT, views=3)
    dataset = features.view_dataset(views, np.arange(10) % 2, batch_size=4)
    head = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1, "sigmoid")])
    head.compile(keras.optimizers.Adam(0.01), "binary_crossentropy")
    losses = head.fit(dataset, epochs=15, verbose=0, shuffle=False).history["loss"]
    assert losses[-1] < losses[0]


def test_the_cache_lies_where_the_environment_says(images, home):
    features.extract(small(), images)
    assert settings.home() == home
    assert (home / "features").is_dir()
