"""Pictures for a lesson: drawn or from a folder, split into train, validation and test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from course_utils import paths, presets
from course_utils.data.decode import Unreadable, decode, picture_files
from course_utils.errors import CourseError

SPLITS = ("train", "validation", "test")
SHARES = (0.6, 0.2, 0.2)
MOST_CLASSES = 20
SPLIT_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid"),
    "test": ("test",),
}


@dataclass
class Split:
    """Pictures of one split.

    Attributes
    ----------
    images : numpy.ndarray
        uint8, shape (N, size, size, channels), 0 to 255; memory-mapped when it comes from a folder.
    labels : numpy.ndarray
        int64, shape (N,), an index into `Pictures.classes`.
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
class Pictures:
    """Three splits of one dataset. The test split is read when first asked for, and that is noted.

    Attributes
    ----------
    source, dataset : str
        The name for people, and the name in the ledger (with a hash of the folder's listing).
    classes : tuple of str
    size : int
        Side of a picture in pixels.
    counts : dict of str to int
        Pictures in each split.
    unreadable : list of Unreadable
        Files that were left out.
    channels : int
        3 for colour, 1 for grey.
    """

    source: str
    dataset: str
    classes: tuple[str, ...]
    size: int
    counts: dict[str, int]
    unreadable: list[Unreadable] = field(default_factory=list)
    _load: Callable[[str], Split] = None
    _splits: dict[str, Split] = field(default_factory=dict)
    channels: int = 3

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
        """float: accuracy of always answering the commonest validation class."""
        return float(np.bincount(self.validation.labels).max() / len(self.validation))

    @property
    def shape(self):
        """tuple: the shape of one picture, (size, size, channels)."""
        return (self.size, self.size, self.channels)

    def _repr_html_(self):
        heads = "".join(f"<th>{name}</th>" for name in SPLITS)
        cells = "".join(f"<td>{self.counts[name]:,}</td>" for name in SPLITS)
        left_out = (
            f" {len(self.unreadable)} unreadable files were left out." if self.unreadable else ""
        )
        return (
            f"<p><b>{self.source}</b>: {self.size}×{self.size} pixels, classes "
            f"{', '.join(self.classes)}.{left_out}</p>"
            f"<table><tr>{heads}</tr><tr>{cells}</tr></table>"
        )

    def __repr__(self):
        counts = ", ".join(f"{name} {self.counts[name]:,}" for name in SPLITS)
        return f"{self.source}: {self.size}x{self.size} pixels, {'/'.join(self.classes)}; {counts}"


def load(preset, data=None, size=None, seed=0):
    """Get the pictures of a preset, or of a folder of one's own.

    Parameters
    ----------
    preset : str or presets.Preset
    data : path-like, optional
        A folder of class folders, or of train/validation/test folders that hold class folders.
    size : int, optional
        Side in pixels; the preset's if left out.
    seed : int
        Draws the training pictures of the toys, and the split of a folder that has none.

    Returns
    -------
    Pictures

    Raises
    ------
    CourseError
        If the folder is missing or holds no usable classes, or the preset's photos are not here.
    """
    preset = presets.get(preset) if isinstance(preset, str) else preset
    size = size or preset.size
    if data is not None:
        return from_folder(data, size, seed)
    if preset.dataset == "toy_pets":
        return toy_pets(preset, size, seed)
    photos = paths.home() / "data" / preset.dataset
    if photos.is_dir():
        return from_folder(photos, size, seed)
    raise CourseError(
        f"The photos of preset '{preset.name}' are not on this machine: {photos} does not exist. "
        "Give a folder with train/, validation/ and test/ (each with one folder a class) as "
        "DATA in the first cell or with --data, or use preset 'quick', which draws its pictures."
    )


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
    return Pictures(source, dataset, classes, size, counts, [], load_split, channels=channels)


def from_folder(folder, size, seed=0):
    """Read a folder of pictures; see `load`. Decoded pictures are kept in the cache folder."""
    folder = Path(folder).expanduser()
    classes, listing = list_folder(folder, seed)
    identity, key = fingerprints(folder, listing, size)
    decoded = {name: _decode_split(folder, name, listing[name], size, key) for name in SPLITS}
    unreadable = [bad for images, good, bads in decoded.values() for bad in bads]

    def split_labels(name):
        good = decoded[name][1]
        return np.array([listing[name][i][1] for i in good], dtype=np.int64)

    for split in SPLITS:
        for number, label in enumerate(classes):
            if not np.any(split_labels(split) == number):
                raise CourseError(
                    f"Class '{label}' of {folder} has no readable picture for {split}. Nothing was "
                    "changed. Add pictures to that class, or remove its folder."
                )

    def load_split(name):
        images, good, _ = decoded[name]
        names = [str(listing[name][i][0].relative_to(folder)) for i in good]
        return Split(images, split_labels(name), names)

    counts = {name: len(decoded[name][1]) for name in SPLITS}
    source = folder.resolve().name
    dataset = f"{source}-{identity[:6]}"
    return Pictures(source, dataset, classes, size, counts, unreadable, load_split)


def list_folder(folder, seed=0):
    """List a folder's classes and which file goes into which split, without decoding any.

    Returns
    -------
    classes : tuple of str
        Names of the class folders, sorted.
    listing : dict of str to list of (pathlib.Path, int)
        For each split its files with their class index.

    Raises
    ------
    CourseError
        If there is no such folder, or it has no, one or too many classes, or an empty one.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise CourseError(
            f"There is no folder {folder}. Check the path given as DATA or --data: it must hold "
            "one folder a class, or train/, validation/ and test/ folders that do."
        )
    given = {}
    for split in SPLITS:
        found = [folder / name for name in SPLIT_NAMES[split] if (folder / name).is_dir()]
        if found:
            given[split] = found[0]
    if "train" not in given:
        given = {"train": folder}
    classes = tuple(sorted(p.name for p in _class_folders(given["train"])))
    _check_classes(folder, given["train"], classes)
    listing = {split: [] for split in SPLITS}
    for split, place in given.items():
        for number, name in enumerate(classes):
            files = picture_files(place / name) if (place / name).is_dir() else []
            if not files:
                raise CourseError(
                    f"The class folder {place / name} is empty or missing. Nothing was changed. "
                    "Add pictures to it, or remove the class everywhere."
                )
            listing[split] += [(path, number) for path in files]
    missing = [split for split in SPLITS if split not in given]
    if missing:
        listing = _carve(listing, missing, len(classes), seed, folder)
    return classes, listing


def _class_folders(folder):
    return [p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")]


def _check_classes(folder, place, classes):
    way_out = "Make one folder a class, with its pictures inside, and give the folder above them."
    if not classes:
        raise CourseError(f"{place} holds no class folders. {way_out}")
    if len(classes) == 1:
        raise CourseError(
            f"{folder} holds one class only ('{classes[0]}'): there is nothing to tell apart. "
            f"{way_out}"
        )
    if len(classes) > MOST_CLASSES:
        raise CourseError(
            f"{folder} holds {len(classes)} classes; the course handles 2 to {MOST_CLASSES}. "
            f"{way_out}"
        )


def _carve(listing, missing, n_classes, seed, folder):
    """Take the missing splits out of the training files, class by class, with a seeded shuffle."""
    out = {split: list(files) for split, files in listing.items()}
    out["train"] = []
    for number in range(n_classes):
        files = [item for item in listing["train"] if item[1] == number]
        if len(files) < 5:
            raise CourseError(
                f"A class of {folder} has only {len(files)} pictures ({files[0][0].parent.name}); "
                "a split needs at least 5 a class. Add pictures, or remove that class's folder."
            )
        for split, members in stratified(len(files), missing, seed + number).items():
            out[split] += [files[i] for i in members]
    return out


def stratified(n, missing, seed):
    """Share `n` items of one class between train and the `missing` splits.

    Returns a dict of split name to sorted indices: 20 % (at least one) for each missing split, the
    rest for train. The same seed gives the same shares on every machine.
    """
    # Sorting random numbers instead of calling permutation: a bare PCG64 stream is stable over
    # NumPy versions, the methods built on it are not promised to be.
    draws = np.random.Generator(np.random.PCG64(seed)).random(n)
    order = np.argsort(draws, kind="stable")
    shares, start = {}, 0
    for split in missing:
        count = max(1, round(n * SHARES[SPLITS.index(split)]))
        shares[split] = np.sort(order[start : start + count])
        start += count
    shares["train"] = np.sort(order[start:])
    return shares


def fingerprints(folder, listing, size):
    """Two hashes over the listed files: what the dataset is, and what is decoded in the cache.

    The first, over names, lengths and classes, survives a copy to another place; the second also
    takes the dates and the size in pixels, so that an edited file is decoded again.

    Parameters
    ----------
    folder : pathlib.Path
    listing : dict
        As from `list_folder`.
    size : int
        Side in pixels.

    Returns
    -------
    identity, cache : str
        Hexadecimal SHA-256 digests.
    """
    identity, cache = hashlib.sha256(b"pictures-1"), hashlib.sha256(f"pictures-1 {size}".encode())
    for split in SPLITS:
        for path, label in listing[split]:
            facts = path.stat()
            line = f"{split} {path.relative_to(folder).as_posix()} {label} {facts.st_size}"
            identity.update(line.encode())
            cache.update(f"{line} {facts.st_mtime_ns}".encode())
    return identity.hexdigest(), cache.hexdigest()


def _decode_split(folder, split, listing, size, key):
    """Decode one split into a memory-mapped array; take it from the cache when it is there.

    Returns the images, the positions in `listing` that were readable, and the unreadable files.
    """
    place = paths.home() / "pictures" / key[:24]
    # Raw rows and a note beside them: rows can be appended one by one, which on a full disk ends
    # in an error that can be explained. Writing through a memory map would kill the process.
    rows_path, facts_path = place / f"{split}.rows", place / f"{split}.json"
    try:
        facts = json.loads(facts_path.read_text(encoding="utf-8"))
        bad = [Unreadable(folder / name, reason) for name, reason in facts["bad"]]
        return _rows(rows_path, len(facts["good"]), size), facts["good"], bad
    except (OSError, ValueError, KeyError):
        pass  # not there, or damaged: decode again
    good, bad = [], []

    def read(item):
        try:
            return decode(item[0], size)
        except ValueError as error:
            return Unreadable(item[0], str(error))

    def write(temporary):
        with open(temporary, "wb") as out, ThreadPoolExecutor() as pool:
            # In portions, so that the pool never holds more than one portion of decoded pictures.
            for start in range(0, len(listing), 256):
                portion = enumerate(pool.map(read, listing[start : start + 256]), start)
                for position, result in portion:
                    if isinstance(result, Unreadable):
                        bad.append(result)
                    else:
                        out.write(result.tobytes())
                        good.append(position)

    paths.write_atomically(rows_path, write)
    bads = [(str(b.path.relative_to(folder)), b.reason) for b in bad]
    paths.write_atomically(facts_path, json.dumps({"good": good, "bad": bads}).encode())
    return _rows(rows_path, len(good), size), good, bad


def _rows(path, count, size):
    """Map `count` decoded pictures; ValueError when the file has another length."""
    if path.stat().st_size != count * size * size * 3:
        raise ValueError("wrong length")
    if count == 0:
        return np.zeros((0, size, size, 3), np.uint8)
    return np.memmap(path, dtype=np.uint8, mode="r", shape=(count, size, size, 3))
