"""What `course run` is about to do: arguments become jobs, all checked before a kernel starts."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from course_utils import files, presets, settings
from course_utils.data import datasets, folders, registry
from course_utils.errors import CourseError
from course_utils.lesson import ledger

PACKAGE = Path(__file__).resolve().parents[1]
# Free space a run may need for its notebooks, models and report, in bytes.
ROOM = 100 * 2**20
# What no lesson imports: a change there does not make a result stale.
BESIDE_LESSONS = {"commands", "cli.py", "__main__.py"}


@dataclass(eq=False)
class Job:
    """One lesson with everything that decides its result: plain data that can be pickled.

    Attributes
    ----------
    lesson : presets.Lesson
    name : str
        The names of this job's files, unlike those of any other job in the folder.
    source, folder : pathlib.Path
        The notebook as the student has it, and the run's folder.
    notebook : nbformat.NotebookNode
    parameters : dict
        What is passed, without what the notebook says by itself.
    key : dict
        The keys of `ledger.KEYS`.
    inputs : str
        Hash over all inputs, the package's source and the versions.
    minutes : float
        Expected on a CPU.
    executed, failed : pathlib.Path
        The notebook that is left by a lesson that passes, and by one that fails.
    done, failure : pathlib.Path
        The marker that says with what inputs it has passed, or why it failed.
    log : pathlib.Path
        What the kernel prints outside of cells.
    """

    lesson: presets.Lesson
    name: str
    source: Path
    folder: Path
    notebook: dict
    parameters: dict
    key: dict
    inputs: str = ""
    minutes: float = 0.0

    def __post_init__(self):
        self.executed = self.folder / f"{self.name}.ipynb"
        self.failed = self.folder / f"{self.name}.failed.ipynb"
        self.log = self.folder / "log" / f"{self.name}.txt"
        self.done = self.folder / "done" / f"{self.name}.json"
        self.failure = self.folder / "failed" / f"{self.name}.json"

    def is_done(self):
        """Return whether the lesson is done with the same inputs, and its outputs are sound."""
        marker = files.read_json(self.done)
        rows = [files.read_json(self.folder / "ledger" / name) for name in marker.get("ledger", [])]
        same = marker.get("inputs") == self.inputs and "cells" in files.read_json(self.executed)
        return same and all(row.keys() >= set(ledger.KEYS) for row in rows)


def plan(
    numbers=(), preset="quick", data=None, backbone=None, seed=0, name=None, notebooks_dir=None,
    runs_dir=None,
):  # fmt: skip
    """Check everything that can be checked before a kernel starts, and return the jobs.

    Parameters
    ----------
    numbers : iterable of str or int
        Lessons; none: all that have a notebook.
    preset, data, backbone, seed
        As in a lesson's first cell; None: the preset's.
    name : str, optional
        The run's folder inside `runs_dir`; the preset's name by default.
    notebooks_dir, runs_dir : path, optional

    Returns
    -------
    list of Job
        In the course's order.

    Raises
    ------
    CourseError
        If one of these is wrong, or the disk has no room. Nothing was run.
    """
    preset = presets.get(preset)
    base = registry.check_backbone(backbone or preset.backbone)
    notebooks = find_notebooks(notebooks_dir)
    chosen = [presets.get_lesson(number).slug for number in numbers] or list(notebooks)
    if absent := [slug[:2] for slug in chosen if slug not in notebooks]:
        known = ", ".join(slug[:2] for slug in notebooks)
        raise CourseError(f"Lesson {', '.join(absent)} has no notebook yet. There are: {known}.")
    folder = run_folder(runs_dir, name or preset.name)
    chosen = [presets.LESSONS[slug[:2]] for slug in notebooks if slug in chosen]
    dataset, fingerprint, count = preset.dataset, preset.dataset, None
    # A lesson whose table says 0 opens none of them.
    if data or any(lesson.pictures.get(preset.name) != 0 for lesson in chosen):
        dataset, fingerprint, data, count = identify(preset, data, seed)
    options = {"PRESET": preset.name, "DATA": data, "BACKBONE": backbone, "SEED": seed}
    environment = [package_hash(), ledger.versions(), fingerprint]
    environment += map(settings.choice, settings.CHOICES)
    jobs = []
    for lesson in chosen:
        source = notebooks[lesson.slug]
        notebook = read_notebook(source)
        parameters = choose_parameters(lesson, notebook, options)
        values = (lesson.number, preset.name, dataset, base, seed)
        key = dict(zip(ledger.KEYS, values, strict=True))
        cells = [(c.cell_type, c.source, c.metadata.get("tags")) for c in notebook.cells]
        facts = json.dumps([cells, parameters, key, environment], sort_keys=True, default=repr)
        inputs = hashlib.sha256(facts.encode()).hexdigest()
        name = lesson.slug + variant(preset, data and dataset, base, seed)
        minutes = lesson.estimate(preset, count)
        jobs.append(Job(lesson, name, source, folder, notebook, parameters, key, inputs, minutes))
    with files.explain_disk_errors(folder):
        jobs[0].log.parent.mkdir(parents=True, exist_ok=True)
    files.need_space(folder, ROOM)
    return jobs


def find_notebooks(folder=None):
    """Return the lessons' notebooks by slug; CourseError if there are none in any of the places."""
    clone = PACKAGE.parent / "notebooks"
    places = [Path(folder)] if folder else [Path.cwd() / "notebooks", Path.cwd(), clone]
    for place in places:
        paths = {lesson.slug: place / f"{lesson.slug}.ipynb" for lesson in presets.LESSONS.values()}
        if found := {slug: path.resolve() for slug, path in paths.items() if path.is_file()}:
            return found
    told = f"No lesson was found in {' or '.join(map(str, places))}"
    raise CourseError(f"{told}. Start `course` inside the folder that holds notebooks/.")


def read_notebook(path):
    """Read a notebook; CourseError if the file is none."""
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises many kinds for damaged JSON
        told = f"{path} cannot be read as a notebook ({error}). It was left as it is"
        raise CourseError(f"{told}; get it back with: git checkout -- notebooks") from None


def choose_parameters(lesson, notebook, options):
    """Return those options that differ from what the lesson's ``parameters`` cell says."""
    tagged = [c.source for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    try:
        rows = [node for node in ast.parse("".join(tagged)).body if isinstance(node, ast.Assign)]
        known = {ast.unparse(row.targets[0]): ast.literal_eval(row.value) for row in rows}
        return {key: value for key, value in options.items() if value != known[key]}
    except (SyntaxError, ValueError, KeyError) as error:
        told = f"The parameters cell of lesson {lesson.number} must give plain values to"
        raise CourseError(f"{told} {', '.join(options)} ({error}). Nothing was run.") from None


def identify(preset, data, seed):
    """Return the dataset's name in the ledger, a fingerprint, the absolute path, and how many."""
    photos = datasets.folder_of(preset, data)
    if photos is None:
        return preset.dataset, preset.dataset, None, None
    photos = files.absolute(photos)
    _, listing = folders.list_folder(photos, seed)
    identity, fingerprint = folders.fingerprints(photos, listing, preset.image_size)
    count = len(listing["train"]) + len(listing["validation"])
    return f"{photos.name}-{identity[:6]}", fingerprint, data and str(photos), count


def run_folder(runs_dir, name):
    """Return the folder of a run, which need not exist yet; CourseError for an odd name."""
    odd = re.search(r'[/\\:*?"<>|\x00-\x1f\ud800-\udfff]|^[-. ]|.{100}', name)
    if odd or not name:
        raise CourseError(f"{name!r} cannot name a run; use letters, digits, '-' and '_'.")
    return files.absolute(runs_dir or "runs") / name


def variant(preset, dataset, base, seed):
    """Return what a job's name ends with, so that variants lie side by side in a folder.

    It depends on nothing that lies there: the quick preset, a preset's own pictures and base, and
    seed 0 go without saying. `dataset` is None for a preset's own.
    """
    words = {preset.name: preset.name != "quick", base: base != preset.backbone}
    # A long name keeps its end, which is a hash.
    words |= {dataset and dataset[-60:]: dataset, f"seed{seed}": seed}
    suffix = "".join(f"-{word}" for word, wanted in words.items() if wanted)
    return re.sub(r"[^A-Za-z0-9_-]+", "_", suffix)


def package_hash():
    """Return a hash over those files of this package that a lesson's result can depend on."""
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*")):
        where = path.relative_to(PACKAGE)
        if path.suffix in {".py", ".toml", ".npz"} and where.parts[0] not in BESIDE_LESSONS:
            digest.update(where.as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
