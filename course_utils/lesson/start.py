"""What the first cell of a lesson calls: seeds, device, precision."""

from __future__ import annotations

import os
import sys
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path

from course_utils import presets, settings
from course_utils.data import registry
from course_utils.errors import CourseError
from course_utils.lesson.lesson import Lesson

# Below this side, bfloat16 costs more in conversions than it saves in arithmetic (measured on a
# two-core CPU with AVX-512 BF16: 0.85 times as fast at 64 pixels, 2.1 times at 150).
SMALLEST_FOR_BF16 = 96


def start(slug, preset="quick", data=None, backbone=None, seed=0):
    """Set a lesson up: seeds, precision, device, folders.

    Parameters
    ----------
    slug : str
        The notebook's name, such as "07_fast_feature_extraction".
    preset : str
        "quick" (drawn pictures, minutes on a CPU) or "full" (photos, ImageNet weights).
    data : path-like, optional
        A folder of one's own pictures, instead of the preset's.
    backbone : str, optional
        A name out of ``data/registry.toml``, instead of the preset's.
    seed : int
        Seeds NumPy, Keras, the toys' training pictures and the split of a plain folder. Results
        agree within the spread of rounding, not to the bit.

    Returns
    -------
    Lesson

    Raises
    ------
    CourseError
        If the preset or the backbone does not exist, $COURSE_PRECISION or $COURSE_XLA says what
        nobody knows, or TensorFlow is not installed.
    """
    preset = presets.get(preset)
    backbone = registry.check_backbone(backbone or preset.backbone)
    try:
        with _silent_start():
            import keras
            import tensorflow as tf
    except ModuleNotFoundError as error:
        told = f"{error.name} is missing. TensorFlow comes with: pip install 'tensorflow-cpu>=2.20'"
        gpu = "(for an NVIDIA GPU: 'tensorflow[and-cuda]>=2.20')"
        raise CourseError(f"{told} {gpu}. Then restart the kernel.") from None
    tf.get_logger().setLevel("ERROR")  # "5 out of the last 5 calls triggered retracing"
    # What Keras 3.15 says of its own default, and matplotlib of an emoji in a class's name.
    for noise in ("`shuffle=True` was passed", "Glyph .* missing from"):
        warnings.filterwarnings("ignore", message=noise)
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    # TF32 would round the factors of float32 products to 11 bits; speed comes from the policy.
    tf.config.experimental.enable_tensor_float_32_execution(False)
    if xla := settings.choice("COURSE_XLA"):
        _set_xla(keras, xla == "1")
    device, policy = _device(preset.image_size)
    policy = settings.choice("COURSE_PRECISION") or policy
    keras.mixed_precision.set_global_policy(policy)
    return Lesson(slug[:2], slug, preset, data, backbone, seed, device, policy)


def _set_xla(keras, wanted):
    """Let every model that says nothing of XLA use it, or none: Keras asks this for "auto"."""

    def resolve(model):
        return wanted and all(layer.supports_jit for layer in model._flatten_layers())

    keras.Model._resolve_auto_jit_compile = resolve


@contextmanager
def _silent_start():
    """Keep TensorFlow's start-up messages off the page.

    Its C++ library writes them to file descriptor 2 before any setting can stop it. What was
    written is passed on if the import fails.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as hidden:
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(kept, 2)
            hidden.seek(0)
            sys.stderr.write(hidden.read().decode(errors="replace"))
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _device(size):
    """Find the device's name and the fastest precision that keeps the results."""
    import tensorflow as tf

    if tf.config.list_physical_devices("GPU"):
        return "GPU", "mixed_float16"
    cpuinfo = Path("/proc/cpuinfo")
    has_bf16 = cpuinfo.exists() and "avx512_bf16" in cpuinfo.read_text(encoding="utf-8")
    if has_bf16 and size >= SMALLEST_FOR_BF16:
        return "CPU", "mixed_bfloat16"
    return "CPU", "float32"
