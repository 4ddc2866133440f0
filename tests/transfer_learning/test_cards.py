import dataclasses
import re

import pytest

from learnet.core import UsageError
from learnet.data import InputSpec
from learnet.models import ARCHITECTURES, published_profiles
from learnet.transfer_learning import BACKBONES


@pytest.mark.parametrize("card", list(BACKBONES), ids=lambda card: card.name)
def test_every_card_is_complete(card):
    architecture = ARCHITECTURES[card.architecture]
    assert (card.input_spec.height, card.input_spec.width) == architecture.input_size
    assert InputSpec.from_json(card.input_spec.to_json()) == card.input_spec
    assert card.feature_layer == "features"
    assert card.feature_size == architecture.feature_size
    assert card.paper
    assert card.licence
    assert 0.5 < card.top1 < 1
    assert bool(card.weights.url) != bool(card.weights.package)
    assert card.weights.url.startswith("https://") or card.weights.member.endswith(card.weights.name)
    assert re.fullmatch(r"(sha256:[0-9a-f]{64}|md5:[0-9a-f]{32})?", card.weights.checksum)
    assert card.weights.max_bytes >= published_profiles()[architecture.name].backbone_parameters * 4
    with pytest.raises(dataclasses.FrozenInstanceError):
        card.top1 = 1.0


def test_addresses_and_checksums_are_those_of_keras():
    """Keras' own source is the oracle: every address and checksum of the table stands in it."""
    from inspect import getsource

    from keras.src.applications import inception_v3, mobilenet_v2, resnet, vgg16, vgg19

    sources = "".join(map(getsource, (inception_v3, mobilenet_v2, resnet, vgg16, vgg19)))
    joined = re.sub(r'"\s+f?"', "", sources)
    for card in BACKBONES:
        folder, _, name = card.weights.url.rpartition("/")
        if card.weights.url:
            assert f"{folder}/" in joined
        if card.weights.md5:
            assert card.weights.md5 in sources
        if name.startswith(("vgg", "inception")):
            assert card.weights.url in joined
    assert [card.name for card in BACKBONES if not card.weights.checksum] == ["mobilenetv2"]


def test_names_may_be_written_in_either_way():
    assert BACKBONES["efficientnet-lite0"] is BACKBONES["EfficientNet_Lite0"]
    with pytest.raises(UsageError, match=r"no backbone named 'resnet5'\. Did you mean 'resnet50'"):
        BACKBONES["resnet5"]
