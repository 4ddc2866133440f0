"""Ways to train that have been measured, by name."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from learnet.core import Registry
from learnet.training.config import Augmentation, TrainingConfig

if TYPE_CHECKING:
    from learnet.training.run_config import Precision


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A way to train; everything in it can be overridden.

    Attributes:
        name: By which users ask for it.
        about: What it is for and what it was measured to give, as a sentence.
        model: The network that it was made for; None for any.
        options: What else the network's builder takes.
        precision: See ``TrainConfig``.
        test_time_flip: See ``TrainConfig``.
        test_time_shift: See ``TrainConfig``.
        validation_fraction: See ``TrainConfig``.
        crop_share: Padding out of which a crop is cut, as a share of the image's shorter side; added to what
            ``training`` says.
        training: How the network is trained.
    """

    name: str
    about: str
    model: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    precision: Precision = "float32"
    test_time_flip: bool = False
    test_time_shift: int = 0
    validation_fraction: float = 0.1
    crop_share: float = 0.0
    training: TrainingConfig


_CIFAR = TrainingConfig(
    batch_size=512,
    optimizer="sgd",
    momentum=0.85,
    nesterov=True,
    offset_rate=64.0,
    schedule="one-cycle",
    label_smoothing=0.2,
    ema=0.99,
)

RECIPES: Registry[Recipe] = Registry(
    "recipe",
    [
        Recipe(
            name="plain",
            about="Adam with a cosine schedule, slightly moved photos and averaged weights: a start for any network.",
            crop_share=1 / 16,
            training=TrainingConfig(
                epochs=40, ema=0.99, jit="auto", augmentation=Augmentation(rotation=10.0, zoom=0.1)
            ),
        ),
        Recipe(
            name="cifar10-fast",
            about="CIFAR-10 at 89 % in about ten minutes on two cores with AVX-512, else in longer.",
            model="cifar-net",
            options={"widths": [64, 256, 256]},
            precision="auto",
            test_time_flip=True,
            validation_fraction=0.02,
            training=replace(
                _CIFAR,
                epochs=7,
                optimizer="muon",
                learning_rate=0.1,
                rest_rate=7.5,
                l2=6.5e-4,
                augmentation=Augmentation(flip=True, alternate=True, crop=2),
            ),
        ),
        Recipe(
            name="cifar10-accurate",
            about="CIFAR-10 at 92 % in about forty minutes on two cores with AVX-512, else in longer.",
            model="cifar-net",
            options={"widths": [64, 256, 256], "residual": True, "activation": "silu"},
            precision="auto",
            test_time_flip=True,
            test_time_shift=1,
            validation_fraction=0.02,
            training=replace(
                _CIFAR,
                epochs=44,
                hardest=0.5,
                optimizer="muon",
                learning_rate=0.1,
                rest_rate=7.5,
                l2=5e-4,
                keep_last=True,
                augmentation=Augmentation(flip=True, alternate=True, crop=4, cutout=12),
            ),
        ),
    ],
)
