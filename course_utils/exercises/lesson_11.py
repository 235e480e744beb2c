"""Exercises of lesson 11: receptive field, the size of a gradient, two objectives."""

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
    """,
    praise="right: weak and strong filters now climb at the same pace.",
)
def normalize(answer):
    draw = np.random.default_rng(0)
    gradient = draw.normal(size=(3, 4, 4, 3))
    gradient[1] *= 1000
    gradient[2] = 0
    _check_sizes(answer, gradient)
    try:
        _check_sizes(answer, draw.exponential(size=(2, 7, 5, 3)) * [[[[0.01]]], [[[3.0]]]])
    except Wrong:
        raise Wrong(
            "right for three pictures of 4×4, and wrong for two of 7×5: is a number of pictures "
            "or pixels written into the function?"
        ) from None


def _check_sizes(answer, gradient):
    got = np.asarray(function(answer, gradient.copy()))
    if got.shape != gradient.shape:
        raise Wrong(f"the shape has changed from {gradient.shape} to {got.shape}.")
    if not np.isfinite(got).all():
        raise Wrong("a gradient of zeros became 0 / 0: add a tiny number before you divide.")
    sizes = np.sqrt((got[:2] ** 2).mean(axis=(1, 2, 3)))
    root = np.sqrt((gradient**2).mean(axis=(1, 2, 3), keepdims=True))
    if np.allclose(got, gradient / np.where(root, root, 1), atol=1e-3):
        return
    if np.allclose(got, np.sign(gradient)):
        raise Wrong(
            "every pixel now takes a step of the same length: that is the sign. A pixel that "
            "matters little should move little."
        )
    if np.allclose(sizes, 1, rtol=1e-3):
        if np.array_equal(np.sign(got[:2]), np.sign(gradient[:2])):
            raise Wrong("the size is right, but some pixels have grown more than others.")
        raise Wrong("the directions have changed: divide, and nothing else.")
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
    """,
    praise="right. Put it in place of `own_responses`, and see where the pattern grows.",
)
def left_half(answer):
    draw = np.random.default_rng(0)
    _check_half(answer, draw.random((3, 4, 6, 5)).astype("float32"), 2)
    try:
        _check_half(answer, draw.random((2, 5, 10, 3)).astype("float32"), 0)
    except Wrong:
        raise Wrong(
            "right for filter 2 and maps of 4×6, and wrong for filter 0 and maps of 5×10: is a "
            "number written into the function?"
        ) from None


def _check_half(answer, maps, number):
    got = np.asarray(function(answer, maps, number))
    half = maps.shape[2] // 2
    means = {
        "left": maps[:, :, :half, number].mean(axis=(1, 2)),
        "right": maps[:, :, half:, number].mean(axis=(1, 2)),
        "upper": maps[:, : maps.shape[1] // 2, :, number].mean(axis=(1, 2)),
        "whole": maps[..., number].mean(axis=(1, 2)),
    }
    if got.shape == ():
        raise Wrong("this is one value for the whole batch; we want one for each picture.")
    if got.shape != (len(maps),):
        raise Wrong(f"we expect one value for each of {len(maps)} pictures, and got {got.shape}.")
    if np.allclose(got, means["left"], atol=1e-4):
        return
    if np.allclose(got, means["right"], atol=1e-4):
        raise Wrong("this is the right half.")
    if np.allclose(got, means["upper"], atol=1e-4):
        raise Wrong("this is the upper half: axis 1 is the height, axis 2 the width.")
    if np.allclose(got, means["whole"], atol=1e-4):
        raise Wrong("this is the mean over the whole map.")
    if np.allclose(got, maps[:, :, :half].mean(axis=(1, 2, 3)), atol=1e-4):
        raise Wrong("this is the mean over all filters; take the one that is asked for.")
    if np.allclose(got, maps[:, :, :half, number].sum(axis=(1, 2)), atol=1e-3):
        raise Wrong("this is the sum; we want the mean.")
    raise Wrong("these are not the means of the left half. Which places do you take?")


@exercise(
    "11.4",
    hints=(
        "First the responses of the two filters: the mean over axes 1 and 2 of "
        "`maps[..., first]` and of `maps[..., second]`. Then make one value of the two.",
        "The sum grows as much with the stronger. The product grows more with the weaker; the "
        "smaller of the two, `tf.minimum`, grows with the weaker alone.",
    ),
    solution="""
    def both(maps, first, second):
        one = tf.reduce_mean(maps[..., first], axis=(1, 2))
        other = tf.reduce_mean(maps[..., second], axis=(1, 2))
        return tf.minimum(one, other)
    """,
    praise="it climbs for both. Compare the product and the smaller of the two.",
)
def both(answer):
    draw = np.random.default_rng(0)
    for shape, first, second in (((3, 4, 6, 5), 1, 3), ((2, 5, 5, 4), 2, 0)):
        maps = draw.uniform(0.5, 1.0, shape).astype("float32")
        maps[0, ..., first] += 2  # in the first picture `second` is the weaker, then `first`
        maps[1:, ..., second] += 2
        _check_climb(answer, maps, first, second)


def _check_climb(answer, maps, first, second):
    """Raise each filter's answers a little, picture by picture, and see who moves the value."""

    def value(changed):
        got = np.asarray(function(answer, changed, first, second), dtype="float64")
        if got.shape == ():
            raise Wrong("this is one value for the whole batch; we want one for each picture.")
        if got.shape != (len(maps),):
            raise Wrong(f"we expect one value for each picture, ({len(maps)},), not {got.shape}.")
        if not np.isfinite(got).all():
            raise Wrong("a value is infinite or no number: nobody can climb on it.")
        return got

    def gain(filters, row, column):
        changed = maps.copy()
        changed[:, row, column, filters] += 0.4
        return value(changed) - value(maps)

    corners = [(0, 0), (-1, -1)]
    others = [k for k in range(maps.shape[-1]) if k not in (first, second)]
    if any(np.abs(gain(others, *corner)).max() > 1e-5 for corner in corners):
        raise Wrong("the value changes with other filters too: take the two that are asked for.")
    changed = maps.copy()
    changed[1:] *= 2
    if abs(value(changed)[0] - value(maps)[0]) > 1e-5:
        raise Wrong("a picture's value changes with the other pictures of the batch.")
    weaker = np.array([second] + [first] * (len(maps) - 1))
    one, other = (np.array([gain(k, *corner) for corner in corners]) for k in (first, second))
    for_weaker = np.where(weaker == first, one, other)
    for_stronger = np.where(weaker == first, other, one)
    if max(np.abs(one).max(), np.abs(other).max()) < 1e-6:
        raise Wrong("the value is the same whatever the two filters answer.")
    if (for_weaker < -1e-6).any() or (for_stronger < -1e-6).any():
        raise Wrong("it falls when one of the two answers more: both have to lift it.")
    for k, lift in ((first, one), (second, other)):
        if np.abs(lift).max() < 1e-6:
            which = "first" if k == first else "second"
            raise Wrong(f"the {which} filter has no part in it.")
    if (for_weaker.max(axis=0) < 1e-6).any():
        raise Wrong("where one filter answers less, it has no part: the climb leaves it behind.")
    if (for_weaker < 1e-6).any():
        raise Wrong("it looks at some places only: take the mean over the whole map.")
    if (for_stronger > 1.001 * for_weaker).any():
        raise Wrong("it grows more with the stronger filter: the climb leaves the weaker behind.")
    if (for_stronger > 0.999 * for_weaker).any():
        raise Wrong(
            "it grows as much with the stronger filter as with the weaker one, like a sum: the "
            "climb may raise the stronger alone."
        )
