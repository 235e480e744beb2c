"""The drawing kit: a pose, and a canvas with signed-distance shapes.

A shape is a *distance field*: a float32 array over all pixels, negative inside, positive outside,
in units of the local frame. Painting turns it into a soft-edged mask. Distances of ellipses are
approximate (exact only for circles), which is enough for an edge one pixel wide.
Distance functions after Inigo Quilez, "2D distance functions" (iquilezles.org), written anew.
"""

import math
from dataclasses import dataclass

import numpy as np

from .randomness import FUR_NOISE, NOISE_SIZE, SMOOTH_NOISE, wrap


def smooth_union(first, second, radius):
    """Return the union of two distance fields, its seam rounded (polynomial smooth minimum)."""
    mix = np.clip(0.5 + (second - first) * (0.5 / radius), 0.0, 1.0)
    return second + (first - second) * mix - radius * mix * (1.0 - mix)


@dataclass(frozen=True)
class Pose:
    """Where the local frame of a drawing lies in the picture.

    The picture spans -1 to 1 in both directions, y pointing down. A local point is flipped,
    sheared, rotated, scaled and shifted, in this order.

    Attributes
    ----------
    scale : float
        Picture units per local unit.
    rotation : float
        Radians, clockwise on the screen.
    shift : tuple of float
        Position of the local origin, in picture units.
    shear : float
        Local x taken away per unit of local y.
    flip : bool
        Whether left and right are swapped.
    """

    scale: float = 1.0
    rotation: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)
    shear: float = 0.0
    flip: bool = False

    def matrix(self):
        """Return rows ((a, b), (c, d)): picture = matrix @ local + shift."""
        cos = self.scale * math.cos(self.rotation)
        sin = self.scale * math.sin(self.rotation)
        sign = -1.0 if self.flip else 1.0
        return (
            (sign * cos, -self.shear * cos - sin),
            (sign * sin, -self.shear * sin + cos),
        )

    def to_pixels(self, x, y, size):
        """Return the pixel coordinates (column, row) of a local point; pixel i spans i to i+1."""
        (a, b), (c, d) = self.matrix()
        u = a * x + b * y + self.shift[0]
        v = c * x + d * y + self.shift[1]
        return (u + 1.0) * size / 2.0, (v + 1.0) * size / 2.0

    def ellipse_box(self, cx, cy, rx, ry, size):
        """Return the pixel box (x0, y0, x1, y1) around a local axis-parallel ellipse, unclipped.

        The image of an ellipse under a linear map reaches sqrt((a rx)^2 + (b ry)^2) from its
        centre in each direction.
        """
        (a, b), (c, d) = self.matrix()
        column, row = self.to_pixels(cx, cy, size)
        half_width = math.hypot(a * rx, b * ry) * size / 2.0
        half_height = math.hypot(c * rx, d * ry) * size / 2.0
        return column - half_width, row - half_height, column + half_width, row + half_height


WHOLE_PICTURE = Pose()


class Canvas:
    """A square picture, painted shape by shape in a local frame.

    Parameters
    ----------
    size : int
        Width and height in pixels.
    rng : RandomSource
        Where textures get their offsets from.
    channels : int
        3 for colour, 1 for grey.

    Attributes
    ----------
    image : float32 array of shape (channels, size, size)
        Channels first: painting then runs over contiguous memory. Values about 0-1.
    u, v : float32 arrays of shape (size, size)
        Picture coordinates of the pixel centres, -1 to 1.
    x, y : float32 arrays of shape (size, size)
        The same points in the local frame of the present pose.
    """

    def __init__(self, size, rng, channels=3):
        self.size = size
        self.rng = rng
        self.image = np.zeros((channels, size, size), np.float32)
        axis = ((np.arange(size) + 0.5) / size * 2.0 - 1.0).astype(np.float32)
        self.u, self.v = np.meshgrid(axis, axis)
        self.fur_grain = None
        self.fur_light = None
        self.place(WHOLE_PICTURE)

    def place(self, pose):
        """Make `pose` the local frame of all that is drawn next."""
        self.pose = pose
        cos, sin = math.cos(pose.rotation), math.sin(pose.rotation)
        u, v = self.u - pose.shift[0], self.v - pose.shift[1]
        self.y = (cos * v - sin * u) / pose.scale
        x = (cos * u + sin * v) / pose.scale + pose.shear * self.y
        self.x = -x if pose.flip else x
        self.pixels_per_unit = pose.scale * self.size / 2.0

    # Shapes: each returns a distance field, float32 of shape (size, size).

    def _offsets(self, cx, cy, angle):
        """Return coordinates relative to a point, turned by an angle in radians."""
        x, y = self.x - cx, self.y - cy
        if angle:
            cos, sin = math.cos(angle), math.sin(angle)
            x, y = cos * x + sin * y, cos * y - sin * x
        return x, y

    def ellipse(self, cx, cy, rx, ry, angle=0.0):
        """Return the field of an ellipse with half axes rx, ry."""
        x, y = self._offsets(cx, cy, angle)
        x *= 1.0 / rx
        y *= 1.0 / ry
        return (np.sqrt(x * x + y * y) - 1.0) * min(rx, ry)

    def box(self, cx, cy, half_width, half_height, angle=0.0, rounding=0.0):
        """Return the field of a rectangle, grown by `rounding`."""
        x, y = self._offsets(cx, cy, angle)
        return np.maximum(np.abs(x) - half_width, np.abs(y) - half_height) - rounding

    def polygon(self, points, rounding=0.0):
        """Return the field of a convex polygon: the largest distance to the edges' lines."""
        pairs = list(zip(points, points[1:] + points[:1], strict=True))
        turn = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)
        sign = 1.0 if turn > 0 else -1.0  # so that the normals point outwards
        field = None
        for (x0, y0), (x1, y1) in pairs:
            length = math.hypot(x1 - x0, y1 - y0) + 1e-9
            normal_x, normal_y = sign * (y1 - y0) / length, -sign * (x1 - x0) / length
            edge = normal_x * self.x + normal_y * self.y - (normal_x * x0 + normal_y * y0)
            field = edge if field is None else np.maximum(field, edge)
        return field - rounding

    def capsule(self, x0, y0, x1, y1, radius, end_radius=None):
        """Return the field of a thick line whose radius may change along it."""
        end_radius = radius if end_radius is None else end_radius
        along_x, along_y = x1 - x0, y1 - y0
        scale = 1.0 / (along_x * along_x + along_y * along_y + 1e-9)
        x, y = self.x - x0, self.y - y0
        along = np.clip(x * (along_x * scale) + y * (along_y * scale), 0.0, 1.0)
        x -= along * along_x
        y -= along * along_y
        return np.sqrt(x * x + y * y) - (radius + (end_radius - radius) * along)

    def ring(self, cx, cy, rx, thickness, ry=None):
        """Return the field of an elliptic line of half width `thickness`."""
        return np.abs(self.ellipse(cx, cy, rx, rx if ry is None else ry)) - thickness

    def lower_arc(self, cx, cy, rx, thickness, top, ry=None):
        """Return the field of the part of a ring below local y = `top`: smiles and closed eyes."""
        return np.maximum(self.ring(cx, cy, rx, thickness, ry), top - self.y)

    # Paint.

    def cover(self, field, softness=1.0):
        """Return the mask (0-1) of a field; the edge is `softness` pixels wide."""
        return np.clip(0.5 - field * (self.pixels_per_unit / softness), 0.0, 1.0)

    def paint(self, field, colour, alpha=1.0, softness=1.0):
        """Paint a shape. `colour` broadcasts to the image's shape, `alpha` is a number in 0-1."""
        mask = self.cover(field, softness)
        if alpha != 1.0:
            mask *= alpha
        self.image += mask * (colour - self.image)

    def prepare_fur(self, scale):
        """Lay out grain and light of fur in the present frame; `scale`: texels per local unit."""
        across, down = self.rng.below(NOISE_SIZE), self.rng.below(NOISE_SIZE)
        self.fur_grain = FUR_NOISE[
            wrap(self.y * (0.55 * scale) + down), wrap(self.x * scale + across)
        ]
        angle = self.rng.uniform(0.0, 2.0 * math.pi)
        slope = 0.5 * math.cos(angle) * self.x + 0.5 * math.sin(angle) * self.y
        self.fur_light = np.clip(0.6 + slope, 0.0, 1.4)

    def paint_fur(self, field, colour, grain=0.16, rim=0.35, outline=None):
        """Paint a solid body: grain all over, darker towards its rim on the side away from light.

        `colour` may be a map of shape (3, size, size). Needs `prepare_fur`.
        """
        if outline is not None:
            self.paint(field - 0.035, outline)
        shade = 1.0 + grain * self.fur_grain
        shade -= rim * np.exp(5.0 * np.minimum(field, 0.0)) * self.fur_light
        self.paint(field, colour * shade)

    def smooth_noise(self, scale):
        """Return smooth noise (-1 to 1) fixed to the local frame; `scale`: texels per unit."""
        across, down = self.rng.below(NOISE_SIZE), self.rng.below(NOISE_SIZE)
        return SMOOTH_NOISE[wrap(self.y * scale + down), wrap(self.x * scale + across)]
