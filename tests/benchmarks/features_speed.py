"""Seconds an epoch: a frozen base with live augmentation against a head on cached views.

Run it as ``python tests/benchmarks/features_speed.py``. The ratios are of interest; the seconds are
those of one machine at one moment. The weights are random: they cost what trained ones cost.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import keras
import numpy as np
import tensorflow as tf

from course_utils.data import cache
from course_utils.models import backbones, features
from course_utils.models.augment import RandomAffine


def head(inputs):
    """A small classifier for two classes on a base's output."""
    x = keras.layers.GlobalAveragePooling2D()(inputs)
    x = keras.layers.Dense(256, activation="relu")(x)
    return keras.layers.Dense(1, activation="sigmoid")(keras.layers.Dropout(0.5)(x))


def seconds_per_epoch(model, dataset, epochs):
    """Train, and return the seconds of each epoch after the first, which builds the graph."""
    model.compile("rmsprop", "binary_crossentropy")
    model.fit(dataset, epochs=1, verbose=0, shuffle=False)
    start = time.perf_counter()
    model.fit(dataset, epochs=epochs, verbose=0, shuffle=False)
    return (time.perf_counter() - start) / epochs


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="minivgg")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--pictures", type=int, default=320)
    parser.add_argument("--views", type=int, default=4)
    parser.add_argument("--batch-size", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=30, help="epochs to reckon with at the end")
    options = parser.parse_args()

    rng = np.random.default_rng(0)
    shape = (options.pictures, options.size, options.size, 3)
    images, labels = rng.integers(0, 256, shape).astype("uint8"), np.arange(options.pictures) % 2
    augment = RandomAffine(20, 0.1, 0.1, zoom=0.1, horizontal_flip=True, seed=0)
    base = backbones.load(options.backbone, options.size, weights=None)
    base.trainable = False

    live_model = keras.Model(base.input, head(base(base.input, training=False)))
    dataset = tf.data.Dataset.from_tensor_slices((images, labels))
    dataset = dataset.shuffle(options.pictures).batch(options.batch_size)
    dataset = dataset.map(lambda x, y: (augment(x), y), num_parallel_calls=tf.data.AUTOTUNE)
    dataset = dataset.prefetch(tf.data.AUTOTUNE)
    live = seconds_per_epoch(live_model, dataset, 3)

    with tempfile.TemporaryDirectory() as folder:
        os.environ["COURSE_HOME"] = folder
        start = time.perf_counter()
        views = features.extract_views(base, images, augment, options.views)
        once = time.perf_counter() - start
        start = time.perf_counter()
        views = features.extract_views(base, images, augment, options.views)
        again = time.perf_counter() - start
        inputs = keras.Input(views.shape[2:])
        cached_model = keras.Model(inputs, head(inputs))
        viewed = features.view_dataset(views, labels, options.batch_size)
        cached = seconds_per_epoch(cached_model, viewed, 5)
        size = cache.size()[0] / 1e6
        del views  # Windows deletes no file that is mapped

    total_live, total_cached = options.epochs * live, once + options.epochs * cached
    print(f"{options.backbone}, {options.pictures} pictures of {options.size}x{options.size}")
    print(f"live, augmented             {live:8.3f} s an epoch")
    print(
        f"cached views                {cached:8.3f} s an epoch  ({live / cached:.1f} times faster)"
    )
    print(f"making {options.views} views, once       {once:8.3f} s          ({size:.1f} MB)")
    print(f"finding them again          {again:8.3f} s")
    print(f"{options.epochs} epochs in all: {total_live:.1f} s live, {total_cached:.1f} s cached")
    print(f"{total_live / total_cached:.1f} times faster in all")


if __name__ == "__main__":
    main()
