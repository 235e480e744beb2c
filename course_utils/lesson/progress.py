"""A bar over the epochs of a training, quiet where nobody watches."""

from __future__ import annotations

from course_utils import settings


def callback(label, epochs):
    """Return a Keras callback: a progress bar in a notebook, nothing in a headless run.

    Parameters
    ----------
    label : str
        What is trained.
    epochs : int
    """
    import keras

    class Bar(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            from tqdm.auto import tqdm

            quiet = not settings.interactive()
            self.bar = tqdm(total=epochs, desc=label, unit="epoch", leave=False, disable=quiet)

        def on_epoch_end(self, epoch, logs=None):
            self.bar.update(1)

        def on_train_end(self, logs=None):
            self.bar.close()

    return Bar()
