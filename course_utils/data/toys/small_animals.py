"""The small animals of the toy zoo: for each a function (rng) -> FaceStyle. No cats, no dogs."""

from . import parts
from .faces import FaceStyle
from .palette import BLACK, DARK_BROWN


def hamster(rng):
    return FaceStyle(
        width=rng.uniform(0.88, 1.0), height=rng.uniform(0.72, 0.85),
        jaw_width=rng.uniform(0.95, 1.1), jaw_height=rng.uniform(0.5, 0.6),
        ears="round", ear_size=rng.uniform(0.6, 0.85), ear_angle=rng.uniform(0.75, 0.95),
        muzzle="puffs", muzzle_y=rng.uniform(0.28, 0.38), muzzle_width=rng.uniform(0.2, 0.28),
        muzzle_height=rng.uniform(0.18, 0.24), nose_size=rng.uniform(0.05, 0.09),
        eye_width=rng.uniform(0.13, 0.19), eye_x=rng.uniform(0.42, 0.52), pupil_width=0.95,
        whisker_chance=0.6, tuft=rng.uniform(0.0, 0.06),
    )  # fmt: skip


def squirrel(rng):
    return FaceStyle(
        width=rng.uniform(0.72, 0.85), height=rng.uniform(0.78, 0.88),
        jaw_width=rng.uniform(0.5, 0.65), jaw_height=0.58, jaw_y=0.4,
        ears="point", ear_length=rng.uniform(0.55, 0.85), ear_base=rng.uniform(0.2, 0.26),
        ear_angle=rng.uniform(0.5, 0.7), ear_lean=0.0, tuft=rng.uniform(0.03, 0.08),
        muzzle="puffs", muzzle_y=rng.uniform(0.42, 0.52), muzzle_width=rng.uniform(0.22, 0.3),
        muzzle_height=0.26, nose_size=rng.uniform(0.07, 0.1),
        eye_width=rng.uniform(0.18, 0.24), eye_x=rng.uniform(0.42, 0.5), eye_y=-0.1,
        pupil_width=0.9, whisker_chance=0.4, in_front=parts.front_teeth,
    )  # fmt: skip


def bat(rng):
    return FaceStyle(
        width=rng.uniform(0.72, 0.85), height=rng.uniform(0.68, 0.8),
        jaw_width=rng.uniform(0.45, 0.58), jaw_height=0.5,
        ears="point", ear_length=rng.uniform(1.0, 1.35), ear_base=rng.uniform(0.36, 0.46),
        ear_angle=rng.uniform(0.75, 0.95), ear_lean=rng.uniform(0.1, 0.4),
        muzzle="disc", muzzle_y=rng.uniform(0.3, 0.4), muzzle_width=rng.uniform(0.17, 0.23),
        muzzle_height=rng.uniform(0.13, 0.18), eye_width=rng.uniform(0.1, 0.15),
        eye_x=rng.uniform(0.32, 0.4), pupil_width=0.8, in_front=parts.fangs,
    )  # fmt: skip


def penguin(rng):
    return FaceStyle(
        width=rng.uniform(0.82, 0.95), height=rng.uniform(0.82, 0.95), jaw_width=0.75,
        muzzle="beak", muzzle_y=rng.uniform(0.25, 0.36), muzzle_width=rng.uniform(0.13, 0.2),
        muzzle_height=rng.uniform(0.2, 0.32), eye_width=rng.uniform(0.11, 0.17),
        eye_x=rng.uniform(0.3, 0.38), eye_y=-0.1, pupil_width=0.85,
        pattern=rng.pick(("mask", "cheeks", "eyes")),
    )  # fmt: skip


def duck(rng):
    return FaceStyle(
        width=rng.uniform(0.8, 0.95), height=rng.uniform(0.78, 0.92), jaw_width=0.7,
        eye_width=rng.uniform(0.11, 0.16), eye_x=rng.uniform(0.32, 0.42), eye_y=-0.2,
        pupil_width=0.85, in_front=parts.bill,
    )  # fmt: skip


def hedgehog(rng):
    return FaceStyle(
        width=rng.uniform(0.72, 0.85), height=rng.uniform(0.7, 0.8),
        jaw_width=rng.uniform(0.4, 0.5), jaw_y=0.4,
        ears="round", ear_size=0.6, ear_angle=1.0,
        muzzle="tiny", muzzle_y=rng.uniform(0.62, 0.75), muzzle_width=0.18, muzzle_height=0.15,
        nose_size=rng.uniform(0.11, 0.15), eye_width=rng.uniform(0.1, 0.14), eye_x=0.34,
        pupil_width=0.95, behind=parts.spikes,
    )  # fmt: skip


def gecko(rng):
    return FaceStyle(
        width=rng.uniform(0.85, 1.0), height=rng.uniform(0.55, 0.68),
        jaw_width=rng.uniform(0.75, 0.9), jaw_height=0.5, jaw_y=0.3,
        muzzle="wide", muzzle_y=rng.uniform(0.5, 0.6), muzzle_width=rng.uniform(0.5, 0.65),
        muzzle_height=0.25, eye_width=rng.uniform(0.2, 0.27), eye_x=rng.uniform(0.6, 0.72),
        eye_y=-0.3, pupil_width=rng.uniform(0.15, 0.3), pupil_height=0.24,
        pattern=rng.pick(("patch", "stripes", "solid")),
    )  # fmt: skip


def lemur(rng):
    return FaceStyle(
        width=rng.uniform(0.8, 0.92), height=rng.uniform(0.75, 0.85),
        jaw_width=rng.uniform(0.45, 0.6), jaw_y=0.4,
        ears="round", ear_size=rng.uniform(0.75, 1.0), ear_angle=rng.uniform(0.85, 1.05),
        tuft=rng.uniform(0.04, 0.12), muzzle="snout", bridge=False,
        muzzle_y=rng.uniform(0.5, 0.62), muzzle_width=rng.uniform(0.24, 0.3),
        muzzle_height=rng.uniform(0.22, 0.28), nose_size=rng.uniform(0.1, 0.14),
        eye_width=rng.uniform(0.2, 0.27), eye_x=rng.uniform(0.38, 0.44), eye_y=-0.1,
        pupil_width=rng.uniform(0.3, 0.5), pattern="eyes",
    )  # fmt: skip


def rabbit(rng):
    return FaceStyle(
        width=rng.uniform(0.72, 0.85), height=rng.uniform(0.78, 0.9),
        jaw_width=rng.uniform(0.62, 0.78), jaw_height=0.5,
        ears="long" if rng.chance(0.75) else ("long", "flop"), ear_lean=0.1,
        ear_length=rng.uniform(0.8, 1.2), ear_angle=rng.uniform(0.35, 0.7),
        ear_size=rng.uniform(0.8, 1.05), muzzle="puffs", muzzle_y=0.4,
        muzzle_width=rng.uniform(0.24, 0.32), muzzle_height=0.26,
        nose_size=rng.uniform(0.06, 0.1), eye_width=rng.uniform(0.14, 0.2),
        eye_x=rng.uniform(0.44, 0.54), eye_y=-0.1, pupil_width=0.75, whisker_chance=0.5,
        in_front=parts.front_teeth,
    )  # fmt: skip


def fox(rng):
    return FaceStyle(
        width=rng.uniform(0.85, 1.0), height=rng.uniform(0.75, 0.85),
        jaw_width=rng.uniform(0.35, 0.5), jaw_height=rng.uniform(0.75, 0.9), jaw_y=0.4,
        ears="point", ear_length=rng.uniform(0.75, 1.05), ear_base=rng.uniform(0.32, 0.42),
        ear_angle=rng.uniform(0.6, 0.8), ear_lean=rng.uniform(0.0, 0.3),
        muzzle="tiny", muzzle_y=rng.uniform(0.75, 0.9), muzzle_width=0.2, muzzle_height=0.18,
        nose_size=rng.uniform(0.1, 0.15), eye_width=rng.uniform(0.1, 0.15),
        eye_height=rng.uniform(0.08, 0.11), eye_tilt=rng.uniform(0.3, 0.7), pupil_width=0.5,
        whisker_chance=0.4, pattern="cheeks",
    )  # fmt: skip


def mouse(rng):
    return FaceStyle(
        width=rng.uniform(0.7, 0.85), height=rng.uniform(0.7, 0.8),
        jaw_width=rng.uniform(0.35, 0.5), jaw_y=0.4,
        ears="round", ear_size=rng.uniform(1.3, 1.9), ear_angle=rng.uniform(0.75, 1.0),
        muzzle="tiny", muzzle_y=rng.uniform(0.68, 0.8), muzzle_width=0.18, muzzle_height=0.14,
        nose_size=rng.uniform(0.09, 0.14), eye_width=rng.uniform(0.12, 0.17), eye_x=0.34,
        pupil_width=0.95, whisker_chance=0.9,
    )  # fmt: skip


def monkey(rng):
    return FaceStyle(
        width=rng.uniform(0.82, 0.95), height=rng.uniform(0.8, 0.92),
        jaw_width=rng.uniform(0.6, 0.75), ears="round", ear_size=rng.uniform(0.8, 1.1),
        ear_angle=rng.uniform(1.3, 1.6), muzzle="wide", muzzle_y=rng.uniform(0.5, 0.6),
        muzzle_width=0.32, muzzle_height=0.3, eye_width=rng.uniform(0.13, 0.18), eye_x=0.3,
        eye_y=-0.1, pattern="solid", over_head=parts.bare_face,
    )  # fmt: skip


def koala(rng):
    return FaceStyle(
        width=rng.uniform(0.85, 0.98), height=rng.uniform(0.8, 0.9), jaw_width=0.75,
        ears="round", ear_size=rng.uniform(1.15, 1.6), ear_angle=rng.uniform(0.95, 1.2),
        tuft=rng.uniform(0.05, 0.12), muzzle="large nose", muzzle_y=rng.uniform(0.2, 0.32),
        muzzle_width=rng.uniform(0.17, 0.24), muzzle_height=rng.uniform(0.28, 0.36),
        nose_colour=rng.pick((BLACK, BLACK * 3, DARK_BROWN)),
        eye_width=rng.uniform(0.1, 0.14), eye_x=rng.uniform(0.38, 0.46), pupil_width=0.85,
    )  # fmt: skip


def raccoon(rng):
    return FaceStyle(
        width=rng.uniform(0.9, 1.05), height=rng.uniform(0.72, 0.82),
        jaw_width=rng.uniform(0.4, 0.55), jaw_height=0.62, jaw_y=0.3,
        ears=rng.pick(("round", "point")), ear_size=0.75, ear_length=0.4,
        ear_angle=rng.uniform(0.65, 0.85), muzzle="tiny", muzzle_y=rng.uniform(0.52, 0.65),
        muzzle_width=0.24, muzzle_height=0.2, nose_size=rng.uniform(0.11, 0.15),
        eye_width=0.12, pupil_width=0.8, pattern="eyes", whisker_chance=0.5,
    )  # fmt: skip


def owl(rng):
    return FaceStyle(
        width=rng.uniform(0.88, 1.0), height=rng.uniform(0.88, 1.0), jaw_width=0.85,
        ears="point" if rng.chance(0.7) else "none", ear_length=rng.uniform(0.3, 0.5),
        ear_base=0.24, ear_angle=rng.uniform(0.6, 0.8), ear_lean=0.5,
        muzzle="beak", muzzle_y=rng.uniform(0.15, 0.25), muzzle_width=0.12,
        muzzle_height=0.18, eye_width=rng.uniform(0.27, 0.36), eye_x=rng.uniform(0.36, 0.42),
        eye_y=-0.1, pupil_width=rng.uniform(0.45, 0.7), tuft=rng.uniform(0.0, 0.08),
    )  # fmt: skip


def frog(rng):
    return FaceStyle(
        width=rng.uniform(0.98, 1.1), height=rng.uniform(0.6, 0.7),
        jaw_width=1.0, jaw_height=0.45, jaw_y=0.25,
        muzzle="wide", muzzle_y=rng.uniform(0.45, 0.55), muzzle_width=rng.uniform(0.55, 0.75),
        muzzle_height=0.3, eye_width=rng.uniform(0.2, 0.27), eye_x=rng.uniform(0.5, 0.6),
        eye_y=-0.58, pupil_width=rng.uniform(0.5, 0.7), pupil_height=0.08,
        behind=parts.eye_bulges,
    )  # fmt: skip
