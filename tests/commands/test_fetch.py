"""`course data`: what comes, what is told, and what became of the photos."""

import gzip
from dataclasses import replace

import pytest
from make_archives import drawn, members, public

from course_utils import settings
from course_utils.commands import fetch
from course_utils.data import datasets, registry
from course_utils.errors import CourseError


@pytest.fixture
def mirror(no_network):
    """A mirror folder with small files."""
    folder = no_network / "mirror"
    for remote in registry.FASHION_MNIST:
        (folder / remote.path).parent.mkdir(parents=True, exist_ok=True)
        (folder / remote.path).write_bytes(gzip.compress(remote.path.encode()))
    return folder


def test_what_one_name_lacks_does_not_keep_the_others_back(mirror, capsys):
    assert fetch.gather(["mnist", "fashion_mnist"], mirror=str(mirror)) == 1
    out, err = capsys.readouterr()
    assert "fashion_mnist: " in out and "mnist.npz" in err
    for remote in registry.FASHION_MNIST:
        file = settings.downloads() / remote.path
        assert file.read_bytes() == (mirror / remote.path).read_bytes()
    assert fetch.gather(["fashion_mnist"]) == 0  # nothing more is asked of anybody


def test_an_unknown_name_is_told_before_anything_is_fetched(mirror):
    with pytest.raises(CourseError, match="mnist"):
        fetch.gather(["fashion_mnist", "minst"], mirror=str(mirror))
    assert registry.locate(registry.FASHION_MNIST[0]) is None


def test_the_list_says_what_is_here(mirror, capsys):
    fetch.gather(["fashion_mnist"], mirror=str(mirror))
    assert fetch.show() == 0
    lines = capsys.readouterr().out.splitlines()
    (line,) = (line for line in lines if line.startswith("fashion_mnist "))
    assert "fashion-mnist" in line and "not here" not in line
    (line,) = (line for line in lines if line.startswith("photos "))
    assert "787 MB" in line and "not here" in line


def test_photos_are_sorted_where_the_full_preset_looks(no_network, monkeypatch, capsys):
    folder, remote = no_network / "mirror", replace(registry.FILES["photos_small"], size=None)
    monkeypatch.setitem(registry.FILES, "photos_small", remote)
    monkeypatch.setitem(fetch.SORTED, "photos_small", (6, 2, 2))
    (folder / remote.path).parent.mkdir(parents=True)
    public(folder / remote.path, members(drawn(8), range(12)))
    assert fetch.gather(["photos_small"], mirror=str(folder)) == 0
    found = datasets.load("full", image_size=32)
    assert found.counts == {"train": 12, "validation": 4, "test": 4}
    assert found.classes == ("cats", "dogs")
    assert "train" in capsys.readouterr().out
