"""The two presets and the table of lessons, as presets.toml lists them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from course_utils.errors import unknown


@dataclass(frozen=True)
class Preset:
    """One size of the whole course: which pictures, how many, and which pretrained base.

    Attributes
    ----------
    name, label : str
        What the user types, and what a figure or a table says.
    dataset : str
        ``"toy_pets"`` or ``"cats_vs_dogs"``.
    image_size : int
        Height and width of a picture in pixels.
    backbone : str
        A name out of ``data/registry.toml``.
    train, validation, test : int
        Pictures in each split.
    """

    name: str
    label: str
    dataset: str
    image_size: int
    backbone: str
    train: int
    validation: int
    test: int


@dataclass(frozen=True)
class Lesson:
    """A row of the syllabus.

    Attributes
    ----------
    number : str
        Two digits, ``"07"``.
    slug : str
        File name of the notebook without ``.ipynb``, ``"07_fast_feature_extraction"``.
    title : str
    minutes : dict
        Expected minutes on a CPU by preset name.
    reads : tuple of str
        Numbers of the lessons whose results or models this one uses where they are there. It runs
        without them too, but when both are to run, they go first.
    pictures : dict
        With how many pictures, training and validation, the minutes were measured, by preset name;
        the preset's own if it says nothing. 0 for a lesson that opens none of them.
    """

    number: str
    slug: str
    title: str
    minutes: dict[str, float]
    reads: tuple[str, ...] = ()
    pictures: dict[str, int] = field(default_factory=dict)

    def estimate(self, preset: Preset, count: int | None = None) -> float:
        """Return the minutes to expect on a CPU for so many pictures; None: the preset's own."""
        minutes = self.minutes[preset.name]
        usual = self.pictures.get(preset.name, preset.train + preset.validation)
        start = min(0.7 * minutes, 0.25)  # imports, and what takes as long for few pictures
        return minutes if not (count and usual) else start + (minutes - start) * count / usual


_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
PRESETS = {name: Preset(name, **row) for name, row in _TABLES["presets"].items()}
LESSONS = {slug[:2]: Lesson(slug[:2], slug, **row) for slug, row in _TABLES["lessons"].items()}


def get(name: str) -> Preset:
    """Return the preset called `name`.

    Raises
    ------
    CourseError
        If there is none; the message lists the right names.
    """
    if name not in PRESETS:
        raise unknown("preset", name, PRESETS)
    return PRESETS[name]


def get_lesson(number: str | int) -> Lesson:
    """Return the lesson with this number: ``7``, ``"7"``, ``"07"`` and its slug all work.

    Raises
    ------
    CourseError
        If the syllabus has no such lesson; the message lists the numbers.
    """
    text = str(number).strip().removesuffix(".ipynb")
    by_name = {lesson.slug: lesson for lesson in LESSONS.values()} | LESSONS
    if (name := text and text.zfill(2)) not in by_name:
        raise unknown("lesson", number, LESSONS)
    return by_name[name]
