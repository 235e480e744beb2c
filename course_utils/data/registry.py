"""The files that the course can fetch, and the pretrained bases, as registry.toml lists them."""

from __future__ import annotations

import gzip
import tomllib
import zipfile
import zlib
from functools import partial
from pathlib import Path

import numpy as np

from course_utils import settings
from course_utils.data.download import Remote, fault, fetch
from course_utils.data.image_file import decode
from course_utils.errors import CourseError, unknown

LARGEST = 2**26  # bytes that a gzipped file may hold; Fashion-MNIST's largest has 47 million
_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def _check_gzip(path):
    with gzip.open(path) as file:
        file.read()  # to the end, where the checksum stands


def _check_weights(path):
    import h5py

    h5py.File(path).close()


_CHECKS = {"gzip": _check_gzip, "picture": partial(decode, size=64), "weights": _check_weights}


def _remote(path, urls, what, known_hash=None, size=None, check=None):
    return Remote(path, tuple(urls), what, known_hash, size, _CHECKS.get(check))


FILES = {name: _remote(**row) for name, row in _TABLES["files"].items()}
PHOTOS, MNIST = FILES["photos"], FILES["mnist"]
FASHION_MNIST = tuple(FILES[name] for name in FILES if name.startswith("fashion_mnist"))
WEIGHTS_WITH_TOP = {name: FILES[f"{name}_with_top"] for name in ("mobilenet_025", "vgg16")}
# By name: what models/backbones.py needs to know of each pretrained base, and its weights.
BACKBONES = _TABLES["backbones"]
WEIGHTS = {
    name: _remote(**row.pop("weights")) for name, row in BACKBONES.items() if "weights" in row
}


def check_backbone(name: str) -> str:
    """Return `name` if the course knows such a backbone; no Keras is loaded.

    Raises
    ------
    CourseError
        If it does not; the message lists the right names and the nearest one.
    """
    if name not in BACKBONES:
        raise unknown("backbone", name, BACKBONES)
    return name


def named():
    """Return what `course data` can get: for each name the files that belong to it.

    Returns
    -------
    dict of str to tuple of Remote
        The photos in two sizes, the small pictures, VGG16 with its top (553 MB), the backbones'
        weights, and the elephant: its photo, the classes' names, and MobileNet 0.25 with its top.
    """
    alone = {name: (FILES[name],) for name in ("photos", "photos_small", "mnist", "vgg16_with_top")}
    elephant = (FILES["elephant"], FILES["imagenet_classes"], WEIGHTS_WITH_TOP["mobilenet_025"])
    together = {"fashion_mnist": FASHION_MNIST, "elephant": elephant}
    return alone | together | {name: (remote,) for name, remote in WEIGHTS.items()}


def locate(remote):
    """Return the file of `remote` that is on this machine, unchecked, or None.

    It may lie in ``$KERAS_HOME``, in ``~/.keras`` or in the course's own cache. Keras itself
    overlooks a folder that it may not write to, such as a class's shared one.
    """
    homes = (*settings.keras_homes(), settings.downloads())
    return next((home / remote.path for home in homes if (home / remote.path).is_file()), None)


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
    file, own = locate(remote), settings.downloads() / remote.path
    if file in (None, own):
        return fetch(remote, own, mirror)
    if wrong := fault(file, remote):
        told = f"{file} is damaged: {wrong}. It was left as it is"
        raise CourseError(f"{told}. Delete it and run again to fetch it anew.")
    return file


def arrays(remote):
    """Return the arrays of a published file: the four of an .npz, or the one of a gzipped IDX."""
    try:
        path = get(remote)
    except CourseError as error:
        raise CourseError(f"{error} Preset 'quick' needs no file.") from None
    try:
        if path.suffix == ".npz":
            with np.load(path) as file:
                return [file[name] for name in ("x_train", "y_train", "x_test", "y_test")]
        with gzip.open(path) as file:
            content = file.read(LARGEST)
        # IDX: two zeros, the type, the number of axes; then each length, big-endian; the bytes.
        axes = content[3]
        shape = np.frombuffer(content, ">i4", axes, 4)
        return [np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)]
    except (OSError, ValueError, EOFError, LookupError, zipfile.BadZipFile, zlib.error):
        told = f"{path} is damaged: it cannot be read to its end. Nothing was changed. Delete it"
        raise CourseError(f"{told} and run again, or use preset 'quick'.") from None
