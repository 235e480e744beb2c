"""The small grey pictures of the first lessons: toy digits and clothes, MNIST and Fashion-MNIST."""

from __future__ import annotations

import gzip
import os
import zipfile
import zlib
from functools import cache
from pathlib import Path

import numpy as np

from course_utils import paths
from course_utils.data.pictures import Pictures, Split, from_toys
from course_utils.errors import CourseError

TOYS = {"train": 3_000, "validation": 1_000, "test": 2_000}
REAL = {"train": 50_000, "validation": 10_000, "test": 10_000}
HELD_OUT = 10_000  # the last training pictures of the real sets are the validation split

# File names and address as in keras.datasets.
ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
MNIST_FILES = ("mnist.npz",)
FASHION_FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)
FASHION_FOLDER = "fashion-mnist"
MOST_SECONDS = 30  # that a server may stay silent


def digits(preset, seed=0):
    """Return handwritten digits: drawn ones in the quick preset, MNIST in the full one.

    Parameters
    ----------
    preset : presets.Preset
    seed : int
        Draws the toys' training pictures; validation and test stay the same.

    Returns
    -------
    Pictures
        Grey, 28×28.

    Raises
    ------
    CourseError
        If the file of MNIST is neither here nor to be had.
    """
    from course_utils.data.toys import digits as toys

    if preset.name == "quick":
        return _toys("toy digits", toys, seed)
    return _real("MNIST", "mnist", toys.CLASSES, _mnist)


def clothes(preset, seed=0):
    """Return clothes, as `digits` does: drawn ones, or Fashion-MNIST in the full preset."""
    from course_utils.data.toys import clothes as toys

    if preset.name == "quick":
        return _toys("toy clothes", toys, seed)
    return _real("Fashion-MNIST", "fashion_mnist", toys.CLASSES, _fashion)


def _toys(source, toys, seed):
    return from_toys(source, toys.CLASSES, toys.make, TOYS, 28, seed, channels=1)


def _real(source, dataset, classes, read):
    read()  # so that a missing file is told at once
    first = REAL["train"]

    def load_split(name):
        images, labels = read()["test" if name == "test" else "train"]
        part = {"train": slice(first), "validation": slice(first, first + HELD_OUT)}
        images, labels = (array[part.get(name, slice(None))] for array in (images, labels))
        names = [f"{source} {name} {number}" for number in range(len(labels))]
        return Split(images[..., None], labels.astype(np.int64), names)

    return Pictures(source, dataset, classes, 28, REAL, [], load_split, channels=1)


@cache
def _mnist():
    (arrays,) = _files("MNIST", "", MNIST_FILES)
    return {name: (arrays[f"x_{name}"], arrays[f"y_{name}"]) for name in ("train", "test")}


@cache
def _fashion():
    arrays = _files("Fashion-MNIST", FASHION_FOLDER, FASHION_FILES)
    return {"train": tuple(arrays[:2]), "test": tuple(arrays[2:])}


def _files(source, folder, names):
    """Read the files of a set from Keras's folder or the course's own; fetch what is missing."""
    # Looked up here, not by Keras, which does not read a folder that it may not write to.
    keras_home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras").expanduser()
    given, own = keras_home / "datasets" / folder, paths.home() / "data" / folder
    found = {}
    for name in names:
        places = [place / name for place in (given, own) if (place / name).exists()]
        found[name] = places[0] if places else None
    missing = [name for name in names if found[name] is None]
    for name in missing:
        try:
            found[name] = paths.write_atomically(own / name, lambda file, n=name: _fetch(n, file))
        except (OSError, ValueError) as error:  # no network, no such page, or half a file
            lacking = ", ".join(n for n in names if found[n] is None)
            raise CourseError(
                f"{source} is not on this machine and could not be fetched "
                f"({type(error).__name__}): missing {lacking}. Nothing half-fetched was left "
                f"behind. Put the missing files from {ORIGIN} into {given}, or use preset "
                "'quick', which needs no file."
            ) from None
    return [_read(found[name]) for name in names]


def _fetch(name, temporary):
    """Download one file and read it once, so that half a file never counts as there."""
    import pooch

    pooch.HTTPDownloader(timeout=MOST_SECONDS)(ORIGIN + name, str(temporary), None)
    try:
        _arrays(temporary)
    except _BROKEN as error:
        raise ValueError(str(error)) from None


_BROKEN = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error)


def _read(path):
    try:
        return _arrays(path)
    except _BROKEN:
        raise CourseError(
            f"{path} is damaged: it cannot be read to its end. Nothing was changed. Delete that "
            "file and run again (it is fetched anew), or use preset 'quick', which needs no file."
        ) from None


def _arrays(path):
    """Return the arrays of an .npz file, by name, or the one array of a gzipped IDX file."""
    if path.suffix == ".npz":
        with np.load(path) as file:
            return {name: file[name] for name in ("x_train", "y_train", "x_test", "y_test")}
    with gzip.open(path) as file:
        content = file.read()
    # IDX: two zeros, the type (8: bytes), the number of axes; then each length, big-endian.
    if content[:3] != b"\0\0\x08":
        raise ValueError("not an IDX file of bytes")
    axes = content[3]
    shape = tuple(np.frombuffer(content, ">i4", axes, 4).tolist())
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)
