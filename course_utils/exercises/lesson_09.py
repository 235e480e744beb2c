"""Exercises of lesson 9: the five steps, what block 5 frees, the third strategy."""

import numpy as np

from course_utils.exercises import Wrong, exercise, number


@exercise(
    "09.1",
    hints=("What would a random head do to a free base?", "It begins with C and E."),
    solution='answer = ["C", "E", "A", "B", "D"]',
    praise="right. A good head first, then small steps.",
)
def five_steps(answer):
    try:
        steps = [str(step).strip().upper() for step in answer if str(step).strip(" ,")]
    except TypeError:
        raise Wrong("we expect a list of the five letters.") from None
    if sorted(steps) != ["A", "B", "C", "D", "E"]:
        raise Wrong("each of the letters A to E must stand there once.")
    if steps.index("C") > steps.index("A"):
        raise Wrong("there is nothing to train before a head stands on the base.")
    if steps.index("A") < steps.index("E"):
        raise Wrong("if the base is free while the head learns, large corrections spoil it.")
    if steps.index("B") < steps.index("A"):
        raise Wrong("unfreeze when the head is trained, not before.")
    if steps.index("D") < steps.index("B"):
        raise Wrong("the upper layers cannot train before they are free.")


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
        "What if the base moved, but not from the start?",
        "Two phases: the head alone, then head and top together.",
    ),
    solution='answer = [{"head"}, {"head", "top"}]',
    praise="right: frozen first, fine-tuned afterwards, when the head has learned.",
)
def third_strategy(answer):
    parts = {"head", "top", "rest"}
    try:
        phases = [{phase} if isinstance(phase, str) else set(phase) for phase in answer]
    except TypeError:
        raise Wrong("we expect a list of phases, each a set of parts.") from None
    if not phases or any(not phase or not phase <= parts for phase in phases):
        raise Wrong('each phase is a set of parts out of "head", "top" and "rest".')
    if len(phases) == 1 and phases[0] == {"head"}:
        raise Wrong("that is the first strategy: the base never moves.")
    if phases[0] == parts:
        raise Wrong("that is the second strategy: everything moves from the start.")
    if phases[0] != {"head"}:
        raise Wrong("in the first phase a random head would spoil whatever is free below it.")
    if "head" not in phases[-1]:
        raise Wrong("when the base moves, its features change: let the head follow.")
    if phases[-1] == {"head"}:
        raise Wrong("in the last phase some of the base must move, or it is the first strategy.")


@exercise(
    "09.4",
    hints=(
        "Put the cells of the comparison into a loop over seeds; keep each strategy's best rate.",
        "A difference counts if it is larger than the spread over the seeds.",
    ),
    solution="""
    # After the loop, with three numbers for each strategy:
    answer = {"frozen": [...], "all from the start": [...], "frozen, then all": [...]}
    # for name, values in answer.items(): print(name, np.mean(values), np.std(values))
    """,
    praise="noted. Say it with the spread: mean plus or minus standard deviation.",
)
def three_seeds(answer):
    names = {"frozen", "all from the start", "frozen, then all"}
    if not isinstance(answer, dict) or set(answer) != names:
        raise Wrong(f"we expect one list for each of {', '.join(sorted(names))}.")
    for name, values in answer.items():
        values = np.asarray(values, dtype=float).ravel()
        if len(values) < 3:
            raise Wrong(f"{name!r} has {len(values)} values; three seeds give three.")
        if values.min() < 0 or values.max() > 1:
            raise Wrong(f"{name!r} holds numbers that are no accuracies between 0 and 1.")
        if np.ptp(values) == 0:
            raise Wrong(f"{name!r} has the same value three times: did the seed change?")
