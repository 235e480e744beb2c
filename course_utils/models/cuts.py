"""Cut a network in two: the part that is computed once, and the part that is trained on that."""

import json
import re
from difflib import get_close_matches

import keras

from course_utils.errors import CourseError


def split_base(base, cut: str | None = None):
    """Split a functional model at a layer into the part up to it and the part after it.

    Parameters
    ----------
    base : keras.Model
        Functional, one input and one output, as from ``backbones.load``.
    cut : str, optional
        The last layer of the lower part. Without one, or with the name of the base's last layer,
        the whole base lies below.

    Returns
    -------
    below, above : keras.Model, keras.Model or None
        ``above(below(x))`` equals ``base(x)``; ``above`` is None where nothing lies above. Both
        share their layers with the base: training ``above`` trains the base.

    Raises
    ------
    CourseError
        If there is no such layer, or if more than one tensor crosses the cut there, as inside a
        residual block; the message lists layers that will do.
    """
    if cut is None or cut == base.layers[-1].name:
        return base, None
    names = [layer.name for layer in base.layers]
    if cut not in names:
        near = get_close_matches(cut, names, n=5, cutoff=0.4) or names[-5:]
        raise CourseError(f"{base.name} has no layer {cut!r} to cut at. Near: {', '.join(near)}.")
    if cut not in (good := valid_cuts(base)):
        # Show the possible cuts around the wrong one, not the first of hundreds.
        place = sum(names.index(name) < names.index(cut) for name in good)
        near = ", ".join(good[max(0, place - 3) : place + 3])
        told = f"{base.name} cannot be cut at {cut!r}: another branch passes by that layer"
        raise CourseError(f"{told}. Near it these will do: {near}.")
    tensor = base.get_layer(cut).output
    below = keras.Model(base.inputs[0], tensor, name=f"{base.name}_below")
    return below, keras.Model(tensor, base.outputs[0], name=f"{base.name}_above")


def valid_cuts(base) -> list[str]:
    """Return the layers that every path from input to output runs through, from input to output.

    A layer is one if nothing computed before it is used after it.
    """
    if isinstance(base, keras.Sequential):
        return [layer.name for layer in base.layers]
    layers = json.loads(base.to_json())["config"]["layers"]  # each after those that feed it
    source = re.compile(r'"keras_history": \["([^"]+)"')  # of a tensor: [layer, node, index]
    last_use = {}
    for place, layer in enumerate(layers):
        for name in source.findall(json.dumps(layer["inbound_nodes"])):
            last_use[name] = place
    good, furthest = set(), 0
    for place, layer in enumerate(layers):
        if furthest <= place:
            good.add(layer["name"])
        furthest = max(furthest, last_use.get(layer["name"], 0))
    return [layer.name for layer in base.layers if layer.name in good]
