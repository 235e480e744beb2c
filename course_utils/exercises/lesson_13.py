"""Exercises of lesson 13: the size of an exam, an honest score, a paired comparison, a guide."""

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number

APPROACHES = (
    "from scratch",
    "+ augmentation",
    "features + head",
    "frozen, cached views",
    "frozen, live",
    "top fine-tuned",
    "two stages fine-tuned",
)


@exercise(
    "13.1",
    hints=(
        "For so many pictures, half of the interval is close to 1.96 standard errors.",
        "Solve 1.96 · √(0.9 · 0.1 / n) = 0.01 for n. Or try sizes: `half_width(0.9, n)`.",
    ),
    solution="answer = 1.96**2 * 0.9 * 0.1 / 0.01**2  # 3,457",
    praise="right: about 3,500. An exam of a few hundred pictures cannot tell one point.",
)
def pictures_for_a_point(answer):
    answer = number(answer)
    for near, message in (
        (864, "the whole interval would then be four points wide: ± means to either side."),
        (900, "that makes one standard error a point; 95% takes 1.96 of them."),
        (13_830, "that makes the whole interval one point wide; ± one point is two."),
        (9_604, "that would be for an accuracy of 0.5, where an exam is least sure."),
        (1_764, "1.96 has to be squared as well."),
        (35, "a point is 0.01, not 0.1."),
    ):
        if abs(answer - near) <= 0.02 * near:
            raise Wrong(message)
    if not 3_300 <= answer <= 3_600:
        raise Wrong(f"{answer:,.0f} is not it. What does `half_width(0.9, {answer:.0f})` give?")


@exercise(
    "13.2",
    hints=(
        "Ask of each: has the test picture taken part in choosing the network?",
        "An interval covers chance in one exam. It does not cover picking the best of fifty.",
    ),
    solution='answer = ["B", "D"]  # in A the test pictures chose; C is about another network',
    praise="right: in both, the pictures that judge have not chosen.",
)
def honest_scores(answer):
    if not isinstance(answer, (str, list, tuple, set)):
        raise Wrong('we expect a list of letters, such as ["A", "C"].')
    letters = {str(letter).strip().upper() for letter in answer if str(letter).strip(" ,")}
    if not letters or letters - set("ABCD"):
        raise Wrong("choose among the letters A, B, C and D.")
    if "A" in letters:
        raise Wrong("A: the interval is computed as if one network had been examined, not fifty.")
    if "C" in letters:
        raise Wrong("C: the mean describes the fifty, not the one that is published.")
    if "D" not in letters:
        raise Wrong("B is honest, and another one is: what can one do after the mistake?")
    if "B" not in letters:
        raise Wrong("D is honest, but needs new pictures; one of the others needs none.")


@exercise(
    "13.3",
    hints=(
        "`first & ~second` is True where the first is right and the second is not.",
        "`.sum()` counts True. Return two numbers: `return a, b`.",
    ),
    solution="""
    def differences(first, second):
        return (first & ~second).sum(), (second & ~first).sum()

    check("13.3", differences)  # your answer is the function itself
    """,
    praise="right: where both agree, the exam says nothing about their difference.",
)
def paired(answer):
    first = np.array([1, 1, 1, 0, 0, 1, 0, 1, 1], bool)
    second = np.array([1, 0, 0, 1, 0, 0, 0, 1, 1], bool)
    found = function(answer, first, second)
    if np.ndim(found) != 1 or len(found) != 2:
        raise Wrong("we expect two numbers, one for each network.")
    found = tuple(float(value) for value in found)
    if found == (6, 4):
        raise Wrong("these are all right answers of each; leave out what both got right.")
    if found == (1, 3):
        raise Wrong("that is the other way round: first what only the first got right.")
    if found[0] == found[1] == 4:
        raise Wrong("that counts where they differ; who was right there?")
    if found == (3 / 9, 1 / 9):
        raise Wrong("these are shares; we ask how many pictures.")
    if found != (3, 1):
        raise Wrong(f"in our small example it is 3 and 1, not {found[0]:g} and {found[1]:g}.")


@exercise(
    "13.4",
    hints=(
        "Begin with a copy of `choose`, and change one rule.",
        'Every path must end in `return "an approach", "a reason"`.',
    ),
    solution="""
    def my_choose(pictures, minutes, similar):
        if pictures < 100 or minutes < 1:
            return "features + head", "little data or little time"
        if similar:
            return "top fine-tuned", "best for its price in my runs"
        return "two stages fine-tuned", "the upper layers know other things"

    answer = my_choose
    """,
    praise="a guide of your own. Would a colleague understand its reasons?",
)
def own_guide(answer):
    chosen = {}
    for pictures in (20, 300, 5_000, 1_000_000):
        for minutes in (0.1, 10, 10_000):
            for similar in (True, False):
                found = function(answer, pictures, minutes, similar)
                case = f"{pictures:,} pictures, {minutes:g} minutes, similar={similar}"
                if not isinstance(found, (tuple, list)) or len(found) != 2:
                    raise Wrong(f"for {case} there is no pair of approach and reason.")
                if found[0] not in APPROACHES:
                    raise Wrong(f"for {case} it names {found[0]!r}, which is none of the ladder's.")
                if not isinstance(found[1], str) or len(found[1].split()) < 3:
                    raise Wrong(f"for {case} the reason is missing, or too short to convince.")
                chosen[pictures, minutes, similar] = found[0]
    if len(set(chosen.values())) == 1:
        raise Wrong("it gives the same advice to everybody.")
    if chosen[20, 10, True] in APPROACHES[:2]:
        raise Wrong("from scratch with twenty pictures? Look at the left end of the curve.")
    if chosen[300, 0.1, True] in ("frozen, live", "two stages fine-tuned"):
        raise Wrong("with a few seconds of time it advises one of the slowest approaches.")
