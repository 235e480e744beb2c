"""Lesson 06: right and wrong answers, and the facts that its run must show."""

RIGHT = {
    "06.1": [27 / 49, 0.55],
    "06.2": [46_563_328],
    "06.3": [
        lambda k, o: 1 / o + 1 / k**2,
        lambda side, channels: (side**2 + channels) / (side**2 * channels),
    ],
    "06.4": ["CSIW", ["c", "s", "i", "w"], "C, S, I, W"],
    "06.5": [{"block5_pool": 0.93, "top_dense": 0.92, "top_softmax": 0.89}],
}

WRONG = {
    "06.1": [49 / 27, 9 / 49, 22 / 49, 9 / 7, 55.1, 0.3],
    "06.2": [321_126_400, 59_392, 40_140_800, 6_422_528, 784 * (8192 + 5 * 32 * 64), 1],
    "06.3": [
        lambda k, o: 1 / (1 / o + 1 / k**2),
        lambda k, o: 1 - 1 / o - 1 / k**2,
        lambda k, o: 1 / k**2,
        lambda k, o: 1 / o,
        lambda k, o: 1 / o + 1 / k,
        lambda k, o: 0.5,
    ],
    "06.4": ["SSIW", "CISW", "CCIW", "CSSW", "CSII", "CS", 4],
    "06.5": [
        {"block5_pool": 0.9},
        {"block5_pool": 93, "top_dense": 92, "top_softmax": 89},
        {"block5_pool": 0.9, "top_dense": 0.9, "top_softmax": 0.9},
        {"block5_pool": 0.5, "top_dense": 0.92, "top_softmax": 0.89},
    ],
}

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
    "and why": "silent blocks with skips: the gradient arrives whole",
    "vision transformer": "attention does not see the order of the tokens",
    "reuse as a classifier": "it names at least nine of ten drawings of its own classes",
    "two extractors": "standalone and integrated extractor answer alike",
    "weight initialization": "as initialization, the whole base may learn as well",
    "how general": "at the end, learned features beat random ones",
    "by depth": "deep features beat the first block's",
    "output shape of the base": "the base ends in 4×4×512",
}
