import math

import numpy as np
import pytest

from learnet.models import backbone, weight_items
from learnet.models.efficientnet_lite import VARIANTS, blocks, build

# Parameters with the 1,000-class layer: 5.4, 6.1, 8.2 and 13.0 million are published for 1 to 4.
PUBLISHED = {
    "efficientnet-lite0": 4_652_008,
    "efficientnet-lite1": 5_416_680,
    "efficientnet-lite2": 6_092_072,
    "efficientnet-lite3": 8_197_096,
    "efficientnet-lite4": 13_006_568,
}


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_parameters_follow_from_the_blocks_and_are_the_published_ones(variant):
    def convolution(filters_in, filters_out, kernel):
        return filters_in * filters_out * kernel**2 + 2 * filters_out

    total = convolution(3, 32, 3) + convolution(blocks(variant)[-1].filters_out, 1280, 1)
    for block in blocks(variant):
        inside = block.filters_in * block.expand
        total += convolution(block.filters_in, inside, 1) if block.expand != 1 else 0
        total += convolution(1, inside, block.kernel) + convolution(inside, block.filters_out, 1)
    assert total == variant.parameters
    assert total + 1280 * 1000 + 1000 == PUBLISHED[variant.name]


def test_lite0_has_the_published_weights():
    model = backbone("efficientnet-lite0")
    assert sum(math.prod(variable.shape) for variable in model.trainable_weights) == 4_652_008 - 1_281_000
    assert sum(math.prod(variable.shape) for variable in model.non_trainable_weights) == 42_016
    assert len(weight_items(model)) == 49 * 5
    assert [layer.epsilon for layer in model.layers if layer.name.endswith("_bn")] == [1e-3] * 49


def test_lite0_blocks_are_the_paper_s():
    found = [(b.name, b.kernel, b.stride, b.expand, b.filters_in, b.filters_out) for b in blocks(VARIANTS[0])]
    assert found == [
        ("block1a", 3, 1, 1, 32, 16),
        ("block2a", 3, 2, 6, 16, 24),
        ("block2b", 3, 1, 6, 24, 24),
        ("block3a", 5, 2, 6, 24, 40),
        ("block3b", 5, 1, 6, 40, 40),
        ("block4a", 3, 2, 6, 40, 80),
        ("block4b", 3, 1, 6, 80, 80),
        ("block4c", 3, 1, 6, 80, 80),
        ("block5a", 5, 1, 6, 80, 112),
        ("block5b", 5, 1, 6, 112, 112),
        ("block5c", 5, 1, 6, 112, 112),
        ("block6a", 5, 2, 6, 112, 192),
        ("block6b", 5, 1, 6, 192, 192),
        ("block6c", 5, 1, 6, 192, 192),
        ("block6d", 5, 1, 6, 192, 192),
        ("block7a", 3, 1, 6, 192, 320),
    ]


def test_depth_and_width_grow_as_published():
    assert [len(blocks(variant)) for variant in VARIANTS] == [16, 21, 21, 24, 30]
    assert {b.filters_out for b in blocks(VARIANTS[4])} == {24, 32, 56, 112, 160, 272, 448}


def test_preprocessing_is_the_one_of_the_weights():
    pixels = np.array([[[[0, 127, 255]]]], np.uint8)
    layer = backbone("efficientnet-lite0", input_size=(32, 32)).get_layer("preprocessing")
    np.testing.assert_array_equal(np.asarray(layer(pixels)).ravel(), [-127 / 128, 0, 1])


def test_padding_is_tensorflow_s():
    """An even image with stride 2 is padded below and to the right only: the first output sees no padding."""
    import keras

    images = keras.Input((32, 32, 3))
    model = keras.Model(images, build(VARIANTS[0], images))
    stem = keras.Model(images, model.get_layer("stem_conv").output)
    kernel = np.zeros((3, 3, 3, 32), np.float32)
    kernel[..., 0] = 1
    model.get_layer("stem_conv").set_weights([kernel])
    sums = np.asarray(stem(np.ones((1, 32, 32, 3), np.float32)))[0, ..., 0]
    assert sums.shape == (16, 16)
    assert sums[0, 0] == 27
    assert sums[0, -1] == sums[-1, 0] == 18
    assert sums[-1, -1] == 12
