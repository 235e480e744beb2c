"""Compute once, train many: what a frozen base makes of pictures, kept on disk.

A frozen part of a network gives the same output for the same picture. So we push each picture, and
some augmented views of it, through the part below a cut once, and train what lies above on that.
"""

import hashlib
import json
import re

import keras
import numpy as np

from course_utils.data import cache as arrays
from course_utils.errors import CourseError
from course_utils.models.cuts import split_base, valid_cuts

__all__ = ["extract", "extract_views", "split_base", "valid_cuts", "view_dataset"]


class _NotFinite(Exception):
    """A value is infinite in the type at hand, or no number."""


def extract(model, images, *, batch_size=32, cache=True):
    """Return the output of a model for every picture, computed once and kept.

    Parameters
    ----------
    model : keras.Model
        Takes raw pictures, such as ``below`` of `split_base`. It is run with ``training=False``.
    images : ndarray
        Pictures (N, H, W, 3), values 0 to 255.
    batch_size : int
    cache : bool
        Whether to keep the result on disk; without, it is an array in memory.

    Returns
    -------
    ndarray
        float16 (N, ...), read-only and memory-mapped where cached: 3 digits, up to 65504. Where the
        model exceeds that, float32.

    Raises
    ------
    CourseError
        For outputs that are not finite, a full disk, or more than ``$COURSE_CACHE_GB`` (5) allows.
    """
    return _views(model, images, None, 1, 0, batch_size, cache)[0]


def extract_views(model, images, augment, views=4, seed=0, *, batch_size=32, cache=True):
    """Return the output of a model for several augmented views of every picture.

    Parameters
    ----------
    model, images, batch_size, cache
        As in `extract`.
    augment : course_utils.models.augment.RandomAffine
    views : int
        Number of views, each with its own random maps for all pictures.
    seed : int
        Fixes the views, whatever the batch size; the layer's own seed plays no part.

    Returns
    -------
    ndarray
        (views, N, ...), otherwise as from `extract`.

    Raises
    ------
    CourseError
        As in `extract`.
    """
    return _views(model, images, augment, views, seed, batch_size, cache)


def view_dataset(views, labels, batch_size=32, seed=0, shuffle=True):
    """Build a dataset that shows each picture once an epoch, in a view drawn at random.

    Parameters
    ----------
    views : ndarray
        (K, N, ...) as from `extract_views`, or ``features[None]`` for those of `extract`. Only the
        batch at hand is read from the disk.
    labels : ndarray
        (N,) or (N, ...).
    batch_size : int
    seed : int
        Fixes the order and the views of every epoch, counted from the first use of the dataset.
    shuffle : bool
        Whether each epoch has a new order.

    Returns
    -------
    tf.data.Dataset
        Batches (float32 features, labels); the last one may be smaller.

    Raises
    ------
    CourseError
        If the numbers of pictures and labels differ.
    """
    import tensorflow as tf

    labels = np.asarray(labels)
    count, total = views.shape[:2]
    if len(labels) != total:
        told = f"{len(labels)} labels do not fit views of shape {views.shape}: (views, pictures,"
        raise CourseError(f"{told} ...). For the features of extract, pass features[None].")
    epoch = -1

    def batches():
        nonlocal epoch
        epoch += 1
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(total) if shuffle else np.arange(total)
        view = rng.integers(count, size=total)
        for start in range(0, total, batch_size):
            chosen = order[start : start + batch_size]
            yield views[view[chosen], chosen], labels[chosen]

    signature = (
        tf.TensorSpec((None, *views.shape[2:]), views.dtype),
        tf.TensorSpec((None, *labels.shape[1:]), labels.dtype),
    )
    dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(-(-total // batch_size)))
    return dataset.map(lambda x, y: (tf.cast(x, tf.float32), y)).prefetch(2)


def _views(model, images, augment, views, seed, batch_size, cache):
    """Find the views in the cache, or compute them."""
    images = np.asanyarray(images)
    channels = model.input_shape[-1]
    if images.ndim != 4 or images.shape[-1] != channels:
        told = f"{model.name} takes pictures (N, height, width, {channels}), not {images.shape}"
        way_out = "Grey pictures become three channels with: np.repeat(images, 3, axis=-1)"
        raise CourseError(f"{told}. {way_out}.")
    shape = (views, len(images), *model.output_shape[1:])
    if 0 in shape or None in shape:
        raise CourseError(f"There is nothing to compute: the features would be of shape {shape}.")
    key = _key(model, images, augment, views, seed) if cache else None
    if cache and (found := arrays.find(key)):
        return found[0].reshape(shape)
    rows = (views * len(images), *shape[2:])
    halves = any(layer.compute_dtype == "float16" for layer in model.layers)
    for network, dtype in [(model, "float16"), (model, "float32"), *[(None, "float32")] * halves]:
        if network is None:
            print(f"{model.name} gave {told} in float16: computed again in float32.")
            network = _in_float32(model)
        batches = _compute(network, images, augment, views, seed, batch_size, dtype)
        try:
            if not cache:
                return np.concatenate(list(batches)).reshape(shape)
            return arrays.store(key, batches, rows, dtype)[0].reshape(shape)
        except _NotFinite as error:
            told = error
    raise CourseError(f"{model.name} gave {told}. Nothing was kept. Check its weights.")


def _compute(model, images, augment, views, seed, batch_size, dtype):
    """Yield the outputs batch by batch, view after view."""
    size = images.shape[1:3]
    pictures, maps = keras.Input(images.shape[1:]), keras.Input((3, 3))
    inputs = [pictures] if augment is None else [pictures, maps]
    seen = pictures if augment is None else augment.apply(pictures, maps)
    # A wrapper of our own, since compiling the caller's model would change it. XLA would spend
    # more time on compiling than one pass takes.
    net = keras.Model(inputs, model(seen, training=False))
    net.compile(jit_compile=False)
    for view in range(views):
        given = [images]
        if augment is not None:
            own_seed = int(np.random.SeedSequence([seed, view]).generate_state(1)[0])
            matrices = augment.matrices(len(images), size, own_seed)
            given.append(keras.ops.convert_to_numpy(matrices))
        for start in range(0, len(images), batch_size):
            batch = [np.asarray(part[start : start + batch_size], "float32") for part in given]
            with np.errstate(over="ignore"):
                values = np.asarray(net.predict_on_batch(batch), "float32").astype(dtype)
            if not np.isfinite(values).all():
                place = f"pictures {start} to {start + len(values) - 1}"
                raise _NotFinite(f"values that are not finite for {place}")
            yield values


def _in_float32(model):
    def again(layer):
        return layer.__class__.from_config({**layer.get_config(), "dtype": "float32"})

    copy = keras.models.clone_model(model, clone_function=again)
    copy.set_weights(model.get_weights())
    return copy


def _key(model, images, augment, views, seed) -> str:
    """Return the name of an entry: a hash over everything its content depends on."""
    about = {
        "format": 2,
        "model": _architecture(model),
        "pictures": [images.shape, images.dtype.name],
        "augment": augment and {**augment.get_config(), "name": None, "seed": None},
        "views": views,
        "seed": seed,
    }
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for weight in model.weights:
        digest.update(keras.ops.convert_to_numpy(weight).tobytes())
    for start in range(0, len(images), 256):
        digest.update(np.ascontiguousarray(images[start : start + 256]))
    return digest.hexdigest()[:32]


def _architecture(model):
    """Return a model's description without what does not change its output.

    That is whether layers are frozen, and their names, which Keras numbers over the process: they
    become numbers in order of appearance.
    """
    numbers = {}

    def number(found):
        before, name = found.groups()
        return f"{before}{numbers.setdefault(name, len(numbers))}" if name else found[0]

    text = json.dumps(json.loads(model.to_json())["config"])
    text = re.sub(r'"trainable": (true|false),? ?', "", text)
    policy = r'"config": \{"name": "[^"]+"\}'  # such as float32, which stays
    place = r'"name": |"keras_history": \[|"(?:input|output)_layers": \[+'
    return re.sub(rf'{policy}|({place})"([^"]+)"', number, text)
