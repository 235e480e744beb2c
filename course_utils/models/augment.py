"""Random rotation, shift, shear, zoom and flip of a picture in one warp.

A chain of five layers samples every picture five times and blurs it each time. Here the five are
multiplied into one matrix first, so each picture is sampled once.
"""

import math

import keras
from keras import ops

from course_utils.errors import CourseError

FILL_MODES = ("nearest", "reflect", "constant", "wrap")


@keras.saving.register_keras_serializable(package="course_utils")
class RandomAffine(keras.layers.Layer):
    """Warp each picture by its own random affine map, with bilinear interpolation.

    Made to be mapped over the training set alone, so that validation pictures stay as they are and
    the model stays free of it::

        augment = RandomAffine(rotation=40, width_shift=0.2, horizontal_flip=True, seed=0)
        train = augment.map(train)

    Calling the layer, ``augment(pictures)``, goes on in its sequence, which the seed fixes. A
    dataset's own ``map`` with that call works too, but the sequence is a state, and a map with a
    state runs on one core (half the speed of `map` on two) or, in parallel, out of order.

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
        Fixes the sequence of random numbers.

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
        kwargs["dtype"] = "float32"
        super().__init__(**kwargs)
        if fill_mode not in FILL_MODES:
            raise CourseError(
                f"RandomAffine knows no fill_mode {fill_mode!r}. Known: {', '.join(FILL_MODES)}."
            )
        ranges = {
            "rotation": rotation,
            "width_shift": width_shift,
            "height_shift": height_shift,
            "shear": shear,
            "zoom": zoom,
        }
        for name, value in ranges.items():
            if not 0 <= value < math.inf or (name == "zoom" and value >= 1):
                limit = "0 or more and less than 1" if name == "zoom" else "0 or more"
                raise CourseError(f"RandomAffine's {name} must be {limit}, not {value!r}.")
        self.ranges = ranges
        self.horizontal_flip = bool(horizontal_flip)
        self.fill_mode = fill_mode
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, images, training=True):
        """Return warped pictures, or unchanged ones with ``training=False``; see the class."""
        images = ops.cast(images, "float32")
        if not training:
            return images
        shape = ops.shape(images)
        single = len(shape) == 3
        matrices = self.matrices(1 if single else shape[0], shape[-3:-1])
        return self.apply(images, matrices[0] if single else matrices)

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
        seed = self.generator if seed is None else seed
        draw = keras.random.uniform((n, 6), -1.0, 1.0, dtype="float32", seed=seed)
        return self._compose(draw, *((size, size) if isinstance(size, int) else size))

    def map(self, dataset):
        """Augment a dataset: other maps for each picture and each epoch, on all cores.

        Parameters
        ----------
        dataset : tf.data.Dataset
            Of pictures (H, W, C) or batches (N, H, W, C), alone or as the first of a tuple, such
            as (pictures, labels).

        Returns
        -------
        tf.data.Dataset
            The same with pictures float32. The layer's seed, together with that of
            ``keras.utils.set_random_seed`` where it was called, fixes every epoch.
        """
        # Here alone TensorFlow is called by name: tf.data gives each element a seed of its own, and
        # a map without a state may run in parallel and still in order.
        import tensorflow as tf

        def warp(element, seed):
            images, *rest = element if isinstance(element, tuple) else (element,)
            shape = tf.shape(images)
            single = len(images.shape) == 3
            n = 1 if single else shape[0]
            draw = tf.random.stateless_uniform((n, 6), [seed, 0], -1.0, 1.0)
            matrices = self._compose(draw, shape[-3], shape[-2])
            warped = self.apply(images, matrices[0] if single else matrices)
            return (warped, *rest) if isinstance(element, tuple) else warped

        seeds = tf.data.Dataset.random(self.seed, rerandomize_each_iteration=True)
        pairs = tf.data.Dataset.zip(dataset, seeds)
        return pairs.map(warp, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)

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
        (a, b, c), (d, e, f) = (
            (inverse[..., row, 0], inverse[..., row, 1], inverse[..., row, 2]) for row in (0, 1)
        )
        c = c + half_x - a * half_x - b * half_y
        f = f + half_y - d * half_x - e * half_y
        zeros = ops.zeros_like(a)
        look_up = ops.stack([a, b, c, d, e, f, zeros, zeros], axis=-1)
        return ops.image.affine_transform(
            images, look_up, interpolation="bilinear", fill_mode=self.fill_mode
        )

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return what the layer was made with, so that a saved model can make it again."""
        return {
            **super().get_config(),
            **self.ranges,
            "horizontal_flip": self.horizontal_flip,
            "fill_mode": self.fill_mode,
            "seed": self.seed,
        }
