"""Exercises of lesson 8: the size of kept views, the order of freezing, the cost of both ways."""

from course_utils.exercises import Wrong, exercise, function, number


@exercise(
    "08.1",
    hints=(
        "One view of one picture has 7 · 7 · 512 numbers.",
        "Multiply by 2 bytes, 6 views and 5,000 pictures, and divide by a million.",
    ),
    solution="answer = 6 * 5000 * 7 * 7 * 512 * 2 / 1e6  # 1,505.28 MB",
    praise="right: one and a half gigabytes. That is why we keep float16, on the disk.",
)
def size_of_views(answer):
    answer = number(answer)
    right = 6 * 5000 * 7 * 7 * 512 * 2 / 1e6
    if abs(answer - right * 1e6) < 1:
        raise Wrong("that is in bytes; we ask for megabytes.")
    if abs(answer - right / 2) < 0.1:
        raise Wrong("that is one byte a number; float16 takes two.")
    if abs(answer - right * 2) < 0.1:
        raise Wrong("that is four bytes a number; float16 takes two.")
    if abs(answer - right / 6) < 0.1:
        raise Wrong("that is one view of each picture; we want six.")
    if abs(answer - right) > 1:
        raise Wrong(f"{answer:g} is not it. Start with the numbers in one view of one picture.")


@exercise(
    "08.2",
    hints=("What does `compile` take a note of?", "Freezing comes between building and compiling."),
    solution='answer = ["D", "B", "A", "C"]',
    praise="right: build, freeze, compile, fit.",
)
def order_of_freezing(answer):
    try:
        steps = [str(step).strip().upper() for step in answer if str(step).strip(" ,")]
    except TypeError:
        raise Wrong("we expect a list of the four letters.") from None
    if sorted(steps) != ["A", "B", "C", "D"]:
        raise Wrong("each of the letters A, B, C and D must stand there once.")
    if steps.index("A") < steps.index("B"):
        raise Wrong("`compile` takes a note of what is trainable: freeze before it.")
    if steps.index("C") < steps.index("A"):
        raise Wrong("`fit` needs a compiled model.")
    if steps.index("C") < steps.index("D") or steps.index("A") < steps.index("D"):
        raise Wrong("the model must be built before it can be compiled and trained.")
    # The base may be frozen before or after it becomes part of the model: both orders are right.


@exercise(
    "08.3",
    hints=(
        "Both ways pay the head in every epoch: E · h.",
        "Live pays E passes, cached pays K. Divide the two sums.",
    ),
    solution="""
    def times_longer(E, K, h):
        return (E + E * h) / (K + E * h)
    """,
    praise="right: the more epochs, and the cheaper the head, the more the views save.",
)
def cost_of_live(answer):
    epochs, views, head = 30, 4, 0.01
    found = number(function(answer, epochs, views, head))
    right = (epochs + epochs * head) / (views + epochs * head)
    if abs(found - 1 / right) < 1e-6:
        raise Wrong("that is the other way round: live over cached.")
    if abs(found - epochs / views) < 1e-6:
        raise Wrong("this forgets the head, which both ways pay in every epoch.")
    if abs(found - (epochs + head) / (views + head)) < 1e-6:
        raise Wrong("`h` is the cost of one epoch of the head; there are E of them.")
    if abs(found - right) > 1e-6:
        raise Wrong(f"for E=30, K=4, h=0.01 it gives {found:.2f}; write down both sums first.")
    if abs(number(answer(10, 10, 0.5)) - 1) > 1e-6:
        raise Wrong("with as many views as epochs both ways cost the same.")


@exercise(
    "08.4",
    hints=(
        "Wider warps make the views differ more, so fewer of them do the same work.",
        "Repeat the cells from `extract_views` on, with other ranges in `RandomAffine`.",
    ),
    solution="""
    # With the warps of the lesson, read it off the plot: the smallest number of views where
    # training and validation accuracy differ by less than 0.02. For example:
    answer = {"views": 4, "gap": curve["training"][2] - curve["validation"][2]}
    """,
    praise="noted. Does another seed agree?",
)
def fewest_views(answer):
    if not isinstance(answer, dict) or set(answer) != {"views", "gap"}:
        raise Wrong('we expect {"views": number, "gap": number}.')
    views, gap = number(answer["views"]), number(answer["gap"])
    if views < 1 or views != int(views):
        raise Wrong("the number of views is a whole number, at least 1.")
    if abs(gap) > 1:
        raise Wrong("the gap is a difference of accuracies between 0 and 1; did you use per cent?")
    if gap >= 0.02:
        raise Wrong(f"a gap of {gap:.3f} is not below two points yet.")
