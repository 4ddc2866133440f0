"""Named sets of default settings for ``learnet train``, each measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from learnet.core.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A way to train; every setting in it can be overridden.

    Attributes:
        name: By which users ask for it.
        about: What it is for and what it was measured to give, as a sentence.
        settings: Option -> its default with this recipe; the network and its options too, where it was made for one.
        crop_share: Padding out of which a crop is cut, as a share of the image's shorter side; 0 for none.
    """

    name: str
    about: str
    settings: dict[str, Any]
    crop_share: float = 0.0


_CIFAR: dict[str, Any] = {
    "model": "cifar-net",
    "precision": "auto",
    "test_time_flip": True,
    "validation_fraction": 0.02,
    "batch_size": 512,
    "optimizer": "muon",
    "momentum": 0.85,
    "nesterov": True,
    "offset_rate": 64.0,
    "rest_rate": 7.5,
    "learning_rate": 0.1,
    "schedule": "one-cycle",
    "label_smoothing": 0.2,
    "ema": 0.99,
    "flip": True,
    "alternate": True,
}

RECIPES: Registry[Recipe] = Registry(
    "recipe",
    [
        Recipe(
            name="plain",
            about="Adam with a cosine schedule, slightly moved photos and averaged weights: a start for any network.",
            crop_share=1 / 16,
            settings={"epochs": 40, "ema": 0.99, "jit": "auto", "rotation": 10.0, "zoom": 0.1},
        ),
        Recipe(
            name="cifar10-fast",
            about="CIFAR-10 at 89 % in about ten minutes on two cores with AVX-512, else in longer.",
            settings={**_CIFAR, "options": {"widths": [64, 256, 256]}, "epochs": 7, "l2": 6.5e-4, "crop": 2},
        ),
        Recipe(
            name="cifar10-accurate",
            about="CIFAR-10 at 92 % in about forty minutes on two cores with AVX-512, else in longer.",
            settings={
                **_CIFAR,
                "options": {"widths": [64, 256, 256], "residual": True, "activation": "silu"},
                "test_time_shift": 1,
                "epochs": 44,
                "hardest": 0.5,
                "l2": 5e-4,
                "keep_last": True,
                "crop": 4,
                "cutout": 12,
            },
        ),
    ],
)
