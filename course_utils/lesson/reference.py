"""The course's own results over several seeds; ``tests/benchmarks/reference.py`` makes them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_utils import files

FILE = Path(__file__).with_suffix(".json")


@dataclass(frozen=True)
class Band:
    """What several trainings of one thing reached, with nothing but the seed between them.

    Attributes
    ----------
    values : numpy.ndarray
        (seeds,), or (seeds, points) for a curve. Empty where nothing was measured for this preset,
        these pictures and this base.
    """

    values: np.ndarray

    @property
    def known(self):
        return len(self.values) > 0

    @property
    def mean(self):
        """Mean over the seeds; NaN if nothing is known."""
        return self.values.mean(axis=0) if self.known else np.nan

    @property
    def sd(self):
        """Standard deviation over the seeds, with n - 1 below the line; NaN for a single seed."""
        return self.values.std(axis=0, ddof=1) if len(self.values) > 1 else np.nan

    @property
    def limits(self):
        """Mean - 2 sd and mean + 2 sd, where most single runs lie.

        Cut off at 0 where no run is negative, and at 1 where all are shares, from 0 to 1.
        """
        floor = 0 if np.all(self.values >= 0) else -np.inf
        top = 1 if np.all(abs(self.values - 0.5) <= 0.5) else np.inf
        return np.clip([self.mean - 2 * self.sd, self.mean + 2 * self.sd], floor, top)

    def paired(self, other):
        """Tell in words how this band's runs differ from another's, seed by seed.

        Parameters
        ----------
        other : Band
            One number a seed, the same seeds in the same order.

        Returns
        -------
        str
            Such as "+0.020 on average, ahead in 2 of 2 seeds (+0.010 +0.030)".
        """
        if not self.known or self.values.shape != other.values.shape:
            return "not measured for these pictures"
        ahead = self.values - other.values
        each = " ".join(f"{value:+.3f}" for value in ahead)
        wins = f"ahead in {np.sum(ahead > 0)} of {len(ahead)} seeds"
        return f"{ahead.mean():+.3f} on average, {wins} ({each})"

    def __str__(self):
        if not self.known:
            return "not measured for these pictures"
        numbers = f"{self.mean:.3f} ± {self.sd:.3f}" if self.values.ndim == 1 else "a curve"
        return f"{numbers} ({len(self.values)} seeds)"


def find(lesson, name, what="accuracy", **where):
    """Return the `Band` of one result or measure of a lesson.

    Parameters
    ----------
    lesson : str
        Two digits.
    name : str
        As the lesson gave it to ``add_result`` or ``measure``.
    what : str
        Of a result: "accuracy", "train_accuracy" or "seconds".
    **where
        preset, dataset and backbone, as in the ledger. A dataset that is a folder is known by the
        hash at the end of its name; entries without a base or a seed agree with every one.
    """
    for entry in files.read_json(FILE).get("lessons", []):
        if entry["lesson"] == lesson and all(
            entry.get(key) in (None, value) or (key == "dataset" and entry[key][-7:] == value[-7:])
            for key, value in where.items()
        ):
            found = entry["results"].get(name, {}).get(what) or entry["measures"].get(name)
            return Band(np.array(found or [], float))
    return Band(np.empty(0))
