"""Decode picture files, and say which cannot be read and why. Nothing is ever deleted or moved."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

# Files that file managers leave behind; they are not pictures and not worth a word.
LITTER = {"thumbs.db", "desktop.ini", ".ds_store"}


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


def picture_files(folder):
    """List the files directly in `folder` that claim to be pictures, sorted by name.

    Hidden files and file managers' litter are passed over. Names decide the order, so that it is
    the same on every file system.
    """
    files = (p for p in Path(folder).iterdir() if p.is_file())
    kept = (p for p in files if not p.name.startswith(".") and p.name.lower() not in LITTER)
    return sorted(kept, key=lambda p: p.name)


def decode(path, size):
    """Decode one picture file completely.

    Parameters
    ----------
    path : path-like
        A file in any format that Pillow reads.
    size : int
        Side of the result in pixels. The aspect ratio is not kept, as in the source lectures.

    Returns
    -------
    numpy.ndarray
        uint8, shape (size, size, 3), RGB, 0 to 255, turned upright by its EXIF tag.

    Raises
    ------
    ValueError
        With the reason in one line, if the file cannot be read as a picture.
    """
    try:
        if Path(path).stat().st_size == 0:
            raise ValueError("the file is empty")
        with Image.open(path) as picture:
            # JPEG decoders can shrink by 2, 4 or 8 while decoding; asking for twice the size keeps
            # enough detail for the final resize.
            picture.draft("RGB", (2 * size, 2 * size))
            picture = _to_rgb(ImageOps.exif_transpose(picture))
            picture = picture.resize((size, size), Image.Resampling.BILINEAR, reducing_gap=2.0)
            return np.asarray(picture)
    except Image.UnidentifiedImageError:
        raise ValueError("not a picture, whatever its name says") from None
    except Image.DecompressionBombError:
        raise ValueError("suspiciously many pixels") from None
    except (OSError, SyntaxError, EOFError, IndexError, TypeError) as error:
        # Pillow's decoders raise all of these on damaged files.
        raise ValueError(str(error) or type(error).__name__) from None


def _to_rgb(picture):
    """Convert any Pillow mode to RGB: transparency onto white, 16-bit grey scaled to 8 bits."""
    if picture.mode in ("I", "I;16", "I;16B", "I;16L"):
        grey = np.asarray(picture, dtype=np.float64) / 257.0
        picture = Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return picture.convert("RGB")
