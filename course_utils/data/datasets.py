"""Pictures for a lesson: drawn or from a folder, split into train, validation and test."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from html import escape
from pathlib import Path

import numpy as np

from course_utils import files, presets, settings
from course_utils.data import archive, cats_vs_dogs, registry
from course_utils.data.folders import SPLITS, fingerprints, list_folder, remarks
from course_utils.data.image_file import Unreadable, decode, in_threads, printable
from course_utils.errors import CourseError


@dataclass
class Split:
    """Pictures of one split.

    Attributes
    ----------
    images : numpy.ndarray
        uint8, shape (N, size, size, channels), 0 to 255; memory-mapped when it comes from a folder.
    labels : numpy.ndarray
        int64, shape (N,), an index into `Dataset.classes`.
    names : list of str
        Where each picture comes from: a path inside the folder, or the number of a drawing.
    boxes : numpy.ndarray or None
        float32, shape (N, 4): x0, y0, x1, y1 of the face in pixels, where it is known.
    """

    images: np.ndarray
    labels: np.ndarray
    names: list[str]
    boxes: np.ndarray | None = None

    def __len__(self):
        return len(self.labels)


@dataclass
class Dataset:
    """Three splits of one dataset. The test split is read when first asked for, and that is noted.

    Attributes
    ----------
    title, name : str
        The name for people, and the name in the ledger (with a hash of the folder's listing).
    classes : tuple of str
    image_size : int
        Side of a picture in pixels.
    counts : dict of str to int
        Dataset in each split.
    unreadable : list of Unreadable
        Files that were left out.
    channels : int
        3 for colour, 1 for grey.
    remarks : list of str
        What lies in the folder and was passed over, with advice.
    """

    title: str
    name: str
    classes: tuple[str, ...]
    image_size: int
    counts: dict[str, int]
    unreadable: list[Unreadable] = field(default_factory=list)
    _load: Callable[[str], Split] = None
    _splits: dict[str, Split] = field(default_factory=dict)
    channels: int = 3
    remarks: list[str] = field(default_factory=list)

    def _split(self, name):
        if name not in self._splits:
            self._splits[name] = self._load(name)
        return self._splits[name]

    @property
    def train(self):
        """Split: the pictures a network learns from."""
        return self._split("train")

    @property
    def validation(self):
        """Split: the pictures that every choice is judged by."""
        return self._split("validation")

    @property
    def test(self):
        """Split: the pictures of the last exam. Asking for them is noted in `test_opened`."""
        return self._split("test")

    @property
    def test_opened(self):
        """bool: whether anybody has asked for the test split of this object."""
        return "test" in self._splits

    @property
    def majority(self):
        """float: accuracy of always answering the majority class of the validation split."""
        return float(np.bincount(self.validation.labels).max() / len(self.validation))

    @property
    def shape(self):
        """tuple: the shape of one picture, (size, size, channels)."""
        return (self.image_size, self.image_size, self.channels)

    def _repr_html_(self):
        heads = "".join(f"<th>{name}</th>" for name in SPLITS)
        cells = "".join(f"<td>{self.counts[name]:,}</td>" for name in SPLITS)
        left_out = "".join(f" {escape(line)}" for line in self._left_out())
        return (
            f"<p><b>{escape(self.title)}</b>: {self.image_size}×{self.image_size} pixels, classes "
            f"{', '.join(map(escape, self.classes))}.{left_out}</p>"
            f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"
        )

    def __repr__(self):
        counts = ", ".join(f"{name} {self.counts[name]:,}" for name in SPLITS)
        line = f"{self.title}: {self.image_size}x{self.image_size} pixels, {'/'.join(self.classes)}; {counts}"
        return "\n".join([line, *self._left_out()])

    def _left_out(self):
        number = len(self.unreadable)
        return [f"{number} unreadable files were left out."] * bool(number) + self.remarks


def load(preset, data=None, image_size=None, seed=0):
    """Get the pictures of a preset, or of a folder of one's own.

    Parameters
    ----------
    preset : str or presets.Preset
    data : path-like, optional
        A folder of class folders, or of train/validation/test folders that hold class folders; or
        a zip file of one.
    image_size : int, optional
        Side in pixels; the preset's if left out.
    seed : int
        Draws the training pictures of the toys, and the split of a folder that has none.

    Returns
    -------
    Dataset

    Raises
    ------
    CourseError
        If the folder is missing or holds no usable classes, or the preset's photos are not here.
    """
    preset = presets.get(preset) if isinstance(preset, str) else preset
    size = image_size or preset.image_size
    folder = folder_of(preset, data)
    if folder is None:
        return toy_pets(preset, size, seed)
    return from_folder(folder, size, seed)


def folder_of(preset, data=None):
    """Return the folder with the pictures of a preset or of one's own; None where they are drawn.

    A zip file is unpacked into the cache. The photos of the full preset are fetched when they are
    first asked for.

    Parameters
    ----------
    preset : presets.Preset
    data : path-like, optional
        As for `load`.

    Raises
    ------
    CourseError
        If the archive is damaged or not safe, or the photos are not here and not to be had.
    """
    if data is not None:
        given = Path(data).expanduser()
        if not (os.path.isfile(given) and zipfile.is_zipfile(given)):  # never open a pipe
            return given
        facts = given.stat()
        key = f"{given.resolve()} {facts.st_size} {facts.st_mtime_ns}"
        key = hashlib.sha256(key.encode()).hexdigest()[:16]
        return archive.top(archive.unpack(given, settings.home() / "unpacked" / key / given.stem))
    if preset.dataset == "toy_pets":
        return None
    target = settings.photos()
    if not target.is_dir():
        try:
            cats_vs_dogs.prepare(registry.get(registry.PHOTOS), target)
        except CourseError as error:
            raise CourseError(
                f"The photos of preset '{preset.name}' are not on this machine. {error} Or give a "
                "folder of class folders as DATA in the first cell or with --data; a smaller set "
                "comes with: course data photos_small. Preset 'quick' draws its pictures."
            ) from None
    return target


def toy_pets(preset, size, seed):
    """Draw cat and dog faces. The seed changes the training pictures; the judges stay the same."""
    from course_utils.data.toys import pets

    counts = dict(zip(SPLITS, (preset.train, preset.validation, preset.test), strict=True))
    return from_toys("toy pets", pets.CLASSES, partial(pets.make, size=size), counts, size, seed)


def from_toys(source, classes, make, counts, size, seed, channels=3):
    """Draw a toy dataset by its `make`, a split at a time, when it is first asked for.

    The seed changes the training pictures. Every reader of a figure compares the same validation
    and test pictures, whatever their seed.
    """
    seeds = {"train": 1000 + seed, "validation": 99, "test": 99}

    def load_split(name):
        images, labels, *boxes = make(counts[name], seed=seeds[name], split=name)
        names = [f"{name} drawing {number}" for number in range(len(labels))]
        return Split(images, labels, names, *boxes)

    dataset = source.replace(" ", "_")
    return Dataset(source, dataset, classes, size, counts, [], load_split, channels=channels)


def from_folder(folder, size, seed=0):
    """Read a folder of pictures; see `load`. Decoded pictures are kept in the cache folder."""
    folder = Path(folder).expanduser()
    classes, listing = list_folder(folder, seed)
    identity, key = fingerprints(folder, listing, size)
    decoded = {name: _decode_split(folder, name, listing[name], size, key) for name in SPLITS}
    unreadable = [bad for _, _, bads in decoded.values() for bad in bads]
    labels = {
        name: np.array([label for _, label in listing[name]], dtype=np.int64)[good]
        for name, (_, good, _) in decoded.items()
    }
    for split in SPLITS:
        for number in np.flatnonzero(np.bincount(labels[split], minlength=len(classes)) == 0):
            bad = next(bad for bad in unreadable if (bad.path, number) in listing[split])
            raise CourseError(
                f"Class '{classes[number]}' of {folder} has no readable picture for {split} "
                f"({printable(bad.path.name)}: {bad.reason}). Nothing was changed. Add pictures "
                "to that class, or remove its folder."
            )

    def load_split(name):
        images, good, _ = decoded[name]
        names = [str(listing[name][i][0].relative_to(folder)) for i in good]
        return Split(images, labels[name], names)

    counts = {name: len(decoded[name][1]) for name in SPLITS}
    source = printable(folder.resolve().name)
    found = remarks(folder)
    dataset = f"{source}-{identity[:6]}"
    return Dataset(source, dataset, classes, size, counts, unreadable, load_split, remarks=found)


def _decode_split(folder, split, listing, size, key):
    """Decode one split into a memory-mapped array; take it from the cache when it is there.

    Returns the images, the positions in `listing` that were readable, and the unreadable files.
    """
    place = settings.home() / "pictures" / key[:24]
    # Raw rows and a note beside them: rows can be appended one by one, which on a full disk ends
    # in an error that can be explained. Writing through a memory map would kill the process.
    rows_path, facts_path = place / f"{split}.rows", place / f"{split}.json"

    def read(path):
        try:
            return decode(path, size)
        except ValueError as error:
            return Unreadable(path, str(error))

    try:
        facts = json.loads(facts_path.read_text(encoding="utf-8"))
        bad = list(in_threads(read, [folder / name for name in facts["bad"]]))
        if all(isinstance(result, Unreadable) for result in bad):
            return _rows(rows_path, len(facts["good"]), size), facts["good"], bad
    except (OSError, ValueError, KeyError):
        pass  # not there, or damaged: decode again
    good, bad = [], []

    def write(temporary):
        with open(temporary, "wb") as out:
            for position, result in enumerate(in_threads(read, [path for path, _ in listing])):
                if isinstance(result, Unreadable):
                    bad.append(result)
                else:
                    out.write(result.tobytes())
                    good.append(position)

    files.write_atomically(rows_path, write)
    # Without the reasons: they are looked at again, since a permission or a link may change.
    bads = [str(b.path.relative_to(folder)) for b in bad]
    files.write_atomically(facts_path, json.dumps({"good": good, "bad": bads}).encode())
    return _rows(rows_path, len(good), size), good, bad


def _rows(path, count, size):
    """Map `count` decoded pictures; ValueError when the file has another length."""
    if path.stat().st_size != count * size * size * 3:
        raise ValueError("wrong length")
    if count == 0:
        return np.zeros((0, size, size, 3), np.uint8)
    return np.memmap(path, dtype=np.uint8, mode="r", shape=(count, size, size, 3))


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
    Dataset
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

    return Dataset(source, dataset, classes, 28, REAL, [], load_split, channels=1)


@cache
def _mnist():
    arrays = _read(registry.MNIST)
    return {name: (arrays[f"x_{name}"], arrays[f"y_{name}"]) for name in ("train", "test")}


@cache
def _fashion():
    arrays = [_read(remote) for remote in registry.FASHION_MNIST]
    return {"train": tuple(arrays[:2]), "test": tuple(arrays[2:])}


_BROKEN = (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile, zlib.error)


def _read(remote):
    try:
        path = registry.get(remote)
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


def elephant():
    """Return the file of the photo that the sources classify, fetched if need be."""
    return registry.get(registry.ELEPHANT)
