"""Muon: steps along the orthogonal matrix that is nearest to a kernel's averaged gradient."""

from __future__ import annotations

import math
from typing import Any

import keras

_COEFFICIENTS = 3.4445, -4.7750, 2.0315  # steepest at 0: small singular values grow fastest (Jordan, 2024)
_ITERATIONS = 3
_TINY = 1e-7


@keras.saving.register_keras_serializable("learnet")
class Muon(keras.optimizers.Optimizer):
    """Orthogonal steps for the kernels of convolutions, gradient descent with Nesterov's momentum for all else.

    A kernel's averaged gradient, as a matrix with a column for each filter, becomes one whose singular values are near
    1, so that the kernel learns in all directions at once and not in a few large ones. The kernel is brought to the
    norm √filters before each step: the rate alone says how far it turns, and a penalty on it is of no use. Keras' own
    Muon takes such steps for dense layers only.

    Args:
        learning_rate: Of the kernels: about the singular values of a step.
        momentum: Of the kernels, in [0, 1).
        rest_rate: Factor on the rate for all else, greater than 0.
        rest_momentum: Of all else, in [0, 1).
        name: Of the optimiser.
        options: What else ``keras.optimizers.Optimizer`` takes.

    Source:
        Jordan and others, Muon: An optimizer for hidden layers in neural networks, 2024, and its use for CIFAR-10 in
        github.com/KellerJordan/cifar10-airbench.

    Example:
        >>> kernel = keras.Variable(keras.ops.ones((1, 1, 2, 2)), name="kernel")
        >>> Muon(0.1).apply([keras.ops.ones((1, 1, 2, 2))], [kernel])
        >>> round(float(kernel[0, 0, 0, 0]), 3)  # 1 / √2, and a step back
        0.671
    """

    def __init__(
        self,
        learning_rate: float = 0.1,
        *,
        momentum: float = 0.6,
        rest_rate: float = 1.0,
        rest_momentum: float = 0.85,
        name: str = "muon",
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, name=name, **options)
        self.momentum, self.rest_rate, self.rest_momentum = momentum, rest_rate, rest_momentum
        self._averages: list[Any] = []
        self._turned: list[bool] = []

    @staticmethod
    def turns(variable: keras.Variable) -> bool:
        """Return whether a variable takes orthogonal steps: the kernels of convolutions of images do.

        Depthwise ones, which have one filter a channel and thus no matrix to turn, move as all else.
        """
        return bool(len(variable.shape) == 4 and variable.shape[-1] > 1 and variable.name == "kernel")

    def build(self, variables: list[keras.Variable]) -> None:
        """Make room for the averaged gradients."""
        if self.built:
            return
        super().build(variables)
        self._averages = self.add_optimizer_variables(variables, "momentum")
        self._turned = [self.turns(variable) for variable in variables]  # a step sees the backend's, without names

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Move one variable."""
        ops, index = keras.ops, self._get_variable_index(variable)
        gradient, rate = ops.cast(gradient, variable.dtype), ops.cast(learning_rate, variable.dtype)
        if not self._turned[index]:
            step = self._ahead(index, gradient, self.rest_momentum)
            self.assign_sub(variable, self.rest_rate * rate * step)
            return
        filters = variable.shape[-1]
        step = orthogonal(ops.reshape(self._ahead(index, gradient, self.momentum), (-1, filters)))
        kernel = ops.convert_to_tensor(variable)
        scale = math.sqrt(filters) / (ops.norm(ops.ravel(kernel)) + _TINY)
        self.assign(variable, scale * kernel - rate * ops.reshape(step, variable.shape))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        own = {"momentum": self.momentum, "rest_rate": self.rest_rate, "rest_momentum": self.rest_momentum}
        return {**super().get_config(), **own}

    def _ahead(self, index: int, gradient: Any, momentum: float) -> Any:
        """Add a gradient to its average; return where the average is going, as Nesterov's momentum has it."""
        average = momentum * self._averages[index] + gradient
        self.assign(self._averages[index], average)
        return gradient + momentum * average


def orthogonal(matrix: Any) -> Any:
    """Return nearly the orthogonal matrix closest to ``(rows, columns)``: its singular values moved towards 1.

    Each of the iterations multiplies by a polynomial of the Gram matrix, from which the next Gram matrix follows, so
    that only the first and the last product have the longer side in them.
    """
    a, b, c = _COEFFICIENTS
    ops, tall = keras.ops, matrix.shape[0] > matrix.shape[1]
    x = ops.transpose(matrix) if tall else matrix
    x = x / (ops.norm(x) + _TINY)
    gram, product = ops.matmul(x, ops.transpose(x)), None
    for _ in range(_ITERATIONS):
        factor = a * ops.eye(x.shape[0], dtype=x.dtype) + b * gram + c * ops.matmul(gram, gram)
        product = factor if product is None else ops.matmul(factor, product)
        gram = ops.matmul(factor, ops.matmul(gram, factor))
    x = ops.matmul(product, x)
    return ops.transpose(x) if tall else x
