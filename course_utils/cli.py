"""The ``course`` command: thin, quick to start; here errors become messages and exit codes."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress

import click

from course_utils import __version__, files, settings
from course_utils.errors import CourseError

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, prog_name="course")
def course():
    """A course on image classification with small datasets: check, run, read."""


@course.command()
def doctor():
    """Look at this machine: what is there, what is missing, and how to mend it."""
    from course_utils.commands import doctor as examination

    checks = examination.examine()
    print(examination.as_text(checks))
    return int(any(check.state == examination.STOP for check in checks))


@course.command()
@click.argument("lessons", nargs=-1)
@click.option("--preset", default="quick", show_default=True, help="quick or full.")
@click.option("--data", metavar="FOLDER", help="Class folders, or train/validation/test of them.")
@click.option("--backbone", metavar="NAME", help="Another pretrained base than the preset's.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True)
@click.option("--name", help="Folder inside the runs folder; by default the preset's name.")
@click.option("--fresh", is_flag=True, help="Redo lessons that are done with the same inputs.")
@click.option("--inplace", is_flag=True, help="Also store the outputs in notebooks/.")
@click.option("--runs-dir", metavar="FOLDER", help="Where runs are kept; by default ./runs.")
@click.option("--notebooks-dir", metavar="FOLDER", help="Where the lessons are.")
def run(lessons, **options):
    """Execute LESSONS (numbers; none: all) headless and write a report."""
    from course_utils.commands.run import run_lessons

    return run_lessons(lessons, **options)


@course.command()
@click.argument("names", nargs=-1)
@click.option("--from", "mirror", metavar="PLACE", help="Folder or address to ask first.")
@click.option("--list", "only_list", is_flag=True, help="Say what there is, and fetch nothing.")
def data(names, mirror, only_list):
    """Get the files of the full preset: NAMES, or what its lessons need.

    A file that is here and sound is not fetched again. What one file lacks does not keep the
    others back.
    """
    from course_utils.commands import fetch

    return fetch.show() if only_list else fetch.gather(names, mirror)


@course.group(invoke_without_command=True)
@click.pass_context
def cache(context):
    """Show how much disk the caches take."""
    if context.invoked_subcommand is None:
        size = _size(settings.home()) / 2**20
        print(f"{settings.home()}: {size:,.1f} MB. Empty it with: course cache clear")


@cache.command()
def clear():
    """Delete what can be made again: decoded pictures, cached features, unpacked archives.

    Results stay, and so do files that were fetched.
    """
    from filelock import FileLock, Timeout

    from course_utils.data import cache as arrays

    freed, before = arrays.clear(), _size(settings.unpacked())
    for place in settings.unpacked().glob("*/[!.]*"):
        with suppress(Timeout), FileLock(place.with_name(f".{place.name}.lock"), timeout=0):
            shutil.rmtree(place, ignore_errors=True)  # what is being unpacked is locked
    freed += before - _size(settings.unpacked())
    print(f"{freed / 2**20:,.1f} MB are free again; the next run fills the cache as it needs.")


def _size(folder):
    found = ((place, name) for place, _, names in os.walk(folder) for name in names)
    return sum(files.size(os.path.join(*path)) for path in found)


def main(arguments=None):
    """Run the command and leave with its exit code.

    0: done; 1: a lesson failed, or something stops the course; 2: nothing was run, or the disk is
    full; 130: interrupted; 141: nobody reads any more.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
        # A console in another encoding gets question marks, not a traceback.
        getattr(sys, name).reconfigure(errors="replace")
    code, message = 2, ""
    try:
        with course.make_context("course", list(arguments or sys.argv[1:])) as context:
            code = course.invoke(context) or 0
        sys.stdout.flush()
    except click.exceptions.Exit as end:
        code = end.exit_code
    except click.ClickException as error:
        error.show()
    except CourseError as error:
        message = f"course: {error}"
    except ModuleNotFoundError as error:
        message = f"course: {error.name} is missing. Install it with: pip install {error.name}"
    except KeyboardInterrupt as error:
        code, message = 130, f"\n{str(error) or 'Interrupted.'}"
    except BrokenPipeError:  # `course ... | head`, and Python's last flush would fail, too
        os._exit(141)
    except OSError as error:  # such as /dev/full
        code, message = 1, f"course: {error.filename or 'what is told'} cannot be written: {error}"
    try:
        if message:
            print(message, file=sys.stderr, flush=True)
        sys.stdout.flush()
    except OSError:  # the terminal is gone, and Python's last flush would fail
        os._exit(code)
    sys.exit(code)
