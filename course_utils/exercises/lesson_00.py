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

    check("00.2", accuracy)  # your answer is the function itself
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
    words = shlex.split(answer.lstrip("!% ").replace("=", " "))
    if words[:2] != ["course", "run"]:
        raise Wrong("the command begins with `course run`.")
    options, lessons, rest = {}, [], words[2:]
    while rest:
        word = rest.pop(0)
        if word.startswith("--"):
            options[word] = rest.pop(0) if rest else ""
        else:
            lessons.append(word)
    if not lessons:
        raise Wrong("without a number, all lessons run.")
    if any(word.startswith("-") or "seed" in word.lower() for word in lessons):
        raise Wrong("an option is written with two dashes: `--seed`.")
    # The number or the notebook's name; `course run` takes either.
    if [word.split("_")[0].lstrip("0") for word in lessons] != ["7"]:
        raise Wrong(f"this runs lesson {', '.join(lessons)}; we want lesson 7 alone.")
    if "--seed" not in options:
        raise Wrong("the seed is missing: without it, lesson 7 runs with seed 0.")
    if options["--seed"] != "3":
        raise Wrong(f"this takes seed {options['--seed'] or 'of no value'}, not 3.")
    if options.get("--preset", "quick") != "quick":
        raise Wrong(f"this takes the {options['--preset']} preset.")


@exercise(
    "00.4",
    hints=(
        "The line that begins with “bits that differ” counts them for each split.",
        "About 32 differing bits mean other pictures, 0 means the same ones.",
    ),
    solution='answer = ["train"]  # everybody is judged by the same pictures, whatever the seed',
    praise="right: what we learn from may change, but we are judged by the same pictures.",
)
def what_a_seed_changes(answer):
    if not isinstance(answer, (str, list, tuple, set)):
        raise Wrong('we expect a list of names, such as ["test"].')
    names = {answer} if isinstance(answer, str) else set(answer)
    if unknown := names - {"train", "validation", "test"}:
        raise Wrong(f"there is no split called {', '.join(map(repr, unknown))}.")
    if not names:
        raise Wrong("something does change: the proof goes red for it.")
    if names == {"train", "validation", "test"}:
        raise Wrong("not all of them: look at the three counts of bits one by one.")
    if names != {"train"}:
        raise Wrong("look again which count is far from 0.")
