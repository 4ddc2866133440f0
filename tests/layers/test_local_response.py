import numpy as np
import pytest
import tensorflow as tf

from learnet.layers import LocalResponseNormalization


@pytest.mark.parametrize(
    ("radius", "bias", "alpha", "beta"), [(2, 2.0, 1e-4, 0.75), (1, 1.0, 0.3, 0.5), (5, 1.0, 1.0, 1.0)]
)
def test_equals_tensorflows(radius, bias, alpha, beta):
    images = np.random.default_rng(0).normal(0, 3, (2, 3, 4, 8)).astype(np.float32)
    layer = LocalResponseNormalization(radius, bias=bias, alpha=alpha, beta=beta)
    expected = tf.nn.local_response_normalization(images, depth_radius=radius, bias=bias, alpha=alpha, beta=beta)
    np.testing.assert_allclose(np.asarray(layer(images)), expected.numpy(), rtol=1e-5)
    assert LocalResponseNormalization.from_config(layer.get_config()).get_config() == layer.get_config()
