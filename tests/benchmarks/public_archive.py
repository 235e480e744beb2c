"""An archive like the public one, of 25,000 photos, taken from download to lesson 03.

    COURSE_TEST_PHOTOS=folder python tests/benchmarks/public_archive.py [--lesson]

Photos are repeated, each with a comment of its own and some compressed anew, under the real names,
with bad files at the numbers where the real archive has them. A server on loopback breaks the
connection a few times. Each step runs in a process of its own, whose peak memory is printed; the
same is done with a fifth of the files, since memory should not grow with the archive.
"""

import argparse
import io
import itertools
import json
import mmap
import os
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pooch
import psutil
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "helpers")]

from fault_server import FaultServer  # noqa: E402
from make_archives import (  # noqa: E402
    KNOWN_BAD,
    LAYOUTS,
    ODD,
    UNREADABLE,
    drawn,
    members,
    public,
    saved,
)

from course_utils.data import cats_vs_dogs, download, registry  # noqa: E402

CUTS = 5
EVERY = 10  # one photo in so many is compressed anew
ODD_EVERY = 60  # and one in so many is of an odd kind, as 1,738 of the real ones are


class Peak:
    """The largest resident memory of this process, looked at every 5 ms."""

    def __enter__(self):
        self.bytes, self.over = 0, threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()
        self.began = time.perf_counter()
        return self

    def _watch(self):
        process = psutil.Process()
        while not self.over.wait(0.005):
            self.bytes = max(self.bytes, process.memory_info().rss)

    def __exit__(self, *exception):
        self.seconds = time.perf_counter() - self.began
        self.over.set()


def originals():
    """Return JPEG files by class: the real photos where they are, else drawn ones of their size.

    They come in the order of their numbers, so that lesson 03 sees the pictures that belong there.
    """
    folder = os.environ.get("COURSE_TEST_PHOTOS")
    if not folder:
        return {kind: drawn(500, seed, (500, 375)) for seed, kind in enumerate(cats_vs_dogs.KINDS)}
    found = {}
    for kind in cats_vs_dogs.KINDS:
        paths = Path(folder).rglob(f"{kind}/*.jpg")
        paths = sorted(paths, key=lambda path: int(path.stem.split(".")[1]))
        found[kind] = [path.read_bytes() for path in paths]
    return found


def varied(files):
    """Yield the files without end; every few one is compressed anew, each time in another way."""
    for count, jpeg in enumerate(itertools.cycle(files)):
        if count % EVERY == 0:
            picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
            yield saved(picture, "JPEG", quality=60 + count // EVERY % 36)
        else:
            yield jpeg


def build(path, files, per_class):
    """Write the archive; return the bad places."""
    places = [(kind, n) for kind, numbers in KNOWN_BAD.items() for n in numbers if n < per_class]
    bad = dict(zip(places, itertools.cycle(UNREADABLE.values())))
    kinds = [(kind, n) for kind in cats_vs_dogs.KINDS for n in range(5, per_class, ODD_EVERY)]
    odd = dict(zip(kinds, itertools.cycle(ODD.values())))
    streams = {kind: varied(files[kind]) for kind in cats_vs_dogs.KINDS}
    public(path, members(streams, range(per_class), bad=odd | bad))
    return bad


def fetch(url, size, known_hash, target):
    """The first step: download and verify."""
    remote = replace(registry.PHOTOS, urls=(url,), size=size, known_hash=known_hash)
    download.fetch(remote, Path(target), mirror="")


def prepare(source, target):
    """The second step: the subset."""
    print(cats_vs_dogs.prepare(source, target), file=sys.stderr)


def check(source):
    """Beside the way: all bytes of all members."""
    with zipfile.ZipFile(source) as file:
        assert file.testzip() is None


STEPS = {"fetch": fetch, "prepare": prepare, "check": check}


def step(name, *arguments):
    """Run a step in a process of its own, and print what it took."""
    command = [sys.executable, __file__, "--step", name, json.dumps(arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    facts = json.loads(done.stdout.splitlines()[-1])
    print(f"  {name:<8} {facts['seconds']:7.1f} s, at most {facts['bytes'] / 2**20:5.0f} MiB")
    return facts


def run_step(name, arguments):
    """Be that process."""
    with Peak() as peak:
        STEPS[name](*arguments)
    print(json.dumps({"seconds": peak.seconds, "bytes": peak.bytes}))


def compare(source, target):
    """Check the subset against the archive: numbers, bytes, quarantine."""
    about = json.loads((target / cats_vs_dogs.ABOUT).read_text(encoding="utf-8"))
    assert list(about["left_out"]) == ["train/cats/cat.666.jpg"], about["left_out"]
    with zipfile.ZipFile(source) as file:
        for kind in cats_vs_dogs.KINDS:
            for split, first, end in (("train", 0, 1000), ("validation", 1000, 1500),
                                      ("test", 1500, 2000)):  # fmt: skip
                numbers = set(range(first, end))
                if kind == "cats" and split == "train":
                    numbers = numbers - {666}
                assert len(list((target / split / kind).iterdir())) == len(numbers)
                for number in numbers:
                    copy = target / split / kind / f"{kind[:-1]}.{number}.jpg"
                    assert copy.read_bytes() == file.read(LAYOUTS["PetImages"](kind, number))


def whole_way(folder, files, per_class):
    """Build an archive of this size and take it through; return the peak memory of the steps."""
    folder.mkdir()
    original, copy = folder / "served.zip", folder / "home" / "downloads" / registry.PHOTOS.path
    began = time.perf_counter()
    bad = build(original, files, per_class)
    size = original.stat().st_size
    print(f"{2 * per_class:,} photos, {len(bad)} of them bad, {size:,} bytes, built in "
          f"{time.perf_counter() - began:.0f} s")  # fmt: skip
    known_hash = "sha256:" + pooch.file_hash(str(original))
    target = folder / "home" / "data" / "cats_vs_dogs"
    os.environ["no_proxy"] = "127.0.0.1"
    with open(original, "rb") as file, FaultServer() as server:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        cuts = [size * number // (CUTS + 1) for number in range(1, CUTS + 1)]
        server.put("photos.zip", content, cuts=cuts)
        steps = [step("fetch", server.url("photos.zip"), size, known_hash, str(copy))]
        sent = sum(request.sent for request in server.requests)
        print(f"           {len(server.requests)} requests, {sent:,} bytes sent")
    steps += [step("prepare", str(copy), str(target)), step("check", str(copy))]
    compare(original, target)
    print("           the subset is right, byte by byte")
    content.close()
    original.unlink()
    return [facts["bytes"] for facts in steps]


def lesson(home, epochs):
    """Run lesson 03 on the subset, with no network to turn to."""
    command = [sys.executable, "-m", "course_utils", "run", "03", "--preset", "full"]
    command += ["--runs-dir", str(home / "runs")]
    if epochs:
        command += ["-p", f"EPOCHS={epochs}"]
    nowhere = {name: "http://127.0.0.1:1" for name in ("http_proxy", "https_proxy")}
    began = time.perf_counter()
    code = subprocess.call(command, cwd=ROOT, env=os.environ | nowhere | {"COURSE_HOME": str(home)})
    print(f"  lesson   {time.perf_counter() - began:7.1f} s, exit code {code}")
    return code


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--per-class", type=int, default=12_500)
    parser.add_argument("--folder", help="where to work; by default the temporary folder")
    parser.add_argument("--lesson", action="store_true", help="also run lesson 03, full preset")
    parser.add_argument("--epochs", type=int, help="of the lesson, if fewer will do")
    parser.add_argument("--step", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        return run_step(options.step[0], json.loads(options.step[1]))
    files = originals()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        small = whole_way(Path(folder, "small"), files, max(2_100, options.per_class // 5))
        large = whole_way(Path(folder, "large"), files, options.per_class)
        for name, one, other in zip(STEPS, small, large, strict=True):
            print(f"{name}: {other / one:.2f} times the memory for 5 times the files")
        assert all(other < one + 64 * 2**20 for one, other in zip(small, large, strict=True))
        return lesson(Path(folder, "large", "home"), options.epochs) if options.lesson else 0


if __name__ == "__main__":
    sys.exit(main())
