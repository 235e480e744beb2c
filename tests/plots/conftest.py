"""What the tests of the figures need."""

import base64
import io

import IPython.display
import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def shown(monkeypatch):
    """Collect what is displayed: a list of (PNG bytes, alternative text)."""
    found = []

    def display(picture):
        data, metadata = picture._repr_mimebundle_()
        alt = metadata["image/png"]["alt"]
        assert data["text/plain"] == f"[figure] {alt}"
        found.append((base64.b64decode(data["image/png"]), alt))

    monkeypatch.setattr(IPython.display, "display", display)
    return found


@pytest.fixture
def pixels():
    """Return a function that decodes a PNG to (H, W, 3) integers."""
    return lambda png: np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
