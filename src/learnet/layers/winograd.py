"""Convolutions with 3 x 3 kernels by fewer multiplications, in training on a CPU."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from learnet.core import keras_sees_gpu

if TYPE_CHECKING:
    from numpy.typing import NDArray

_KERNEL = 3
_POINTS = {  # for each side of a tile; those with the smallest rounding errors of 1,500 random choices
    2: (0, 1, -1),
    3: (-1, -1 / 4, 1 / 2, 4 / 3),
    4: (0, -2, -2 / 3, 2 / 3, 4 / 3),
    5: (-3 / 2, -3 / 4, -1 / 3, 1 / 4, 3 / 4, 2),
    6: (0, -3, -1, -1 / 2, 2 / 3, 1, 2),
    7: (-3, -1, -3 / 4, -1 / 3, 1 / 4, 3 / 4, 1, 2),
}
_MOVED = 150  # multiplications in whose time a transformed value of a map is written and read
_OF_KERNEL = 60  # likewise, of a kernel
_MOST_VALUES = 2**27  # transformed, of a layer and a step: 512 MB


@keras.saving.register_keras_serializable(package="learnet")
class WinogradConv2D(keras.layers.Conv2D):
    """``keras.layers.Conv2D``, faster in training on a CPU with the TensorFlow backend.

    Arguments, weights and saving are those of Keras' layer, and numbers up to rounding (5e-5 of their size; bfloat16
    rounds to 4e-3): weights of the one load into the other. In training, maps are cut into overlapping tiles, tiles and
    kernels are transformed, and what remains is a matrix product for each place in a tile: for maps of 7 x 7 pixels 81
    products instead of 441, for the outputs as well as for both gradients. That happens where it pays: 3 x 3 kernels
    that move by one pixel over float32 maps with many channels, in batches of some size. Everything else
    (inference, bfloat16, other kernels, few channels, GPUs, other backends) is Keras' own.

    Source:
        Winograd, Arithmetic Complexity of Computations, 1980; Lavin and Gray, Fast Algorithms for Convolutional Neural
        Networks, 2015 (arXiv 1509.09308), section 4.

    Example:
        >>> layer = WinogradConv2D(128, 3, padding="same", use_bias=False)
        >>> maps = np.random.default_rng(0).normal(size=(32, 7, 7, 128)).astype("float32")
        >>> direct, fast = np.asarray(layer(maps)), np.asarray(layer(maps, training=True))
        >>> bool(abs(fast - direct).max() < 1e-3)
        True
    """

    def call(self, inputs: Any, training: bool | None = None) -> Any:  # noqa: FBT001 (Keras' interface)
        """Return the maps ``(batch, height, width, filters)``."""
        fits = training and self._fits(inputs)
        batches = paying(tuple(inputs.shape[1:]), self.filters, margin=self._margin) if fits else range(0)
        if not batches:
            return super().call(inputs)
        direct, batch = super().call, keras.ops.shape(inputs)[0]
        pays = keras.ops.logical_and(batch >= batches.start, batch < batches.stop)
        return keras.ops.cond(pays, lambda: self._by_tiles(inputs), lambda: direct(inputs))

    def _by_tiles(self, inputs: Any) -> Any:
        outputs = winograd(inputs, self.kernel, margin=self._margin)
        if self.use_bias:
            outputs = outputs + keras.ops.convert_to_tensor(self.bias)
        return outputs if self.activation is None else self.activation(outputs)

    @property
    def _margin(self) -> int:
        return _KERNEL // 2 if self.padding == "same" else 0

    def _fits(self, inputs: Any) -> bool:
        return (
            keras.backend.backend() == "tensorflow"
            and self.kernel_size == (_KERNEL, _KERNEL)
            and self.strides == self.dilation_rate == (1, 1)
            and self.groups == 1
            and self.data_format == "channels_last"
            and inputs.dtype == self.kernel.dtype == "float32"
            and all(side is not None and side + 2 * self._margin >= _KERNEL for side in inputs.shape[1:3])
            and not keras_sees_gpu()
        )


def winograd(maps: Any, kernel: Any, *, margin: int) -> Any:
    """Return maps convolved with a kernel, ``(b, h + 2 * margin - 2, w + 2 * margin - 2, o)``.

    Inside, pixels come first, so that each transform is a product with a long matrix and each place in a tile has a
    matrix of its own.

    Args:
        maps: float32 ``(b, h, w, c)``.
        kernel: float32 ``(3, 3, c, o)``.
        margin: Zeros beyond each edge, 0 or 1.
    """
    ops = keras.ops
    _, height, width, channels = maps.shape
    filters = kernel.shape[-1]
    down, across = lines(height, margin=margin), lines(width, margin=margin)
    of_kernel = np.kron(down.of_kernel, across.of_kernel)
    kernels = ops.reshape(
        ops.matmul(of_kernel, ops.reshape(kernel, (_KERNEL**2, channels * filters))),
        (down.places, 1, across.places, channels, filters),
    )
    tiles = ops.matmul(down.cut, ops.reshape(ops.transpose(maps, (1, 2, 0, 3)), (height, -1)))
    tiles = ops.matmul(across.cut[None], ops.reshape(tiles, (len(down.cut), width, -1)))
    tiles = ops.reshape(tiles, (down.places, down.tiles, across.places, -1, channels))
    products = ops.reshape(ops.matmul(tiles, kernels), (len(down.cut), len(across.cut), -1))
    outputs = ops.reshape(ops.matmul(across.join[None], products), (len(down.cut), -1))
    outputs = ops.reshape(ops.matmul(down.join, outputs), (len(down.join), len(across.join), -1, filters))
    return ops.transpose(outputs, (2, 0, 1, 3))


@dataclass(frozen=True, kw_only=True, eq=False)
class Lines:
    """How lines of pixels are cut into overlapping tiles, and put together again.

    Attributes:
        places: In each transformed tile.
        tiles: In a line.
        cut: float32 ``(places * tiles, pixels)``: makes transformed tiles; beyond the ends lie zeros.
        join: float32 ``(outputs, places * tiles)``: makes outputs of products.
        of_kernel: float32 ``(places, 3)``: transforms a kernel.
    """

    places: int
    tiles: int
    cut: NDArray[np.float32]
    join: NDArray[np.float32]
    of_kernel: NDArray[np.float32]


@functools.cache
def lines(pixels: int, *, margin: int) -> Lines:
    """Return how lines of so many pixels are cut with the fewest products; by the smallest such tiles."""
    outputs = pixels + 2 * margin - _KERNEL + 1
    side = min(_POINTS, key=lambda side: (math.ceil(outputs / side) * (side + _KERNEL - 1), side))
    of_tile, of_kernel, of_products = transforms(side)
    places, tiles = len(of_tile), math.ceil(outputs / side)
    cut = np.zeros((places, tiles, tiles * side + _KERNEL - 1))
    join = np.zeros((tiles * side, places, tiles))
    for tile in range(tiles):
        cut[:, tile, tile * side : tile * side + places] = of_tile
        join[tile * side : (tile + 1) * side, :, tile] = of_products
    return Lines(
        places=places,
        tiles=tiles,
        cut=cut[..., margin : margin + pixels].reshape(-1, pixels).astype(np.float32),
        join=join[:outputs].reshape(outputs, -1).astype(np.float32),
        of_kernel=of_kernel.astype(np.float32),
    )


def transforms(side: int) -> tuple[NDArray[np.float64], ...]:
    """Return the matrices by which ``of_products @ ((of_kernel @ kernel) * (of_tile @ tile))`` is ``side`` outputs.

    A polynomial's values at as many points as it has coefficients, the last at infinity, say what it is: products of
    values are values of the product, which is a convolution. Transposed, that is the sliding product of a layer.
    """
    places = side + _KERNEL - 1

    def values(coefficients: int) -> NDArray[np.float64]:
        finite = np.vander(np.asarray(_POINTS[side], np.float64), coefficients, increasing=True)
        return np.vstack([finite, np.eye(coefficients)[-1]])

    of_tile = np.linalg.inv(values(places)).T
    largest = np.abs(of_tile).max(axis=1, keepdims=True)
    return of_tile / largest, values(_KERNEL) * largest, values(side).T


def paying(shape: tuple[int, int, int], filters: int, *, margin: int = 1) -> range:
    """Return of how many maps ``(height, width, channels)`` a batch is convolved sooner, and in fair room, by tiles."""
    height, width, channels = shape
    down, across = lines(height, margin=margin), lines(width, margin=margin)
    transformed, kernels = len(down.cut) * len(across.cut), channels * filters
    values = transformed * (channels + filters)
    direct = _KERNEL**2 * len(down.join) * len(across.join)
    gain = kernels * (direct - transformed) - _MOVED * values
    if gain <= 0:
        return range(0)
    return range(math.ceil(_OF_KERNEL * down.places * across.places * kernels / gain), _MOST_VALUES // values + 1)
