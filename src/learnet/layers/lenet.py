"""The layers of LeNet-5 as published: LeCun et al., Gradient-Based Learning Applied to Document Recognition, 1998."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

# The output codes: pictures of the digits, 7 x 12, by which confusable characters have similar codes.
_DIGITS = (
    "..###..|.#...#.|#.....#|#.....#|#.....#|#.....#|#.....#|#.....#|#.....#|#.....#|.#...#.|..###..",
    "...#...|..##...|.#.#...|...#...|...#...|...#...|...#...|...#...|...#...|...#...|...#...|.#####.",
    ".#####.|#.....#|#.....#|......#|.....#.|....#..|...#...|..#....|.#.....|#......|#......|#######",
    "#######|......#|.....#.|....#..|...##..|.....#.|......#|......#|......#|#.....#|.#...#.|..###..",
    ".....#.|....##.|...#.#.|..#..#.|.#...#.|#....#.|#....#.|#######|.....#.|.....#.|.....#.|.....#.",
    "#######|#......|#......|#......|#.###..|##...#.|......#|......#|......#|#.....#|.#...#.|..###..",
    "..###..|.#...#.|#......|#......|#......|#.###..|##...#.|#.....#|#.....#|#.....#|.#...#.|..###..",
    "#######|......#|......#|.....#.|.....#.|....#..|....#..|...#...|...#...|..#....|..#....|..#....",
    "..###..|.#...#.|#.....#|#.....#|.#...#.|..###..|.#...#.|#.....#|#.....#|#.....#|.#...#.|..###..",
    "..###..|.#...#.|#.....#|#.....#|#.....#|.#...##|..###.#|......#|......#|......#|.#...#.|..###..",
)


@keras.saving.register_keras_serializable(package="learnet")
def scaled_tanh(x: Any) -> Any:
    """Return ``1.7159 tanh(2x / 3)``: 1 at 1, -1 at -1, and most curved there (appendix A).

    Example:
        >>> import numpy as np
        >>> np.asarray(scaled_tanh(np.float32([-1, 0, 1]))).round(4).tolist()
        [-1.0, 0.0, 1.0]
    """
    return 1.7159 * keras.ops.tanh(x * (2 / 3))


@keras.saving.register_keras_serializable(package="learnet")
class TrainableSubsampling(keras.layers.Layer):
    """The sum of 2 x 2 pixels, times a coefficient, plus a bias, both learnt for each map: layers S2 and S4.

    Example:
        >>> import numpy as np
        >>> layer = TrainableSubsampling()
        >>> layer(np.ones((1, 4, 6, 3), "float32")).shape, layer.count_params()
        (TensorShape([1, 2, 3, 3]), 6)
    """

    def build(self, input_shape: Any) -> None:
        """Make one coefficient and one bias for each map."""
        self.coefficient = self.add_weight(
            name="coefficient", shape=(input_shape[-1],), initializer=keras.initializers.Constant(0.25)
        )
        self.bias = self.add_weight(name="bias", shape=(input_shape[-1],), initializer="zeros")
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return ``(batch, h // 2, w // 2, c)``."""
        return 4 * keras.ops.average_pool(inputs, 2, strides=2) * self.coefficient + self.bias

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape that ``call`` returns."""
        batch, height, width, channels = input_shape
        return batch, height and height // 2, width and width // 2, channels


@keras.saving.register_keras_serializable(package="learnet")
class PartiallyConnectedConv2D(keras.layers.Layer):
    """A valid convolution whose output maps see some of the input maps only: layer C3.

    Only the weights that exist are stored, so that those left out are zero whatever a training does.

    Args:
        table: For each output map, the numbers of the input maps that it sees.
        kernel_size: Side of the square kernel, in pixels.

    Raises:
        ValueError: If the table names a map that does not come in.
    """

    def __init__(self, table: Sequence[Sequence[int]], kernel_size: int, **options: Any) -> None:
        super().__init__(**options)
        self.table = tuple(tuple(int(number) for number in row) for row in table)
        self.kernel_size = kernel_size

    def build(self, input_shape: Any) -> None:
        """Make the weights of the connections, and a bias for each output map."""
        channels, maps = input_shape[-1], len(self.table)
        connections = [(row, number) for row, seen in enumerate(self.table) for number in seen]
        if any(not 0 <= number < channels for _, number in connections):
            raise ValueError(f"The table names maps beyond the {channels} that come in: {self.table}.")
        limit = (3 * len(self.table) / (self.kernel_size**2 * len(connections))) ** 0.5
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.kernel_size, self.kernel_size, len(connections)),
            initializer=keras.initializers.RandomUniform(-limit, limit),
        )
        self.bias = self.add_weight(name="bias", shape=(maps,), initializer="zeros")
        places = np.zeros((len(connections), channels * maps), np.float32)
        for index, (row, number) in enumerate(connections):
            places[index, number * maps + row] = 1
        self._places = places
        self._dense_shape = self.kernel_size, self.kernel_size, channels, maps
        self.built = True

    @property
    def dense_kernel(self) -> Any:
        """The kernel as an ordinary convolution has it, ``(side, side, maps in, maps out)``, zeros included."""
        return keras.ops.reshape(keras.ops.matmul(self.kernel, self._places), self._dense_shape)

    def call(self, inputs: Any) -> Any:
        """Return ``(batch, h - side + 1, w - side + 1, maps)``."""
        return keras.ops.conv(inputs, self.dense_kernel, padding="valid") + self.bias

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape that ``call`` returns."""
        batch, *sides, _ = input_shape
        return (batch, *(side and side - self.kernel_size + 1 for side in sides), len(self.table))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "table": self.table, "kernel_size": self.kernel_size}


@keras.saving.register_keras_serializable(package="learnet")
class RadialBasis(keras.layers.Layer):
    """Minus the squared distance of the input from each class' fixed code of ±1: the output layer.

    The codes of the first ten classes are pictures of the digits, 7 x 12 pixels; those of further classes are drawn
    from a fixed seed. Nothing is trained.

    Args:
        classes: How many codes.

    Example:
        >>> import numpy as np
        >>> layer = RadialBasis(10)
        >>> np.asarray(layer(output_codes(10)))[3].argmax().item()
        3
    """

    def __init__(self, classes: int, **options: Any) -> None:
        super().__init__(**options)
        self.classes = classes
        self._codes = output_codes(classes)

    def call(self, inputs: Any) -> Any:
        """Return ``(batch, classes)`` for ``(batch, 84)``."""
        squares = keras.ops.sum(keras.ops.square(inputs), axis=-1, keepdims=True)
        return 2 * keras.ops.matmul(inputs, self._codes.T) - squares - float(self._codes.shape[1])

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape that ``call`` returns."""
        return (*input_shape[:-1], self.classes)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {**super().get_config(), "classes": self.classes}


def output_codes(classes: int) -> np.ndarray:
    """Return the codes, float32 ``(classes, 84)`` of ±1."""
    pictures = [[1.0 if pixel == "#" else -1.0 for pixel in picture.replace("|", "")] for picture in _DIGITS]
    random = np.random.default_rng(0).choice([-1.0, 1.0], (max(0, classes - len(pictures)), len(pictures[0])))
    return np.asarray([*pictures[:classes], *random], np.float32)
