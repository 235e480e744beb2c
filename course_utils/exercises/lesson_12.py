"""Exercises of lesson 12: a map by hand, the size of a map, the hit rate, a planted shortcut."""

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number


@exercise(
    "12.1",
    hints=(
        "Each channel's weight is the mean of its four slopes.",
        "The weights are 1 and -0.5. Add up the weighted channels, then drop what is negative.",
    ),
    solution="""
    first, second = np.array([[1, 0], [2, 1]]), np.array([[0, 3], [1, 0]])
    answer = np.maximum(1 * first - 0.5 * second, 0)  # [[1, 0], [1.5, 1]]
    """,
    praise="right. The place where only the second channel speaks is cold: it speaks against.",
)
def map_by_hand(answer):
    try:
        heat = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise Wrong("we expect two rows of two numbers.") from None
    if heat.shape != (2, 2):
        raise Wrong(f"the map has 2×2 places; this has the shape {heat.shape}.")

    def same(rows):
        return np.allclose(heat, rows)

    if same([[1, -1.5], [1.5, 1]]):
        raise Wrong("nearly: what is negative speaks against the class, and is dropped.")
    if same([[4, 0], [6, 4]]) or same([[4, -6], [6, 4]]):
        raise Wrong("you added up the slopes of a channel; Grad-CAM takes their mean.")
    if same([[2, 0], [0, 2]]) or same([[2, -3], [-1, 2]]):
        raise Wrong(
            "this is slope times activation, place by place; Grad-CAM takes the mean first."
        )
    if same([[1, 3], [3, 1]]):
        raise Wrong("this adds up the channels without their weights.")
    if not same([[1, 0], [1.5, 1]]):
        raise Wrong("not yet. First find the two weights, one for each channel.")


@exercise(
    "12.2",
    hints=(
        "Four poolings come before block 5, each halves the side.",
        "150 → 75 → 37 → … The map has side times side places.",
    ),
    solution="answer = 9 * 9  # 150 → 75 → 37 → 18 → 9",
    praise="right: 81 places for 22,500 pixels.",
)
def places(answer):
    answer = number(answer)
    if answer == 9:
        raise Wrong("that is the side of the map; how many places has it in all?")
    if answer in (16, 4):
        raise Wrong("that is behind block5_pool, the fifth pooling; the convolution comes before.")
    if answer in (324, 18):
        raise Wrong("that is block 4; one more pooling lies between.")
    if answer in (100, 10):
        raise Wrong("a pooling without padding rounds down: 75 becomes 37, not 38.")
    if answer in (196, 14):
        raise Wrong("that holds for pictures of 224×224.")
    if answer != 81:
        raise Wrong(f"{answer:g} is not it. Halve 150 once for each pooling before block 5.")


@exercise(
    "12.3",
    hints=(
        "`heat.reshape(len(heat), -1).argmax(axis=1)` finds each map's own peak.",
        "`np.divmod(peak, heat.shape[2])` gives row and column. The row is a y, the column an x.",
    ),
    solution="""
    def hit_rate(heat, boxes):
        peaks = heat.reshape(len(heat), -1).argmax(axis=1)
        y, x = np.divmod(peaks, heat.shape[2])
        x0, y0, x1, y1 = boxes.T
        inside = (x + 0.5 > x0) & (x + 0.5 < x1) & (y + 0.5 > y0) & (y + 0.5 < y1)
        return inside.mean()

    answer = hit_rate
    """,
    praise="right. Compare it with a dot in the middle before you publish it.",
)
def hit_rate(answer):
    # Peaks at (row, column) on maps of 6 rows and 8 columns; three of five lie in their boxes.
    peaks = np.array([(1, 6), (4, 2), (0, 0), (5, 7), (2, 3)])
    boxes = np.array([[5, 0, 8, 3], [1, 3, 4, 6], [2, 1, 5, 4], [6, 4, 8, 6], [3, 3, 8, 6.0]])
    heat = np.full((5, 6, 8), 0.1)
    heat[np.arange(5), peaks[:, 0], peaks[:, 1]] = [1, 2, 1, 1, 1]
    heat[4, 4, 5:7] = 0.9  # much of the last map's heat is inside, its peak is not
    rate = function(answer, heat.copy(), boxes.copy())
    if np.size(rate) != 1:
        raise Wrong(f"we expect one number for all maps, and this has {np.size(rate)}.")
    rate = float(np.asarray(rate).ravel()[0])
    if rate == 3:
        raise Wrong("that is the number of hits; we ask for their share.")
    if np.isclose(rate, _swapped(peaks, boxes)):
        raise Wrong("rows and columns are swapped: the row is a y, the column is an x.")
    if np.isclose(rate, 0.4):
        raise Wrong("that is the share of misses.")
    if not np.isclose(rate, 0.6):
        raise Wrong(
            f"of five maps, three peaks lie inside: 0.6, not {rate:.3g}. Does each map have a peak "
            "of its own, and only the peak counts?"
        )


def _swapped(peaks, boxes):
    x, y = peaks.T + 0.5
    return np.mean((x > boxes[:, 0]) & (x < boxes[:, 2]) & (y > boxes[:, 1]) & (y < boxes[:, 3]))


@exercise(
    "12.4",
    hints=(
        "Change `stamp`, and run the cells of trial 2 again.",
        "`judge(cheat_heat, mark_boxes)[1]` is the heat, `inside(mark_boxes).mean()` the area.",
    ),
    solution="""
    # After trial 2 with your own `stamp`:
    answer = {
        "with": scores["marks as in training"],
        "without": scores["no marks"],
        "heat": judge(cheat_heat, mark_boxes)[1],
        "area": inside(mark_boxes).mean(),
    }
    """,
    praise="planted and found. A tint of the whole picture has no place: there no map can point.",
)
def own_shortcut(answer):
    names = ("with", "without", "heat", "area")
    if not isinstance(answer, dict) or set(answer) != set(names):
        raise Wrong(f"we expect a dictionary with {', '.join(names)}.")
    values = {name: number(answer[name]) for name in names}
    if not all(0 <= value <= 1 for value in values.values()):
        raise Wrong("all four are shares between 0 and 1.")
    if values["with"] - values["without"] < 0.15:
        raise Wrong("the accuracy hardly falls: the network does not need your shortcut.")
    if values["area"] > 0.5:
        raise Wrong("your mark covers more than half of the picture: nowhere else to look.")
    if values["heat"] < 2 * values["area"]:
        raise Wrong(
            "the heat is not on the mark. Is the map fine enough, and the box the right one?"
        )
