"""The two presets, the names of the backbones, the table of lessons: plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from course_utils.errors import unknown

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
    image_size : int
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
    image_size: int
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
    row[0]: Lesson(row[0], f"{row[0]}_{row[1]}", row[2], {"quick": row[3], "full": row[4]})
    for row in (
        # Minutes on two CPU cores; the full preset with mobilenet_025 and without a download.
        ("00", "start_here", "Start here", 0.2, 0.3),
        ("01", "convolutions", "Convolutions", 0.2, 0.2),
        ("02", "first_convnet", "A first convnet", 0.5, 3),
        ("03", "cnn_from_scratch", "A convnet from scratch", 0.5, 5),
        ("04", "augmentation", "Data augmentation", 0.9, 12),
        ("05", "normalization", "Normalization", 0.8, 7),
        ("06", "pretrained_networks", "Pretrained networks", 0.5, 0.7),
        ("07", "fast_feature_extraction", "Fast feature extraction", 0.3, 0.9),
        ("08", "frozen_base_augmentation", "Frozen base with augmentation", 0.7, 4.5),
        ("09", "fine_tuning", "Fine-tuning", 1.5, 6.5),
        ("10", "activations", "What each layer sees", 0.2, 0.4),
        ("11", "filters", "What excites a filter", 0.4, 0.5),
        ("12", "class_activation_maps", "Class activation maps", 0.5, 0.6),
        ("13", "compare_and_choose", "Compare and choose", 0.9, 5.5),
        ("14", "your_own_images", "Your own images", 0.3, 1.1),
    )
}


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
