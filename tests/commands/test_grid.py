"""What `course run` does before a kernel starts: nothing is executed here."""

import os
import pickle
import re

import nbformat
import pytest
from PIL import Image
from run_helpers import finish, lesson

from course_utils.commands import grid
from course_utils.errors import CourseError


def pictures(folder, count=6):
    for name in ("cats", "dogs"):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            Image.new("RGB", (8, 8), (number, 0, 0)).save(folder / name / f"{number}.png")
    return folder


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"numbers": ["99"]}, "03, 04"),
        ({"numbers": ["8", "3"]}, "Lesson 08 has no notebook yet. There are: 03"),
        ({"preset": "fulll"}, "Did you mean 'full'"),
        ({"backbone": "vgg61"}, "Did you mean 'vgg16'"),
        ({"data": "/nowhere"}, "/nowhere"),
        ({"name": "../elsewhere"}, "cannot name a run"),
        ({"notebooks_dir": "/nowhere"}, "No lesson was found in /nowhere"),
    ],
)
def test_a_wrong_argument_is_one_message_and_nothing_is_made(here, options, message):
    lesson(here, "03", "1")
    with pytest.raises(CourseError) as error:
        grid.plan(**options)
    assert message in str(error.value)
    assert not (here / "runs").exists()


@pytest.mark.parametrize("cell", ["PRESET = 'quick", "DATA = open('photos')", "PRESET = 'quick'"])
def test_a_parameters_cell_that_cannot_be_read_is_shown(here, cell):
    lesson(here, "03", "1", parameters=cell)
    with pytest.raises(CourseError, match="parameters cell of lesson 03"):
        grid.plan()


def test_only_what_differs_from_the_parameters_cell_is_passed(here):
    lesson(here, "03", "1")
    other = "PRESET = 'full'\nDATA = None\nBACKBONE = 'vgg16'\nSEED = 5"
    lesson(here, "04", "1", parameters=other)
    first, second = grid.plan(backbone="vgg16")
    assert first.parameters == {"BACKBONE": "vgg16"}
    assert second.parameters == {"PRESET": "quick", "SEED": 0}


def test_places_that_do_not_work(here, monkeypatch, no_network):
    lesson(here, "03", "1")
    with pytest.raises(CourseError, match="(?s)photos of preset 'full'.*--data"):
        grid.plan(preset="full")
    with monkeypatch.context() as patch:
        patch.setattr(grid, "ROOM", 10**18)
        with pytest.raises(CourseError, match="(?s)MiB are free.*--runs-dir"):
            grid.plan()
    (here / "taken").write_text("a file in the way")
    with pytest.raises(CourseError, match="--runs-dir"):
        grid.plan(runs_dir=here / "taken")
    lesson(here, "03", "1").write_text("{")
    with pytest.raises(CourseError, match="cannot be read as a notebook"):
        grid.plan()


def test_a_folder_is_passed_whole_and_its_files_are_inputs(here):
    data = pictures(here / "photos")
    lesson(here, "03", "1")
    [job] = grid.plan(data="photos")
    assert job.parameters == {"DATA": str(data)}
    assert grid.plan(data=data)[0].inputs == job.inputs
    os.utime(data / "cats" / "0.png", (1, 1))
    assert grid.plan(data=data)[0].inputs != job.inputs


def test_each_variant_has_files_of_its_own_whatever_lies_in_the_folder(here):
    lesson(here, "03", "1")
    pictures(here / "home" / "data" / "cats_vs_dogs")
    mine, other = pictures(here / f"{'ä ' * 40}a"), pictures(here / f"{'ä ' * 40}b")
    variants = [{}, {"seed": 1}, {"backbone": "vgg16"}, {"seed": 1, "backbone": "vgg16"}]
    variants += [{"data": mine}, {"data": other}, {"data": mine, "seed": 1}]
    variants += [{"preset": "full"}, {"preset": "full", "data": mine}]
    jobs = [grid.plan(name="quick", **options)[0] for options in variants]
    names = [job.name for job in jobs]
    assert names[:3] == [f"03_cnn_from_scratch{end}" for end in ("", "-seed1", "-vgg16")]
    assert len({job.executed for job in jobs}) == len({job.done for job in jobs}) == len(variants)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,140}", name) for name in names)
    for job in jobs:
        finish(job)
    assert all(grid.plan(name="quick", **options)[0].is_done() for options in variants)


def test_a_job_can_travel_to_another_process(here):
    lesson(here, "03", "1")
    [job] = grid.plan(seed=4)
    again = pickle.loads(pickle.dumps(job))
    assert vars(again) == vars(job) and again.notebook.cells[1].cell_type == "code"


def test_what_was_done_with_the_same_inputs_stays_done(here, monkeypatch):
    path = lesson(here, "03", "1")
    finish(grid.plan()[0])

    def done(**options):
        return grid.plan(**options)[0].is_done()

    assert done()
    assert not done(backbone="vgg16")
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[-1].outputs = [nbformat.v4.new_output("stream", text="an output")]
    nbformat.write(notebook, path)
    assert done(), "outputs are no input"
    monkeypatch.setattr(grid, "package_hash", lambda: "another package")
    assert not done()
    monkeypatch.setattr(grid, "package_hash", lambda: "this package")
    notebook.cells[-1].source += "\n"
    nbformat.write(notebook, path)
    assert not done()


@pytest.mark.parametrize("content", [None, "", '{"half', "[]"])
def test_what_is_missing_or_damaged_is_done_again(here, content):
    lesson(here, "03", "1")
    [job] = grid.plan()
    for name in (job.done, job.executed, finish(job)):
        finish(job)
        assert job.is_done()
        name.unlink() if content is None else name.write_text(content)
        assert not job.is_done(), name


def test_the_package_hash_follows_what_lessons_import(tmp_path, monkeypatch):
    monkeypatch.setattr(grid, "PACKAGE", tmp_path)
    beside = [tmp_path / "cli.py", tmp_path / "commands" / "run.py", tmp_path / "a.txt"]
    inside = [tmp_path / "models" / "run.py", tmp_path / "weights" / "a.npz", tmp_path / "a.py"]
    hashes = [grid.package_hash()]
    for path in [*inside, *beside]:
        path.parent.mkdir(exist_ok=True)
        path.write_text("1")
        hashes.append(grid.package_hash())
    assert len(set(hashes)) == 1 + len(inside)
    assert hashes[len(inside) :] == hashes[-1:] * (1 + len(beside))


def test_the_notebooks_are_found_from_the_course_s_folder_and_from_their_own(here, monkeypatch):
    path = lesson(here, "04", "1")
    assert grid.find_notebooks() == {"04_augmentation": path}
    monkeypatch.chdir(path.parent)
    assert grid.find_notebooks() == {"04_augmentation": path}


def test_a_lesson_is_stopped_only_by_files_that_it_opens(here, no_network):
    """Lesson 1 once asked for 787 MB of photos that it never looks at."""
    lesson(here, "01", "1")
    lesson(here, "03", "1")
    [job] = grid.plan(["01"], preset="full")
    assert job.lesson.number == "01"
    with pytest.raises(CourseError, match="photos of preset 'full'"):
        grid.plan(["01", "03"], preset="full")
    with pytest.raises(CourseError, match="/nowhere"):
        grid.plan(["01"], data="/nowhere")


def test_the_minutes_follow_the_folder(here):
    lesson(here, "03", "1")
    few, many = pictures(here / "few"), pictures(here / "many", 60)
    minutes = [grid.plan(data=data)[0].minutes for data in (few, many)]
    assert 0 < minutes[0] < minutes[1]


def test_another_precision_is_another_input(here, monkeypatch):
    """Two precisions in one run's folder once gave the first one's figures twice."""
    lesson(here, "03", "1")
    found = set()
    for variables in ({}, {"PRECISION": "mixed_float16"}, {"PRECISION": "float32"}, {"XLA": "1"}):
        with monkeypatch.context() as patch:
            for name, value in variables.items():
                patch.setenv(f"COURSE_{name}", value)
            found.add(grid.plan()[0].inputs)
    assert len(found) == 4
    monkeypatch.setenv("COURSE_PRECISION", "half")
    with pytest.raises(CourseError, match="COURSE_PRECISION must be one of"):
        grid.plan()
