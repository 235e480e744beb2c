"""Exercises of lesson 3: parameters, early stopping, a smaller network."""

import numpy as np

from course_utils.exercises import Wrong, exercise, function, number


@exercise(
    "03.1",
    hints=(
        "Each filter looks at a window of 5×5 places on every one of the 32 channels.",
        "Weights of one filter: 5 · 5 · 32. Add one bias. Multiply by the number of filters.",
    ),
    solution="answer = (5 * 5 * 32 + 1) * 64  # 51,264",
    praise="right: (5 · 5 · 32 + 1) · 64. The size of the picture plays no part.",
)
def convolution_parameters(answer):
    answer = number(answer)
    if answer == 5 * 5 * 32 * 64:
        raise Wrong("these are the weights; each of the 64 filters has one bias as well.")
    if answer == (5 * 5 + 1) * 64:
        raise Wrong("a filter looks at all 32 channels at once, not at one.")
    if answer == 5 * 5 * 32 + 1:
        raise Wrong("that is one filter; there are 64 of them.")
    if answer == 5 * 5 * 32 * 64 + 32:
        raise Wrong("there is one bias for each filter (64), not for each channel that comes in.")
    if answer != (5 * 5 * 32 + 1) * 64:
        raise Wrong(f"{answer:,.0f} is not it. Count one filter first, with its bias.")


def _stops_after(losses, patience=3):
    """Return what Keras's EarlyStopping does: the epoch that is the last one."""
    best, waited = np.inf, 0
    for epoch, loss in enumerate(losses, start=1):
        best, waited = (loss, 0) if loss < best else (best, waited + 1)
        if waited == patience:
            return epoch
    return len(losses)


@exercise(
    "03.2",
    hints=(
        "Go through the losses one by one. Keep the lowest so far, and count how long ago it was.",
        "A loss below the lowest sets the count back to 0; any other adds 1. At 3 it is over.",
    ),
    solution="""
    def last_epoch(losses):
        lowest, waited = losses[0], 0
        for epoch, loss in enumerate(losses, start=1):
            waited = 0 if epoch == 1 or loss < lowest else waited + 1
            lowest = min(lowest, loss)
            if waited == 3:
                return epoch
        return len(losses)
    """,
    praise="right: this is what `EarlyStopping(patience=3)` does. To get back the best weights "
    "as well, pass `restore_best_weights=True`.",
)
def last_epoch(answer):
    def found(losses):
        return number(function(answer, list(losses)))

    turning = [0.69, 0.6, 0.5, 0.55, 0.57, 0.7, 0.8]
    told = found(turning)
    if told in turning:
        raise Wrong("it returns a loss; we want the number of an epoch.")
    if told == 3:
        raise Wrong("that is the epoch of the lowest loss; to know it, we must wait longer.")
    if told == 5:
        raise Wrong("it counts from 0; the first epoch is number 1.")
    if told == 4:
        raise Wrong("it stops at the first loss that rises; we are patient for three epochs.")
    if told == 7:
        raise Wrong(f"it never stops, though {turning} has no new lowest loss after epoch 3.")
    if told != 6:
        raise Wrong(f"for {turning} it returns {told:g}; the third epoch in vain is number 6.")
    if found([0.5, 0.4, 0.3]) > 3:
        raise Wrong("of three losses it returns an epoch after the third: the list may end first.")
    if found([0.5, 0.4, 0.3]) != 3:
        raise Wrong("where the loss falls to the end, training goes on to the end of the list.")
    if found([0.5, 0.6, 0.7, 0.8, 0.3, 0.2]) != 4:
        raise Wrong("after epoch 4 it is over: nobody computes the lower losses that follow.")
    if found([0.5, 0.6, 0.55, 0.52, 0.4]) != 4:
        raise Wrong("compare each loss with the lowest so far, not with the one before it.")
    if found([0.5, 0.6, 0.6, 0.4, 0.6, 0.6, 0.3]) != 7:
        raise Wrong("a new lowest loss sets the count back to 0.")
    if found([0.5, 0.5, 0.5, 0.5, 0.4]) != 4:
        raise Wrong("an equal loss is no improvement.")
    for losses in np.random.default_rng(3).uniform(0.4, 0.8, (30, 8)).round(2).tolist():
        if found(losses) != _stops_after(losses):
            raise Wrong(f"for {losses} we expect {_stops_after(losses)}, not {found(losses):g}.")


@exercise(
    "03.3",
    hints=(
        "Most parameters sit in the first dense layer. What happens with 64 units instead of 512?",
        "`GlobalAveragePooling2D` instead of `Flatten` leaves one number for each channel.",
    ),
    solution="""
    def my_build(inputs_shape, classes):
        inputs = keras.Input(inputs_shape)
        x = layers.Rescaling(1 / 255)(inputs)
        for channels in (16, 32, 64):
            x = layers.Conv2D(channels, 3, activation="relu")(x)
            x = layers.MaxPooling2D(2)(x)
        x = layers.GlobalAveragePooling2D()(x)
        units, activation = (1, "sigmoid") if classes == 2 else (classes, "softmax")
        outputs = layers.Dense(units, activation=activation, dtype="float32")(x)
        return keras.Model(inputs, outputs)
    """,
    praise="it fits. Now train it as above, over three seeds: is its validation accuracy as good?",
)
def smaller_network(answer):
    limit = 50_400  # a tenth of the four blocks at 64×64
    model = function(answer, (64, 64, 3), 2)
    if not hasattr(model, "count_params"):
        raise Wrong("the function must return a Keras model.")
    noise = np.random.default_rng(0).integers(0, 256, (4, 64, 64, 3)).astype("float32")
    output = np.asarray(model(noise), dtype="float32")  # builds a model that was not built yet
    if model.count_params() > limit:
        raise Wrong(f"it has {model.count_params():,} parameters; stay below {limit:,} at 64×64.")
    if output.shape != (4, 1):
        raise Wrong(f"for two classes we need one sigmoid unit; the output is {output.shape[1:]}.")
    if output.min() < 0 or output.max() > 1:
        raise Wrong("the output is no probability: it leaves the range 0 to 1.")
    weighted = [layer for layer in _leaves(model) if any(len(w.shape) > 1 for w in layer.weights)]
    if not any(len(weight.shape) == 4 for layer in weighted for weight in layer.weights):
        raise Wrong("there is no convolution in it: it cannot look for patterns.")
    largest = _largest_input(model, weighted, noise)
    if largest > 20:
        raise Wrong(
            f"its first layer with weights gets numbers up to {largest:,.0f}. It takes raw "
            "pictures, 0 to 255: scale them inside, by 1 / 255."
        )
    if largest < 0.05:
        raise Wrong(f"its first layer with weights gets at most {largest:.2g}: scaled twice?")
    if not _sees_patterns(model):
        raise Wrong(
            "with the same pixels in another order it answers the same: it sees colours, and no "
            "pattern. Take windows larger than 1×1."
        )
    three = np.asarray(answer((64, 64, 3), 3)(noise), dtype="float32")
    if three.shape != (4, 3) or not np.allclose(three.sum(axis=1), 1, atol=1e-2):
        raise Wrong("for three classes we need three softmax units, which add up to 1.")


def _leaves(model):
    """Return the layers that hold no others, also those of models inside the model."""
    flat = model._flatten_layers(include_self=False, recursive=True)
    return [layer for layer in flat if not list(layer._flatten_layers(include_self=False))]


def _largest_input(model, weighted, pictures):
    """Return the largest number that the first layer with weights is given."""
    seen, calls = [], {layer: layer.call for layer in weighted}

    def noting(call):
        def note(inputs, *others, **options):
            seen.append(float(np.abs(np.asarray(inputs, dtype="float32")).max()))
            return call(inputs, *others, **options)

        return note

    for layer, call in calls.items():
        layer.call = noting(call)
    try:
        model(pictures)
    finally:
        for layer, call in calls.items():
            layer.call = call
    return seen[0] if seen else np.inf


def _sees_patterns(model):
    """Return whether the answer to a pattern changes when its pixels change places."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 255, 64)
    picture = np.stack(np.broadcast_arrays(ramp, ramp[:, None], ramp[::-1]), axis=-1)
    mixed = rng.permutation(picture.reshape(-1, 3)).reshape(picture.shape)
    first, second = np.asarray(model(np.stack([picture, mixed])), dtype="float32")
    return bool(np.abs(first - second).max() > 1e-5)
