"""Find classes and splits in a folder of pictures, and say what belongs to none of them."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

from course_utils.data.image_file import ODD, picture_files, printable
from course_utils.data.splits import SPLITS, share_out
from course_utils.errors import CourseError

MOST_CLASSES, LEAST = 20, 5
# In any case, with or without "set" at the end: "Training_Set", "val", "test-set".
SPLIT_NAMES = {
    "train": ("train", "training"),
    "validation": ("validation", "val", "valid", "dev", "development", "eval", "evaluation"),
    "test": ("test", "testing"),
}
PICTURES = set(".jpg .jpeg .png .gif .webp .bmp .tif .tiff .ppm .ico .avif .heic .heif".split())


def list_folder(folder, seed=0, together=(), without=()):
    """List a folder's classes and which file goes into which split, without decoding any.

    Parameters
    ----------
    folder : path-like
    seed : int
        Draws the splits that the folder lacks.
    together : iterable of iterables of pathlib.Path
        Groups that must not be torn: frames of a film, shots of a burst. Each comes into one split:
        of those given, the one that holds most of it. No path stands in two groups. Where groups
        would leave a split empty, they are torn all the same; see `torn`.
    without : container of pathlib.Path
        Files to leave out.

    Returns
    -------
    classes : tuple of str
        Names of the class folders, sorted.
    listing : dict of str to list of (pathlib.Path, int)
        For each split its files with their class index. A class of one group is in train alone.

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
        given = {split: [] for split in SPLITS}
        for split, place in places.items():
            for number, name in enumerate(classes):
                files = _class_files(place / name)
                given[split] += [(path, number) for path in files if path not in without]
    missing = [split for split in SPLITS if split not in places]
    count = Counter(label for _, label in given["train"])
    for number, name in enumerate(classes):
        if count[number] < (LEAST if missing else 1):
            raise _unusable(f"Class '{name}' of {folder} has only {count[number]} pictures")
    listing = share_out(given, missing, seed, together)
    if not all(listing.values()):
        listing = share_out(given, missing, seed, ())
    return classes, listing


def has_splits(folder):
    """Return whether a folder comes with all its splits, so that none has to be drawn."""
    return len(_places(Path(folder).expanduser())) == len(SPLITS)


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
            known = {*used, *places.values(), *(place.parent for place in places.values())}
            odd = [path for path in picture_files(place) if path not in known]
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
    found = {split: [] for split in SPLIT_NAMES}
    for place in _folders(folder):
        name = re.sub(r"[\W_]*set$", "", place.name.lower())
        for split in (split for split, names in SPLIT_NAMES.items() if name in names):
            inner = _folders(place)
            # Archives often hold training_set/training_set.
            twice = len(inner) == 1 and inner[0].name == place.name
            found[split].append(inner[0] if twice else place)
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
    folded = [unicodedata.normalize("NFC", name).casefold() for name in names]
    odd = [
        p for p, n in zip(folders, folded, strict=True) if ODD.search(p.name) or folded.count(n) > 1
    ]
    if odd:
        told = "are odd, or alike but for case or for how an accent is stored"
        raise _unusable(f"Names of classes in {place} {told}: {_few(odd)}")
    return tuple(names)


def _class_files(place):
    files = picture_files(place) if os.path.isdir(place) else []
    if all(map(os.path.isdir, files)):
        raise _unusable(f"The class folder {place} is missing, empty, or holds only folders")
    return files


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
