"""Zip files for the tests: hostile and broken ones, byte by byte, and the public layouts."""

import io
import itertools
import os
import random
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

# Writing any zip


@dataclass
class Entry:
    """One member, with whatever lies it tells. None: the truth."""

    name: str | bytes
    content: bytes = b"content"
    method: int = 0
    mode: int = 0o100644
    flags: int = 0
    crc: int | None = None
    size: int | None = None
    stored: bytes | None = None  # in place of the compressed content
    local_name: str | bytes | None = None
    extra: bytes = b""


def _raw(name):
    return name if isinstance(name, bytes) else name.encode()


def deflate(content):
    """Return content as method 8 stores it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def write(path, entries):
    """Write a zip file of these entries exactly as they say; names are marked as UTF-8."""
    out, directory = io.BytesIO(), []
    for entry in entries:
        stored = entry.stored
        if stored is None:
            stored = deflate(entry.content) if entry.method == 8 else entry.content
        crc = zlib.crc32(entry.content) if entry.crc is None else entry.crc
        size = len(entry.content) if entry.size is None else entry.size
        flags = entry.flags | 0x800
        name = _raw(entry.name)
        local = _raw(entry.name if entry.local_name is None else entry.local_name)
        facts = struct.pack("<HHHHIII", flags, entry.method, 0, 33, crc, len(stored), size)
        head = struct.pack(
            "<HHHHHII", len(name), len(entry.extra), 0, 0, 0, entry.mode << 16, out.tell()
        )
        made_by = b"PK\1\2" + struct.pack("<HH", 3 << 8 | 20, 20)
        directory.append(made_by + facts + head + name + entry.extra)
        out.write(b"PK\3\4" + struct.pack("<H", 20) + facts)
        out.write(struct.pack("<HH", len(local), 0) + local + stored)
    _finish(path, out.getvalue(), directory)


def _finish(path, members, directory):
    listing, count = b"".join(directory), min(len(directory), 0xFFFF)
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(listing), len(members), 0)
    Path(path).write_bytes(members + listing + b"PK\5\6" + end)


# Hostile and broken ones

GOOD = Entry("cats/1.jpg", b"a good one")


def _evil(*entries):
    return lambda path: write(path, [GOOD, *entries])


def _named(*names):
    return _evil(*(Entry(name) for name in names))


def _bytes(content):
    return lambda path: Path(path).write_bytes(content)


def _many(path):
    """More names than are allowed, and no content."""
    names = (b"%06x" % number for number in range(250_001))
    head = b"PK\1\2" + struct.pack("<HH", 20, 20) + bytes(20) + struct.pack("<HHHHHII", 6, *[0] * 6)
    _finish(path, b"", [head[:-4] + bytes(4) + name for name in names])


def _cut(path):
    write(path, [GOOD, Entry("cats/2.jpg", random.Random(0).randbytes(5000))])
    path.write_bytes(path.read_bytes()[:3000])


def _shifted(path):
    """The directory is whole, and bytes of a member before it are gone."""
    write(path, [GOOD, Entry("cats/2.jpg", random.Random(0).randbytes(5000), 8)])
    whole = path.read_bytes()
    path.write_bytes(whole[:2000] + whole[2400:])


ZEROS = deflate(bytes(2**20))

# Name → what writes it to a path. Each is to be refused as a whole.
EVIL = {
    "parent": _named("../escaped.txt"),
    "parent inside": _named("cats/../../escaped.txt"),
    "absolute": _named("/tmp/escaped.txt"),
    "drive": _named("C:/escaped.txt"),
    "drive, relative": _named("C:escaped.txt"),
    "network share": _named("//server/share/escaped.txt"),
    "backslashes": _named("..\\escaped.txt"),
    "stream of a file": _named("cats/1.jpg:escaped.exe"),
    "line break in the name": _named("cats/2.jpg\n"),
    "device": _named("cats/aux.jpg"),
    "device, with a digit": _named("COM¹"),
    "trailing dot": _named("cats/2.jpg."),
    "trailing space": _named("cats /2.jpg"),
    "empty name": _named(""),
    "too long a name": _named("cats/" + "x" * 300 + ".jpg"),
    "twice": _named("cats/1.jpg"),
    "file for a folder": _named("cats"),
    "symbolic link": _evil(Entry("dogs", b"/tmp", mode=0o120777), Entry("dogs/escaped.txt")),
    "hidden link": _evil(Entry(".dogs", b"/tmp", mode=0o120777)),
    "pipe": _evil(Entry("cats/2.jpg", b"", mode=0o010644)),
    "block device": _evil(Entry("cats/2.jpg", b"", mode=0o060644)),
    "encrypted": _evil(Entry("cats/2.jpg", flags=1)),
    "strongly encrypted": _evil(Entry("cats/2.jpg", flags=0x40)),
    "bzip2": _evil(Entry("cats/2.jpg", method=12)),
    "unknown compression": _evil(Entry("cats/2.jpg", method=9)),
    "bomb": _evil(*(Entry(f"cats/{n}.bmp", bytes(2**20), 8, stored=ZEROS) for n in range(150))),
    "one huge member": _evil(Entry("cats/2.jpg", size=2**30)),
    "huge together": _evil(*(Entry(f"cats/{n}.bmp", size=2**28) for n in range(2, 80))),
    "exabytes": _evil(Entry("cats/2.jpg", size=2**32 - 1, extra=struct.pack("<HHQ", 1, 8, 2**60))),
    "too many members": _many,
    "wrong checksum": _evil(Entry("cats/2.jpg", crc=1)),
    "longer than it says": _evil(Entry("cats/2.jpg", bytes(99), 8, size=9)),
    "no deflate": _evil(Entry("cats/2.jpg", method=8, stored=b"\xff" * 99)),
    "another name before the content": _evil(Entry("cats/2.jpg", local_name="../escaped")),
    "name that is no UTF-8": _named(b"cats/\xff.jpg"),
    "cut off": _cut,
    "hole": _shifted,
    "empty file": _bytes(b""),
    "web page": _bytes(b"<!DOCTYPE html><title>Please log in</title>" + b" " * 999),
    "end alone": _bytes(b"PK\5\6" + bytes(4) + b"\xff" * 14),
}

# Pictures


def drawn(count=8, seed=0, size=(48, 36)):
    """Return JPEG files of random gradients."""
    rng, files = np.random.default_rng(seed), []
    for _ in range(count):
        corners = rng.integers(0, 256, (2, 2, 3), dtype=np.uint8)
        picture = Image.fromarray(corners).resize(size, Image.Resampling.BILINEAR)
        files.append(saved(picture, "JPEG", quality=80))
    return files


def saved(picture, kind, **options):
    """Return a picture as the bytes of a file."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def some_photos(count=100):
    """Return JPEG files: real photos where this machine has them, else drawn ones."""
    folder = os.environ.get("COURSE_TEST_PHOTOS")
    if not folder:
        return drawn(count)
    paths = sorted(Path(folder).rglob("*.jpg"))
    return [path.read_bytes() for path in paths[:: max(1, len(paths) // count)]][:count]


def marked(jpeg, number):
    """Return a JPEG file with a comment, so that no two files are the same; it stays JFIF."""
    comment = b"number %08d" % number
    after = 2
    if jpeg[2:4] == b"\xff\xe0":
        after += 2 + int.from_bytes(jpeg[4:6], "big")
    segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
    return jpeg[:after] + segment + jpeg[after:]


def _open(jpeg):
    return Image.open(io.BytesIO(jpeg))


def _adobe(jpeg):
    """Take the JFIF segment out; an Adobe segment says instead what the channels are."""
    after = 4 + int.from_bytes(jpeg[4:6], "big")
    return jpeg[:2] + b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x01" + jpeg[after:]


def _exif(jpeg):
    picture = _open(jpeg)
    exif = picture.getexif()
    exif[0x0112] = 6
    whole = saved(picture, "JPEG", exif=exif)
    after = 4 + int.from_bytes(whole[4:6], "big")  # cameras write no JFIF segment
    return whole[:2] + whole[after:] if whole[2:4] == b"\xff\xe0" else whole


# Bad files of the public archive: what makes each from a good one.
UNREADABLE = {
    "empty": lambda jpeg: b"",
    "cut in the middle": lambda jpeg: jpeg[: len(jpeg) // 2],
    "cut in the head": lambda jpeg: jpeg[:40],
    "text": lambda jpeg: b"This is not a picture at all.\n" * 9,
    "web page": lambda jpeg: b"<!DOCTYPE html><html><title>404</title></html>",
    "zeros": lambda jpeg: bytes(len(jpeg)),
    "extra bytes in front": lambda jpeg: b"\r\n\r\nHTTP" + jpeg,
}
# Odd ones that can be read, and therefore stay.
ODD = {
    "PNG": lambda jpeg: saved(_open(jpeg), "PNG"),
    "GIF": lambda jpeg: saved(_open(jpeg).convert("P"), "GIF"),
    "BMP": lambda jpeg: saved(_open(jpeg), "BMP"),
    "Exif, turned, no JFIF": _exif,
    "Adobe, no JFIF": _adobe,
    "extra bytes behind": lambda jpeg: jpeg + b"\0" * 99,
    "CMYK": lambda jpeg: saved(_open(jpeg).convert("CMYK"), "JPEG"),
    "grey": lambda jpeg: saved(_open(jpeg).convert("L"), "JPEG"),
    "progressive": lambda jpeg: saved(_open(jpeg), "JPEG", progressive=True),
    "one pixel": lambda jpeg: saved(_open(jpeg).resize((1, 1)), "JPEG"),
}

# The numbers that the real archive is known to have unreadable.
KNOWN_BAD = {
    "cats": (666, 5370, 6435, 10404, 11095, 12080),
    "dogs": (2317, 9500, 11233, 11702, 11912),
}


# Layouts: from a class ("cats") and a number to a name.
def _filtered(kind, number):
    split = "train" if number < 1000 else "validation"
    return f"cats_and_dogs_filtered/{split}/{kind}/{kind[:-1]}.{number}.jpg"


LAYOUTS = {
    "PetImages": lambda kind, n: f"PetImages/{kind[:-1].title()}/{n}.jpg",
    "folders": lambda kind, n: f"{kind}/{kind[:-1]}.{n}.jpg",
    "train folder": lambda kind, n: f"train/{kind}/{kind[:-1]}.{n}.jpg",
    "flat": lambda kind, n: f"train/{kind[:-1]}.{n}.jpg",
    "filtered": _filtered,
}
LITTER = ("PetImages/Cat/Thumbs.db", "PetImages/Dog/Thumbs.db", "readme[1].txt")


def members(photos, numbers, layout="PetImages", bad=None):
    """Yield name and bytes of each photo of a public archive.

    Parameters
    ----------
    photos : list of bytes, or dict of str to iterator of bytes
        JPEG files, repeated as often as needed; or endless ones for each class.
    numbers : iterable of int
        Of each class.
    bad : dict of (str, int) to callable
        Makes a bad file of a good one, by class and number.
    """
    if not isinstance(photos, dict):
        photos = dict.fromkeys(("cats", "dogs"), itertools.cycle(photos))
    bad, count, numbers = bad or {}, itertools.count(), list(numbers)
    for kind in ("cats", "dogs"):
        for number in numbers:
            photo = marked(next(photos[kind]), next(count))
            change = bad.get((kind, number), lambda jpeg: jpeg)
            yield LAYOUTS[layout](kind, number), change(photo)


def public(path, named_bytes, litter=LITTER):
    """Write a public archive: photos (stored or deflated, as they come) and litter."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name, content in named_bytes:
            file.writestr(name, content)
        for name in litter:
            file.writestr(name, b"\xd0\xcf\x11\xe0" + bytes(500))
    return path
