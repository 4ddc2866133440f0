"""EfficientNet-Lite 0 to 4: a table of variants and one builder.

The networks are EfficientNets (Tan and Le, 2019, https://arxiv.org/abs/1905.11946) without squeeze-and-excitation, with
ReLU6 in place of Swish, and with a stem and a head that do not grow, published by Google in 2020
(https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.core import keras as import_keras
from learnet.models.blocks import normalise
from learnet.models.preprocessing import Preprocessing

if TYPE_CHECKING:
    import keras


PAPER = "Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019"
FEATURES = 1280
STEM_FILTERS = 32
PREPROCESSING = Preprocessing(scale=1 / 128, offset=(-127 / 128, -127 / 128, -127 / 128))
_BN_EPSILON = 1e-3


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One row of the paper's scaling table.

    Attributes:
        name: ``"efficientnet-lite0"`` to ``"efficientnet-lite4"``.
        width: Multiplier of the number of channels.
        depth: Multiplier of the number of blocks.
        size: Side of the square image it was trained on, in pixels.
        parameters: Trainable weights of the backbone, without batch statistics and without the 1,000-class layer.
        top1: Published top-1 accuracy on ImageNet's validation images.
        dropout: Published rate before the last layer.
    """

    name: str
    width: float
    depth: float
    size: int
    parameters: int
    top1: float
    dropout: float = 0.3


@dataclass(frozen=True, kw_only=True)
class Block:
    """One inverted-residual block, as built.

    Attributes:
        name: ``"block3b"``: third stage, second block. The names of its layers begin with it.
        kernel: Side of the depthwise kernel.
        stride: Stride of the depthwise convolution.
        expand: How many times the block widens its input inside; 1 leaves the expansion out.
        filters_in: Channels that come in.
        filters_out: Channels that go out.
    """

    name: str
    kernel: int
    stride: int
    expand: int
    filters_in: int
    filters_out: int

    @property
    def has_shortcut(self) -> bool:
        """Whether the input is added to the output: nothing changed its shape."""
        return self.stride == 1 and self.filters_in == self.filters_out


VARIANTS = (
    Variant(name="efficientnet-lite0", width=1.0, depth=1.0, size=224, parameters=3_371_008, top1=0.751, dropout=0.2),
    Variant(name="efficientnet-lite1", width=1.0, depth=1.1, size=240, parameters=4_135_680, top1=0.767, dropout=0.2),
    Variant(name="efficientnet-lite2", width=1.1, depth=1.2, size=260, parameters=4_811_072, top1=0.776),
    Variant(name="efficientnet-lite3", width=1.2, depth=1.4, size=280, parameters=6_916_096, top1=0.798),
    Variant(name="efficientnet-lite4", width=1.4, depth=1.8, size=300, parameters=11_725_568, top1=0.815),
)

# (blocks, kernel, stride of the first block, expansion, channels) of the seven stages of variant 0
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def blocks(variant: Variant) -> tuple[Block, ...]:
    """Return the blocks of a variant from stem to head.

    Example:
        >>> [block.name for block in blocks(VARIANTS[0])][:4]
        ['block1a', 'block2a', 'block2b', 'block3a']
    """
    found: list[Block] = []
    filters_in = STEM_FILTERS
    for stage, (count, kernel, stride, expand, filters) in enumerate(_STAGES, start=1):
        filters_out = _scaled_filters(filters, variant.width)
        repeats = count if stage in {1, len(_STAGES)} else math.ceil(count * variant.depth)
        for repeat in range(repeats):
            found.append(
                Block(
                    name=f"block{stage}{chr(ord('a') + repeat)}",
                    kernel=kernel,
                    stride=stride if repeat == 0 else 1,
                    expand=expand,
                    filters_in=filters_in,
                    filters_out=filters_out,
                )
            )
            filters_in = filters_out
    return tuple(found)


def build(variant: Variant, images: keras.KerasTensor) -> keras.KerasTensor:
    """Return the last feature map ``(batch, h / 32, w / 32, 1280)`` for symbolic preprocessed ``images``."""
    x = _conv(images, "stem", STEM_FILTERS, kernel=3, stride=2)
    for block in blocks(variant):
        x = _block(block, x)
    return _conv(x, "head", FEATURES, kernel=1)


def _scaled_filters(filters: int, width: float) -> int:
    """Return ``filters * width`` rounded to a multiple of 8, never down by more than a tenth (EfficientNet's rule)."""
    wanted = filters * width
    rounded = max(8, int(wanted + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * wanted else rounded


def _block(block: Block, x: keras.KerasTensor) -> keras.KerasTensor:
    keras = import_keras()
    inside = x
    if block.expand != 1:
        inside = _conv(inside, f"{block.name}_expand", block.filters_in * block.expand, kernel=1)
    inside = keras.layers.DepthwiseConv2D(
        block.kernel, block.stride, padding="same", use_bias=False, name=f"{block.name}_depthwise_conv"
    )(inside)
    inside = _normalise(inside, f"{block.name}_depthwise", activate=True)
    inside = _conv(inside, f"{block.name}_project", block.filters_out, kernel=1, activate=False)
    return keras.layers.Add(name=f"{block.name}_add")([x, inside]) if block.has_shortcut else inside


def _conv(
    x: keras.KerasTensor, name: str, filters: int, *, kernel: int, stride: int = 1, activate: bool = True
) -> keras.KerasTensor:
    keras = import_keras()
    x = keras.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, name=f"{name}_conv")(x)
    return _normalise(x, name, activate=activate)


def _normalise(x: keras.KerasTensor, name: str, *, activate: bool) -> keras.KerasTensor:
    x = normalise(x, f"{name}_bn", epsilon=_BN_EPSILON)
    return import_keras().layers.ReLU(6.0, name=f"{name}_relu6")(x) if activate else x
