"""Exercises of lesson 0: how exercises work, a first function, a first command."""

import shlex

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number


@exercise(
    "00.1",
    hints=(
        "Every pixel of a colour picture has a red, a green and a blue part.",
        "Three numbers for each of the 64 · 64 pixels.",
    ),
    solution="answer = 64 * 64 * 3  # 12,288",
    praise="right: 12,288 numbers for one small picture.",
)
def numbers_of_a_picture(answer):
    answer = number(answer)
    if answer == 64 * 64:
        raise Wrong("that counts the pixels; how many numbers does the colour of one pixel take?")
    if answer == 64 * 3:
        raise Wrong("that is one row of the picture; there are 64 rows.")
    if answer == (64 + 64) * 3:
        raise Wrong("height and width are multiplied, not added.")
    if answer == 64 * 64 * 256:
        raise Wrong("256 is how many values a number may take, not how many numbers there are.")
    if answer != 64 * 64 * 3:
        raise Wrong(f"{answer:,.0f} is not it. Multiply height, width and colour channels.")


@exercise(
    "00.2",
    hints=(
        "`answers == labels` is an array that says for each picture whether the answer is right.",
        "The mean of an array of True and False is the share of True.",
    ),
    solution="""
    def accuracy(answers, labels):
        return (answers == labels).mean()
    """,
    praise="right: the number that most figures of this course show.",
)
def own_accuracy(answer):
    answers, labels = np.array([0, 1, 1, 2, 0, 1, 0, 2]), np.array([0, 1, 0, 2, 1, 1, 0, 1])
    found = function(answer, answers, labels)
    if np.ndim(found) > 0:
        raise Wrong("we expect one number for all pictures, and this is one for each.")
    found = number(found)
    if found == 5:
        raise Wrong("that is the number of right answers; divide by how many there are.")
    if abs(found - 3 / 8) < 1e-9:
        raise Wrong("that is the share of *wrong* answers.")
    if abs(found - 62.5) < 1e-9:
        raise Wrong("that is in percent; we write shares between 0 and 1.")
    if abs(found - 5 / 8) > 1e-9:
        raise Wrong(f"5 of 8 right answers gave {found:g}, not 0.625.")
    if abs(number(answer(answers[:2], labels[:2])) - 1) > 1e-9:
        raise Wrong("two of two right answers should give 1.")
    if abs(number(answer(np.array([0, 9, 4, 4]), np.array([0, 1, 4, 2]))) - 1 / 2) > 1e-9:
        raise Wrong(
            "it takes labels for sizes: an answer is right or wrong, however far the two "
            "numbers lie apart."
        )


@exercise(
    "00.3",
    hints=(
        "Look at the examples below the table of minutes.",
        "The number of the lesson comes first, then `--seed` and the seed.",
    ),
    solution='answer = "course run 07 --seed 3"',
    praise="right. Quick is the preset anyway; the row in the ledger will carry seed 3.",
)
def a_command(answer):
    if not isinstance(answer, str):
        raise Wrong('we expect text between quotation marks, such as "course doctor".')
    command = answer.replace("%%bash", "").strip().lstrip("!%$ ").replace("python3 ", "python ")
    try:
        words = shlex.split(command.replace("python -m course_utils ", "course ", 1))
    except ValueError:
        raise Wrong("one quotation mark inside your text has no partner.") from None
    if words[:2] != ["course", "run"]:
        raise Wrong("the command begins with `course run`.")
    options, lessons = _parts(words[2:])
    if not lessons:
        raise Wrong("without a number, all lessons run.")
    # The number or the notebook's name; `course run` takes either.
    if [word.split("_")[0].lstrip("0") for word in lessons] != ["7"]:
        raise Wrong(f"this runs lesson {', '.join(lessons)}; we want lesson 7 alone.")
    if "--seed" not in options:
        raise Wrong("the seed is missing: without it, lesson 7 runs with seed 0.")
    if options["--seed"].lstrip("0") != "3":
        raise Wrong(f"this takes seed {options['--seed']}, not 3.")
    if options.get("--preset", "quick") != "quick":
        raise Wrong(f"this takes the {options['--preset']} preset.")
    if other := {"--data", "--backbone"} & set(options):
        raise Wrong(f"{' and '.join(other)} would change what the lesson works on.")


FLAGS = {"--fresh", "--inplace"}
VALUED = {"--preset", "--data", "--backbone", "--seed", "--name", "--runs-dir", "--notebooks-dir"}


def _parts(words):
    """Return the options with their values, and the lessons, as `course run` reads them."""
    options, lessons, words = {}, [], list(words)
    while words:
        name, equals, value = words.pop(0).partition("=")
        if name in VALUED:
            if not equals and not words:
                raise Wrong(f"{name} needs a value behind it.")
            options[name] = value if equals else words.pop(0)
        elif name.startswith("--"):
            if name not in FLAGS:
                raise Wrong(f"`course run` has no option {name}.")
        elif name.startswith("-") or "seed" in name.lower():
            raise Wrong("an option is written with two dashes: `--seed`.")
        else:
            lessons.append(name)
    return options, lessons


@exercise(
    "00.4",
    hints=(
        "Run both cells: which line has a cross now?",
        "Compare the three numbers of each split with those of before.",
    ),
    solution='answer = ["train"]  # everybody is judged by the same pictures, whatever the seed',
    praise="right: what we learn from may change, but we are judged by the same pictures.",
)
def what_a_seed_changes(answer):
    if not isinstance(answer, (str, list, tuple, set, dict, np.ndarray)):
        raise Wrong('we expect a list of names, such as ["validation"].')
    names = {answer} if isinstance(answer, str) else set(map(str, answer))
    if "test" in names:
        raise Wrong("nothing here looks at the test pictures, so we cannot tell.")
    if unknown := names - {"train", "validation"}:
        raise Wrong(f"there is no split called {', '.join(map(repr, sorted(unknown)))}.")
    if not names:
        raise Wrong("something does change: one line gets a cross.")
    if names == {"train", "validation"}:
        raise Wrong("not both: compare the mean colours of each split with those of before.")
    if names != {"train"}:
        raise Wrong("it is the other one: a line with a tick did not change.")
