"""Pictures a second through three ways of augmenting: the sources', Keras's, and the course's.

Run it as ``python tests/benchmarks/augmentation_speed.py``. The ratios are of interest; the speeds
are those of one machine at one moment.
"""

import argparse
import os
import statistics
import sys
import time
import warnings
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import keras
import numpy as np
import tensorflow as tf

from course_utils.models.augment import RandomAffine


def generator(images, batch_size):
    """The sources' recipe. It wants SciPy; without that, None."""
    try:
        import scipy.ndimage  # noqa: F401
    except ImportError:
        print("ImageDataGenerator is left out: it wants SciPy (pip install scipy).")
        return None
    recipe = tf.keras.preprocessing.image.ImageDataGenerator(
        rotation_range=40,
        width_shift_range=0.2,
        height_shift_range=0.2,
        shear_range=0.2,
        zoom_range=0.2,
        horizontal_flip=True,
        fill_mode="nearest",
    )
    flow = recipe.flow(images, batch_size=batch_size, seed=0)
    return lambda: (flow[i] for i in range(len(flow)))


def chain(images, batch_size):
    """Five layers of Keras, one after the other."""
    layers = keras.Sequential(
        [
            keras.layers.RandomRotation(40 / 360, fill_mode="nearest"),
            keras.layers.RandomTranslation(0.2, 0.2, fill_mode="nearest"),
            keras.layers.RandomShear(0.2, 0.2, fill_mode="nearest"),
            keras.layers.RandomZoom(0.2, fill_mode="nearest"),
            keras.layers.RandomFlip("horizontal"),
        ]
    )
    dataset = tf.data.Dataset.from_tensor_slices(images).batch(batch_size)
    dataset = dataset.map(
        lambda x: layers(tf.cast(x, tf.float32), training=True),
        num_parallel_calls=tf.data.AUTOTUNE,
    )
    return lambda: dataset.prefetch(tf.data.AUTOTUNE)


def fused(images, batch_size, parallel=True):
    """The course's layer in a dataset's map, on all cores or on one."""
    layer = RandomAffine(40, 0.2, 0.2, 0.2, 0.2, horizontal_flip=True, seed=0)
    dataset = tf.data.Dataset.from_tensor_slices(images).batch(batch_size)
    calls = tf.data.AUTOTUNE if parallel else None
    dataset = dataset.map(layer, num_parallel_calls=calls).prefetch(tf.data.AUTOTUNE)
    return lambda: dataset


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=960)
    parser.add_argument("--size", type=int, default=150)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")

    shape = (options.pictures, options.size, options.size, 3)
    images = np.random.default_rng(0).integers(0, 256, shape).astype("uint8")
    ways = {
        "ImageDataGenerator": generator(images, options.batch_size),
        "five Keras layers": chain(images, options.batch_size),
        "RandomAffine, one call at a time": fused(images, options.batch_size, parallel=False),
        "RandomAffine, parallel calls": fused(images, options.batch_size),
    }
    ways = {name: make for name, make in ways.items() if make is not None}
    seconds = {name: [] for name in ways}
    for repeat in range(options.repeats + 1):
        for name, make in ways.items():  # in turns, so that a busy moment hits them all
            start = time.perf_counter()
            for _ in make():
                pass
            if repeat:  # the first round builds the graphs
                seconds[name].append(time.perf_counter() - start)
    speed = {name: options.pictures / statistics.median(s) for name, s in seconds.items()}
    print(f"{options.size}x{options.size} pixels, batches of {options.batch_size}")
    for name, value in speed.items():
        ratio = value / next(iter(speed.values()))
        print(f"{name:32} {value:7.0f} pictures/s {ratio:6.1f} times the first")


if __name__ == "__main__":
    main()
