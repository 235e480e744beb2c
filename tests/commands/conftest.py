"""What the tests of `course run` need."""

import pytest

from course_utils.commands import grid


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder to work in, with a home of its own; the package's hash is quick to have."""
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    for name in ("COURSE_RESULTS", "COURSE_HEADLESS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(grid, "package_hash", lambda: "this package")
    return tmp_path
