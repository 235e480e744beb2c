"""The files that the course can fetch: where they lie on the internet, and how each is checked."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from PIL import Image

from course_utils import settings
from course_utils.data import archive
from course_utils.data.download import Remote, fetch, verify
from course_utils.errors import CourseError

_TENSORFLOW = "https://storage.googleapis.com/tensorflow/"
_KERAS_DATASETS = _TENSORFLOW + "tf-keras-datasets/"


def _check_gzip(path):
    with gzip.open(path) as file:
        while file.read(2**20):  # to the end, where the checksum stands
            pass


def _check_photo(path):
    with Image.open(path) as picture:
        picture.load()


def _check_weights(path):
    import h5py

    with h5py.File(path):
        pass


def _check_index(path):
    if len(json.loads(Path(path).read_text(encoding="utf-8"))) != 1000:
        raise ValueError("it does not name 1,000 classes")


# The address of the photos has changed twice; hence the pinned hash and the second source.
PHOTOS = Remote(
    "cats_vs_dogs/kagglecatsanddogs_5340.zip",
    (
        "https://download.microsoft.com/download/3/E/1/3E1C3F21-ECDB-4869-8368-6DEBA77B919F/"
        "kagglecatsanddogs_5340.zip",
    ),
    "25,000 photos of cats and dogs",
    "sha256:b7974bd00a84a99921f36ee4403f089853777b5ae8d151c76a86e64900334af9",
    824_887_076,
)
FILTERED = Remote(
    "cats_vs_dogs/cats_and_dogs_filtered.zip",
    (
        "https://download.mlcc.google.com/mledu-datasets/cats_and_dogs_filtered.zip",
        "https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip",
    ),
    "3,000 photos of cats and dogs",
    size=68_606_236,
    check=archive.check,
)
MNIST = Remote(
    "datasets/mnist.npz",
    (_KERAS_DATASETS + "mnist.npz",),
    "MNIST",
    "sha256:731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
)
FASHION_MNIST = tuple(
    Remote(
        f"datasets/fashion-mnist/{name}.gz",
        (f"{_KERAS_DATASETS}{name}.gz",),
        "Fashion-MNIST",
        check=_check_gzip,
    )
    for name in (
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    )
)
ELEPHANT = Remote(
    "datasets/elephant.jpg",
    ("https://img-datasets.s3.amazonaws.com/elephant.jpg",),
    "the photo of the elephant",
    check=_check_photo,
)
CLASS_INDEX = Remote(
    "models/imagenet_class_index.json",
    ("https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json",),
    "the names of ImageNet's classes",
    "md5:c2c37ea517e94d9795004a39431a14cb",
    check=_check_index,
)


def _weights(name, address, known_hash=None, saved_as=None):
    """Return the weights of a network, by their address below Keras's folder of applications."""
    path = f"models/{saved_as or address.rsplit('/', 1)[-1]}"
    url = f"{_TENSORFLOW}keras-applications/{address}"
    return Remote(path, (url,), f"the weights of {name}", known_hash, check=_check_weights)


def _without_top(name, md5):
    """Return the weights of a family that calls its files in the way most do."""
    return _weights(name, f"{name}/{name}_weights_tf_dim_ordering_tf_kernels_notop.h5", md5)


# Checksums as in keras/src/applications. MobileNet's weights for 224 pixels serve every size, so
# that a run does not depend on which of the four files happens to lie there. No checksum is
# published; that of 0.25 is our own, of the published file.
# fmt: off
WEIGHTS = {
    "vgg16": _without_top("vgg16", "md5:6d6bbae143d832006294945121d1f1fc"),
    "vgg19": _without_top("vgg19", "md5:253f8cb515780f3b799900260a226db6"),
    "resnet50": _weights(
        "resnet50", "resnet/resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "md5:4d473c1dd8becc155b73f8504c6f6626"),
    "inception_v3": _without_top("inception_v3", "md5:bcbd6486424b2319ff4ef7d526e38f63"),
    "inception_resnet_v2": _without_top(
        "inception_resnet_v2", "md5:d19885ff4a710c122648d3b5c3b684e4"),
    "xception": _without_top("xception", "md5:b0042744bf5b25fce3cb969f33bebb97"),
    "mobilenet": _weights("mobilenet", "mobilenet/mobilenet_1_0_224_tf_no_top.h5"),
    "mobilenet_025": _weights(
        "mobilenet_025", "mobilenet/mobilenet_2_5_224_tf_no_top.h5",
        "sha256:dbdb03ee2a22fd895301636cd328b234bb3a9952358f436d82f46b81e0d5b0bf"),
    "densenet121": _weights(
        "densenet121", "densenet/densenet121_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "md5:30ee3e1110167f948a6b9946edeeb738"),
    "nasnet_mobile": _weights(
        "nasnet_mobile", "nasnet/NASNet-mobile-no-top.h5",
        "md5:1ed92395b5b598bdda52abe5c0dbfd63", "nasnet_mobile_no_top.h5"),
    "efficientnetv2b0": _weights(
        "efficientnetv2b0", "efficientnet_v2/efficientnetv2-b0_notop.h5",
        "md5:893217f2bb855e2983157299931e43ff"),
    "convnext_tiny": _weights(
        "convnext_tiny", "convnext/convnext_tiny_notop.h5",
        "sha256:d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1"),
}
# fmt: on
WEIGHTS_WITH_TOP = {
    "vgg16": _weights(
        "vgg16 with its top",
        "vgg16/vgg16_weights_tf_dim_ordering_tf_kernels.h5",
        "md5:64373286793e3c8b2b4e3219cbf3544b",
    ),
}


def named():
    """Return what `course data` can get: for each name the files that belong to it.

    Returns
    -------
    dict of str to tuple of Remote
        The photos in two sizes, the small pictures, the elephant and the backbones' weights.
    """
    table = {
        "photos": (PHOTOS,),
        "photos_small": (FILTERED,),
        "mnist": (MNIST,),
        "fashion_mnist": FASHION_MNIST,
        "elephant": (ELEPHANT, CLASS_INDEX, WEIGHTS_WITH_TOP["vgg16"]),
    }
    return table | {name: (remote,) for name, remote in WEIGHTS.items()}


def places(remote):
    """Return the files by which `remote` may lie on this machine, the preferred one first.

    They are ``$KERAS_HOME``, ``~/.keras`` and the course's own cache. Keras itself overlooks a
    folder that it may not write to, such as a class's shared one.
    """
    return [home / remote.path for home in (*settings.keras_homes(), settings.downloads())]


def locate(remote):
    """Return the file of `remote` that is on this machine, unchecked, or None."""
    return next((file for file in places(remote) if file.is_file()), None)


def get(remote, mirror=None):
    """Return a file, from this machine where it is there and sound, else fetched and kept.

    Parameters
    ----------
    remote : Remote
    mirror : str, optional
        An address or a folder that is asked before the internet; ``$COURSE_MIRROR`` if left out.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    CourseError
        If it can be had nowhere, or the copy on this machine is damaged.
    """
    file = locate(remote)
    own = settings.downloads() / remote.path
    if file is None or file == own:
        return fetch(remote, own, mirror=mirror)
    try:
        verify(file, remote)
    except ValueError as error:
        raise CourseError(
            f"{file} is damaged: {error}. It was left as it is. Delete it and run again to fetch "
            "it anew."
        ) from None
    return file
