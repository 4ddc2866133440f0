import keras
import numpy as np

from learnet.layers import PartiallyConnectedConv2D, RadialBasis, TrainableSubsampling
from learnet.layers.lenet import output_codes

TABLE = ((0, 1), (2,), (0, 1, 2))


def test_unconnected_weights_stay_zero_under_training():
    layer = PartiallyConnectedConv2D(TABLE, 3)
    model = keras.Sequential([keras.Input((5, 5, 3)), layer, keras.layers.Flatten(), keras.layers.Dense(2)])
    model.compile("adam", "mse")
    before = np.asarray(layer.dense_kernel)
    random = np.random.default_rng(0)
    model.fit(random.normal(size=(32, 5, 5, 3)), random.normal(size=(32, 2)), epochs=3, verbose=0)
    after = np.asarray(layer.dense_kernel)
    connected = np.zeros((3, 3), bool)
    for maps, row in enumerate(TABLE):
        connected[list(row), maps] = True
    assert (after[:, :, ~connected] == 0).all()
    assert (after[:, :, connected] != before[:, :, connected]).all()
    assert layer.count_params() == 3 * 3 * 6 + 3


def test_partial_convolution_is_a_convolution_with_zeros():
    layer = PartiallyConnectedConv2D(TABLE, 3)
    images = np.random.default_rng(0).normal(size=(2, 6, 7, 3)).astype(np.float32)
    result = np.asarray(layer(images))
    windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(1, 2))
    expected = np.einsum("bijcuv,uvcm->bijm", windows, np.asarray(layer.dense_kernel))
    np.testing.assert_allclose(result, expected, atol=1e-5)
    assert result.shape == tuple(layer.compute_output_shape(images.shape))


def test_subsampling_sums_squares_of_four():
    layer = TrainableSubsampling()
    images = np.arange(16, dtype=np.float32).reshape(1, 4, 4, 1)
    layer.build(images.shape)
    layer.set_weights([np.float32([2.0]), np.float32([1.0])])
    assert np.asarray(layer(images))[0, :, :, 0].tolist() == [[21.0, 37.0], [85.0, 101.0]]


def test_radial_basis_is_minus_the_squared_distance():
    inputs = np.random.default_rng(0).normal(size=(5, 84)).astype(np.float32)
    expected = -((inputs[:, None] - output_codes(12)) ** 2).sum(-1)
    np.testing.assert_allclose(np.asarray(RadialBasis(12)(inputs)), expected, rtol=1e-5)


def test_codes_are_all_different():
    assert len(np.unique(output_codes(40), axis=0)) == 40
    assert set(np.unique(output_codes(40))) == {-1.0, 1.0}


def test_layers_survive_saving():
    for layer in (PartiallyConnectedConv2D(TABLE, 3), RadialBasis(7), TrainableSubsampling()):
        again = type(layer).from_config(layer.get_config())
        assert again.get_config() == layer.get_config()
