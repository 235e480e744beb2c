"""The pretrained bases of the course: one table, one way to load them.

Every base comes as one flat functional model that takes raw pictures (values 0 to 255). Its
preprocessing is made of Keras's own layers, so a saved model needs no part of this package.
"""

from __future__ import annotations

import json
import math
import re
from typing import NamedTuple

import keras

from course_utils.data import registry
from course_utils.errors import CourseError
from course_utils.models import minivgg

# keras.applications' three conventions, as (mean, standard deviation) per channel of raw pictures.
# Source: keras/src/applications/imagenet_utils.py. "caffe" also wants BGR, see _preprocess.
_CAFFE_MEAN = (103.939, 116.779, 123.68)
_TORCH_MEAN, _TORCH_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Backbone(NamedTuple):
    """A pretrained base as data/registry.toml describes it; sizes are height and width in pixels.

    Attributes
    ----------
    name, builder : str
        The course's name, and the function in ``keras.applications`` (none for minivgg).
    preprocessing : str
        ``"tf"``, ``"caffe"``, ``"torch"`` or ``"own"``; see `_preprocess`.
    cut : str or None
        The usual layer for fine-tuning: what lies above it is trained.
    last_conv : str
        The layer whose output is the last feature map, for class activation maps.
    min_size, usual_size : int
    options : dict
        Further arguments of the builder.
    """

    name: str
    preprocessing: str
    last_conv: str
    cut: str | None = None
    builder: str = ""
    min_size: int = 32
    usual_size: int = 224
    options: dict = {}


def get(name: str) -> Backbone:
    """Return the pretrained base called ``name``; CourseError if there is none."""
    return Backbone(registry.check_backbone(name), **registry.BACKBONES[name])


def load(name: str, image_size=None, weights="pretrained", include_top=False):
    """Build a pretrained network with its preprocessing inside.

    Parameters
    ----------
    name : str
        As in ``data/registry.toml``.
    image_size : int, optional
        Height and width of the pictures in pixels; the backbone's usual size if not given.
    weights : {"pretrained", None}
        Those learned on ImageNet (minivgg: on the toy zoo), or a random initialization.
    include_top : bool
        Whether to keep the classifier: minivgg, mobilenet_025 and vgg16 can, at their usual size.

    Returns
    -------
    keras.Model
        Functional and flat, named ``name``: raw RGB pictures, float32 (N, size, size, 3),
        values 0 to 255, in; feature maps (N, h, w, channels) out, or probabilities (N, classes).

    Raises
    ------
    CourseError
        For an unknown backbone or weights, a size that does not fit, and weights that are damaged
        or missing and cannot be fetched.
    """
    backbone = get(name)
    size = backbone.usual_size if image_size is None else int(image_size)
    if size < backbone.min_size:
        least = f"{name} needs pictures of at least {backbone.min_size} pixels, not {size}"
        raise CourseError(f"{least}. Choose a larger size or another backbone.")
    if weights not in ("pretrained", None):
        raise CourseError(f"{name} has no weights {weights!r}, only 'pretrained' and None: random.")
    if include_top and size != backbone.usual_size:
        raise CourseError(f"The top of {name} takes {backbone.usual_size} pixels, not {size}.")
    if not backbone.builder:
        return minivgg.build(size, weights, include_top)
    table = registry.WEIGHTS_WITH_TOP if include_top else registry.WEIGHTS
    if name not in table:
        known = ", ".join(["minivgg", *table])
        raise CourseError(f"The course has no weights for the top of {name}, only of {known}.")
    return _build(backbone, size, registry.get(table[name]) if weights else None, include_top)


def imagenet_classes() -> list[str]:
    """Return the names of ImageNet's 1,000 classes, in the order of a network's outputs.

    Raises
    ------
    CourseError
        If the list is neither on this machine nor to be had.
    """
    file = registry.get(registry.FILES["imagenet_classes"])
    content = json.loads(file.read_text(encoding="utf-8"))
    return [content[str(number)][1] for number in range(1000)]  # "386": [code, name]


def stage_layers(base) -> list[str]:
    """Name the last layer of each stage of a base: the layer before the maps shrink.

    As lesson 7 does it in the open; stages without a convolution, such as a mere scaling of the
    picture, are left out.

    Parameters
    ----------
    base : keras.Model
        Functional, pictures in, feature maps out.

    Returns
    -------
    list of str
        Names of layers, from the picture to the output. For VGG16: block1_conv2 to block5_conv3,
        and block5_pool.
    """
    side, smallest = base.input.shape[1], base.output.shape[1]
    last, convolved = {}, False
    for layer in base.layers:
        convolved = convolved or any(len(weight.shape) == 4 for weight in layer.weights)
        shape = getattr(layer.output, "shape", ())
        # Maps smaller than the output belong to a side branch, such as squeeze-and-excitation.
        if not convolved or len(shape) != 4 or shape[1] < smallest:
            continue
        if not isinstance(layer, keras.layers.ZeroPadding2D | keras.layers.Cropping2D):
            last[round(math.log2(side / shape[1]))] = layer.name
    return [last[halvings] for halvings in sorted(last)]


def _build(backbone, size, file, include_top):
    """Call the builder in keras.applications on preprocessed pictures."""
    pictures = keras.Input((size, size, 3), name="pictures")
    try:
        model = getattr(keras.applications, backbone.builder)(
            include_top=include_top,
            weights=None if file is None else str(file),
            input_tensor=_preprocess(backbone.preprocessing, pictures),
            **backbone.options,
        )
    except (OSError, ValueError, KeyError) as error:
        if file is None:
            raise
        told = f"The weights file {file} is damaged, or not the published one. It was left as it is"
        raise CourseError(f"{told}. Delete it and run again to fetch it anew.") from error
    _tidy_names(model)
    # The builder keeps its input in a list, which would make every later model expect one.
    return keras.Model(model.inputs[0], model.outputs[0], name=backbone.name)


def _preprocess(kind, pictures):
    """Apply one of keras.applications' conventions to raw pictures, with built-in layers only.

    The layers work in float32 under any precision policy: bfloat16 would round the pictures.
    """
    options = {"dtype": "float32", "name": "scale"}
    if kind == "tf":
        return keras.layers.Rescaling(1 / 127.5, offset=-1.0, **options)(pictures)
    if kind == "caffe":
        blue_first = keras.ops.flip(pictures, axis=-1)
        ones = (1.0, 1.0, 1.0)
        return keras.layers.Normalization(mean=_CAFFE_MEAN, variance=ones, **options)(blue_first)
    if kind == "torch":
        mean = [255 * mean for mean in _TORCH_MEAN]
        variance = [(255 * std) ** 2 for std in _TORCH_STD]
        return keras.layers.Normalization(mean=mean, variance=variance, **options)(pictures)
    return pictures


def _tidy_names(model) -> None:
    """Give unnamed layers the names they would have in a fresh process.

    Keras numbers unnamed layers over the whole process: ``conv2d_94`` is another layer in the
    second model. Cuts and cache keys need names that do not depend on what was built before.
    """
    unnamed = {}
    for operation in model.operations:
        prefix, number = re.fullmatch(r"(.*?)(?:_(\d+))?", operation.name).groups()
        if prefix.replace("_", "") == type(operation).__name__.lower():
            unnamed.setdefault(prefix, []).append((int(number or 0), operation))
    for prefix, found in unnamed.items():
        for index, (_, operation) in enumerate(sorted(found, key=lambda pair: pair[0])):
            operation.name = f"{prefix}_{index}" if index else prefix
