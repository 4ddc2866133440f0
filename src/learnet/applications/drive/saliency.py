"""Which pixels a network steers by: VisualBackProp (Bojarski et al., 2016, https://arxiv.org/abs/1611.05418)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import keras as import_keras

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def visual_back_prop(model: keras.Model) -> Callable[[NDArray[np.uint8]], Floats]:
    """Return a function from one image to how salient each of its pixels is.

    The feature maps of each convolution are averaged; from the last to the first, the average is spread over what it
    was computed from and multiplied by the average there.

    Args:
        model: With convolutions in a row, each followed by a rectifier inside the layer, and "valid" padding.

    Returns:
        A function from uint8 ``(height, width, 3)`` to float64 ``(height, width)`` in [0, 1].
    """
    keras = import_keras()
    layers = [layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D)]
    maps = keras.Model(model.inputs[0], [layer.output for layer in layers])

    def salient(image: NDArray[np.uint8]) -> Floats:
        averages = [np.asarray(each)[0].mean(axis=-1, dtype=np.float64) for each in maps(image[None], training=False)]
        mask = averages[-1]
        below = [image.shape[:2], *(average.shape for average in averages[:-1])]
        for number in reversed(range(len(layers))):
            mask = spread(mask, shape=below[number], kernel=layers[number].kernel_size, stride=layers[number].strides)
            if number:
                mask = _scaled(mask) * averages[number - 1]
        return _scaled(mask)

    return salient


def spread(values: Floats, *, shape: tuple[int, ...], kernel: tuple[int, int], stride: tuple[int, int]) -> Floats:
    """Give each value to all places from which a convolution computed it, added up: a deconvolution with ones.

    Example:
        >>> spread(np.array([[1.0, 2.0]]), shape=(3, 5), kernel=(3, 3), stride=(2, 2))[0].tolist()
        [1.0, 1.0, 3.0, 2.0, 2.0]
    """
    total = np.zeros(shape)
    rows, columns = values.shape
    for row in range(kernel[0]):
        for column in range(kernel[1]):
            last = row + stride[0] * (rows - 1) + 1, column + stride[1] * (columns - 1) + 1
            total[row : last[0] : stride[0], column : last[1] : stride[1]] += values
    return total


def _scaled(values: Any) -> Floats:
    least, most = float(values.min()), float(values.max())
    return np.asarray((values - least) / max(most - least, 1e-12), np.float64)
