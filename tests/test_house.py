"""The rooms of course_utils: how large they are, and who may import whom."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "course_utils"
MODULES = sorted(PACKAGE.rglob("*.py"))
# A ratchet, only ever lowered: lines without docstrings and comments; toys and exercises apart.
MOST_LINES, LONGEST_MODULE = 3244, 250
# A room, and those below it that it may import from.
GROUND = ("errors", "settings", "files", "presets")  # each may import from those before it
BELOW = {
    "data": GROUND,
    "plots": GROUND,
    "models": ("data", *GROUND),
    "exercises": ("models", "data", "plots", *GROUND),
    "lesson": ("models", "data", "plots", *GROUND),
    "commands": ("lesson", "models", "data", "plots", *GROUND),
    "cli": ("commands", "lesson", "models", "data", "plots", *GROUND),
    "__main__": ("cli",),
}


def name_of(path):
    """Return the dotted name of a module, such as "course_utils.data.folders"."""
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(source, name, known, is_package=False):
    """Return those of the modules `known` that a module imports anywhere, in functions too."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            parents = name.split(".") if is_package else name.split(".")[:-1]
            start = parents[: len(parents) - node.level + 1] if node.level else []
            base = ".".join(start + ([node.module] if node.module else []))
            names = {f"{base}.{alias.name}" for alias in node.names}
            found |= {one if one in known else base for one in names}  # a module, or what is in it
    return found & set(known)


def all_imports():
    """Return for each module the modules of the package that it imports."""
    known = {name_of(path) for path in MODULES}
    found = {}
    for path in MODULES:
        name, is_package = name_of(path), path.name == "__init__.py"
        found[name] = imports(path.read_text(encoding="utf-8"), name, known, is_package) - {name}
    return found


def upward(name, wanted):
    """Return whether module `name` may not import `wanted`."""
    own, other = (one.split(".")[1:2] for one in (name, wanted))
    if not other:  # the package itself: only its version
        return own not in (["cli"], ["commands"])
    if not own:  # the package's first page knows the one exception, and nothing else
        return other != ["errors"]
    if own[0] in GROUND:
        return other[0] not in GROUND[: GROUND.index(own[0])]
    return own != other and other[0] not in BELOW[own[0]]


def code_lines(source):
    """Count the lines that hold code."""
    tree = ast.parse(source)
    texts = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list) or not body or not isinstance(body[0], ast.Expr):
            continue
        if isinstance(getattr(body[0], "value", None), ast.Constant):
            texts |= set(range(body[0].lineno, body[0].end_lineno + 1))
    lines = enumerate(source.splitlines(), 1)
    return sum(
        1
        for number, line in lines
        if line.strip() and line.strip()[0] != "#" and number not in texts
    )


def test_arrows_only_point_down():
    wrong = [
        f"{name} imports {other}"
        for name, others in all_imports().items()
        for other in others
        if upward(name, other)
    ]
    assert wrong == []


def test_no_circle_of_imports():
    # A package's first page is imported with each of its modules; that is no circle.
    graph = {
        name: {other for other in others if not name.startswith(f"{other}.")}
        for name, others in all_imports().items()
    }
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_the_package_stays_small():
    own = [path for path in MODULES if not {"toys", "exercises"} & set(path.parts)]
    assert sum(code_lines(path.read_text(encoding="utf-8")) for path in own) <= MOST_LINES
    length = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in own}
    assert {name: lines for name, lines in length.items() if lines > LONGEST_MODULE} == {}


@pytest.mark.parametrize(
    ("name", "other", "wrong"),
    [
        ("course_utils.data.folders", "course_utils.models.features", True),
        ("course_utils.models.features", "course_utils.data.cache", False),
        ("course_utils.lesson.start", "course_utils.commands.doctor", True),
        ("course_utils.plots.curves", "course_utils.plots.figure", False),
        ("course_utils.plots.curves", "course_utils.data.folders", True),
        ("course_utils.settings", "course_utils.files", True),
        ("course_utils.files", "course_utils.settings", False),
        ("course_utils.data.folders", "course_utils.cli", True),
    ],
)
def test_an_upward_arrow_is_known(name, other, wrong):
    assert upward(name, other) == wrong


def test_imports_are_found_wherever_and_however_they_stand():
    source = (
        "import os, course_utils.cli\n"
        "def f():\n"
        "    from course_utils.data import folders as them\n"
        "    from ..errors import CourseError\n"
        "    from . import scene\n"
    )
    known = {
        f"course_utils{module}"
        for module in ("", ".cli", ".data", ".data.folders", ".errors", ".toys", ".toys.scene")
    }
    assert imports(source, "course_utils.toys.pets", known) == {
        "course_utils.cli",
        "course_utils.data.folders",
        "course_utils.errors",
        "course_utils.toys.scene",
    }


def test_code_lines_leaves_out_what_is_not_code():
    source = '"""Text\nmore."""\n\n# why\nx = 1\ndef f():\n    """Doc."""\n    return 2\n'
    assert code_lines(source) == 3
