"""What the first cell of a lesson calls: preset and overrides become pictures, base and ledger."""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
import time
import warnings
import zipfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import psutil

from course_utils import ledger, paths, presets
from course_utils.data import pictures as picture_sets
from course_utils.data import small_pictures
from course_utils.errors import CourseError

# Below this side, bfloat16 costs more in conversions than it saves in arithmetic (measured on a
# two-core CPU with AVX-512 BF16: 0.85 times as fast at 64 pixels, 2.1 times at 150).
SMALLEST_FOR_BF16 = 96


def headless():
    """Return True where nobody can move a slider: under `course run`, papermill or the tests."""
    return bool(os.environ.get("COURSE_HEADLESS"))


class Earlier(dict):
    """What an earlier lesson wrote into the ledger; every number is NaN where it has not run.

    Attributes
    ----------
    known : bool
        Whether there is an entry.
    """

    known = True

    def __missing__(self, key):
        return math.nan

    def stage(self, name):
        """Return one stage of that lesson, such as "cached views", in the same manner."""
        for row in self.get("stages", []):
            if row["name"] == name:
                return Earlier(row)
        missing = Earlier()
        missing.known = False
        return missing


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
        A name from `presets.BACKBONE_NAMES`, instead of the preset's.
    seed : int
        Seeds NumPy, Keras, the toys' training pictures and the split of a plain folder. Results
        agree within the spread of rounding, not to the bit.

    Returns
    -------
    Lesson

    Raises
    ------
    CourseError
        If the preset or the backbone does not exist, or TensorFlow is not installed.
    """
    preset = presets.get(preset)
    backbone = presets.check_backbone(backbone or preset.backbone)
    try:
        with _silent_start():
            import keras
    except ModuleNotFoundError:
        raise CourseError(
            "TensorFlow is not installed. Install it with: pip install 'tensorflow-cpu>=2.20' "
            "(or 'tensorflow[and-cuda]>=2.20' for an NVIDIA GPU), then restart the kernel."
        ) from None
    _hush()
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    device, policy = _device(preset.size)
    keras.mixed_precision.set_global_policy(policy)
    number = slug.split("_")[0]
    return Lesson(number, slug, preset, data, backbone, seed, device, policy)


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


def _hush():
    """Drop two warnings that say nothing to a student: both name a habit of Keras, not of ours."""
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")  # "5 out of the last 5 calls triggered retracing"
    # Keras 3.15 says this of its own default whenever `fit` is given a dataset.
    warnings.filterwarnings("ignore", message="`shuffle=True` was passed")


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


@dataclass
class Lesson:
    """One running lesson. Made by `start`."""

    number: str
    slug: str
    preset: presets.Preset
    data: str | None
    backbone: str
    seed: int
    device: str
    policy: str
    stages: list[dict] = field(default_factory=list)
    _pictures: object = None
    _small: dict[str, object] = field(default_factory=dict)

    def pictures(self):
        """Return the lesson's `Pictures`; the same object at each call."""
        if self._pictures is None:
            self._pictures = picture_sets.load(self.preset, self.data, seed=self.seed)
        return self._pictures

    def digits(self):
        """Return digits, grey and 28×28, as `Pictures`: toys, or MNIST in the full preset.

        DATA does not change them: they are the drill ground, the same for everybody.
        """
        if "digits" not in self._small:
            self._small["digits"] = small_pictures.digits(self.preset, self.seed)
        return self._small["digits"]

    def clothes(self):
        """Return clothes, as `digits` does: toys, or Fashion-MNIST in the full preset."""
        if "clothes" not in self._small:
            self._small["clothes"] = small_pictures.clothes(self.preset, self.seed)
        return self._small["clothes"]

    def base(self, weights="default"):
        """Return the pretrained base: a functional Keras model that takes raw pictures (0 to 255).

        `weights=None` gives the same network with random weights.
        """
        from course_utils import backbones

        options = {} if weights == "default" else {"weights": weights}
        return backbones.load(self.backbone, size=self.pictures().size, **options)

    def choose(self, quick, full):
        """Return the value for the running preset, so that both stand in the notebook."""
        return quick if self.preset.name == "quick" else full

    # ---- claims

    def prove(self, claim, condition):
        """Check a mechanism, which must hold always and on any data.

        Raises
        ------
        AssertionError
            With the claim, if the condition is false.
        """
        if not bool(np.all(condition)):
            raise AssertionError(f"not proved: {claim}")
        print(f"✔ proved: {claim}")

    def expect(self, claim, condition, seen="", needs=None):
        """Report a finding: true of the course's own pictures, perhaps not of other data.

        Parameters
        ----------
        claim : str
        condition : bool
        seen : str
            The numbers behind it.
        needs : Earlier, optional
            If that lesson has not run, nothing is claimed.

        Raises
        ------
        AssertionError
            If the condition is false and COURSE_STRICT is set, as in the course's own tests.
        """
        seen = f" ({seen})" if seen else ""
        if needs is not None and not needs.known:
            print(f"○ not compared: {claim}: an earlier lesson has not run with these settings")
        elif condition:
            print(f"✔ found: {claim}{seen}")
        elif os.environ.get("COURSE_STRICT"):
            raise AssertionError(f"not found: {claim}{seen}")
        else:
            print(f"✘ not on this run: {claim}{seen}")

    # ---- ledger and models

    def _key(self, pictures=None):
        dataset, preset = (pictures or self.pictures()).dataset, self.preset.name
        return {"preset": preset, "dataset": dataset, "seed": self.seed}

    def earlier(self, number):
        """Return the ledger's entry of another lesson, same preset, pictures and seed."""
        wanted = {**self._key(), "lesson": number}
        for entry in ledger.read():
            same = all(entry.get(name) == value for name, value in wanted.items())
            if same and entry.get("backbone") in (None, self.backbone):
                return Earlier(entry)
        missing = Earlier()
        missing.known = False
        return missing

    def stage(
        self, name, accuracy, train_accuracy=None, trainable=None, seconds=None, history=None
    ):
        """Note one stage of the lesson for the ledger.

        Parameters
        ----------
        name : str
        accuracy, train_accuracy : float
            Shares of right answers, 0 to 1, on the validation and the training pictures.
        trainable : int
            Parameters that were trained.
        seconds : float
            Time the stage took.
        history : dict of str to list of float
            Keras's `History.history`, for the report's curves.
        """
        curves = {k: [round(float(x), 4) for x in v] for k, v in (history or {}).items()}
        row = {
            "name": name,
            "accuracy": _number(accuracy),
            "train_accuracy": _number(train_accuracy),
        }
        row |= {"trainable": trainable and int(trainable), "seconds": _number(seconds, 1)}
        self.stages = [s for s in self.stages if s["name"] != name] + [{**row, "history": curves}]

    def record(self, main, uses_backbone=True, pictures=None):
        """Write the lesson's stages into the ledger, and show them.

        Parameters
        ----------
        main : str
            Name of the stage that stands for the lesson.
        uses_backbone : bool
            False for lessons that need no pretrained base.
        pictures : Pictures, optional
            What the stages were trained on, if not `pictures()`: `digits()` or `clothes()`.

        Returns
        -------
        Table
            A small table for the notebook.
        """
        chosen = [row for row in self.stages if row["name"] == main]
        if not chosen:
            raise CourseError(f"There is no stage {main!r} to record; call lesson.stage first.")
        main_row = {k: v for k, v in chosen[0].items() if k != "name"}
        memory = psutil.Process().memory_info()
        peak = getattr(memory, "peak_wset", None) or _peak_bytes() or memory.rss
        pictures = pictures or self.pictures()
        entry = {
            "lesson": self.number,
            **self._key(pictures),
            "backbone": self.backbone if uses_backbone else None,
            "main": main,
            **main_row,
            "stages": self.stages,
            "label": self.preset.label,
            "source": pictures.source,
            "device": self.device,
            "policy": self.policy,
            "test_opened": pictures.test_opened,
            "peak_mb": round(peak / 2**20),
        }
        ledger.write(entry)
        return Table(self.stages)

    def _model_path(self, number, name):
        key = [number, name, *map(str, self._key().values())]
        if number not in ("03", "04"):
            key.append(self.backbone)
        return paths.results() / "models" / ("-".join(key).replace(" ", "_") + ".keras")

    def save(self, model, name):
        """Save a trained model for later lessons, whole or not at all."""
        paths.write_atomically(self._model_path(self.number, name), model.save)

    def load(self, number, name):
        """Return a model that an earlier lesson saved with these settings, or None.

        Raises
        ------
        CourseError
            If the file is damaged, or holds code of its own, which is never run.
        """
        path = self._model_path(number, name)
        if not path.exists():
            return None
        import keras

        try:
            return keras.models.load_model(path, safe_mode=True)
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise CourseError(
                f"The saved model {path} cannot be loaded ({reason}). It was left as it is. Delete "
                "it and run again, which trains it anew."
            ) from error

    def load_or_train(self, number, name, train):
        """Return a model that an earlier lesson saved, or train it here, and say which.

        Parameters
        ----------
        number, name : str
            The lesson that saves it, and the name it saves it by.
        train : callable
            Trains and returns the model; called only if there is none.

        Returns
        -------
        keras.Model
        """
        model = self.load(number, name)
        if model is not None:
            print(f"Loaded the model {name!r} of lesson {int(number)}.")
            return model
        started = time.perf_counter()
        model = train()
        seconds = time.perf_counter() - started
        print(f"Lesson {int(number)} has not run here: trained {name!r} in {seconds:.0f} s.")
        return model

    # ---- progress

    def progress(self, label, epochs):
        """Return a Keras callback: a bar in a notebook, a line for `course run` when headless."""
        return _progress_callback(self.number, label, epochs)


class Table:
    """A few rows for a notebook, as HTML and as text."""

    def __init__(self, stages):
        self.rows = [
            (
                row["name"],
                _share(row["train_accuracy"]),
                _share(row["accuracy"]),
                f"{row['trainable']:,}" if row["trainable"] else "–",
                f"{row['seconds']:.1f}" if row["seconds"] is not None else "–",
            )
            for row in stages
        ]
        self.head = (
            "stage",
            "train accuracy",
            "validation accuracy",
            "parameters trained",
            "seconds",
        )

    def __repr__(self):
        return "\n".join("  ".join(row) for row in [self.head, *self.rows])

    def _repr_html_(self):
        head = "".join(f"<th>{name}</th>" for name in self.head)
        body = "".join(
            "<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in self.rows
        )
        return f"<table><tr>{head}</tr>{body}</table>"


def _share(value):
    return "–" if value is None else f"{value:.3f}"


def _number(value, digits=4):
    return None if value is None else round(float(value), digits)


def _peak_bytes():
    """Return the peak resident memory of this process, where the system tells it."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if os.uname().sysname == "Darwin" else peak * 1024  # bytes there, KiB on Linux


def _progress_callback(number, label, epochs):
    import keras

    class Progress(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.last = 0.0
            self.bar = None
            if not headless():
                from tqdm.auto import tqdm

                self.bar = tqdm(total=epochs, desc=label, unit="epoch", leave=False)

        def on_epoch_end(self, epoch, logs=None):
            if self.bar is not None:
                self.bar.update(1)
            self._tell(epoch + 1)

        def on_train_end(self, logs=None):
            if self.bar is not None:
                self.bar.close()

        def _tell(self, epoch):
            place = os.environ.get("COURSE_STATUS")
            if place and (time.monotonic() - self.last > 0.5 or epoch == epochs):
                self.last = time.monotonic()
                status = {"lesson": number, "label": label, "epoch": epoch, "epochs": epochs}
                status["time"] = time.time()
                # A line on the screen is not worth stopping a training for.
                try:
                    paths.write_atomically(Path(place), json.dumps(status).encode())
                except (OSError, CourseError):
                    pass

    return Progress()
