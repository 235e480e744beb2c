"""Decode picture files, and say which cannot be read and why. Nothing is ever deleted or moved."""

from __future__ import annotations

import logging
import os
import re
import stat
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import ExifTags, Image, ImageOps

# What file managers leave behind; these are not pictures and not worth a word.
LITTER = {"thumbs.db", "desktop.ini", ".ds_store", "@eadir", "__macosx"}
# Pillow's other readers are for rare files; some take any bytes for a picture, one starts another
# program. HEIF is there where somebody has added it to Pillow.
FORMATS = "JPEG PNG GIF WEBP BMP TIFF PPM ICO AVIF JPEG2000 HEIF".split()
MOST_BYTES = 2**28  # of a file
MOST_PIXELS = 50_000_000  # held in memory at once; a JPEG is shrunk while it is read
LARGE = 12_000_000  # pixels; of such pictures one at a time is read, whatever the number of threads
_one_large = threading.Lock()
# In names: ends of lines, other controls, and bytes that are no text (Python's surrogates).
ODD = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# What is often saved under a picture's name, by the first bytes.
_SIGNS = (
    (rb"\s*<(!doctype )?html", "a web page, not a picture"),
    (rb"%PDF", "a PDF document, not a picture"),
    (rb"PK\x03\x04|Rar!|7z\xbc\xaf|\x1f\x8b", "an archive, not a picture"),
    (rb"....ftyp(hei|hev|mif|msf)", "a HEIC photo of a telephone, not readable here: save as JPEG"),
    (rb"....ftyp(?!avi)|RIFF....AVI|\x1aE\xdf\xa3", "a video, not a picture"),
    (rb"\xff\xd8|\x89PNG|GIF8|BM|II[*+]|MM\0[*+]|RIFF|....ftyp", "damaged in its first bytes"),
    (rb"[^\0-\x08\x0e-\x1f]+$", "text, not a picture"),
    (rb"", "not a picture of a kind that the course reads, whatever its name says"),
)
# Pillow reports on odd and damaged files here, and by warnings; what matters is said by us. Filters
# belong to the whole process, so they are set once, not in each thread.
logging.getLogger("PIL").addHandler(logging.NullHandler())
warnings.filterwarnings("ignore", module=r"PIL\b")


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
    size : tuple of int
        Width and height in pixels, seen upright.
    """

    image: np.ndarray
    kind: str
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
    with ThreadPoolExecutor() as pool:
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
            Image.init()  # registers every reader, once
            known = [name for name in FORMATS if name in Image.OPEN]
            with Image.open(file, formats=known) as picture:
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


def opened(source):
    """Open a path for reading, as a context; hand a binary file through, from its start.

    Raises
    ------
    ValueError
        With the reason in one line, for what is no file, such as a folder or a pipe, and for what
        may not be read.
    """
    if hasattr(source, "read"):
        source.seek(0)
        return nullcontext(source)
    try:
        facts = os.stat(source)
        if not stat.S_ISREG(facts.st_mode):  # reading a pipe might wait for ever
            raise ValueError("a folder, a pipe or a device, not a file")
        if facts.st_size > MOST_BYTES:
            raise ValueError(f"larger than {MOST_BYTES >> 20} MB: save a smaller copy")
        return open(source, "rb")
    except OSError as error:
        raise ValueError(f"cannot be opened: {error.strerror}") from error


def _read(picture, size):
    kind = "JPEG" if picture.format == "MPO" else picture.format  # MPO: a second JPEG behind it
    width, height = picture.size
    # JPEG decoders can shrink by 2, 4 or 8 while decoding; asking for twice the size keeps enough
    # detail for the final resize. A progressive one is held whole all the same.
    picture.draft("RGB", (2 * size, 2 * size))
    held = (width, height) if picture.info.get("progressive") else picture.size
    if (pixels := held[0] * held[1]) > MOST_PIXELS:
        raise _Unsuitable(f"{pixels / 1e6:.0f} million pixels are too many: save a smaller copy")
    if pixels > LARGE:
        # In a thread of its own, since what a thread frees is often kept for it.
        with _one_large, ThreadPoolExecutor(1) as pool:
            small = pool.submit(_shrink, picture, size).result()
    else:
        small = _shrink(picture, size)
    sideways = False
    with suppress(Exception):  # what the camera noted may be damaged; the pixels are not
        sideways = small.getexif().get(ExifTags.Base.Orientation) in range(5, 9)
        ImageOps.exif_transpose(small, in_place=True)
    if small.mode == "RGBA":
        small = Image.alpha_composite(Image.new("RGBA", small.size, "white"), small)
    upright = (height, width) if sideways else (width, height)
    return Decoded(np.asarray(small.convert("RGB")), kind, upright)


def _shrink(picture, size):
    """Read the pixels and return the picture in 8 bits, size × size."""
    picture.load()
    return _in_eight_bits(picture).resize((size, size), Image.Resampling.BILINEAR, reducing_gap=2)


def _in_eight_bits(picture):
    """Convert any Pillow mode to L, RGB or RGBA, in which a picture can be resized."""
    mode = picture.mode
    if mode[0] in "IF":  # grey: 16 or 32 bits, or floating point
        grey, most = np.asarray(picture), 1 if mode == "F" else 65535
        if not (0 <= grey.min() and grey.max() <= most):  # what is not a number fails, too
            raise _Unsuitable(f"its values pass 0 to {most}, so white is unknown: save with 8 bits")
        grey = np.rint(grey * np.float32(255)) if mode == "F" else grey >> 8
        eight = Image.fromarray(grey.astype(np.uint8))
        eight.info = {key: said for key, said in picture.info.items() if key != "transparency"}
        return eight
    transparent = mode in ("RGBA", "LA", "PA") or "transparency" in picture.info
    wanted = "RGBA" if transparent else "L" if mode in ("1", "L") else "RGB"
    return picture if mode == wanted else picture.convert(wanted)  # convert would copy it
