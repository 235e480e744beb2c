"""The fused warp against geometry worked out by hand and an independent NumPy warp; its draws."""

import hashlib
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.errors import CourseError

keras = pytest.importorskip("keras")
tf = pytest.importorskip("tensorflow")

from course_utils.models.augment import FILL_MODES, RandomAffine  # noqa: E402

ALL = {
    "rotation": 40,
    "width_shift": 0.2,
    "height_shift": 0.2,
    "shear": 0.2,
    "zoom": 0.2,
    "horizontal_flip": True,
}
AUTOTUNE = tf.data.AUTOTUNE
few = settings(max_examples=10, deadline=None)
seeds = st.integers(0, 2**31 - 1)


def pictures(n=4, height=12, width=12, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, height, width, 3)).astype("uint8")


def numpy_warp(image, matrix, fill_mode):
    """Warp one picture by loops over NumPy: our own reading of what the layer promises."""
    height, width = image.shape[:2]
    inverse = np.linalg.inv(np.asarray(matrix, "float64"))
    result = np.zeros(image.shape)

    def pixel(y, x):
        if fill_mode == "constant":
            inside = 0 <= y < height and 0 <= x < width
            return image[y, x].astype("float64") if inside else np.zeros(3)
        return image[fold(y, height), fold(x, width)].astype("float64")

    def fold(i, n):
        if fill_mode == "nearest":
            return min(max(i, 0), n - 1)
        if fill_mode == "wrap":
            return i % n
        i %= 2 * n
        return i if i < n else 2 * n - 1 - i

    for row in range(height):
        for column in range(width):
            centred = np.array([column - (width - 1) / 2, row - (height - 1) / 2, 1])
            x, y, _ = inverse @ centred
            x, y = x + (width - 1) / 2, y + (height - 1) / 2
            x0, y0 = math.floor(x), math.floor(y)
            right, below = x - x0, y - y0
            top = (1 - right) * pixel(y0, x0) + right * pixel(y0, x0 + 1)
            bottom = (1 - right) * pixel(y0 + 1, x0) + right * pixel(y0 + 1, x0 + 1)
            result[row, column] = (1 - below) * top + below * bottom
    return result


@few
@given(seed=seeds)
def test_without_ranges_nothing_moves(seed):
    images = pictures(seed=seed)
    layer = RandomAffine(seed=seed)
    np.testing.assert_array_equal(layer(images), images.astype("float32"))
    np.testing.assert_array_equal(layer.matrices(3, 12), np.tile(np.eye(3), (3, 1, 1)))


def test_when_not_training_nothing_moves():
    images = pictures()
    same = RandomAffine(**ALL, seed=0)(images, training=False)
    assert same.dtype == "float32"
    np.testing.assert_array_equal(same, images.astype("float32"))


@pytest.mark.parametrize("fill_mode", ["nearest", "constant"])
@few
@given(seed=seeds, height=st.integers(5, 14), width=st.integers(5, 14))
def test_pixels_equal_an_independent_warp(fill_mode, seed, height, width):
    image = pictures(1, height, width, seed)[0]
    layer = RandomAffine(**ALL, fill_mode=fill_mode)
    matrix = np.array(layer.matrices(1, (height, width), seed=seed)[0])
    np.testing.assert_allclose(
        layer.apply(image, matrix), numpy_warp(image, matrix, fill_mode), atol=0.05
    )


@pytest.mark.parametrize("fill_mode", ["reflect", "wrap"])
@pytest.mark.parametrize("shift", [-5, -1, 3, 6])
def test_whole_shifts_fill_as_named(fill_mode, shift):
    image = pictures(1, 12, 12)[0]
    matrix = np.array([[1, 0, shift], [0, 1, 0], [0, 0, 1]], "float32")
    warped = np.array(RandomAffine(fill_mode=fill_mode).apply(image, matrix))
    np.testing.assert_allclose(warped, numpy_warp(image, matrix, fill_mode), atol=1e-3)


@few
@given(seed=seeds, turns=st.integers(0, 3), dx=st.integers(-3, 3), dy=st.integers(-3, 3))
def test_one_map_after_the_other_is_their_product(seed, turns, dx, dy):
    # Whole pixels and quarter turns, so that no interpolation comes between; a black margin wide
    # enough that nothing is lost at the edge.
    image = np.zeros((21, 21, 3), "uint8")
    image[7:14, 7:14] = pictures(1, 7, 7, seed)[0]
    cos, sin = round(math.cos(turns * math.pi / 2)), round(math.sin(turns * math.pi / 2))
    turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]], "float32")
    shift = np.array([[1, 0, dx], [0, 1, dy], [0, 0, 1]], "float32")
    layer = RandomAffine(fill_mode="constant")
    for first, second in ((turn, shift), (shift, turn)):
        stepwise = layer.apply(layer.apply(image, first), second)
        np.testing.assert_allclose(layer.apply(image, second @ first), stepwise, atol=1e-3)


def test_a_flip_is_numpys_flip_and_twice_is_none():
    images = pictures(64)
    layer = RandomAffine(horizontal_flip=True, seed=1)
    once = np.array(layer(images))
    flipped = [np.array_equal(b, a[:, ::-1]) for a, b in zip(images, once, strict=True)]
    kept = [np.array_equal(b, a) for a, b in zip(images, once, strict=True)]
    assert all(f or k for f, k in zip(flipped, kept, strict=True))
    assert 15 < sum(flipped) < 49  # of 64 fair coins; beyond that once in 30,000 seeds
    mirror = np.diag([-1.0, 1.0, 1.0]).astype("float32")
    twice = layer.apply(
        layer.apply(images, np.tile(mirror, (64, 1, 1))), np.tile(mirror, (64, 1, 1))
    )
    np.testing.assert_array_equal(twice, images)


@few
@given(seed=seeds, height=st.integers(8, 200), width=st.integers(8, 200))
def test_corners_go_where_the_ranges_allow(seed, height, width):
    """Zoom, shear, rotation and shift read back from where the corners go."""
    matrices = np.array(RandomAffine(**ALL).matrices(5, (height, width), seed=seed), "float64")
    corner = (
        np.array([[x, y, 1] for x in (-1, 1) for y in (-1, 1)]).T * [[width], [height], [2]] / 2
    )
    for matrix in matrices:
        middle = (matrix @ corner).mean(axis=1)
        assert abs(middle[0]) <= 0.2 * width + 1e-3
        assert abs(middle[1]) <= 0.2 * height + 1e-3
        across, up = matrix[:2, 0], -matrix[:2, 1]
        zoom = math.hypot(*across)
        assert 0.8 - 1e-5 <= zoom <= 1.2 + 1e-5
        mirrored = np.linalg.det(matrix) < 0
        across = -across if mirrored else across
        angle = math.degrees(math.atan2(across[1], across[0]))
        assert abs(angle) <= 40 + 1e-3
        # Along the row direction the column direction leans by the slope; across it, by the zoom.
        lean = up @ across / zoom**2
        assert abs(lean) <= 0.2 + 1e-5
        assert abs(abs(np.linalg.det(matrix)) - zoom**2) < 1e-4


def spread(**ranges):
    """The maps of many pictures of 10 by 20 pixels, for one transform alone."""
    return np.array(RandomAffine(**ranges).matrices(500, (10, 20), seed=3), "float64")


def test_rotation_alone_turns_by_up_to_its_degrees():
    maps = spread(rotation=30)
    angles = np.degrees(np.arctan2(maps[:, 1, 0], maps[:, 0, 0]))
    assert -30 <= angles.min() < -28 and 28 < angles.max() <= 30
    np.testing.assert_allclose(
        maps[:, :2, :2] @ maps[:, :2, :2].transpose(0, 2, 1),
        np.tile(np.eye(2), (500, 1, 1)),
        atol=1e-6,
    )
    assert not maps[:, :2, 2].any()


@pytest.mark.parametrize(
    ("name", "axis", "extent"), [("width_shift", 0, 20), ("height_shift", 1, 10)]
)
def test_a_shift_alone_moves_by_a_share_of_its_side(name, axis, extent):
    maps = spread(**{name: 0.25})
    moved = maps[:, axis, 2].copy()
    assert -0.25 * extent <= moved.min() < -0.23 * extent
    assert 0.23 * extent < moved.max() <= 0.25 * extent
    maps[:, axis, 2] = 0
    np.testing.assert_array_equal(maps, np.tile(np.eye(3), (500, 1, 1)))


def test_shear_alone_leans_upright_lines():
    maps = spread(shear=0.2)
    lean = maps[:, 0, 1].copy()
    assert -0.2 - 1e-6 <= lean.min() < -0.19 and 0.19 < lean.max() <= 0.2 + 1e-6
    maps[:, 0, 1] = 0
    np.testing.assert_array_equal(maps, np.tile(np.eye(3), (500, 1, 1)))


def test_zoom_alone_scales_both_sides():
    maps = spread(zoom=0.2)
    factor = maps[:, 0, 0]
    assert 0.8 - 1e-6 <= factor.min() < 0.81 and 1.19 < factor.max() <= 1.2 + 1e-6
    np.testing.assert_allclose(
        maps, factor[:, None, None] * np.diag([1, 1, 0]) + np.diag([0, 0, 1])
    )


@pytest.mark.parametrize("factor", [0.5, 2.0])
def test_a_zoom_above_one_makes_things_larger(factor):
    image = np.zeros((20, 20, 1), "uint8")
    image[7:13, 7:13] = 255
    matrix = np.diag([factor, factor, 1]).astype("float32")
    lit = np.array(RandomAffine(fill_mode="constant").apply(image, matrix)).sum() / 255
    assert lit == pytest.approx(36 * factor**2, rel=0.1)


def test_a_positive_shift_moves_right_and_down():
    image = np.zeros((9, 9, 1), "uint8")
    image[4, 4] = 255
    matrix = np.array([[1, 0, 2], [0, 1, 3], [0, 0, 1]], "float32")
    warped = np.array(RandomAffine(fill_mode="constant").apply(image, matrix))[..., 0]
    assert np.argwhere(warped > 1).tolist() == [[7, 6]]


@pytest.mark.parametrize("fill_mode", FILL_MODES)
@few
@given(seed=seeds, single=st.booleans(), dtype=st.sampled_from(["uint8", "float32", "float16"]))
def test_shape_type_and_range(fill_mode, seed, single, dtype):
    images = pictures(3, 9, 13, seed).astype(dtype)
    images = images[0] if single else images
    warped = RandomAffine(**ALL, fill_mode=fill_mode, seed=seed)(images)
    assert warped.shape == images.shape and warped.dtype == "float32"
    low = 0 if fill_mode == "constant" else images.min()
    assert low - 1e-3 <= np.min(warped) and np.max(warped) <= images.max() + 1e-3


def test_the_seed_fixes_the_sequence():
    images = pictures()
    one, two, other = (
        RandomAffine(**ALL, seed=5),
        RandomAffine(**ALL, seed=5),
        RandomAffine(**ALL, seed=6),
    )
    first, second = np.array(one(images)), np.array(one(images))
    np.testing.assert_array_equal(two(images), first)
    np.testing.assert_array_equal(two(images), second)
    assert np.abs(first - second).mean() > 1
    assert np.abs(first - other(images)).mean() > 1
    np.testing.assert_array_equal(one.matrices(4, 12, seed=1), other.matrices(4, 12, seed=1))


def test_each_picture_gets_its_own_map():
    same = np.repeat(pictures(1), 6, axis=0)
    warped = np.array(RandomAffine(**ALL, seed=0)(same))
    for i in range(6):
        for j in range(i):
            assert np.abs(warped[i] - warped[j]).mean() > 1


def test_one_picture_is_a_batch_of_one():
    image = pictures(1)
    one, two = RandomAffine(**ALL, seed=2), RandomAffine(**ALL, seed=2)
    np.testing.assert_allclose(one(image)[0], two(image[0]), atol=1e-3)


# In a dataset


def augmented(dataset, seed=1, calls=AUTOTUNE):
    """Map a fresh layer as everybody writes it."""
    augment = RandomAffine(**ALL, seed=seed)
    return dataset.map(lambda x, y: (augment(x), y), num_parallel_calls=calls)


def one_pass(dataset):
    """Return the pictures of one pass in the order of their labels, (N, 12, 12, 3)."""
    batches = [
        (x if x.ndim == 4 else x[None], np.atleast_1d(y)) for x, y in dataset.as_numpy_iterator()
    ]
    images, labels = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    assert images.dtype == np.float32
    return images[np.argsort(labels, kind="stable")]


def passes(dataset, n=2):
    return [one_pass(dataset) for _ in range(n)]


def differ(one, other):
    """Whether each picture has another map than its counterpart."""
    return (np.abs(one - other).mean(axis=(1, 2, 3)) > 1).all()


@pytest.fixture(scope="module")
def labelled():
    """60 pictures with their numbers: enough for parallel calls to end out of order."""
    return tf.data.Dataset.from_tensor_slices((pictures(60), np.arange(60)))


@pytest.fixture(scope="module")
def in_turn(labelled):
    """Five passes of seed 1 on one core, one picture after the other."""
    return passes(augmented(labelled, calls=None), 5)


def test_passes_differ_and_the_seed_fixes_them_whatever_else_is_read(labelled, in_turn):
    assert all(differ(in_turn[i], in_turn[j]) for i in range(5) for j in range(i))
    dataset = augmented(labelled, calls=16)
    assert dataset.cardinality() == 60
    np.testing.assert_array_equal(one_pass(dataset), in_turn[0])
    next(iter(dataset))  # what was prepared beyond this picture is thrown away
    list(dataset.take(2))
    both = list(tf.data.Dataset.zip(dataset, dataset).as_numpy_iterator())
    np.testing.assert_array_equal([one for (one, _), _ in both], in_turn[3])
    np.testing.assert_array_equal([two for _, (two, _) in both], in_turn[4])
    rounds = one_pass(dataset.repeat(2))
    assert differ(rounds[::2], rounds[1::2])


def test_shuffled_batches_and_repeated_pictures_draw_anew_too(labelled):
    def drawn(seed, calls):
        return passes(augmented(labelled.shuffle(60, 3).repeat(2).batch(7), seed, calls))

    first, second = drawn(1, 16)
    assert differ(first, second) and differ(first[::2], first[1::2])
    np.testing.assert_array_equal(drawn(1, None), [first, second])
    assert differ(drawn(2, AUTOTUNE)[0], first)


def test_equal_and_nearly_equal_pictures_get_maps_of_their_own():
    alike = np.repeat(pictures(1, 6, 6), 3000, axis=0)  # so many that two meet in parallel calls
    alike[:200, 0, 0, 0] = np.arange(200)
    augment = RandomAffine(rotation=40, zoom=0.2, seed=1)
    dataset = tf.data.Dataset.from_tensor_slices(alike).map(augment, num_parallel_calls=16)
    # The pixels in the middle do not show the corner that differs.
    assert len({image[2:4, 2:4].tobytes() for image in dataset.as_numpy_iterator()}) == 3000


@pytest.mark.slow
def test_in_a_dataset_the_layer_may_stand_in_a_model_or_a_function(labelled, in_turn):
    function = tf.function(RandomAffine(**ALL, seed=1))
    mapped = labelled.map(lambda x, y: (function(x), y), num_parallel_calls=16)
    np.testing.assert_array_equal(passes(mapped), in_turn[:2])

    def drawn(calls):  # a model casts the pictures first, which changes what is drawn
        chain = keras.Sequential([RandomAffine(**ALL, seed=1), keras.layers.Rescaling(1.0)])
        return passes(labelled.map(lambda x, y: (chain(x, training=True), y), calls))

    first, second = drawn(16)
    assert differ(first, second)
    np.testing.assert_array_equal(drawn(None), [first, second])


def test_in_a_dataset_nothing_moves_when_not_training_and_sizes_may_be_unknown():
    layer = RandomAffine(**ALL, seed=0)
    signature = tf.TensorSpec((None, None, None, 3), tf.uint8)
    dataset = tf.data.Dataset.from_generator(lambda: iter([pictures()]), output_signature=signature)
    (moved,) = dataset.map(layer, num_parallel_calls=AUTOTUNE).as_numpy_iterator()
    (kept,) = dataset.map(lambda x: layer(x, training=False)).as_numpy_iterator()
    assert differ(moved, pictures())
    np.testing.assert_array_equal(kept, pictures().astype("float32"))


def train_both_ways():
    """Train on a mapped dataset, and with the layer in the model; return a hash of the losses."""
    keras.utils.set_random_seed(5)  # and no layer has a seed of its own
    images, labels = pictures(40), np.arange(40) % 2
    dataset = tf.data.Dataset.from_tensor_slices((images, labels)).shuffle(40).batch(8)
    losses = []
    for inside in (False, True):
        layers = [keras.layers.Flatten(), keras.layers.Dense(1, activation="sigmoid")]
        layers = [RandomAffine(**ALL)] * inside + [keras.layers.Rescaling(1 / 255)] + layers
        model = keras.Sequential([keras.Input((12, 12, 3)), *layers])
        model.compile("sgd", "binary_crossentropy")
        mapped = dataset if inside else augmented(dataset, seed=None)
        losses += model.fit(mapped, epochs=3, verbose=0).history["loss"]
    assert len(set(losses)) == 6
    return hashlib.sha256(np.array(losses).tobytes()).hexdigest()


@pytest.mark.slow
def test_training_repeats_in_another_process():
    code = "import test_augment; print(test_augment.train_both_ways())"
    here = Path(__file__).parent
    path = {"PYTHONPATH": f"{here}{os.pathsep}{here.parents[1]}"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == train_both_ways()


# In a model


def test_a_model_holding_the_layer_saves_and_warps_only_in_training(tmp_path):
    layer = RandomAffine(**ALL, fill_mode="wrap", seed=4)
    model = keras.Sequential([keras.Input((12, 12, 3)), layer])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    config = again.layers[-1].get_config()
    assert {name: config[name] for name in (*ALL, "fill_mode", "seed")} == {
        **ALL,
        "fill_mode": "wrap",
        "seed": 4,
    }
    np.testing.assert_array_equal(again.predict(pictures(), verbose=0), pictures())
    assert np.abs(np.array(again(pictures(), training=True)) - pictures()).mean() > 1


def test_bfloat16_models_get_unrounded_pictures():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = RandomAffine()
    finally:
        keras.config.set_dtype_policy(before)
    exact = pictures().astype("float32") / 3
    np.testing.assert_array_equal(layer(exact), exact)


@pytest.mark.parametrize(
    "wrong", [{"fill_mode": "mirror"}, {"zoom": 1}, {"rotation": -5}, {"shear": float("nan")}]
)
def test_impossible_settings_are_named(wrong):
    (name,) = wrong
    with pytest.raises(CourseError, match=name):
        RandomAffine(**wrong)
