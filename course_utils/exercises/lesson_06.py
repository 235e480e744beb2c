"""Exercises of lesson 6: small windows, a reduced branch, separable shares, ways of reuse."""

import math

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number


@exercise(
    "06.1",
    hints=(
        "With C channels in and out, one 3×3 convolution has 3 · 3 · C · C weights.",
        "Three of them: 27 · C · C. The 7×7: 49 · C · C. C falls out.",
    ),
    solution="answer = 3 * 3 * 3 / (7 * 7)  # 27/49, about 0.55",
    praise="right: little more than half, with two more ReLUs in between. That is VGG's idea.",
)
def three_small_windows(answer):
    answer = number(answer)
    if math.isclose(answer, 49 / 27, abs_tol=0.01):
        raise Wrong("that is the other way round: the 7×7 as a multiple of the three.")
    if math.isclose(answer, 9 / 49, abs_tol=0.005):
        raise Wrong("that is one 3×3 convolution; there are three.")
    if math.isclose(answer, 22 / 49, abs_tol=0.005):
        raise Wrong("that is the share we save; we ask for the share that is needed.")
    if math.isclose(answer, 9 / 7, abs_tol=0.01) or math.isclose(answer, 3 / 7, abs_tol=0.005):
        raise Wrong("a window has side · side weights, not side.")
    if math.isclose(answer, 27 / 49 * 100, abs_tol=0.5):
        raise Wrong("that is in percent; give the share, between 0 and 1.")
    if not math.isclose(answer, 27 / 49, abs_tol=0.005):
        raise Wrong(f"{answer:g} is not it. Count the weights of both, with C channels.")


_PLACES, _REDUCE, _LARGE = 28 * 28, 256 * 32, 5 * 5 * 32 * 64


@exercise(
    "06.2",
    hints=(
        "Add up the two layers; each multiplies weights × places times.",
        "The 1×1 has 256 · 32 weights, the 5×5 has 5 · 5 · 32 · 64. Both at 28 · 28 places.",
    ),
    solution="answer = 28 * 28 * (256 * 32 + 5 * 5 * 32 * 64)  # 46,563,328",
    praise="right: a seventh of the 5×5 convolution on all 256 channels.",
)
def reduced_branch(answer):
    answer = number(answer)
    if answer == _PLACES * 5 * 5 * 256 * 64:
        raise Wrong("that is the branch without the 1×1 convolution.")
    if answer == _REDUCE + _LARGE:
        raise Wrong("these are the weights; each is used at 28 · 28 places.")
    if answer == _PLACES * _LARGE:
        raise Wrong("that is the 5×5 alone; the 1×1 takes its share too.")
    if answer == _PLACES * _REDUCE:
        raise Wrong("that is the 1×1 alone; the 5×5 is missing.")
    if answer == _PLACES * (256 * 32 + 5 * 32 * 64):
        raise Wrong("a 5×5 window has 25 places of its own, not 5.")
    if answer != _PLACES * (_REDUCE + _LARGE):
        raise Wrong(f"{answer:,.0f} is not it. Count the two layers one by one.")


@exercise(
    "06.3",
    hints=(
        "With k the side, i channels in and o out, a place costs k·k·i·o in full, and k·k·i + i·o "
        "separated.",
        "Divide the second by the first; i falls out.",
    ),
    solution="""
    def share_left(side, channels):
        return 1 / channels + 1 / side**2
    """,
    praise="right. For a 3×3 window it can never fall below a ninth.",
)
def share_left(answer):
    for side, channels in ((3, 8), (5, 64), (7, 3)):
        got = number(function(answer, side, channels))
        right = 1 / channels + 1 / side**2

        def is_like(other, got=got):
            return math.isclose(got, other, rel_tol=1e-5)

        if is_like(right):
            continue
        if is_like(1 / right):
            raise Wrong("that is how many times cheaper it is; we ask for the share that is left.")
        if is_like(1 - right):
            raise Wrong("that is the share we save; we ask for the share that is left.")
        if is_like(1 / side**2):
            raise Wrong("that is the pointwise part alone; the depthwise windows cost too.")
        if is_like(1 / channels):
            raise Wrong("that is the depthwise part alone; the 1×1 convolution costs too.")
        if is_like(1 / channels + 1 / side):
            raise Wrong("the window has side · side weights.")
        raise Wrong(
            f"for side {side} and {channels} channels it should be {right:.4f}, not {got:g}."
        )


@exercise(
    "06.4",
    hints=(
        "Ask of each: are our classes among the old ones? Do the pictures change? May the base?",
        "1 needs no training at all; in 4 there is enough data to move the base.",
    ),
    solution='answer = "CSIW"',
    praise="right. Our classes, the pictures and the amount of data decide.",
)
def which_way(answer):
    answer = answer.values() if isinstance(answer, dict) else answer
    try:
        parts = list(answer)
    except TypeError:
        raise Wrong('we expect four letters, such as "CCSW".') from None
    # Whole words count by their first letter, and separators do not count.
    letters = "".join(str(part).strip()[:1] for part in parts).upper()
    letters = "".join(letter for letter in letters if letter.isalpha())
    if len(letters) != 4 or set(letters) - set("CSIW"):
        raise Wrong("we expect four letters out of C, S, I and W, one for each situation.")
    if letters[0] != "C":
        raise Wrong("situation 1: the network knows these very classes. What is left to train?")
    if letters[1:3] == "IS":
        raise Wrong("situations 2 and 3 are exchanged: in which of them do the pictures change?")
    if letters[1] != "S":
        raise Wrong("situation 2: the pictures never change. How often must the base see them?")
    if letters[2] == "W":
        raise Wrong("situation 3: the base stays as it is, so it is no start for training.")
    if letters[2] != "I":
        raise Wrong("situation 3: no view is stored or seen twice. When does the base see it?")
    if letters[3] != "W":
        raise Wrong("situation 4: foreign pictures, and enough of them for the base to learn anew.")


@exercise(
    "06.5",
    hints=(
        "`keras.Model(classifier.input, classifier.get_layer(name).output)` reads any layer. If "
        "its output has four axes, take the mean over axes 1 and 2.",
        "Then, for each name: `probe = fit_probe(read(name, train.images), train.labels)`, judged "
        "on `validation` as in `probe_scores`. Larger pictures must shrink to 64×64 first: "
        "`keras.ops.image.resize`.",
    ),
    solution="""
    def read(name, images):
        reader = keras.Model(classifier.input, classifier.get_layer(name).output)
        numbers = reader.predict(images, verbose=0)
        return numbers.mean(axis=(1, 2)) if numbers.ndim == 4 else numbers

    check("06.5", read)
    for name in ("block5_pool", "top_dense", "top_softmax"):
        probe = fit_probe(read(name, train.images), train.labels)
        print(name, (probe(read(name, validation.images)) == validation.labels).mean())
    """,
    praise="you read what the layer says. Now probe: where do the old classes take over?",
)
def beyond_the_base(answer):
    from course_utils.data.toys import zoo
    from course_utils.models import backbones

    classifier = backbones.load("minivgg", include_top=True)
    images, _ = zoo.make(6, split="validation")
    for name in ("block5_pool", "top_dense", "top_softmax"):
        got = function(answer, name, np.copy(images))
        if got is None:
            raise Wrong("the function returns nothing; it should return the layer's numbers.")
        if isinstance(got, dict | str) or callable(got):
            raise Wrong(f"it returns a {type(got).__name__}, and should return the numbers.")
        output = images.astype("float32")
        for layer in classifier.layers[1:]:
            output = layer(output, training=False)
            if layer.name == name:
                break
        output = np.asarray(output).astype("float32")
        _check_read(name, np.asarray(got).astype("float32"), output)


def _check_read(name, got, output):
    """Compare what a student read from a layer with the layer's output."""
    count, maps = len(output), output.ndim == 4
    if got.shape == output.shape and maps:
        raise Wrong(f"{name} gives maps: take each channel's mean over the places.")
    if maps and got.size == output.size:
        raise Wrong(f"{name}: every place has numbers of its own here; take the mean over them.")
    if maps and got.size == output[..., 0].size:
        raise Wrong(f"{name}: the mean is over the places, not over the channels.")
    wanted = output.mean(axis=(1, 2)) if maps else output
    if got.ndim == 0 or len(got) != count:
        raise Wrong(f"{name}: {count} pictures should give {count} rows.")
    if got.shape != wanted.shape and got.shape[-1] in (128, 256, 40):
        raise Wrong(f"{name}: as many numbers as another layer has. Does it read the layer named?")
    if got.shape != wanted.shape:
        raise Wrong(f"{name}: each row should hold {wanted.shape[1]} numbers.")
    near = 0.03 * np.abs(wanted).max()  # what half precision may do

    def is_like(other):
        return np.abs(got - other).max() <= near

    if is_like(wanted):
        return
    if maps and is_like(output.max(axis=(1, 2))):
        raise Wrong(f"{name}: that is the maximum over the places, not the mean.")
    if np.ptp(got, axis=0).max() <= near:
        raise Wrong(f"{name}: every picture gets the same row.")
    raise Wrong(f"{name}: these are not the numbers of that layer. Raw pictures go in, 0 to 255.")
