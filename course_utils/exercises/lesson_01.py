"""Exercises of lesson 1: the size of a map, a kernel that shifts, receptive fields, crossings."""

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number


@exercise(
    "01.1",
    hints=(
        "How many places has the window with stride 1? Then take every second of them.",
        "(150 − 5) // 2 + 1. The first place counts too.",
    ),
    solution="answer = (150 - 5) // 2 + 1  # 73",
    praise="right: 146 places with stride 1, and every second of them.",
)
def side_of_a_map(answer):
    answer = number(answer)
    if answer == 146:
        raise Wrong("that is the map with stride 1; the window takes steps of 2.")
    if answer == 75:
        raise Wrong("that is half of the picture; without padding the window needs room.")
    if answer in (72, 72.5):
        raise Wrong("there are 72 steps of 2, and one place before the first step.")
    if answer == 73.5:
        raise Wrong("there is no half place: the last window must fit into the picture.")
    if answer == 74:
        raise Wrong("that is a 3×3 kernel; a 5×5 kernel needs more room.")
    if answer != 73:
        raise Wrong(f"{answer:g} is not it. Try a picture of 7×7 on paper first.")


def correlate(picture, kernel):
    """Apply a kernel, without padding, as the lesson's loop does."""
    windows = np.lib.stride_tricks.sliding_window_view(picture, kernel.shape)
    return (windows * kernel).sum(axis=(2, 3))


def as_kernel(answer):
    """Return the answer as a grid of numbers, or raise `Wrong`."""
    try:
        kernel = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise Wrong("we expect rows of numbers, all of the same length.") from None
    if kernel.ndim != 2 or not np.isfinite(kernel).all():
        raise Wrong("we expect a grid of numbers: a list of rows.")
    return kernel


@exercise(
    "01.2",
    hints=(
        "The map's number at a place comes from the picture's window around that place.",
        "To move to the right, each place must fetch the pixel on its *left*. One weight is 1.",
    ),
    solution="answer = [[0, 0, 0], [1, 0, 0], [0, 0, 0]]  # fetch from the left",
    praise="right: each place fetches its left neighbour, so everything moves to the right.",
)
def shift_to_the_right(answer):
    kernel = as_kernel(answer)
    if kernel.shape != (3, 3):
        raise Wrong(f"we expect 3×3 weights, and these are {kernel.shape[0]}×{kernel.shape[1]}.")
    picture = np.random.default_rng(0).random((9, 9))
    found = correlate(picture, kernel)

    def gives(down, right):
        moved = np.roll(picture, (down, right), axis=(0, 1))[1:-1, 1:-1]
        return np.allclose(found, moved)

    if gives(0, 1):
        return
    if gives(0, -1):
        raise Wrong("it moves the picture to the left. Which neighbour must a place fetch?")
    if gives(0, 0):
        raise Wrong("it leaves the picture where it is.")
    if gives(1, 0) or gives(-1, 0):
        raise Wrong("it moves the picture up or down: rows come first, then columns.")
    if any(gives(down, right) for down in (-1, 1) for right in (-1, 1)):
        raise Wrong("it moves the picture along a diagonal.")
    if np.count_nonzero(kernel) > 1:
        raise Wrong("it mixes several pixels. To move without a change, one weight is enough.")
    raise Wrong("it changes the brightness: what must the only weight be?")


@exercise(
    "01.3",
    hints=(
        "Begin with one pixel. A layer adds (kernel − 1) steps; how many pixels long is a step?",
        "Keep two numbers: the field, and the length of a step in pixels. Each layer first adds "
        "(kernel − 1) · step to the field, then multiplies the step by its stride.",
    ),
    solution="""
    def receptive_field(steps):
        field, step = 1, 1
        for kernel, stride in steps:
            field += (kernel - 1) * step
            step *= stride
        return field
    """,
    praise="right. In lesson 3 you can ask it how far four blocks of convolution and pooling see.",
)
def receptive_field(answer):
    layer, pooling = (3, 1), (2, 2)
    pair = number(function(answer, [layer, layer]))
    if pair == 9:
        raise Wrong("it multiplies the kernels; the second layer adds only two pixels.")
    if pair == 6:
        raise Wrong("it adds up the kernels; neighbouring windows overlap.")
    if pair == 25:
        raise Wrong("it returns the number of pixels; we want the side.")
    if pair != 5:
        raise Wrong(f"two 3×3 layers see 5×5, and it returns {pair:g}.")
    chain = number(answer([layer, pooling, layer]))
    if chain == 6:
        raise Wrong("it forgets the stride: after a pooling a step counts double.")
    if chain == 9:
        raise Wrong("a layer's own stride lengthens the steps of the layers *after* it.")
    if chain != 8:
        raise Wrong(f"layer, pooling, layer see 8×8, and it returns {chain:g}.")
    if number(answer([(3, 2), (3, 2), (5, 1)])) != 23:
        raise Wrong("it fails when two strides follow each other: their lengths multiply.")
    if number(answer([])) != 1:
        raise Wrong("without any layer a number sees its own pixel only.")


@exercise(
    "01.4",
    hints=(
        "Where is the plus bright? And where is a bright surface bright, but not the plus?",
        "Positive weights along the plus, negative weights in the four corners.",
    ),
    solution="""
    answer = [[-1, 1, -1], [1, 1, 1], [-1, 1, -1]]  # plus 5, T 4, lines and corners 3, surface 1
    """,
    praise="it prefers crossings. Which digits excite it? And what about slanted crossings?",
)
def crossing(answer):
    kernel = as_kernel(answer)
    if not all(3 <= side <= 7 for side in kernel.shape):
        raise Wrong("each side of the kernel must have 3 to 7 weights.")
    if not kernel.any():
        raise Wrong("all weights are 0: it never responds to anything.")
    plus = correlate(strokes("left right up down"), kernel).max()
    if plus <= 0:
        raise Wrong("its largest response to a plus is not above 0.")
    others = {
        "an even bright surface": [np.ones((21, 21))],
        "a single bright dot": [strokes("")],
        "a horizontal line": [strokes("left right")],
        "a vertical line": [strokes("up down")],
        "the end of a line": [strokes(arm) for arm in ARMS],
        "the corner of a line": [strokes(f"{x} {y}") for x in ARMS[:2] for y in ARMS[2:]],
        "a T": [strokes(" ".join(arm for arm in ARMS if arm != one)) for one in ARMS],
    }
    for name, pictures in others.items():
        # The solution's plus excites it a quarter more than a T.
        if 7 / 6 * max(correlate(picture, kernel).max() for picture in pictures) > plus + 1e-9:
            raise Wrong(f"{name} excites it as much as a plus, or nearly.")


ARMS = ("left", "right", "up", "down")


def strokes(arms):
    """Draw thin bright arms that meet in the middle of a black picture."""
    picture = np.zeros((21, 21))
    picture[10, 10] = 1
    for arm in arms.split():
        part = slice(0, 10) if arm in ("left", "up") else slice(11, None)
        picture[(10, part) if arm in ("left", "right") else (part, 10)] = 1
    return picture
