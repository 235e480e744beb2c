"""The large animals of the toy zoo: for each a function (rng) -> FaceStyle."""

from functools import partial

from . import parts
from .faces import FaceStyle
from .palette import FURS, WHITE


def donkey(rng):
    return FaceStyle(
        width=rng.uniform(0.62, 0.75), height=rng.uniform(0.82, 0.95),
        jaw_width=rng.uniform(0.45, 0.55), jaw_height=0.75, jaw_y=0.55,
        ears="long", ear_length=rng.uniform(0.8, 1.1), ear_angle=rng.uniform(0.5, 0.8),
        ear_size=rng.uniform(0.9, 1.1), ear_lean=0.1,
        muzzle="broad", muzzle_y=rng.uniform(0.85, 0.98), muzzle_width=rng.uniform(0.42, 0.5),
        muzzle_height=rng.uniform(0.3, 0.36), eye_width=rng.uniform(0.12, 0.17),
        eye_x=rng.uniform(0.38, 0.46), eye_y=-0.2, pupil_width=0.85,
        pattern=rng.pick(("solid", "mask", "patch")),
    )  # fmt: skip


def goat(rng):
    return FaceStyle(
        width=rng.uniform(0.62, 0.74), height=rng.uniform(0.8, 0.92),
        jaw_width=rng.uniform(0.4, 0.5), jaw_height=0.7, jaw_y=0.5,
        ears=rng.pick(("side", "flop")), ear_length=0.6, ear_angle=1.1,
        ear_size=rng.uniform(0.8, 1.0), ear_lean=rng.uniform(0.2, 1.0),
        muzzle="snout", bridge=rng.chance(0.5), muzzle_y=rng.uniform(0.7, 0.85),
        muzzle_width=rng.uniform(0.28, 0.36), muzzle_height=rng.uniform(0.22, 0.28),
        nose_size=rng.uniform(0.09, 0.13), eye_width=rng.uniform(0.14, 0.19),
        eye_x=rng.uniform(0.42, 0.5), eye_y=-0.2, pupil_width=0.85, pupil_height=0.05,
        behind=parts.horns, in_front=parts.beard,
    )  # fmt: skip


def hippo(rng):
    return FaceStyle(
        width=rng.uniform(0.75, 0.88), height=rng.uniform(0.7, 0.82),
        jaw_width=rng.uniform(0.85, 1.0), jaw_height=0.6, jaw_y=0.5,
        ears="round", ear_size=rng.uniform(0.45, 0.6), ear_angle=rng.uniform(0.65, 0.85),
        muzzle="broad", muzzle_y=rng.uniform(0.55, 0.68), muzzle_width=rng.uniform(0.75, 0.92),
        muzzle_height=rng.uniform(0.42, 0.52), eye_width=rng.uniform(0.12, 0.17),
        eye_x=rng.uniform(0.36, 0.44), eye_y=-0.35, pupil_width=0.7, pattern="solid",
        in_front=parts.tusks,
    )  # fmt: skip


def kangaroo(rng):
    return FaceStyle(
        width=rng.uniform(0.65, 0.76), height=rng.uniform(0.75, 0.85),
        jaw_width=rng.uniform(0.42, 0.52), jaw_height=0.7, jaw_y=0.48,
        ears="long", ear_length=rng.uniform(0.6, 0.8), ear_angle=rng.uniform(0.6, 0.9),
        ear_size=rng.uniform(1.1, 1.3), ear_lean=0.1,
        muzzle="snout", muzzle_y=rng.uniform(0.62, 0.76), muzzle_width=rng.uniform(0.28, 0.36),
        muzzle_height=rng.uniform(0.28, 0.34), nose_size=rng.uniform(0.13, 0.18),
        eye_width=rng.uniform(0.14, 0.18), eye_x=rng.uniform(0.36, 0.44), eye_y=-0.1,
        pupil_width=0.85,
    )  # fmt: skip


def bear(rng):
    return FaceStyle(
        width=rng.uniform(0.9, 1.02), height=rng.uniform(0.82, 0.95),
        jaw_width=rng.uniform(0.75, 0.9), ears="round", ear_size=rng.uniform(0.75, 1.1),
        ear_angle=rng.uniform(0.6, 0.85), ear_roundness=rng.uniform(0.85, 1.1),
        muzzle="snout", muzzle_y=rng.uniform(0.38, 0.5), muzzle_width=rng.uniform(0.36, 0.46),
        muzzle_height=rng.uniform(0.3, 0.36), nose_size=rng.uniform(0.13, 0.2),
        eye_width=rng.uniform(0.08, 0.13), eye_x=rng.uniform(0.32, 0.42), pupil_width=0.85,
        bridge=rng.chance(0.5), pattern=rng.pick(("solid", "solid", "mask", "cheeks")),
    )  # fmt: skip


def panda(rng):
    style = bear(rng)
    style.fur, style.pattern = WHITE * rng.uniform(0.85, 1.0), "eyes"
    style.bridge, style.jaw_width, style.tuft = False, 1.0, 0.05
    return style


def pig(rng):
    return FaceStyle(
        width=rng.uniform(0.92, 1.05), height=rng.uniform(0.82, 0.95), jaw_width=0.85,
        ears=rng.pick(("point", "fold", "fold")), ear_length=rng.uniform(0.4, 0.65),
        ear_angle=rng.uniform(0.65, 0.9), muzzle="disc", muzzle_y=rng.uniform(0.3, 0.42),
        muzzle_width=rng.uniform(0.3, 0.4), muzzle_height=rng.uniform(0.22, 0.3),
        eye_width=rng.uniform(0.09, 0.14), eye_x=rng.uniform(0.38, 0.5), eye_y=-0.2,
        pupil_width=0.85,
    )  # fmt: skip


def cow(rng):
    return FaceStyle(
        width=rng.uniform(0.72, 0.85), height=rng.uniform(0.88, 1.0),
        jaw_width=rng.uniform(0.55, 0.68), jaw_height=0.65, jaw_y=0.45,
        ears="side", ear_size=rng.uniform(0.8, 1.1), ear_lean=rng.uniform(0.0, 0.5),
        muzzle="broad", muzzle_y=rng.uniform(0.62, 0.75), muzzle_width=rng.uniform(0.52, 0.66),
        muzzle_height=rng.uniform(0.3, 0.38), eye_width=rng.uniform(0.12, 0.17),
        eye_x=rng.uniform(0.42, 0.52), eye_y=-0.2, pupil_width=0.8,
        pattern=rng.pick(("patch", "patch", "blaze", "solid")), behind=parts.horns,
    )  # fmt: skip


def sheep(rng):
    wool = rng.pick(FURS)
    return FaceStyle(
        width=rng.uniform(0.6, 0.72), height=rng.uniform(0.8, 0.92),
        jaw_width=rng.uniform(0.45, 0.55), jaw_y=0.4,
        ears="side", ear_size=rng.uniform(0.7, 0.95), ear_lean=rng.uniform(0.0, 1.0),
        muzzle="tiny", muzzle_y=rng.uniform(0.55, 0.68), muzzle_width=0.3, muzzle_height=0.24,
        nose_size=0.08, eye_width=rng.uniform(0.12, 0.16), eye_x=0.38, pupil_width=0.5,
        pattern="solid", behind=partial(parts.wool_around, wool=wool),
        in_front=partial(parts.wool_on_top, wool=wool),
    )  # fmt: skip


def elephant(rng):
    return FaceStyle(
        width=rng.uniform(0.68, 0.8), height=rng.uniform(0.78, 0.9),
        jaw_width=0.55, jaw_height=0.5, eye_width=rng.uniform(0.09, 0.13),
        eye_x=rng.uniform(0.36, 0.44), eye_y=-0.15, pupil_width=0.8, pattern="solid",
        behind=parts.elephant_ears, in_front=parts.trunk,
    )  # fmt: skip


def deer(rng):
    return FaceStyle(
        width=rng.uniform(0.65, 0.78), height=rng.uniform(0.75, 0.88),
        jaw_width=rng.uniform(0.38, 0.48), jaw_height=0.75, jaw_y=0.5,
        ears="side", ear_size=rng.uniform(0.9, 1.1), ear_lean=-0.6,
        muzzle="tiny", muzzle_y=rng.uniform(0.82, 0.95), muzzle_width=0.28,
        muzzle_height=0.22, nose_size=rng.uniform(0.12, 0.17),
        eye_width=rng.uniform(0.14, 0.18), pupil_width=0.85, behind=parts.antlers,
    )  # fmt: skip


def seal(rng):
    return FaceStyle(
        width=rng.uniform(0.88, 1.0), height=rng.uniform(0.8, 0.92),
        jaw_width=rng.uniform(0.85, 1.0), jaw_height=0.55,
        muzzle="puffs", muzzle_y=rng.uniform(0.35, 0.48), muzzle_width=rng.uniform(0.4, 0.52),
        muzzle_height=rng.uniform(0.32, 0.4), nose_size=rng.uniform(0.13, 0.18),
        eye_width=rng.uniform(0.17, 0.24), eye_x=rng.uniform(0.42, 0.5), pupil_width=0.95,
        whisker_chance=0.9,
    )  # fmt: skip
