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
PARTS = 7  # of a hash
_ONES = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(axis=1)


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
    contents : sequence of bytes
        A digest of each file.
    hashes, thumbnails : sequence of numpy.ndarray
        As from `difference_hash` and `thumbnail`. Pictures without contrast are compared by
        content alone.

    Returns
    -------
    list of list of int
        Positions, sorted; groups of one are left out.
    """
    if not len(contents):
        return []
    first = {}  # of each content its first position
    leader = np.array([first.setdefault(content, k) for k, content in enumerate(contents)])
    hashes, grey = np.asarray(hashes), np.asarray(thumbnails).reshape(len(contents), -1)
    kept = np.array([k for k in first.values() if np.ptp(grey[k]) >= LEAST_CONTRAST], dtype=int)
    _join_near(kept, hashes, grey, leader)
    found = {}
    for position, head in enumerate(_flat(leader).tolist()):
        found.setdefault(head, []).append(position)
    return [members for members in found.values() if len(members) > 1]


def _join_near(kept, hashes, grey, leader):
    """Join those of the pictures `kept` that look alike, in `leader`.

    Of 12 differing bits, one of seven parts of the hash holds at most one. So near pictures agree
    in some part, but for a bit at most, and sorting by that part brings them together: N log N
    steps, and a look at the few pairs that share a part. Nothing is missed. A first round joins
    neighbours only, for the pairs in a heap of equal pictures would be too many. Source: Norouzi,
    Punjani and Fleet, "Fast Search in Hamming Space with Multi-Index Hashing" (2012).
    """
    bits = np.unpackbits(hashes[kept], axis=1)
    widths = [len(range(k, bits.shape[1], PARTS)) for k in range(PARTS)]
    parts = np.stack([bits[:, k::PARTS] @ (1 << np.arange(widths[k])) for k in range(PARTS)])
    rounds = [(k, 0, most) for most in (1, len(kept)) for k in range(PARTS)]
    rounds += [(k, 1 << bit, len(kept)) for k in range(PARTS) for bit in range(widths[k])]
    for k, bit, most in rounds:
        heads = _flat(leader)[kept]
        apart = parts[k] & bit if bit else heads  # the bit that differs, or the group
        done = parts if bit else parts[:k]  # what agrees in one of these has had its look
        for one, other in _sharing(parts[k] & ~bit, apart, heads, most):
            new = (done[:, one] != done[:, other]).all(axis=0)
            _join(kept[one[new]], kept[other[new]], hashes, grey, leader)


def _sharing(part, apart, heads, most):
    """Yield pairs that agree in `part` and not in `apart`, in portions of two index arrays.

    Each picture comes with the next `most` that follow it in the order by part and `apart`. Where
    all that share a part are of one group, by `heads`, there is nothing to yield.
    """
    order = np.lexsort((apart, part))
    part, apart, heads = part[order], apart[order], heads[order]
    breaks = np.diff(part, prepend=-1) != 0
    end = _next(breaks)
    changes = np.cumsum(np.diff(heads, prepend=-1) != 0)
    one = np.flatnonzero(changes[end - 1] > changes)
    other = _next(breaks | (np.diff(apart, prepend=-1) != 0))[one]
    for _ in range(most):
        one, other = one[other < end[one]], other[other < end[one]]
        if not len(one):
            return
        for start in range(0, len(one), 4096):
            portion = slice(start, start + 4096)
            yield order[one[portion]], order[other[portion]]
        other = other + 1


def _next(breaks):
    """Return for each place where the run that it stands in ends: the next break behind it."""
    starts = np.append(np.flatnonzero(breaks), len(breaks))
    return np.repeat(starts[1:], np.diff(starts))


def _join(one, other, hashes, grey, leader):
    """Join those pairs that are not joined yet and pass both tests."""
    apart = leader[one] != leader[other]
    one, other = one[apart], other[apart]
    near = _ONES[hashes[one] ^ hashes[other]].sum(axis=1) <= NEAR_BITS
    one, other = one[near], other[near]
    alike = (_unit(grey[one]) * _unit(grey[other])).sum(axis=1) >= LIKENESS
    for pair in zip(one[alike], other[alike], strict=True):
        low, high = sorted(_first(leader, position) for position in pair)
        leader[high] = low


def _first(leader, position):
    while leader[position] != position:
        position = leader[position]
    return position


def _unit(grey):
    centred = grey - grey.mean(axis=1, keepdims=True, dtype=np.float32)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


def _flat(leader):
    """Let every picture point to the first of its group directly."""
    while (leader[leader] != leader).any():
        leader[:] = leader[leader]
    return leader


def _grey(picture, width, height):
    image = Image.fromarray(picture).convert("L")
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
