"""Pictures and feature maps side by side."""

import numpy as np

from course_utils import plots
from course_utils.plots import images


def test_pictures_keep_their_colours_in_whatever_container(shown, pixels):
    ramp = np.linspace(0, 255, 28 * 28).reshape(28, 28, 1).astype(np.uint8)
    plots.image_grid((picture for picture in [ramp, 255 - ramp]), ["up", 2], alt="Two ramps")
    plots.image_grid(np.full((3, 8, 8, 3), [999.0, 51, -7]), columns=2)
    (grey, text), (red, alone) = shown
    assert text == "Two ramps. 2 pictures: up, 2." and alone == "3 pictures."
    assert np.ptp(pixels(grey), axis=2).max() == 0
    assert {tuple(colour) for colour in pixels(red).reshape(-1, 3)} == {(255, 51, 0), (255,) * 3}


def test_maps_tell_their_numbers_and_share_one_scale(shown):
    small = np.eye(2, dtype=np.uint8)
    kernel = np.array([[1, 0.25], [float("nan"), -1]])
    answers = np.zeros((26, 26))
    answers[3, 5], answers[0, 0] = 2.5, -1
    plots.feature_maps(
        [small, kernel, answers], ["picture", "kernel", "map"], windows={0: (0, 0, 2, 2)}
    )
    text = shown[0][1]
    assert "kernel, 2×2: 1 0.25; nan -1" in text
    assert "map, 26×26: from -1 to 2.5, highest in row 3, column 5" in text
    assert images._scale([answers, 3 * answers]) == ("cividis", -7.5, 7.5)
    assert images._scale([small])[1:] == (0, 1) and images._scale([9 * small])[1:] == (0, 255)
    assert images._scale([np.zeros((9, 9))])[1:] == (0, 1)
