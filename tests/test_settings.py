"""Settings follow the environment at each call."""

import re
from pathlib import Path

import pytest

from course_utils import settings
from course_utils.errors import CourseError


def test_home_and_results_follow_the_environment_at_call_time(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "one"))
    monkeypatch.delenv("COURSE_RESULTS", raising=False)
    assert settings.home() == tmp_path / "one"
    assert settings.results() == tmp_path / "one" / "results"
    monkeypatch.setenv("COURSE_RESULTS", str(tmp_path / "two"))
    assert settings.results() == tmp_path / "two"
    monkeypatch.setenv("COURSE_HOME", "~/somewhere")
    assert settings.home() == Path.home() / "somewhere"
    monkeypatch.delenv("COURSE_HOME")
    assert "convnet-course" in str(settings.home())


def test_kerass_own_folders(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    assert settings.keras_homes() == [Path.home() / ".keras"]
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    assert settings.keras_homes() == [tmp_path, Path.home() / ".keras"]


def test_the_limit_of_the_cache(monkeypatch):
    monkeypatch.delenv("COURSE_CACHE_GB", raising=False)
    assert settings.cache_bytes() == 5_000_000_000
    monkeypatch.setenv("COURSE_CACHE_GB", "0.25")
    assert settings.cache_bytes() == 250_000_000
    for nonsense in ("much", "-1", "nan", "inf", ""):
        monkeypatch.setenv("COURSE_CACHE_GB", nonsense)
        with pytest.raises(CourseError, match="COURSE_CACHE_GB must be a number"):
            settings.cache_bytes()


def test_nobody_slides_in_a_headless_run(monkeypatch):
    monkeypatch.delenv("COURSE_HEADLESS", raising=False)
    assert settings.interactive()
    monkeypatch.setenv("COURSE_HEADLESS", "1")
    assert not settings.interactive()


def test_no_other_module_reads_the_environment():
    package = Path(settings.__file__).parent
    # The package's first page quiets TensorFlow; execute hands the environment on.
    kept = {"settings.py", "__init__.py", "execute.py"}
    found = [
        path.name
        for path in package.rglob("*.py")
        if path.name not in kept
        and re.search(r"os\.environ|getenv", path.read_text(encoding="utf-8"))
    ]
    assert found == []
