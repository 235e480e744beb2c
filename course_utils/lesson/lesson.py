"""One running lesson: its pictures, its base, its claims, its row in the ledger."""

from __future__ import annotations

import math
import os
import time
import zipfile
from dataclasses import dataclass, field

import numpy as np
import psutil

from course_utils import files, presets, settings
from course_utils.data import datasets
from course_utils.errors import CourseError
from course_utils.lesson import ledger, progress


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

    def result(self, name):
        """Return one result of that lesson, such as "cached views", in the same manner."""
        for row in self.get("results", []):
            if row["name"] == name:
                return Earlier(row)
        missing = Earlier()
        missing.known = False
        return missing


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
    results: list[dict] = field(default_factory=list)
    _pictures: object = None
    _small: dict[str, object] = field(default_factory=dict)

    def pictures(self):
        """Return the lesson's `Dataset`; the same object at each call."""
        if self._pictures is None:
            self._pictures = datasets.load(self.preset, self.data, seed=self.seed)
        return self._pictures

    def folder(self):
        """Return the folder that the pictures come from, a pathlib.Path; None if they are drawn."""
        return datasets.folder_of(self.preset, self.data)

    @property
    def results_folder(self):
        """pathlib.Path: where the ledger and what a lesson saves lie."""
        return settings.results()

    def digits(self):
        """Return digits, grey and 28×28, as a `Dataset`: toys, or MNIST in the full preset.

        DATA does not change them: they are the drill ground, the same for everybody.
        """
        if "digits" not in self._small:
            self._small["digits"] = datasets.digits(self.preset, self.seed)
        return self._small["digits"]

    def clothes(self):
        """Return clothes, as `digits` does: toys, or Fashion-MNIST in the full preset."""
        if "clothes" not in self._small:
            self._small["clothes"] = datasets.clothes(self.preset, self.seed)
        return self._small["clothes"]

    def base(self, weights="default"):
        """Return the pretrained base: a functional Keras model that takes raw pictures (0 to 255).

        `weights=None` gives the same network with random weights.
        """
        from course_utils.models import backbones

        options = {} if weights == "default" else {"weights": weights}
        return backbones.load(self.backbone, self.pictures().image_size, **options)

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
        elif settings.strict():
            raise AssertionError(f"not found: {claim}{seen}")
        else:
            print(f"✘ not on this run: {claim}{seen}")

    # ---- ledger and models

    def _key(self, pictures=None):
        dataset, preset = (pictures or self.pictures()).name, self.preset.name
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

    def add_result(
        self, name, accuracy, train_accuracy=None, trainable=None, seconds=None, history=None
    ):
        """Note one result of the lesson for the ledger.

        Parameters
        ----------
        name : str
        accuracy, train_accuracy : float
            Shares of right answers, 0 to 1, on the validation and the training pictures.
        trainable : int
            Parameters that were trained.
        seconds : float
            Time it took.
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
        self.results = [s for s in self.results if s["name"] != name] + [{**row, "history": curves}]

    def record(self, main, uses_backbone=True, pictures=None):
        """Write the lesson's results into the ledger, and show them.

        Parameters
        ----------
        main : str
            Name of the result that stands for the lesson.
        uses_backbone : bool
            False for lessons that need no pretrained base.
        pictures : Dataset, optional
            What they were trained on, if not `pictures()`: `digits()` or `clothes()`.

        Returns
        -------
        Table
            A small table for the notebook.
        """
        chosen = [row for row in self.results if row["name"] == main]
        if not chosen:
            raise CourseError(
                f"There is no result {main!r} to record; call lesson.add_result first."
            )
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
            "results": self.results,
            "label": self.preset.label,
            "pictures": pictures.title,
            "device": self.device,
            "policy": self.policy,
            "test_opened": pictures.test_opened,
            "peak_mb": round(peak / 2**20),
        }
        ledger.write(entry)
        return Table(self.results)

    def _model_path(self, number, name):
        key = [number, name, *map(str, self._key().values())]
        if number not in ("03", "04"):
            key.append(self.backbone)
        return settings.results() / "models" / ("-".join(key).replace(" ", "_") + ".keras")

    def save(self, model, name):
        """Save a trained model for later lessons, whole or not at all."""
        files.write_atomically(self._model_path(self.number, name), model.save)

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
        return progress.callback(label, epochs)


class Table:
    """A few rows for a notebook, as HTML and as text."""

    def __init__(self, results):
        self.rows = [
            (
                row["name"],
                _share(row["train_accuracy"]),
                _share(row["accuracy"]),
                f"{row['trainable']:,}" if row["trainable"] else "–",
                f"{row['seconds']:.1f}" if row["seconds"] is not None else "–",
            )
            for row in results
        ]
        self.head = (
            "approach",
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
