"""Drawings: of a network from the model itself, and of the course."""

from types import SimpleNamespace

from course_utils import plots


class Layer:
    """What the drawing asks of a Keras layer. Keras takes seconds; lessons draw real networks."""

    def __init__(self, name, shape, parameters=0):
        self.name, self.count_params = name, lambda: parameters
        self.output = SimpleNamespace(shape=(None, *shape))


class Rescaling(Layer):
    """A layer that is not drawn."""


def test_a_network_tells_shapes_and_parameters(shown):
    layers = [
        Rescaling("rescaling", (16, 16, 3)),
        Layer("block1_conv", (14, 14, 4), 112),
        Layer("block1_pool", (7, 7, 4)),
        Layer("flatten", (196,)),
        Layer("decision", (2,), 394),
    ]
    picture = SimpleNamespace(shape=(None, 16, 16, 3))
    model = SimpleNamespace(input=picture, layers=layers, count_params=lambda: 506)
    plots.plot_model(model, "Small")
    assert shown[0][1] == (
        "Diagram of a network. Small. block1 gives 7×7×4 with 112 parameters, flatten gives 196 "
        "with 0 parameters, decision gives 2 with 394 parameters; 506 in all."
    )
