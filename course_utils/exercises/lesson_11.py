"""Exercises of lesson 11: receptive field, the size of a gradient, an objective, a dream."""

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number


@exercise(
    "11.1",
    hints=(
        "Begin with 1 pixel. A 3×3 convolution adds 2 steps, a pooling adds 1 step; but after "
        "each pooling a step is twice as long.",
        "Block 1: 1 + 2 + 2 = 5, pooling 6. In block 2 a step is 2 pixels: 10, 14, pooling 16. "
        "In block 3 a step is 4 pixels.",
    ),
    solution="answer = 1 + 2 * 2 + 1 + 2 * (2 * 2) + 2 + 3 * (2 * 4)  # 40",
    praise="right: 40 pixels. A filter of block 1 sees 5.",
)
def receptive_field(answer):
    answer = number(answer)
    if answer == 7:
        raise Wrong("that is what it sees of block 2's output; follow it down to the picture.")
    if answer == 15:
        raise Wrong("that forgets the poolings: after each of them a step is twice as long.")
    if answer == 37:
        raise Wrong("nearly: the poolings see two places each, and add a step of their own.")
    if answer == 44:
        raise Wrong("that is with the pooling after block 3; we ask for its last convolution.")
    if answer == 24:
        raise Wrong("that is `block3_conv1`; two more convolutions follow.")
    if answer != 40:
        raise Wrong(f"{answer:g} is not it. Add up step by step, from the picture.")


@exercise(
    "11.2",
    hints=(
        "`np.sqrt((gradient**2).mean(axis=(1, 2, 3), keepdims=True))` is one size a picture.",
        "Add a tiny number, such as 1e-12, to the size before you divide.",
    ),
    solution="""
    def normalize(gradient):
        size = np.sqrt((gradient**2).mean(axis=(1, 2, 3), keepdims=True))
        return gradient / (size + 1e-12)

    answer = normalize
    """,
    praise="right: weak and strong filters now climb at the same pace.",
)
def normalize(answer):
    gradient = np.random.default_rng(0).normal(size=(3, 4, 4, 3))
    gradient[1] *= 1000
    gradient[2] = 0
    got = np.asarray(function(answer, gradient.copy()))
    if got.shape != gradient.shape:
        raise Wrong(f"the shape has changed from {gradient.shape} to {got.shape}.")
    if not np.isfinite(got).all():
        raise Wrong("a gradient of zeros became 0 / 0: add a tiny number before you divide.")
    sizes = np.sqrt((got[:2] ** 2).mean(axis=(1, 2, 3)))
    if np.allclose(sizes, 1, rtol=1e-3):
        if np.sign(got[0]).ravel() @ np.sign(gradient[0]).ravel() < gradient[0].size * 0.99:
            raise Wrong("the directions have changed: divide, and nothing else.")
        return
    if sizes[1] > 100 * sizes[0]:
        raise Wrong("the second picture's gradient is still far larger: each has its own size.")
    if np.allclose(np.sqrt((got[:2] ** 2).sum(axis=(1, 2, 3))), 1, rtol=1e-3):
        raise Wrong(
            "the *sum* of squares is 1 now; we asked for the mean, so that a step means the same "
            "for a picture of any size."
        )
    if np.allclose(np.abs(got[:2]).max(axis=(1, 2, 3)), 1, rtol=1e-3):
        raise Wrong("the largest value is 1 now; we asked for the root of the mean square.")
    if np.allclose(np.abs(got[:2]).mean(axis=(1, 2, 3)), 1, rtol=1e-3):
        raise Wrong("the mean of the absolute values is 1 now: square, mean, root.")
    raise Wrong(f"the sizes are {sizes[0]:.3g} and {sizes[1]:.3g}, and should be 1.")


@exercise(
    "11.3",
    hints=(
        "Axis 2 goes from left to right: `maps[:, :, : maps.shape[2] // 2, number]`.",
        "The mean over height and width, axes 1 and 2, leaves one value for each picture.",
    ),
    solution="""
    def left_half(maps, number):
        half = maps[:, :, : maps.shape[2] // 2, number]
        return tf.reduce_mean(half, axis=(1, 2))

    answer = left_half
    """,
    praise="right. Put it in place of `own_responses`, and see where the pattern grows.",
)
def left_half(answer):
    maps = np.random.default_rng(0).random((3, 4, 6, 5)).astype("float32")
    got = np.asarray(function(answer, maps, 2))
    means = {
        "left": maps[:, :, :3, 2].mean(axis=(1, 2)),
        "right": maps[:, :, 3:, 2].mean(axis=(1, 2)),
        "upper": maps[:, :2, :, 2].mean(axis=(1, 2)),
        "whole": maps[..., 2].mean(axis=(1, 2)),
    }
    if got.shape == ():
        raise Wrong("this is one value for the whole batch; we want one for each picture.")
    if got.shape != (3,):
        raise Wrong(f"we expect one value for each of 3 pictures, and this is {got.shape}.")
    if np.allclose(got, means["left"], atol=1e-4):
        return
    if np.allclose(got, means["right"], atol=1e-4):
        raise Wrong("this is the right half.")
    if np.allclose(got, means["upper"], atol=1e-4):
        raise Wrong("this is the upper half: axis 1 is the height, axis 2 the width.")
    if np.allclose(got, means["whole"], atol=1e-4):
        raise Wrong("this is the mean over the whole map.")
    if np.allclose(got, maps[:, :, :3].mean(axis=(1, 2, 3)), atol=1e-4):
        raise Wrong("this is the mean over all filters; take the one that is asked for.")
    if np.allclose(got, means["left"] * 12, atol=1e-3):
        raise Wrong("this is the sum; we want the mean.")
    raise Wrong("these are not the means of the left half. Which places do you take?")


@exercise(
    "11.4",
    hints=(
        "`dream(name, picture, steps=...)` gives the picture and its energies.",
        "More steps: more energy, and less likeness. Deep layers move the picture less.",
    ),
    solution="""
    x, energies = dream(deep, picture, steps=30)
    alike = np.corrcoef(picture.ravel(), x.ravel())[0, 1]
    answer = {"layer": deep, "steps": 30, "gain": energies[-1] / energies[0], "alike": alike}
    """,
    praise="a dream that still knows where it began.",
)
def own_dream(answer):
    keys = {"layer", "steps", "gain", "alike"}
    if not isinstance(answer, dict) or set(answer) != keys:
        raise Wrong('we expect {"layer": ..., "steps": ..., "gain": ..., "alike": ...}.')
    steps, gain, alike = (number(answer[key]) for key in ("steps", "gain", "alike"))
    if not isinstance(answer["layer"], str):
        raise Wrong("`layer` is the name of a layer.")
    if steps < 1 or steps != int(steps):
        raise Wrong("`steps` is a whole number, 1 or more.")
    if not -1 <= alike <= 1:
        raise Wrong("a correlation lies between -1 and 1.")
    if gain < 1:
        raise Wrong("the energy has fallen: did you divide before by after?")
    if gain < 3:
        raise Wrong(f"the energy has grown {gain:.1f}-fold; we asked for three. Take more steps.")
    if alike < 0.5:
        raise Wrong(f"a correlation of {alike:.2f}: the picture is hardly itself. Fewer steps?")
