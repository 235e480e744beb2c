"""Bad picture files are named with a reason and left out; odd ones come out as they should."""

import io
import struct
import subprocess
import sys
from pathlib import Path

import make_pictures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from course_utils.data import datasets, image_file

ODD = make_pictures.odd_files()
BAD = make_pictures.bad_files()
SOUND = 12  # pictures of each class beside the bad ones
# Should a pipe ever be opened, threads wait for it; then only an end of the process helps.
pytestmark = [
    pytest.mark.timeout(120, method="thread"),
    pytest.mark.filterwarnings("ignore"),  # pytest sets filters of its own; see the test of them
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A class "dark" with every bad file and thing in it, and a class "light" with the odd ones."""
    place = tmp_path_factory.mktemp("bad") / "mine"
    for label, name in enumerate(("dark", "light")):
        (place / name).mkdir(parents=True)
        for number in range(SOUND):
            picture = Image.new("RGB", (64, 48), (128 * label, number, 0))
            picture.save(place / name / f"{number}.png")
    for name, (content, _) in BAD.items():
        (place / "dark" / name).write_bytes(content)
    for number, odd in enumerate(ODD.values()):
        (place / "light" / f"odd{number}{Path(odd.name).suffix}").write_bytes(odd.content)
    return place


def test_bad_files_are_left_out_with_a_reason_and_odd_ones_are_not(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    words = {name: word for name, (_, word) in BAD.items()}
    words |= make_pictures.bad_things(folder / "dark")
    assert len(words) >= 50 and len(ODD) >= 50
    before = {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}
    dataset = datasets.load("quick", folder, image_size=16, seed=1)
    assert before == {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}
    reasons = {bad.path.name: bad.reason for bad in dataset.unreadable}
    assert reasons.keys() == words.keys()
    assert {name: said for name, said in reasons.items() if words[name] not in said} == {}
    assert {name: said for name, said in reasons.items() if "\n" in said or len(said) > 140} == {}
    assert sum(dataset.counts.values()) == 2 * SOUND + len(ODD)
    assert dataset.train.images[dataset.train.labels == 0][..., 0].max() == 0


def corners(image):
    """Return the colours in the middle of the four quarters."""
    quarter = len(image) // 4
    return image[quarter :: 2 * quarter, quarter :: 2 * quarter].astype(float)


def test_odd_files_come_out_upright_and_in_their_colours(tmp_path):
    off = {}
    for kind, odd in ODD.items():
        (tmp_path / odd.name).write_bytes(odd.content)
        image = image_file.decode(tmp_path / odd.name, 32)
        assert image.shape == (32, 32, 3) and image.dtype == np.uint8, kind
        if odd.colours is not None:
            off[kind] = np.abs(corners(image) - odd.colours).max() - odd.off
    assert {kind: far for kind, far in off.items() if far > 0} == {}
    row, column, pixel = (
        image_file.decode(io.BytesIO(ODD[kind].content), 32)
        for kind in ("one row", "one column", "one pixel")
    )
    top, left = make_pictures.COLOURS[0], make_pictures.COLOURS[:, 0]
    assert np.abs(row[:, [8, 23]] - top.astype(float)).max() <= 2
    assert np.abs(column[[8, 23]] - left[:, None].astype(float)).max() <= 2
    assert (pixel == (9, 99, 199)).all()


def test_a_look_tells_type_and_size_as_seen_upright():
    told = {
        "CMYK JPEG": ("JPEG", (48, 32)),
        "two views (MPO)": ("JPEG", (48, 32)),
        "name of another type": ("PNG", (48, 32)),
        "turned JPEG 3": ("JPEG", (48, 32)),
        "turned JPEG 6": ("JPEG", (48, 32)),
        "turned PNG of 16 bits": ("PNG", (48, 32)),
        "sixty million pixels": ("JPEG", (10000, 6000)),
    }
    seen = {kind: image_file.look(io.BytesIO(ODD[kind].content), 16) for kind in told}
    assert {kind: (one.kind, one.size) for kind, one in seen.items()} == told


def test_a_picture_is_turned_though_the_rest_of_its_exif_is_damaged():
    """Pillow cannot write such EXIF back, which `exif_transpose` tries at its end."""
    width_as_text, orientation = (256, 2, 1, 0), (make_pictures.ORIENTATION, 3, 1, 6)
    entries = struct.pack("<HHHIIHHIII", 2, *width_as_text, *orientation, 0)
    exif = b"Exif\0\0" + b"II*\0\x08\0\0\0" + entries
    lying = make_pictures.quarters().transpose(make_pictures.LAID_DOWN[6])
    with pytest.raises(struct.error):
        lying.info["exif"] = exif
        ImageOps.exif_transpose(lying)
    jpeg = make_pictures.with_exif(make_pictures.encode(lying, "JPEG", quality=95), exif)
    seen = image_file.look(io.BytesIO(jpeg), 32)
    assert np.abs(corners(seen.image) - make_pictures.COLOURS).max() <= 12
    assert seen.size == (48, 32)


def test_a_file_handed_over_open_is_read_from_its_start_and_left_open():
    file = io.BytesIO(ODD["palette"].content)
    file.seek(7)
    first = image_file.decode(file, 8)
    assert not file.closed
    np.testing.assert_array_equal(image_file.decode(file, 8), first)


def test_hidden_files_and_litter_are_no_picture_files(tmp_path):
    for name in ("b.png", "a.jpg", "C.PNG", ".hidden.png", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).write_bytes(b"")
    for name in ("__MACOSX", "@eaDir", "folder"):
        (tmp_path / name).mkdir()
    names = [path.name for path in image_file.picture_files(tmp_path)]
    assert names == ["C.PNG", "a.jpg", "b.png", "folder"]


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    st.sampled_from(sorted(ODD)),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
    st.floats(0, 1),
)
def test_whatever_is_damaged_the_answer_is_a_picture_or_one_reason(kind, changes, end):
    content = bytearray(ODD[kind].content[:20_000])
    for place, value in changes:
        content[int(place * (len(content) - 1))] = value
    content = content[: max(1, int(len(content) * (0.5 + end)))]
    try:
        image = image_file.decode(io.BytesIO(bytes(content)), 16)
    except ValueError as error:
        assert str(error) and "\n" not in str(error)
    else:
        assert image.shape == (16, 16, 3)


def child(code, *arguments):
    """Run code in a fresh process that shows every warning, as a student would see it."""
    command = [sys.executable, "-W", "always", "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


@pytest.mark.slow
def test_no_warning_of_pillow_reaches_the_screen(folder):
    code = """if True:
        import sys
        from pathlib import Path
        from course_utils.data import image_file
        def read(path):
            try:
                image_file.decode(path, 32)
            except ValueError:
                pass
        files = [path for path in Path(sys.argv[1]).rglob("*") if path.is_file()]
        list(map(read, files))
        list(image_file.in_threads(read, files))
        """
    done = child(code, folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux tells the peak")
def test_memory_stays_bounded_whatever_the_pictures_claim(tmp_path):
    """Six pictures of 24 million pixels, which pass, and the bombs, which do not."""
    large = make_pictures.png(6000, 4000, 8, 2, bytes(4000 * (1 + 3 * 6000)))
    for number in range(6):
        (tmp_path / f"large{number}.png").write_bytes(large)
    for name in ("bomb.png", "giant.png", "giant.gif", "giant.jpg", "long text.png"):
        (tmp_path / name).write_bytes(BAD[name][0])
    (tmp_path / "sixty.jpg").write_bytes(ODD["sixty million pixels"].content)
    code = """if True:
        import sys
        from pathlib import Path
        from course_utils.data import image_file
        def most():
            lines = Path("/proc/self/status").read_text().splitlines()
            return next(int(line.split()[1]) / 1024 for line in lines if "VmHWM" in line)
        def read(path):
            try:
                return image_file.decode(path, 150).shape
            except ValueError:
                return None
        files = sorted(Path(sys.argv[1]).iterdir())
        before = most()
        print(sum(shape is not None for shape in image_file.in_threads(read, files)))
        print(most() - before)
        """
    done = child(code, tmp_path)
    assert done.returncode == 0, done.stderr
    read, grown = done.stdout.split()
    assert int(read) == 7
    assert float(grown) < 330  # MB; one large picture takes 100, and two may overlap
