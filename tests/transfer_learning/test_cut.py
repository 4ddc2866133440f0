import numpy as np
import pytest

from learnet.core import UsageError
from learnet.core import keras as import_keras
from learnet.models import backbone
from learnet.transfer_learning.cut import cuts, find_cut, flat_layers, freeze_statistics, lower_part, upper_part


@pytest.fixture(scope="module")
def resnet():
    import_keras().utils.set_random_seed(0)
    model = backbone("resnet20", input_size=(32, 32))
    for layer in model.layers:
        if "bn" in layer.name:
            random = np.random.default_rng(len(layer.name))
            layer.set_weights([random.uniform(0.5, 1.5, weight.shape) for weight in layer.get_weights()])
    return model


def images(count=4):
    return np.random.default_rng(0).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def test_a_residual_network_is_cut_between_its_blocks_only(resnet):
    firsts = [cut.first for cut in cuts(resnet)]
    assert "conv3_block2_1_conv" in firsts
    assert not [first for first in firsts if first.endswith(("_1_bn", "_2_conv", "_2_bn")) and "block" in first]


def test_the_lower_and_the_upper_part_make_up_the_whole_at_every_cut(resnet):
    whole = np.asarray(resnet(images()))
    for cut in cuts(resnet):
        lower = np.asarray(lower_part(resnet, cut)(images()))
        assert lower.shape == (4, cut.size)
        stored = lower.reshape(4, *cut.tensor.shape[1:]).astype(np.float16)
        features = np.asarray(upper_part(resnet, cut)(stored))
        assert np.abs(features - whole).max() < 0.01 * np.abs(whole).max(), cut.first


def test_a_stage_or_a_layer_says_where_training_begins(resnet):
    assert find_cut(resnet, "conv4").first == "conv4_block1_1_conv"
    assert find_cut(resnet, "conv3_block2_2_conv").first == "conv3_block2_1_conv"
    assert find_cut(resnet, "conv4_block2_out").first == "conv4_block3_1_conv"
    assert find_cut(resnet, None).first in {cut.first for cut in cuts(resnet)}


def test_unknown_places_and_the_very_beginning_are_refused(resnet):
    with pytest.raises(UsageError, match="conv4"):
        find_cut(resnet, "konv4")
    with pytest.raises(UsageError, match="Use --mode full"):
        find_cut(resnet, "conv1")


def test_frozen_statistics_do_not_move_and_are_not_trained(resnet):
    freeze_statistics(resnet)
    frozen = [layer for layer in flat_layers(resnet) if "bn" in layer.name]
    before = [layer.get_weights() for layer in frozen]
    resnet(images(), training=True)
    assert not any(layer.trainable_variables for layer in frozen)
    for layer, weights in zip(frozen, before, strict=True):
        assert all((now == then).all() for now, then in zip(layer.get_weights(), weights, strict=True))


@pytest.mark.parametrize("name", ["vgg19", "inceptionv3", "mobilenetv2", "resnet50v2"])
def test_backbones_of_the_table_can_be_cut(name):
    model = backbone(name)
    cut = find_cut(model, None)
    names = [layer.name for layer in model.layers]
    trained = sum(layer.count_params() for layer in model.layers[names.index(cut.first) :])
    assert 0 < trained < model.count_params()
    assert upper_part(model, cut).output.shape == model.output.shape
