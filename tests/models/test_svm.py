import numpy as np
import pytest

from learnet.models import most_parameters, network, profile, published_profiles

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 5, 6, 3), np.uint8)


def formula(kernel, u, v, *, degree, gamma, coef0):
    products = u @ v.T
    if kernel == "rbf":
        return np.exp(-gamma * np.square(u[:, None] - v).sum(axis=-1))
    if kernel == "linear":
        return products
    return np.tanh(gamma * products + coef0) if kernel == "sigmoid" else (gamma * products + coef0) ** degree


@pytest.mark.parametrize("kernel", ["linear", "polynomial", "rbf", "sigmoid"])
def test_the_network_is_the_formula_on_grey_pixels_from_0_to_1(kernel):
    options = {"kernel": kernel, "support_vectors": [7], "degree": [4]}
    built = network("svm", classes=3, input_size=(5, 6), options=options)
    random = np.random.default_rng(1)
    vectors, dual, intercept = random.random((7, 30)), random.normal(size=(7, 3)), random.normal(size=3)
    built.trainer.get_layer("machine").set_weights([vectors, dual, intercept, np.asarray(0.1), np.asarray(-0.4)])
    grey = PIXELS.mean(axis=-1).reshape(4, 30) / 255
    expected = formula(kernel, grey, vectors, degree=4, gamma=0.1, coef0=-0.4) @ dual + intercept
    np.testing.assert_allclose(np.asarray(built.trainer(PIXELS)), expected, atol=2e-4)
    assert not built.trainer.trainable_weights


def test_its_size_is_known_without_building_it():
    counted = profile("svm", classes=4, input_size=(5, 6)).parameters_at_inference
    assert counted == most_parameters("svm", classes=4, input_size=(5, 6))
    assert profile("svm") == published_profiles()["svm"]
