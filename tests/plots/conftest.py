"""What the tests of the figures need."""

import base64
import io

import IPython.display
import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def shown(monkeypatch):
    """Collect what is displayed: a list of (bytes, alternative text)."""
    found = []

    def display(picture):
        data, metadata = picture._repr_mimebundle_()
        [(mime, facts)] = metadata.items()
        assert data["text/plain"] == f"[figure] {facts['alt']}"
        content = base64.b64decode(data[mime])
        assert f"image/{Image.open(io.BytesIO(content)).format.lower()}" == mime
        found.append((content, facts["alt"]))

    monkeypatch.setattr(IPython.display, "display", display)
    return found


@pytest.fixture
def pixels():
    """Return a function that decodes a picture to (H, W, 3) integers."""
    return lambda png: np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)
