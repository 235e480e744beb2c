import pytest

from course_utils import presets
from course_utils.errors import CourseError


def test_presets_are_the_sizes_that_the_course_promises():
    quick, full = presets.get("quick"), presets.get("full")
    assert (quick.size, quick.train, quick.validation, quick.test) == (64, 320, 600, 2_000)
    assert (full.size, full.train, full.validation, full.test) == (150, 2_000, 1_000, 1_000)
    assert (quick.backbone, full.backbone, quick.batch_size) == ("minivgg", "vgg16", 20)


def test_a_preset_cannot_be_changed_by_accident():
    with pytest.raises(AttributeError):
        presets.get("quick").size = 32


@pytest.mark.parametrize(
    ("call", "wrong", "right"),
    [
        (presets.get, "fulll", "full"),
        (presets.check_backbone, "vgg61", "vgg16"),
        (presets.get_lesson, "03_cnn_form_scratch", "03"),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(call, wrong, right):
    with pytest.raises(CourseError) as error:
        call(wrong)
    assert wrong in str(error.value)
    assert right in str(error.value)


def test_a_close_name_is_suggested():
    with pytest.raises(CourseError, match="Did you mean 'full'"):
        presets.get("fulll")


@pytest.mark.parametrize("written", [7, "7", "07", "07_fast_feature_extraction"])
def test_a_lesson_is_found_by_number_and_by_name(written):
    assert presets.get_lesson(written).slug == "07_fast_feature_extraction"


@pytest.mark.parametrize("written", [99, "", "-3", "7.5", "lesson"])
def test_an_unknown_lesson_is_answered_with_the_numbers(written):
    with pytest.raises(CourseError, match="00, 01, 02"):
        presets.get_lesson(written)


def test_the_table_of_lessons_agrees_with_itself():
    assert list(presets.LESSONS) == [f"{n:02d}" for n in range(15)]
    for number, lesson in presets.LESSONS.items():
        assert lesson.number == number == lesson.slug[:2]
        assert set(lesson.minutes) <= set(presets.PRESETS)


def test_each_preset_names_a_backbone_there_is():
    for preset in presets.PRESETS.values():
        assert presets.check_backbone(preset.backbone) == preset.backbone
