"""Regularisation: identities that hold to the last digits, and what it is worth where there are few examples."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import generator
from learnet.core import keras as import_keras
from learnet.experiments.figures import Line, lines_figure
from learnet.experiments.record import Experiment, Outcome, Threshold
from learnet.neurons import descend, soft_threshold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.training import Fitted

_SRIVASTAVA = "Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting, 2014"


def ridge(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001 (a run's arguments)
    """Train a linear unit with an L2 penalty, by all three kinds of descent, and solve the same problem directly."""
    settings = {"batch": None, "mini-batch of 10": 10, "stochastic": 1}
    distances: dict[str, list[float]] = {name: [] for name in settings}
    curves: list[Line] = []
    for seed in seeds:
        x, y, penalty = _regression(seed)
        hessian = x.T @ x + penalty * np.eye(x.shape[1])
        exact = np.linalg.solve(hessian, x.T @ y)
        objective, steepest = _ridge_objective(x, y, penalty)
        steady = len(y) / float(np.linalg.eigvalsh(hessian)[-1])
        curves = []
        for name, size in settings.items():
            way = descend(
                objective,
                np.zeros(x.shape[1]),
                examples=len(y),
                batch_size=size,
                learning_rate=steady if size is None else _falling(1 / steepest),
                epochs=400,
                seed=seed,
            )
            far = np.linalg.norm(way.weights - exact, axis=-1)
            distances[name].append(float(np.abs(way.end - exact).max()))
            curves.append(Line(x=way.steps[1:] * way.batch_size / len(y), y=np.maximum(far[1:], 1e-16), label=name))
    return Outcome(
        measured={f"distance by {name} descent": values for name, values in distances.items()},
        figure=lambda: lines_figure(
            curves, x_label="passes over the examples", y_label="distance from the closed form", log_y=True
        ),
        remark="60 examples of 8 inputs, 400 passes. The batch descent has a constant rate; the two that see some "
        "examples only would never settle with one, so that theirs falls with the steps.",
    )


def _falling(rate: float) -> Callable[[int], float]:
    return lambda step: rate / (1 + step / 50)


def _regression(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    random = generator(seed, "regression")
    x = random.normal(size=(60, 8))
    y = x @ random.normal(size=8) + random.normal(size=60)
    return x, y, float(random.uniform(1, 20))


def _ridge_objective(x: NDArray[np.float64], y: NDArray[np.float64], penalty: float) -> tuple[Any, float]:
    """Return ``(|Xw - y|^2 + penalty |w|^2) / 2n`` over chosen examples, and the largest curvature of one of them."""
    n = len(y)

    def objective(w: NDArray[np.float64], chosen: NDArray[np.int64]) -> tuple[float, NDArray[np.float64]]:
        errors = x[chosen] @ w - y[chosen]
        loss = (errors @ errors) / (2 * len(chosen)) + penalty * (w @ w) / (2 * n)
        return float(loss), x[chosen].T @ errors / len(chosen) + penalty * w / n

    return objective, float((x**2).sum(axis=1).max() + penalty / n)


def lasso(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001 (a run's arguments)
    """Train a linear unit with an L1 penalty on orthonormal inputs, where the answer is known."""
    distances, wrong, zeros = [], [], []
    for seed in seeds:
        random = generator(seed, "lasso")
        x, _ = np.linalg.qr(random.normal(size=(80, 20)))
        y, penalty = random.normal(size=80) * 3, 2.0
        exact, found = soft_threshold(x.T @ y, penalty), _lasso(x, y, penalty)
        distances.append(float(np.abs(found - exact).max()))
        wrong.append(int(((found == 0) != (exact == 0)).sum()))
        zeros.append(int((exact == 0).sum()))
    return Outcome(measured={"distance": distances, "zeros in the wrong place": wrong, "zeros of 20 weights": zeros})


def _lasso(x: NDArray[np.float64], y: NDArray[np.float64], penalty: float) -> NDArray[np.floating[Any]]:
    return descend(
        lambda w, _: (0.5 * np.sum((x @ w - y) ** 2), x.T @ (x @ w - y)),
        np.zeros(x.shape[1]),
        learning_rate=0.5,
        proximal=lambda w, rate: soft_threshold(w, rate * penalty),
        epochs=100,
    ).end


def dropout(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001 (a run's arguments)
    """Average a linear unit behind Keras' dropout over many masks, and compare with it as it predicts."""
    keras = import_keras()
    masks, at_once = 100_000, 10_000
    deviations: dict[float, list[float]] = {0.2: [], 0.5: []}
    changed = []
    with progress.stage("Dropout masks", masks * len(deviations) * len(seeds)) as task:
        for seed in seeds:
            random = generator(seed, "dropout")
            x, w = random.normal(size=100).astype(np.float32), random.normal(size=100)
            for rate, found in deviations.items():
                layer = keras.layers.Dropout(rate, seed=seed)
                answers = []
                for _ in range(masks // at_once):
                    dropped = np.asarray(layer(np.broadcast_to(x, (at_once, 100)), training=True))
                    answers.append(dropped.astype(np.float64) @ w)
                    task.advance(at_once)
                every = np.concatenate(answers)
                found.append(float(abs(every.mean() - x @ w) / (every.std(ddof=1) / masks**0.5)))
                changed.append(int((np.asarray(layer(x[None], training=False)) != x).sum()))
    return Outcome(
        measured={
            **{f"standard errors from the mean at rate {rate}": found for rate, found in deviations.items()},
            "values changed in prediction": changed,
        },
        remark=f"{masks:,} masks over 100 inputs of a linear unit.",
    )


def weight_decay(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001 (a run's arguments)
    """Minimise a quadratic by Keras' SGD and Adam, with the penalty in the gradient and with decay beside it."""
    keras = import_keras()
    makers = {"SGD": keras.optimizers.SGD, "Adam": keras.optimizers.Adam}
    differences: dict[str, list[float]] = {name: [] for name in makers}
    for seed in seeds:
        start = generator(seed, "weight decay").normal(size=10).astype(np.float32)
        curvatures = np.linspace(0.1, 2.0, 10, dtype=np.float32)
        for name, make in makers.items():
            ends = [
                _minimise(make(0.05), start, curvatures, penalty=0.1),
                _minimise(make(0.05, weight_decay=0.1), start, curvatures, penalty=0.0),
            ]
            differences[name].append(float(np.abs(ends[0] - ends[1]).max()))
    return Outcome(
        measured={f"difference with {name}": values for name, values in differences.items()},
        remark="100 steps of rate 0.05 in float32, a penalty of 0.1 / 2 times the squared weights.",
    )


def _minimise(
    optimizer: Any, start: NDArray[np.float32], curvatures: NDArray[np.float32], *, penalty: float
) -> NDArray[np.float32]:
    keras = import_keras()
    variable = keras.Variable(start)
    optimizer.build([variable])
    for _ in range(100):
        at = np.asarray(variable)
        slope = curvatures * (at - 1) + np.float32(penalty) * at
        optimizer.apply([keras.ops.convert_to_tensor(slope)])
    return np.asarray(variable)


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """One kind of regularisation, and how strong."""

    dropout: float = 0.0
    l2: float = 0.0
    l1: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class _SmallRun:
    """One training on few digits: the test error after each epoch, and what was kept."""

    errors: list[float]
    fitted: Fitted
    kept_is_best: bool


_EPOCHS, _EXAMPLES, _NOISE, _TEST_COPIES = 40, 1000, 100, 5


def small_data(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Train two layers of 512 units on 1,000 noisy digits, without regularisation and with each kind of it."""
    kinds = {
        "nothing": _Kind(),
        "dropout": _Kind(dropout=0.5),
        "L2": _Kind(l2=5e-3),
        **({} if quick else {"L1": _Kind(l1=1e-3)}),
    }
    runs: dict[str, list[_SmallRun]] = {name: [] for name in kinds}
    with progress.stage("Trainings on 1,000 digits", len(kinds) * len(seeds)) as task:
        for seed in seeds:
            for name, kind in kinds.items():
                runs[name].append(_train_small(seed, kind, epochs=_EPOCHS))
                task.advance()
    last = {name: np.array([run.errors[-1] for run in found]) for name, found in runs.items()}

    def figure() -> Figure:
        means = {name: 100 * np.mean([run.errors for run in found], axis=0) for name, found in runs.items()}
        lines = [Line(x=np.arange(1, _EPOCHS + 1), y=mean, label=name) for name, mean in means.items()]
        return lines_figure(lines, x_label="epoch", y_label="test error, %, mean over the seeds")

    return Outcome(
        measured={
            **{f"lower test error with {name}": (last[name] < last["nothing"]).tolist() for name in list(kinds)[1:]},
            **{f"test error with {name}, %": (100 * errors).tolist() for name, errors in last.items()},
        },
        figure=figure,
        remark=f"{_EXAMPLES:,} of scikit-learn's 8 x 8 digits in place of 1,000 of MNIST, with noise on each pixel of "
        f"standard deviation {_NOISE} of 255, so that there is something to overfit; 697 to test with, each with "
        f"{_TEST_COPIES} draws of noise. Adam, its rate falling to 0 along a cosine in "
        f"{_EPOCHS} epochs; errors are those of the last. Dropout 0.5, "
        "L2 5e-3, L1 1e-3, chosen on other seeds.",
    )


def early_stopping(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Train with patience, and ask whether the weights that are left are those of the best epoch, bit for bit."""
    runs = []
    with progress.stage("Trainings with patience", len(seeds)) as task:
        for seed in seeds:
            runs.append(_train_small(seed, _Kind(), epochs=_EPOCHS, patience=3 if quick else 10))
            task.advance()
    losses = [[row.val_loss for row in run.fitted.history] for run in runs]
    return Outcome(
        measured={
            "kept epoch - best epoch": [
                run.fitted.best_epoch - 1 - int(np.argmin(found)) for run, found in zip(runs, losses, strict=True)
            ],
            "kept weights are those of that epoch": [run.kept_is_best for run in runs],
            "best epoch": [run.fitted.best_epoch for run in runs],
            "epochs trained": [len(found) for found in losses],
        },
        figure=lambda: lines_figure(
            [Line(x=np.arange(1, len(found) + 1), y=found) for found in losses],
            x_label="epoch",
            y_label="validation loss, one line a seed",
        ),
    )


def _train_small(seed: int, kind: _Kind, *, epochs: int, patience: int | None = None) -> _SmallRun:
    from learnet.models import network
    from learnet.training import TrainingConfig, fit

    train, validation, test = _digits(seed)
    import_keras().utils.set_random_seed(seed)
    model = network("mlp", classes=10, input_size=(8, 8), dropout=kind.dropout, options={"hidden": [512, 512]}).trainer
    errors: list[float] = []
    weights: list[list[NDArray[np.float32]]] = []

    def look(_row: object) -> None:
        weights.append(model.get_weights())
        errors.append(_error(model, test))

    config = TrainingConfig(
        epochs=epochs,
        batch_size=50,
        schedule="constant" if patience else "cosine",
        patience=patience,
        l2=kind.l2,
        l1=kind.l1,
        seed=seed,
    )
    with tempfile.TemporaryDirectory() as folder:
        fitted = fit(model, train, validation, config=config, folder=Path(folder), on_epoch=look)
    left = zip(model.get_weights(), weights[fitted.best_epoch - 1], strict=True)
    return _SmallRun(errors=errors, fitted=fitted, kept_is_best=all(np.array_equal(*pair) for pair in left))


def _error(model: Any, part: tuple[NDArray[np.uint8], NDArray[np.int64]]) -> float:
    return float((np.asarray(model(part[0])).argmax(axis=1) != part[1]).mean())


def _digits(seed: int) -> list[tuple[NDArray[np.uint8], NDArray[np.int64]]]:
    """Return noisy digits: 1,000 to train with, 100 to validate with, and the rest, each several times."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    random = generator(seed, "few digits")
    order = random.permutation(len(labels))
    ends = (0, _EXAMPLES, _EXAMPLES + 100, len(labels))
    train, validation, test = (order[first:last] for first, last in pairwise(ends))
    parts = (train, validation, np.tile(test, _TEST_COPIES))
    return [(_noisy(images[part], random), labels[part].astype(np.int64)) for part in parts]


def _noisy(images: NDArray[np.float64], random: np.random.Generator) -> NDArray[np.uint8]:
    pixels = np.clip(images * 15 + random.normal(0, _NOISE, images.shape), 0, 255).astype(np.uint8)
    return np.repeat(pixels.reshape(-1, 8, 8, 1), 3, axis=-1)


EXPERIMENTS = (
    Experiment(
        name="ridge",
        title="Gradient descent with an L2 penalty against the closed form",
        paper="the penalised least squares have the closed form (X'X + λI)⁻¹X'y",
        reference="Hoerl and Kennard, Ridge Regression, Technometrics 12, 1970",
        thresholds=(Threshold(of="distance by batch descent", at_most=1e-6),),
        run=ridge,
    ),
    Experiment(
        name="soft-threshold",
        title="Proximal descent with an L1 penalty against the soft threshold",
        paper="with orthonormal inputs the lasso is the soft threshold of X'y, with exact zeros",
        reference="Tibshirani, Regression Shrinkage and Selection via the Lasso, 1996, section 2.2",
        thresholds=(Threshold(of="distance", at_most=1e-8), Threshold(of="zeros in the wrong place", at_most=0)),
        run=lasso,
    ),
    Experiment(
        name="weight-decay",
        title="L2 penalty and weight decay, by Keras' SGD and Adam",
        paper="for SGD the penalty is a decay of the weights by 1 - ηλ a step; for Adam the two differ",
        reference="Loshchilov and Hutter, Decoupled Weight Decay Regularization, 2019, propositions 1 and 2",
        thresholds=(
            Threshold(of="difference with SGD", at_most=1e-5),
            Threshold(of="difference with Adam", at_least=1e-2),
        ),
        run=weight_decay,
    ),
    Experiment(
        name="dropout-expectation",
        title="The mean over dropout's masks against the prediction",
        paper="scaled weights give the expected output, so that one network predicts for all thinned ones",
        reference=f"{_SRIVASTAVA}, section 4 and figure 2",
        thresholds=(
            Threshold(of="standard errors from the mean at rate 0.2", at_most=3),
            Threshold(of="standard errors from the mean at rate 0.5", at_most=3),
            Threshold(of="values changed in prediction", at_most=0),
        ),
        run=dropout,
    ),
    Experiment(
        name="small-data",
        title="Dropout, L2 and L1 where there are few examples",
        paper="MNIST: 1.60 % errors without, 1.25 % with dropout; with few examples it helps most from 1,000 up",
        reference=f"{_SRIVASTAVA}, table 2 and figure 10",
        thresholds=(
            Threshold(of="lower test error with dropout", at_least=1, share=0.8),
            Threshold(of="lower test error with L2", at_least=1, share=0.8),
        ),
        run=small_data,
        quick_seeds=1,
    ),
    Experiment(
        name="early-stopping",
        title="Training with patience leaves the weights of the best epoch",
        paper="the weights with the smallest validation error are kept",
        reference="Prechelt, Early Stopping - But When?, 1998",
        thresholds=(
            Threshold(of="kept epoch - best epoch", at_least=0, at_most=0),
            Threshold(of="kept weights are those of that epoch", at_least=1),
        ),
        run=early_stopping,
        quick_seeds=1,
    ),
)
