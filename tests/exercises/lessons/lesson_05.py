"""Lesson 05: right and wrong answers, and the facts that its run must show."""

import numpy as np

KERNEL = 3 * 3 * 32 * 64


def fold(kernel, gamma, beta, mean, variance, epsilon):
    factor = gamma / np.sqrt(variance + epsilon)
    return kernel * factor, beta - mean * factor


def factor_first(kernel, gamma, beta, mean, variance, epsilon):
    root = (variance + epsilon) ** 0.5
    return [kernel * (gamma / root)[None, None, None, :], beta - gamma * mean / root]


def float32_parts(kernel, gamma, beta, mean, variance, epsilon):
    scale = np.diag(gamma / np.sqrt(variance + epsilon)).astype("float32")
    return np.einsum("rcio,op->rcip", kernel.astype("float32"), scale), beta - scale @ mean


class Fold:
    def __call__(self, k, g, b, m, v, e):
        return np.array([g / np.sqrt(v + e) * part for part in k]), b - m * g / np.sqrt(v + e)


def slide(picture, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(picture, kernel.shape)
    return np.einsum("rcij,ij->rc", windows, kernel)


def framed(upstream, kernel, turn=lambda kernel: kernel[::-1, ::-1], **mode):
    """The input gradient with a frame as wide as the kernel needs."""
    frame = [(side - 1, side - 1) for side in kernel.shape]
    return slide(np.pad(upstream, frame, **mode), turn(kernel))


def window_by_window(upstream, kernel):
    height, width = kernel.shape
    gradient = np.zeros(np.add(upstream.shape, kernel.shape) - 1)
    for (row, column), share in np.ndenumerate(upstream):
        gradient[row : row + height, column : column + width] += share * kernel
    return gradient


def by_waves(upstream, kernel):
    size = np.add(upstream.shape, kernel.shape) - 1
    return np.fft.irfft2(np.fft.rfft2(upstream, size) * np.fft.rfft2(kernel, size), size)


class AsLists:
    def __call__(self, up, k):
        return framed(up.astype("float32"), k.astype("float32")).tolist()


def layer(name, **options):
    def make():
        from keras import layers

        return lambda: getattr(layers, name)(**options)

    return make


def layer_class(name):
    def make():
        from keras import layers

        return getattr(layers, name)

    return make


def nested():
    from keras import Sequential, layers

    return lambda: Sequential([layers.GroupNormalization(groups=2), layers.Activation("linear")])


def own_layer():
    from keras import layers, ops

    class Instance(layers.Layer):
        def call(self, x):
            mean, variance = ops.moments(x, axes=(1, 2), keepdims=True)
            return (x - mean) / ops.sqrt(variance + 1e-3)

    return Instance


def signs():
    from keras import layers, ops

    return lambda: layers.Lambda(lambda x: ops.sign(x - 3))


RIGHT = {
    "05.1": [18_560, 18_560.0, np.array([18_560]), np.int64(18_560), [18_560]],
    "05.2": [459, 459.0, np.array([459]), np.float32(459)],
    "05.3": [fold, factor_first, float32_parts, Fold()],
    "05.4": [
        layer("GroupNormalization", groups=4),
        layer("LayerNormalization"),
        layer("LayerNormalization", axis=[1, 2, 3]),
        layer("RMSNormalization"),
        layer_class("LayerNormalization"),
        lambda: nested(),
        lambda: own_layer(),
    ],
    "05.5": [framed, window_by_window, by_waves, AsLists(), lambda up, k: by_waves(k, up)],
}

WRONG = {
    "05.1": [KERNEL, KERNEL + 4 * 64, KERNEL + 3 * 64, KERNEL + 2 * 32, 7, [KERNEL, 128]],
    "05.2": [458, 100, 44, 1, 1000, np.array([99, 459])],
    "05.3": [
        lambda k, g, b, m, v, e: k * g / np.sqrt(v + e),
        lambda k, g, b, m, v, e: (k, b[:3]),
        lambda k, g, b, m, v, e: fold(k, g, b, m, v, 0),
        lambda k, g, b, m, v, e: (k * g / (np.sqrt(v) + e), b),
        lambda k, g, b, m, v, e: (k * g / (v + e), b - m * g / (v + e)),
        lambda k, g, b, m, v, e: fold(k, np.ones_like(g), b, m, v, e),
        lambda k, g, b, m, v, e: (k, b - m),
        lambda k, g, b, m, v, e: (fold(k, g, b, m, v, e)[0], b),
        lambda k, g, b, m, v, e: (fold(k, g, b, m, v, e)[0], b - m),
        lambda k, g, b, m, v, e: (fold(k, g, b, m, v, e)[0], b + m),
        lambda k, g, b, m, v, e: (fold(k, g, b, m, v, e)[0], (b - m) * g / np.sqrt(v + e)),
        lambda k, g, b, m, v, e: fold(k, g, b, m, v, e)[::-1],
        lambda k, g, b, m, v, e: fold(k, g, b, m, v, e) if k.shape[-1] == 6 else (2 * k, b),
        lambda k, g, b, m, v, e: print(end=""),
        5,
    ],
    "05.4": [
        lambda: lambda: "a layer",
        lambda: layer("LayerNormalization")()(),
        lambda: layer_class("LayerNormalization"),
        layer("GroupNormalization", groups=16),
        layer("BatchNormalization"),
        layer("GlobalAveragePooling2D"),
        layer("Activation", activation="linear"),
        layer("ReLU"),
        layer("Rescaling", scale=0),
        layer("GaussianNoise", stddev=0.5),
        lambda: signs(),
    ],
    "05.5": [
        lambda up, k: framed(up, k, lambda k: k),
        lambda up, k: framed(up, k, np.flipud),
        lambda up, k: framed(up, k, np.fliplr),
        lambda up, k: framed(up, k, np.rot90),
        lambda up, k: framed(up, k, lambda k: np.rot90(k, -1)),
        lambda up, k: framed(up, k, np.transpose),
        lambda up, k: framed(up, k, lambda k: k[::-1, ::-1].T),
        lambda up, k: framed(up, k, mode="edge"),
        lambda up, k: framed(up, k) / k.size,
        lambda up, k: framed(up, k).T,
        lambda up, k: slide(up, k[::-1, ::-1]),
        lambda up, k: slide(np.pad(up, 1), k[::-1, ::-1]),
        lambda up, k: slide(np.pad(up, 2), k[::-1, ::-1]),
        lambda up, k: framed(up, k) if k.shape == (3, 3) else framed(up, k**2),
        lambda up, k: print(end=""),
        lambda up, k: "a full convolution",
        lambda up: up,
        np.zeros((7, 9)),
    ],
}

# Their answers need Keras, so they are made when the test runs.
FACTORIES = {"05.4"}

FACTS = {
    "a deep plain net does not learn": "the deep plain net learns next to nothing",
    "the diagnosis": "the signal fades more than the gradient changes",
    "against a shallow net": "in the deep net both are far weaker than in the shallow one",
    "vanishing by activation": "a stack of sigmoids makes the gradient vanish",
    "slopes": "the slope of a sigmoid is never above 1/4",
    "other activations": "tanh and ReLU lose less",
    "by initialization": "small weights make the gradient vanish, large ones explode",
    "He": "for ReLU He's start is the most level",
    "He in the failing net": "He's start brings the signal back",
    "Glorot": "Keras draws Glorot with this spread",
    "the way back to the picture": "the picture's gradient: up, framed, and the kernel turned",
    "the way back to the kernel": "the kernel's gradient: up slides over the picture",
    "saturation": "6 from zero, sigmoid and tanh pass on less than a hundredth",
    "tanh at the start": "tanh does not saturate at Glorot's start",
    "tanh with large weights": "with too large weights it does",
    "standardization": "standardized pixels have mean 0 and spread 1",
    "no Gaussian": "and they are no bell curve",
    "the pivot": "after BN about half of each channel is negative",
    "own BN in training": "in training, own BN equals the layer",
    "own BN in inference": "in inference, own BN equals the layer",
    "two learned, two moving": "two numbers for each channel are learned, two are moving",
    "moving mean": "the moving mean converges to the mean of the data",
    "moving variance": "the moving variance converges to the variance of the data",
    "no bias before BN": "before BN a bias changes nothing",
    "the other order keeps it": "before ReLU and BN it does",
    "signal with BN": "with BN the signal stays level",
    "inputs with BN": "with BN a layer's inputs move less",
    "layer normalization": "layer: ours equals Keras's",
    "instance normalization": "instance: ours equals Keras's",
    "group normalization": "group: ours equals Keras's",
    "axes": "the figure shows these axes",
    "batch renormalization": "unlimited: training equals inference",
    "weight normalization": "each filter has the length that g says",
    "deeper net with BN, both orders": "with BN the deep net learns, in both orders",
    "not the start alone": "faster than with a good start",
}

SAID = {
    "CSCI E-89's quiz": "is back-propagation through a convolution a convolution?",
    "sigmoid and tanh": "CSCI E-89 warns against them",
    "against the source": "This does not fit the warning",
    "Conv2D starts uniform": 'Vanschoren\'s deck says just "uniform"',
    "standardization": "*x*′ = (*x* − mean) / spread",
    "a Gaussian": "the numbers follow a bell curve (a Gaussian)",
    "alike": "normalization makes examples more alike",
    "CSCI E-89's verdict": 'calls BN *after* the ReLU "how not to"',
    "the other verdict": "Vanschoren's deck teaches it",
    "the reason": "the ReLU pivots at zero",
    "layer normalization's use": "recurrent networks, and transformers",
    "instance normalization's use": "pictures that a network generates",
    "Ioffe and Szegedy": "https://arxiv.org/abs/1502.03167",
}
