"""Sort the public photos of cats and dogs into train, validation and test.

    python data_scripts/prepare_cats_vs_dogs.py --source kagglecatsanddogs_5340.zip --target photos
    python data_scripts/prepare_cats_vs_dogs.py --source PetImages --target small \
        --per-class 100 50 50

The source is only read. What is missing or no picture is left out, and listed in
TARGET/SOURCE.json. Exit code 0: the photos are there, whole; 2: nothing was written.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile

import click

from course_utils.data import cats_vs_dogs, download, registry
from course_utils.errors import CourseError


def _file(source):
    """Return a source on this machine; one from the internet is fetched and kept."""
    if "://" not in source:
        return source
    remote = next((r for r in registry.FILES.values() if source in r.urls), None)
    if remote is None:
        name = hashlib.sha256(source.encode()).hexdigest()[:16]
        place = f"cats_vs_dogs/{name}.zip"
        remote = download.Remote(place, (source,), "the archive of photos", check=zipfile.ZipFile)
    return registry.get(remote)


@click.command(help=__doc__.replace("\n\n    ", "\n\n\b\n    "))
@click.option("--source", required=True, metavar="ZIP_OR_FOLDER_OR_URL")
@click.option("--target", required=True, metavar="DIR")
@click.option(
    "--per-class", nargs=3, type=click.IntRange(1), default=(1000, 500, 500), show_default=True
)
def command(source, target, per_class):
    print(cats_vs_dogs.prepare(_file(source), target, per_class))


def main(arguments=None):
    """Run the command and leave with its exit code; 130 if interrupted."""
    try:
        code = command.main(args=arguments, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except CourseError as error:
        print(error, file=sys.stderr)
        code = 2
    except (click.Abort, KeyboardInterrupt):
        print("Interrupted. Nothing half-written was left behind.", file=sys.stderr)
        code = 130
    sys.exit(code or 0)


if __name__ == "__main__":
    main()
