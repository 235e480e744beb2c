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
    if heat.size == 4 and heat.ndim in (3, 4) and heat.squeeze().ndim == 2:
        heat = heat.squeeze()  # with the axes of a batch or of a channel
    if heat.shape != (2, 2):
        raise Wrong(f"the map has 2×2 places; this has the shape {heat.shape}.")

    def same(rows):
        return np.allclose(heat, rows, atol=1e-3)

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
    if same([[1, 0], [2, 1]]):
        raise Wrong("the second channel is missing: its weight is negative, and it counts as well.")
    if same([[1, 1.5], [0, 1]]):
        raise Wrong("rows and columns are swapped.")
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
    if answer == 81 * 512:
        raise Wrong("that counts the numbers of all channels; a place holds one of each.")
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
    rate = _rate(answer, heat, boxes)
    if rate == 3:
        raise Wrong("that is the number of hits; we ask for their share.")
    if np.isclose(rate, _swapped(peaks, boxes)):
        raise Wrong("rows and columns are swapped: the row is a y, the column is an x.")
    if np.isclose(rate, 0.4):
        raise Wrong("that is the share of misses.")
    if np.isclose(rate, _heat_inside(heat, boxes)):
        raise Wrong("that is the share of the heat inside the boxes; only the peak counts here.")
    if not np.isclose(rate, 0.6):
        raise Wrong(
            f"of five maps, three peaks lie inside: 0.6, not {rate:.3g}. Does each map have a peak "
            "of its own, and only the peak counts?"
        )
    # Four other maps, all negative; the last two peaks miss only by half a pixel.
    few = np.full((4, 4, 3), -2.0)
    few[np.arange(4), [0, 3, 1, 2], [0, 2, 1, 1]] = -1
    tight = np.array([[0, 0, 1, 1], [2, 3, 3, 4], [0.8, 0, 1.2, 4], [1.6, 0, 3, 4.0]])
    rate = _rate(answer, few, tight)
    if np.isclose(rate, 0.6):
        raise Wrong("right for five maps, and the same for four others: it does not look at them.")
    if np.isclose(rate, 0.75) or np.isclose(rate, 1):
        raise Wrong("a peak's centre lies half a pixel to the right of its column, and below.")
    if not np.isclose(rate, 0.5):
        raise Wrong(
            f"four maps of 4 rows and 3 columns, no number above zero: two peaks hit, 0.5. You get "
            f"{rate:.3g}."
        )


def _rate(answer, heat, boxes):
    rate = np.asarray(function(answer, heat.copy(), boxes.copy()))
    if rate.size != 1:
        raise Wrong(f"we expect one number for all maps, and this has {rate.size}.")
    return number(rate)


def _swapped(peaks, boxes):
    x, y = peaks.T + 0.5
    return np.mean((x > boxes[:, 0]) & (x < boxes[:, 2]) & (y > boxes[:, 1]) & (y < boxes[:, 3]))


def _heat_inside(heat, boxes):
    y, x = np.mgrid[: heat.shape[1], : heat.shape[2]] + 0.5
    x0, y0, x1, y1 = boxes.T[:, :, None, None]
    inside = (x > x0) & (x < x1) & (y > y0) & (y < y1)
    return np.mean((heat * inside).sum(axis=(1, 2)) / heat.sum(axis=(1, 2)))


@exercise(
    "12.4",
    hints=(
        "Change `stamp`, and run the cells of the planted shortcut again.",
        "A darker picture: `out[which] = out[which] * 0.6`. Then the whole picture is the mark.",
    ),
    solution="""
    # After the cells of the planted shortcut, with your own `stamp`:
    answer = {
        "network": cheat,
        "plain": fresh,
        "marked": fresh_marked,
        "labels": labels,
        "heat": shortcut_heat,
    }
    """,
    praise="planted and found. What lies all over the picture has no place: no map can show it.",
)
def own_shortcut(answer):
    parts = ("network", "plain", "marked", "labels", "heat")
    if not isinstance(answer, dict) or not set(parts) <= set(answer):
        raise Wrong(f"we expect a dictionary with {', '.join(parts)}.")
    network = answer["network"]
    if not hasattr(network, "predict"):
        raise Wrong("`network` is the trained network itself, not what it answered.")
    try:
        plain, marked, labels, heat = (np.asarray(answer[part], float) for part in parts[1:])
    except (TypeError, ValueError):
        raise Wrong("pictures, labels and maps are arrays of numbers.") from None
    if plain.ndim != 4 or plain.shape != marked.shape or labels.shape != plain.shape[:1]:
        raise Wrong("`plain` and `marked` are the same pictures, with one label for each.")
    changed = (marked != plain).any(axis=-1)
    carries = changed.any(axis=(1, 2))
    if not carries.any():
        raise Wrong("no picture is marked: `plain` and `marked` are equal.")
    if len({carries[labels == label].mean().round(1) for label in np.unique(labels)}) < 2:
        raise Wrong(
            "all classes carry the mark equally often, so it tells nothing about the class."
        )
    right = [_accuracy(network, pictures, labels) for pictures in (marked, plain)]
    if right[0] - right[1] < 0.15:
        raise Wrong(
            f"accuracy {right[0]:.2f} with your shortcut and {right[1]:.2f} without: the network "
            "does not need it."
        )
    if heat.ndim != 3 or len(heat) != carries.sum():
        raise Wrong(f"`heat` holds a map for each of the {carries.sum()} marked pictures.")
    if not np.isfinite(heat).all() or np.ptp(heat, axis=(1, 2)).max() == 0:
        raise Wrong("these maps are flat, or hold no numbers: nothing is warmer than the rest.")
    mask = changed[carries]
    area = mask.mean()
    if area > 0.5:
        return  # all over the picture: nowhere to point
    share = _heat_on(np.maximum(heat, 0), mask)
    if share > 0.999:
        raise Wrong("not a trace of heat beside the mark: is this a map, or the mark itself?")
    if share < 2 * area:
        raise Wrong(
            f"{share:.2f} of the heat on {area:.2f} of the area: the heat is not on your mark. Are "
            "these the maps of the marked pictures, for the class that carries the mark?"
        )


def _accuracy(network, pictures, labels):
    output = np.asarray(network.predict(pictures, verbose=0))
    if output.shape[1] > 1:
        return np.mean(output.argmax(axis=1) == labels)
    middle = 0.5 if output.min() >= 0 and output.max() <= 1 else 0  # a probability, or a logit
    return np.mean((output[:, 0] > middle) == labels)


def _heat_on(heat, mask):
    """Return the mean share of heat on the mark; each pixel takes the heat of its place."""
    rows, columns = (
        np.arange(pixels) * places // pixels
        for pixels, places in zip(mask.shape[1:], heat.shape[1:], strict=True)
    )
    large = heat[:, rows][:, :, columns]
    return np.mean((large * mask).sum(axis=(1, 2)) / np.maximum(large.sum(axis=(1, 2)), 1e-9))
