import numpy as np

from learnet.layers import PatchWhitening


def test_outputs_are_uncorrelated_and_of_unit_variance():
    random = np.random.default_rng(0)
    images = random.normal(size=(16, 12, 12, 3)).astype(np.float32)
    images[:, 1:] += images[:, :-1]
    layer = PatchWhitening(2, epsilon=0.0)
    layer.adapt(images)
    outputs = np.asarray(layer(images)).reshape(-1, 24)
    moments = outputs[:, :12].T @ outputs[:, :12] / len(outputs)
    np.testing.assert_allclose(moments, np.eye(12), atol=1e-3)
    np.testing.assert_allclose(outputs[:, 12:], -outputs[:, :12], rtol=0, atol=1e-5)
    kernel = layer.get_weights()[0]
    np.testing.assert_array_equal(kernel[..., 12:], -kernel[..., :12])
    assert not layer.trainable_weights
    assert PatchWhitening.from_config(layer.get_config()).get_config() == layer.get_config()
