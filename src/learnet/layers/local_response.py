"""Local response normalisation across channels."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="learnet")
class LocalResponseNormalization(keras.layers.Layer):
    """``x / (bias + alpha * sum of squares over the neighbouring channels) ** beta``.

    Args:
        radius: Channels on each side that count; 2 makes a window of 5.
        bias: Greater than 0.
        alpha: 0 or greater; multiplies the sum, not the mean.
        beta: The power.

    Source:
        Krizhevsky, Sutskever and Hinton, ImageNet Classification with Deep CNNs, 2012, section 3.3.

    Example:
        >>> import numpy as np
        >>> layer = LocalResponseNormalization(radius=1, bias=1.0, alpha=1.0, beta=1.0)
        >>> [round(float(value), 3) for value in np.ravel(layer(np.float32([[[[1, 2, 2]]]])))]
        [0.167, 0.2, 0.222]
    """

    def __init__(
        self, radius: int = 2, *, bias: float = 2.0, alpha: float = 1e-4, beta: float = 0.75, **options: Any
    ) -> None:
        super().__init__(**options)
        self.radius, self.bias, self.alpha, self.beta = radius, bias, alpha, beta

    def call(self, inputs: Any) -> Any:
        """Return the normalised ``(batch, h, w, c)``, of the same shape."""
        channels = inputs.shape[-1]
        padded = keras.ops.pad(keras.ops.square(inputs), [[0, 0], [0, 0], [0, 0], [self.radius, self.radius]])
        total = sum(padded[..., offset : offset + channels] for offset in range(2 * self.radius + 1))
        return inputs * keras.ops.power(self.bias + self.alpha * total, -self.beta)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape that came."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        own = {"radius": self.radius, "bias": self.bias, "alpha": self.alpha, "beta": self.beta}
        return {**super().get_config(), **own}
