"""Bad picture files are named with a reason and left out; odd ones come out as they should."""

import io
import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import make_pictures
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from course_utils.data import datasets, image_file, inspect

ODD = make_pictures.odd_files()
BAD = make_pictures.bad_files()
SOUND = 12  # pictures of each class beside the bad ones
# Should a pipe ever be opened, threads wait for it; then only an end of the process helps.
pytestmark = pytest.mark.timeout(120, method="thread")


def fill(place):
    """Write two classes of sound pictures, light and dark."""
    rng = np.random.default_rng(0)
    for label, name in enumerate(("dark", "light")):
        (place / name).mkdir(parents=True)
        for number in range(SOUND):
            noise = rng.integers(130 * label, 130 * label + 120, (24, 32, 3)).astype(np.uint8)
            Image.fromarray(noise).resize((64, 48)).save(place / name / f"{number}.png")
    return place


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A class "dark" with every bad file in it, and a class "light"."""
    place = fill(tmp_path_factory.mktemp("bad") / "mine")
    for name, (content, _) in BAD.items():
        (place / "dark" / name).write_bytes(content)
    return place


@pytest.fixture(scope="module")
def things(folder):
    """What is no file at all: by name, a word that the reason must have."""
    return make_pictures.bad_things(folder / "dark")


@pytest.fixture(scope="module")
def reasons(folder, things):
    report = inspect.inspect_folder(folder)
    return {bad.path.name: bad.reason for bad in report.unreadable}


def test_there_are_more_than_thirty_bad_kinds_and_twenty_odd_ones():
    assert len(BAD) >= 45 and len(ODD) >= 50


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_with_its_reason(reasons, name):
    word = BAD[name][1]
    assert word in reasons[name]
    assert "\n" not in reasons[name] and len(reasons[name]) < 140


def test_what_is_no_file_is_named_with_its_reason(reasons, things):
    assert {name: word for name, word in things.items() if word not in reasons[name]} == {}


def test_nothing_else_is_called_bad(reasons, things):
    assert set(reasons) == set(BAD) | set(things)


def test_bad_files_are_left_out_and_the_rest_trains(folder, things, tmp_path, monkeypatch):
    import keras

    monkeypatch.setenv("COURSE_HOME", str(tmp_path))
    before = {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}
    loaded = datasets.load("quick", folder, size=16, seed=1)
    assert {bad.path.name for bad in loaded.unreadable} == set(BAD) | set(things)
    assert sum(loaded.counts.values()) == 2 * SOUND
    assert f"{len(BAD) + len(things)} unreadable files were left out" in repr(loaded)
    assert before == {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}
    train = loaded.train
    layers = [keras.layers.Rescaling(1 / 255), keras.layers.GlobalAveragePooling2D()]
    model = keras.Sequential([*layers, keras.layers.Dense(1, activation="sigmoid")])
    model.compile(keras.optimizers.SGD(5.0), "binary_crossentropy", metrics=["accuracy"])
    model.fit(np.array(train.images), train.labels, epochs=30, verbose=0)
    assert model.evaluate(np.array(train.images), train.labels, verbose=0)[1] == 1.0


def test_a_file_that_becomes_readable_is_taken_in(tmp_path, monkeypatch):
    """The cache knows files by name, date and length; a new permission changes none of these."""
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    place = fill(tmp_path / "mine")
    bad = place / "dark" / "0.png"
    content = bad.read_bytes()
    bad.write_bytes(b"\0" * len(content))
    date = bad.stat().st_mtime_ns
    first = datasets.load("quick", place, size=16)
    assert [one.path for one in first.unreadable] == [bad]
    bad.write_bytes(content)
    os.utime(bad, ns=(date, date))
    again = datasets.load("quick", place, size=16)
    assert again.unreadable == [] and sum(again.counts.values()) == 2 * SOUND


def corners(image):
    """Return the colours in the middle of the four quarters."""
    quarter = len(image) // 4
    return image[quarter :: 2 * quarter, quarter :: 2 * quarter].astype(float)


@pytest.mark.parametrize("kind", [kind for kind, odd in ODD.items() if odd.colours is not None])
def test_an_odd_file_comes_out_upright_and_in_its_colours(kind, tmp_path):
    odd = ODD[kind]
    (tmp_path / odd.name).write_bytes(odd.content)
    image = image_file.decode(tmp_path / odd.name, 32)
    assert image.shape == (32, 32, 3) and image.dtype == np.uint8
    assert np.abs(corners(image) - odd.colours).max() <= odd.off
    np.testing.assert_array_equal(image_file.decode(io.BytesIO(odd.content), 32), image)


def test_one_row_one_column_and_one_pixel():
    row, column, pixel = (
        image_file.decode(io.BytesIO(ODD[kind].content), 32)
        for kind in ("one row", "one column", "one pixel")
    )
    top, left = make_pictures.COLOURS[0], make_pictures.COLOURS[:, 0]
    assert np.abs(row[:, [8, 23]] - top.astype(float)).max() <= 2
    assert np.abs(column[[8, 23]] - left[:, None].astype(float)).max() <= 2
    assert (pixel == (9, 99, 199)).all()


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("CMYK JPEG", ("JPEG", "CMYK", (48, 32))),
        ("two views (MPO)", ("JPEG", "RGB", (48, 32))),
        ("name of another type", ("PNG", "RGB", (48, 32))),
        ("turned JPEG 3", ("JPEG", "RGB", (48, 32))),
        ("turned JPEG 6", ("JPEG", "RGB", (48, 32))),
        ("turned PNG", ("PNG", "RGB", (48, 32))),
        ("sixty million pixels", ("JPEG", "RGB", (10000, 6000))),
    ],
)
def test_a_look_tells_type_mode_and_size_as_seen_upright(kind, told):
    seen = image_file.look(io.BytesIO(ODD[kind].content), 16)
    assert (seen.kind, seen.mode, seen.size) == told


def test_a_folder_of_odd_files_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "home"))
    place = fill(tmp_path / "mine")
    for number, odd in enumerate(ODD.values()):
        (place / "light" / f"odd{number}{Path(odd.name).suffix}").write_bytes(odd.content)
    loaded = datasets.load("quick", place, size=16)
    assert loaded.unreadable == []
    assert sum(loaded.counts.values()) == 2 * SOUND + len(ODD)
    report = inspect.inspect_folder(place)
    assert {path.name for path in report.misnamed} == {
        f"odd{number}{Path(odd.name).suffix}"
        for number, (kind, odd) in enumerate(ODD.items())
        if kind in ("name of another type", "name without an ending")
    }


def test_a_file_handed_over_open_is_read_from_its_start_and_left_open(tmp_path):
    file = io.BytesIO(ODD["palette"].content)
    file.seek(7)
    first = image_file.decode(file, 8)
    assert not file.closed
    np.testing.assert_array_equal(image_file.decode(file, 8), first)


def child(code, *arguments, **options):
    """Run code in a fresh process that shows every warning, as a student would see it."""
    command = [sys.executable, "-W", "always", "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=100, **options)


def test_no_warning_of_pillow_reaches_the_screen(folder, things, tmp_path):
    for number, odd in enumerate(ODD.values()):
        (tmp_path / f"odd{number}{Path(odd.name).suffix}").write_bytes(odd.content)
    code = """if True:
        import sys
        from pathlib import Path
        from course_utils.data import image_file, inspect
        inspect.inspect_folder(Path(sys.argv[1]))
        for path in [*Path(sys.argv[2]).iterdir(), *Path(sys.argv[1], "dark").iterdir()]:
            try:
                image_file.decode(path, 32)
            except ValueError:
                pass
        """
    done = child(code, folder, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


class Slow(io.BytesIO):
    """A file that is read when somebody allows it."""

    def __init__(self, content):
        super().__init__(content)
        self.asked, self.allowed = threading.Event(), threading.Event()

    def read(self, *size):
        if self.tell():  # not before its first bytes are known
            self.asked.set()
            self.allowed.wait(20)
        return super().read(*size)


def test_filters_of_warnings_are_as_before_when_threads_overlap():
    """The first thread to begin is the first to end, so none may put back what it found."""
    before = list(warnings.filters)
    files = [Slow(ODD["palette"].content) for _ in range(2)]
    threads = [threading.Thread(target=image_file.decode, args=(file, 8)) for file in files]
    for thread, file in zip(threads, files, strict=True):
        thread.start()
        assert file.asked.wait(20)
    for thread, file in zip(threads, files, strict=True):
        file.allowed.set()
        thread.join()
    assert warnings.filters == before
    list(
        image_file.in_threads(
            lambda odd: image_file.decode(io.BytesIO(odd.content), 8), [*ODD.values()]
        )
    )
    assert warnings.filters == before


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
