"""Draw many pictures, in one process or several; the result does not depend on which."""

import multiprocessing
import warnings
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np

from ...errors import CourseError
from .randomness import RandomSource

SPLITS = {"train": 0, "validation": 1, "test": 2}
CHUNK = 100  # pictures a task: small enough to spread evenly, large enough to be worth sending
SMALLEST = 16


def picture_source(dataset, seed, split, index):
    """Return the random source of one picture.

    The key is (dataset, split, index, seed), so that no two splits or data sets share a picture
    and any picture can be drawn alone. The size is left out: the same key gives the same drawing
    at every size (the noise of the camera aside).
    """
    return RandomSource(dataset, SPLITS[split], index, seed)


def check(n, size, seed, split):
    """Raise CourseError if a request for toy pictures makes no sense."""
    if split not in SPLITS:
        raise CourseError(f"There is no split {split!r}. Use one of: {', '.join(SPLITS)}.")
    if n < 0:
        raise CourseError(f"Cannot draw {n} pictures. Ask for 0 or more.")
    if size < SMALLEST:
        raise CourseError(f"Toy pictures need at least {SMALLEST} pixels a side, not {size}.")
    if seed < 0:
        raise CourseError(f"The seed must be 0 or larger, not {seed}.")


def stack(draw, n, size, channels, seed, split, workers=1):
    """Draw the first `n` pictures of a split that come as (image, label); return two arrays.

    Returns
    -------
    images : uint8 array of shape (n, size, size, channels)
    labels : int64 array of shape (n,)
    """
    check(n, size, seed, split)
    images = np.empty((n, size, size, channels), np.uint8)
    labels = np.empty(n, np.int64)
    for index, picture in enumerate(draw_all(draw, n, size, seed, split, workers)):
        images[index], labels[index] = picture
    return images, labels


def draw_all(draw, n, size, seed, split, workers=1):
    """Yield draw(index, size, seed, split) for index 0 .. n - 1, in this order.

    Parameters
    ----------
    draw : function at the top level of a module (it is sent to other processes by name)
    workers : int
        Processes. New processes are spawned, not forked: forking after TensorFlow has started its
        threads may hang. If they cannot start (a script without ``if __name__ == "__main__"``),
        a warning is given and the pictures are drawn here.
    """
    check(n, size, seed, split)
    chunks = [
        (draw, start, min(n, start + CHUNK), size, seed, split) for start in range(0, n, CHUNK)
    ]
    pool = _start_pool(min(workers, len(chunks)))
    if pool is None:
        for chunk in chunks:
            yield from _draw_chunk(chunk)
        return
    with pool:
        for pictures in pool.map(_draw_chunk, chunks):
            yield from pictures


def _start_pool(workers):
    """Return a pool of processes that answers, or None if one process is to do."""
    if workers <= 1:
        return None
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    try:
        pool.submit(int).result()
    except BrokenProcessPool:
        pool.shutdown()
        message = "Drawing processes could not start; drawing with one process instead."
        warnings.warn(message, RuntimeWarning, stacklevel=4)
        return None
    return pool


def _draw_chunk(chunk):
    draw, start, stop, size, seed, split = chunk
    return [draw(index, size, seed, split) for index in range(start, stop)]
