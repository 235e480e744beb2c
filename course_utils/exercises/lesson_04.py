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
    if not isinstance(answer, (str, list, tuple, set)):
        raise Wrong('we expect a list of names, such as ["test"].')
    names = {answer} if isinstance(answer, str) else set(answer)
    unknown = names - {"train", "validation", "test"}
    if unknown:
        raise Wrong(f"we know no dataset called {', '.join(map(repr, sorted(map(str, unknown))))}.")
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

    if not isinstance(answer, RandomAffine):
        raise Wrong(f"we expect a RandomAffine layer, and this is {type(answer).__name__}.")
    if answer.horizontal_flip:
        raise Wrong("a mirrored 2 is no digit; leave `horizontal_flip` off.")
    if answer.ranges["rotation"] > 45:
        raise Wrong("turned that far, a 6 becomes a 9 and a 7 lies on its back.")
    if max(answer.ranges["width_shift"], answer.ranges["height_shift"]) > 0.35:
        raise Wrong("shifted that far, digits leave the picture.")
    if answer.ranges["zoom"] > 0.6 or answer.ranges["shear"] > 0.8:
        raise Wrong("warped that far, even we could not read them.")
    if not any(answer.ranges.values()):
        raise Wrong("this changes nothing.")


@exercise(
    "04.5",
    hints=(
        "Build two fresh networks; compile and fit each as above; compare `history` at the end.",
        "The gap: mean of the last ten training accuracies minus that of the validation ones.",
    ),
    solution="""
    plain = tf.data.Dataset.from_tensor_slices((train.images, train.labels))
    plain = plain.shuffle(len(train)).batch(20)
    gaps = {}
    for name, dataset, dropout in (("warps", training_set, 0.0), ("dropout", plain, 0.5)):
        network = build(pictures.shape, len(pictures.classes), dropout)
        network.compile(keras.optimizers.RMSprop(rate), loss=loss, metrics=["accuracy"])
        run = network.fit(dataset, epochs=epochs, validation_data=validation_set, verbose=0).history
        gaps[name] = np.mean(run["accuracy"][-10:]) - np.mean(run["val_accuracy"][-10:])
    answer = gaps
    """,
    praise="that is what we find: the warps close most of the gap. One seed is one seed, though.",
)
def which_helped(answer):
    if not isinstance(answer, dict) or set(answer) != {"warps", "dropout"}:
        raise Wrong('we expect {"warps": number, "dropout": number}.')
    warps, dropout = number(answer["warps"]), number(answer["dropout"])
    if not (-1 <= warps <= 1 and -1 <= dropout <= 1):
        raise Wrong("a gap between two accuracies lies between -1 and 1; did you use per cent?")
    if warps >= dropout:
        raise Wrong("we find the smaller gap with the warps. Are the two names exchanged?")
