"""Exercises of lesson 9: a program in order, what block 5 frees, a fourth strategy, histories."""

import numpy as np

from course_utils.exercises import Wrong, exercise, number


@exercise(
    "09.1",
    hints=("Which of the two rates is the head's?", "It begins with E and A, and ends with D."),
    solution='answer = ["E", "A", "C", "F", "B", "D"]',
    praise="right. A good head first, then small steps.",
)
def program(answer):
    try:
        lines = [str(line).strip().upper() for line in answer if str(line).strip(" ,")]
    except TypeError:
        raise Wrong("we expect a list of the six letters.") from None
    if sorted(lines) != ["A", "B", "C", "D", "E", "F"]:
        raise Wrong("each of the letters A to F must stand there once.")
    at = {letter: place for place, letter in enumerate(lines)}
    for first, second, message in (
        ("C", "D", "the head needs its 10 epochs before the 20 of fine-tuning."),
        ("E", "C", "C: the base is free while the head is fresh; large corrections reach it."),
        ("F", "D", "D: nothing of the base is free, so 20 more epochs train the head alone."),
        ("E", "F", "E freezes again what F has just freed."),
        ("C", "F", "C: some of the base is free already while the head is fresh."),
        ("A", "C", "C: `fit` needs a `compile` before it, with the head's rate."),
        ("B", "D", "D: the fine-tuning would run at the head's large rate."),
        ("A", "B", "B has no effect: A replaces it, and the top moves at the head's large rate."),
        ("C", "B", "C: the last `compile` before it counts, and that sets the small rate."),
    ):
        if at[first] > at[second]:
            raise Wrong(message)


@exercise(
    "09.2",
    hints=(
        "Block 5 has three convolutions; two of them come from `block5_conv2` on.",
        "One of them: (3 · 3 · 512 + 1) · 512.",
    ),
    solution="answer = 2 * (3 * 3 * 512 + 1) * 512  # 4,719,616",
    praise="right: two of the three convolutions; the pooling has no parameters.",
)
def from_conv2_on(answer):
    answer = number(answer)
    one = (3 * 3 * 512 + 1) * 512
    if answer == 3 * one:
        raise Wrong("that is the whole block; `block5_conv1` stays frozen here.")
    if answer == one:
        raise Wrong("that is one convolution; `block5_conv2` and `block5_conv3` may move.")
    if answer == 2 * 3 * 3 * 512 * 512:
        raise Wrong("each of the 512 filters has one bias as well.")
    if answer == 14_714_688 - 2 * one:
        raise Wrong("that is what stays frozen.")
    if answer != 2 * one:
        raise Wrong(f"{answer:,.0f} is not it. Count one convolution first.")


@exercise(
    "09.3",
    hints=(
        "The first phase is that of the first strategy; the last is the second strategy.",
        "Free the base from above: the head, then the top as well, then the rest as well.",
    ),
    solution='answer = [{"head"}, {"head", "top"}, {"head", "top", "rest"}]',
    praise="right: the base opens from above, when the head has learned.",
)
def fourth_strategy(answer):
    parts = {"head", "top", "rest"}
    try:
        phases = [{phase} if isinstance(phase, str) else set(phase) for phase in answer]
    except TypeError:
        raise Wrong("we expect a list of phases, each a set of parts.") from None
    if isinstance(answer, (str, set)) or not phases or any(not phase for phase in phases):
        raise Wrong("we expect a list of phases in their order, none of them empty.")
    if any(not phase <= parts for phase in phases):
        raise Wrong('each phase is a set of parts out of "head", "top" and "rest".')
    if len(phases) == 1 and phases[0] == {"head"}:
        raise Wrong("that is the first strategy: the base never moves.")
    if phases == [parts]:
        raise Wrong("that is the second strategy: everything moves from the start.")
    if phases == [{"head"}, {"head", "top"}]:
        raise Wrong("that is the third strategy: the rest of the base never moves.")
    if phases[0] != {"head"}:
        raise Wrong("in the first phase the base must rest: the head is still random.")
    if any("head" not in phase for phase in phases):
        raise Wrong("when the base moves, its features change: let the head follow.")
    if phases[-1] != parts:
        raise Wrong("in the last phase everything trains.")
    if any("rest" in phase and "top" not in phase for phase in phases):
        raise Wrong("the top lies between the head and the rest: free it no later than the rest.")


@exercise(
    "09.4",
    hints=(
        "`train_strategy` takes a seed, and returns a history.",
        "A list comprehension over three seeds makes one entry of the dictionary.",
    ),
    solution="""
    def three(strategy, rate):
        return [train_strategy(strategy, rate, seed=seed) for seed in range(3)]

    answer = {"frozen": three("frozen", 1e-3), "tuned": three("head, then top", 3e-4)}
    # The seeds' spread: print({n: [h["val_accuracy"][-1] for h in hs] for n, hs in answer.items()})
    """,
    praise="equal budgets, several seeds. Say it with the spread: mean ± standard deviation.",
)
def three_seeds(answer):
    if not isinstance(answer, dict) or len(answer) < 2:
        raise Wrong("we expect a dictionary with two entries or more, to compare.")
    budgets, seen = set(), []
    for name, runs in answer.items():
        if not isinstance(runs, (list, tuple)) or len(runs) < 3:
            raise Wrong(f"{name!r} needs a list of three histories, one for each seed.")
        for run in runs:
            curves = getattr(run, "history", run)  # what `fit` itself returns will do
            if not isinstance(curves, dict):
                raise Wrong(f"{name!r} holds numbers; hand in the histories that they come from.")
            if not {"loss", "val_accuracy"} <= set(curves):
                raise Wrong(f"a history of {name!r} has no 'loss' or no 'val_accuracy'.")
            losses, scores = (
                np.ravel(curves[key]).astype(float) for key in ("loss", "val_accuracy")
            )
            if not len(losses) or not len(scores) or not np.isfinite(scores).all():
                raise Wrong(f"a history of {name!r} has no epochs, or values that are no numbers.")
            if scores.min() < 0 or scores.max() > 1:
                raise Wrong(f"the accuracies of {name!r} do not lie between 0 and 1.")
            if len(losses) > 1 and np.ptp(losses) == 0:
                raise Wrong(
                    f"the loss of {name!r} is the same in each epoch: no training does that."
                )
            if any(np.array_equal(losses, other) for other in seen):
                raise Wrong(f"{name!r} holds a history twice: did the seed change?")
            seen.append(losses)
            budgets.add(len(losses))
    if len(budgets) > 1:
        raise Wrong(f"the budgets differ: {sorted(budgets)} epochs.")
