import ast
import re

import nbformat
import pytest
from run_helpers import ROOT

from course_utils import presets
from course_utils.data import registry
from course_utils.errors import CourseError

READING = re.compile(r"lesson\.(earlier|load|load_or_train)\(|ledger\.read\(")


def test_presets_are_the_sizes_that_the_course_promises():
    quick, full = presets.get("quick"), presets.get("full")
    assert (quick.image_size, quick.train, quick.validation, quick.test) == (64, 320, 600, 2_000)
    assert (full.image_size, full.train, full.validation, full.test) == (150, 2_000, 1_000, 1_000)
    assert (quick.backbone, full.backbone) == ("minivgg", "vgg16")
    assert {quick.backbone, full.backbone} <= set(registry.BACKBONES)
    with pytest.raises(AttributeError):
        quick.image_size = 32


@pytest.mark.parametrize(
    ("call", "wrong", "right"),
    [
        (presets.get, "fulll", "Did you mean 'full'"),
        (registry.check_backbone, "vgg61", "Did you mean 'vgg16'"),
        (presets.get_lesson, "03_cnn_form_scratch", "03"),
        (presets.get_lesson, 99, "00, 01, 02"),
        (presets.get_lesson, "", "00, 01, 02"),
        (presets.get_lesson, "7.5", "00, 01, 02"),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(call, wrong, right):
    with pytest.raises(CourseError) as error:
        call(wrong)
    assert f"'{wrong}'" in str(error.value) and right in str(error.value)


@pytest.mark.parametrize("written", [7, "7", "07", "07_fast_feature_extraction"])
def test_a_lesson_is_found_by_number_and_by_name(written):
    assert presets.get_lesson(written).slug == "07_fast_feature_extraction"


def test_the_table_of_lessons_agrees_with_itself():
    assert list(presets.LESSONS) == [f"{n:02d}" for n in range(15)]
    for number, lesson in presets.LESSONS.items():
        assert lesson.number == number == lesson.slug[:2]
        assert set(lesson.minutes) == set(presets.PRESETS)
        assert all(earlier < number for earlier in lesson.reads)


@pytest.mark.parametrize("lesson", presets.LESSONS.values(), ids=lambda lesson: lesson.number)
def test_a_lesson_reads_what_its_notebook_asks_for(lesson):
    notebook = nbformat.read(ROOT / "notebooks" / f"{lesson.slug}.ipynb", as_version=4)
    asked = set()
    for cell in notebook.cells:
        if cell.cell_type == "code" and READING.search(cell.source):
            texts = (node.value for node in ast.walk(ast.parse(cell.source)) if is_text(node))
            asked |= {text for text in texts if text in presets.LESSONS} - {lesson.number}
    # Lesson 13 reads the whole ledger; lesson 00 only looks whether it has left it alone.
    everything = set(list(presets.LESSONS)[:13])
    assert set(lesson.reads) == (everything if lesson.number == "13" else asked)


def is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def test_the_minutes_follow_the_number_of_pictures():
    quick, lesson = presets.PRESETS["quick"], presets.LESSONS["09"]
    usual = quick.train + quick.validation
    assert lesson.estimate(quick) == lesson.estimate(quick, usual) == lesson.minutes["quick"]
    assert lesson.estimate(quick, 10 * usual) > 8 * lesson.minutes["quick"]
    assert 0 < lesson.estimate(quick, 1) < lesson.minutes["quick"]
    digits = presets.LESSONS["02"]  # opens no picture of DATA
    assert digits.estimate(quick, 10**6) == digits.minutes["quick"]
    assert [n for n, one in presets.LESSONS.items() if one.pictures.get(quick.name) == 0] == [
        "01",
        "02",
    ]
