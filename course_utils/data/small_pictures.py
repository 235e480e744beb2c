"""The small grey pictures of the first lessons: toy digits and clothes, MNIST and Fashion-MNIST."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from functools import cache

import numpy as np

from course_utils.data import sources
from course_utils.data.pictures import Pictures, Split, from_toys
from course_utils.errors import CourseError

TOYS = {"train": 3_000, "validation": 1_000, "test": 2_000}
REAL = {"train": 50_000, "validation": 10_000, "test": 10_000}
HELD_OUT = 10_000  # the last training pictures of the real sets are the validation split
LARGEST = 2**26  # bytes that a gzipped file may hold; Fashion-MNIST's largest has 47 million


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
    arrays = _read(sources.MNIST)
    return {name: (arrays[f"x_{name}"], arrays[f"y_{name}"]) for name in ("train", "test")}


@cache
def _fashion():
    arrays = [_read(remote) for remote in sources.FASHION_MNIST]
    return {"train": tuple(arrays[:2]), "test": tuple(arrays[2:])}


_BROKEN = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error)


def _read(remote):
    try:
        path = sources.get(remote)
    except CourseError as error:
        raise CourseError(f"{error} Preset 'quick' needs no file.") from None
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
        content = file.read(LARGEST)
    # IDX: two zeros, the type (8: bytes), the number of axes; then each length, big-endian.
    if content[:3] != b"\0\0\x08":
        raise ValueError("not an IDX file of bytes")
    axes = content[3]
    shape = tuple(np.frombuffer(content, ">i4", axes, 4).tolist())
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)
