import keras
import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.svm import SVC

from learnet.layers import KERNELS, KernelMachine

NAMES = {"polynomial": "poly"}
POINTS, LABELS = load_iris(return_X_y=True)
POINTS = (POINTS - POINTS.mean(axis=0)) / POINTS.std(axis=0)


def fitted(kernel, label, **options):
    return SVC(kernel=NAMES.get(kernel, kernel), **options).fit(POINTS, np.equal(LABELS, label))


def holding(machines, *, kernel, degree=3, gamma, coef0):
    """The layer with the weights of one machine for each class, on the union of their support vectors."""
    union = np.unique(np.concatenate([machine.support_ for machine in machines]))
    dual = np.zeros((len(union), len(machines)))
    for column, machine in enumerate(machines):
        dual[np.searchsorted(union, machine.support_), column] = machine.dual_coef_[0]
    layer = KernelMachine(len(machines), len(union), kernel=kernel, degree=degree)
    layer.build((None, POINTS.shape[1]))
    intercept = np.concatenate([machine.intercept_ for machine in machines])
    layer.set_weights([POINTS[union], dual, intercept, np.asarray(gamma), np.asarray(coef0)])
    return layer


@pytest.mark.parametrize(
    ("kernel", "degree"), [*((name, 3) for name in KERNELS), *(("polynomial", number) for number in (1, 2, 4, 7))]
)
def test_decision_values_are_those_of_scikit_learn(kernel, degree):
    options = {"gamma": 0.3, "coef0": -0.7 if kernel == "sigmoid" else 0.8, "degree": degree, "C": 2.0}
    machines = [fitted(kernel, label, **options) for label in range(3)]
    layer = holding(machines, kernel=kernel, degree=degree, gamma=0.3, coef0=options["coef0"])
    expected = np.stack([machine.decision_function(POINTS) for machine in machines], axis=1)
    scale = np.abs(expected).max()
    received = np.asarray(layer(POINTS.astype(np.float32)))
    np.testing.assert_allclose(received / scale, expected / scale, atol=2e-5)
    assert received.shape == layer.compute_output_shape(POINTS.shape)


def test_an_odd_power_of_a_negative_number_is_negative():
    layer = KernelMachine(1, 1, kernel="polynomial", degree=5)
    layer.build((None, 1))
    layer.set_weights([np.ones((1, 1)), np.ones((1, 1)), np.zeros(1), np.asarray(2.0), np.asarray(-1.0)])
    assert np.asarray(layer(np.float32([[-1.0], [2.0]]))).ravel().tolist() == [-243.0, 243.0]


def test_every_weight_that_the_kernel_uses_gets_a_gradient():
    tf = pytest.importorskip("tensorflow")
    used = {"linear": 3, "rbf": 4, "polynomial": 5, "sigmoid": 5}
    for kernel, count in used.items():
        layer = KernelMachine(2, 3, kernel=kernel)
        with tf.GradientTape() as tape:
            loss = keras.ops.sum(keras.ops.square(layer(np.float32([[0.5, -0.2], [0.1, 0.9]])) - 1))
        gradients = tape.gradient(loss, [variable.value for variable in layer.trainable_weights])
        present = [g is not None and bool(np.abs(np.asarray(g)).max() > 0) for g in gradients]
        assert present == [True] * count + [False] * (5 - count)


def test_the_layer_survives_saving():
    layer = KernelMachine(3, 5, kernel="polynomial", degree=4, trainable=False)
    again = KernelMachine.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
    again.build((None, 2))
    assert not again.trainable_weights
    assert [tuple(weight.shape) for weight in again.weights] == [(5, 2), (5, 3), (3,), (), ()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"kernel": "gaussian"}, "one of linear, polynomial, rbf, sigmoid; received 'gaussian'"),
        ({"degree": 0}, "degree must be a whole number from 1 up; received 0"),
        ({"degree": 2.5}, "degree must be a whole number"),
    ],
)
def test_mistakes_are_named(arguments, said):
    with pytest.raises(ValueError, match=said):
        KernelMachine(2, 3, **arguments)
    with pytest.raises(ValueError, match="support_vectors must be"):
        KernelMachine(2, 0)
