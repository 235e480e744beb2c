"""What the small grey pictures share (`digits`, `clothes`): the size, and the camera."""

import math

import numpy as np

SIZE = 28  # pixels a side, as in MNIST and Fashion-MNIST


def finish(canvas, rng, strongest_noise):
    """Add noise of random strength (standard deviation, 0 to 1); return uint8 (size, size, 1)."""
    image = canvas.image[0]
    sd = rng.uniform(0.0, strongest_noise)
    noise = rng.array(*image.shape).astype(np.float32)
    image += math.sqrt(12.0) * sd * (noise - 0.5)  # a uniform's sd is 1/sqrt(12)
    np.clip(image, 0.0, 1.0, out=image)
    return (image * 255.0 + 0.5).astype(np.uint8)[..., None]
