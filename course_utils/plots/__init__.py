"""The course's figures. Each is shown with a text that says, from its data, what it shows."""

from course_utils.plots.curves import history, lines, points, smooth
from course_utils.plots.drawings import course_map, diagram
from course_utils.plots.figure import Picture, show
from course_utils.plots.images import gallery, maps
from course_utils.plots.tables import bars, clouds, confusion

__all__ = [
    "Picture", "bars", "clouds", "confusion", "course_map", "diagram", "gallery", "history",
    "lines", "maps", "points", "show", "smooth",
]  # fmt: skip
