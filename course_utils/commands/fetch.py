"""What `course data` does: get files by name, one after the other, and say what became of each."""

from __future__ import annotations

import sys

from course_utils import settings
from course_utils.data import cats_vs_dogs, registry
from course_utils.errors import CourseError, unknown

# What the full preset's lessons ask for. VGG16 with its top, on request in lesson 6, is left out.
USUAL = ("photos", "mnist", "fashion_mnist", "vgg16", "elephant")
# Pictures of each class in train, validation and test that an archive has enough for.
SORTED = {"photos": (1000, 500, 500), "photos_small": (1000, 250, 250)}


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
            where = files[0].parent if len(files) > 1 else files[0]
            if name in SORTED:  # where the full preset looks for them
                where = settings.photos()
                print(cats_vs_dogs.prepare(files[0], where, SORTED[name]))
            print(f"{name}: {where}")
        except CourseError as error:
            failed = 1
            print(f"{name}: {error}", file=sys.stderr)
    return failed


def show():
    """Print each name with the size of its files, where it is known, and where they are."""
    for name, remotes in registry.named().items():
        files = [registry.locate(remote) for remote in remotes]
        size = sum(remote.size or 0 for remote in remotes)
        shown = f"{size / 2**20:,.0f} MB" if size else ""
        print(f"{name:<20} {shown:>8}  {files[0].parent if all(files) else 'not here'}")
    return 0
