"""Kernel machines: Cortes and Vapnik, Support-Vector Networks, Machine Learning 20, 1995, sections 2 to 4."""

from __future__ import annotations

from typing import Any

import keras

KERNELS = ("linear", "polynomial", "rbf", "sigmoid")


@keras.saving.register_keras_serializable(package="learnet")
class KernelMachine(keras.layers.Layer):
    """Decision values ``K(inputs, support_vectors) @ dual_coefficients + intercept``, one column for each class.

    The kernels of an input ``u`` and a support vector ``v``, as scikit-learn's ``SVC`` defines them:

    * ``"linear"``: ``u·v``
    * ``"polynomial"``: ``(gamma u·v + coef0) ^ degree``
    * ``"rbf"``: ``exp(-gamma |u - v|²)``
    * ``"sigmoid"``: ``tanh(gamma u·v + coef0)``

    Weights: ``support_vectors`` ``(n, d)``, ``dual_coefficients`` ``(n, units)``, ``intercept`` ``(units,)``, and the
    numbers ``gamma`` and ``coef0``.

    Args:
        units: How many decision values: one a class, each against the rest.
        support_vectors: How many support vectors, ``n``.
        kernel: A name of ``KERNELS``.
        degree: Of the polynomial, at least 1; not used by the other kernels.

    Raises:
        ValueError: If there is no such kernel, or a number is not whole and at least 1.

    Example:
        The exclusive or, by the four support vectors that a polynomial of degree 2 needs (all weights are 1/8):

        >>> import numpy as np
        >>> corners = np.float32([[-1, -1], [-1, 1], [1, -1], [1, 1]])
        >>> layer = KernelMachine(1, 4, kernel="polynomial", degree=2)
        >>> layer.build((None, 2))
        >>> layer.set_weights([corners, np.float32([[-1], [1], [1], [-1]]) / 8, np.zeros(1), np.ones(()), np.ones(())])
        >>> np.asarray(layer(corners)).ravel().tolist()
        [-1.0, 1.0, 1.0, -1.0]
    """

    def __init__(
        self, units: int, support_vectors: int, *, kernel: str = "rbf", degree: int = 3, **options: Any
    ) -> None:
        super().__init__(**options)
        if kernel not in KERNELS:
            raise ValueError(f"The kernel must be one of {', '.join(KERNELS)}; received {kernel!r}.")
        for name, number in (("units", units), ("support_vectors", support_vectors), ("degree", degree)):
            if type(number) is not int or number < 1:
                raise ValueError(f"{name} must be a whole number from 1 up; received {number!r}.")
        self.units, self.count, self.kernel, self.degree = units, support_vectors, kernel, degree

    def build(self, input_shape: Any) -> None:
        """Make the weights: random points of the unit cube as support vectors until others are set."""
        length = input_shape[-1]
        uniform = keras.initializers.RandomUniform(0.0, 1.0)
        self.support_vectors = self.add_weight(name="support_vectors", shape=(self.count, length), initializer=uniform)
        self.dual_coefficients = self.add_weight(
            name="dual_coefficients", shape=(self.count, self.units), initializer="glorot_uniform"
        )
        self.intercept = self.add_weight(name="intercept", shape=(self.units,), initializer="zeros")
        self.gamma = self.add_weight(name="gamma", shape=(), initializer=keras.initializers.Constant(1 / length))
        self.coef0 = self.add_weight(name="coef0", shape=(), initializer="ones")
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return decision values ``(batch, units)`` for ``(batch, d)``."""
        return keras.ops.matmul(self.similarities(inputs), self.dual_coefficients) + self.intercept

    def similarities(self, inputs: Any) -> Any:
        """Return the kernel of each input and each support vector, ``(batch, n)``."""
        products = keras.ops.matmul(inputs, keras.ops.transpose(self.support_vectors))
        if self.kernel == "linear":
            return products
        if self.kernel == "rbf":
            squares = keras.ops.sum(keras.ops.square(inputs), axis=-1, keepdims=True)
            distances = squares - 2 * products + keras.ops.sum(keras.ops.square(self.support_vectors), axis=-1)
            return keras.ops.exp(-self.gamma * keras.ops.maximum(distances, 0.0))
        scaled = self.gamma * products + self.coef0
        return keras.ops.tanh(scaled) if self.kernel == "sigmoid" else _power(scaled, self.degree)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape that ``call`` returns."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        own = {"units": self.units, "support_vectors": self.count, "kernel": self.kernel, "degree": self.degree}
        return {**super().get_config(), **own}


def _power(base: Any, exponent: int) -> Any:
    """Return ``base ^ exponent`` by products: exact signs for negative bases on every backend and engine."""
    if exponent == 1:
        return base
    half = _power(base, exponent // 2)
    return half * half * base if exponent % 2 else half * half
