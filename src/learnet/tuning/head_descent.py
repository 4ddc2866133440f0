"""A head trained by steps on features that lie in memory: what Keras' ``fit`` does with one dense layer, in NumPy.

On a cached feature vector a step costs what its two matrix products cost, so a trial takes milliseconds to seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from learnet.core import LearnetError, UsageError, generator
from learnet.evaluation import softmax
from learnet.training import TrainingConfig, learning_rate
from learnet.training.losses import summed_loss
from learnet.transfer_learning.solver import SURE, Design, Objective, SoftmaxLoss, minimise, single_threaded_blas

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

Scaling = Literal["standard", "none"]
ClassWeights = Literal["none", "balanced"]
_SOLVED_TOLERANCE = 1e-6


@dataclass(frozen=True, kw_only=True)
class HeadSettings:
    """How a head is trained.

    Attributes:
        training: Steps, rate, schedule and penalties; the penalties hold for the kernel of scaled features.
        solver: Whether the head is solved for by L-BFGS instead; of ``training`` only ``l2`` counts then.
        dropout: Share of the features that a step does not see, in [0, 1).
        noise: Standard deviation of the noise added to scaled features in each step, in units of theirs; what
            augmentation can be after the backbone.
        mixup: Parameter of the Beta distribution by which pairs of features and labels are blended; 0 is off.
        scaling: ``"standard"`` gives each feature mean 0 and deviation 1 over the training photos.
        class_weights: ``"balanced"`` weighs rare classes up.

    Raises:
        UsageError: If a value is out of its range.
    """

    training: TrainingConfig = field(default_factory=TrainingConfig)
    solver: bool = False
    dropout: float = 0.0
    noise: float = 0.0
    mixup: float = 0.0
    scaling: Scaling = "standard"
    class_weights: ClassWeights = "none"

    def __post_init__(self) -> None:
        if not 0 <= self.dropout < 1:
            raise UsageError(f"The head's dropout must be at least 0 and less than 1; received {self.dropout!r}.")
        for name in ("noise", "mixup"):
            if not 0 <= getattr(self, name) < math.inf:
                raise UsageError(f"The head's {name} must be at least 0; received {getattr(self, name)!r}.")
        for name, choices in (("scaling", get_args(Scaling)), ("class_weights", get_args(ClassWeights))):
            if getattr(self, name) not in choices:
                raise UsageError(f"The head's {name} is one of {', '.join(choices)}; received {getattr(self, name)!r}.")
        if self.training.optimizer == "muon":
            raise UsageError("The optimizer 'muon' is for convolutions, and a head has none: use 'sgd' or 'adam'.")


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureParts:
    """Features and labels, to learn from and to choose with.

    Attributes:
        train: float32 ``(n, d)``.
        train_labels: int ``(n,)``, in [0, classes).
        val: float32 ``(m, d)``.
        val_labels: int ``(m,)``.
        classes: k, at least 2.
        mean: float32 ``(d,)``, over ``train``.
        inverse_scale: float32 ``(d,)``, 1 / standard deviation; 0 of constant features, which are thus ignored.
    """

    train: Floats
    train_labels: NDArray[np.integer[Any]]
    val: Floats
    val_labels: NDArray[np.integer[Any]]
    classes: int
    mean: Floats
    inverse_scale: Floats

    @classmethod
    def of(
        cls,
        train: Floats,
        train_labels: NDArray[np.integer[Any]],
        val: Floats,
        val_labels: NDArray[np.integer[Any]],
        *,
        classes: int,
    ) -> FeatureParts:
        """Return the parts with what scaling needs."""
        design = Design(train)
        return cls(
            train=train,
            train_labels=train_labels,
            val=val,
            val_labels=val_labels,
            classes=classes,
            mean=design.mean.astype(np.float32),
            inverse_scale=design.inverse_scale.astype(np.float32),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainedHead:
    """A head for raw features: scaling is folded in.

    Attributes:
        kernel: float32 ``(d, k)``.
        bias: float32 ``(k,)``.
        accuracy: Share of validation photos answered rightly.
        loss: Their mean cross-entropy.
        epochs: That were trained.
        best_epoch: Whose weights these are: the smallest validation loss.
    """

    kernel: Floats
    bias: Floats
    accuracy: float
    loss: float
    epochs: int
    best_epoch: int


def train_head(
    parts: FeatureParts,
    settings: HeadSettings,
    *,
    on_epoch: Callable[[int, float], None] = lambda _epoch, _accuracy: None,
) -> TrainedHead:
    """Train a linear softmax head on features.

    The steps are those of Keras' optimisers on the mean cross-entropy of each batch, with penalties; the weights after
    the epoch with the smallest validation loss are kept, as in ``learnet.training.fit_feed``.

    Args:
        parts: Features and labels.
        settings: How.
        on_epoch: Called with the epoch, from 1, and its validation accuracy; what it raises ends the training.

    Raises:
        LearnetError: If the loss is no number any more.
    """
    with single_threaded_blas(), np.errstate(over="ignore", invalid="ignore"):  # a rate too large is told below
        return _solve(parts, settings, on_epoch) if settings.solver else _Descent(parts, settings).run(on_epoch)


def _solve(parts: FeatureParts, settings: HeadSettings, on_epoch: Callable[[int, float], None]) -> TrainedHead:
    design, k = Design(parts.train), parts.classes
    weight = _class_weights(parts, settings)[parts.train_labels].astype(np.float64)
    curvature = design.curvature(np.ones(design.n, np.float32)).times(SURE / k)
    loss = SoftmaxLoss(parts.train_labels.astype(np.int64), weight)
    objective = Objective(design, loss, l2=2 * max(settings.training.l2, 1e-9), curvature=curvature)
    start = np.zeros((k, design.d), np.float32), np.zeros(k)
    solution = minimise(objective, weights=start[0], bias=start[1], tolerance=_SOLVED_TOLERANCE)
    kernel, bias = design.fold(solution.weights, solution.bias)
    value, accuracy = _judge(parts, kernel, bias)
    on_epoch(1, accuracy)
    return TrainedHead(kernel=kernel, bias=bias, accuracy=accuracy, loss=value, epochs=1, best_epoch=1)


class _Descent:
    def __init__(self, parts: FeatureParts, settings: HeadSettings) -> None:
        self._parts, self._how, self._config = parts, settings, settings.training
        scaled, d = settings.scaling == "standard", parts.train.shape[1]
        self._mean = parts.mean if scaled else np.zeros(d, np.float32)
        self._scale = parts.inverse_scale if scaled else np.ones(d, np.float32)
        self.kernel = np.zeros((d, parts.classes), np.float32)
        self.bias = np.zeros(parts.classes, np.float32)
        smooth = self._config.label_smoothing
        eye = np.eye(parts.classes, dtype=np.float32)
        self._targets = eye * np.float32(1 - smooth) + np.float32(smooth / parts.classes)
        self._weights = _class_weights(parts, settings)
        self._rules = [Rule(self._config, self.kernel, decays=True), Rule(self._config, self.bias, decays=False)]

    def run(self, on_epoch: Callable[[int, float], None]) -> TrainedHead:
        config, best, best_weights = self._config, (math.inf, 0.0, 0), self._folded()
        epoch = 0
        for epoch in range(1, config.epochs + 1):
            self._epoch(epoch - 1)
            folded = self._folded()
            loss, accuracy = _judge(self._parts, *folded)
            if not math.isfinite(loss):
                raise LearnetError(
                    f"The loss became {loss} in epoch {epoch}. Usually the learning rate is too large: try "
                    f"{config.learning_rate / 10:g}."
                )
            if loss < best[0]:
                best, best_weights = (loss, accuracy, epoch), folded
            on_epoch(epoch, accuracy)
            if config.patience is not None and epoch - best[2] >= config.patience:
                break
        kernel, bias = best_weights
        return TrainedHead(kernel=kernel, bias=bias, accuracy=best[1], loss=best[0], epochs=epoch, best_epoch=best[2])

    def _epoch(self, epoch: int) -> None:
        config, labels = self._config, self._parts.train_labels
        random = generator(config.seed, f"head epoch {epoch}")
        order = random.permutation(len(labels))
        steps = math.ceil(len(order) / config.batch_size)
        for step in range(steps):
            rows = order[step * config.batch_size : (step + 1) * config.batch_size]
            x = (self._parts.train[rows] - self._mean) * self._scale
            x, targets = self._changed(x, self._targets[labels[rows]], random)
            gradients = self._gradients(x, targets, self._weights[labels[rows]])
            rate = learning_rate(config, epoch * steps + step, steps_per_epoch=steps)
            for rule, gradient in zip(self._rules, gradients, strict=True):
                rule.step(gradient, rate)

    def _changed(self, x: Floats, targets: Floats, random: np.random.Generator) -> tuple[Floats, Floats]:
        """Return features and targets with mixup, noise and dropout, in this order."""
        how = self._how
        if how.mixup:
            partner = random.permutation(len(x))
            share = random.beta(how.mixup, how.mixup, (len(x), 1)).astype(np.float32)
            x, targets = share * x + (1 - share) * x[partner], share * targets + (1 - share) * targets[partner]
        if how.noise:
            x = x + np.float32(how.noise) * random.standard_normal(x.shape, np.float32)
        if how.dropout:
            x = x * (random.random(x.shape, np.float32) >= how.dropout) / np.float32(1 - how.dropout)
        return x, targets

    def _gradients(self, x: Floats, targets: Floats, weights: Floats) -> tuple[Floats, Floats]:
        config = self._config
        error = softmax(x @ self.kernel + self.bias).astype(np.float32, copy=False) - targets
        error *= (weights / weights.sum())[:, None]
        kernel, bias = x.T @ error, error.sum(axis=0)
        if config.l2:
            kernel += np.float32(2 * config.l2) * self.kernel
        if config.l1:
            kernel += np.float32(config.l1) * np.sign(self.kernel)
        if config.clip_norm is not None:
            norm = math.sqrt(float((kernel**2).sum() + (bias**2).sum()))
            if norm > config.clip_norm:
                kernel *= np.float32(config.clip_norm / norm)
                bias *= np.float32(config.clip_norm / norm)
        return kernel, bias

    def _folded(self) -> tuple[Floats, Floats]:
        kernel = self._scale[:, None] * self.kernel
        return kernel, self.bias - self._mean @ kernel


class Rule:
    """Keras' optimisers for one variable, with Keras' defaults.

    Args:
        config: Names the rule and its parameters.
        variable: What is changed, in place.
        decays: Whether weight decay applies to it.
    """

    def __init__(self, config: TrainingConfig, variable: Floats, *, decays: bool) -> None:
        self._config, self._variable = config, variable
        self._decay = config.weight_decay if decays else 0.0
        start = 0.1 if config.optimizer == "adagrad" else 0.0
        self._first, self._second = np.zeros_like(variable), np.full_like(variable, start)
        self._steps = 0

    def step(self, gradient: Floats, rate: float) -> None:
        """Change the variable by one step."""
        self._steps += 1
        if self._decay:
            self._variable *= np.float32(1 - rate * self._decay)
        self._variable -= getattr(self, f"_{self._config.optimizer}")(gradient, np.float32(rate))

    def _sgd(self, gradient: Floats, rate: np.float32) -> Floats:
        momentum = np.float32(self._config.momentum)
        if not momentum:
            return rate * gradient
        self._first *= momentum
        self._first += rate * gradient
        return momentum * self._first + rate * gradient if self._config.nesterov else self._first

    def _rmsprop(self, gradient: Floats, rate: np.float32) -> Floats:
        self._second += np.float32(0.1) * (gradient**2 - self._second)
        step: Floats = rate * gradient / np.sqrt(self._second + np.float32(1e-7))
        if not self._config.momentum:
            return step
        self._first *= np.float32(self._config.momentum)
        self._first += step
        return self._first

    def _adagrad(self, gradient: Floats, rate: np.float32) -> Floats:
        self._second += gradient**2
        step: Floats = rate * gradient / np.sqrt(self._second + np.float32(1e-7))
        return step

    def _adam(self, gradient: Floats, rate: np.float32) -> Floats:
        self._first += np.float32(0.1) * (gradient - self._first)
        self._second += np.float32(0.001) * (gradient**2 - self._second)
        alpha = np.float32(float(rate) * math.sqrt(1 - 0.999**self._steps) / (1 - 0.9**self._steps))
        step: Floats = np.multiply(self._first, alpha)
        step /= np.sqrt(self._second) + np.float32(1e-7)
        return step

    _adamw = _adam


def _class_weights(parts: FeatureParts, settings: HeadSettings) -> Floats:
    if settings.class_weights == "none":
        return np.ones(parts.classes, np.float32)
    counts = np.bincount(parts.train_labels, minlength=parts.classes)
    weights: Floats = np.float32(len(parts.train_labels) / parts.classes) / np.maximum(counts, 1).astype(np.float32)
    return weights


def _judge(parts: FeatureParts, kernel: Floats, bias: Floats) -> tuple[float, float]:
    """Return mean loss and accuracy of the validation photos."""
    logits = parts.val @ kernel + bias
    right = float((logits.argmax(axis=1) == parts.val_labels).mean())
    return summed_loss("cross-entropy", logits, parts.val_labels) / len(logits), right
