"""Lesson 06: right and wrong answers, and the facts that its run must show."""

import numpy as np


def reader(change=lambda numbers: numbers, name=None):
    """Return a function that reads a layer, and does something to what it has read."""

    def make():
        import keras

        from course_utils.models import backbones

        classifier = backbones.load("minivgg", include_top=True)

        def read(layer, images):
            output = classifier.get_layer(name or layer).output
            return change(keras.Model(classifier.input, output).predict(images, verbose=0))

        return read

    return make


def mean(numbers):
    return numbers.mean(axis=(1, 2)) if numbers.ndim == 4 else numbers


def pooled():
    import keras

    from course_utils.models import backbones

    classifier = backbones.load("minivgg", include_top=True)

    def read(name, images):
        x = classifier.get_layer(name).output
        x = keras.layers.GlobalAveragePooling2D()(x) if len(x.shape) == 4 else x
        return keras.Model(classifier.input, x)(images.astype("float32"))

    return read


def over(axis, how=np.mean):
    return lambda numbers: how(numbers, axis=axis) if numbers.ndim == 4 else numbers


def flat(numbers):
    return numbers.reshape(len(numbers), -1)


class ShareLeft:
    def __call__(self, side, channels):
        return np.array([(side**2 + channels) / (side**2 * channels)])


RIGHT = {
    "06.1": [27 / 49, 0.55, np.array([27 / 49]), np.float32(0.551)],
    "06.2": [46_563_328, 46_563_328.0, np.int64(46_563_328), [46_563_328]],
    "06.3": [
        lambda k, o: 1 / o + 1 / k**2,
        lambda side, channels: (side**2 + channels) / (side**2 * channels),
        lambda side, channels: np.float32(1 / channels) + np.float32(1 / side**2),
        ShareLeft(),
    ],
    "06.4": [
        "CSIW",
        ["c", "s", "i", "w"],
        "C, S, I, W",
        np.array(list("CSIW")),
        ("classifier", "standalone", "integrated", "weights"),
        {1: "C", 2: "S", 3: "I", 4: "W"},
        "1C 2S 3I 4W",
    ],
    "06.5": [
        reader(mean),
        lambda: pooled(),
        reader(lambda numbers: mean(numbers).tolist()),
        reader(lambda numbers: mean(numbers).astype("float16")),
    ],
}

WRONG = {
    "06.1": [49 / 27, 9 / 49, 22 / 49, 9 / 7, 55.1, 0.3, [9, 49]],
    "06.2": [321_126_400, 59_392, 40_140_800, 6_422_528, 784 * (8192 + 5 * 32 * 64), 1],
    "06.3": [
        lambda k, o: 1 / (1 / o + 1 / k**2),
        lambda k, o: 1 - 1 / o - 1 / k**2,
        lambda k, o: 1 / k**2,
        lambda k, o: 1 / o,
        lambda k, o: 1 / o + 1 / k,
        lambda k, o: 0.5,
        lambda k: 1 / k**2,
        0.236,
    ],
    "06.4": ["SSIW", "CISW", "CCIW", "CSSW", "CSWW", "CSII", "CS", 4],
    "06.5": [
        reader(),
        reader(flat),
        reader(over(-1)),
        reader(over(0)),
        reader(over((1, 2), np.max)),
        reader(lambda numbers: np.zeros_like(mean(numbers))),
        reader(lambda numbers: np.random.default_rng(0).random(mean(numbers).shape)),
        reader(lambda numbers: mean(numbers)[:, :7]),
        reader(mean, name="top_dense"),
        lambda: {"block5_pool": 0.93, "top_dense": 0.92, "top_softmax": 0.89},
        lambda: lambda name, images: print(end=""),
        lambda: lambda name, images: {name: 0.9},
    ],
}

# Their answers need Keras, so they are made when the test runs.
FACTORIES = {"06.5"}

FACTS = {
    "VGG16 layer by layer": "VGG16's 13 convolutions have the parameters of the lecture's table",
    "VGG16 base 14,714,688": "14,714,688",
    "VGG16 in all": "VGG16: 138,357,544 parameters, as published",
    "VGG19": "VGG19: 143,667,240 parameters, as published",
    "Inception V3": "InceptionV3: 23,851,784 parameters, as published",
    "ResNet50": "ResNet50: 25,636,712 parameters, as published",
    "Inception-ResNet V2": "InceptionResNetV2: 55,873,736 parameters, as published",
    "Xception": "Xception: 22,910,480 parameters, as published",
    "DenseNet": "DenseNet121: 8,062,504 parameters, as published",
    "MobileNet 4,253,864": "MobileNet: 4,253,864 parameters, as published",
    "NASNet": "NASNetMobile: 5,326,716 parameters, as published",
    "EfficientNet": "EfficientNetV2B0: 7.2 million, as published",
    "ConvNeXt": "ConvNeXtTiny: 28.6 million, as published",
    "GoogLeNet's module, naive": "naive module: 303,464,448 by hand, as counted",
    "GoogLeNet's module, reduced": "reduced module: 128,049,152 by hand, as counted",
    "depthwise-separable cost": "the share is 1/out + 1/window",
    "residual against plain gradient": "through 32 layers the plain gradient fades",
    "and why": "blocks of zeros with skips: the gradient arrives whole",
    "vision transformer": "attention does not see the order of the tokens",
    "reuse as a classifier": "it names at least nine of ten drawings of its own classes",
    "two extractors": "standalone and integrated extractor answer alike",
    "weight initialization": "as initialization, the whole base may learn as well",
    "how general": "at the end, learned features beat random ones",
    "by depth": "deep features beat the first block's",
    "output shape of the base": "the base ends in 4×4×512",
    "VGG16 without size": "without a size it ends in None×None×512",
    "MobileNet, what learns": "4,231,976 of its parameters can learn",
    "MobileNet, what does not": "21,888 are means and variances of normalizations",
    "MobileNet's cost, and its quarter's": "569, 41 and 564 million multiplications",
    "VGG19 beside VGG16": "VGG19 has a convolution more in blocks 3, 4, 5",
    "separable convolution, drawn": "135 weights against 42, as drawn",
}

SAID = {
    "ImageNet, as the lectures count": "1.4 million",
    "what its classes are": "mostly animals and everyday objects",
    "VGG16 for everyone": '`weights="imagenet"`',
    "without its top": "`include_top=False`",
    "for pictures of any size": "`input_shape`",
    "CS231n": "https://cs231n.github.io/convolutional-networks/",
    "keras list": "https://keras.io/api/applications/",
    "Revolution of Depth": "*Revolution of Depth*",
    "VGG's authors": "[Simonyan, Zisserman](https://arxiv.org/abs/1409.1556), Oxford",
    "AlexNet's authors": "Krizhevsky, Sutskever, Hinton",
    "ResNet's authors": "[He and others](https://arxiv.org/abs/1512.03385), Microsoft",
    "GoogLeNet's authors": "[Szegedy and others](https://arxiv.org/abs/1409.4842), Google",
    "VGG16 and VGG19": "*VGG19* is VGG16 with one more convolution",
    "MobileNet layer by layer": "conv_pw_13   7×7×1024 1,048,576",
    "the elephant, Flatiron": "African elephant 0.909, tusker 0.086, Indian elephant 0.004",
    "the elephant, BST 261": "it is 0.925, 0.070 and 0.004",
}
