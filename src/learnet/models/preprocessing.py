"""How a network wants its pixels: one affine rule per architecture, built into the graph as its first layers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import keras as import_keras

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """``pixels * scale + offset``, channel by channel, after an optional exchange of red and blue.

    Attributes:
        scale: Factor for every pixel (0 to 255).
        offset: Added afterwards, one number a channel, in the order in which the network sees the channels.
        reverse_channels: Whether the network wants blue, green, red.
        grey: Whether it wants one channel, the mean of the three.
        luma: Whether that channel weighs the colours as the eye does (ITU-R BT.601).
        yuv: Whether it wants luminance and two differences of colour (BT.601, the differences around 0).
    """

    scale: float
    offset: tuple[float, ...]
    reverse_channels: bool = False
    grey: bool = False
    luma: bool = False
    yuv: bool = False

    def apply(self, images: keras.KerasTensor) -> keras.KerasTensor:
        """Return float32 ``(batch, h, w, c)`` for symbolic uint8 RGB ``images`` ``(batch, h, w, 3)``."""
        keras = import_keras()
        if self.grey or self.yuv:
            mixing = _YUV if self.yuv else _LUMA if self.luma else np.full((3, 1), 1 / 3, np.float32)
            images = keras.ops.matmul(keras.ops.cast(images, "float32"), mixing)
        if self.reverse_channels:
            images = keras.ops.flip(images, axis=-1)
        return keras.layers.Rescaling(self.scale, list(self.offset), name="preprocessing")(images)

    def to_json(self) -> dict[str, Any]:
        """Return the rule as JSON-like values, for fingerprints."""
        return {name: value for name, value in asdict(self).items() if value is not False or name in _ALWAYS_NAMED}


_ALWAYS_NAMED = ("scale", "offset", "reverse_channels")
# one column each for Y, Cb and Cr
_YUV = np.array([[0.299, -0.168736, 0.5], [0.587, -0.331264, -0.418688], [0.114, 0.5, -0.081312]], np.float32)
_LUMA = _YUV[:, :1]


TENSORFLOW = Preprocessing(scale=1 / 127.5, offset=(-1.0, -1.0, -1.0))
"""From -1 to 1: the Inception, MobileNet and ResNet V2 families (``keras.applications`` mode "tf")."""

CAFFE = Preprocessing(scale=1.0, offset=(-103.939, -116.779, -123.68), reverse_channels=True)
"""Blue, green, red minus ImageNet's mean: the VGG and ResNet families (``keras.applications`` mode "caffe")."""
