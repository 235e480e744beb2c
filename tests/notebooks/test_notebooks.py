"""The lessons as files: what a careful reader, a screen reader and git would stumble over.

Each rule is one case for all lessons; what breaks it is named by lesson and cell.
"""

import ast
import json
import re
from pathlib import Path

from course_utils import presets
from course_utils.lesson import reference

ROOT = Path(__file__).resolve().parents[2]
PATHS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
LESSONS = {path.stem[:2]: json.loads(path.read_text(encoding="utf-8")) for path in PATHS}

# What a lesson may take from the package; the rest is plumbing, which no student should meet.
FOR_ALL = {
    "course_utils": ("CourseError", "check", "explore", "hint", "plots", "solution", "start"),
    "course_utils.data.toys": ("pets", "zoo"),
    "course_utils.models": ("RandomAffine", "backbones", "features"),
}
FOR_SOME = {
    "course_utils.data.datasets": ("00", "06", "12", "14"),
    "course_utils.data.folders": ("14",),
    "course_utils.data.inspect": ("14",),
    "course_utils.data.splits": ("14",),
    "course_utils.data.toys.clothes": ("13",),
    "course_utils.lesson.ledger": ("13",),
    "course_utils.presets": ("00",),
}
# Names that the package once had, words that the course has given up, and a tool's word.
OLD_NAMES = re.compile(
    r"plots\.(gallery|maps|clouds|confusion|diagram)\b|\b(explain|photos|sources|widgets)\.(?!md\b)\w"
    r"|course_map|\bpictures\.(dataset|size|source)\b|\binspect\.report\b|\blesson\.stage\(|own_folder"
    r"|picture_sets|small_pictures|minivgg_with_top|VGG16_TOP|augment\.map\("
    r"|commonest|confusion table|\brungs?\b|fmt: (off|on|skip)"
)


def text(cell):
    return "".join(cell["source"])


def cells(kind="code"):
    """Yield the lesson and each of its cells of this kind that is not empty."""
    for number, book in LESSONS.items():
        for cell in book["cells"]:
            if cell["cell_type"] == kind and text(cell).strip():
                yield number, cell


def own(number, kind="code"):
    """Return the cells of one lesson."""
    return [cell for lesson, cell in cells(kind) if lesson == number]


def code(number):
    return "\n".join(text(cell) for cell in own(number))


def prose(number):
    return "\n".join(text(cell) for cell in own(number, "markdown"))


def outputs():
    """Yield the id of a cell and one of its outputs."""
    return ((cell["id"], output) for _, cell in cells() for output in cell["outputs"])


def printed(output):
    return "".join(output.get("text", []))


def tags(cell):
    return cell["metadata"].get("tags", [])


def taken(source):
    """Return what a cell imports from the package, as dotted names."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] == "course_utils"}


def allowed(number):
    """Return what this lesson may import from the package."""
    names = {f"{module}.{name}" for module, names in FOR_ALL.items() for name in names}
    return names | {name for name, lessons in FOR_SOME.items() if number in lessons}


def test_every_lesson_of_the_course_is_there():
    assert list(LESSONS) == list(presets.LESSONS)
    assert {path.stem for path in PATHS} == {one.slug for one in presets.LESSONS.values()}


def test_lessons_import_little_and_no_plumbing():
    used = [(number, cell["id"], name) for number, cell in cells() for name in taken(text(cell))]
    assert [(cell, name) for number, cell, name in used if name not in allowed(number)] == []
    # What is allowed and not used would let plumbing in unseen.
    assert {name for _, _, name in used} == set().union(*map(allowed, LESSONS))


def test_no_cell_reaches_into_what_is_private():
    private = re.compile(r"\w\._[a-z]\w*")
    assert [
        (cell["id"], private.findall(text(cell)))
        for _, cell in cells()
        if private.search(text(cell))
    ] == []


def test_no_old_name_is_left():
    found = [
        (cell["id"], hit.group())
        for kind in ("code", "markdown")
        for _, cell in cells(kind)
        for hit in OLD_NAMES.finditer(text(cell))
    ]
    for path in sorted((ROOT / "course_utils" / "exercises").glob("*.py")):
        said = path.read_text(encoding="utf-8")
        found += [(path.name, hit.group()) for hit in OLD_NAMES.finditer(said)]
    assert found == []


def test_each_mutation_of_the_benchmark_still_finds_its_place():
    source = (ROOT / "tests" / "benchmarks" / "mutations.py").read_text(encoding="utf-8")
    [rows] = [
        ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign) and node.targets[0].id == "MUTATIONS"
    ]
    assert len(rows) >= 8
    for number, broken, changes, claim in rows:
        for right, _ in changes:
            assert right in code(number), f"{number}, {broken}: {right}"
        assert claim in code(number), f"{number}, {broken}: {claim}"


def test_one_parameters_cell_with_the_four_parameters():
    switched = set()
    for number in LESSONS:
        found = [text(cell) for cell in own(number) if "parameters" in tags(cell)]
        names = [re.findall(r"^(\w+) =", one, re.M) for one in found]
        assert [one[:4] for one in names] == [["PRESET", "DATA", "BACKBONE", "SEED"]], number
        assert names[0][4:] in ([], ["COMPARE"]), number
        if names[0][4:]:  # what the benchmark switches on
            assert "COMPARE = False  # True: " in found[0], number
            switched.add(number)
    assert switched, "no lesson has a switch, so the benchmark compares nothing"


def test_executed_in_order_without_errors_or_noise():
    for number in LESSONS:
        counts = [cell["execution_count"] for cell in own(number)]
        assert counts == list(range(1, len(counts) + 1)), number
    for place, output in outputs():
        assert output["output_type"] != "error" and output.get("name") != "stderr", place
        assert "WARNING" not in printed(output) and "it/s" not in printed(output), place


def test_every_claim_of_the_committed_run_holds():
    proved = {place[:2] for place, output in outputs() if "✔ proved" in printed(output)}
    assert proved == set(LESSONS)
    for place, output in outputs():
        # "✘ 00.1" is an exercise answered wrongly on purpose.
        assert "✘ not on this run" not in printed(output), place
        assert "○ not compared" not in printed(output), place


def test_at_least_three_outputs_are_compared():
    compared = [n for n, cell in cells() if "nbval-check-output" in tags(cell) and cell["outputs"]]
    assert [number for number in LESSONS if compared.count(number) < 3] == []


def test_every_picture_has_a_text_and_is_small():
    shown = [
        (place, o, kind) for place, o in outputs() for kind in o.get("data", {}) if "image" in kind
    ]
    for place, output, kind in shown:
        alt = output["metadata"].get(kind, {}).get("alt", "")
        assert len(alt) > 30 and re.search(r"\d", alt), (place, alt)
        assert len(output["data"][kind]) * 3 / 4 <= 60_000, place
    lessons = [place[:2] for place, *_ in shown]
    assert [number for number in LESSONS if lessons.count(number) < 3] == []
    assert [path.name for path in PATHS if path.stat().st_size > 600_000] == []


def test_cells_are_short():
    for _, cell in cells():
        lines = [line.strip() for line in text(cell).splitlines()]
        assert len([line for line in lines if line and line[0] != "#"]) <= 15, cell["id"]
    for _, cell in cells("markdown"):
        lines = [line for line in text(cell).splitlines() if line[:1] != "|"]  # a table may be long
        assert len(" ".join(lines).split()) <= 150, cell["id"]


def test_headings_step_by_one():
    for number in LESSONS:
        heads = [len(marks) for marks in re.findall(r"^(#+) ", prose(number), re.M)]
        assert heads.count(1) == 1, number
        assert all(b <= a + 1 for a, b in zip(heads, heads[1:], strict=False)), number


def test_no_machine_path_and_no_widget_state():
    for number, book in LESSONS.items():
        assert set(book["metadata"]) <= {"kernelspec", "language_info", "accelerator"}, number
    for place, output in outputs():
        said = printed(output) + "".join(output.get("data", {}).get("text/plain", []))
        assert not re.search(r"(^|[\s'\"(])/(home|root|work|tmp|Users)/", said, re.M), place


def test_only_the_last_two_lessons_open_the_test_pictures():
    opens = [n for n in LESSONS if re.search(r"\bpictures(\(\))?\.test\b", code(n))]
    assert opens == ["13", "14"]
    assert [number for number in LESSONS if "not pictures.test_opened" not in code(number)] == []


def test_two_checked_exercises_an_interactive_part_and_take_aways():
    wanted = "Predict first", "## Explore", "## Exercises", "## What to take away", "**Next:**"
    for number in LESSONS:
        assert [part for part in wanted if part not in prose(number)] == [], number
        assert len(set(re.findall(r'check\("(\d\d\.\d)"', code(number)))) >= 2, number
        assert re.search(r"^explore\(", code(number), re.M), number


def results():
    """Yield lesson, approach, training and validation accuracy of each stored table of results."""
    for place, output in outputs():
        lines = "".join(output.get("data", {}).get("text/plain", "")).splitlines()
        if lines and lines[0].startswith("approach  "):
            for name, train, validation, *_ in (line.split("  ") for line in lines[1:]):
                yield place[:2], name, train, validation


def test_the_stored_accuracies_lie_within_the_courses_own_bands():
    # Seed 0 is one of the five, so none can lie further than 1.8 standard deviations from the mean:
    # what does is of another training than the reference.
    outside = []
    for number, name, *values in results():
        for what, value in zip(("train_accuracy", "accuracy"), values, strict=True):
            band = reference.find(number, name, what, preset="quick", backbone="minivgg")
            if value != "–":
                assert band.known, (number, name, what)
                if abs(float(value) - band.mean) > 2 * band.sd + 0.005:
                    outside.append(f"{number} {name} {what}: {value} against {band}")
    assert outside == []
