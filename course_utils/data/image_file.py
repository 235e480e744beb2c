"""Decode picture files, and say which cannot be read and why. Nothing is ever deleted or moved."""

from __future__ import annotations

import logging
import os
import re
import stat
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

# What file managers leave behind; these are not pictures and not worth a word.
LITTER = {"thumbs.db", "desktop.ini", ".ds_store", "@eadir", "__macosx"}
# Pillow's other readers are for rare files; some take any bytes for a picture, one starts another
# program. HEIF is there where somebody has added it to Pillow.
FORMATS = "JPEG PNG GIF WEBP BMP TIFF PPM ICO AVIF JPEG2000 HEIF".split()
MOST_BYTES = 2**28  # of a file
MOST_PIXELS = 50_000_000  # held in memory at once; a JPEG is shrunk while it is read
LARGE = 12_000_000  # pixels; of such pictures one at a time is read, whatever the number of threads
_one_large = threading.Lock()
# EXIF's values of the orientation, with what Image.transpose calls the turn back.
_ORIENTATION, _UPRIGHT = 0x0112, {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
# In names: ends of lines, other controls, and bytes that are no text (Python's surrogates).
ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# What is often saved under a picture's name, by the first bytes.
_SIGNS = (
    (rb"\s*<(!doctype )?html", "a web page, not a picture"),
    (rb"\s*<(\?xml|svg)", "a drawing as text (SVG, XML), not a picture of pixels"),
    (rb"%PDF", "a PDF document, not a picture"),
    (rb"PK\x03\x04|Rar!|7z\xbc\xaf|\x1f\x8b", "an archive, not a picture"),
    (rb"....ftyp(hei|hev|mif|msf)", "a HEIC photo of a telephone, not readable here: save as JPEG"),
    (rb"....ftypavi|\0\0\0\x0cjP|RIFF....WEBP", "damaged, or a kind that is not readable here"),
    (rb"....ftyp|RIFF....AVI|\x1aE\xdf\xa3|\0\0\x01[\xb3\xba]", "a video, not a picture"),
    (rb"\xff\xd8|\x89PNG|GIF8|BM|II[*+]|MM\0[*+]", "damaged: its head makes no sense"),
    (rb"\0+$", "nothing but zeros: its content has never arrived"),
    (rb"[^\0-\x08\x0e-\x1f]+$", "text, not a picture"),
    (rb"", "not a picture of a kind that the course reads, whatever its name says"),
)
# Pillow reports on damaged files here; without a handler Python would print it.
logging.getLogger("PIL").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Unreadable:
    """A file that could not be decoded.

    Attributes
    ----------
    path : pathlib.Path
    reason : str
        One line, for people.
    """

    path: Path
    reason: str


class Decoded(NamedTuple):
    """A picture with what its file said about it.

    Attributes
    ----------
    image : numpy.ndarray
        As from `decode`.
    kind : str
        The type of the file, such as "JPEG".
    mode : str
        Pillow's colour mode, such as "RGB"; "L" is grey.
    size : tuple of int
        Width and height in pixels, seen upright.
    """

    image: np.ndarray
    kind: str
    mode: str
    size: tuple[int, int]


class _Unsuitable(ValueError):
    """A reason of ours, not Pillow's."""


def picture_files(folder):
    """List what lies directly in `folder` and claims to be a picture, sorted by name.

    Hidden files and file managers' litter are passed over; folders and broken links are not, so
    that `decode` can say what they are. Names decide the order, so that it is the same on every
    file system.
    """
    kept = (p for p in Path(folder).iterdir() if p.name[0] != "." and p.name.lower() not in LITTER)
    return sorted(kept, key=lambda p: p.name)


def printable(name):
    """Write a file's name so that it fits on one line of any screen."""
    return ODD.sub(lambda sign: sign[0].encode("unicode_escape").decode(), name)


def in_threads(function, items, portion=256):
    """Yield ``function(item)`` for each item of a list, in order, computed in threads.

    At most one portion of results is held, so that memory does not grow with the list.
    """
    with _quiet(), ThreadPoolExecutor() as pool:
        for start in range(0, len(items), portion):
            yield from pool.map(function, items[start : start + portion])


def decode(source, size):
    """Decode one picture file completely.

    Parameters
    ----------
    source : path-like or binary file
        A file of one of the `FORMATS`; of several frames or pages the first counts.
    size : int
        Side of the result in pixels. The aspect ratio is not kept, as in the source lectures.

    Returns
    -------
    numpy.ndarray
        uint8, shape (size, size, 3), RGB, 0 to 255, turned upright by its EXIF tag, transparency
        on white. Colour profiles are not applied.

    Raises
    ------
    ValueError
        With the reason in one line, if the file cannot be read as a picture.
    """
    return look(source, size).image


def look(source, size):
    """Decode one picture file, as `decode` does, and return a `Decoded`."""
    with opened(source) as file:
        try:
            head = file.read(512)
            if not head:
                raise _Unsuitable("the file is empty")
            with _quiet(), Image.open(file, formats=_formats()) as picture:
                return _read(picture, size)
        except _Unsuitable:
            raise
        except Image.UnidentifiedImageError:
            found = (text for sign, text in _SIGNS if re.match(sign, head, re.I | re.S))
            raise ValueError(next(found)) from None
        except (Image.DecompressionBombError, MemoryError):
            raise ValueError("far too many pixels: save a smaller copy") from None
        except Exception as error:  # on damaged files Pillow's readers raise almost any kind
            words = " ".join(str(error).split())[:100] or type(error).__name__
            cut = isinstance(error, EOFError) or "truncated" in words.lower()
            reason = "cut off: the end of the file is missing" if cut else f"damaged ({words})"
            raise ValueError(reason) from error


@contextmanager
def opened(source):
    """Open a path for reading; hand a binary file through, from its start.

    Raises
    ------
    ValueError
        With the reason in one line, for what is no file, such as a folder or a pipe, and for what
        may not be read.
    """
    if hasattr(source, "read"):
        source.seek(0)
        yield source
        return
    try:
        facts = os.stat(source)
        if stat.S_ISDIR(facts.st_mode):
            raise ValueError("a folder, not a file: what lies in it is not looked at")
        if not stat.S_ISREG(facts.st_mode):  # reading a pipe might wait for ever
            raise ValueError("a pipe or a device, not a file")
        if facts.st_size > MOST_BYTES:
            raise ValueError(f"larger than {MOST_BYTES >> 20} MB: save a smaller copy")
        file = open(source, "rb")
    except OSError as error:
        broken = os.path.islink(source) and not os.path.exists(source)
        raise ValueError("a link that leads nowhere" if broken else error.strerror) from error
    with file:
        yield file


@cache
def _formats():
    Image.init()
    return [name for name in FORMATS if name in Image.OPEN]


@contextmanager
def _quiet():
    """Keep Pillow's warnings about odd files from the reader's screen.

    Filters belong to the whole process, and threads would restore each other's: so the main thread
    sets them, in `in_threads` for all.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\b")
        yield


def _read(picture, size):
    kind = "JPEG" if picture.format == "MPO" else picture.format  # MPO: a second JPEG behind it
    mode, (width, height) = picture.mode, picture.size
    # JPEG decoders can shrink by 2, 4 or 8 while decoding; asking for twice the size keeps enough
    # detail for the final resize. A progressive one is held whole all the same.
    picture.draft("RGB", (2 * size, 2 * size))
    held = (width, height) if picture.info.get("progressive") else picture.size
    if (pixels := held[0] * held[1]) > MOST_PIXELS:
        raise _Unsuitable(f"{pixels / 1e6:.0f} million pixels are too many: save a smaller copy")
    small, turn = _alone(_shrink, picture, size) if pixels > LARGE else _shrink(picture, size)
    if small.mode == "RGBA":
        small = Image.alpha_composite(Image.new("RGBA", small.size, "white"), small)
    small = small.convert("RGB")
    if turn in _UPRIGHT:
        small = small.transpose(_UPRIGHT[turn])
    upright = (height, width) if turn in (5, 6, 7, 8) else (width, height)
    return Decoded(np.asarray(small), kind, mode, upright)


def _alone(function, *arguments):
    """Call a function that needs much memory while no other such one runs.

    It gets a thread of its own, since what a thread frees is often kept for it; the next such
    thread takes that over.
    """
    with _one_large, ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *arguments).result()


def _shrink(picture, size):
    picture.load()
    turn = _orientation(picture)  # asked after loading, since it may stand behind the pixels
    small = _in_eight_bits(picture).resize(
        (size, size), Image.Resampling.BILINEAR, reducing_gap=2.0
    )
    return small, turn


def _orientation(picture):
    if picture.format == "TIFF":  # Pillow turns these itself
        return None
    try:
        return picture.getexif().get(_ORIENTATION)
    except Exception:  # what the camera noted is damaged; the pixels are not
        return None


def _in_eight_bits(picture):
    """Convert any Pillow mode to L, RGB or RGBA, in which a picture can be resized."""
    mode = picture.mode
    if mode[0] in "IF":  # grey: 16 or 32 bits, or floating point
        grey = np.asarray(picture)
        most = 1 if mode == "F" else 65535
        if not (0 <= grey.min() and grey.max() <= most):  # what is not a number fails, too
            raise _Unsuitable(f"its values pass 0 to {most}, so white is unknown: save with 8 bits")
        grey = np.rint(grey * np.float32(255)) if mode == "F" else grey >> 8
        return Image.fromarray(grey.astype(np.uint8))
    transparent = mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    wanted = "RGBA" if transparent else "L" if mode in ("1", "L") else "RGB"
    return picture if mode == wanted else picture.convert(wanted)  # convert would copy it
