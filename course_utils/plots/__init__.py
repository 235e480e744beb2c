"""The course's figures. Each is shown with a text that says, from its data, what it shows."""

from course_utils.plots.charts import bars, confusion_matrix, scatter
from course_utils.plots.curves import history, lines, points, smooth
from course_utils.plots.drawings import plot_model
from course_utils.plots.figure import show
from course_utils.plots.images import feature_maps, image_grid
from course_utils.plots.mosaics import channel_grid, colour, mosaic, overlay

__all__ = [
    "bars", "channel_grid", "colour", "confusion_matrix", "feature_maps", "history", "image_grid",
    "lines", "mosaic", "overlay", "plot_model", "points", "scatter", "show", "smooth",
]  # fmt: skip
