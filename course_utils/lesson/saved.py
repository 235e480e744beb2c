"""Trained models that one lesson leaves for another."""

from __future__ import annotations

import zipfile

from course_utils import files, settings
from course_utils.errors import CourseError


class SavedModels:
    """What a lesson can save and load; mixed into `Lesson`, whose settings decide the file."""

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
            if not zipfile.is_zipfile(path):  # Keras would say that there is no such file
                raise ValueError("it is empty, cut off or no model")
            return keras.models.load_model(path, safe_mode=True)
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            if "unsafe" in str(error) or "safe_mode" in str(error):  # no student needs that way
                reason = "it holds code of its own, which is never run"
            told = f"The saved model {path} cannot be loaded ({reason}). It was left as it is"
            raise CourseError(f"{told}. Delete it and run again to train it anew.") from error

    def load_or_train(self, number, name, train):
        """Return the model that `load` finds, or else what `train()` returns, and say which."""
        model = self.load(number, name)
        if model is not None:
            print(f"Loaded the model {name!r} of lesson {int(number)}.")
            return model
        print(f"Lesson {int(number)} has not run here, so {name!r} is trained now.")
        return train()
