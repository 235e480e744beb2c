"""Seeded randomness: the random source of a picture, and tiling noise textures."""

import math

import numpy as np

NOISE_SIZE = 256  # side of the tiling noise textures, a power of two (see wrap)


class RandomSource:
    """Random numbers drawn with ``PCG64.random()`` alone.

    Other methods of NumPy's generator may change their stream between versions. Whatever else
    is needed (normals, choices, integers) is made here from uniform numbers.

    Parameters
    ----------
    *key : int
        Non-negative integers; the same key gives the same numbers.
    """

    def __init__(self, *key):
        self._generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
        self._next = self._generator.random

    def uniform(self, low=0.0, high=1.0):
        """Return a float in [low, high)."""
        return low + (high - low) * self._next()

    def normal(self, sd=1.0):
        """Return a nearly normal float: six uniforms summed, so at most 4.24 sd from zero."""
        total = sum(self._next() for _ in range(6))
        return sd * (total - 3.0) / math.sqrt(0.5)

    def chance(self, probability):
        """Return True with the given probability."""
        return self._next() < probability

    def below(self, n):
        """Return an integer in 0 .. n - 1."""
        return int(self._next() * n)

    def pick(self, choices):
        """Return one element of a sequence."""
        return choices[self.below(len(choices))]

    def colour(self, low=0.1, high=0.95):
        """Return a colour, float32 of shape (3, 1, 1), each channel in [low, high)."""
        return (low + (high - low) * self.array(3, 1, 1)).astype(np.float32)

    def array(self, *shape):
        """Return a float64 array of uniforms in [0, 1)."""
        return self._generator.random(shape)


def value_noise(key, cells, amplitudes):
    """Return tiling value noise: random lattices, smoothly interpolated and summed.

    Parameters
    ----------
    key : int
        Seed.
    cells : tuple of int
        Lattice points a side for each octave.
    amplitudes : tuple of float
        Weight of each octave.

    Returns
    -------
    float32 array of shape (NOISE_SIZE, NOISE_SIZE), in -1 to 1.
    """
    rng = RandomSource(key)
    total = np.zeros((NOISE_SIZE, NOISE_SIZE))
    for count, amplitude in zip(cells, amplitudes, strict=True):
        lattice = 2.0 * rng.array(count, count) - 1.0
        position = np.arange(NOISE_SIZE) * count / NOISE_SIZE
        left = position.astype(int)
        right = (left + 1) % count
        mix = position - left
        mix = mix * mix * (3.0 - 2.0 * mix)  # smoothstep hides the lattice
        rows = lattice[left] * (1.0 - mix)[:, None] + lattice[right] * mix[:, None]
        total += amplitude * (rows[:, left] * (1.0 - mix) + rows[:, right] * mix)
    return (total / np.abs(total).max()).astype(np.float32)


SMOOTH_NOISE = value_noise(11, cells=(4, 8, 16), amplitudes=(1.0, 0.5, 0.3))
FUR_NOISE = value_noise(12, cells=(32, 64, 128), amplitudes=(0.6, 0.8, 0.8))


def wrap(coordinates):
    """Turn float coordinates into indices of a noise texture (tiling)."""
    return np.floor(coordinates).astype(np.int32) & (NOISE_SIZE - 1)
