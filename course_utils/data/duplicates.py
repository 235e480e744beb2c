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
HASH, THUMBNAIL = 16, 256  # bytes of a fingerprint
TILE = 1024  # pictures that are compared with as many others at a time


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
    def contradicts(self):
        """bool: whether it stands in more than one class."""
        return len(set(self.classes)) > 1

    @property
    def where(self):
        """str: the worst that it stands in: two classes, two splits, one twice, or only alike."""
        if self.contradicts:
            return "in two classes"
        alone = "repeated in a split" if self.exact else "alike in a split"
        return "in two splits" if len(set(self.splits)) > 1 else alone

    @property
    def how(self):
        """str: in what its files are the same."""
        return "same file" if self.exact else "look alike"


def fingerprint(picture):
    """Return what is kept of a picture: a perceptual hash, and a grey thumbnail of 16 x 16 spots.

    A bit of the hash says whether a spot's neighbour is lighter. The first 64 compare 8 rows of 9
    spots to the right, the others 9 rows of 8 spots downwards.

    Source: N. Krawetz, "Kind of Like That" (2013), who compares to the right only.

    Parameters
    ----------
    picture : numpy.ndarray
        uint8, (height, width, 3) or (height, width), 0 to 255.

    Returns
    -------
    numpy.ndarray
        uint8, (272,): 16 bytes of the hash, 256 of the thumbnail.
    """
    grey = Image.fromarray(picture).convert("L")
    sizes = (9, 8), (8, 9), (16, 16)  # width, height
    small = (grey.resize(size, Image.Resampling.BILINEAR) for size in sizes)
    across, down, thumbnail = map(np.asarray, small)
    bits = [across[:, 1:] > across[:, :-1], down[1:] > down[:-1]]
    return np.concatenate([np.packbits(bits), thumbnail.ravel()])


def find(places, contents, fingerprints):
    """Return a list of `Group`, of files at `places` (path, split, class); see `groups`.

    Files that are the same byte for byte make a group, also where they are part of a larger one.
    """
    found = []
    for members in groups(contents, fingerprints):
        by_content = {}
        for k in members:
            by_content.setdefault(contents[k], []).append(k)
        whole = [members] * (len(by_content) > 1)
        for some in [group for group in by_content.values() if len(group) > 1] + whole:
            found.append(Group(*zip(*(places[k] for k in some), strict=True), some is not members))
    return found


def alike(files, fingerprints):
    """Return lists of paths that show the same thing, of one class each: a film, a burst, a copy.

    Parameters
    ----------
    files : sequence of (pathlib.Path, class)
    fingerprints : sequence of numpy.ndarray
        As from `fingerprint`.
    """
    found = []
    for label in dict.fromkeys(label for _, label in files):
        own = [k for k, (_, other) in enumerate(files) if other == label]
        for members in groups(own, [fingerprints[k] for k in own]):
            found.append([files[own[k]][0] for k in members])
    return found


def groups(contents, fingerprints):
    """Group pictures that are the same.

    Two pictures are if their files have the same content, or if their hashes differ in at most
    `NEAR_BITS` bits and their thumbnails correlate by at least `LIKENESS`. What is the same as a
    third picture is in its group.

    Every pair is compared, tile by tile, as a product of matrices: exact, and in the same memory
    whatever the pictures are. The time grows with the square, but slowly: on one core 20,000
    pictures take 2 s and 100,000 take 40 s, less than decoding them.

    Parameters
    ----------
    contents : sequence of bytes
        A digest of each file.
    fingerprints : sequence of numpy.ndarray
        As from `fingerprint`. Pictures without contrast are compared by content alone.

    Returns
    -------
    list of list of int
        Positions, sorted; groups of one are left out.
    """
    first = {}  # of each content its first position
    leader = np.array([first.setdefault(content, k) for k, content in enumerate(contents)], int)
    prints = np.array(fingerprints, np.uint8).reshape(-1, HASH + THUMBNAIL)
    clear = np.ptp(prints[:, HASH:], axis=1) >= LEAST_CONTRAST
    kept = [k for k in first.values() if clear[k]]
    tiles = [np.array(kept[start : start + TILE]) for start in range(0, len(kept), TILE)]
    for number, one in enumerate(tiles):
        for other in tiles[number:]:
            _join(leader, *_near(prints, leader, one, other))
    found = {}
    for position, head in enumerate(leader.tolist()):
        found.setdefault(head, []).append(position)
    return [members for members in found.values() if len(members) > 1]


def _near(prints, leader, one, other):
    """Return the pairs of two tiles that look alike and are not in one group: two index arrays.

    With bits as 1 and -1, the product of two hashes is the number of bits that agree, less the
    number of those that differ.
    """
    near = _signs(prints[one]) @ _signs(prints[other]).T >= 8 * HASH - 2 * NEAR_BITS
    near &= leader[one, None] != leader[other]
    rows, columns = near.any(axis=1), near.any(axis=0)  # few, as a rule
    near, one, other = near[np.ix_(rows, columns)], one[rows], other[columns]
    near &= _unit(prints[one]) @ _unit(prints[other]).T >= LIKENESS
    rows, columns = np.nonzero(near)
    return one[rows], other[columns]


def _join(leader, one, other):
    """Join the groups of each pair, in place. Each picture of a group has its first as leader."""
    while len(one):
        heads = np.sort([leader[one], leader[other]], axis=0)
        np.minimum.at(leader, heads[1], heads[0])
        while (leader[leader] != leader).any():
            leader[:] = leader[leader]
        apart = leader[one] != leader[other]
        one, other = one[apart], other[apart]


def _signs(prints):
    return np.unpackbits(prints[:, :HASH], axis=1).astype(np.float32) * 2 - 1


def _unit(prints):
    """Return thumbnails as float32 rows of mean 0 and length 1: their products are correlations."""
    grey = prints[:, HASH:]
    centred = grey - grey.mean(axis=1, keepdims=True, dtype=np.float32)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)
