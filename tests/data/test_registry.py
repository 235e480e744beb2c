"""The table of files, the places where they are looked for, and the mirror."""

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from threading import Thread

import pytest

from course_utils import presets, settings
from course_utils.commands import fetch
from course_utils.data import registry
from course_utils.errors import CourseError

ROOT = Path(__file__).resolve().parents[2]
FIRST = registry.FASHION_MNIST[0]


@pytest.fixture
def mirror(no_network):
    """A mirror folder with small files, for which no hash is published."""
    folder = no_network / "mirror"
    for remote in registry.FASHION_MNIST:
        file = folder / remote.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(b"sixty thousand pictures" + remote.path.encode()))
    return folder


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_every_file_can_be_checked_and_has_a_place_of_its_own():
    remotes = [remote for files in registry.named().values() for remote in files]
    assert len({remote.path for remote in remotes}) == len(remotes)
    for remote in remotes:
        assert not PurePosixPath(remote.path).is_absolute() and ".." not in remote.path
        assert remote.urls and all(url.startswith("https://") for url in remote.urls)
        assert remote.known_hash or remote.check or remote.size, remote.path
        if remote.known_hash:
            assert re.fullmatch("sha256:[0-9a-f]{64}|md5:[0-9a-f]{32}", remote.known_hash)


def test_every_backbone_that_needs_a_file_can_be_asked_for_by_name():
    assert set(registry.BACKBONES) - set(registry.named()) == {"minivgg"}
    assert set(fetch.USUAL) <= set(registry.named())
    assert presets.PRESETS["full"].backbone in fetch.USUAL


def test_the_elephant_comes_with_a_small_network_and_the_large_one_by_its_own_name():
    table, tops = registry.named(), registry.WEIGHTS_WITH_TOP
    files = registry.FILES["elephant"], registry.FILES["imagenet_classes"]
    assert table["elephant"] == (*files, tops["mobilenet_025"])
    assert table["vgg16_with_top"] == (tops["vgg16"],)
    assert "vgg16_with_top" not in fetch.USUAL  # 553 MB


@pytest.mark.parametrize("place", ["keras", "user/.keras", "course/downloads"])
def test_a_file_is_taken_from_where_it_lies(mirror, place):
    assert registry.locate(FIRST) is None
    file = mirror.parent / place / FIRST.path
    file.parent.mkdir(parents=True)
    shutil.copy(mirror / FIRST.path, file)
    assert registry.locate(FIRST) == registry.get(FIRST) == file


def test_a_damaged_file_is_fetched_anew_if_it_is_ours_and_else_named_and_left(mirror):
    damaged = gzip.compress(b"half")[:-4]
    own, keras = settings.downloads() / FIRST.path, mirror.parent / "keras" / FIRST.path
    for file in (own, keras):
        file.parent.mkdir(parents=True)
    own.write_bytes(damaged)
    assert registry.get(FIRST, mirror=str(mirror)) == own
    assert digest(own) == digest(mirror / FIRST.path)
    keras.write_bytes(damaged)
    with pytest.raises(CourseError, match="is damaged") as caught:
        registry.get(FIRST, mirror=str(mirror))
    assert str(keras) in str(caught.value) and keras.read_bytes() == damaged


@pytest.mark.parametrize(
    "remote", [registry.FILES["elephant"], registry.WEIGHTS["mobilenet"], FIRST]
)
def test_a_file_without_content_is_not_taken_for_one(mirror, remote):
    (mirror / remote.path).parent.mkdir(exist_ok=True)
    for content in (b"", b"\x89HDF\r\n\x1a\n", b"\x1f\x8b\x08\0", b"\xff\xd8\xff"):
        (mirror / remote.path).write_bytes(content)
        with pytest.raises(CourseError, match="could not be fetched"):
            registry.get(remote, mirror=str(mirror))
        assert registry.locate(remote) is None


@pytest.fixture
def address(mirror):
    """Serve the mirror on this machine."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = partial(Quiet, directory=str(mirror))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_weights_come_each_way_without_a_network(mirror, address, monkeypatch):
    h5py = pytest.importorskip("h5py")
    remote = registry.WEIGHTS["mobilenet"]
    (mirror / "models").mkdir()
    with h5py.File(mirror / remote.path, "w") as file:
        file["kernel"] = list(range(1000))
    with pytest.raises(CourseError, match="could not be fetched"):
        registry.get(remote)
    ways = {"KERAS_HOME": str(mirror), "COURSE_MIRROR": address}
    for number, (variable, value) in enumerate([*ways.items(), ("COURSE_MIRROR", str(mirror))]):
        with monkeypatch.context() as patch:
            patch.setenv("COURSE_HOME", str(mirror.parent / str(number)))
            patch.setenv(variable, value)
            assert digest(registry.get(remote)) == digest(mirror / remote.path)
            assert (settings.downloads() / remote.path).exists() == (variable != "KERAS_HOME")


# The script that builds a mirror


def build_mirror(*arguments, **environment):
    command = [sys.executable, str(ROOT / "data_scripts" / "build_mirror.py"), *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_a_mirror_is_built_with_hashes_completed_and_serves_others(mirror, tmp_path):
    target = tmp_path / "stick"
    done = build_mirror(target, "fashion_mnist", COURSE_MIRROR=str(mirror))
    assert done.returncode == 0, done.stderr
    listed = dict(
        line.split("  ")[::-1] for line in (target / "SHA256SUMS").read_text().split("\n") if line
    )
    assert listed == {r.path: digest(mirror / r.path) for r in registry.FASHION_MNIST}
    kept, lost = target / FIRST.path, target / registry.FASHION_MNIST[1].path
    date = kept.stat().st_mtime_ns
    lost.write_bytes(b"bit rot")
    with pytest.raises(CourseError, match="Not a gzipped file"):
        registry.get(registry.FASHION_MNIST[1], mirror=str(target))
    done = build_mirror(target, "fashion_mnist", COURSE_MIRROR=str(mirror))
    assert done.returncode == 0, done.stderr
    assert (
        kept.stat().st_mtime_ns == date and digest(lost) == listed[registry.FASHION_MNIST[1].path]
    )
    assert fetch.gather(["fashion_mnist"], mirror=str(target)) == 0


@pytest.mark.slow
def test_a_mirror_that_lacks_a_file_says_so(mirror, tmp_path):
    target = tmp_path / "stick"
    done = build_mirror(target, "elephant", "fashion_mnist", COURSE_MIRROR=str(mirror))
    assert done.returncode == 1
    assert "imagenet_class_index.json" in done.stderr and "Traceback" not in done.stderr
    assert (target / FIRST.path).is_file()
    wrong = build_mirror(target, "elefant")
    assert wrong.returncode == 2 and "elephant" in wrong.stderr
