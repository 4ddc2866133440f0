import pytest

from learnet.core import UsageError
from learnet.training import Augmentation, TrainingConfig


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("batch_size", 0),
        ("optimizer", "adamm"),
        ("schedule", "cosin"),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("momentum", 1.0),
        ("label_smoothing", 1.0),
        ("ema", 1.0),
        ("decay", 0.0),
        ("clip_norm", 0.0),
        ("offset_rate", 0.0),
        ("rest_rate", 0.0),
        ("discriminative", 0.0),
        ("discriminative", 1.5),
        ("hardest", 0.0),
        ("hardest", 1.1),
        ("patience", 0),
        ("l1", -1e-4),
        ("weight_decay", -1.0),
        ("milestones", (0,)),
        ("class_weights", (1.0, -1.0)),
        ("seed", -1),
    ],
)
def test_a_value_out_of_its_range_is_named(name, value):
    with pytest.raises(UsageError, match=f"The training's {name} must be"):
        TrainingConfig(**{name: value})


def test_mirroring_by_turns_needs_mirroring():
    with pytest.raises(UsageError, match="turn both on, or both off"):
        Augmentation(alternate=True)


@pytest.mark.parametrize(("name", "value"), [("rotation", 181.0), ("zoom", 1.0), ("colour", -0.1), ("crop", -1)])
def test_so_is_one_of_the_augmentation(name, value):
    with pytest.raises(UsageError, match=f"augmentation's {name} must be"):
        Augmentation(**{name: value})


def test_a_rate_of_offsets_is_for_sgd_and_muon_only():
    assert TrainingConfig(optimizer="sgd", offset_rate=64.0).offset_rate == 64
    with pytest.raises(UsageError, match="works with the optimizer 'sgd' and 'muon' only; received 64 with 'adam'"):
        TrainingConfig(offset_rate=64.0)


def test_a_rate_of_all_but_convolutions_is_for_muon_only():
    assert TrainingConfig(optimizer="muon", rest_rate=2.0, offset_rate=2.0).rest_rate == 2
    with pytest.raises(UsageError, match="rest_rate works with the optimizer 'muon' only; received 2 with 'sgd'"):
        TrainingConfig(optimizer="sgd", rest_rate=2.0)
