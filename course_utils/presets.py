"""The two presets, the names of the backbones, the table of lessons: plain data."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from course_utils.errors import CourseError

BACKBONE_NAMES = (
    "minivgg",
    "vgg16",
    "vgg19",
    "resnet50",
    "inception_v3",
    "inception_resnet_v2",
    "xception",
    "mobilenet",
    "mobilenet_025",
    "densenet121",
    "nasnet_mobile",
    "efficientnetv2b0",
    "convnext_tiny",
)


@dataclass(frozen=True)
class Preset:
    """One size of the whole course: which pictures, how many, and which pretrained base.

    Attributes
    ----------
    name, label : str
        What the user types, and what a figure or a table says.
    dataset : str
        ``"toy_pets"`` or ``"cats_vs_dogs"``.
    size : int
        Height and width of a picture in pixels.
    backbone : str
        One of `BACKBONE_NAMES`.
    train, validation, test : int
        Pictures in each split.
    batch_size : int
        Pictures in a training batch.
    """

    name: str
    label: str
    dataset: str
    size: int
    backbone: str
    train: int
    validation: int
    test: int
    batch_size: int = 20


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
        Expected minutes on a CPU by preset name; a preset is absent where nobody has measured yet.
    """

    number: str
    slug: str
    title: str
    minutes: dict[str, float] = field(default_factory=dict)


PRESETS = {
    "quick": Preset("quick", "quick preset", "toy_pets", 64, "minivgg", 320, 600, 2_000),
    "full": Preset("full", "full preset", "cats_vs_dogs", 150, "vgg16", 2_000, 1_000, 1_000),
}

LESSONS = {
    lesson.number: lesson
    for lesson in (
        Lesson("00", "00_start_here", "Start here", {"quick": 0.2, "full": 0.3}),
        Lesson("01", "01_convolutions", "Convolutions", {"quick": 0.2, "full": 0.2}),
        Lesson("02", "02_first_convnet", "A first convnet", {"quick": 0.6}),
        Lesson("03", "03_cnn_from_scratch", "A convnet from scratch", {"quick": 0.5, "full": 5.5}),
        Lesson("04", "04_augmentation", "Data augmentation", {"quick": 0.8, "full": 11}),
        Lesson("05", "05_normalization", "Normalization", {"quick": 0.8}),
        Lesson("06", "06_pretrained_networks", "Pretrained networks", {"quick": 0.5}),
        Lesson(
            "07",
            "07_fast_feature_extraction",
            "Fast feature extraction",
            {"quick": 0.25, "full": 1},
        ),
        Lesson(
            "08",
            "08_frozen_base_augmentation",
            "Frozen base with augmentation",
            {"quick": 0.6, "full": 4},
        ),
        Lesson("09", "09_fine_tuning", "Fine-tuning", {"quick": 1.4, "full": 8}),
        Lesson("10", "10_activations", "What each layer sees", {"quick": 0.2}),
        Lesson("11", "11_filters", "What excites a filter", {"quick": 0.4}),
        Lesson("12", "12_class_activation_maps", "Class activation maps", {"quick": 0.5}),
        Lesson("13", "13_compare_and_choose", "Compare and choose", {"quick": 0.7}),
        Lesson("14", "14_your_own_images", "Your own images", {"quick": 0.5, "full": 3}),
    )
}


def unknown(kind: str, name: object, names: Iterable[str]) -> CourseError:
    """Build the error for a name that does not exist, with the nearest right one.

    Parameters
    ----------
    kind : str
        What was asked for, ``"preset"``.
    name : object
        What the user typed.
    names : iterable of str
        The names there are.

    Returns
    -------
    CourseError
        To be raised by the caller.
    """
    names = list(names)
    close = difflib.get_close_matches(str(name), names)
    # The same letters in another order ("vgg61") are nearer than one letter changed.
    close.sort(key=lambda other: sorted(other) != sorted(str(name)))
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return CourseError(f"There is no {kind} {str(name)!r}.{hint} Known: {', '.join(names)}.")


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


def check_backbone(name: str) -> str:
    """Return `name` if the course knows such a backbone; no Keras is loaded.

    Raises
    ------
    CourseError
        If it does not; the message lists the right names.
    """
    if name not in BACKBONE_NAMES:
        raise unknown("backbone", name, BACKBONE_NAMES)
    return name


def get_lesson(number: str | int) -> Lesson:
    """Return the lesson with this number: ``7``, ``"7"``, ``"07"`` and its slug all work.

    Raises
    ------
    CourseError
        If the syllabus has no such lesson; the message lists the numbers.
    """
    text = str(number).strip()
    for lesson in LESSONS.values():
        if lesson.number in (text, f"0{text}") or text.removesuffix(".ipynb") == lesson.slug:
            return lesson
    raise unknown("lesson", number, LESSONS)
