"""Look a folder of pictures over: python data_scripts/inspect_folder.py DIR [--html PAGE]

Prints what `course_utils.data.inspect` finds; with --html also writes it as one page with small
pictures, which needs no other file. The folder is only read. Exit code 0: all well; 1: something
needs attention; 2: the folder cannot be used, or the page cannot be written.
"""

import base64
import io
import sys
from pathlib import Path

import click
from jinja2 import Environment
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from course_utils import files
from course_utils.data import image_file, inspect
from course_utils.errors import CourseError

TEMPLATE = Path(__file__).with_suffix(".html")
SIDE = 96  # pixels of a thumbnail
ROWS, GROUPS, IN_GROUP, EXAMPLES = 200, 12, 6, 6  # shown of a kind; the rest is counted


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--html", "page", type=click.Path(path_type=Path), help="Write a page, too.")
@click.option("--seed", default=0, show_default=True, help="Splits a folder without splits.")
def main(folder, page, seed):
    """Look the pictures of FOLDER over, which holds one folder a class."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a console may lack letters that names have
    try:
        if page:
            check_place(page, folder)
        found = inspect.inspect_folder(folder, seed)
        print(found)
        if page:
            write(page, build(found))
            print(f"Page: {page}")
    except CourseError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    sys.exit(1 if found.to_do else 0)


def check_place(page, folder):
    """Stop before the long look if the page may not be written where it is wanted."""
    if page.resolve().is_relative_to(folder.expanduser().resolve()):
        raise CourseError(
            f"{page} lies in {folder}, which is only read. Nothing was written. Choose a place "
            "outside of it with --html."
        )
    if page.suffix.lower() not in (".html", ".htm"):
        raise CourseError(f"{page}: the name for --html must end in .html. Nothing was written.")


def build(found):
    """Return the page on an `inspect.FolderReport` as text."""
    tools = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    tools.filters |= {"short": found.name_of, "printable": image_file.printable}
    tools.filters["commas"] = "{:,}".format
    same = {kind: [] for kind in inspect.ADVICE}
    for group in found.duplicates:
        same[f"Pictures {group.where}"].append(group)
    page = tools.from_string(TEMPLATE.read_text(encoding="utf-8"))
    return page.render(
        found=found,
        unreadable=[(bad.path, bad.reason) for bad in found.unreadable],
        misnamed=list(found.misnamed.items()),
        same={kind: groups for kind, groups in same.items() if groups},
        advice=inspect.ADVICE,
        examples=examples(found),
        thumbnail=thumbnail,
        rows_shown=ROWS,
        groups_shown=GROUPS,
        in_group=IN_GROUP,
    )


def examples(found):
    """Return some readable training pictures of each class, from all over it."""
    bad = {one.path for one in found.unreadable}
    chosen = {}
    for number, name in enumerate(found.classes):
        paths = [p for p, label in found.listing["train"] if label == number and p not in bad]
        chosen[name] = paths[:: max(1, len(paths) // EXAMPLES)][:EXAMPLES]
    return chosen


def thumbnail(path):
    """Return a small picture as a dict of width, height and data URL; None if it is gone."""
    try:
        seen = image_file.look(path, 2 * SIDE)
    except ValueError:
        return None
    width, height = (max(1, round(SIDE * side / max(seen.size))) for side in seen.size)
    small, out = Image.fromarray(seen.image).resize((width, height)), io.BytesIO()
    small.save(out, "JPEG", quality=80)
    url = "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()
    return {"width": width, "height": height, "url": url}


def write(page, text):
    """Write the page whole or not at all."""
    try:
        files.write_atomically(page, text.encode())
    except CourseError as error:
        cause = getattr(error.__cause__, "strerror", None) or error
        raise CourseError(
            f"{page} could not be written: {cause}. What was there before is as it was. Choose "
            "another place with --html."
        ) from error


if __name__ == "__main__":
    main()
