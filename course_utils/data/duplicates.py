"""Find pictures that are the same, byte for byte or to the eye, from a few bytes kept of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

# Measured on photos and on drawings, 400 each. Found again: JPEG of quality 50, 20 % darker or half
# as large, 99 in 100; 20 % brighter, which clips, 96; 2 % cut off each edge, 93. Taken for the same
# by mistake: none of ten million pairs (the nearest differ in 19 bits). On a black ground most bits
# say "black": of four million pairs of digits and of clothes the hash alone takes 15 for the same,
# hash and likeness together 1.
NEAR_BITS = 12
LIKENESS = 0.97
# Grey levels between the darkest and the lightest spot of a thumbnail. Below, the bits are noise.
LEAST_CONTRAST = 8


@dataclass(frozen=True)
class Group:
    """Files that show the same picture.

    Attributes
    ----------
    paths : tuple of pathlib.Path
    splits, classes : tuple of str
        Those of each file.
    exact : bool
        Whether they are the same byte for byte; otherwise they look alike.
    """

    paths: tuple[Path, ...]
    splits: tuple[str, ...]
    classes: tuple[str, ...]
    exact: bool

    @property
    def leaks(self):
        """bool: whether it stands in more than one split."""
        return len(set(self.splits)) > 1

    @property
    def contradicts(self):
        """bool: whether it stands in more than one class."""
        return len(set(self.classes)) > 1


def difference_hash(picture):
    """Return a perceptual hash: for each spot, whether its neighbour (right, below) is lighter.

    Source: N. Krawetz, "Kind of Like That" (2013), who compares to the right only.

    Parameters
    ----------
    picture : numpy.ndarray
        uint8, (height, width, 3) or (height, width), 0 to 255.

    Returns
    -------
    numpy.ndarray
        uint8, (16,): 64 bits from 8 rows of 9 spots, then 64 from 9 rows of 8.
    """
    across = _grey(picture, 9, 8)
    down = _grey(picture, 8, 9)
    bits = [across[:, 1:] > across[:, :-1], down[1:] > down[:-1]]
    return np.packbits(np.concatenate([part.ravel() for part in bits]))


def thumbnail(picture):
    """Return a picture's grey thumbnail, uint8 (16, 16); see `difference_hash`."""
    return _grey(picture, 16, 16)


def distance(one, other):
    """Return the number of bits, 0 to 128, in which two hashes differ."""
    return int(np.unpackbits(one ^ other).sum())


def groups(contents, hashes, thumbnails):
    """Group pictures that are the same.

    Two pictures are if their files have the same content, or if their hashes differ in at most
    `NEAR_BITS` bits and their thumbnails correlate by at least `LIKENESS`. What is the same as a
    third picture is in its group.

    Parameters
    ----------
    contents : list of bytes
        A digest of each file.
    hashes, thumbnails : list of numpy.ndarray
        As from `difference_hash` and `thumbnail`. Pictures without contrast are compared by
        content alone.

    Returns
    -------
    list of list of int
        Positions, sorted; groups of one are left out.
    """
    leader = list(range(len(contents)))

    def find(position):
        while leader[position] != position:
            leader[position] = leader[leader[position]]
            position = leader[position]
        return position

    def join(one, other):
        one, other = sorted((find(one), find(other)))
        leader[other] = one

    first = {}
    for position, content in enumerate(contents):
        join(position, first.setdefault(content, position))
    kept = [p for p in first.values() if np.ptp(thumbnails[p]) >= LEAST_CONTRAST]
    for one, other in _near_pairs([hashes[p] for p in kept], [thumbnails[p] for p in kept]):
        join(kept[one], kept[other])
    found = {}
    for position in range(len(contents)):
        found.setdefault(find(position), []).append(position)
    return [members for members in found.values() if len(members) > 1]


def _near_pairs(hashes, thumbnails):
    """Yield the pairs of near pictures, in portions: memory grows with N, not with its square."""
    if not hashes:
        return
    signs = np.unpackbits(np.stack(hashes), axis=1).astype(np.float32) * 2 - 1
    grey = np.stack(thumbnails).reshape(len(hashes), -1).astype(np.float32)
    grey -= grey.mean(axis=1, keepdims=True)
    grey /= np.linalg.norm(grey, axis=1, keepdims=True)
    for start in range(0, len(signs), 256):
        part = slice(start, start + 256)
        # Bits that differ: each adds -1 instead of 1 to the product of the signs.
        bits = (signs.shape[1] - signs[part] @ signs[start:].T) / 2
        for one, other in np.argwhere(bits <= NEAR_BITS) + start:
            if one < other and grey[one] @ grey[other] >= LIKENESS:
                yield one, other


def _grey(picture, width, height):
    image = Image.fromarray(picture).convert("L")
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
