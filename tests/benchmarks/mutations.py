"""Break each taught mechanism once, and see the lesson's own proof go red.

    python tests/benchmarks/mutations.py            # all; some minutes on two cores
    python tests/benchmarks/mutations.py 04 08      # some lessons

Each row of MUTATIONS changes one place of a lesson, in a copy. The copy runs, quick preset, until
a proof stops it. The row passes if the proof that stops it is the one that should.
Exit code 1 if any mechanism can be broken without a proof noticing.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from course_utils.commands import execute, grid

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"

# Lesson, what is broken, [(right, wrong), ...], the claim that must go red.
MUTATIONS = [
    (
        "01",
        "a frame of zeros instead of Keras's own padding at stride 2",
        [
            (
                'keras_map(bright, edges, padding="same", strides=2)',
                "keras_map(np.pad(bright, 1), edges, strides=2)",
            )
        ],
        "at stride 2, it keeps every second place, from the second on",
    ),
    (
        "02",
        "the step goes uphill",
        [("new = old - rate * slope", "new = old + rate * slope")],
        "SGD makes our step",
    ),
    (
        "03",
        "pictures scaled twice",
        [
            (
                "x = layers.Rescaling(1 / 255)(inputs)",
                "x = layers.Rescaling(1 / 255)(layers.Rescaling(1 / 255)(inputs))",
            )
        ],
        "block 1 sees numbers up to 1",
    ),
    (
        "03",
        "the test split used in training",
        [
            (
                "    train.images,\n    train.labels,\n    epochs=epochs,",
                "    test.images,\n    test.labels,\n    epochs=2,",
            ),
            ("model.compile(", "test = pictures.test\nmodel.compile("),
            ('found["scratch"] > 1.1 * found["lowest loss"]', "True"),  # in 2 epochs it does not
        ],
        "nobody has opened the test pictures",
    ),
    (
        "03",
        "the last epoch kept instead of the best",
        [("ModelCheckpoint(best, save_best_only=True)", "ModelCheckpoint(best)")],
        "kept the weights of the lowest validation loss",
    ),
    (
        "04",
        "augmentation applied to the validation pictures",
        [
            (
                "validation_set = validation_set.batch(100)",
                "validation_set = validation_set.batch(100).map("
                "lambda images, labels: (augment(images), labels))",
            )
        ],
        "validation pixels never change",
    ),
    (
        "04",
        "augmentation left out of the training set",
        [("(augment(images), labels)", "(tf.cast(images, tf.float32), labels)")],
        "training pixels change each epoch",
    ),
    (
        "05",
        "the moving mean takes the share of the batch's mean",
        [
            (
                'own["moving_mean"] = momentum * own["moving_mean"] + (1 - momentum) * mean',
                'own["moving_mean"] = (1 - momentum) * own["moving_mean"] + momentum * mean',
            )
        ],
        "the moving numbers are the same",
    ),
    (
        "05",
        "the way back with the kernel not turned",
        [("slide(np.pad(up, 2), kernel[::-1, ::-1])", "slide(np.pad(up, 2), kernel)")],
        "the picture's gradient: up, framed, and the kernel turned by 180°",
    ),
    (
        "06",
        "places forgotten in the count of multiplications",
        [("count = places * sum(", "count = sum(")],
        "and multiplies weights × places times",
    ),
    (
        "06",
        "an extractor whose base learns",
        [("base.trainable = False", "base.trainable = True")],
        "frozen, both train the head and nothing else",
    ),
    (
        "07",
        "features of other pictures kept",
        [("= timed_pass(train.images)", "= timed_pass(train.images[::-1])")],
        "kept features equal a live pass",
    ),
    (
        "08",
        "the base left unfrozen",
        [("base.trainable = False", "base.trainable = True")],
        "four tensors are left",
    ),
    (
        "08",
        "compile forgotten after unfreezing",
        [
            (
                'tiny.compile("sgd", "mse", **options)\nlesson.prove("after compile',
                'lesson.prove("after compile',
            )
        ],
        "after compile the layer trains",
    ),
    (
        "08",
        "features of other pictures kept",
        [("run_base(some)", "run_base(some[::-1])")],
        "kept or live, the head answers the same",
    ),
    (
        "08",
        "one view kept again and again",
        [
            (
                "passes = [one_pass(in_order) for _ in range(K)]",
                "passes = K * [one_pass(in_order)]",
            )
        ],
        "two views of a picture differ",
    ),
    (
        "09",
        "the whole base set free instead of its top",
        [("layer.trainable = number > position and not is_norm", "layer.trainable = True")],
        "unfreezing frees exactly the layers above the cut",
    ),
    (
        "09",
        "batch-norm statistics moving",
        [("BatchNormalization(trainable=not frozen)", "BatchNormalization()")],
        "frozen (trainable = False): the statistics stay",
    ),
    (
        "10",
        "windows that open another network",
        [
            (
                "open_layers(model, names)\nactivations",
                "open_layers(build(pictures.shape), names)\nactivations",
            )
        ],
        "all eight activations equal stepping layer by layer",
    ),
    (
        "11",
        "a picture scored by all filters",
        [("tf.reduce_sum(responses * mask, axis=1)", "tf.reduce_sum(responses, axis=1)")],
        "picture n is scored by filter n alone",
    ),
    (
        "11",
        "pooling by 3, shifted by 2",
        [("keras.ops.max_pool(maps, 2)", "keras.ops.max_pool(maps, 3)")],
        "a shift by 2 moves the pooled map by one whole place",
    ),
    (
        "12",
        "the mean over places kept",
        [("if not place_by_place:", "if True:")],
        "place by place: 'left' is warm on the left only",
    ),
    (
        "12",
        "another place silenced",
        [("without[:, row, column] = 0", "without[:, column, row] = 0")],
        "one dense layer: the map is what the logit loses, place by place",
    ),
    (
        "13",
        "a sign test that looks to one side only",
        [("min(1.0, 2 * tail / 2**n)", "min(1.0, tail / 2**n)")],
        "equal approaches look different in at most 5% of such tests",
    ),
    (
        "14",
        "the names of the classes moved up by one",
        [
            (
                "firsts = [np.flatnonzero(train.labels",
                "classes = (*classes[1:], classes[0])\nfirsts = [np.flatnonzero(train.labels",
            )
        ],
        "each label stands for the folder that its picture lies in",
    ),
    (
        "14",
        "the exported names in another order",
        [("write_text(json.dumps(classes),", "write_text(json.dumps(classes[::-1]),")],
        "it knows the classes by name",
    ),
    (
        "14",
        "groups that are not heeded",
        [("folder, SEED, together, left_out)", "folder, SEED, (), left_out)")],
        "no group is torn apart",
    ),
]


def main():
    wanted = set(sys.argv[1:])
    rows = [row for row in MUTATIONS if not wanted or row[0] in wanted]
    missed = 0
    for number, broken, changes, claim in rows:
        began = time.monotonic()
        red = first_error(number, changes)
        caught = claim in red
        missed += not caught
        word = "caught" if caught else "MISSED"
        print(f"{word}  {number}  {broken}: {red} ({time.monotonic() - began:.0f} s)", flush=True)
    sys.exit(bool(missed))


def first_error(number, changes):
    """Run a broken copy of a lesson; return the message of the error that stops it."""
    [source] = NOTEBOOKS.glob(f"{number}_*.ipynb")
    book = nbformat.read(source, 4)
    for right, wrong in changes:
        cells = [cell for cell in book.cells if cell.cell_type == "code" and right in cell.source]
        if not cells:
            raise SystemExit(
                f"lesson {number} no longer holds {right!r}: bring MUTATIONS up to date"
            )
        for cell in cells:
            cell.source = cell.source.replace(right, wrong)
    with tempfile.TemporaryDirectory() as place:
        os.environ |= {"COURSE_HOME": place, "COURSE_STRICT": "1"}
        nbformat.write(book, Path(place) / source.name)
        [job] = grid.plan([number], notebooks_dir=place, runs_dir=Path(place) / "runs")
        return execute.execute(job).get("reason", "nothing went red")


if __name__ == "__main__":
    main()
