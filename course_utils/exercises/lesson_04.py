"""Exercises of lesson 4: affine matrices, and where augmentation belongs."""

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number


def _matrix(answer):
    try:
        matrix = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise Wrong("we expect a 3×3 matrix of numbers.") from None
    if matrix.shape != (3, 3):
        raise Wrong(f"we expect a 3×3 matrix; this has the shape {matrix.shape}.")
    return matrix


@exercise(
    "04.1",
    hints=(
        "A shift leaves the 2×2 part alone: it is the unit matrix.",
        "The shift stands in the third column; up is negative, because y points down.",
    ),
    solution="answer = np.array([[1, 0, 10], [0, 1, -4], [0, 0, 1]])",
    praise="right: (x, y, 1) goes to (x + 10, y - 4, 1).",
)
def shift_matrix(answer):
    matrix = _matrix(answer)
    right = np.array([[1, 0, 10], [0, 1, -4], [0, 0, 1.0]])
    if np.allclose(matrix, right):
        return
    if np.allclose(matrix, right.T):
        raise Wrong("the shift belongs into the third column, not into the third row.")
    if np.allclose(matrix, [[1, 0, 10], [0, 1, 4], [0, 0, 1]]):
        raise Wrong("this moves down: y points down, so up is negative.")
    if np.allclose(matrix, [[1, 0, -4], [0, 1, 10], [0, 0, 1]]):
        raise Wrong("x and y are exchanged: the first row belongs to x.")
    if not np.allclose(matrix[:2, :2], np.eye(2)):
        raise Wrong("a shift neither turns nor zooms: the 2×2 part is the unit matrix.")
    raise Wrong("not this shift. Multiply your matrix by (0, 0, 1) and see where the centre goes.")


@exercise(
    "04.2",
    hints=(
        "The matrix next to the point acts first.",
        "The point p becomes T (S p).",
    ),
    solution="""
    def shift_then_turn(S, T):
        return T @ S
    """,
    praise="right: the map that acts first stands next to the point, on the right.",
)
def order_of_maps(answer):
    turn = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    shift = np.array([[1.0, 0, 5], [0, 1, 0], [0, 0, 1]])
    matrix = _matrix(function(answer, shift, turn))
    if np.allclose(matrix, turn @ shift):
        others = np.random.default_rng(0).normal(size=(2, 3, 3))
        if not np.allclose(_matrix(answer(*others)), others[1] @ others[0]):
            raise Wrong("it holds for one pair of matrices only; use `S` and `T` themselves.")
        return
    if np.allclose(matrix, shift @ turn):
        raise Wrong("this turns first and shifts afterwards.")
    if np.allclose(matrix, turn * shift):
        raise Wrong("`*` multiplies number by number; the matrix product is `@`.")
    if np.allclose(matrix, turn + shift):
        raise Wrong("one map after the other is a product, not a sum.")
    raise Wrong("this is neither of the two products of `S` and `T`.")


@exercise(
    "04.3",
    hints=(
        "Which pictures stand for those that the network will meet in the world?",
        "Only one of the three is there to learn from.",
    ),
    solution='answer = ["train"]',
    praise="right. Judge by pictures as they are.",
)
def where_it_belongs(answer):
    if not isinstance(answer, (str, list, tuple, set, frozenset, dict, np.ndarray)):
        raise Wrong('we expect a list of names, such as ["test"].')
    names = {answer} if isinstance(answer, str) else {str(name) for name in answer}
    unknown = names - {"train", "validation", "test"}
    if unknown:
        raise Wrong(f"we know no dataset called {', '.join(map(repr, sorted(map(str, unknown))))}.")
    if "train" not in names and names:
        raise Wrong("the pictures to learn from are missing.")
    if "validation" in names:
        raise Wrong("warped validation pictures would judge by pictures that nobody takes.")
    if "test" in names:
        raise Wrong("the test pictures are the exam; the world does not warp them.")
    if not names:
        raise Wrong("then nothing would be augmented at all.")


@exercise(
    "04.4",
    hints=(
        "Which transforms turn one digit into another, or into none?",
        "Turned far enough, a 6 is a 9. What does a mirror make of a 2?",
    ),
    solution="""
    answer = RandomAffine(rotation=15, width_shift=0.1, height_shift=0.1, shear=0.2, zoom=0.1)
    """,
    praise="fair: nobody would read another digit, and no two draws are the same.",
)
def digits(answer):
    from course_utils.models import RandomAffine

    if isinstance(answer, type) or not isinstance(answer, RandomAffine):
        raise Wrong("we expect a RandomAffine layer, such as RandomAffine(zoom=0.1).")
    if answer.horizontal_flip:
        raise Wrong("a mirrored 2 is no digit; leave `horizontal_flip` off.")
    if answer.ranges["rotation"] > 45:
        raise Wrong("turned that far, a 6 becomes a 9 and a 7 lies on its back.")
    if max(answer.ranges["width_shift"], answer.ranges["height_shift"]) > 0.3:
        raise Wrong("shifted that far, digits leave the picture.")
    if answer.ranges["zoom"] > 0.5 or answer.ranges["shear"] > 0.6:
        raise Wrong("zoomed or sheared that far, even we could not read them.")
    if not any(answer.ranges.values()):
        raise Wrong("this changes nothing.")
    moved, tilted, outside = _of_digits(answer)
    if np.median(moved) < 0.15:
        raise Wrong("it moves a pixel by less than a sixth of its width: no reader would notice.")
    if np.quantile(tilted, 0.99) > 55:
        raise Wrong("rotation and shear add up: together they lay an upright stroke on its side.")
    if np.quantile(outside, 0.99) > 0.27 or np.quantile(moved, 0.99) > 8.5:
        raise Wrong(
            "each range alone would do, but they come together: some digits are cut off or lost."
        )


def _of_digits(layer):
    """Return for 500 draws how far a digit's pixels move, how an upright stroke tilts in degrees,
    and which share of the digit leaves the picture. Digits fill 20×20 of 28×28 pixels."""
    steps = np.linspace(-10, 10, 21)
    places = np.stack([*map(np.ravel, np.meshgrid(steps, steps)), np.ones(steps.size**2)])
    matrices = np.asarray(layer.matrices(500, 28, seed=0), dtype=float)
    there = (matrices @ places)[:, :2]
    moved = np.linalg.norm(there - places[:2], axis=1).mean(axis=1)
    tilted = np.degrees(np.abs(np.arctan2(matrices[:, 0, 1], matrices[:, 1, 1])))
    return moved, tilted, (np.abs(there) > 14).any(axis=1).mean(axis=1)


@exercise(
    "04.5",
    hints=(
        "`train_network(training_set, dropout)` trains one network; call it once for each rate.",
        "The answer is a dictionary: the rates are its keys, the networks its values.",
    ),
    solution="""
    answer = {rate: train_network(training_set, rate)[0] for rate in (0.2, 0.8)}
    for rate, network in answer.items():
        print(rate, network.evaluate(validation.images, validation.labels, verbose=0)[1])
    """,
    praise="two fair trainings, one run of each. Even without any difference between the rates, "
    "one such pair in three lies a third of a grey band apart. Three seeds would tell more.",
)
def how_much_dropout(answer):
    if not isinstance(answer, dict) or len(answer) < 2:
        raise Wrong("we expect a dictionary of two networks: {0.2: network, 0.8: another}.")
    steps, first = {}, {}
    for rate, given in answer.items():
        network, rate = getattr(given, "model", None) or given, number(rate)
        if not 0 <= rate < 1:
            raise Wrong(f"{rate:g} is no rate of dropout: it lies between 0 and 1.")
        if not hasattr(network, "count_params"):
            raise Wrong(f"for {rate:g} we expect the network itself, not its accuracy.")
        found = _dropout(network)
        if abs(found - rate) > 1e-6:
            raise Wrong(f"the network given for {rate:g} drops {found:g} of the numbers.")
        steps[rate] = int(network.optimizer.iterations) if network.optimizer else 0
        if not steps[rate]:
            raise Wrong(f"the network with {rate:g} has not been trained.")
        first[rate] = np.asarray(network.weights[0], dtype="float32")
    if 0.5 in steps and len(steps) == 2:
        raise Wrong("0.5 is the lesson's own rate; take two others.")
    if len(set(steps.values())) > 1:
        told = ", ".join(f"{count} steps with {rate:g}" for rate, count in steps.items())
        raise Wrong(f"that is no fair comparison: {told}.")
    one, two = list(first.values())[:2]
    if one.shape == two.shape and np.array_equal(one, two):
        raise Wrong("both hold the same weights: it is one network twice.")


def _dropout(network):
    """Return the largest rate of dropout in a network, also in a model inside it."""
    flat = network._flatten_layers(include_self=False, recursive=True)
    rates = [layer.rate for layer in flat if type(layer).__name__.endswith("Dropout")]
    return max(map(float, rates), default=0.0)
