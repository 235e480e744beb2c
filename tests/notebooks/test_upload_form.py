"""Lesson 14's form, taken out of the notebook: odd files, and what two versions of ipywidgets give.

The network is a stand-in, so that these tests need no Keras.
"""

import ast
import io
import json
import struct
import zlib
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageOps

from course_utils.data import image_file

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
NAMES = ("READABLE", "picture_of", "uploaded", "in_words", "form")
SIDE = 16
CLASSES = ("left", "right")
# Red on the left, blue on the right; wide enough that lying on its side would show.
SCENE = Image.fromarray(np.full((30, 60, 3), (220, 30, 30), np.uint8))
SCENE.paste((30, 30, 220), (30, 0, 60, 30))
GREY = np.tile(np.linspace(0, 255, 60), (30, 1))


def content(picture, kind="PNG", **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def orientation(number):
    noted = Image.Exif()
    noted[274] = number
    return noted


def half_transparent():
    picture = SCENE.convert("RGBA")
    picture.putalpha(Image.fromarray(np.repeat([[255] * 30 + [0] * 30], 30, 0).astype(np.uint8)))
    return picture


PICTURES = {
    "jpeg": content(SCENE, "JPEG"),
    "upright by its tag": content(SCENE.rotate(90, expand=True), "JPEG", exif=orientation(6)),
    "mirrored by its tag": content(ImageOps.mirror(SCENE), "JPEG", exif=orientation(2)),
    "large": content(SCENE.resize((2400, 1200)), "JPEG"),
    "transparent": content(half_transparent()),
    "transparent palette": content(half_transparent().quantize(), "PNG"),
    "gif": content(SCENE, "GIF"),
    "grey": content(Image.fromarray(GREY.astype(np.uint8))),
    "grey and transparent": content(half_transparent().convert("LA")),
    "16 bits": content(Image.fromarray((GREY * 257).astype(np.uint16))),
    "two colours": content(SCENE.convert("1")),
    "for print": content(SCENE.convert("CMYK"), "JPEG"),
    "very wide": content(SCENE.resize((5000, 3))),
    "one pixel": content(SCENE.resize((1, 1))),
}
HEAD = b"IHDR" + struct.pack(">IIBBBBB", 40_000, 40_000, 8, 0, 0, 0, 0)
CHECKED = struct.pack(">II", zlib.crc32(HEAD), 4) + b"IDAT"
NO_PICTURES = {
    "notes.txt": b"dear diary\n" * 50,
    "page.jpg": b"<html>404 not found</html>",
    "empty.png": b"",
    "cut.jpg": PICTURES["large"][:700],
    "cut.png": PICTURES["jpeg"][:5] + PICTURES["grey"][5:60],
    "phone.heic": b"\0\0\0\x18ftypheic" + bytes(2000),
    "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "far too large.png": PICTURES["grey"][:12] + HEAD + CHECKED,
    "of a rare kind.pcx": content(SCENE, "PCX"),
    "program.eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n" + b"showpage\n" * 20,
}


def as_7(name, file):
    return {name: {"metadata": {"name": name, "type": "", "size": len(file)}, "content": file}}


def as_8(name, file):
    return ({"name": name, "type": "", "size": len(file), "content": memoryview(file)},)


def share_of_red(image):
    red = float(image[..., 0].mean() / 255)
    return np.array([red, 1 - red])


class Form:
    """The notebook's functions, with a network that answers by the share of red."""

    def __init__(self):
        [path] = NOTEBOOKS.glob("14_*.ipynb")
        book = json.loads(path.read_text(encoding="utf-8"))
        found = {}
        for cell in book["cells"]:
            source = "".join(cell["source"]) if cell["cell_type"] == "code" else ""
            for node in ast.parse(source).body:
                name = node.targets[0] if isinstance(node, ast.Assign) else node
                name = getattr(name, "id", getattr(name, "name", None))
                found[name] = ast.get_source_segment(source, node)
        self.shown = []
        space = {"np": np, "io": io, "Image": Image, "ImageOps": ImageOps, "classes": CLASSES}
        space["pictures"] = SimpleNamespace(image_size=SIDE)
        space["example"] = ("ours.jpg", PICTURES["jpeg"])
        space["shares_of"] = share_of_red
        space["grad_cam"] = lambda images: images[..., 0].astype("float32")
        space["plots"] = SimpleNamespace(
            overlay=lambda image, heat: image,
            image_grid=lambda images, titles, **more: self.shown.append((images, more)),
        )
        exec("\n\n".join(found[name] for name in NAMES), space)
        self.picture_of, self.form = space["picture_of"], space["form"]


@pytest.fixture
def form():
    return Form()


@pytest.mark.parametrize("given", [as_7, as_8])
@pytest.mark.parametrize("kind", PICTURES)
def test_a_picture_of_any_kind_is_answered(form, kind, given, capsys):
    form.form(given(f"{kind}.png", PICTURES[kind]), 0.0)
    [(images, options)] = form.shown
    assert all(image.shape == (SIDE, SIDE, 3) and image.dtype == np.uint8 for image in images)
    assert options["title"].startswith(CLASSES) and f"{kind}.png" in options["alt"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("kind", PICTURES)
def test_it_is_read_as_the_course_reads_its_pictures(form, kind):
    ours = form.picture_of(PICTURES[kind], SIDE).astype(int)
    courses = image_file.decode(io.BytesIO(PICTURES[kind]), SIDE).astype(int)
    assert np.abs(ours - courses).mean() < 3, kind


@pytest.mark.parametrize("kind", ["jpeg", "upright by its tag", "mirrored by its tag", "large"])
def test_red_is_on_the_left_whatever_way_the_camera_lay(form, kind):
    image = form.picture_of(PICTURES[kind], SIDE)
    assert image[:, :6, 0].min() > 180 and image[:, :6, 2].max() < 80
    assert image[:, -6:, 2].min() > 180 and image[:, -6:, 0].max() < 80


def test_what_is_transparent_is_white_and_16_bits_keep_their_shades(form):
    assert form.picture_of(PICTURES["transparent"], SIDE)[:, -6:].min() == 255
    eight = form.picture_of(PICTURES["grey"], SIDE).astype(int)
    assert np.abs(form.picture_of(PICTURES["16 bits"], SIDE) - eight).max() <= 2


@pytest.mark.parametrize("given", [as_7, as_8])
@pytest.mark.parametrize("name", NO_PICTURES)
def test_what_is_no_picture_gets_one_line_that_says_what_to_do(form, name, given, capsys):
    form.form(given(name, NO_PICTURES[name]), 0.5)
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith(name) and "JPEG" in line and "HEIC" in line
    assert form.shown == []


def test_an_error_of_the_network_is_not_taken_for_a_bad_file(form):
    form.form.__globals__["shares_of"] = lambda image: 1 / 0
    with pytest.raises(ZeroDivisionError):
        form.form((), 0.5)


@pytest.mark.parametrize("nothing", [(), {}])
def test_without_a_file_it_shows_its_example(form, nothing):
    form.form(nothing, 0.0)
    [(_, options)] = form.shown
    assert "ours.jpg" in options["alt"]


def test_the_last_file_counts_and_the_threshold_decides_whether_it_answers(form):
    two = as_8("first.png", PICTURES["grey"]) + as_8("last.png", content(SCENE.crop((0, 0, 9, 9))))
    share = 220 / 255
    for t, told in ((share - 0.01, "left ("), (share, "left ("), (share + 0.01, "I do not know (")):
        form.form(two, t)
        title = form.shown[-1][1]["title"]
        assert title == f"{told}left 0.86, right 0.14)" and "last.png" in form.shown[-1][1]["alt"]
