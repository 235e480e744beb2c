"""One running lesson: its pictures, its base, its claims, its row in the ledger."""

from __future__ import annotations

import time
import zipfile
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from course_utils import files, presets, settings
from course_utils.data import datasets
from course_utils.errors import CourseError
from course_utils.lesson import ledger, progress


@dataclass
class Lesson:
    """One running lesson. Made by `start`.

    Attributes
    ----------
    number, slug, backbone : str
    preset : presets.Preset
    data : path-like or None
        A folder of one's own pictures. A lesson may change it; `pictures` follows.
    seed : int
    device, policy : str
        "CPU" or "GPU", and Keras's precision.
    results : list of dict
        What `add_result` has noted so far.
    """

    number: str
    slug: str
    preset: presets.Preset
    data: str | None
    backbone: str
    seed: int
    device: str
    policy: str
    results: list[dict] = field(default_factory=list)
    _loaded: dict[str, datasets.Dataset] = field(default_factory=dict)

    progress = staticmethod(progress.callback)

    def pictures(self):
        """Return the `Dataset` of `data`, or of the preset; the same object at each call."""
        load = partial(datasets.load, self.preset, self.data, seed=self.seed)
        return self._once(f"data {self.data}", load)

    def digits(self):
        """Return digits, grey and 28×28, as a `Dataset`: toys, or MNIST in the full preset.

        DATA does not change them: they are the drill ground, the same for everybody.
        """
        return self._once("digits", partial(datasets.digits, self.preset, self.seed))

    def clothes(self):
        """Return clothes, as `digits` does: toys, or Fashion-MNIST in the full preset."""
        return self._once("clothes", partial(datasets.clothes, self.preset, self.seed))

    def _once(self, name, load):
        if name not in self._loaded:
            self._loaded[name] = load()
        return self._loaded[name]

    def folder(self):
        """Return the folder that the pictures come from, a pathlib.Path; None if they are drawn."""
        return datasets.folder_of(self.preset, self.data)

    @property
    def results_folder(self):
        """pathlib.Path: where the ledger and what a lesson saves lie."""
        return settings.results()

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

    def prove(self, claim, condition):
        """Check a mechanism, which must hold always and on any data.

        Raises
        ------
        AssertionError
            With the claim, if the condition is false.
        """
        if not np.all(condition):
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
        needs : ledger.Earlier, optional
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

    def _key(self, pictures=None):
        dataset = (pictures or self.pictures()).name
        return {"preset": self.preset.name, "dataset": dataset, "seed": self.seed}

    def earlier(self, number):
        """Return another lesson's newest `ledger.Earlier` for our preset, pictures, base, seed."""
        return ledger.Earlier(ledger.find(number, backbone=self.backbone, **self._key()) or {})

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
        row = {
            "name": name,
            "accuracy": _number(accuracy),
            "train_accuracy": _number(train_accuracy),
            "trainable": trainable and int(trainable),
            "seconds": _number(seconds, 1),
            "history": {key: [*map(_number, values)] for key, values in (history or {}).items()},
        }
        self.results = [other for other in self.results if other["name"] != name] + [row]

    def record(self, main, uses_backbone=True, pictures=None):
        """Write the lesson's results into the ledger, and return them as a `ledger.Table`.

        Parameters
        ----------
        main : str
            Name of the result that stands for the lesson.
        uses_backbone : bool
            False for lessons that need no pretrained base.
        pictures : Dataset, optional
            What they were trained on, if not `pictures()`: `digits()` or `clothes()`.

        Raises
        ------
        CourseError
            If there is no result of that name.
        """
        results = {row["name"]: row for row in self.results}
        if main not in results:
            raise CourseError(
                f"There is no result {main!r} to record; call lesson.add_result first."
            )
        pictures = pictures or self.pictures()
        entry = {
            "lesson": self.number,
            **self._key(pictures),
            "backbone": self.backbone if uses_backbone else None,
            "main": main,
            **{key: value for key, value in results[main].items() if key != "name"},
            "results": self.results,
            "pictures": pictures.title,
            "device": self.device,
            "policy": self.policy,
            "test_opened": pictures.test_opened,
        }
        ledger.write(entry)
        return ledger.Table(self.results)

    def _model_path(self, number, name):
        key = [number, name, *map(str, self._key().values())]
        if number not in ("03", "04"):  # networks of their own, without a pretrained base
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
        """Return the model that `load` finds, or else what `train()` returns, and say which."""
        model = self.load(number, name)
        if model is not None:
            print(f"Loaded the model {name!r} of lesson {int(number)}.")
            return model
        started = time.perf_counter()
        model = train()
        seconds = time.perf_counter() - started
        print(f"Lesson {int(number)} has not run here: trained {name!r} in {seconds:.0f} s.")
        return model


def _number(value, digits=4):
    return None if value is None else round(float(value), digits)
