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
            ("epoch=(1, epochs)", "epoch=(1, 2)"),
        ],
        "nobody has opened the test pictures",
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
        "07",
        "features of other pictures kept",
        [("base.predict(train.images, batch", "base.predict(train.images[::-1], batch")],
        "kept features equal a live pass",
    ),
    (
        "08",
        "the base left unfrozen",
        [("base.trainable = False", "base.trainable = True")],
        "four tensors are left",
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
        [("norm.trainable = not frozen", "norm.trainable = True")],
        "frozen (trainable = False): they do not",
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
        "no group stands in two splits",
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
