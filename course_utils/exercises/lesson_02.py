"""Exercises of lesson 2: a quiz, parameters and picture size, map sizes, shuffled pixels."""

import re

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number

QUIZ = "bcaccba"
# For each question, what the wrong letters have overlooked.
MISSED = (
    {
        "a": "the same kernels run over the larger picture; no place has weights of its own.",
        "c": "the side of the picture does not occur in (3 · 3 · channels + 1) · filters.",
    },
    {
        "a": "that is without padding; padding makes the picture 36 wide.",
        "b": "36 − 5 leaves 31, that is 15 whole steps of 2; the first place counts as well.",
    },
    {
        "b": "it takes the largest of four numbers; nothing is multiplied.",
        "c": "it looks anew in every window; there is nothing to remember.",
    },
    {
        "a": "a kernel is as deep as the maps that it reads.",
        "b": "we ask for one kernel, whatever the number of filters.",
    },
    {
        "a": "that is what one convolution sees; the second reads 3×3 numbers of the first map.",
        "b": "neighbouring windows overlap: the second adds one pixel on each side.",
    },
    {
        "a": "a 1×1 window fits everywhere: height and width stay.",
        "c": "the window is one pixel wide but 256 channels deep.",
    },
    {
        "b": "invariant would be a map that stays as it is.",
        "c": "there is a word for moving along with the picture.",
    },
)


@exercise(
    "02.1",
    hints=(
        "Questions 1 and 4: write down (kernel · kernel · channels + 1) · filters. Question 2: lay "
        "the first window at the border and count the steps.",
        "1: same kernels everywhere. 2: (32 + 2 · 2 − 5) // 2 + 1. 3: a maximum has no weights. 4: "
        "3 · 3 · 64. 5: each convolution adds 2. 6: think of the depth. 7: it moves along.",
    ),
    solution='answer = "bcaccba"',
    praise="all seven right.",
)
def quiz(answer):
    if not isinstance(answer, str):
        several = isinstance(answer, (list, tuple, np.ndarray))
        if not several or not all(isinstance(one, str) for one in answer):
            raise Wrong(f"we expect a text of seven letters, and this is {type(answer).__name__}.")
        answer = "".join(answer)
    letters = re.sub("[^a-z]", "", answer.lower())
    if len(letters) != len(QUIZ):
        raise Wrong(f"we expect seven letters, and these are {len(letters)}.")
    if set(letters) - set("abc"):
        raise Wrong("the letters are a, b and c.")
    wrong = [i for i, (said, right) in enumerate(zip(letters, QUIZ, strict=True)) if said != right]
    if wrong:
        first = wrong[0]
        question = ("one", "two", "three", "four", "five", "six", "seven")[first]
        raise Wrong(
            f"{len(QUIZ) - len(wrong)} of {len(QUIZ)} are right. Look at question {question} "
            f"again: {MISSED[first][letters[first]]}"
        )


@exercise(
    "02.2",
    hints=(
        "The convolutions keep their parameters. How large is the last map?",
        "56 → 54 → 27 → 25 → 12 → 10: the last map is 10×10×64, and `Flatten` keeps all of it.",
    ),
    solution="answer = 55_744 + (10 * 10 * 64 + 1) * 64 + (64 + 1) * 10  # 466,058",
    praise="right: the convolutions have not grown at all, the first dense layer elevenfold.",
)
def larger_pictures(answer):
    answer = number(answer)
    dense, decision = (10 * 10 * 64 + 1) * 64, 650
    if answer == 93_322:
        raise Wrong("the convolutions stay as they are, but the map that `Flatten` gets grows.")
    if answer == 4 * 93_322:
        raise Wrong("four times the pixels, but only one layer depends on the picture's size.")
    if answer == 55_744 + (6 * 6 * 64 + 1) * 64 + decision:
        raise Wrong("the last map is not twice as wide: follow the side from layer to layer.")
    if answer == 55_744 + (12 * 12 * 64 + 1) * 64 + decision:
        raise Wrong("12×12 is the map after the second pooling; a convolution follows.")
    if answer in (dense + decision, dense, 55_744 + dense):
        raise Wrong("a part is missing: convolutions, dense layer, decision.")
    if answer != 55_744 + dense + decision:
        raise Wrong(f"{answer:,.0f} is not it. Follow the side: 56, 54, 27, …")


@exercise(
    "02.3",
    hints=(
        "How many steps of `stride` fit, when the first window lies at the border?",
        "Padded, the picture is side + 2 · padding wide; // divides and drops the rest.",
    ),
    solution="""
    def map_side(side, kernel, stride, padding):
        return (side + 2 * padding - kernel) // stride + 1
    """,
    praise="right, for every kernel, stride and padding.",
)
def map_side(answer):
    def right(side, kernel, stride, padding):
        return (side + 2 * padding - kernel) // stride + 1

    def said(*case):
        try:
            return number(function(answer, *case))
        except ZeroDivisionError:
            raise Wrong("it divides by 0: here the stride comes before the padding.") from None

    cases = [(28, 3, 1, 0), (5, 3, 1, 0), (5, 3, 1, 1), (32, 5, 2, 2), (8, 3, 2, 0), (8, 3, 3, 1)]
    wrong = [case for case in cases if said(*case) != right(*case)]
    if not wrong:
        return
    if all(said(*case) == right(*case) - 1 for case in cases):
        raise Wrong("the first window counts as well: one is missing everywhere.")
    if all(int(said(*case)) == right(*case) for case in cases):
        raise Wrong("a map has whole pixels: drop what does not fill a step.")
    if all(case[3] > 0 for case in wrong):
        raise Wrong("it is right without padding. Padding is added on both sides.")
    if all(case[2] > 1 for case in wrong):
        raise Wrong("it is right for stride 1. How many steps of `stride` fit?")
    case = wrong[0]
    raise Wrong(
        f"side {case[0]}, kernel {case[1]}, stride {case[2]}, padding {case[3]} gives "
        f"{right(*case)}, and your function says {said(*case):g}."
    )


@exercise(
    "02.4",
    hints=(
        "Compile `keras.models.clone_model(dense)` and `build_convnet()`, then `model.fit` with "
        "`shuffle_pixels(train.images)` and, for validation, `shuffle_pixels(validation.images)`.",
        "`fit` of the lesson takes its own pictures; call `model.fit` and keep what it returns. "
        "Give both networks the same number of epochs.",
    ),
    solution="""
    def on_shuffled(model):
        model.compile("rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        judges = shuffle_pixels(validation.images), validation.labels
        return model.fit(
            shuffle_pixels(train.images), train.labels, batch_size, epochs, verbose=0,
            validation_data=judges,
        )

    answer = {
        "dense": on_shuffled(keras.models.clone_model(dense)),
        "convnet": on_shuffled(build_convnet()),
    }
    """,
    praise="the dense network does as well as before; the convnet has lost what made it better: "
    "neighbours that belong together.",
)
def on_shuffled_pixels(answer):
    if not isinstance(answer, dict) or set(answer) != {"dense", "convnet"}:
        raise Wrong('we expect {"dense": ..., "convnet": ...}.')
    reached, epochs = {}, {}
    for name, history in answer.items():
        if not hasattr(history, "history") or not hasattr(history, "model"):
            raise Wrong(f"for {name} we expect what `model.fit` returns, the object itself.")
        curve = _judged(history.history)
        reached[name], epochs[name] = curve[-1], len(curve)
        convolves = any("Conv" in kind for kind in _kinds(history.model))
        if name == "dense" and convolves:
            raise Wrong("the dense network must have no convolution.")
        if name == "convnet" and not convolves:
            raise Wrong("the convnet has no convolution; were the two mixed up?")
    if epochs["dense"] != epochs["convnet"]:
        raise Wrong("give both networks the same number of epochs, or you compare budgets.")
    if max(reached.values()) < 0.3:
        raise Wrong("both guess: were training and validation shuffled in the same order?")
    if reached["dense"] < 0.8:
        raise Wrong("the dense network should do as well as before. Did it get enough epochs?")
    if reached["convnet"] < 0.3:
        raise Wrong("the convnet guesses: did it get pictures in two different orders?")
    if reached["convnet"] > reached["dense"] + 0.02:
        raise Wrong("shuffled pixels have no neighbours: did the convnet get shuffled pictures?")


def _judged(history):
    """Return the validation accuracies of a training."""
    found = [values for key, values in history.items() if key.startswith("val_") and "acc" in key]
    if not found or not len(found[0]):
        raise Wrong("there is no validation accuracy: pass `validation_data` and `metrics`.")
    return [float(value) for value in found[0]]


def _kinds(model):
    """Yield the class names of all layers, those inside other models too."""
    for layer in model.layers:
        yield type(layer).__name__
        if hasattr(layer, "layers"):
            yield from _kinds(layer)
