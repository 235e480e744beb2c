"""Compute once, train many: what a frozen base makes of pictures, kept on cache_store.

A frozen part of a network gives the same output for the same picture. So we push each picture, and
some augmented views of it, through the part below a cut once, and train what lies above on that.
The outputs are kept on disk by ``course_utils.data.cache``; `cache_size` and `clear` are its.
"""

import hashlib
import json
import re
from contextlib import suppress
from difflib import get_close_matches

import keras
import numpy as np

from course_utils.data import cache as cache_store
from course_utils.errors import CourseError

_FORMAT = 1
_LARGEST = float(np.finfo(np.float16).max)  # 65504

cache_size = cache_store.size
clear = cache_store.clear


class _TooLarge(Exception):
    """A value does not fit into float16."""


def split_base(base, cut: str | None = None):
    """Split a functional model at a layer into the part up to it and the part after it.

    Parameters
    ----------
    base : keras.Model
        Functional, one input and one output, as from ``backbones.load``.
    cut : str, optional
        The last layer of the lower part. Without one, or with the name of the base's last layer,
        the whole base lies below.

    Returns
    -------
    below, above : keras.Model, keras.Model or None
        ``above(below(x))`` equals ``base(x)``; ``above`` is None where nothing lies above. Both
        share their layers with the base: training ``above`` trains the base.

    Raises
    ------
    CourseError
        If there is no such layer, or if more than one tensor crosses the cut there, as inside a
        residual block; the message lists layers that will do.
    """
    if cut is None or cut == base.layers[-1].name:
        return base, None
    names = [layer.name for layer in base.layers]
    if cut not in names:
        near = get_close_matches(cut, names, n=5, cutoff=0.4) or names[-5:]
        raise CourseError(f"{base.name} has no layer {cut!r} to cut at. Near: {', '.join(near)}.")
    if cut not in (good := valid_cuts(base)):
        # Show the possible cuts around the wrong one, not the first of hundreds.
        place = sum(names.index(name) < names.index(cut) for name in good)
        raise CourseError(
            f"{base.name} cannot be cut at {cut!r}: another branch passes by that layer. Near it "
            f"these will do: {', '.join(good[max(0, place - 3) : place + 3])}."
        )
    tensor = base.get_layer(cut).output
    below = keras.Model(base.inputs[0], tensor, name=f"{base.name}_below")
    return below, keras.Model(tensor, base.outputs[0], name=f"{base.name}_above")


def valid_cuts(base) -> list[str]:
    """Return the layers that every path from input to output runs through, from input to output.

    A layer is one if the paths to it times the paths from it are all the paths there are.
    """
    if isinstance(base, keras.Sequential):
        return [layer.name for layer in base.layers]
    before = {}
    config = json.loads(base.to_json())["config"]
    for entry in config["layers"]:
        # Tensors appear in the description as {"keras_history": [layer, node, index]}.
        found = re.findall(r'"keras_history": \["([^"]+)"', json.dumps(entry["inbound_nodes"]))
        before[entry["name"]] = found
    paths_to = {}
    for name, sources in before.items():
        paths_to[name] = sum(paths_to[source] for source in sources) if sources else 1
    last = re.search(r'"([^"]+)"', json.dumps(config["output_layers"]))[1]
    paths_from = dict.fromkeys(before, 0) | {last: 1}
    for name in reversed(before):
        for source in before[name]:
            paths_from[source] += paths_from[name]
    return [
        layer.name
        for layer in base.layers
        if paths_to[layer.name] * paths_from[layer.name] == paths_to[last]
    ]


def extract(model, images, *, batch_size=32, cache=True, progress=None):
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
    progress : callable, optional
        Called after each batch as ``progress(done, total)``, in pictures.

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
    return _views(model, images, None, 1, 0, batch_size, cache, progress)[0]


def extract_views(
    model, images, augment, views=4, seed=0, *, batch_size=32, cache=True, progress=None
):
    """Return the output of a model for several augmented views of every picture.

    Parameters
    ----------
    model, images, batch_size, cache, progress
        As in `extract`; the total is ``views`` times the pictures.
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
    return _views(model, images, augment, views, seed, batch_size, cache, progress)


def view_dataset(views, labels, batch_size=32, seed=0, shuffle=True):
    """Build a dataset that shows each picture once an epoch, in a view drawn at random.

    Parameters
    ----------
    views : ndarray
        (K, N, ...) as from `extract_views`, or ``features[None]`` for those of `extract`. Only the
        batch at hand is read from the cache_store.
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
        raise CourseError(
            f"{len(labels)} labels do not fit views of shape {views.shape}, which is (views, "
            "pictures, ...). For the features of extract, pass features[None]."
        )
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


def _views(model, images, augment, views, seed, batch_size, cache, progress):
    """Find the views in the cache, or compute them."""
    images = np.asanyarray(images)
    if images.ndim != 4 or images.shape[-1] != model.input_shape[-1]:
        raise CourseError(
            f"{model.name} takes pictures of {model.input_shape[-1]} channels, (N, height, width, "
            f"{model.input_shape[-1]}), and these are {images.shape}. Grey pictures become three "
            "channels with: np.repeat(images, 3, axis=-1)."
        )
    shape = (views, len(images), *model.output_shape[1:])
    if 0 in shape or None in shape:
        raise CourseError(f"There is nothing to compute: the features would be of shape {shape}.")
    key = _key(model, images, augment, views, seed) if cache else None
    if cache and (found := cache_store.find(key)) is not None:
        return found
    for dtype in (np.float16, np.float32):
        batches = _compute(model, images, augment, views, seed, batch_size, dtype, progress)
        with suppress(_TooLarge):
            if cache:
                return cache_store.store(key, batches, shape, dtype)
            return np.concatenate(list(batches)).reshape(shape)


def _compute(model, images, augment, views, seed, batch_size, dtype, progress):
    """Yield the outputs batch by batch, view after view."""
    size = images.shape[1:3]
    pictures, maps = keras.Input(images.shape[1:]), keras.Input((3, 3))
    inputs, seen = [pictures], pictures
    if augment is not None:
        inputs, seen = [pictures, maps], augment.apply(pictures, maps)
    # A wrapper of our own, since compiling the caller's model would change it. XLA would spend
    # more time on compiling than one pass takes.
    net = keras.Model(inputs, model(seen, training=False))
    net.compile(jit_compile=False)
    for view in range(views):
        if augment is not None:
            own_seed = int(np.random.SeedSequence([seed, view]).generate_state(1)[0])
            matrices = keras.ops.convert_to_numpy(augment.matrices(len(images), size, own_seed))
        for start in range(0, len(images), batch_size):
            part = slice(start, start + batch_size)
            batch = [np.asarray(images[part], "float32")]
            if augment is not None:
                batch.append(matrices[part])
            values = np.asarray(net.predict_on_batch(batch), "float32")
            if not np.isfinite(values).all():
                raise CourseError(
                    f"{model.name} gave values that are not finite for pictures {start} to "
                    f"{start + len(values) - 1}. Nothing was kept. Check its weights."
                )
            if dtype is np.float16 and np.abs(values).max() > _LARGEST:
                raise _TooLarge
            yield values.astype(dtype)
            if progress is not None:
                progress(view * len(images) + start + len(values), views * len(images))


def _key(model, images, augment, views, seed) -> str:
    """Return the name of an entry: a hash over everything its content depends on."""
    digest = hashlib.sha256()
    about = {
        "format": _FORMAT,
        "model": _architecture(model),
        "pictures": [list(images.shape), images.dtype.name],
        "augment": None
        if augment is None
        else [augment.ranges, augment.horizontal_flip, augment.fill_mode],
        "views": views,
        "seed": seed,
    }
    digest.update(json.dumps(about, sort_keys=True).encode())
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

    def number(entry):
        if isinstance(entry.get("name"), str):
            numbers.setdefault(entry["name"], f"#{len(numbers)}")
        return {key: value for key, value in entry.items() if key != "trainable"}

    def rename(value):
        if isinstance(value, dict):
            return {key: rename(item) for key, item in value.items()}
        if isinstance(value, list):
            return [rename(item) for item in value]
        return numbers.get(value, value) if isinstance(value, str) else value

    return rename(json.loads(model.to_json(), object_hook=number)["config"])
