"""What `course run` is about to do: every argument checked before a kernel starts."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import json
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from course_utils import files, presets
from course_utils.data import datasets
from course_utils.errors import CourseError
from course_utils.lesson import ledger

# Free space a run may need for its notebooks, models and report, in MB.
NEED_MB = 100
# Modules that no lesson imports: a change there does not make a result stale.
BESIDE_LESSONS = {
    "cli", "doctor", "gather", "kernel", "plan", "progress", "report", "run", "__main__",
}  # fmt: skip
OWN_OPTIONS = {"PRESET": "--preset", "DATA": "--data", "BACKBONE": "--backbone", "SEED": "--seed"}


@dataclass
class Job:
    """One lesson with everything that decides its result.

    Attributes
    ----------
    lesson : presets.Lesson
    source : pathlib.Path
        The notebook as the student has it.
    notebook : nbformat.NotebookNode
    parameters : dict
        What is passed, without what the notebook says by itself.
    key : dict
        The keys of `ledger.KEYS`.
    inputs : str
        Hash over all inputs, the package's source and the versions.
    folder, executed : pathlib.Path
        The run's folder, and the executed notebook in it.
    """

    lesson: presets.Lesson
    source: Path
    notebook: dict
    parameters: dict
    key: dict
    inputs: str
    folder: Path
    executed: Path

    @property
    def marker(self):
        """pathlib.Path: the file that says that this job is done."""
        return self.folder / "done" / ledger.file_name(self.key)

    @property
    def failure(self):
        """pathlib.Path: the file that says that and why it failed."""
        return self.folder / "failed" / ledger.file_name(self.key)

    @property
    def failed(self):
        """pathlib.Path: the notebook that a failing lesson leaves."""
        return self.executed.with_suffix(".failed.ipynb")

    def done(self):
        """Return the marker's content if the lesson is done with the same inputs, or None."""
        try:
            marker = json.loads(self.marker.read_text(encoding="utf-8"))
            outputs = [self.executed] + [self.folder / "ledger" / n for n in marker["ledger"]]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        same = marker.get("inputs") == self.inputs
        return marker if same and all(path.is_file() for path in outputs) else None


def plan(numbers, preset, data, backbone, seed, name, params, notebooks_dir=None, runs_dir=None):
    """Check everything that can be checked before a kernel starts, and return the jobs.

    Raises
    ------
    CourseError
        As `run_lessons`.
    """
    preset = presets.get(preset)
    if backbone is not None:
        presets.check_backbone(backbone)
    for module in ("papermill", "ipykernel", "nbconvert"):
        if importlib.util.find_spec(module) is None:
            raise CourseError(f"{module} is missing. Install it with: pip install {module}")
    notebooks = find_notebooks(notebooks_dir)
    there = [lesson for lesson in presets.LESSONS.values() if lesson.slug in notebooks]
    chosen = [presets.get_lesson(number) for number in numbers] or there
    absent = [lesson.number for lesson in chosen if lesson not in there]
    if absent:
        known = ", ".join(lesson.number for lesson in there)
        raise CourseError(f"Lesson {', '.join(absent)} has no notebook yet. There are: {known}.")
    lessons = [lesson for lesson in there if lesson in chosen]
    sources = {lesson.slug: read_notebook(notebooks[lesson.slug]) for lesson in lessons}
    dataset, fingerprint, data = identify(preset, data, seed)
    wanted = {"PRESET": preset.name, "DATA": data, "BACKBONE": backbone, "SEED": seed}
    passed = {
        lesson.slug: choose_parameters(lesson, sources[lesson.slug], wanted, params)
        for lesson in lessons
    }
    folder = make_folder(runs_dir, name or preset.name)
    environment = [package_hash(), ledger.versions(), fingerprint]
    backbone = backbone or preset.backbone
    suffix = variant(folder, preset.name, dataset, backbone, seed)
    jobs = []
    for lesson in lessons:
        notebook, parameters = sources[lesson.slug], passed[lesson.slug]
        key = dict(
            zip(ledger.KEYS, (lesson.number, preset.name, dataset, backbone, seed), strict=True)
        )
        cells = [
            (cell.cell_type, cell.source, cell.metadata.get("tags")) for cell in notebook.cells
        ]
        facts = json.dumps([cells, parameters, key, environment], sort_keys=True)
        inputs = hashlib.sha256(facts.encode()).hexdigest()
        executed = folder / f"{lesson.slug}{suffix}.ipynb"
        source = notebooks[lesson.slug]
        jobs.append(Job(lesson, source, notebook, parameters, key, inputs, folder, executed))
    return jobs


def find_notebooks(folder=None):
    """Return the lessons' notebooks by slug; CourseError if there are none in any of the places."""
    clone = Path(__file__).resolve().parents[1] / "notebooks"
    places = [Path(folder)] if folder else [Path.cwd() / "notebooks", Path.cwd(), clone]
    for place in places:
        files = {lesson.slug: place / f"{lesson.slug}.ipynb" for lesson in presets.LESSONS.values()}
        found = {slug: path.resolve() for slug, path in files.items() if path.is_file()}
        if found:
            return found
    raise CourseError(
        f"No lesson was found in {' or '.join(map(str, places))}. Start `course` inside the "
        "course's folder, the one that holds notebooks/."
    )


def read_notebook(path):
    """Read a notebook; CourseError if the file is none."""
    import nbformat

    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # nbformat raises many kinds for damaged JSON
        raise CourseError(
            f"{path} cannot be read as a notebook ({error}). It was left as it is; get it back "
            "with: git checkout -- notebooks"
        ) from None


def choose_parameters(lesson, notebook, options, params):
    """Return what must be passed to a lesson: what differs from its ``parameters`` cell.

    `options` come from options of their own, `params` from ``-p``.
    """
    tagged = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    known = {}
    try:
        body = ast.parse(tagged[0].source).body if tagged else []
    except SyntaxError as error:
        raise CourseError(
            f"The parameters cell of lesson {lesson.number} is no valid Python: {error.msg} "
            f"({error.text!r}). Nothing was run."
        ) from None
    for node in body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                known[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                known[node.targets[0].id] = ...
    passed = {}
    for key, value in {**options, **params}.items():
        if key in params and key in OWN_OPTIONS:
            raise CourseError(f"Give {key} by its own option {OWN_OPTIONS[key]}. Nothing was run.")
        if key not in known:
            # A lesson may have no use for a base; a default need not be passed.
            if key not in params and (key == "BACKBONE" or value in (None, 0)):
                continue
            raise CourseError(
                f"Lesson {lesson.number} has no parameter {key!r}. It has: "
                f"{', '.join(known) or 'none'}. Nothing was run."
            )
        number = isinstance(known[key], (bool, int, float))
        if key in params and number and not isinstance(value, (bool, int, float)):
            raise CourseError(
                f"Parameter {key} of lesson {lesson.number} is a number ({known[key]}), "
                f"not {value!r}. Nothing was run."
            )
        if value != known[key]:
            passed[key] = value
    return passed


def identify(preset, data, seed):
    """Return the dataset's name in the ledger, a fingerprint of its files, the absolute path."""
    if data is None and preset.dataset == "toy_pets":
        return preset.dataset, preset.dataset, None
    from course_utils.data import folders

    photos = datasets.folder_of(preset, data).resolve()
    try:
        _, listing = folders.list_folder(photos, seed)
        identity, fingerprint = folders.fingerprints(photos, listing, preset.image_size)
    except OSError as error:
        raise CourseError(f"{photos} cannot be read: {error}. Nothing was run.") from None
    return f"{photos.name}-{identity[:6]}", fingerprint, None if data is None else str(photos)


def make_folder(runs_dir, name):
    """Make the run's folder, and make sure that a run fits and may be written there."""
    runs = Path(runs_dir).expanduser().resolve() if runs_dir else Path.cwd() / "runs"
    if not name or name in {".", ".."} or any(mark in name for mark in '/\\:*?"<>|'):
        raise CourseError(
            f"{name!r} cannot be the name of a run; use letters, digits, '-' and '_'."
        )
    folder = runs / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        free = shutil.disk_usage(folder).free / 2**20
    except OSError as error:
        raise CourseError(
            f"{folder} cannot be written to ({error.strerror}). Nothing was run. Choose another "
            "place with --runs-dir."
        ) from None
    if free < NEED_MB:
        raise CourseError(
            f"Only {free:.0f} MB are free in {folder}; a run may need {NEED_MB} MB. Nothing was "
            "run. Free some space, or choose another place with --runs-dir."
        )
    return folder


def variant(folder, preset, dataset, backbone, seed):
    """Return what the names of executed notebooks end with, so that variants lie side by side.

    The settings of the first run into a folder go without saying.
    """
    now = {"preset": preset, "dataset": dataset, "backbone": backbone}
    try:
        first = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        words = [now[key] for key in now if first[key] != now[key]]
    except (OSError, ValueError, KeyError, TypeError):
        files.write_atomically(folder / "run.json", json.dumps(now).encode())
        words = []
    return "".join(f"-{word}" for word in words + ([f"seed{seed}"] if seed else []))


def package_hash():
    """Return a hash over those files of this package that a lesson's result can depend on."""
    root, digest = Path(__file__).parent, hashlib.sha256()
    for path in sorted([*root.rglob("*.py"), *(root / "weights").glob("*.npz")]):
        if path.stem not in BESIDE_LESSONS:
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()
