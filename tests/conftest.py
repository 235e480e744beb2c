"""What several test modules need."""

import pytest

from course_utils.data import download

# A port at which nobody listens. As a proxy it refuses whatever leaves this machine.
NOBODY = "http://127.0.0.1:9"
HURRY = {"TIMEOUT": (1, 1), "OFFLINE": 0.5, "ATTEMPTS": 2, "BACKOFF": 0.01}


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """A machine with empty folders and no way out; addresses on itself still work."""
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "user"))
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "course"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.delenv("COURSE_MIRROR", raising=False)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, NOBODY)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1,localhost")
    for name, value in HURRY.items():
        monkeypatch.setattr(download, name, value)
    return tmp_path
