"""Exercises of lesson 7: the size of a head, the cost of a pass, another pooling."""

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number


@exercise(
    "07.1",
    hints=(
        "`Flatten` makes one row of 7 · 7 · 1,280 numbers. Dropout has no parameters.",
        "(inputs + 1) · 256 for the dense layer, (256 + 1) · 1 for the sigmoid unit.",
    ),
    solution="answer = (7 * 7 * 1280 + 1) * 256 + (256 + 1) * 1  # 16,056,833",
    praise="right: sixteen million, nearly all of them in one layer.",
)
def flatten_head(answer):
    answer = number(answer)
    flat = 7 * 7 * 1280
    if answer == 4 * 4 * 512 * 256 + 256 + 257:
        raise Wrong("that is the head on VGG16, as in the lesson; here we have 7·7·1,280.")
    if answer == (flat + 1) * 256:
        raise Wrong("that is the dense layer; the sigmoid unit has parameters of its own.")
    if answer == flat * 256:
        raise Wrong("these are the dense layer's weights; add biases and the sigmoid unit.")
    if answer == (1280 + 1) * 256 + 257:
        raise Wrong("that is the head on averages; `Flatten` keeps all 7 · 7 places.")
    if answer != (flat + 1) * 256 + 257:
        raise Wrong(f"{answer:,.0f} is not it. Add up the layers one by one.")


@exercise(
    "07.2",
    hints=(
        "The average leaves one number for each channel.",
        "(1,280 + 1) · 256 + (256 + 1).",
    ),
    solution="answer = (1280 + 1) * 256 + (256 + 1)  # 328,193",
    praise="right: about a fiftieth of the head on `Flatten`.",
)
def average_head(answer):
    answer = number(answer)
    if answer == (7 * 7 * 1280 + 1) * 256 + 257:
        raise Wrong("that is the head on `Flatten`; the average forgets the 7 · 7 places.")
    if answer == (7 * 7 + 1) * 256 + 257:
        raise Wrong("the mean goes over the places, not over the channels: 1,280 numbers are left.")
    if answer == (1280 + 1) * 256:
        raise Wrong("that is the dense layer; the sigmoid unit has parameters of its own.")
    if answer == 1281 * 256 + 256:
        raise Wrong("nearly: the sigmoid unit has a bias, too.")
    if answer != (1280 + 1) * 256 + 257:
        raise Wrong(f"{answer:,.0f} is not it. How many numbers does the average leave?")


@exercise(
    "07.3",
    hints=(
        "Write down both sums in milliseconds: 2,000 pictures, 50 epochs.",
        "Base in every epoch: 50 · 2,000 · (10 + 0.1). Base once: 2,000 · 10 + 50 · 2,000 · 0.1.",
    ),
    solution="answer = 50 * 2000 * (10 + 0.1) / (2000 * 10 + 50 * 2000 * 0.1)  # about 33.7",
    praise="right: 1,010 seconds against 30.",
)
def times_longer(answer):
    answer = number(answer)
    if abs(answer - 50) < 0.5:
        raise Wrong("the base alone would be 50 times; but the head costs the same in both cases.")
    if abs(answer - 101) < 1.5:
        raise Wrong("that compares the two costs for one picture, not the two trainings.")
    if abs(answer - 30 / 1010) < 0.005:
        raise Wrong("that is the other way round.")
    if abs(answer - 980) < 1:
        raise Wrong("that is the difference in seconds; we ask how many times longer.")
    if abs(answer - 1010 / 30) > 0.5:
        raise Wrong(f"{answer:g} is not it. Both trainings pay the head in every epoch.")


@exercise(
    "07.4",
    hints=(
        "`features.mean(axis=(1, 2))` is the average; `max` takes the same axes.",
        "`np.concatenate([a, b], axis=1)` puts them side by side.",
    ),
    solution="""
    def pool(features):
        return np.concatenate([features.mean(axis=(1, 2)), features.max(axis=(1, 2))], axis=1)
    """,
    praise="a fair middle between the two. Does a head on it lead with each of three seeds?",
)
def own_pooling(answer):
    rng = np.random.default_rng(0)
    features = rng.random((5, 4, 4, 8)).astype("float32")
    pooled = _pooled(answer, features)
    if pooled.shape[1] <= 8:
        raise Wrong("this keeps no more numbers than the mean does.")
    if pooled.shape[1] >= 4 * 4 * 8:
        raise Wrong("this is as large as `Flatten`.")
    if not np.allclose(_pooled(answer, features), pooled):
        raise Wrong("the same features give other numbers at the second call: this is noise.")
    if np.allclose(_pooled(answer, features[::-1] + 1), pooled):
        raise Wrong("the numbers stay the same when the features change.")
    other = features.copy()
    other[1:] = 0
    if not np.allclose(_pooled(answer, other)[0], pooled[0], atol=1e-4):
        raise Wrong("one picture's numbers depend on the other pictures: check your axes.")
    # The same means, but each channel of each picture is wider about its mean.
    means = features.mean(axis=(1, 2), keepdims=True)
    if np.allclose(_pooled(answer, means + 2 * (features - means)), pooled, atol=1e-4):
        raise Wrong("pictures with the same means get the same numbers: this adds nothing to them.")
    wide = rng.random((3, 2, 6, 10)).astype("float32")
    if _pooled(answer, wide).shape[1] >= 2 * 6 * 10:
        raise Wrong(f"for maps of another size, {wide.shape}, this is as large as `Flatten`.")


def _pooled(answer, features):
    """Return what the student's function makes of features, one row for each picture."""
    pooled = np.asarray(function(answer, features))
    if pooled.ndim != 2 or len(pooled) != len(features):
        raise Wrong(f"we expect one row for each picture; {features.shape} became {pooled.shape}.")
    if not np.isfinite(pooled).all():
        raise Wrong("some numbers are not finite.")
    return pooled
