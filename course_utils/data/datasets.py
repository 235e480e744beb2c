"""Pictures for a lesson: drawn or from a folder, split into train, validation and test."""

from __future__ import annotations

import hashlib
import os
import zipfile
from pathlib import Path

import numpy as np

from course_utils import presets, settings
from course_utils.data import archive, cache, cats_vs_dogs, registry
from course_utils.data.folders import fingerprints, has_splits, list_folder, remarks
from course_utils.data.image_file import Unreadable, decode, in_threads, printable
from course_utils.data.inspect import inspect_folder
from course_utils.data.splits import SPLITS, Dataset, Split, torn
from course_utils.errors import CourseError

GREY = {"train": 3_000, "validation": 1_000, "test": 2_000}  # drawn digits, drawn clothes
HELD_OUT = 10_000  # the last training pictures of MNIST and Fashion-MNIST are for validation


def load(preset, data=None, image_size=None, seed=0, together=None, without=()):
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
    together, without
        As of `folders.list_folder`. If nothing is said, pictures of a class that look alike stay
        together in the splits that are drawn.

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
    if folder is not None:
        return _from_folder(folder.expanduser(), size, seed, together, without)
    from course_utils.data.toys import pets

    counts = dict(zip(SPLITS, (preset.train, preset.validation, preset.test), strict=True))
    return _drawn("toy pets", pets, counts, seed, size)


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
        # A pipe is never opened; what is called a zip file and is none will be told.
        if not os.path.isfile(given) or not (given.suffix == ".zip" or zipfile.is_zipfile(given)):
            return given
        facts = given.stat()
        key = f"{given.resolve()} {facts.st_size} {facts.st_mtime_ns}"
        key = hashlib.sha256(key.encode()).hexdigest()[:16]
        return archive.inner_folder(archive.unpack(given, settings.unpacked() / key / given.stem))
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
        return _drawn("toy digits", toys, GREY, seed)
    return _published("MNIST", "mnist", toys.CLASSES, [registry.MNIST])


def clothes(preset, seed=0):
    """Return clothes, as `digits` does: drawn ones, or Fashion-MNIST in the full preset."""
    from course_utils.data.toys import clothes as toys

    if preset.name == "quick":
        return _drawn("toy clothes", toys, GREY, seed)
    return _published("Fashion-MNIST", "fashion_mnist", toys.CLASSES, registry.FASHION_MNIST)


def elephant():
    """Return the file of the photo that the sources classify, fetched if need be."""
    return registry.get(registry.FILES["elephant"])


def _drawn(title, toys, counts, seed, size=None):
    """Return drawn pictures, a split when it is first asked for: in colour, or grey without a size.

    The seed changes the training pictures. Every reader of a figure compares the same validation
    and test pictures, whatever their seed.
    """
    sized = {"size": size} if size else {}

    def read(split):
        own_seed = 1000 + seed if split == "train" else 99
        images, labels, *boxes = toys.make(counts[split], seed=own_seed, split=split, **sized)
        return Split(images, labels, [f"{split} drawing {k}" for k in range(len(labels))], *boxes)

    name = title.replace(" ", "_")
    return Dataset(title, name, toys.CLASSES, size or 28, counts, read, 3 if size else 1)


def _published(title, name, classes, remotes):
    """Return a dataset of published files with 28×28 grey pictures. They are read at once."""
    arrays = [array for remote in remotes for array in registry.arrays(remote)]
    first = len(arrays[0]) - HELD_OUT
    parts = {"train": slice(first), "validation": slice(first, None), "test": slice(None)}

    def read(split):
        images, labels = arrays[2:] if split == "test" else arrays[:2]
        images, labels = images[parts[split], ..., None], labels[parts[split]].astype(np.int64)
        return Split(images, labels, [f"{title} {split} {k}" for k in range(len(labels))])

    counts = {"train": first, "validation": HELD_OUT, "test": len(arrays[2])}
    return Dataset(title, name, classes, 28, counts, read, channels=1)


def _from_folder(folder, size, seed, together, without):
    """Read a folder of pictures; see `load`. Decoded pictures are kept in the cache."""
    classes, listing = list_folder(folder, seed, together or (), without)
    identity, key = fingerprints(folder, listing, size)
    if together is None and not has_splits(folder):
        report = inspect_folder(folder, seed)
        together, listing = report.alike, report.listing
        _, key = fingerprints(folder, listing, size)
    passed_over = remarks(folder)
    if together:
        number = f"{sum(map(len, together)):,} pictures in {len(together):,} groups"
        cut = " Groups had to be cut, so scores will flatter." if torn(listing, together) else ""
        passed_over.append(f"{number} belong together, as the frames of a film do.{cut}")
    splits, unreadable = {}, []
    for split in SPLITS:
        files = [(str(path.relative_to(folder)), label) for path, label in listing[split]]
        images, bad = _decoded(folder, [name for name, _ in files], size, f"{key} {split}")
        names = [name for name, _ in files if name not in bad]
        labels = np.array([label for name, label in files if name not in bad], np.int64)
        splits[split] = Split(images, labels, names)
        unreadable += [Unreadable(folder / name, reason) for name, reason in bad.items()]
        there = set(labels.tolist())
        for name, label in files:
            # A drawn share may hold nothing but what cannot be read: of a film and one bad file.
            if label not in there and (split == "train" or not together):
                told = f"Class '{classes[label]}' of {folder} has no readable picture for {split}"
                why = f"({printable(Path(name).name)}: {bad[name]}). Nothing was changed"
                raise CourseError(f"{told} {why}. Add pictures to that class, or remove it.")
        if untold := ", ".join(name for k, name in enumerate(classes) if k not in there):
            passed_over.append(f"No picture for {split} of: {untold}. Scores say nothing of it.")
    title, counts = printable(folder.resolve().name), {name: len(splits[name]) for name in SPLITS}
    name = f"{title}-{identity[:6]}"
    return Dataset(
        title, name, classes, size, counts, splits.get, unreadable=unreadable, remarks=passed_over
    )


def _decoded(folder, names, size, key):
    """Decode pictures, or find them in the cache: an array, and the reason of each bad file."""

    def read(name):
        try:
            return decode(folder / name, size)
        except ValueError as error:
            return str(error)

    def rows():
        for name, result in zip(names, in_threads(read, names), strict=True):
            if isinstance(result, str):
                bad[name] = result
            else:
                yield result[None]

    key, bad = hashlib.sha256(key.encode()).hexdigest()[:32], {}
    found = cache.find(key)
    # A bad file is looked at again: a permission or a link may have changed.
    if found and not all(isinstance(result, str) for result in in_threads(read, list(found[1]))):
        cache.remove(key)
        found = None
    return found or cache.store(key, rows(), (len(names), size, size, 3), np.uint8, bad)
