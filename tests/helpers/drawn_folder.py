"""Folders of drawn cats and dogs, clean or with defects."""

import shutil
from functools import cache

from PIL import Image

from course_utils.data.toys import pets

SPLITS = ("train", "validation", "test")


@cache
def drawn(number, split="train"):
    """Return a drawing of 64 x 64 pixels: a cat where the number is even, else a dog."""
    return Image.fromarray(pets.draw(number, 64, 5, split)[0])


def save(number, path, split="train", **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn(number, split).save(path, **options)


def fill(place, splits=SPLITS, each=6):
    """Write a clean folder: in each split as many cats as dogs, train/cat/0.png and so on."""
    for split in splits:
        for number in range(2 * each):
            save(number, place / split / pets.CLASSES[number % 2] / f"{number}.png", split)
    return place


def plant_defects(folder):
    """Add a defect of each kind to a folder made by `fill`."""
    cats, dogs = folder / "train" / "cat", folder / "train" / "dog"
    (cats / "<i>page & co.jpg").write_bytes(b"<html>404</html>")
    (cats / "half.png").write_bytes((cats / "0.png").read_bytes()[:2000])
    (dogs / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic")
    (dogs / "1.png").rename(dogs / "1.jpg")
    shutil.copy(cats / "0.png", folder / "test" / "cat" / "leak.png")
    shutil.copy(cats / "2.png", dogs / "label.png")
    shutil.copy(cats / "4.png", cats / "again.png")
    shutil.copy(cats / "6.png", folder / "loose.png")
    drawn(3).resize((48, 48)).save(folder / "validation" / "dog" / "small.jpg", quality=80)


def snapshot(place):
    """Return date and length of all that lies in a folder."""
    return {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in place.rglob("*")}
