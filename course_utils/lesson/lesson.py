"""One running lesson: its pictures, its base, its claims, its row in the ledger."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from course_utils import presets, settings
from course_utils.data import datasets
from course_utils.errors import CourseError
from course_utils.lesson import ledger, reference
from course_utils.lesson.saved import SavedModels


@dataclass
class Lesson(SavedModels):
    """One running lesson. Made by `start`.

    Attributes
    ----------
    number, slug, backbone : str
    preset : presets.Preset
    data : path-like, Dataset or None
        One's own pictures. A lesson may change it; `pictures` follows.
    seed : int
    device, policy : str
        "CPU" or "GPU", and Keras's precision.
    results : list of dict
        What `add_result` has noted so far.
    measures : dict
        What `measure` has.
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
    measures: dict = field(default_factory=dict)
    _loaded: dict[str, datasets.Dataset] = field(default_factory=dict)

    def pictures(self):
        """Return the `Dataset` of `data`, or of the preset; the same object at each call."""
        if isinstance(self.data, datasets.Dataset):
            return self.data
        return self._once(f"data {self.data}", self._load_pictures)

    def _load_pictures(self):
        pictures = datasets.load(self.preset, self.data, seed=self.seed)
        if self.data is not None and self.number in presets.LESSONS:
            count = pictures.counts["train"] + pictures.counts["validation"]
            minutes = presets.LESSONS[self.number].estimate(self.preset, count)
            print(f"With these {count:,} pictures: about {minutes:.1f} minutes on a CPU.")
        return pictures

    def digits(self):
        """Return digits, grey and 28×28, as a `Dataset`: toys, or MNIST in the full preset.

        DATA does not change them: everybody practises on the same ones.
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

    def base(self, weights="pretrained"):
        """Return the pretrained base: a functional Keras model that takes raw pictures (0 to 255).

        `weights=None` gives the same network with random weights.
        """
        from course_utils.models import backbones

        return backbones.load(self.backbone, self.pictures().image_size, weights)

    def progress(self, label, epochs):
        """Return a Keras callback: a bar over the epochs where somebody watches."""
        from tqdm.keras import TqdmCallback

        options = {"leave": False, "disable": not settings.front_end()}
        return TqdmCallback(epochs, verbose=0, desc=label, **options)

    def clock(self):
        """Return seconds: of computing on a CPU (two busy cores count twice), else on the wall."""
        return time.perf_counter() if self.device == "GPU" else time.process_time()

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

    def reference(self, name, what="accuracy", lesson=None, pictures=None, backbone=None):
        """Return the `reference.Band` of the course's runs for our preset, pictures and base.

        Parameters
        ----------
        name : str
            Of a result, or of a measure.
        what : str
            Of a result: "accuracy", "train_accuracy" or "seconds".
        lesson : str, optional
            Two digits; this lesson's own by default.
        pictures : Dataset, optional
            As of `record`.
        backbone : str, optional
            Another base than ours.
        """
        where = {**self._key(pictures), "backbone": backbone or self.backbone}
        return reference.find(lesson or self.number, name, what, **where)

    def measure(self, name, value):
        """Note a number, or a list of them, that is no accuracy: a ratio, a spread, a curve."""
        self.measures[name] = np.round(np.asarray(value, float), 5).tolist()

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

    def record(self, main=None, uses_backbone=True, pictures=None):
        """Write the lesson's results into the ledger, and return them as a `ledger.Table`, or None.

        Parameters
        ----------
        main : str, optional
            Name of the result that stands for the lesson; None for a lesson that trains nothing.
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
        if main is not None and main not in results:
            raise CourseError(
                f"There is no result {main!r} to record; call lesson.add_result first."
            )
        pictures = pictures or self.pictures()
        entry = {
            "lesson": self.number,
            **self._key(pictures),
            "backbone": self.backbone if uses_backbone else None,
            "main": main,
            **{key: value for key, value in results.get(main, {}).items() if key != "name"},
            "results": self.results,
            "measures": self.measures,
            "pictures": pictures.title,
            "device": self.device,
            "policy": self.policy,
            "test_opened": pictures.test_opened,
        }
        ledger.write(entry)
        return ledger.Table(self.results) if self.results else None


def _number(value, digits=4):
    return None if value is None else round(float(value), digits)
