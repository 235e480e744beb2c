"""The pretrained bases of the course: one table, one way to load them.

Every base comes as one flat functional model that takes raw pictures (values 0 to 255). Its
preprocessing is made of Keras's own layers, so a saved model needs no part of this package.
Keras is imported inside the functions: the table itself costs nothing to read.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_utils import presets
from course_utils.data import sources
from course_utils.data.download import Remote
from course_utils.errors import CourseError

_URL = "https://storage.googleapis.com/tensorflow/keras-applications/"
_ZOO_WEIGHTS = Path(__file__).parent / "weights" / "minivgg.npz"
_CHANNELS = (16, 32, 64, 128, 128)
_CONVOLUTIONS = (2, 2, 3, 3, 3)

# keras.applications' three conventions, as (mean, standard deviation) per channel of raw pictures.
# Source: keras/src/applications/imagenet_utils.py. "caffe" also wants BGR, see _preprocess.
_CAFFE_MEAN = (103.939, 116.779, 123.68)
_TORCH_MEAN, _TORCH_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Backbone:
    """One row of the table.

    Attributes
    ----------
    name, builder : str
        The course's name, and the function in ``keras.applications`` (none for minivgg).
    preprocessing : str
        ``"tf"`` (-1 to 1), ``"caffe"`` (BGR minus the ImageNet mean), ``"torch"`` (0 to 1, then
        normalized by channel) or ``"own"`` (the network does it itself).
    cut : str or None
        Default layer for fine-tuning: what lies above it is trained. None for NASNet, whose cells
        look two cells back: no layer in its middle carries the whole signal.
    last_conv : str
        The layer whose output is the last feature map, for class activation maps.
    min_size, usual_size : int
        Smallest height and width, and those the weights were trained at, in pixels.
    url, md5, weights_file : str
        Address, checksum (64 digits are a sha256; empty where none is published) and local name
        of the weights without the top.
    weights : str
        What the pretrained weights are called.
    alpha : float or None
        MobileNet's width multiplier.
    """

    name: str
    builder: str
    preprocessing: str
    cut: str | None
    last_conv: str
    min_size: int
    usual_size: int
    url: str
    md5: str
    weights_file: str = ""
    weights: str = "imagenet"
    alpha: float | None = None

    def __post_init__(self):
        if not self.weights_file:
            object.__setattr__(self, "weights_file", self.url.rsplit("/", 1)[-1])

    @property
    def remote(self):
        """Remote or None: the weights as a file that can be fetched; None for minivgg."""
        if not self.builder:
            return None
        known = {0: None, 32: f"md5:{self.md5}", 64: f"sha256:{self.md5}"}[len(self.md5)]
        what = f"the weights of {self.name}"
        return Remote(f"models/{self.weights_file}", (self.url,), what, known, check=_check_weights)


def _tf_kernels(name):
    """Return the address that most families use for their weights without the top."""
    return f"{_URL}{name}/{name}_weights_tf_dim_ordering_tf_kernels_notop.h5"


# fmt: off
_ROWS = (
    Backbone("minivgg", "", "tf", "block4_pool", "block5_conv3", 32, 64, "", "",
             _ZOO_WEIGHTS.name, "zoo"),
    Backbone("vgg16", "VGG16", "caffe", "block4_pool", "block5_conv3", 32, 224,
             _tf_kernels("vgg16"), "6d6bbae143d832006294945121d1f1fc"),
    Backbone("vgg19", "VGG19", "caffe", "block4_pool", "block5_conv4", 32, 224,
             _tf_kernels("vgg19"), "253f8cb515780f3b799900260a226db6"),
    Backbone("resnet50", "ResNet50", "caffe", "conv4_block6_out", "conv5_block3_out", 32, 224,
             _URL + "resnet/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
             "4d473c1dd8becc155b73f8504c6f6626"),
    Backbone("inception_v3", "InceptionV3", "tf", "mixed7", "mixed10", 75, 299,
             _tf_kernels("inception_v3"), "bcbd6486424b2319ff4ef7d526e38f63"),
    Backbone("inception_resnet_v2", "InceptionResNetV2", "tf", "mixed_7a", "conv_7b_ac", 75, 299,
             _tf_kernels("inception_resnet_v2"), "d19885ff4a710c122648d3b5c3b684e4"),
    Backbone("xception", "Xception", "tf", "add_11", "block14_sepconv2_act", 71, 299,
             _tf_kernels("xception"), "b0042744bf5b25fce3cb969f33bebb97"),
    # MobileNet's weights for 224 pixels serve every size, so that a run does not depend on which
    # of the four files happens to lie there. No checksum is published; that of 0.25 is our own, of
    # the published file.
    Backbone("mobilenet", "MobileNet", "tf", "conv_pw_9_relu", "conv_pw_13_relu", 32, 224,
             _URL + "mobilenet/mobilenet_1_0_224_tf_no_top.h5", "", alpha=1.0),
    Backbone("mobilenet_025", "MobileNet", "tf", "conv_pw_9_relu", "conv_pw_13_relu", 32, 224,
             _URL + "mobilenet/mobilenet_2_5_224_tf_no_top.h5",
             "dbdb03ee2a22fd895301636cd328b234bb3a9952358f436d82f46b81e0d5b0bf", alpha=0.25),
    Backbone("densenet121", "DenseNet121", "torch", "pool4_pool", "relu", 32, 224,
             _URL + "densenet/densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
             "30ee3e1110167f948a6b9946edeeb738"),
    Backbone("nasnet_mobile", "NASNetMobile", "tf", None, "activation_187", 32, 224,
             _URL + "nasnet/NASNet-mobile-no-top.h5", "1ed92395b5b598bdda52abe5c0dbfd63",
             "nasnet_mobile_no_top.h5"),
    Backbone("efficientnetv2b0", "EfficientNetV2B0", "own", "block5e_add", "top_activation",
             32, 224, _URL + "efficientnet_v2/efficientnetv2-b0_notop.h5",
             "893217f2bb855e2983157299931e43ff"),
    Backbone("convnext_tiny", "ConvNeXtTiny", "own", "convnext_tiny_downsampling_block_2",
             "layer_normalization", 32, 224, _URL + "convnext/convnext_tiny_notop.h5",
             "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1"),
)
# fmt: on
BACKBONES = {row.name: row for row in _ROWS}


def get(name: str) -> Backbone:
    """Return the row of the table called ``name``.

    Raises
    ------
    CourseError
        If there is none; the message lists the right names and the nearest one.
    """
    if name not in BACKBONES:
        raise presets.unknown("backbone", name, BACKBONES)
    return BACKBONES[name]


def load(name: str, size: int | None = None, weights: str | None = "pretrained"):
    """Build a base without its top, with preprocessing inside.

    Parameters
    ----------
    name : str
        A key of `BACKBONES`.
    size : int, optional
        Height and width of the pictures in pixels; the backbone's usual size if not given.
    weights : {"pretrained", "imagenet", "zoo", None}
        ``"pretrained"`` takes those the backbone has; None a random initialization.

    Returns
    -------
    keras.Model
        Functional and flat, named ``name``: raw RGB pictures, float32 (N, size, size, 3),
        values 0 to 255, in; feature maps (N, h, w, channels) out.

    Raises
    ------
    CourseError
        For an unknown backbone or weights, a size below the minimum, and weights that are damaged
        or missing and cannot be fetched.
    """
    backbone = get(name)
    size = backbone.usual_size if size is None else int(size)
    if size < backbone.min_size:
        raise CourseError(
            f"{name} needs pictures of at least {backbone.min_size} pixels, not {size}: its "
            "convolutions would shrink them to nothing. Choose a larger size or another backbone."
        )
    if weights not in ("pretrained", backbone.weights, None):
        raise CourseError(
            f"{name} has no weights called {weights!r}: use {backbone.weights!r}, or None for a "
            "random initialization."
        )
    if not backbone.builder:
        return minivgg(size, weights=backbone.weights if weights else None)
    file = _weights_file(backbone) if weights else None
    return _build(backbone, size, file)


def minivgg(size: int = 64, weights: str | None = "zoo"):
    """Build the course's own small base: VGG16's layout with fewer channels, 920,784 parameters.

    Layers are called as in VGG16: ``block1_conv1`` to ``block5_conv3`` and ``block1_pool`` to
    ``block5_pool``. Plain convolutions, no batch normalization. Source of the layout: Simonyan and
    Zisserman 2015, configuration D.

    Parameters
    ----------
    size : int
        Height and width in pixels, 32 or more.
    weights : {"zoo", None}
        The packaged weights, learned on the toy zoo, or a random initialization.

    Returns
    -------
    keras.Model
        As `load` describes it; (N, size/32, size/32, 128) out.

    Raises
    ------
    CourseError
        If the packaged weights are missing or damaged.
    """
    import keras

    pictures = keras.Input((size, size, 3), name="pictures")
    x = _preprocess("tf", pictures)
    for block, (channels, count) in enumerate(zip(_CHANNELS, _CONVOLUTIONS, strict=True), 1):
        for number in range(1, count + 1):
            x = keras.layers.Conv2D(
                channels,
                3,
                padding="same",
                activation="relu",
                kernel_initializer="he_normal",
                name=f"block{block}_conv{number}",
            )(x)
        x = keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    base = keras.Model(pictures, x, name="minivgg")
    if weights is not None:
        _load_zoo(base)
    return base


def minivgg_with_top(weights: str | None = "zoo"):
    """Build minivgg at 64 pixels with its classifier of the toy zoo.

    Parameters
    ----------
    weights : {"zoo", None}
        The packaged weights or a random initialization.

    Returns
    -------
    keras.Model
        Raw pictures (N, 64, 64, 3) in; probabilities, float32 (N, classes), out, in the order of
        ``course_utils.data.toys.zoo.CLASSES``.

    Raises
    ------
    CourseError
        If the packaged weights are missing or damaged.
    """
    import keras

    from course_utils.data.toys import zoo

    base = minivgg(64, weights=None)
    x = keras.layers.Flatten(name="top_flatten")(base.output)
    x = keras.layers.Dense(256, activation="relu", name="top_dense")(x)
    x = keras.layers.Dropout(0.4, name="top_dropout")(x)
    # Under mixed precision the probabilities stay float32.
    outputs = keras.layers.Dense(
        len(zoo.CLASSES), activation="softmax", dtype="float32", name="top_softmax"
    )(x)
    model = keras.Model(base.input, outputs, name="minivgg_with_top")
    if weights is not None:
        _load_zoo(model)
    return model


def find_weights(name: str) -> Path | None:
    """Return the file with the pretrained weights of a backbone if it is on this machine.

    Looks where `course_utils.data.sources.places` says. Loads no TensorFlow.
    """
    backbone = get(name)
    if backbone.remote is None:
        return _ZOO_WEIGHTS if _ZOO_WEIGHTS.is_file() else None
    return sources.locate(backbone.remote)


def _weights_file(backbone: Backbone) -> Path:
    """Return the weights file of a backbone, fetched if need be, with its checksum verified."""
    try:
        return sources.get(backbone.remote)
    except CourseError as error:
        raise CourseError(
            f"{error} The backbone minivgg needs no file, mobilenet_025 only a small one (2 MB)."
        ) from None


def _check_weights(path: Path) -> None:
    import h5py

    with h5py.File(path):
        pass


def _damaged(file: Path) -> CourseError:
    return CourseError(
        f"The weights file {file} is damaged: it is not the published one, perhaps a broken "
        "download. It was left as it is. Delete it and run again to fetch it anew."
    )


def _build(backbone: Backbone, size: int, file: Path | None):
    """Call the builder in keras.applications on preprocessed pictures."""
    import keras

    pictures = keras.Input((size, size, 3), name="pictures")
    extra = {} if backbone.alpha is None else {"alpha": backbone.alpha}
    try:
        model = getattr(keras.applications, backbone.builder)(
            include_top=False,
            weights=None if file is None else str(file),
            input_tensor=_preprocess(backbone.preprocessing, pictures),
            **extra,
        )
    except (OSError, ValueError, KeyError) as error:
        if file is None:
            raise
        raise _damaged(file) from error
    _tidy_names(model)
    # The builder keeps its input in a list, which would make every later model expect one.
    return keras.Model(model.inputs[0], model.outputs[0], name=backbone.name)


def _preprocess(kind: str, pictures):
    """Apply one of keras.applications' conventions to raw pictures, with built-in layers only.

    The layers work in float32 under any precision policy: bfloat16 would round the pictures.
    """
    import keras

    if kind == "tf":
        return keras.layers.Rescaling(1 / 127.5, offset=-1.0, dtype="float32", name="scale")(
            pictures
        )
    if kind == "caffe":
        blue_first = keras.ops.flip(pictures, axis=-1)
        return keras.layers.Normalization(
            mean=_CAFFE_MEAN, variance=(1.0, 1.0, 1.0), dtype="float32", name="scale"
        )(blue_first)
    if kind == "torch":
        return keras.layers.Normalization(
            mean=[255 * mean for mean in _TORCH_MEAN],
            variance=[(255 * std) ** 2 for std in _TORCH_STD],
            dtype="float32",
            name="scale",
        )(pictures)
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


def _load_zoo(model) -> None:
    """Put the packaged weights into the layers of ``model`` that have any."""
    if not _ZOO_WEIGHTS.is_file():
        raise CourseError(
            f"The packaged weights {_ZOO_WEIGHTS} are missing. Install the package again, or make "
            "them with data_scripts/pretrain_minivgg.py."
        )
    try:
        with np.load(_ZOO_WEIGHTS) as file:
            for layer in model.layers:
                if layer.weights:
                    layer.set_weights([file[f"{layer.name}/{w.name}"] for w in layer.weights])
    except (OSError, ValueError, KeyError) as error:
        raise _damaged(_ZOO_WEIGHTS) from error
