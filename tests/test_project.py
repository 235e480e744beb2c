"""The files around the code: one way to install, versions that fit, nothing private inside."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def tracked():
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in out.stdout.splitlines()]


def constraints():
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {pin.name.lower().replace("_", "-"): pin for pin in pins}


def requirements():
    project = PYPROJECT["project"]
    yield from project["dependencies"]
    for extra in project["optional-dependencies"].values():
        yield from extra


def pip_lines(path):
    data = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    return [item for item in data["dependencies"] if isinstance(item, dict)][0]["pip"]


def test_the_makefile_and_both_environments_install_the_same_package():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    extras = re.search(r"^EXTRAS \?= (\S+)$", makefile, re.M)[1]
    assert '--constraint constraints.txt --editable ".[$(EXTRAS)]"' in makefile
    assert pip_lines("environment.yml") == [
        "--constraint constraints.txt",
        f"--editable .[{extras}]",
    ]
    without_tests = ",".join(extra for extra in extras.split(",") if extra != "test")
    assert pip_lines("binder/environment.yml") == [
        "--constraint ../constraints.txt",
        f"--editable ..[{without_tests}]",
    ]


@pytest.mark.parametrize("text", sorted(set(requirements())))
def test_every_dependency_is_pinned_within_its_range(text):
    wanted = Requirement(text)
    name = wanted.name.lower()
    if name == "tensorflow":  # the pins are those of the CPU build
        name = "tensorflow-cpu"
    pin = constraints()[name]
    version = next(iter(pin.specifier)).version
    assert version in wanted.specifier


def test_constraints_name_no_index_and_no_folder():
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text and "@ " not in text and "--" not in text


def test_no_machine_path_and_no_secret_in_any_tracked_file():
    suspicious = re.compile(
        r"(?<![\w.])/(?:root|home|work|Users)/\w|BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}"
    )
    found = []
    for path in tracked():
        if path.suffix in {".npz", ".png"} or path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if len(line) < 5000 and suspicious.search(line):
                found.append(f"{path.name}:{number}: {line.strip()[:80]}")
    assert found == []


def test_what_the_package_imports_is_declared():
    """`course run` ended in a traceback with the oldest versions of what nobody had declared."""
    named = {Requirement(text).name.lower().replace("-", "_") for text in requirements()}
    named |= {"pil"} if "pillow" in named else set()
    used = set()
    for path in (ROOT / "course_utils").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                used |= {alias.name.split(".")[0].lower() for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                used.add(node.module.split(".")[0].lower())
    assert used - set(sys.stdlib_module_names) - named - {"course_utils"} == set()
