"""Exercises of lesson 13: the size of an exam, an honest score, a paired error, a guide."""

import re

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number

APPROACHES = (
    "from scratch",
    "+ augmentation",
    "features + head",
    "earlier cut + head",
    "frozen, cached views",
    "frozen, live",
    "frozen, trained longer",
    "top fine-tuned",
    "two stages fine-tuned",
)
SLOW = ("from scratch", "+ augmentation", "frozen, live", "two stages fine-tuned")
# Live costs more than cached views and brings the same; from scratch may cost anything.
COST = {
    "features + head": 0,
    "earlier cut + head": 0,
    "frozen, cached views": 1,
    "frozen, live": 2,
    "top fine-tuned": 2,
}
COST |= {"frozen, trained longer": 2, "two stages fine-tuned": 3}
COST |= {"from scratch": 4, "+ augmentation": 4}


@exercise(
    "13.1",
    hints=(
        "For so many pictures, half of the interval is close to 1.96 standard errors.",
        "Solve 1.96 · √(0.9 · 0.1 / n) = 0.01 for n. Or try sizes: `half_width(0.9, n)`.",
    ),
    solution="answer = 1.96**2 * 0.9 * 0.1 / 0.01**2  # 3,457",
    praise="right: about 3,500. A test of a few hundred pictures cannot tell one point.",
)
def pictures_for_a_point(answer):
    answer = number(answer)
    for near, message in (
        (864, "the whole interval would then be four points wide: ± means to either side."),
        (900, "that makes one standard error a point; 95% takes 1.96 of them."),
        (13_830, "that makes the whole interval one point wide; ± one point is two."),
        (9_604, "that would be for an accuracy of 0.5, where a test is least sure."),
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
        "Ask of each: have the test pictures taken part in choosing the network?",
        "An interval covers chance in one test. It does not cover picking the best of fifty.",
    ),
    solution='answer = ["B", "D"]  # in A the test pictures chose; C is about another network',
    praise="right: in both, the pictures that judge have not chosen.",
)
def honest_scores(answer):
    letters = _letters(answer)
    if not letters or letters - set("ABCD"):
        raise Wrong("choose among the letters A, B, C and D.")
    if letters == set("ABCD"):
        raise Wrong("not all four: in one of them the test pictures have chosen the network.")
    if letters == set("AC"):
        raise Wrong("these are the two that are not honest. Which are?")
    if "A" in letters:
        raise Wrong("A: the interval is computed as if one network had been examined, not fifty.")
    if "C" in letters:
        raise Wrong("C: the mean describes the fifty, not the one that is published.")
    if "D" not in letters:
        raise Wrong("B is honest, and another one is: what can one do after the mistake?")
    if "B" not in letters:
        raise Wrong("D is honest, but needs new pictures; one of the others needs none.")


def _letters(answer):
    """Return the letters of "BD", "B and D", ["B", "D"], ["BD"], a set or an array."""
    parts = list(answer) if isinstance(answer, (set, frozenset, dict)) else np.ravel(answer)
    if not all(isinstance(part, str) for part in parts):
        raise Wrong('we expect a list of letters, such as ["A", "C"].')
    words = re.findall(r"[A-Z]+", " ".join(parts).upper())
    return set("".join(word for word in words if word != "AND"))


@exercise(
    "13.3",
    hints=(
        "`first.astype(int) - second.astype(int)` holds +1, -1 and 0.",
        "The standard error of a mean is the standard deviation, divided by the root of n.",
    ),
    solution="""
    def paired_error(first, second):
        scores = first.astype(int) - second.astype(int)
        return scores.std() / np.sqrt(len(scores))
    """,
    praise="right: where both agree, the score is 0, and so the error is small.",
)
def paired_error(answer):
    for n, only_first, only_second, neither in ((40, 9, 3, 6), (90, 4, 11, 20)):
        both = n - only_first - only_second - neither
        kinds = np.repeat([0, 1, 2, 3], [both, only_first, only_second, neither])
        first, second = np.isin(kinds, (0, 1)), np.isin(kinds, (0, 2))
        found = number(function(answer, first.copy(), second.copy()))
        scores = first.astype(int) - second.astype(int)
        error, right = scores.std() / np.sqrt(n), [first.mean(), second.mean()]
        apart = np.sqrt(sum(share * (1 - share) / n for share in right))
        for wrong, message in (
            (apart, "these are two errors added as if each network had pictures of its own."),
            (scores.mean(), "this is the difference itself; how sure is it?"),
            (-scores.mean(), "this is a difference, the second minus the first, and no error."),
            (scores.std(), "this is the spread of single scores; a mean of many is surer."),
            (scores.std() / n, "divide by the root of the number of pictures, not by the number."),
            (1.96 * error, "this is half of a 95% interval; we ask for one standard error."),
            (error**2, "this is the error's square; take the root."),
            ((first != second).std() / np.sqrt(n), "each score needs its sign: who was right?"),
            (only_first + only_second, "this counts where they differ; we ask for an error."),
            (first.std() / np.sqrt(n), "this is the error of the first network's accuracy."),
        ):
            if np.isclose(found, wrong, rtol=1e-3):
                raise Wrong(message)
        if not np.isclose(found, error, rtol=0.02):  # n - 1 below the line is right, too
            case = f"{only_first} right in the first only, {only_second} in the second only"
            raise Wrong(f"of {n} pictures, {case}: it is {error:.4f}, not {found:.4f}.")


@exercise(
    "13.4",
    hints=(
        "Begin with a copy of `choose`, and change its rules to what you have measured.",
        'Every path must end in `return "an approach", "a reason"`.',
    ),
    solution="""
    def my_guide(pictures, minutes, similar):
        if pictures < 100 or minutes < 1:
            return "features + head", "little data or little time"
        if similar:
            return "top fine-tuned", "best for its time in my runs"
        return "earlier cut + head", "the upper layers know other things"
    """,
    praise="a guide of your own. Would a colleague understand its reasons?",
)
def own_guide(answer):
    if getattr(answer, "__name__", "") == "choose":
        raise Wrong("this is the lesson's guide. Copy it under another name, and change a rule.")
    chosen, reasons = {}, {}
    for pictures in (20, 300, 5_000, 1_000_000):
        for similar in (True, False):
            for minutes in (0.1, 10, 10_000):
                found = function(answer, pictures, minutes, similar)
                case = f"{pictures:,} pictures, {minutes:g} minutes, similar={similar}"
                if not isinstance(found, (tuple, list)) or len(found) != 2:
                    raise Wrong(f"for {case} there is no pair of approach and reason.")
                approach, reason = found
                if not isinstance(approach, str) or approach not in APPROACHES:
                    raise Wrong(f"for {case} it names {approach!r}, which we have not tried.")
                if not isinstance(reason, str) or len(set(reason.lower().split())) < 3:
                    raise Wrong(f"for {case} the reason is missing, or too short to convince.")
                chosen[pictures, minutes, similar] = approach
                reasons.setdefault(" ".join(reason.lower().split()), set()).add(approach)
    if len(set(chosen.values())) == 1:
        raise Wrong("it gives the same advice to everybody.")
    if any(len(approaches) > 1 for approaches in reasons.values()):
        raise Wrong("one reason stands for different approaches; why this one, and not the other?")
    if any(chosen[20, minutes, True] in APPROACHES[:2] for minutes in (0.1, 10, 10_000)):
        raise Wrong("from scratch with twenty pictures? Look at the left end of the curve.")
    if chosen[300, 0.1, True] in SLOW:
        raise Wrong("with a few seconds of time it advises one of the slowest approaches.")
    for (pictures, _, similar), _ in chosen.items():
        costs = [COST[chosen[pictures, minutes, similar]] for minutes in (0.1, 10, 10_000)]
        if costs != sorted(costs):
            raise Wrong(f"with {pictures:,} pictures, more minutes lead to a cheaper approach.")
