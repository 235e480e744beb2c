"""Put everything that a class needs into one folder, to be served or carried on a USB stick.

    python data_scripts/build_mirror.py mirror
    python data_scripts/build_mirror.py mirror photos mnist mobilenet_025

Any web server can serve the folder. Students then say where it is:

    COURSE_MIRROR=http://server/mirror course run --preset full
    course data --from /media/stick/mirror
"""

from __future__ import annotations

import sys
from pathlib import Path

import click
import pooch

from course_utils import files
from course_utils.commands import fetch
from course_utils.data import download, registry
from course_utils.errors import CourseError, unknown

SUMS = "SHA256SUMS"


def build(target, names):
    """Fetch the files of `names` into `target`, and write their hashes beside them.

    Files that are there and sound stay. The hashes cover whatever the folder holds of the course's
    files, also from earlier calls.

    Returns
    -------
    list of str
        What could not be had, one message each.
    """
    table, failures = registry.named(), []
    for name in names:
        if name not in table:
            raise unknown("name", name, table)
    for remote in (remote for name in names for remote in table[name]):
        try:
            here = registry.locate(remote)
            # What this machine has already need not be fetched a second time.
            mirror = None if here is None else str(here.parents[len(Path(remote.path).parts) - 1])
            file = download.fetch(remote, target / remote.path, mirror=mirror)
            print(f"{file.stat().st_size / 2**20:10,.1f} MB  {remote.path}")
        except CourseError as error:
            failures.append(f"{remote.path}: {error}")
    lines = []
    for remote in (remote for remotes in table.values() for remote in remotes):
        if (target / remote.path).is_file():
            digest = pooch.file_hash(str(target / remote.path), alg="sha256")
            lines.append(f"{digest}  {remote.path}\n")
    if lines:
        files.write_atomically(target / SUMS, "".join(sorted(set(lines))).encode())
    return failures


@click.command(help=__doc__.replace("\n\n    ", "\n\n\b\n    "))
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@click.argument("names", nargs=-1)
def main(target, names):
    """Build the mirror; exit code 1 if a file could not be had, 2 for a wrong name."""
    try:
        failures = build(target.resolve(), names or (*fetch.USUAL, "elephant", "mobilenet_025"))
    except CourseError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"Mirror: {target}. Students use it with: course data --from {target}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
