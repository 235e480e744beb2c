"""Throw damaged and invented files at the readers of archives and of pictures.

    python tests/benchmarks/fuzz_readers.py --minutes 10

Half of the time goes to each reader. Inputs are good files of every kind that Pillow writes, and
good, hostile and broken archives, changed at random; where atheris is installed, guided by which
lines they reach. An archive may end in one CourseError without a trace of a target, or in a target
of its members with nothing beside it; a picture in a ValueError or in an array. Any other
exception, a crash, more than 10 seconds or more than 1.5 GiB is a finding: it is printed, the input
is kept, and the exit code is 1.
"""

import argparse
import faulthandler
import importlib.util
import io
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import zipfile
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "helpers")]

from make_archives import EVIL, ODD, UNREADABLE, Entry, drawn, public, write  # noqa: E402

SECONDS, MOST = 10, 1.5 * 2**30  # an input may take
LARGE = {"too many members", "bomb"}  # slow as a start
PIECES = "cats dogs 1.jpg 2.jpg / // .. . \\ : C: ~ \0 \n CON é e\u0301 ß A a .x __MACOSX".split(
    " "
)
INTERESTING = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]

# Inputs to begin with


def archives(folder):
    """Return good, hostile and broken archives."""
    path, found = Path(folder, "seed.zip"), []
    for kind, make in EVIL.items():
        if kind not in LARGE:
            make(path)
            found.append(path.read_bytes())
    photos = drawn(3, size=(9, 9))
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        with zipfile.ZipFile(path, "w", method) as file:
            for name in ("cats/cat.0.jpg", "cats/cat.1.jpg", "dogs/dog.0.jpg", "dogs/", ".x"):
                file.writestr(name, photos[0])
            with file.open("long.jpg", "w", force_zip64=True) as member:
                member.write(photos[1])
            file.comment = b"a comment"
        found.append(path.read_bytes())
    names = [f"{kind}/{n}.jpg" for kind in ("cat", "dog") for n in range(4)]
    public(path, zip(names, photos * 3))  # noqa: B905
    return [*found, path.read_bytes()]


def pictures(folder):
    """Return a small picture in every format and mode that Pillow writes, and bad ones."""
    colours = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    picture, found = Image.fromarray(colours), []
    Image.init()
    for kind in Image.SAVE:
        for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "CMYK", "I", "I;16", "F", "YCbCr", "LAB"):
            for options in ({}, {"progressive": True}, {"save_all": True}):
                out = io.BytesIO()
                try:
                    picture.convert(mode).save(out, kind, **options)
                except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError):
                    continue  # not every format takes every mode
                found.append(out.getvalue())
    jpeg = drawn(1)[0]
    found += [change(jpeg) for table in (ODD, UNREADABLE) for change in table.values()]
    return sorted({content for content in found if len(content) < 50_000}, key=len)


# Changes


def changed(content, rng, others):
    """Return bytes with one to eight random changes."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at, end = rng.randrange(len(data) + 1), rng.randrange(len(data) + 1)
        size = rng.choice((1, 2, 4, 8, 64))
        what = rng.randrange(9)
        if what == 0:
            data[at : at + 1] = bytes([rng.randrange(256)])
        elif what == 1 and at < len(data):
            data[at] ^= 1 << rng.randrange(8)
        elif what == 2:
            form = rng.choice(("<H", ">H", "<I", ">I"))
            value = rng.choice(INTERESTING) & (0xFFFF if form[1] == "H" else 0xFFFFFFFF)
            data[at : at + struct.calcsize(form)] = struct.pack(form, value)
        elif what == 3:
            del data[at : at + size]
        elif what == 4:
            data[at:at] = rng.randbytes(size)
        elif what == 5:
            data[at:at] = data[end : end + size]
        elif what == 6:
            data[at : at + size] = data[end : end + size]
        elif what == 7:
            other = rng.choice(others)
            data[at:] = other[rng.randrange(len(other) + 1) :]
        else:
            del data[at:]
    return bytes(data)


def invented(rng, folder):
    """Return an archive whose entries tell random things."""
    entries = []
    for _ in range(rng.randint(1, 4)):
        pieces = [*PIECES, str(folder / "outside"), chr(rng.randrange(1, 0xD800))]
        tame = [f"{rng.choice(('cats', 'dogs', 'é'))}/{rng.randrange(9)}.jpg"]
        name = "".join(rng.choices(pieces if rng.random() < 0.3 else tame, k=rng.randint(0, 2)))
        content = rng.randbytes(rng.choice((0, 1, 99, 5000)))
        odd = {
            "method": (8, 12, 14, 93, 99), "mode": (0, 0o120777, 0o40755, 0o20644, 0xFFFF),
            "flags": (1, 8, 0x20, 0x40, 0x2000), "crc": (0, 1), "size": (0, 1, 100, 2**32 - 1),
            "stored": (b"", b"\xff" * 50), "local_name": ("", "../x"),
            "extra": (struct.pack("<HHQQQ", 1, 24, 2**63, 2**63, 2**63), rng.randbytes(9)),
        }  # fmt: skip
        lies = {key: rng.choice(values) for key, values in odd.items() if rng.random() < 0.1}
        entries.append(Entry(name, content, **lies))
    write(folder / "invented.zip", entries)
    return (folder / "invented.zip").read_bytes()


# What must hold


def below(folder):
    """Return the names of all that lies below a folder."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def read_archive(content, folder):
    """Unpack and sort one archive; return whether it was accepted."""
    from course_utils.data import archive, cats_vs_dogs
    from course_utils.errors import CourseError

    sandbox = folder / "sandbox"
    shutil.rmtree(sandbox, ignore_errors=True)
    target = sandbox / "some" / "where" / "target"
    target.parent.mkdir(parents=True)
    path = sandbox / "a.zip"
    path.write_bytes(content)
    before = below(folder) | {"sandbox/some/where/.target.lock"}
    try:
        archive.unpack(path, target)
        accepted = True
    except CourseError:
        accepted = False
        assert not target.exists(), "a target was left behind"
    inside = {f"sandbox/some/where/target/{name}" for name in below(target)}
    beside = below(folder) - inside - before - {"sandbox/some/where/target"}
    assert not beside, f"beside the target: {beside}"
    assert not any(entry.is_symlink() for entry in target.rglob("*")), "a link"
    if accepted:
        with zipfile.ZipFile(path) as file:
            sizes = {info.filename: info.file_size for info in file.infolist()}
        files = {p.relative_to(target).as_posix(): p for p in target.rglob("*") if p.is_file()}
        assert set(files) <= set(sizes), "a name that the archive does not hold"
        assert all(p.stat().st_size <= sizes[name] for name, p in files.items()), "too long"
    subset = sandbox / "subset"
    try:
        cats_vs_dogs.prepare(path, subset, (1, 1, 1))
    except CourseError:
        assert not subset.exists(), "a subset was left behind"
    return accepted


def read_picture(content, folder):
    """Decode one picture; return whether it was accepted."""
    from course_utils.data.image_file import decode

    try:
        image = decode(io.BytesIO(content), 32)
    except ValueError as error:
        assert str(error) and "\n" not in str(error), "the reason is not one line"
        return False
    assert image.shape == (32, 32, 3) and image.dtype == np.uint8, (image.shape, image.dtype)
    return True


READERS = {"archive": (read_archive, archives), "picture": (read_picture, pictures)}

# A process that reads, and one that looks after it


class Worker:
    """Reads inputs and keeps count in a file, since a crash or a hang ends the process."""

    def __init__(self, reader, folder, seconds, seed):
        self.folder, self.end = folder, time.monotonic() + seconds
        self.read, seeds = READERS[reader]
        self.reader, self.seeds, self.rng = reader, seeds(folder), random.Random(seed)
        self.facts = {"inputs": 0, "accepted": 0, "findings": [], "peak": 0, "slowest": 0.0}
        self.work = folder / "work"
        self.work.mkdir(exist_ok=True)
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        process = psutil.Process()
        while True:
            self.facts["peak"] = max(self.facts["peak"], process.memory_info().rss)
            time.sleep(0.01)

    def once(self, content):
        """Read one input."""
        facts = self.facts
        (self.folder / "current.bin").write_bytes(content)
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        began = time.monotonic()
        try:
            facts["accepted"] += self.read(content, self.work)
        except Exception:
            self.keep(traceback.format_exc(limit=-4))
        faulthandler.cancel_dump_traceback_later()
        facts["slowest"] = max(facts["slowest"], time.monotonic() - began)
        facts["inputs"] += 1
        if facts["peak"] > MOST:
            self.keep(f"{facts['peak'] / 2**30:.1f} GiB of memory")
            facts["peak"] = 0
        if facts["inputs"] % 100 == 0:
            self.note()

    def keep(self, what):
        """Note a finding once for each place in the code, and keep the input."""
        if what not in self.facts["findings"]:
            self.facts["findings"].append(what)
            number = len(list(self.folder.glob("finding*")))
            shutil.copy(self.folder / "current.bin", self.folder / f"finding{number}.bin")
        self.note()

    def note(self):
        (self.folder / "new.json").write_text(json.dumps(self.facts))
        os.replace(self.folder / "new.json", self.folder / "facts.json")

    def at_random(self):
        """First all seeds as they are, then changed ones."""
        for content in self.seeds:
            self.once(content)
        while time.monotonic() < self.end:
            if self.reader == "archive" and self.rng.random() < 0.5:
                self.once(invented(self.rng, self.work))
            else:
                self.once(changed(self.rng.choice(self.seeds), self.rng, self.seeds))
        self.note()

    def guided(self):
        """Let atheris choose, by the lines that an input reaches. Never returns."""
        import atheris

        with atheris.instrument_imports(include=["course_utils", "zipfile", "PIL"]):
            from course_utils.data import archive, cats_vs_dogs, image_file  # noqa: F401
        corpus = self.folder / f"corpus_{self.reader}"
        corpus.mkdir(exist_ok=True)
        for number, content in enumerate(self.seeds):
            (corpus / f"seed{number}").write_bytes(content)
        limit = f"-max_total_time={max(1, int(self.end - time.monotonic()))}"
        atheris.Setup([sys.argv[0], limit, "-rss_limit_mb=0", str(corpus)], self.once)
        atheris.Fuzz()


def watch(reader, seconds, seed, guided):
    """Run workers until the time is over; return what they found, together."""
    total = {"inputs": 0, "accepted": 0, "findings": [], "peak": 0, "slowest": 0.0}
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        while (left := end - time.monotonic()) > 1 and len(total["findings"]) < 20:
            command = [sys.executable, __file__, "--worker", reader, folder, str(left), str(seed)]
            errors = Path(folder, "errors.txt")
            with open(errors, "w") as out:
                code = subprocess.call([*command, "1" if guided else "0"], stdout=out, stderr=out)
            facts = Path(folder, "facts.json")
            part = json.loads(facts.read_text()) if facts.exists() else {}
            facts.unlink(missing_ok=True)
            for key in ("inputs", "accepted", "findings"):
                total[key] += part.get(key, type(total[key])())
            for key in ("peak", "slowest"):
                total[key] = max(total[key], part.get(key, 0))
            if code:
                last = errors.read_text(errors="replace")[-2000:]
                total["findings"].append(f"the process ended with {code}:\n{last}")
                shutil.copy(Path(folder, "current.bin"), Path(folder, f"finding_crash{seed}.bin"))
            seed += 1
        kept = sorted(Path(folder).glob("finding*.bin"))
        if kept:
            place = Path(tempfile.mkdtemp(prefix="fuzz_findings_"))
            for path in kept:
                shutil.copy(path, place)
            print(f"inputs kept in {place}")
    return total


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--reader", choices=READERS, help="only this one")
    parser.add_argument("--unguided", action="store_true", help="leave atheris aside")
    parser.add_argument("--worker", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        reader, folder, seconds, seed, guided = options.worker
        worker = Worker(reader, Path(folder), float(seconds), int(seed))
        return worker.guided() if guided == "1" else worker.at_random()
    guided = not options.unguided and importlib.util.find_spec("atheris") is not None
    readers = [options.reader] if options.reader else list(READERS)
    print(f"seed {options.seed}, {'guided by coverage' if guided else 'at random'}")
    found = 0
    for reader in readers:
        began = time.monotonic()
        facts = watch(reader, 60 * options.minutes / len(readers), options.seed, guided)
        print(
            f"{reader}: {facts['inputs']:,} inputs in {time.monotonic() - began:.0f} s, "
            f"{facts['accepted']:,} accepted; at most {facts['peak'] / 2**20:.0f} MiB and "
            f"{facts['slowest']:.2f} s; {len(facts['findings'])} findings"
        )
        for finding in facts["findings"]:
            print(f"--- {reader}\n{finding}")
        found += len(facts["findings"])
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
