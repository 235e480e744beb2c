"""What all toy pictures share: background, clutter, pose, occlusion, light, blur and noise."""

import math
from dataclasses import dataclass

import numpy as np

from .kit import WHOLE_PICTURE, Canvas, Pose
from .randomness import FUR_NOISE, NOISE_SIZE, SMOOTH_NOISE


@dataclass(frozen=True)
class Difficulty:
    """How hard a picture is made.

    Attributes
    ----------
    rotation : float
        Standard deviation of the head's rotation in radians, cut at 2.2 of them.
    occlusion : float
        Probability that something hides a part of the subject.
    scale : tuple of float
        Range of the subject's size, picture units per local unit.
    shift : float
        Largest shift of the subject from the middle, in picture units.
    shear : float
        Largest shear.
    """

    rotation: float = 0.45
    occlusion: float = 0.35
    scale: tuple[float, float] = (0.42, 0.66)
    shift: float = 0.28
    shear: float = 0.12


def draw_scene(rng, size, subject, difficulty):
    """Draw one picture: background, subject, occlusion, light.

    Parameters
    ----------
    rng : randomness.RandomSource
        The picture's own random source.
    size : int
        Pixels a side.
    subject : callable (canvas, rng) -> anything
        Draws the subject in the canvas's local frame.
    difficulty : Difficulty

    Returns
    -------
    image : uint8 array of shape (size, size, 3)
    pose : kit.Pose
        Where the subject stands.
    drawn : whatever `subject` returned
    """
    canvas = Canvas(size, rng)
    paint_background(canvas, rng)
    pose = random_pose(rng, difficulty)
    canvas.place(pose)
    drawn = subject(canvas, rng)
    if rng.chance(difficulty.occlusion):
        occlude(canvas, rng)
    return finish(canvas, rng), pose, drawn


def random_pose(rng, difficulty):
    """Draw a pose: size, rotation, position, shear and flip."""
    scale = rng.uniform(*difficulty.scale)
    limit = 2.2 * difficulty.rotation
    rotation = min(max(rng.normal(difficulty.rotation), -limit), limit)
    shift_x = rng.uniform(-difficulty.shift, difficulty.shift)
    shift_y = rng.uniform(-difficulty.shift, difficulty.shift) + 0.05  # room for the ears
    shear = rng.uniform(-difficulty.shear, difficulty.shear)
    return Pose(scale, rotation, (shift_x, shift_y), shear, flip=rng.chance(0.5))


# Background: a mask between two colours, then clutter, then grain.


def _directed(canvas, angle):
    """Return the picture coordinate along a direction."""
    return math.cos(angle) * canvas.u + math.sin(angle) * canvas.v


def _clouds(canvas, rng, texture):
    return np.clip(0.5 + 0.8 * texture, 0.0, 1.0)


def _gradient(canvas, rng, texture):
    slope = _directed(canvas, rng.uniform(0.0, 2.0 * math.pi))
    return np.clip(0.5 + 0.5 * slope + 0.25 * texture, 0.0, 1.0)


def _floor_and_wall(canvas, rng, texture):
    height, tilt = rng.uniform(-0.3, 0.5), rng.uniform(-0.3, 0.3)
    edge = np.clip((canvas.v + height + tilt * canvas.u) * 20.0, 0.0, 1.0)
    return 0.9 * edge + 0.1 * texture


def _stripes(canvas, rng, texture):
    wave = _directed(canvas, rng.uniform(0.0, math.pi)) * rng.uniform(4.0, 16.0)
    contrast = rng.uniform(0.2, 0.7)
    return contrast * (0.5 + 0.5 * np.clip(2.5 * np.sin(wave), -1.0, 1.0))


BACKGROUNDS = (_clouds, _gradient, _floor_and_wall, _stripes)


def paint_background(canvas, rng):
    """Fill the picture with one of four backgrounds and one to seven pieces of clutter."""
    first, second = rng.colour(), rng.colour()
    across, down = rng.below(NOISE_SIZE), rng.below(NOISE_SIZE)
    texels = np.arange(canvas.size) * (rng.uniform(0.5, 2.2) * 64 / canvas.size)
    rows = (texels + down).astype(int) & (NOISE_SIZE - 1)
    columns = (texels + across).astype(int) & (NOISE_SIZE - 1)
    window = np.ix_(rows, columns)
    mask = rng.pick(BACKGROUNDS)(canvas, rng, SMOOTH_NOISE[window])
    canvas.image[:] = first + mask * (second - first)
    canvas.place(WHOLE_PICTURE)
    for _ in range(int(rng.uniform(1.0, 8.0))):
        paint_clutter(canvas, rng)
    canvas.image *= 1.0 + rng.uniform(0.02, 0.15) * FUR_NOISE[window]


# Clutter: anything but faces.


def _disc(canvas, rng, x, y, reach):
    return canvas.ellipse(x, y, reach, reach * rng.uniform(0.5, 1.0), rng.uniform(0.0, math.pi))


def _block(canvas, rng, x, y, reach):
    return canvas.box(x, y, reach, reach * rng.uniform(0.2, 1.0), rng.uniform(0.0, math.pi))


def _triangle(canvas, rng, x, y, reach):
    angles = (rng.uniform(0.0, 2.0), rng.uniform(2.0, 4.0), rng.uniform(4.0, 6.2))
    corners = [(x + reach * math.cos(a), y + reach * math.sin(a)) for a in angles]
    return canvas.polygon(corners)


def _stick(canvas, rng, x, y, reach):
    end_x, end_y = x + rng.uniform(-1.0, 1.0), y + rng.uniform(-1.0, 1.0)
    return canvas.capsule(x, y, end_x, end_y, 0.15 * reach, rng.uniform(0.05, 0.3) * reach)


def _hoop(canvas, rng, x, y, reach):
    return canvas.ring(x, y, reach, 0.18 * reach)


def _eyelike_disc(canvas, rng, x, y, reach):
    """Two nested discs, so that a round spot in a round spot is no sign of a face."""
    canvas.paint(canvas.ellipse(x, y, 0.6 * reach, 0.6 * reach), rng.colour())
    return canvas.ellipse(x, y, 0.3 * reach, 0.3 * reach)


CLUTTER = (_disc, _block, _triangle, _stick, _hoop, _eyelike_disc)


def paint_clutter(canvas, rng):
    """Paint one random piece anywhere in the picture."""
    x, y = rng.uniform(-1.1, 1.1), rng.uniform(-1.1, 1.1)
    field = rng.pick(CLUTTER)(canvas, rng, x, y, rng.uniform(0.06, 0.4))
    canvas.paint(field, rng.colour(), alpha=rng.uniform(0.6, 1.0))


# Occlusion: near the picture's edge, so that the face stays readable.


def _cover_by_blob(canvas, rng, angle, distance):
    x, y = distance * math.cos(angle), distance * math.sin(angle)
    field = canvas.ellipse(x, y, rng.uniform(0.12, 0.35), rng.uniform(0.12, 0.35))
    canvas.paint(field, rng.colour())


def _cover_by_bar(canvas, rng, angle, distance):
    cos, sin = math.cos(angle), math.sin(angle)
    x, y = distance * cos, distance * sin
    ends = (x - 2.0 * sin, y + 2.0 * cos, x + 2.0 * sin, y - 2.0 * cos)
    canvas.paint(canvas.capsule(*ends, rng.uniform(0.03, 0.09)), rng.colour())


def _cover_by_leaves(canvas, rng, angle, distance):
    colour = rng.colour()
    for _ in range(3):
        place = angle + rng.uniform(-0.7, 0.7)
        x, y = 1.05 * math.cos(place), 1.05 * math.sin(place)
        length, width = rng.uniform(0.3, 0.5), rng.uniform(0.06, 0.12)
        leaf = canvas.ellipse(x, y, length, width, place + rng.uniform(-0.5, 0.5))
        canvas.paint(leaf, colour * rng.uniform(0.7, 1.1))


COVERS = (_cover_by_blob, _cover_by_bar, _cover_by_leaves)


def occlude(canvas, rng):
    """Hide a part of the picture behind a blob, a bar or leaves."""
    canvas.place(WHOLE_PICTURE)
    angle, distance = rng.uniform(0.0, 2.0 * math.pi), rng.uniform(0.6, 0.95)
    rng.pick(COVERS)(canvas, rng, angle, distance)


# Light and camera.


def finish(canvas, rng):
    """Add shadow, white balance, contrast, blur and noise; return uint8 (size, size, 3)."""
    image, size = canvas.image, canvas.size
    if rng.chance(0.45):
        _shadow(canvas, rng)
    balance = 0.85 + 0.3 * rng.array(3, 1, 1).astype(np.float32)
    image *= balance * rng.uniform(0.8, 1.25)
    middle, contrast = rng.uniform(0.3, 0.6), rng.uniform(0.7, 1.1)
    image *= contrast
    image += middle * (1.0 - contrast)
    if rng.chance(0.25):
        for _ in range(1 + rng.below(max(1, size // 48))):
            _blur(image)
    _add_noise(image, rng)
    np.clip(image, 0.0, 1.0, out=image)
    image *= 255.0
    image += 0.5
    return np.ascontiguousarray(image.astype(np.uint8).transpose(1, 2, 0))


def _shadow(canvas, rng):
    slope = _directed(canvas, rng.uniform(0.0, 2.0 * math.pi)) + rng.uniform(-0.6, 0.6)
    depth, hardness = rng.uniform(0.15, 0.5), rng.uniform(0.6, 6.0)
    canvas.image *= 1.0 - depth * np.clip(slope * hardness + 0.5, 0.0, 1.0)


def _blur(image):
    """Blur in place with the kernel 1-2-1, along rows and along columns."""
    image[:, 1:-1] = (image[:, :-2] + 2.0 * image[:, 1:-1] + image[:, 2:]) * 0.25
    image[..., 1:-1] = (image[..., :-2] + 2.0 * image[..., 1:-1] + image[..., 2:]) * 0.25


def _add_noise(image, rng):
    """Add grey noise and a little colour noise; uniform, of random strength."""
    sd = rng.uniform(0.0, 0.03)
    shape = image.shape[1:]
    grey = math.sqrt(12.0) * sd * (rng.array(*shape) - 0.5)  # a uniform's sd is 1/sqrt(12)
    image += grey.astype(np.float32)
    image += (sd * (rng.array(3, *shape) - 0.5)).astype(np.float32)
