"""The course's own small base: VGG16's layout with narrow layers, pretrained on the toy zoo."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np

from course_utils.errors import CourseError

WEIGHTS = Path(__file__).parents[1] / "weights" / "minivgg.npz"
CHANNELS = (16, 32, 64, 128, 128)
CONVOLUTIONS = (2, 2, 3, 3, 3)


def build(image_size=64, weights="pretrained", include_top=False):
    """Build minivgg: 920,784 parameters without its top.

    Layers are called as in VGG16: ``block1_conv1`` to ``block5_conv3`` and ``block1_pool`` to
    ``block5_pool``. Plain convolutions, no batch normalization. Source of the layout: Simonyan and
    Zisserman 2015, configuration D.

    Parameters
    ----------
    image_size : int
        Height and width in pixels, 32 or more; 64 with the top.
    weights : {"pretrained", None}
        The packaged weights, learned on the toy zoo, or a random initialization.
    include_top : bool
        Whether to add the classifier of the toy zoo.

    Returns
    -------
    keras.Model
        Functional and flat: raw RGB pictures, float32 (N, size, size, 3), values 0 to 255, in;
        feature maps (N, size/32, size/32, 128) out, or probabilities, float32 (N, classes), in the
        order of ``course_utils.data.toys.zoo.CLASSES``.

    Raises
    ------
    CourseError
        If the packaged weights are missing or damaged.
    """
    pictures = keras.Input((image_size, image_size, 3), name="pictures")
    # float32 under every precision policy: bfloat16 would round the pictures.
    x = keras.layers.Rescaling(1 / 127.5, offset=-1.0, dtype="float32", name="scale")(pictures)
    for block, (channels, count) in enumerate(zip(CHANNELS, CONVOLUTIONS, strict=True), 1):
        for number in range(1, count + 1):
            name = f"block{block}_conv{number}"
            x = keras.layers.Conv2D(
                channels, 3, padding="same", activation="relu", kernel_initializer="he_normal",
                name=name,
            )(x)  # fmt: skip
        x = keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    model = keras.Model(pictures, _add_top(x) if include_top else x, name="minivgg")
    if weights is not None:
        _set_weights(model)
    return model


def _add_top(x):
    from course_utils.data.toys import zoo

    x = keras.layers.Flatten(name="top_flatten")(x)
    x = keras.layers.Dense(256, activation="relu", name="top_dense")(x)
    x = keras.layers.Dropout(0.4, name="top_dropout")(x)
    # Under mixed precision the probabilities stay float32.
    return keras.layers.Dense(
        len(zoo.CLASSES), activation="softmax", dtype="float32", name="top_softmax"
    )(x)


def _set_weights(model):
    """Put the packaged weights into the layers that have any."""
    try:
        with np.load(WEIGHTS) as file:
            for layer in model.layers:
                if layer.weights:
                    layer.set_weights([file[f"{layer.name}/{w.name}"] for w in layer.weights])
    except Exception as error:  # NumPy and zipfile raise many kinds for a damaged file
        told = f"The packaged weights {WEIGHTS} are missing or damaged ({error})"
        raise CourseError(f"{told}. Install the package again.") from error
