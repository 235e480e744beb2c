"""Exercises of lesson 8: the size of kept views, the order of freezing, the cost of both ways."""

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number


@exercise(
    "08.1",
    hints=(
        "One view of one picture has 7 · 7 · 512 numbers.",
        "Multiply by 2 bytes, 6 views and 5,000 pictures, and divide by a million.",
    ),
    solution="answer = 6 * 5000 * 7 * 7 * 512 * 2 / 1e6  # 1,505.28 MB",
    praise="right: one and a half gigabytes. So large arrays of views are kept as float16.",
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
    if abs(answer - right / 49) < 0.1:
        raise Wrong("that is one place of each map; there are 7 · 7.")
    if abs(answer - right) > 1:
        raise Wrong(f"{answer:g} is not it. Start with the numbers in one view of one picture.")


@exercise(
    "08.2",
    hints=(
        "When is it fixed what is trained? Not before the first `fit`.",
        "D before A, A before C. And B? It must stand before C.",
    ),
    solution="""
    answer = ["D", "B", "A", "C"]
    # B D A C is as good. D A B C works in this version of Keras, but Keras does not promise it.
    """,
    praise="right. Where B comes before A, you keep to Keras's rule: freeze, then compile.",
)
def order_of_freezing(answer):
    try:
        words = [str(step).upper() for step in answer]
    except TypeError:
        raise Wrong("we expect a list of the four letters.") from None
    steps = [letter for word in words for letter in word if letter not in " ,;-→>'\""]
    if unknown := set(steps) - set("ABCD"):
        raise Wrong(f"we know no step called {sorted(unknown)[0]}; use the letters alone.")
    if missing := set("ABCD") - set(steps):
        raise Wrong(f"step {sorted(missing)[0]} is missing.")
    if len(steps) != 4:
        raise Wrong("each step is needed once, and one stands there twice.")
    a, b, c, d = (steps.index(letter) for letter in "ABCD")
    if a < d:
        raise Wrong("a model must be built before it can be compiled.")
    if c < a:
        raise Wrong("`fit` needs a compiled model.")
    if c < b:
        raise Wrong("the first `fit` would train the base as well, before it is frozen.")


@exercise(
    "08.3",
    hints=(
        "An epoch of the lectures' model costs 1 + v + h.",
        "The cached way costs K passes, the validation pictures once, and E epochs of the head.",
    ),
    solution="""
    def times_longer(E, K, v, h):
        return E * (1 + v + h) / (K + v + E * h)
    """,
    praise="right: the more epochs, and the cheaper the head, the more the views save.",
)
def cost_of_live(answer):
    for epochs, views, judged, head in ((30, 4, 0.5, 0.01), (20, 8, 1.9, 0.2)):
        told = f"for E={epochs}, K={views}, v={judged}, h={head}"
        found = number(function(answer, epochs, views, judged, head))
        live, cached = epochs * (1 + judged + head), views + judged + epochs * head
        slips = {
            cached / live: "that is the other way round: the lectures' model over cached views.",
            epochs / views: "this forgets the head and the validation pictures.",
            epochs * (1 + head) / (views + epochs * head): "this forgets the validation pictures.",
            (epochs * (1 + head) + judged) / cached: "the lectures' model sends the validation "
            "pictures through the base in every epoch, not once.",
            live / (views + epochs * (judged + head)): "the cached way needs the validation "
            "pictures' features only once: v stands there without E.",
            live / (views * (1 + judged) + epochs * head): "there is one view of a validation "
            "picture: v stands there without K.",
            epochs * (1 + judged) / (views + judged): "this forgets the head, which both ways "
            "train in every epoch.",
            (epochs * (1 + judged) + head) / (views + judged + head): "`h` is the cost of one "
            "epoch of the head; there are E of them.",
        }
        for slip, message in slips.items():
            if np.isclose(found, slip, rtol=1e-6):
                raise Wrong(f"{message} ({told})")
        if not np.isclose(found, live / cached, rtol=1e-6):
            raise Wrong(f"{told} it gives {found:.2f}; write down both sums first.")


@exercise(
    "08.4",
    hints=(
        "Wider warps make the views differ more from each other and from the picture.",
        "Make another `RandomAffine` and call it `augment`, build `in_order` again, take the views "
        "with `one_pass`, and train with `fit_head`.",
    ),
    solution="""
    augment = RandomAffine(rotation=40, zoom=0.3, horizontal_flip=True, fill_mode="reflect", seed=1)
    in_order = warp(in_batches(train))
    own_views = np.stack([one_pass(in_order)[0] for _ in range(3)])
    _, own_history, *_ = fit_head(own_views, "head on my views")
    answer = own_views, own_history
    """,
    praise="a narrow gap, with views of your own. What became of the validation accuracy?",
)
def own_views(answer):
    if not isinstance(answer, tuple | list) or len(answer) != 2:
        raise Wrong("we expect a pair: (views, history).")
    views, history = np.asarray(answer[0]), answer[1]
    history = getattr(history, "history", history)
    if views.dtype.kind != "f" or views.ndim < 3:
        raise Wrong("the first part must be the views: an array (views, pictures, ...).")
    if not isinstance(history, dict) or not {"accuracy", "val_accuracy"} <= set(history):
        raise Wrong('the second part must be the history, with "accuracy" and "val_accuracy".')
    training, validation = (
        np.ravel(history[k]).astype(float) for k in ("accuracy", "val_accuracy")
    )
    if len(training) != len(validation) or len(training) < 5:
        raise Wrong("the history must hold at least five epochs, both accuracies in each.")
    both = np.concatenate([training, validation])
    if not ((both >= 0) & (both <= 1)).all():
        raise Wrong("an accuracy lies between 0 and 1.")
    if len(views) > len(training):
        raise Wrong(f"in {len(training)} epochs no picture can show {len(views)} views.")
    _judge_views(views)
    right = training * views.shape[1]
    if np.abs(right - right.round()).max() > 0.01:
        raise Wrong(f"no training accuracy of {views.shape[1]} pictures reads like this one.")
    gap = training[-5:].mean() - validation[-5:].mean()
    if training[-5:].mean() < 0.75:
        raise Wrong(
            f"with a training accuracy of {training[-5:].mean():.2f} a narrow gap is no success: "
            "the head has not learned yet. Reach 0.75 first."
        )
    if gap >= 0.02:
        raise Wrong(f"a gap of {gap:.3f} is not below two points yet.")
    if gap < -0.2:
        raise Wrong(f"a gap of {gap:.3f}: the head knows new pictures far better than its own?")


def _judge_views(views):
    """Refuse what cannot be views of pictures."""
    if not np.isfinite(views).all() or np.ptp(views[0], axis=0).max() == 0:
        raise Wrong("all pictures have the same features: these are no views.")
    for first in range(len(views)):
        for second in range(first):
            if np.array_equal(views[first], views[second]):
                raise Wrong(f"views {second} and {first} are equal: draw new warps for each.")
