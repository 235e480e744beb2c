"""The files that the course can fetch: where they lie on the internet, and how each is checked."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

from PIL import Image

from course_utils import paths
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
# Checksum as in keras/src/applications/vgg16.py.
VGG16_TOP = Remote(
    "models/vgg16_weights_tf_dim_ordering_tf_kernels.h5",
    (_TENSORFLOW + "keras-applications/vgg16/vgg16_weights_tf_dim_ordering_tf_kernels.h5",),
    "the weights of VGG16 with its top",
    "md5:64373286793e3c8b2b4e3219cbf3544b",
)


def named():
    """Return what `course data` can get: for each name the files that belong to it.

    Returns
    -------
    dict of str to tuple of Remote
        The photos in two sizes, the small pictures, the elephant and the backbones' weights.
    """
    from course_utils.backbones import BACKBONES

    table = {
        "photos": (PHOTOS,),
        "photos_small": (FILTERED,),
        "mnist": (MNIST,),
        "fashion_mnist": FASHION_MNIST,
        "elephant": (ELEPHANT, CLASS_INDEX, VGG16_TOP),
    }
    weights = {row.name: (row.remote,) for row in BACKBONES.values() if row.remote}
    return table | weights


def places(remote):
    """Return the files by which `remote` may lie on this machine, the preferred one first.

    They are ``$KERAS_HOME``, ``~/.keras`` and the course's own cache. Keras itself overlooks a
    folder that it may not write to, such as a class's shared one.
    """
    given = os.environ.get("KERAS_HOME")
    homes = [Path(given).expanduser()] if given else []
    return [home / remote.path for home in (*homes, Path.home() / ".keras", own_folder())]


def own_folder():
    """Return the folder of what the course has fetched itself."""
    return paths.home() / "downloads"


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
    own = own_folder() / remote.path
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
