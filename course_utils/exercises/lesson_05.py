"""Exercises of lesson 5: batch normalization, folding, small batches, a gradient."""

import math

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number


@exercise(
    "05.1",
    hints=(
        "Without bias the convolution has its kernel only. BN learns two numbers for each channel.",
        "Kernel: 3 · 3 · 32 · 64. BN: γ and β for each of the 64 channels.",
    ),
    solution="answer = 3 * 3 * 32 * 64 + 2 * 64  # 18,560",
    praise="right: β takes the place of the bias, and γ comes on top.",
)
def learned_parameters(answer):
    answer = number(answer)
    kernel = 3 * 3 * 32 * 64
    if answer == kernel:
        raise Wrong("that is the kernel; BN learns numbers of its own.")
    if answer == kernel + 4 * 64:
        raise Wrong("BN keeps four numbers a channel, but two of them are moving, not learned.")
    if answer in (kernel + 64 + 2 * 64, kernel + 64 + 4 * 64):
        raise Wrong("you counted a bias; this convolution has none.")
    if answer == kernel + 2 * 32:
        raise Wrong("BN sees the channels that come *out* of the convolution: 64, not 32.")
    if answer != kernel + 2 * 64:
        raise Wrong(f"{answer:,.0f} is not it. Count the kernel first, then γ and β.")


@exercise(
    "05.2",
    hints=(
        "Each batch leaves 0.99 of what was there. After n batches 0.99ⁿ of the start is left.",
        "Solve 0.99ⁿ < 0.01 with logarithms, and round up.",
    ),
    solution="answer = int(np.ceil(np.log(0.01) / np.log(0.99)))  # 459",
    praise="right: some hundred batches. Count how many epochs that is for your pictures.",
)
def batches_until_forgotten(answer):
    answer = number(answer)
    right = math.log(0.01) / math.log(0.99)  # 458.2
    if answer in (458, 457) or (answer != int(answer) and abs(answer - right) < 0.5):
        raise Wrong("nearly: after so many batches slightly more than a hundredth is left.")
    if answer in (99, 100):
        raise Wrong("the share does not fall by a hundredth *of the start* at each step.")
    if answer in (1, 2):
        raise Wrong("one batch takes the share from 1 to 0.99; we want it below 0.01.")
    if abs(answer - 44) <= 1:
        raise Wrong("that is the answer for a momentum of 0.9.")
    if answer != 459:
        raise Wrong(f"{answer:g} is not it. What is 0.99 to that power?")


def _folding_case(seed, channels, epsilon):
    rng = np.random.default_rng(seed)
    kernel = rng.normal(size=(3, 3, 4, channels))
    gamma, beta = rng.normal(1, 0.5, channels), rng.normal(size=channels)
    return kernel, gamma, beta, rng.normal(size=channels), rng.random(channels) + 0.2, epsilon


@exercise(
    "05.3",
    hints=(
        "Write BN in use as factor · x + rest, with factor = γ / √(variance + ε).",
        "The convolution is linear: put the factor into the kernel; the rest is the bias.",
    ),
    solution="""
    def fold(kernel, gamma, beta, mean, variance, epsilon):
        factor = gamma / np.sqrt(variance + epsilon)
        return kernel * factor, beta - mean * factor

    check("05.3", fold)
    """,
    praise="right. Many programs fold like this before they put a network to use.",
)
def fold(answer):
    _check_fold(answer, *_folding_case(5, 6, 0.1))
    _check_fold(answer, *_folding_case(6, 3, 0.01))


def _check_fold(answer, kernel, gamma, beta, mean, variance, epsilon):
    case = [np.copy(part) for part in (kernel, gamma, beta, mean, variance)]
    result = function(answer, *case, epsilon)
    if result is None:
        raise Wrong("the function returns nothing; it should return the kernel and the bias.")
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise Wrong("the function must return two things: the new kernel and the bias.")
    new_kernel, bias = (np.asarray(part, dtype=float) for part in result)
    if new_kernel.shape == beta.shape and bias.shape == kernel.shape:
        raise Wrong("first the kernel, then the bias: yours are exchanged.")
    if new_kernel.shape != kernel.shape or bias.shape != beta.shape:
        raise Wrong(f"the shapes must be {kernel.shape} and {beta.shape}.")
    factor = gamma / np.sqrt(variance + epsilon)
    if np.allclose(new_kernel, kernel * factor, rtol=1e-4):
        _check_folded_bias(bias, beta, mean, factor)
        return
    if np.allclose(new_kernel, kernel * gamma / np.sqrt(variance)):
        raise Wrong("you forgot ε under the root.")
    if np.allclose(new_kernel, kernel * gamma / (np.sqrt(variance) + epsilon)):
        raise Wrong("ε belongs under the root, with the variance.")
    if np.allclose(new_kernel, kernel * gamma / (variance + epsilon)):
        raise Wrong("divide by the root of the variance, not by the variance.")
    if np.allclose(new_kernel, kernel / np.sqrt(variance + epsilon)):
        raise Wrong("γ is missing in the kernel.")
    if np.allclose(new_kernel, kernel):
        raise Wrong("the kernel has not changed; the factor belongs into it.")
    raise Wrong("not the same output. Write BN in use as factor · x + rest first.")


def _check_folded_bias(bias, beta, mean, factor):
    if np.allclose(bias, beta - mean * factor, rtol=1e-4, atol=1e-5):
        return
    if np.allclose(bias, beta):
        raise Wrong("the kernel is right; the bias must also take the moving mean away.")
    if np.allclose(bias, beta - mean):
        raise Wrong("the kernel is right; in the bias the mean must be multiplied as well.")
    if np.allclose(bias, (beta - mean) * factor):
        raise Wrong("the kernel is right; β is added after the factor, so it is not multiplied.")
    raise Wrong("the kernel is right, the bias is not: what is left of BN for x = 0?")


@exercise(
    "05.4",
    hints=(
        "Which of the relatives take their mean over the axis of pictures? Take another one.",
        "`layers.GroupNormalization(groups=4)`, or `layers.LayerNormalization(axis=[1, 2, 3])`.",
    ),
    solution="""
    def my_norm():
        return layers.GroupNormalization(groups=4)

    check("05.4", my_norm)
    """,
    praise="it looks at one picture only. Now train with it and with BN, three seeds each.",
)
def norm_for_small_batches(answer):
    if hasattr(answer, "get_weights") and not isinstance(answer, type):
        raise Wrong("each step needs a layer of its own: give the function, not a layer.")
    layer = function(answer)
    if isinstance(layer, type):
        raise Wrong("the function returns a class; call it, so that it returns a layer.")
    if not hasattr(layer, "get_weights") or not callable(layer):
        raise Wrong("the function must return a Keras layer.")
    # As many channels as the first block of the lesson's deep net has.
    maps = np.random.default_rng(0).normal(3, 2, (2, 6, 6, 8)).astype("float32")
    training = {"training": True} if getattr(layer, "_call_has_training_arg", False) else {}

    def normalized(maps):
        return np.asarray(layer(maps, **training)).astype("float32")

    try:
        output = normalized(maps)
    except ValueError as error:
        raise Wrong(f"it does not take maps with 8 channels: {error}") from None
    if output.shape != maps.shape:
        raise Wrong(f"a normalization keeps the shape; {maps.shape} became {output.shape}.")
    if not np.allclose(normalized(maps), output, atol=1e-3):
        raise Wrong("called twice with the same maps, it gives two answers: it draws at random.")
    company = maps.copy()
    company[1] = 5 * company[1] - 7
    if not np.allclose(normalized(company)[0], output[0], atol=1e-2):
        raise Wrong("the first picture's output changed with the second: it looks at the batch.")
    if np.ptp(output) < 1e-3:
        raise Wrong("all numbers of the output are the same: nothing is left of the pictures.")
    if np.allclose(output, maps, atol=1e-2):
        raise Wrong("the output equals the input: nothing was normalized.")
    if len(np.unique(output.round(2))) < 20:
        raise Wrong("the output knows a few values only; a normalization keeps all differences.")
    if not np.allclose(normalized(1000 * maps), output, atol=0.1):
        raise Wrong("maps a thousand times as large give another output: it does not normalize.")


@exercise(
    "05.5",
    hints=(
        "The lesson's two steps: a frame of zeros around the upstream gradient, the kernel turned.",
        "The frame is one row less than the kernel is high, and one column less than it is wide.",
    ),
    solution="""
    def input_gradient(upstream, kernel):
        height, width = kernel.shape
        frame = (height - 1, height - 1), (width - 1, width - 1)
        return slide(np.pad(upstream, frame), kernel[::-1, ::-1])

    check("05.5", input_gradient)
    """,
    praise="right: a full convolution, for any kernel. Each pixel hears from all its windows.",
)
def input_gradient(answer):
    rng = np.random.default_rng(5)
    # A square kernel for the telling mistakes; then others, and a picture of another shape.
    for picture, kernel in (((7, 9), (3, 3)), ((6, 9), (2, 5)), ((8, 5), (4, 1))):
        places = np.subtract(picture, kernel) + 1
        _check_gradient(answer, rng.normal(size=places), rng.normal(size=kernel))


def _check_gradient(answer, upstream, kernel):
    result = function(answer, upstream.copy(), kernel.copy())
    if result is None:
        raise Wrong("the function returns nothing; it should return the gradient.")
    try:
        result = np.asarray(result, dtype=float)
    except (TypeError, ValueError):
        raise Wrong("the function must return an array of numbers.") from None
    right = _back(upstream, kernel)
    case = f"a map of {'×'.join(map(str, upstream.shape))} and a kernel of "
    case += "×".join(map(str, kernel.shape))
    if result.shape == upstream.shape:
        raise Wrong(f"{case}: yours has the size of the map; the picture was larger.")
    if result.shape == tuple(np.subtract(upstream.shape, kernel.shape) + 1):
        raise Wrong(f"{case}: yours is smaller than the map. Where is the frame of zeros?")
    if result.shape == right.shape[::-1] and result.shape != right.shape:
        raise Wrong(f"{case}: rows and columns are exchanged.")
    if result.shape != right.shape:
        raise Wrong(f"{case}: the picture had {right.shape}, and yours is {result.shape}.")
    if np.allclose(result, right, rtol=1e-3, atol=1e-4):
        return
    slid = {  # what was slid over the frame instead of the turned kernel
        "the kernel is not turned.": kernel,
        "the kernel is turned upside down only; its columns turn, too.": kernel[::-1],
        "the kernel is mirrored only; its rows turn, too.": kernel[:, ::-1],
        "the kernel is turned by 90°, not by 180°.": np.rot90(kernel),
        "the kernel is turned by 90° clockwise, not by 180°.": np.rot90(kernel, -1),
        "the kernel is transposed, not turned.": kernel.T,
        "the kernel is turned, but also transposed.": kernel[::-1, ::-1].T,
    }
    for message, other in slid.items():
        back = _back(upstream, other[::-1, ::-1])
        if back.shape == result.shape and np.allclose(result, back, rtol=1e-3, atol=1e-4):
            raise Wrong(f"{case}: {message}")
    inner = tuple(slice(side - 1, 1 - side or None) for side in kernel.shape)
    if right[inner].size and np.allclose(result[inner], right[inner], rtol=1e-3, atol=1e-4):
        raise Wrong(f"{case}: right in the middle, wrong at the edge. The frame holds zeros.")
    if np.ptp(result / right) < 1e-3:
        raise Wrong(f"{case}: all numbers are too large or too small by the same factor.")
    raise Wrong(f"{case}: this is not the gradient. Which windows does a pixel enter?")


def _back(upstream, kernel):
    """Return the gradient of a picture: each window hands its share back, weight by weight."""
    gradient = np.zeros(np.add(upstream.shape, kernel.shape) - 1)
    for (row, column), weight in np.ndenumerate(kernel):
        below, right = row + upstream.shape[0], column + upstream.shape[1]
        gradient[row:below, column:right] += weight * upstream
    return gradient
