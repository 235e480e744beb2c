"""The ``course`` command: thin, quick to start; here errors become messages and exit codes."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from pathlib import Path

import click

from course_utils import __version__
from course_utils.errors import CourseError

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=CONTEXT)
@click.version_option(__version__, prog_name="course")
def course():
    """A course on image classification with small datasets: check, run, read."""


@course.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_context
def doctor(context, as_json):
    """Look at this machine: what is there, what is missing, and how to mend it."""
    from course_utils.commands import doctor as examination

    checks = examination.examine()
    print(examination.as_json(checks) if as_json else examination.as_text(checks))
    context.exit(0 if examination.healthy(checks) else 1)


@course.command()
@click.argument("lessons", nargs=-1)
@click.option("--preset", default="quick", show_default=True, help="quick or full.")
@click.option("--data", metavar="FOLDER", help="Class folders, or train/validation/test of them.")
@click.option("--backbone", metavar="NAME", help="Another pretrained base than the preset's.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option("--name", help="Folder inside the runs folder; by default the preset's name.")
@click.option("--fresh", is_flag=True, help="Redo lessons that are done with the same inputs.")
@click.option("--inplace", is_flag=True, help="Also store the outputs in notebooks/.")
@click.option("-p", "parameters", metavar="KEY=VALUE", multiple=True, help="A lesson's parameter.")
@click.option("--cell-timeout", type=click.IntRange(min=1), help="Seconds a cell may take.")
@click.option("--runs-dir", metavar="FOLDER", help="Where runs are kept; by default ./runs.")
@click.option("--notebooks-dir", metavar="FOLDER", help="Where the lessons are.")
@click.pass_context
def run(context, lessons, parameters, **options):
    """Execute LESSONS (numbers; none: all) headless and write a report."""
    from course_utils.commands.run import run_lessons

    params = dict(_key_and_value(text) for text in parameters)
    context.exit(run_lessons(lessons, params=params, **options))


def _key_and_value(text):
    """Split ``KEY=VALUE``; the value is a Python literal where it reads as one, else a string."""
    key, equals, value = text.partition("=")
    if not equals or not key.isidentifier():
        raise CourseError(
            f"-p takes KEY=VALUE, such as -p EPOCHS=5; got {text!r}. Nothing was run."
        )
    try:
        return key, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return key, value


@course.command()
@click.argument("names", nargs=-1)
@click.option("--from", "mirror", metavar="PLACE", help="Folder or address to ask first.")
@click.option("--list", "only_list", is_flag=True, help="Say what there is, and fetch nothing.")
@click.pass_context
def data(context, names, mirror, only_list):
    """Get the files of the full preset: NAMES, or what its lessons need.

    A file that is here and sound is not fetched again. What one file lacks does not keep the
    others back.
    """
    from course_utils.commands import fetch

    context.exit(fetch.show() if only_list else fetch.gather(names, mirror))


@course.command()
@click.argument("name", default="quick")
@click.option("--runs-dir", metavar="FOLDER", default="runs", show_default=True)
def report(name, runs_dir):
    """Write the report of run NAME again."""
    from course_utils.commands import report as reports

    folder = Path(runs_dir) / name
    page = reports.build(folder)
    print(reports.text_table(folder) + f"\n\nReport: {page}")


@course.group(invoke_without_command=True)
@click.pass_context
def cache(context):
    """Show how much disk the caches take."""
    if context.invoked_subcommand is None:
        from course_utils import settings

        size = sum(path.stat().st_size for path in settings.home().rglob("*") if path.is_file())
        print(f"{settings.home()}: {size / 2**20:,.1f} MB. Empty it with: course cache clear")


@cache.command()
def clear():
    """Delete what can be made again: decoded pictures, cached features, unpacked archives.

    Results stay, and so do files that were fetched.
    """
    import shutil

    from course_utils import settings

    for name in ("pictures", "features", "unpacked"):
        folder = settings.home() / name
        if folder.is_dir():
            shutil.rmtree(folder)
            print(f"Deleted {folder}")
    print("The cache is empty; the next run fills it again.")


@course.command()
def lab():
    """Open the lessons in JupyterLab, on this machine only."""
    from course_utils.commands.grid import find_notebooks

    folder = next(iter(find_notebooks().values())).parent
    if importlib.util.find_spec("jupyterlab") is None:
        raise CourseError("JupyterLab is missing. Install it with: pip install jupyterlab")
    command = [sys.executable, "-m", "jupyterlab", "--ip=127.0.0.1", f"--notebook-dir={folder}"]
    click.get_current_context().exit(subprocess.call(command))


def main(arguments=None):
    """Run the command and leave with its exit code.

    0: done; 1: a lesson failed, or something stops the course; 2: nothing was run, or the disk is
    full; 130: interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        # A console in another encoding gets question marks, not a traceback.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        code = course.main(args=arguments, prog_name="course", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        print("Interrupted.", file=sys.stderr)  # after click's newline
        code = 130
    except CourseError as error:
        print(f"course: {error}", file=sys.stderr)
        code = 2
    except BrokenPipeError:  # `course ... | head`
        sys.stderr.close()
        code = 141
    sys.exit(code or 0)
