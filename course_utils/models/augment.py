"""Random rotation, shift, shear, zoom and flip of a picture in one warp.

A chain of five layers samples every picture five times and blurs it each time. Here the five are
multiplied into one matrix first, so each picture is sampled once.
"""

import math

import keras
import tensorflow as tf
from keras import ops

from course_utils.errors import CourseError, unknown

RANGES = ("rotation", "width_shift", "height_shift", "shear", "zoom")
FILL_MODES = ("nearest", "reflect", "constant", "wrap")


@keras.saving.register_keras_serializable(package="course_utils")
class RandomAffine(keras.layers.Layer):
    """Warp each picture by its own random affine map, with bilinear interpolation.

    Made to be mapped over the training set alone, so that validation pictures stay as they are and
    the model stays free of it::

        augment = RandomAffine(rotation=40, width_shift=0.2, horizontal_flip=True, seed=0)
        train = train.map(lambda x, y: (augment(x), y), num_parallel_calls=tf.data.AUTOTUNE)

    Each pass over the mapped dataset draws other maps. The seed fixes them, however many calls run
    at the same time; only pictures (or batches) that are equal may swap theirs, and a pass that is
    left early counts what it has prepared in vain. In a model the layer warps in training alone.

    A picture is, in this order and about its centre: flipped, zoomed, sheared, rotated; then
    shifted. All amounts are uniform in the ranges below; at 0 the picture does not change.

    Parameters
    ----------
    rotation : float
        Largest angle in degrees, either way.
    width_shift, height_shift : float
        Largest shift, either way, as a share of the width and of the height.
    shear : float
        Largest slope, either way: at 0.2 a point d pixels above the centre moves sideways by up to
        0.2 d, which tilts upright lines by up to 11.3 degrees. (ImageDataGenerator takes its
        ``shear_range`` in degrees: its 0.2 tilts by a fifth of a degree, which nobody sees.)
    zoom : float
        At 0.2 the picture becomes 0.8 to 1.2 times as large; less than 1. Both axes alike.
        (ImageDataGenerator draws a factor for each axis.)
    horizontal_flip : bool
        Whether to mirror every second picture, on average, left to right.
    fill_mode : {"nearest", "reflect", "constant", "wrap"}
        What to show beyond the picture's edge: the edge drawn out, the picture mirrored, black, or
        the picture repeated.
    seed : int, optional
        Fixes the sequence of random numbers; if not given, ``keras.utils.set_random_seed`` does.

    Raises
    ------
    CourseError
        For an unknown fill mode or an impossible range.

    Notes
    -----
    Input: pictures, (N, H, W, C) or one (H, W, C), any number type, values 0 to 255. Output: the
    same shape, float32, values in the range of the input (and 0 for ``"constant"``). With
    ``training=False`` the values do not change.
    """

    def __init__(
        self,
        rotation=0.0,
        width_shift=0.0,
        height_shift=0.0,
        shear=0.0,
        zoom=0.0,
        horizontal_flip=False,
        fill_mode="nearest",
        seed=None,
        **kwargs,
    ):
        # float32 under every precision policy: bfloat16 could not hold the values in between.
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.supports_jit = False  # XLA cannot compile the warp, and Keras does not know (20191)
        if fill_mode not in FILL_MODES:
            raise unknown("fill_mode", fill_mode, FILL_MODES)
        amounts = (rotation, width_shift, height_shift, shear, zoom)
        self.ranges = dict(zip(RANGES, amounts, strict=True))
        for name, value in self.ranges.items():
            if not 0 <= value < math.inf or (name == "zoom" and value >= 1):
                limit = "0 or more and less than 1" if name == "zoom" else "0 or more"
                raise CourseError(f"RandomAffine's {name} must be {limit}, not {value!r}.")
        self.horizontal_flip = bool(horizontal_flip)
        self.fill_mode = fill_mode
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, images, training=True):
        """Return warped pictures, or unchanged ones with ``training=False``; see the class."""
        pictures = ops.cast(images, "float32")
        if not training:
            return pictures
        shape = ops.shape(images)
        single = len(shape) == 3
        n = 1 if single else shape[0]
        draw = _draw_in_dataset(images, n, self.generator) if _in_dataset() else self._draw(n)
        matrices = self._compose(draw, *shape[-3:-1])
        return self.apply(pictures, matrices[0] if single else matrices)

    def matrices(self, n, size, seed=None):
        """Draw the maps of ``n`` pictures.

        Parameters
        ----------
        n : int
        size : int or (int, int)
            Height and width of the pictures in pixels; shifts are shares of them.
        seed : int, optional
            Draws the same maps each time; otherwise the layer's own sequence goes on.

        Returns
        -------
        tensor
            float32 (n, 3, 3). Each maps a point (x, y, 1) of the picture to where it goes, in
            pixels from the centre, x to the right and y down; A then B is the product B A.
        """
        sides = (size, size) if isinstance(size, int) else size
        return self._compose(self._draw(n, seed), *sides)

    def _draw(self, n, seed=None):
        """Return numbers from -1 to 1, (n, 6), by a seed or by the layer's own sequence."""
        seed = self.generator if seed is None else seed
        return keras.random.uniform((n, 6), -1.0, 1.0, dtype="float32", seed=seed)

    def _compose(self, draw, height, width):
        """Turn numbers from -1 to 1, (n, 6), into maps (n, 3, 3); see `matrices`."""
        angle, dx, dy, slope, scale, coin = ops.unstack(draw, axis=1)
        ranges = self.ranges
        angle = angle * (ranges["rotation"] * math.pi / 180)
        dx = dx * ranges["width_shift"] * ops.cast(width, "float32")
        dy = dy * ranges["height_shift"] * ops.cast(height, "float32")
        slope = slope * ranges["shear"]
        scale = 1 + scale * ranges["zoom"]
        mirror = ops.where(coin < 0, -1.0, 1.0) if self.horizontal_flip else ops.ones_like(coin)

        # rotation @ shear @ zoom @ flip, multiplied out; then the shift. The slope is negative
        # because y points down.
        cos, sin = ops.cos(angle), ops.sin(angle)
        zeros, ones = ops.zeros_like(cos), ops.ones_like(cos)
        rows = (
            (cos * scale * mirror, -(cos * slope + sin) * scale, dx),
            (sin * scale * mirror, (cos - sin * slope) * scale, dy),
            (zeros, zeros, ones),
        )
        return ops.stack([ops.stack(row, axis=-1) for row in rows], axis=-2)

    def apply(self, images, matrices):
        """Warp pictures by given maps.

        Parameters
        ----------
        images : array or tensor
            (N, H, W, C), or one (H, W, C).
        matrices : array or tensor
            (N, 3, 3), or (3, 3), as from `matrices`.

        Returns
        -------
        tensor
            float32, the shape of ``images``.
        """
        images = ops.cast(images, "float32")
        height, width = ops.shape(images)[-3:-1]
        half_x = (ops.cast(width, "float32") - 1) / 2
        half_y = (ops.cast(height, "float32") - 1) / 2
        # The warp asks, for each pixel of the result, where in the picture to look: the inverse,
        # and counted from the corner instead of the centre.
        inverse = ops.linalg.inv(ops.cast(matrices, "float32"))
        (a, b, c), (d, e, f) = (ops.unstack(inverse[..., row, :], axis=-1) for row in (0, 1))
        c = c + half_x - a * half_x - b * half_y
        f = f + half_y - d * half_x - e * half_y
        zeros = ops.zeros_like(a)
        look_up = ops.stack([a, b, c, d, e, f, zeros, zeros], axis=-1)
        return ops.image.affine_transform(images, look_up, "bilinear", self.fill_mode)

    def get_config(self):
        """Return what the layer was made with, so that a saved model can make it again."""
        others = {name: getattr(self, name) for name in ("horizontal_flip", "fill_mode", "seed")}
        return {**super().get_config(), **self.ranges, **others}


def _in_dataset():
    """Return whether TensorFlow is tracing a function for a dataset (and not for a model)."""
    graph = tf.compat.v1.get_default_graph()
    while graph and not getattr(graph, "name", "").startswith("Dataset_"):
        graph = getattr(graph, "outer_graph", None)
    return bool(graph)


def _draw_in_dataset(pictures, n, generator):
    """Return numbers from -1 to 1, float32 (n, 6), for a picture or a batch in a dataset's map.

    There many calls run at the same time and end in any order, so no draw may depend on how many
    came before it, as the layer's sequence does. These follow from the layer's next number, taken
    once when the dataset is made, from the number of the pass, from the pictures themselves, and
    from how often this pass has met them before.
    """
    with tf.init_scope(), tf.device("CPU"):
        seed = tf.constant(ops.convert_to_numpy(generator.next()))
        passes = tf.lookup.experimental.MutableHashTable(
            tf.int64, tf.int64, default_value=0, experimental_is_anonymous=True
        )
        lock = tf.CriticalSection(name="course_utils_random_affine")
    # Without a name and outside init_scope, each pass has a table of its own. So what a pass that
    # is left early, such as next(iter(dataset)), has prepared in vain does not change the next one.
    seen = tf.raw_ops.MutableHashTableV2(key_dtype=tf.int64, value_dtype=tf.int64)
    zero = tf.constant(0, tf.int64)
    content = tf.bitcast(tf.fingerprint(tf.reshape(pictures, (1, -1)))[0], tf.int64)
    table = {"table_handle": seen, "keys": tf.stack([zero, content])}  # under 0: this pass's number

    def count():
        number, times = tf.unstack(tf.raw_ops.LookupTableFindV2(**table, default_value=zero), 2)
        begun = passes.lookup(zero)
        number = tf.where(number > 0, number, begun + 1)
        counted = passes.insert(zero, tf.maximum(begun, number))
        noted = tf.raw_ops.LookupTableInsertV2(**table, values=tf.stack([number, times + 1]))
        with tf.control_dependencies([counted, noted]):
            return tf.stack([number, content, times])

    for part in tf.unstack(lock.execute(count, exclusive_resource_access=False)):
        seed = tf.random.experimental.stateless_fold_in(seed, part)
    return tf.random.stateless_uniform((n, 6), seed, -1.0, 1.0)
