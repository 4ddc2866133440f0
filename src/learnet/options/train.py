"""The options of ``learnet train``."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from learnet.core.errors import UsageError
from learnet.options.common import NETWORK, RUN, TRAINING, SplitOptions, ValidationOptions
from learnet.options.recipes import RECIPES
from learnet.options.schema import option
from learnet.options.text import Pairs, Size, Text
from learnet.options.training import Precision, TrainingConfig

ClassWeights = Literal["none", "balanced"]
_SOLVED = ("model", "options", "input_size", "test_time_flip", "class_weights", "validation_fraction", "deterministic")


class TrainConfig(ValidationOptions, SplitOptions, TrainingConfig):
    """Train a network from random weights: train, test, report, and a bundle that proves itself.

    What a recipe says holds where nothing else is said; ``of`` fills it in, so that a configuration always holds the
    values that are used.

    Raises:
        UsageError: If a value is out of its range.
    """

    verb: ClassVar[str] = "train"

    model: Text = option(
        group=NETWORK, missing="Which network? Give model=NAME (--model NAME); 'learnet models' lists them."
    )
    """Network to train; 'learnet models' lists them."""
    recipe: Text = option("plain", group=NETWORK)
    """Named set of default settings: plain, cifar10-fast or cifar10-accurate."""
    options: Pairs = option({}, group=NETWORK, flag="option")
    """Further options of the network's builder, e.g. hidden=300,100."""
    input_size: Size | None = option(None, group=NETWORK, unit="pixels", usual="the network's published size")
    """Height and width to which photos are resized."""
    dropout: float | None = option(None, group=NETWORK, usual="the network's published rate", ge=0, lt=1)
    """Dropout rate before the last layers."""
    test_time_flip: bool = option(False, group=NETWORK)
    """Average the answers for each photo and its mirror image."""
    test_time_shift: int = option(0, group=NETWORK, unit="pixels", ge=0)
    """Average the answers for each photo and copies shifted by this many pixels."""
    precision: Precision = option("float32", group=TRAINING)
    """Numbers in which steps are computed; auto times both. The bundle is float32 in any case."""
    class_weights: ClassWeights = option("none", group=TRAINING)
    """balanced gives rare classes more weight in the loss."""
    tensorboard: bool = option(False, group=RUN)
    """Write event files for TensorBoard."""

    @property
    def training(self) -> TrainingConfig:
        """How the network is trained, for the training engine."""
        return self.part(TrainingConfig)

    def anchors(self) -> dict[str, Any]:
        """Return data, network, recipe and image size: the defaults of others depend on them."""
        told: dict[str, Any] = {"data": self.data, "model": self.model}
        told |= {"recipe": self.recipe} if self.recipe != "plain" else {}
        return told | ({"input_size": self.input_size} if self.input_size is not None else {})

    @classmethod
    def of(cls, **given: Any) -> Self:
        """Return the configuration with these options; the recipe decides the others.

        Raises:
            UsageError: If there is no such option, a value is out of its range, or an option has no effect on a
                network whose weights are solved for.
        """
        config = super().of(**given)
        if _is_solved(config.model):
            config._refuse_descent(given)  # noqa: SLF001 (the same class)
        return config

    @classmethod
    def preset(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Return the recipe's settings, as far as they fit the network and the optimiser."""
        recipe = RECIPES[given.get("recipe", "plain")]
        settings, model = dict(recipe.settings), given.get("model")
        if model is not None:
            from learnet.models import ARCHITECTURES

            architecture = ARCHITECTURES[model]
            if architecture.solved:
                return {"model": architecture.name}
            if "model" in settings and ARCHITECTURES[settings["model"]] is not architecture:
                del settings["options"]
            settings["model"] = architecture.name
            if recipe.crop_share:
                settings["crop"] = int(recipe.crop_share * min(given.get("input_size") or architecture.input_size))
        return cls.acting(settings, beside=given)

    def _refuse_descent(self, given: dict[str, Any]) -> None:
        """Refuse options that have no effect on a network that is solved for."""
        meant = {*SplitOptions.model_fields, "seed", *_SOLVED}
        idle = sorted(name for name in given if name not in meant)
        if idle:
            raise UsageError(
                f"{self.model} is solved for at once, not trained by gradient descent: {', '.join(idle)} would change "
                f"nothing. Leave {'it' if len(idle) == 1 else 'them'} out. What can be set: {', '.join(_SOLVED[2:])}, "
                "and the options kernel and degree."
            )
        if "support_vectors" in self.options:
            raise UsageError(
                "How many support vectors there are is found by solving: leave out the option support_vectors."
            )
        if "degree" in self.options and self.options.get("kernel") != "polynomial":
            raise UsageError(
                "Only the kernel 'polynomial' has a degree: add the option kernel=polynomial, or leave it out."
            )


def _is_solved(model: str) -> bool:
    from learnet.models import ARCHITECTURES

    return ARCHITECTURES[model].solved
