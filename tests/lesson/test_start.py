"""What the first cell of a lesson does before anything else."""

import os
import subprocess
import sys

import numpy as np
import pytest

from course_utils import start
from course_utils.errors import CourseError


def test_a_wrong_parameter_names_the_right_one():
    for options, nearest in (({"preset": "fulll"}, "full"), ({"backbone": "vgg61"}, "vgg16")):
        with pytest.raises(CourseError, match=f"Did you mean '{nearest}'"):
            start("03_lesson", **options)


def test_without_tensorflow_there_is_one_message(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras", None)
    with pytest.raises(CourseError, match="pip install 'tensorflow"):
        start("03_lesson")


@pytest.mark.slow
def test_starting_a_lesson_writes_nothing_to_the_error_stream():
    code = "from course_utils import start; start('03_x'); import keras; keras.ops.ones(3)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stderr == ""


@pytest.mark.slow
def test_the_seed_decides_the_first_weights():
    import keras

    def first_weights(seed):
        lesson = start("03_lesson", seed=seed)
        assert (lesson.number, lesson.backbone, lesson.policy) == ("03", "minivgg", "float32")
        layer = keras.layers.Dense(3)
        layer.build((None, 5))
        return layer.kernel.numpy()

    np.testing.assert_array_equal(first_weights(1), first_weights(1))
    assert not np.array_equal(first_weights(1), first_weights(2))


def test_a_notebook_shows_a_way_out_and_no_traceback(capsys):
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    result = shell.run_cell("from course_utils import CourseError\nraise CourseError('go there')")
    assert isinstance(result.error_in_exec, CourseError)
    assert capsys.readouterr().out.strip() == "CourseError: go there"


@pytest.mark.slow
@pytest.mark.parametrize(("variable", "value"), [("PRECISION", "float16"), ("XLA", "on")])
def test_a_precision_or_xla_that_nobody_knows_is_refused(monkeypatch, variable, value):
    monkeypatch.setenv(f"COURSE_{variable}", value)
    with pytest.raises(CourseError, match=f"COURSE_{variable} must be one of"):
        start("03_lesson")


@pytest.mark.slow
def test_one_setting_switches_precision_and_xla_for_every_model():
    code = """
import os
from course_utils import start
lesson = start("03_x")
import keras, tensorflow as tf
from course_utils.models import RandomAffine
plain = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten(), keras.layers.Dense(1)])
warped = keras.Sequential([keras.Input((4, 4, 3)), RandomAffine(), keras.layers.Flatten()])
for model in (plain, warped):
    model.compile("sgd", "mse")
own = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
own.compile("sgd", "mse", jit_compile=False)
print(lesson.policy, plain.compute_dtype, plain.jit_compile, warped.jit_compile, own.jit_compile)
print(tf.config.experimental.tensor_float_32_execution_enabled())
print(os.environ["TF_FORCE_GPU_ALLOW_GROWTH"])
"""
    environ = os.environ | {"COURSE_PRECISION": "mixed_float16", "COURSE_XLA": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ)
    # XLA cannot compile the warp, so a model that holds it does without.
    expected = ["mixed_float16 float16 True False False", "False", "true"]
    assert done.stdout.splitlines() == expected, done.stderr
