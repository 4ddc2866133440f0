import numpy as np
import pytest

from learnet.core import keras as import_keras
from learnet.layers import PassThrough


@pytest.mark.parametrize(("side", "inputs", "outputs"), [(3, 4, 7), (3, 7, 4), (1, 3, 3), (5, 2, 2)])
def test_the_first_channels_are_handed_on(side, inputs, outputs):
    keras = import_keras()
    layer = keras.layers.Conv2D(outputs, side, padding="same", use_bias=False, kernel_initializer=PassThrough(seed=0))
    images = np.random.default_rng(0).normal(size=(2, 6, 6, inputs)).astype(np.float32)
    same = min(inputs, outputs)
    np.testing.assert_array_equal(np.asarray(layer(images))[..., :same], images[..., :same])


def test_the_others_begin_at_random_with_a_third_of_the_inverse_fan_in():
    kernel = np.asarray(PassThrough(seed=0)((3, 3, 8, 512)))[..., 8:]
    assert abs(kernel).max() <= np.sqrt(1 / 72)
    np.testing.assert_allclose(kernel.var(), 1 / (3 * 72), rtol=0.02)


def test_the_seed_decides_and_the_configuration_comes_back():
    keras = import_keras()
    shape = (3, 3, 2, 6)
    first = PassThrough(seed=3)
    again = keras.initializers.deserialize(keras.initializers.serialize(first))
    np.testing.assert_array_equal(np.asarray(first(shape)), np.asarray(again(shape)))
    keras.utils.set_random_seed(5)
    drawn = np.asarray(PassThrough()(shape))
    keras.utils.set_random_seed(5)
    np.testing.assert_array_equal(drawn, np.asarray(PassThrough()(shape)))
    assert (drawn[..., 2:] != np.asarray(first(shape))[..., 2:]).any()
