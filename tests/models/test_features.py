"""Cut bases, and features that are computed once and kept."""

import numpy as np
import pytest

from course_utils.data import cache
from course_utils.errors import CourseError

keras = pytest.importorskip("keras")

from course_utils.models import backbones, features  # noqa: E402
from course_utils.models.augment import RandomAffine  # noqa: E402

SIZE = 32
RANGES = {"rotation": 20, "width_shift": 0.1, "height_shift": 0, "shear": 0, "zoom": 0.1}
AUGMENT = RandomAffine(**RANGES, horizontal_flip=True)


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("COURSE_CACHE_GB", raising=False)


@pytest.fixture(scope="module")
def base():
    keras.utils.set_random_seed(0)
    return backbones.load("minivgg", SIZE, weights=None)


@pytest.fixture(scope="module")
def below(base):
    return features.split_base(base, "block4_pool")[0]


@pytest.fixture(scope="module")
def residual():
    """Two blocks of which each adds its input to what it makes of it."""
    x = inputs = keras.Input((SIZE, SIZE, 3), name="pictures")
    x = keras.layers.Conv2D(4, 3, strides=8, name="stem")(x)
    for block in ("one", "two"):
        y = keras.layers.Conv2D(4, 3, padding="same", name=f"{block}_conv")(x)
        y = keras.layers.ReLU(name=f"{block}_relu")(y)
        x = keras.layers.Add(name=f"{block}_out")([x, y])
    return keras.Model(inputs, keras.layers.GlobalAveragePooling2D(name="mean")(x), name="blocks")


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (10, SIZE, SIZE, 3)).astype("uint8")


def small(scale=1.0, filters=2):
    """A model that takes no time: one convolution with known weights."""
    model = keras.Sequential([keras.Input((SIZE, SIZE, 3)), keras.layers.Conv2D(filters, 3, 8)])
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, scale, w.shape) for w in model.get_weights()])
    return model


# Cutting


def test_the_two_parts_make_the_whole(base, residual):
    x = np.random.default_rng(0).uniform(0, 255, (2, SIZE, SIZE, 3)).astype("float32")
    for whole, cut in ((base, "block4_pool"), (residual, "one_out")):
        below, above = features.split_base(whole, cut)
        np.testing.assert_allclose(above(below(x)), whole(x), rtol=1e-4, atol=1e-5)
        assert below.count_params() + above.count_params() == whole.count_params()


def test_training_above_trains_the_base(base):
    _, above = features.split_base(base, "block4_pool")
    assert above.get_layer("block5_conv1") is base.get_layer("block5_conv1")
    assert len(above.trainable_weights) == 6


def test_at_the_end_nothing_lies_above(base):
    for cut in (None, "block5_pool"):
        below, above = features.split_base(base, cut)
        assert below is base and above is None


def test_a_sequential_model_can_be_cut_too():
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, name="one"), keras.layers.Dense(2, name="two")]
    )
    below, above = features.split_base(model, "one")
    x = np.ones((1, 4), "float32")
    np.testing.assert_allclose(above(below(x)), model(x), rtol=1e-5)


def test_a_cut_is_valid_where_no_branch_passes_by(base, residual):
    assert features.valid_cuts(base) == [layer.name for layer in base.layers]
    assert features.valid_cuts(residual) == ["pictures", "stem", "one_out", "two_out", "mean"]


def test_a_layer_that_is_wrong_or_that_a_branch_passes_by_names_those_near(base, residual):
    with pytest.raises(CourseError, match="no layer 'block4_pol'.*block4_pool"):
        features.split_base(base, "block4_pol")
    with pytest.raises(CourseError, match="cannot be cut at 'two_conv'.*one_out, two_out, mean"):
        features.split_base(residual, "two_conv")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet50", "inception_v3", "mobilenet_025"])
def test_a_real_network_is_split_at_its_default_cut(name):
    base = backbones.load(name, 75, weights=None)
    cuts = features.valid_cuts(base)
    assert backbones.get(name).cut in cuts and cuts[-1] == base.layers[-1].name
    below, above = features.split_base(base, backbones.get(name).cut)
    x = np.random.default_rng(0).uniform(0, 255, (1, 75, 75, 3)).astype("float32")
    np.testing.assert_allclose(above(below(x)), base(x), rtol=1e-3, atol=1e-5)


# Extraction


@pytest.mark.slow
def test_features_equal_a_live_pass_over_the_same_warps(below, images):
    one = features.extract(below, images, batch_size=5)
    assert one.dtype == np.float16 and one.shape == (10, 2, 2, 128) and one.std() > 0.01
    np.testing.assert_allclose(one, below(images.astype("float32")), rtol=2e-3, atol=1e-4)
    views = features.extract_views(below, images, AUGMENT, views=2, seed=7, batch_size=5)
    assert views.shape == (2, 10, 2, 2, 128)
    for view in range(2):
        seed = int(np.random.SeedSequence([7, view]).generate_state(1)[0])
        warped = AUGMENT.apply(images, AUGMENT.matrices(10, SIZE, seed))
        np.testing.assert_allclose(views[view], below(warped), rtol=2e-3, atol=1e-3)
    assert np.abs(views[0].astype("float32") - views[1]).mean() > 0.01


@pytest.mark.slow
def test_the_batch_size_and_the_cache_change_nothing(images):
    model = small()
    one = features.extract_views(model, images, AUGMENT, views=2, batch_size=10)
    cache.clear()
    two = features.extract_views(model, images, AUGMENT, views=2, batch_size=3)
    three = features.extract_views(model, images, AUGMENT, views=2, batch_size=3, cache=False)
    np.testing.assert_allclose(one, two, rtol=1e-3)
    np.testing.assert_array_equal(two, three)
    assert isinstance(two, np.memmap) and not isinstance(three, np.memmap)


def test_the_second_call_computes_nothing_and_the_model_is_left_as_it_was(
    images, capsys, monkeypatch
):
    model, calls, predict = small(), [], keras.Model.predict_on_batch
    model.compile("sgd", "mse")
    compiled = model.optimizer

    def count(net, batch):
        calls.append(len(batch[0]))
        return predict(net, batch)

    monkeypatch.setattr(keras.Model, "predict_on_batch", count)
    first = features.extract_views(model, images, AUGMENT, views=2, batch_size=4)
    assert calls == [4, 4, 2, 4, 4, 2]
    second = features.extract_views(model, images, AUGMENT, views=2)
    assert len(calls) == 6
    np.testing.assert_array_equal(first, second)
    assert isinstance(second, np.memmap) and not second.flags.writeable
    assert model.optimizer is compiled
    assert capsys.readouterr().out == ""


def test_values_beyond_float16_are_kept_in_float32(images):
    model = small(scale=500.0)
    live = model(images.astype("float32"))
    assert np.abs(live).max() > 65504
    for kept_on_disk in (True, False):
        kept = features.extract(model, images, cache=kept_on_disk)
        assert kept.dtype == np.float32 and isinstance(kept, np.memmap) == kept_on_disk
        np.testing.assert_allclose(kept, live, rtol=1e-4)


def test_values_that_are_not_numbers_are_refused(images):
    model = small()
    kernel, bias = model.get_weights()
    model.set_weights([kernel * np.nan, bias])
    with pytest.raises(CourseError, match="not finite for pictures 0 to 9"):
        features.extract(model, images)
    assert cache.size() == (0, 0)


def test_grey_pictures_are_told_how_to_become_three_channels(images):
    grey = images[..., :1]
    with pytest.raises(CourseError, match="height, width, 3.*np.repeat"):
        features.extract(small(), grey)
    assert features.extract(small(), np.repeat(grey, 3, axis=-1)).shape == (10, 4, 4, 2)


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
    padded, half = (
        keras.Sequential([keras.Input((SIZE, SIZE, 3)), keras.layers.Conv2D(2, 3, 8, **options)])
        for options in ({"padding": "same"}, {"dtype": "mixed_bfloat16"})
    )
    for other_model in (padded, half):
        other_model.set_weights(model.get_weights())

    def key(model=model, images=images, augment=AUGMENT, views=2, seed=0):
        return features._key(model, images, augment, views, seed)

    same_but_seed = RandomAffine(**RANGES, horizontal_flip=True, seed=9)
    # Neither the layer's own seed nor a frozen flag nor a copy of the pictures matters.
    assert key() == key(augment=same_but_seed) == key(images=images.copy())
    assert key() == key(model=small())  # whose layers Keras calls by other numbers
    model.trainable = False
    frozen_key = key()
    model.trainable = True
    assert frozen_key == key()

    ranges = {**RANGES, "horizontal_flip": True}
    different = [
        key(),
        key(images=other),
        key(images=other[::-1]),
        key(images=images.astype("float32")),
        key(images=images.view("int8")),
        key(images=images[:9]),
        key(model=nudged),
        key(model=padded),
        key(model=half),
        key(model=features.split_base(base, "block3_pool")[0]),
        key(model=features.split_base(base, "block4_pool")[0]),
        key(augment=None),
        *[key(augment=RandomAffine(**{**ranges, name: 0.3})) for name in RANGES],
        key(augment=RandomAffine(**RANGES)),
        key(augment=RandomAffine(**ranges, fill_mode="wrap")),
        key(views=3),
        key(seed=1),
    ]
    assert len(set(different)) == len(different)


def test_the_key_is_the_same_in_a_second_base_of_the_process_but_tells_its_wiring(images):
    """Keras numbers the layers that have no name over the whole process."""

    def build(sources):
        x = keras.Input((SIZE, SIZE, 3))
        made = [x]
        for _ in range(2):
            layer = keras.layers.Conv2D(3, 3, padding="same", kernel_initializer="ones")
            made.append(layer(made[-1]))
        total = keras.layers.Add()([made[source] for source in sources])
        return features._key(keras.Model(x, total), images, None, 1, 0)

    assert build([0, 2]) == build([0, 2])
    assert len({build([0, 2]), build([1, 2]), build([2, 0]), build([0, 1, 2])}) == 4


# The cache, of which test_cache.py has the rest


def test_features_damaged_on_the_disk_are_computed_again(images, tmp_path, capsys):
    for scale in (1.0, 500.0):  # float16, float32
        expected = np.array(features.extract(small(scale), images))
        for path in tmp_path.rglob("values"):
            path.write_bytes(bytes(path.stat().st_size))
        np.testing.assert_array_equal(features.extract(small(scale), images), expected)
        assert "damaged" in capsys.readouterr().out


@pytest.mark.slow
def test_an_interruption_leaves_nothing(images, monkeypatch):
    calls, predict = [], keras.Model.predict_on_batch

    def interrupt(net, batch):
        calls.append(len(batch[0]))
        if len(calls) > 2:
            raise KeyboardInterrupt
        return predict(net, batch)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(keras.Model, "predict_on_batch", interrupt)
        features.extract(small(), images, batch_size=2)
    assert cache.size() == (0, 0)
    assert features.extract(small(), images).shape[0] == 10


def test_features_beyond_the_limit_are_refused(images, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE_GB", "1e-7")
    with pytest.raises(CourseError, match="COURSE_CACHE_GB.*fewer views"):
        features.extract(small(), images)
    assert features.extract(small(), images, cache=False).shape[0] == 10


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
    for epoch in epochs(dataset, 8):
        x = np.concatenate([batch[0] for batch in epoch])
        y = np.concatenate([batch[1] for batch in epoch])
        assert [len(batch[0]) for batch in epoch] == [5, 5, 5, 5, 3]
        assert x.dtype == np.float32 and x.shape == (23, 2)
        assert sorted(y) == list(range(23))
        np.testing.assert_array_equal(x[:, 0] // 10, y)
        seen.update((int(a // 10), int(a % 10)) for a in x[:, 0])
    # Each of 92 (picture, view) pairs is missed by 8 draws with chance 0.75 ** 8 = 10%.
    assert len(seen) > 70


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


@pytest.mark.slow
def test_a_head_trains_on_a_view_dataset(images):
    views = features.extract_views(small(), images, AUGMENT, views=3)
    dataset = features.view_dataset(views, np.arange(10) % 2, batch_size=4)
    head = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1, "sigmoid")])
    head.compile("sgd", "binary_crossentropy")
    losses = head.fit(dataset, epochs=2, verbose=0, shuffle=False).history["loss"]
    assert len(losses) == 2 and np.isfinite(losses).all()


def test_what_leaves_the_range_of_float16_is_computed_in_float32(images, capsys):
    """300 layers of a network on a GPU's policy: infinity in the middle, a number at the end."""
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        inputs = keras.Input((SIZE, SIZE, 3))
        x = keras.layers.Rescaling(3000.0, name="too_large")(inputs)  # 765,000 at most
        x = keras.layers.ReLU(name="between")(x)  # or TensorFlow would join the two
        model = keras.Model(inputs, keras.layers.Rescaling(1 / 3000.0, name="back")(x))
    finally:
        keras.mixed_precision.set_global_policy("float32")
    for _ in range(2):  # computed, and from the cache
        np.testing.assert_allclose(features.extract(model, images), images, atol=0.2)
    assert capsys.readouterr().out.count("computed again in float32") == 1
    weights = keras.Sequential([keras.Input((SIZE, SIZE, 3)), keras.layers.Rescaling(np.inf)])
    with pytest.raises(CourseError, match="not finite.*Check its weights"):
        features.extract(weights, images)
