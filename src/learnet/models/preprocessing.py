"""How a network wants its pixels: one affine rule per architecture, built into the graph as its first layers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

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
    """

    scale: float
    offset: tuple[float, float, float]
    reverse_channels: bool = False

    def apply(self, images: keras.KerasTensor) -> keras.KerasTensor:
        """Return the layers' output for symbolic uint8 RGB ``images`` ``(batch, h, w, 3)``: float32, same shape."""
        keras = import_keras()
        if self.reverse_channels:
            images = keras.ops.flip(images, axis=-1)
        return keras.layers.Rescaling(self.scale, list(self.offset), name="preprocessing")(images)

    def to_json(self) -> dict[str, Any]:
        """Return the rule as JSON-like values, for fingerprints."""
        return asdict(self)


TENSORFLOW = Preprocessing(scale=1 / 127.5, offset=(-1.0, -1.0, -1.0))
"""From -1 to 1: the Inception, MobileNet and ResNet V2 families (``keras.applications`` mode "tf")."""

CAFFE = Preprocessing(scale=1.0, offset=(-103.939, -116.779, -123.68), reverse_channels=True)
"""Blue, green, red minus ImageNet's mean: the VGG and ResNet families (``keras.applications`` mode "caffe")."""
