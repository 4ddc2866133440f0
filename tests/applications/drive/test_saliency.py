import numpy as np
import pytest

from learnet.applications.drive import new_network, visual_back_prop
from learnet.applications.drive.saliency import spread


@pytest.mark.parametrize(("kernel", "stride"), [((5, 5), (2, 2)), ((3, 3), (1, 1)), ((3, 2), (2, 1))])
def test_spreading_is_a_deconvolution_with_ones(kernel, stride):
    import keras

    values = np.random.default_rng(0).random((4, 7))
    shape = tuple((n - 1) * s + k for n, s, k in zip(values.shape, stride, kernel, strict=True))
    wanted = keras.ops.conv_transpose(values[None, ..., None], np.ones((*kernel, 1, 1)), stride, padding="valid")
    np.testing.assert_allclose(spread(values, shape=shape, kernel=kernel, stride=stride), np.asarray(wanted)[0, ..., 0])
    larger = spread(values, shape=(shape[0] + 1, shape[1]), kernel=kernel, stride=stride)
    assert (larger[-1] == 0).all()  # where no window fitted, nothing was computed from


def test_what_a_network_looks_at_is_salient_and_what_it_cannot_see_is_not():
    model = new_network()
    for number, (filters, kernel) in enumerate([(24, 5), (36, 5), (48, 5), (64, 3), (64, 3)], start=1):
        kernels, _ = model.get_layer(f"conv{number}").get_weights()
        kernels[:] = 1 / kernel**2 if number > 1 else 0
        if number == 1:
            kernels[:, :, 0] = 1.0  # luminance only
        model.get_layer(f"conv{number}").set_weights([kernels, np.full(filters, 0.0 if number > 1 else -1.0)])
    image = np.zeros((66, 200, 3), np.uint8)
    image[20:40, 140:160] = 255
    mask = visual_back_prop(model)(image)
    assert mask.shape == (66, 200)
    assert (mask.min(), mask.max()) == (0, 1)
    assert mask[22:38, 142:158].mean() > 10 * mask[:, :100].mean()
