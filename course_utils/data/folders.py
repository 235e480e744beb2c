"""Find classes and splits in a folder of pictures, and say what belongs to none of them."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from course_utils.data.image_file import ODD, picture_files, printable
from course_utils.errors import CourseError

SPLITS = ("train", "validation", "test")
SHARE = 0.2  # of a class, for each split that a folder lacks
MOST_CLASSES, LEAST = 20, 5
SPLIT_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid"),
    "test": ("test",),
}
PICTURES = set(".jpg .jpeg .png .gif .webp .bmp .tif .tiff .ppm .ico .avif .heic .heif".split())


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
        If there is no such folder, or it may not be read, or it has no, one or too many classes,
        or an empty one, or it is not clear what its classes or splits are.
    """
    folder = Path(folder).expanduser()
    with _explained(folder):
        places = _places(folder)
        classes = _class_names(places["train"])
        listing = {split: [] for split in SPLITS}
        for split, place in places.items():
            for number, name in enumerate(classes):
                listing[split] += [(path, number) for path in _class_files(place / name)]
    if missing := [split for split in SPLITS if split not in places]:
        given, listing["train"] = listing.pop("train"), []
        for number, name in enumerate(classes):
            files = [item for item in given if item[1] == number]
            if len(files) < LEAST:
                raise _unusable(f"Class '{name}' of {folder} has only {len(files)} pictures")
            for split, members in stratified(len(files), missing, seed + number).items():
                listing[split] += [files[k] for k in members]
    return classes, listing


def remarks(folder):
    """Say what `list_folder` passes over, though somebody may have meant it to count.

    Returns
    -------
    list of str
        Lines for people; none for a tidy folder.
    """
    folder, found = Path(folder).expanduser(), []
    with _explained(folder):
        places = _places(folder)
        classes = [path.name for path in _folders(places["train"])]
        used = {place / name for place in places.values() for name in classes}
        for place in sorted({folder, *places.values()}):
            odd = [path for path in picture_files(place) if path not in {*used, *places.values()}]
            # Folders, pictures by their names, and links that lead nowhere.
            odd = [p for p in odd if p.suffix.lower() in PICTURES or not os.path.isfile(p)]
            if odd:
                found.append(
                    f"Passed over in '{printable(place.name)}': {_few(odd)}. Only pictures in the "
                    "folders of the classes that training has are read."
                )
    return found


def _few(paths):
    names = [printable(path.name) for path in paths]
    return ", ".join(names[:3]) + f" and {len(names) - 3:,} more" * (len(names) > 3)


def _unusable(what):
    return CourseError(
        f"{what}. Nothing was changed. Give as DATA or --data a folder that holds one folder a "
        f"class, with its pictures inside, or folders train, validation and test that hold those. "
        f"There must be 2 to {MOST_CLASSES} classes, each of at least {LEAST} pictures."
    )


@contextmanager
def _explained(folder):
    try:
        yield
    except OSError as error:
        what = f"{error.filename or folder} cannot be read: {error.strerror}"
        raise _unusable(what) from error


def _folders(place):
    return [path for path in picture_files(place) if os.path.isdir(path)]


def _places(folder):
    """Return the folder of each split that is given; {"train": folder} where none is."""
    found = {
        split: [place for place in _folders(folder) if place.name.lower() in names]
        for split, names in SPLIT_NAMES.items()
    }
    named = [place for places in found.values() for place in places]
    # A class may be called "test". A split is known by the folders that it holds.
    of_classes = any(map(_folders, named))
    if len(named) < 2 and not of_classes:
        return {"train": folder}
    if not of_classes or not found["train"] or max(map(len, found.values())) > 1:
        raise _unusable(f"It is not clear which splits {_few(named)} in {folder} are")
    return {split: places[0] for split, places in found.items() if places}


def _class_names(place):
    """Return the names of a folder's classes, or stop."""
    folders = _folders(place)
    names = [path.name for path in folders]
    if not 2 <= len(names) <= MOST_CLASSES:
        inner = folders and _folders(folders[0])
        hint = f", which holds folders: is {folders[0]} meant?" if inner else ""
        listed = f", {_few(folders)}{hint}" if folders else ""
        raise _unusable(f"{place} holds {len(names)} class folders{listed}")
    folded = [name.casefold() for name in names]
    odd = [p for p in folders if ODD.search(p.name) or folded.count(p.name.casefold()) > 1]
    if odd:
        raise _unusable(f"Names of classes in {place} are odd, or alike but for case: {_few(odd)}")
    return tuple(names)


def _class_files(place):
    files = picture_files(place) if os.path.isdir(place) else []
    if all(map(os.path.isdir, files)):
        raise _unusable(f"The class folder {place} is missing, empty, or holds only folders")
    return files


def stratified(n, missing, seed):
    """Share `n` items of one class between train and the `missing` splits.

    Returns a dict of split name to sorted indices: 20 % (at least one) for each missing split, the
    rest for train. The same seed gives the same shares on every machine.
    """
    # Sorting random numbers instead of calling permutation: a bare PCG64 stream is stable over
    # NumPy versions, the methods built on it are not promised to be.
    draws = np.random.Generator(np.random.PCG64(seed)).random(n)
    order = np.argsort(draws, kind="stable")
    count = max(1, round(n * SHARE))
    parts = np.split(order, [count * (k + 1) for k in range(len(missing))])
    return {name: np.sort(part) for name, part in zip([*missing, "train"], parts, strict=True)}


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
    identity, cache = hashlib.sha256(b"pictures-1"), hashlib.sha256(f"pictures-2 {size}".encode())
    for split in SPLITS:
        for path, label in listing[split]:
            try:
                facts = path.stat()
                length, date = facts.st_size, facts.st_mtime_ns
            except OSError:  # decode will say why
                length = date = 0
            line = f"{split} {path.relative_to(folder).as_posix()} {label} {length}"
            identity.update(line.encode(errors="surrogatepass"))
            cache.update(f"{line} {date}".encode(errors="surrogatepass"))
    return identity.hexdigest(), cache.hexdigest()
