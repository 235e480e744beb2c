"""What `course data` does: get files by name, one after the other, and say what became of each."""

from __future__ import annotations

import sys

from course_utils import settings
from course_utils.data import cats_vs_dogs, registry
from course_utils.errors import CourseError, unknown

# What the full preset's lessons ask for; the elephant's network alone has 553 MB and is left out.
USUAL = ("photos", "mnist", "fashion_mnist", "vgg16")
# Pictures of each class in train, validation and test that the smaller archive has enough for.
SMALL = (1000, 250, 250)


def gather(names=(), mirror=None):
    """Fetch the files of `names`; photos are also sorted into splits.

    Parameters
    ----------
    names : sequence of str
        Keys of `registry.named`; none means `USUAL`.
    mirror : str, optional
        A folder or an address that is asked before the internet.

    Returns
    -------
    int
        0, or 1 if a file could not be had.

    Raises
    ------
    CourseError
        For an unknown name, before anything is fetched.
    """
    table = registry.named()
    for name in names:
        if name not in table:
            raise unknown("name", name, table)
    failed = 0
    for name in names or USUAL:
        try:
            files = [registry.get(remote, mirror) for remote in table[name]]
            where = files[0] if len(files) == 1 else files[0].parent
            if name in ("photos", "photos_small"):
                where = _photos(files[0], small=name == "photos_small")
            print(f"{name}: {where}")
        except CourseError as error:
            failed = 1
            print(f"{name}: {error}", file=sys.stderr)
    return failed


def _photos(archive, small):
    """Sort the photos of an archive into splits, where the full preset looks for them."""
    target = settings.photos()
    print(cats_vs_dogs.prepare(archive, target, **({"per_class": SMALL} if small else {})))
    return target


def show():
    """Print each name with the size of its files, where it is known, and where they are."""
    for name, remotes in registry.named().items():
        files = [registry.locate(remote) for remote in remotes]
        sizes = [remote.size for remote in remotes]
        size = f"{sum(sizes) / 2**20:,.0f} MB" if all(sizes) else ""
        print(f"{name:<20} {size:>8}  {'not here' if None in files else files[0].parent}")
    return 0
