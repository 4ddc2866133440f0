"""How kernels begin."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="learnet")
class PassThrough(keras.initializers.Initializer):
    """Kernels of a convolution that begin by handing on their input: output channel i is input channel i.

    Output channels beyond the input's begin at random, uniform with variance 1/(3 · fan-in). A network of such layers
    learns from the first step on as a shallow one would, and uses its depth as it goes.

    Args:
        seed: Of the random channels; drawn from Keras' global seed if not given.

    Source:
        Zagoruyko and Komodakis, DiracNets, 2017; Jordan, 94 % on CIFAR-10 in 3.29 Seconds, 2024 (arXiv 2404.00498).

    Example:
        >>> layer = keras.layers.Conv2D(4, 3, padding="same", use_bias=False, kernel_initializer=PassThrough())
        >>> images = keras.ops.reshape(keras.ops.arange(50.0), (1, 5, 5, 2))
        >>> bool(keras.ops.all(layer(images)[..., :2] == images))
        True
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed
        self._random = keras.initializers.VarianceScaling(1 / 3, mode="fan_in", distribution="uniform", seed=seed)

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """Return a kernel of ``shape`` (height, width, input channels, output channels), the sides odd."""
        height, width, inputs, outputs = shape
        handed_on = min(inputs, outputs)
        middle = keras.ops.eye(inputs, handed_on, dtype=dtype)
        around = [[height // 2, height - 1 - height // 2], [width // 2, width - 1 - width // 2], [0, 0], [0, 0]]
        identity = keras.ops.pad(middle[None, None], around)
        random = self._random(shape, dtype=dtype)[..., handed_on:]
        return keras.ops.concatenate([identity, random], axis=-1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return {"seed": self.seed}
