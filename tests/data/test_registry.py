"""The table of files, the places where they are looked for, `course data`, and the mirror."""

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from threading import Thread

import pytest
from PIL import Image

from course_utils import presets
from course_utils.commands import fetch
from course_utils.data import datasets, registry
from course_utils.errors import CourseError

ROOT = Path(__file__).resolve().parents[1]
TEXT = b"sixty thousand pictures, let us say"


@pytest.fixture
def small_files(no_network, monkeypatch):
    """A mirror folder with small files, for which no hash is published."""
    mirror = no_network / "mirror"
    for remote in registry.FASHION_MNIST:
        file = mirror / remote.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(TEXT + remote.path.encode()))
    Image.new("RGB", (9, 9)).save(mirror / "datasets" / "elephant.jpg")
    return mirror


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_file_can_be_checked_and_has_a_place_of_its_own():
    remotes = [remote for files in registry.named().values() for remote in files]
    assert len({remote.path for remote in remotes}) == len(remotes)
    for remote in remotes:
        assert not PurePosixPath(remote.path).is_absolute() and ".." not in remote.path
        assert remote.urls and all(url.startswith("https://") for url in remote.urls)
        assert remote.known_hash or remote.check, remote.path
        if remote.known_hash:
            assert re.fullmatch("sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", remote.known_hash)


def test_every_backbone_that_needs_a_file_can_be_asked_for_by_name():
    assert set(presets.BACKBONE_NAMES) - set(registry.named()) == {"minivgg"}
    assert set(fetch.USUAL) <= set(registry.named())
    assert presets.PRESETS["full"].backbone in fetch.USUAL


@pytest.mark.parametrize("place", ["keras", "user/.keras", "course/downloads"])
def test_a_file_is_taken_from_where_it_lies(small_files, place):
    remote = registry.FASHION_MNIST[0]
    file = small_files.parent / place / remote.path
    file.parent.mkdir(parents=True)
    shutil.copy(small_files / remote.path, file)
    assert registry.locate(remote) == registry.get(remote) == file


def test_nothing_is_located_on_an_empty_machine(no_network):
    assert registry.locate(registry.MNIST) is None


def test_a_damaged_file_of_somebody_else_is_named_and_left(small_files):
    remote = registry.FASHION_MNIST[0]
    file = small_files.parent / "keras" / remote.path
    file.parent.mkdir(parents=True)
    file.write_bytes(gzip.compress(TEXT)[:-4])
    before = file.read_bytes()
    with pytest.raises(CourseError, match="is damaged") as caught:
        registry.get(remote, mirror=str(small_files))
    assert str(file) in str(caught.value) and file.read_bytes() == before


def test_a_damaged_file_of_our_own_is_fetched_anew(small_files):
    remote = registry.FASHION_MNIST[0]
    file = registry.own_folder() / remote.path
    file.parent.mkdir(parents=True)
    file.write_bytes(b"half")
    assert registry.get(remote, mirror=str(small_files)) == file
    assert file.read_bytes() == (small_files / remote.path).read_bytes()


def test_a_file_without_content_is_no_photo_and_no_index(small_files, tmp_path):
    for remote in (registry.ELEPHANT, registry.CLASS_INDEX):
        file = small_files / remote.path
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"{}")
        with pytest.raises(CourseError, match="could not be fetched"):
            registry.get(replace(remote, known_hash=None), mirror=str(small_files))
        assert registry.locate(remote) is None


def test_a_class_index_has_a_thousand_entries(small_files):
    remote = replace(registry.CLASS_INDEX, known_hash=None)
    file = small_files / remote.path
    file.parent.mkdir()
    entries = ", ".join(f'"{n}": ["n{n}", "name"]' for n in range(1000))
    file.write_text("{" + entries + "}")
    assert registry.get(remote, mirror=str(small_files)).is_file()


# ---- course data


def test_what_one_name_lacks_does_not_keep_the_others_back(small_files, capsys):
    assert fetch.gather(["mnist", "fashion_mnist"], mirror=str(small_files)) == 1
    out, err = capsys.readouterr()
    assert "fashion_mnist: " in out and "mnist.npz" in err
    for remote in registry.FASHION_MNIST:
        file = registry.own_folder() / remote.path
        assert file.read_bytes() == (small_files / remote.path).read_bytes()
    assert fetch.gather(["fashion_mnist"]) == 0  # nothing more is asked of anybody


def test_an_unknown_name_is_told_before_anything_is_fetched(small_files):
    with pytest.raises(CourseError, match="mnist"):
        fetch.gather(["fashion_mnist", "minst"], mirror=str(small_files))
    assert registry.locate(registry.FASHION_MNIST[0]) is None


def test_the_list_says_what_is_here(small_files, capsys):
    fetch.gather(["fashion_mnist"], mirror=str(small_files))
    assert fetch.show() == 0
    lines = capsys.readouterr().out.splitlines()
    (line,) = (line for line in lines if line.startswith("fashion_mnist "))
    assert "fashion-mnist" in line and "not here" not in line
    (line,) = (line for line in lines if line.startswith("photos "))
    assert "787 MB" in line and "not here" in line


def test_photos_are_sorted_where_the_full_preset_looks(no_network, monkeypatch, capsys):
    from make_archives import drawn, members, public

    mirror = no_network / "mirror"
    remote = replace(registry.FILTERED, size=None)
    monkeypatch.setattr(registry, "FILTERED", remote)
    monkeypatch.setattr(fetch, "SMALL", (6, 2, 2))
    (mirror / remote.path).parent.mkdir(parents=True)
    public(mirror / remote.path, members(drawn(8), range(12)))
    assert fetch.gather(["photos_small"], mirror=str(mirror)) == 0
    found = datasets.load("full", size=32)
    assert found.counts == {"train": 12, "validation": 4, "test": 4}
    assert found.classes == ("cats", "dogs")
    assert "train" in capsys.readouterr().out


# ---- the mirror


def build_mirror(*arguments, **environment):
    command = [sys.executable, str(ROOT / "data_scripts" / "build_mirror.py"), *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


def test_a_mirror_is_built_with_hashes_and_serves_others(small_files, tmp_path):
    target = tmp_path / "stick"
    done = build_mirror(target, "fashion_mnist", COURSE_MIRROR=str(small_files))
    assert done.returncode == 0, done.stderr
    listed = dict(
        line.split("  ")[::-1] for line in (target / "SHA256SUMS").read_text().split("\n") if line
    )
    assert listed == {r.path: digest(small_files / r.path) for r in registry.FASHION_MNIST}
    assert fetch.gather(["fashion_mnist"], mirror=str(target)) == 0


def test_a_mirror_is_completed_without_fetching_what_is_there(small_files, tmp_path):
    target = tmp_path / "stick"
    first = registry.FASHION_MNIST[0].path
    build_mirror(target, "fashion_mnist", COURSE_MIRROR=str(small_files))
    kept, lost = target / first, target / registry.FASHION_MNIST[1].path
    date = kept.stat().st_mtime_ns
    lost.write_bytes(b"bit rot")
    done = build_mirror(target, "fashion_mnist", COURSE_MIRROR=str(small_files))
    assert done.returncode == 0, done.stderr
    assert kept.stat().st_mtime_ns == date and digest(lost) == digest(
        small_files / registry.FASHION_MNIST[1].path
    )


def test_a_mirror_that_lacks_a_file_says_so(small_files, tmp_path):
    done = build_mirror(
        tmp_path / "stick", "elephant", "fashion_mnist", COURSE_MIRROR=str(small_files)
    )
    assert done.returncode == 1
    assert "imagenet_class_index.json" in done.stderr and "Traceback" not in done.stderr
    assert (tmp_path / "stick" / "datasets" / "elephant.jpg").is_file()
    wrong = build_mirror(tmp_path / "stick", "elefant")
    assert wrong.returncode == 2 and "elephant" in wrong.stderr


def test_wrong_bytes_in_a_mirror_are_seen_by_its_own_list(small_files):
    remote = registry.FASHION_MNIST[0]
    (small_files / "SHA256SUMS").write_text(f"{'0' * 64}  {remote.path}\n")
    with pytest.raises(CourseError, match="sha256 is not 0000"):
        registry.get(remote, mirror=str(small_files))
    assert registry.locate(remote) is None


# ---- lesson 07 without a network


@pytest.fixture
def server():
    """Serve a folder on this machine; gives a function from folder to address."""
    servers = []

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    def serve(folder):
        handler = partial(Quiet, directory=str(folder))
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield serve
    for one in servers:
        one.shutdown()
        one.server_close()


def test_a_mirror_server_serves_what_a_mirror_folder_does(small_files, server):
    remote = registry.FASHION_MNIST[0]
    file = registry.get(remote, mirror=server(small_files))
    assert digest(file) == digest(small_files / remote.path)


def way_to_weights(way, folder, server):
    """Return the environment variables of one way to weights that lie in `folder`/models."""
    if way == "KERAS_HOME":
        return {"KERAS_HOME": str(folder)}
    return {"COURSE_MIRROR": str(folder) if way == "mirror folder" else server(folder)}


WAYS = pytest.mark.parametrize("way", ["KERAS_HOME", "mirror folder", "mirror server"])


@WAYS
def test_each_way_brings_weights_without_a_network(no_network, monkeypatch, server, way):
    keras = pytest.importorskip("keras")
    from course_utils.models import backbones

    row = replace(backbones.get("mobilenet_025"), md5="")  # a random network stands in
    monkeypatch.setitem(backbones.BACKBONES, "mobilenet_025", row)
    folder = no_network / "given"
    (folder / "models").mkdir(parents=True)
    model = keras.applications.MobileNet(
        alpha=0.25, include_top=False, weights=None, input_shape=(32, 32, 3)
    )
    model.save(folder / "models" / "whole.h5")
    os.replace(folder / "models" / "whole.h5", folder / "models" / row.weights_file)
    with pytest.raises(CourseError, match="could not be fetched"):
        backbones.load("mobilenet_025", 32)
    for name, value in way_to_weights(way, folder, server).items():
        monkeypatch.setenv(name, value)
    assert backbones.load("mobilenet_025", 32).count_params() == model.count_params()


@pytest.mark.skipif(
    "COURSE_TEST_KERAS_HOME" not in os.environ,
    reason="COURSE_TEST_KERAS_HOME names no folder with ImageNet weights",
)
@WAYS
def test_lesson_07_gets_its_weights_each_way_without_a_network(no_network, server, way):
    from run_helpers import course

    folder = no_network / "given"
    shutil.copytree(os.environ["COURSE_TEST_KERAS_HOME"], folder)
    for kind, grey in (("dark", 60), ("light", 200)):
        (no_network / "pictures" / kind).mkdir(parents=True)
        for number in range(20):
            picture = Image.effect_noise((40 + number, 50), 40).point(lambda v, g=grey: v // 4 + g)
            picture.save(no_network / "pictures" / kind / f"{number}.png")
    options = ["--preset", "full", "--backbone", "mobilenet_025", "--data", "pictures"]
    options += ["--notebooks-dir", ROOT / "notebooks"]
    done = course(no_network, "run", "07", *options, **way_to_weights(way, folder, server))
    assert done.returncode == 0, done.stderr
    fetched = no_network / "home" / "downloads" / "models"
    assert fetched.is_dir() == (way != "KERAS_HOME")


# ---- a zip file as DATA


@pytest.fixture
def zipped(no_network):
    """Two classes of pictures in one folder, zipped."""
    for kind, grey in (("dark", 60), ("light", 200)):
        folder = no_network / "holiday" / kind
        folder.mkdir(parents=True)
        for number in range(8):
            Image.new("RGB", (20 + number, 20), (grey, number, 0)).save(folder / f"{number}.png")
    return Path(shutil.make_archive(no_network / "my photos", "zip", no_network, "holiday"))


def test_a_zip_file_serves_as_data_and_is_unpacked_once(zipped):
    found = datasets.load("quick", data=zipped, size=16)
    assert found.classes == ("dark", "light")
    assert found.counts == {"train": 8, "validation": 4, "test": 4}
    unpacked = sorted((zipped.parent / "course" / "unpacked").rglob("*.png"))
    dates = [file.stat().st_mtime_ns for file in unpacked]
    again = datasets.load("quick", data=zipped, size=16)
    assert len(unpacked) == 16 and again.name == found.name
    assert [file.stat().st_mtime_ns for file in unpacked] == dates


def test_a_zip_file_that_changed_is_unpacked_anew(zipped):
    before = datasets.load("quick", data=zipped, size=16)
    (zipped.parent / "holiday" / "dark" / "0.png").unlink()
    zipped.unlink()
    shutil.make_archive(zipped.with_suffix(""), "zip", zipped.parent, "holiday")
    after = datasets.load("quick", data=zipped, size=16)
    assert sum(after.counts.values()) == sum(before.counts.values()) - 1


def test_a_hostile_zip_file_is_refused_as_data(no_network):
    from make_archives import EVIL

    EVIL["symbolic link"](no_network / "photos.zip")
    with pytest.raises(CourseError, match="photos.zip"):
        datasets.load("quick", data=no_network / "photos.zip")
    assert not list((no_network / "course").rglob("*.jpg"))
