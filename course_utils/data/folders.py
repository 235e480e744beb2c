"""Find classes and splits in a folder of pictures, and say what belongs to none of them."""

from __future__ import annotations

import errno
import hashlib
import os
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from course_utils.data.image_file import ODD, picture_files, printable
from course_utils.errors import CourseError

SPLITS = ("train", "validation", "test")
SHARES = (0.6, 0.2, 0.2)
MOST_CLASSES = 20
SPLIT_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid"),
    "test": ("test",),
}
PICTURES = set(".jpg .jpeg .png .gif .webp .bmp .tif .tiff .ppm .ico .avif .heic .heif".split())
_ONE_A_CLASS = "Make one folder a class, with its pictures inside, and give the folder above them."


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
        given = _layout(folder)
        classes = _class_names(given["train"])
        listing = {split: [] for split in SPLITS}
        for split, place in given.items():
            for number, name in enumerate(classes):
                listing[split] += [(path, number) for path in _class_files(place / name)]
    missing = [split for split in SPLITS if split not in given]
    if missing:
        listing = _carve(listing, missing, len(classes), seed, folder)
    return classes, listing


def remarks(folder):
    """Say what `list_folder` passes over, though somebody may have meant it to count.

    Returns
    -------
    list of str
        Lines for people; none for a tidy folder.
    """
    folder = Path(folder).expanduser()
    with _explained(folder):
        given = _layout(folder)
        known = [place.name for place in _folders(given["train"])]
        found = []
        for place in {folder, *given.values()}:
            loose = [path for path in _inside(place) if _looks_meant(path)]
            found.append((place, loose, "They belong to no class: move them into its folder."))
        for place in given.values():
            strange = [path for path in _folders(place) if path.name not in known]
            found.append((place, strange, "Training has no such class: add it there."))
        if folder not in given.values():
            beside = [path for path in _folders(folder) if path not in given.values()]
            found.append((folder, beside, "Only train, validation and test are read there."))
    return [
        f"Passed over in '{printable(place.name)}': {_few(them)}. {advice}"
        for place, them, advice in sorted(found)
        if them
    ]


def _looks_meant(path):
    """Return whether what is no folder looks like a picture, or may stand for one, as a link."""
    named = path.suffix.lower() in PICTURES or not os.path.isfile(path)
    return named and not os.path.isdir(path)


def _few(paths):
    names = [printable(path.name) for path in paths]
    return ", ".join(names[:3]) + f" and {len(names) - 3:,} more" * (len(names) > 3)


def _stop(what, advice=_ONE_A_CLASS):
    return CourseError(f"{what}. Nothing was changed. {advice}")


@contextmanager
def _explained(folder):
    try:
        yield
    except FileNotFoundError:
        advice = "Check the path given as DATA or --data; a link may lead nowhere."
        raise _stop(f"There is no folder {folder}", advice) from None
    except NotADirectoryError:
        advice = "Give the folder of the class folders; unpack an archive before."
        raise _stop(f"{folder} is a file, not a folder", advice) from None
    except OSError as error:
        advice = "Ask for the permission to read it, or copy the pictures to a folder of your own."
        raise _stop(
            f"{error.filename or folder} cannot be read: {error.strerror}", advice
        ) from error


def _inside(place):
    """List what lies in a folder. One may be allowed to see the names and nothing else."""
    files = picture_files(place)
    if not os.access(place, os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(place))
    return files


def _folders(place):
    return [path for path in _inside(place) if os.path.isdir(path)]


def _layout(folder):
    """Return the folder of each split that is given; {"train": folder} where none is."""
    found = {
        split: [place for place in _folders(folder) if place.name.lower() in names]
        for split, names in SPLIT_NAMES.items()
    }
    named = [place for places in found.values() for place in places]
    # A class may be called "test". A split is known by the folders that it holds.
    if not any(map(_folders, named)):
        if len(named) > 1:
            raise _stop(f"The folders {_few(named)} of {folder} hold no class folders")
        return {"train": folder}
    if not found["train"] or max(map(len, found.values())) > 1:
        advice = "Have one folder train, and at most one called validation and one test."
        raise _stop(f"{folder} holds {_few(named)}: it is not clear what is what", advice)
    return {split: places[0] for split, places in found.items() if places}


def _class_names(place):
    """Return the names of a folder's classes, or stop."""
    folders = _folders(place)
    classes = tuple(path.name for path in folders)
    if not classes:
        raise _stop(f"{place} holds no class folders")
    if len(classes) == 1:
        deeper = _few(_folders(folders[0]))
        hint = f" (but {folders[0]} holds folders: give that one?)" if deeper else ""
        raise _stop(f"{place} holds one class only, {_few(folders)}{hint}")
    if len(classes) > MOST_CLASSES:
        raise _stop(f"{place} holds {len(classes)} classes; the course handles 2 to {MOST_CLASSES}")
    folded = [name.casefold() for name in classes]
    odd = [path for path in folders if ODD.search(path.name)]
    odd += [path for path in folders if folded.count(path.name.casefold()) > 1]
    if odd:
        advice = "Rename them, in plain letters, or merge those that are one class."
        raise _stop(f"Names of classes in {place} are confusing: {_few(odd)}", advice)
    return classes


def _class_files(place):
    files = _inside(place) if os.path.isdir(place) else []
    if not files:
        advice = "Add pictures to it, or remove the class everywhere, or the split if it has none."
        raise _stop(f"The class folder {place} is empty or missing", advice)
    if all(map(os.path.isdir, files)):
        raise _stop(f"The class folder {place} holds no pictures, but folders: {_few(files)}")
    return files


def _carve(listing, missing, n_classes, seed, folder):
    """Take the missing splits out of the training files, class by class, with a seeded shuffle."""
    out = {split: list(files) for split, files in listing.items()}
    by_class = [[] for _ in range(n_classes)]
    for item in out.pop("train"):
        by_class[item[1]].append(item)
    out["train"] = []
    for number, files in enumerate(by_class):
        if len(files) < 5:
            what = f"A class of {folder} has only {len(files)} pictures: {files[0][0].parent.name}"
            raise _stop(
                f"{what}; a split needs at least 5 a class", "Add some, or remove the class."
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
    identity, cache = hashlib.sha256(b"pictures-1"), hashlib.sha256(f"pictures-2 {size}".encode())
    for split in SPLITS:
        for path, label in listing[split]:
            length, date = _length_and_date(path)
            line = f"{split} {path.relative_to(folder).as_posix()} {label} {length}"
            identity.update(line.encode(errors="surrogatepass"))
            cache.update(f"{line} {date}".encode(errors="surrogatepass"))
    return identity.hexdigest(), cache.hexdigest()


def _length_and_date(path):
    try:
        facts = path.stat()
    except OSError:  # decode will say why
        return 0, 0
    return facts.st_size, facts.st_mtime_ns
