import keras
import numpy as np
import pytest

from learnet.models import most_parameters, network

WIDTHS = [8, 24]


def part(model, first, last):
    return keras.Model(model.get_layer(first).output, model.get_layer(last).output)


@pytest.mark.parametrize("block", [1, 2])
def test_channels_are_weighed_by_what_the_whole_map_holds(block):
    model = network("cifar-net", classes=3, options={"widths": WIDTHS, "residual": True, "squeeze": True}).trainer
    name = f"block{block}_squeeze"
    narrow, offset_1 = model.get_layer(f"{name}_narrow").get_weights()
    wide, offset_2 = model.get_layer(f"{name}_weights").get_weights()
    assert narrow.shape == (WIDTHS[block - 1], block)
    shape = model.get_layer(name).output.shape[1:]
    maps = np.random.default_rng(0).normal(size=(2, *shape)).astype(np.float32)
    hidden = np.maximum(maps.mean(axis=(1, 2)) @ narrow + offset_1, 0)
    weights = 1 / (1 + np.exp(-(hidden @ wide + offset_2)))
    found = part(model, f"block{block}_relu3", name)(maps)
    np.testing.assert_allclose(found, maps * weights[:, None, None], atol=1e-5)


@pytest.mark.parametrize(
    ("activation", "oracle"), [("relu", lambda x: np.maximum(x, 0)), ("silu", lambda x: x / (1 + np.exp(-x)))]
)
def test_the_activation_follows_each_normalisation(activation, oracle):
    model = network("cifar-net", classes=3, options={"widths": WIDTHS, "activation": activation}).trainer
    layers = ("whitening", "whitening_relu"), ("block1_bn1", "block1_relu1"), ("block2_bn2", "block2_relu2")
    for before, after in layers:
        maps = np.random.default_rng(0).normal(size=(2, *model.get_layer(before).output.shape[1:])).astype(np.float32)
        np.testing.assert_allclose(part(model, before, after)(maps), oracle(maps), atol=1e-5)


@pytest.mark.parametrize("side", [17, 18, 20, 32])
def test_pools_take_what_they_would_of_whole_maps(side):
    model = network("cifar-net", classes=3, input_size=(side, side + 1), options={"widths": WIDTHS}).trainer
    for before, block in (("whitening_relu", 1), ("block1_relu2", 2)):
        maps = np.random.default_rng(side).normal(size=(2, *model.get_layer(before).output.shape[1:]))
        maps = maps.astype(np.float32)
        kernel = model.get_layer(f"block{block}_conv1").kernel
        whole = keras.ops.max_pool(keras.ops.conv(maps, kernel, padding="same"), 2)
        np.testing.assert_allclose(part(model, before, f"block{block}_pool")(maps), whole, atol=1e-5)


@pytest.mark.parametrize("options", [{"residual": True}, {"residual": True, "squeeze": True}])
def test_the_bound_on_the_parameters_is_theirs(options):
    options = {"widths": WIDTHS, **options}
    counted = network("cifar-net", classes=3, options=options).trainer.count_params()
    assert counted <= most_parameters("cifar-net", classes=3, input_size=(32, 32), options=options)
