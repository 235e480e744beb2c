"""Pretrain minivgg on the toy zoo and write the packaged weights with their model card.

    python data_scripts/pretrain_minivgg.py --output course_utils/weights

Draws the pictures (kept in --cache), trains minivgg with its top under mixed_bfloat16, rounds the
weights to float16 and writes two files into --output:

minivgg.npz
    A compressed archive of float16 arrays, one for each variable: ``block1_conv1/kernel``,
    ``block1_conv1/bias`` ... ``block5_conv3/bias``, ``top_dense/kernel``, ``top_dense/bias``,
    ``top_softmax/kernel``, ``top_softmax/bias``. Kernels in Keras's order (height, width, in, out).
    Read by `course_utils.models.minivgg.build`.
minivgg.md
    The model card.

Reproducible: all draws follow from --seed. On the same machine and versions two runs differ at
most by the order in which threads add up float32 gradients; expect the validation accuracy within
one point.
"""

import argparse
import hashlib
import platform
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from course_utils import files
from course_utils.data.toys import batches, zoo
from course_utils.models import backbones

SIZE = 64
VALIDATION = 4000  # pictures
BATCH = 64
LEARNING_RATE = 8e-4
WEIGHT_DECAY = 1e-3
WARM_UP = 300  # steps
SCALING_PICTURES = 256
LIMIT = 2_000_000  # bytes of the packaged file
KEPT_BITS = (10, 9, 8, 7)  # of a float16's mantissa, tried in turn until the file fits


def main():
    options = parse_arguments()
    started = time.perf_counter()
    train = load_or_draw(options, "train", options.pictures)
    validation = load_or_draw(options, "validation", VALIDATION)
    drawn = time.perf_counter() - started
    print(f"pictures ready after {drawn:.0f} s", flush=True)
    model = train_model(options, train, validation)
    seconds = time.perf_counter() - started
    save_all(options, model, validation, drawn, seconds)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=72_000, help="training pictures")
    parser.add_argument("--epochs", type=int, default=9)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="processes to draw with")
    parser.add_argument("--output", type=Path, required=True, help="folder for weights and card")
    parser.add_argument(
        "--cache",
        type=Path,
        default=Path(tempfile.gettempdir()) / "minivgg-pretraining",
        help="folder for the drawn pictures and the weights after each epoch",
    )
    return parser.parse_args()


def load_or_draw(options, split, count):
    """Return the zoo pictures of a split as a read-only memory map; draw them if need be."""
    name = f"zoo-{SIZE}-{split}-{count}-{options.seed}.npy"
    path = options.cache / name
    if not path.exists():
        files.write_atomically(path, lambda temporary: draw_into(temporary, options, split, count))
    return np.load(path, mmap_mode="r")


def draw_into(path, options, split, count):
    shape = (count, SIZE, SIZE, 3)
    pictures = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    drawn = batches.draw_all(zoo.draw, count, SIZE, options.seed, split, options.workers)
    for index, (picture, _) in enumerate(drawn):
        pictures[index] = picture
    pictures.flush()


def labels_of(pictures):
    """Return the int64 labels; the zoo's classes come in turn."""
    return np.arange(len(pictures)) % len(zoo.CLASSES)


def train_model(options, train, validation):
    """Train minivgg with its top; return the model."""
    import keras

    keras.utils.set_random_seed(options.seed)
    keras.mixed_precision.set_global_policy("mixed_bfloat16")
    model = backbones.load("minivgg", weights=None, include_top=True)
    scale_weights(model, train[:SCALING_PICTURES])
    steps = len(train) // BATCH
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=0.05 * LEARNING_RATE,
        warmup_target=LEARNING_RATE,
        warmup_steps=WARM_UP,
        decay_steps=max(1, options.epochs * steps - WARM_UP),
        alpha=0.01,
    )
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=WEIGHT_DECAY),
        keras.losses.SparseCategoricalCrossentropy(),
        metrics=["accuracy"],
    )
    model.fit(
        batches_forever(train, options.seed),
        epochs=options.epochs,
        steps_per_epoch=steps,
        validation_data=(np.asarray(validation), labels_of(validation)),
        validation_batch_size=128,
        verbose=0,
        callbacks=[epoch_logger(options, model)],
    )
    return model


def scale_weights(model, pictures):
    """Scale each convolution so that its output has mean 0 and standard deviation 1.

    Thirteen plain layers without batch normalization hardly train from the usual random start.
    One pass over a few pictures, layer by layer, sets it right. Source of the idea: Mishkin and
    Matas 2016, "All you need is a good init" (LSUV); here with the biases too.
    """
    import tensorflow as tf

    x = tf.constant(pictures.astype(np.float32) / 127.5 - 1.0)
    for layer in model.layers:
        if "_conv" in layer.name:
            output = tf.nn.conv2d(x, layer.kernel, strides=1, padding="SAME")
            spread = tf.math.reduce_std(output)
            mean = tf.reduce_mean(output, axis=(0, 1, 2)) / spread
            layer.kernel.assign(layer.kernel / spread)
            layer.bias.assign(-mean)
            x = tf.nn.relu(output / spread - mean)
        elif layer.name.endswith("_pool"):
            x = tf.nn.max_pool2d(x, 2, 2, "VALID")


def batches_forever(pictures, seed):
    """Return a dataset of shuffled batches, half of the pictures flipped."""
    import tensorflow as tf

    labels = labels_of(pictures)

    def generate():
        rng = np.random.default_rng(seed)
        while True:
            order = rng.permutation(len(pictures))
            for start in range(0, len(order) - BATCH + 1, BATCH):
                chosen = np.sort(order[start : start + BATCH])  # sorted: faster from the disk
                batch = pictures[chosen]
                flipped = rng.random(BATCH) < 0.5
                batch[flipped] = batch[flipped, :, ::-1]
                yield batch, labels[chosen]

    signature = (
        tf.TensorSpec((BATCH, SIZE, SIZE, 3), tf.uint8),
        tf.TensorSpec((BATCH,), tf.int64),
    )
    return tf.data.Dataset.from_generator(generate, output_signature=signature).prefetch(4)


def epoch_logger(options, model):
    """Return a callback that prints each epoch and keeps its weights in the cache folder."""
    import keras

    started = time.perf_counter()

    def log(epoch, logs):
        figures = ", ".join(f"{name} {value:.4f}" for name, value in logs.items())
        elapsed = time.perf_counter() - started
        print(f"epoch {epoch + 1}/{options.epochs}: {figures}, {elapsed:.0f} s", flush=True)
        model.save_weights(options.cache / "last-epoch.weights.h5")

    return keras.callbacks.LambdaCallback(on_epoch_end=log)


def save_all(options, model, validation, drawn, seconds):
    """Write weights and card; the accuracies on the card are those of the rounded weights."""
    target = options.output / "minivgg.npz"
    for bits in KEPT_BITS:
        arrays = rounded_weights(model, bits)
        size = archive_size(arrays)
        print(f"{bits} mantissa bits: {size} bytes", flush=True)
        if size <= LIMIT:
            break
    files.write_atomically(target, lambda path: write_archive(path, arrays))
    accuracies = class_accuracies(arrays, validation)
    card = model_card(options, model, target, bits, accuracies, drawn, seconds)
    files.write_atomically(options.output / "minivgg.md", card.encode())
    print(f"accuracy {accuracies.mean():.4f}; wrote {target}", flush=True)


def rounded_weights(model, bits):
    """Return {"layer/variable": float16 array} rounded to `bits` mantissa bits (10: all)."""
    arrays = {}
    for layer in model.layers:
        for variable in layer.weights:
            half = variable.numpy().astype(np.float16)
            unit = 1 << (10 - bits)
            pattern = half.view(np.uint16).astype(np.uint32) + unit // 2
            pattern = (pattern & ~np.uint32(unit - 1)).astype(np.uint16)
            arrays[f"{layer.name}/{variable.name}"] = pattern.view(np.float16)
    return arrays


def write_archive(path, arrays):
    """Write an npz like np.savez_compressed, with the best compression and no time stamps."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy")
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w") as file:
                np.lib.format.write_array(file, array, allow_pickle=False)


def archive_size(arrays):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "size.npz"
        write_archive(path, arrays)
        return path.stat().st_size


def class_accuracies(arrays, validation):
    """Return the accuracy of each class, float64 (40,), of the rounded weights in float32."""
    import keras

    keras.mixed_precision.set_global_policy("float32")
    model = backbones.load("minivgg", weights=None, include_top=True)
    for layer in model.layers:
        for variable in layer.weights:
            variable.assign(arrays[f"{layer.name}/{variable.name}"].astype(np.float32))
    predicted = model.predict(validation, batch_size=128, verbose=0).argmax(axis=1)
    labels = labels_of(validation)
    hits = predicted == labels
    return np.array([hits[labels == label].mean() for label in range(len(zoo.CLASSES))])


def model_card(options, model, target, bits, accuracies, drawn, seconds):
    """Return the model card as Markdown."""
    import keras
    import tensorflow as tf

    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    worst = np.argsort(accuracies)[:5]
    worst_lines = "\n".join(f"| {zoo.CLASSES[k]} | {accuracies[k]:.2f} |" for k in worst)
    base = (layer for layer in model.layers if layer.name.startswith("block"))
    base_parameters = sum(layer.count_params() for layer in base)
    return CARD.format(
        base_parameters=base_parameters,
        all_parameters=model.count_params(),
        pictures=options.pictures,
        epochs=options.epochs,
        seed=options.seed,
        validation=VALIDATION,
        accuracy=accuracies.mean(),
        worst=worst_lines,
        bits=bits,
        bytes=target.stat().st_size,
        digest=digest,
        drawn=drawn,
        seconds=seconds,
        batch=BATCH,
        rate=LEARNING_RATE,
        decay=WEIGHT_DECAY,
        warm_up=WARM_UP,
        python=platform.python_version(),
        numpy=np.__version__,
        keras=keras.__version__,
        tensorflow=tf.__version__,
    )


CARD = """# Model card: minivgg, pretrained on the toy zoo

Written by `data_scripts/pretrain_minivgg.py`; do not edit by hand.

- **What**: VGG16's layout (2-2-3-3-3 convolutions, names as in VGG16) with 16-32-64-128-128
  channels and no batch normalization. Base {base_parameters:,} parameters, with the top
  {all_parameters:,}. Raw pictures 0-255 in; the scaling is inside the model.
- **Learned from**: {pictures:,} pictures of the toy zoo at 64×64, drawn by `course_utils.data.toys`
  (seed {seed}, split "train"): 40 classes, 28 animals and 12 things. No cats, no dogs, no photos.
- **Recipe**: each convolution scaled on 256 pictures before training; AdamW, learning rate {rate}
  with {warm_up} steps of warm-up and cosine decay, weight decay {decay}, batch {batch}, flips,
  {epochs} epochs under mixed_bfloat16; top Flatten, Dense 256, Dropout 0.4, softmax over 40.
- **Accuracy**: {accuracy:.4f} on {validation:,} pictures of the zoo's validation split, after
  rounding to float16, computed in float32. Guessing gives 0.025.
- **File**: `minivgg.npz`, {bytes:,} bytes, float16 ({bits} of 10 mantissa bits kept).
  SHA-256 `{digest}`.
- **Time**: {seconds:.0f} s in all, of which {drawn:.0f} s for drawing, on this project's two-core
  machine (other work may have run beside it).
- **Versions**: Python {python}, NumPy {numpy}, Keras {keras}, TensorFlow {tensorflow}.
- **Reproducible**: pictures and order follow from the seed. Threads may add up gradients in another
  order; expect an accuracy within one point.
- **Licence**: CC BY 4.0.

The five classes with the lowest accuracy:

| class | accuracy |
|---|---|
{worst}

## Meant for

Lessons: transfer to the toy pets and to other small drawings at 64×64, where it lets every step of
transfer learning run on a laptop without a network. With its top it names the zoo's classes.

## Not meant for

Photographs. It has never seen one; take a base pretrained on ImageNet for those. Its errors
say nothing about real animals.
"""


if __name__ == "__main__":
    main()
