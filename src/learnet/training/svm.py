"""Support-vector machines, each class against the rest: one matrix of products serves a whole grid of settings.

Cortes and Vapnik, Support-Vector Networks, Machine Learning 20, 1995. The quadratic programs are solved by
scikit-learn (LIBSVM), the linear machine by LIBLINEAR, with the squared penalty that the paper's experiments used.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from learnet.core import Silent, UsageError, generator, probe, usable_cores

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from learnet.core import Progress

    Floats = NDArray[np.floating[Any]]
    Labels = NDArray[np.integer[Any]]

T = TypeVar("T")

DEGREES = (2, 3, 4)
_MEMORY_SHARE = 0.4  # of the machine's memory may hold kernels
_UNKNOWN_MEMORY = 8e9
_BYTES_A_PAIR = 3 * 8  # products, their kernel, and what is in between
_MOST_PHOTOS = 65_536  # as many support vectors as a bundle can name
_SAMPLE = 1_000  # photos on which the time of one machine is measured
_AT_ONCE = 1_024  # examples
_ITERATIONS = 5_000  # of the linear machine's Newton method


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One point of the grid.

    Attributes:
        kernel: As ``learnet.layers.KernelMachine`` names it.
        c: What an example on the wrong side of its margin costs, greater than 0.
        degree: Of the polynomial.
        gamma: The kernel's scale.
        coef0: The kernel's constant.
    """

    kernel: str
    c: float
    degree: int = 1
    gamma: float = 1.0
    coef0: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What one setting gave.

    Attributes:
        setting: The setting.
        val_accuracy: Share of the validation images that were answered rightly.
        support_vectors: How many training images are support vectors of at least one class.
        val_loss: Mean one-against-rest hinge loss of the validation images.
    """

    setting: Setting
    val_accuracy: float
    support_vectors: int
    val_loss: float


@dataclass(frozen=True, kw_only=True, eq=False)
class SolvedMachine:
    """A machine as it was solved, with the setting that did best on the validation images.

    Attributes:
        setting: Of the machine.
        rows: int ``(n,)``, ascending: which training images are its support vectors.
        pulls: ``(n, classes)``: how strongly each holds the border of each class, positive if it is of that class.
        arrays: The weights of a ``KernelMachine``, in its order, float32. The linear machine's sum over support vectors
            is done already: it holds one vector a class.
        trials: All that was tried, in order.
    """

    setting: Setting
    rows: NDArray[np.int64]
    pulls: Floats
    arrays: tuple[NDArray[np.float32], ...]
    trials: tuple[Trial, ...]

    @property
    def best(self) -> Trial:
        """What the machine's own setting gave."""
        return next(trial for trial in self.trials if trial.setting == self.setting)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Machine:
    """One machine a class, before it is known to be the best."""

    pulls: Floats  # of all training images (n, classes)
    intercept: Floats
    decisions: Floats  # of the validation images
    coefficients: Floats | None = None  # of the linear machine (classes, d)


def solve_svm(
    train: tuple[Floats, Labels],
    validation: tuple[Floats, Labels],
    *,
    classes: int,
    kernel: str = "rbf",
    degrees: Sequence[int] = DEGREES,
    settings: Sequence[Setting] | None = None,
    class_weights: Sequence[float] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> SolvedMachine:
    """Solve one machine a class for each setting of a grid, and return the best.

    The best has the fewest errors on the validation images; of those with as few, the fewest support vectors, whose
    share bounds the error to be expected (equation 5 of the paper). C is searched in steps of 10, and the polynomial's
    degree or the kernel's scale beside it. Scales are relative to the pixels' own: the mean squared length of an image;
    for RBF the mean squared distance from the mean image.

    Args:
        train: float ``(n, d)``, flattened preprocessed images, and int ``(n,)``.
        validation: The same, for the choice; never trained on.
        classes: How many classes there are.
        kernel: A name of ``learnet.layers.KERNELS``.
        degrees: Degrees of the polynomial that are tried; not used by the other kernels.
        settings: What is tried instead of the grid, at least one, all of ``kernel``.
        class_weights: What an example of each class counts; the same for all if not given.
        seed: The draw of the sample whose time is measured.
        progress: Where to tell how it goes.

    Returns:
        The machine.

    Raises:
        UsageError: If there are more images than this machine can compare with each other.

    Example:
        >>> corners = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        >>> exclusive_or = np.array([0, 1, 1, 0])
        >>> found = solve_svm((corners, exclusive_or), (corners, exclusive_or), classes=2, kernel="polynomial")
        >>> found.best.val_accuracy, found.setting.degree
        (1.0, 2)
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it has no stubs

    progress = Silent() if progress is None else progress
    weights = np.ones(len(train[1])) if class_weights is None else np.asarray(class_weights, np.float64)[train[1]]
    # the machines share the cores, one a thread
    with threadpool_limits(1, user_api="blas"):
        grid = _grid(kernel, train[0], degrees) if settings is None else settings
        if kernel == "linear":
            tried = _linear_machines(train, validation, grid, classes=classes, weights=weights, progress=progress)
        else:
            _check_size(
                train, classes=classes, machines=classes * len(grid), kernel=kernel, seed=seed, say=progress.say
            )
            tried = _kernel_machines(train, validation, grid, classes=classes, weights=weights, progress=progress)
        return _best(tried, train, validation)


def _grid(kernel: str, x: Floats, degrees: Sequence[int]) -> list[Setting]:
    """Return the settings of a kernel, those with one kernel matrix together."""
    length = 1 / max(float(np.square(x).sum(axis=1).mean()), 1e-12)
    if kernel == "linear":
        return [Setting(kernel=kernel, c=c * length) for c in (0.1, 1.0, 10.0, 100.0)]
    if kernel == "polynomial":
        shapes = [{"degree": degree, "gamma": length, "coef0": 1.0} for degree in degrees]
    elif kernel == "sigmoid":
        shapes = [{"gamma": factor * length, "coef0": -1.0} for factor in (0.25, 0.5, 1.0)]
    else:
        spread = 1 / max(float(x.var(axis=0).sum()), 1e-12)
        shapes = [{"gamma": factor * spread} for factor in (0.5, 1.0, 2.0)]
    return [Setting(kernel=kernel, c=c, **shape) for shape in shapes for c in (0.1, 1.0, 10.0, 100.0)]  # type: ignore[arg-type]  # the values are of mixed types


def _kernel_machines(
    train: tuple[Floats, Labels],
    validation: tuple[Floats, Labels],
    grid: Sequence[Setting],
    *,
    classes: int,
    weights: Floats,
    progress: Progress,
) -> Iterator[tuple[Setting, _Machine]]:
    """Yield each setting's machine; the products of all images are computed once."""
    from sklearn.svm import SVC

    (x, labels), seen = (np.asarray(train[0], np.float64), train[1]), np.asarray(validation[0], np.float64)
    squares = np.square(x).sum(axis=1), np.square(seen).sum(axis=1)
    products, across = x @ x.T, seen @ x.T
    last: Setting | None = None
    with progress.stage(f"Solving {grid[0].kernel} machines", len(grid) * classes) as task:
        for setting in grid:
            if last is None or (setting.degree, setting.gamma) != (last.degree, last.gamma):
                similar = kernel_of(products, squares[0], squares[0], setting)
                similar_across = kernel_of(across, squares[1], squares[0], setting)
            last = setting

            def solve(label: int, similar: Floats = similar, c: float = setting.c) -> Any:
                return SVC(C=c, kernel="precomputed").fit(similar, labels == label, sample_weight=weights)

            pulls, intercept = np.zeros((len(labels), classes)), np.zeros(classes)
            for label, machine in enumerate(_shared_out(solve, range(classes))):
                pulls[machine.support_, label] = machine.dual_coef_[0]
                intercept[label] = machine.intercept_[0]
                task.advance()
            yield setting, _Machine(pulls=pulls, intercept=intercept, decisions=similar_across @ pulls + intercept)


def decide(solved: SolvedMachine, x: Floats) -> Floats:
    """Return the decision values of examples, float32 ``(n, classes)``, from the arrays that are kept.

    Args:
        solved: The machine.
        x: ``(n, d)``.
    """
    support, dual, intercept = solved.arrays[:3]
    squares = np.square(support, dtype=np.float64).sum(axis=1)
    decisions = np.empty((len(x), dual.shape[1]), np.float32)
    for start in range(0, len(x), _AT_ONCE):
        part = np.asarray(x[start : start + _AT_ONCE], np.float64)
        products: Floats = part @ support.T.astype(np.float64)
        if solved.setting.kernel != "linear":
            products = kernel_of(products, np.square(part).sum(axis=1), squares, solved.setting)
        decisions[start : start + _AT_ONCE] = products @ dual.astype(np.float64) + intercept
    return decisions


def kernel_of(products: Floats, left: Floats, right: Floats, setting: Setting) -> Floats:
    """Return the kernel of images whose products are known.

    Args:
        products: ``(m, n)``, ``u·v`` of each pair; not changed.
        left: ``(m,)``, ``u·u``.
        right: ``(n,)``, ``v·v``.
        setting: Names the kernel; see ``learnet.layers.KernelMachine``.
    """
    similar: Floats = products * (-2.0 if setting.kernel == "rbf" else setting.gamma)
    if setting.kernel == "rbf":
        similar += left[:, None]
        similar += right
        np.maximum(similar, 0, out=similar)
        similar *= -setting.gamma
        np.exp(similar, out=similar)
        return similar
    similar += setting.coef0
    if setting.kernel == "sigmoid":
        np.tanh(similar, out=similar)
    else:
        similar **= setting.degree
    return similar


def _linear_machines(
    train: tuple[Floats, Labels],
    validation: tuple[Floats, Labels],
    grid: Sequence[Setting],
    *,
    classes: int,
    weights: Floats,
    progress: Progress,
) -> Iterator[tuple[Setting, _Machine]]:
    """Yield linear machines; an image pulls by twice C times its slack, as the optimum's conditions say."""
    from sklearn.svm import LinearSVC

    x, labels = np.asarray(train[0], np.float64), train[1]
    seen = np.asarray(validation[0], np.float64)
    signs = np.where(np.arange(classes) == labels[:, None], 1.0, -1.0)
    with progress.stage("Solving linear machines", len(grid) * classes) as task:
        for c in (setting.c for setting in grid):

            def solve(label: int, c: float = c) -> Any:
                machine = LinearSVC(C=c, dual=False, max_iter=_ITERATIONS)
                return machine.fit(x, labels == label, sample_weight=weights)

            machines = []
            for machine in _shared_out(solve, range(classes)):
                machines.append(machine)
                task.advance()
            coefficients = np.concatenate([machine.coef_ for machine in machines])
            intercept = np.concatenate([machine.intercept_ for machine in machines])
            slack = np.maximum(1 - signs * (x @ coefficients.T + intercept), 0)
            yield (
                Setting(kernel="linear", c=c),
                _Machine(
                    pulls=2 * c * weights[:, None] * signs * slack,
                    intercept=intercept,
                    decisions=seen @ coefficients.T + intercept,
                    coefficients=coefficients,
                ),
            )


def _best(
    tried: Iterable[tuple[Setting, _Machine]], train: tuple[Floats, Labels], validation: tuple[Floats, Labels]
) -> SolvedMachine:
    """Go through all machines and keep the best one only."""
    trials: list[Trial] = []
    best: tuple[tuple[float, int], Setting, _Machine] | None = None
    for setting, machine in tried:
        trial = _judged(setting, machine, validation[1])
        trials.append(trial)
        rank = (-trial.val_accuracy, trial.support_vectors)
        if best is None or rank < best[0]:
            best = rank, setting, machine
    if best is None:
        raise UsageError("An SVM needs at least one setting to try; received no degrees.")
    _, setting, machine = best
    rows = np.flatnonzero(machine.pulls.any(axis=1))
    pulls = machine.pulls[rows]
    support, dual = train[0][rows], pulls
    if machine.coefficients is not None:
        support, dual = machine.coefficients, np.eye(len(machine.coefficients))
    arrays = (support, dual, machine.intercept, setting.gamma, setting.coef0)
    return SolvedMachine(
        setting=setting,
        rows=rows,
        pulls=pulls,
        arrays=tuple(np.asarray(array, np.float32) for array in arrays),
        trials=tuple(trials),
    )


def _judged(setting: Setting, machine: _Machine, labels: Labels) -> Trial:
    decisions = machine.decisions
    signs = np.where(np.arange(decisions.shape[1]) == labels[:, None], 1.0, -1.0)
    return Trial(
        setting=setting,
        val_accuracy=float((decisions.argmax(axis=1) == labels).mean()),
        support_vectors=int(machine.pulls.any(axis=1).sum()),
        val_loss=float(np.maximum(1 - signs * decisions, 0).sum(axis=1).mean()),
    )


def _check_size(
    train: tuple[Floats, Labels], *, classes: int, machines: int, kernel: str, seed: int, say: Callable[[str], None]
) -> None:
    """Say how long it will take where that is long; refuse what does not fit into memory."""
    count, memory = len(train[1]), probe().memory_bytes or _UNKNOWN_MEMORY
    most = min(_MOST_PHOTOS, int((_MEMORY_SHARE * memory / _BYTES_A_PAIR) ** 0.5))
    if count <= min(2 * _SAMPLE, most):
        return
    hours = _estimated_seconds(train, seed=seed) * machines / usable_cores() / 3600
    duration = f"{hours:.1f} hours" if hours >= 1 else f"{max(1, round(60 * hours))} minutes"
    if count > most:
        raise UsageError(
            f"An SVM with the kernel '{kernel}' compares each of the {count:,} training photos with each other: that "
            f"takes {_BYTES_A_PAIR * count**2 / 1e9:,.0f} GB of memory, of which this machine has {memory / 1e9:.0f}, "
            f"and about {duration}. Train with up to {most:,} photos (--train-per-class {max(1, most // classes)}), or "
            "choose the kernel whose time and memory only grow with the number of photos (--option kernel=linear)."
        )
    say(
        f"{machines} machines will be solved on {count:,} photos, which takes about {duration} (one was timed on "
        f"{_SAMPLE:,} photos; the time grows with the square of their number). --train-per-class N takes fewer photos, "
        "--option kernel=linear is quick with any number."
    )


def _estimated_seconds(train: tuple[Floats, Labels], *, seed: int) -> float:
    """Return the time of one machine, from one on a sample and the square of the number of images."""
    from sklearn.svm import SVC

    x, labels = train
    chosen = generator(seed, "svm sample").choice(len(labels), min(_SAMPLE, len(labels)), replace=False)
    sample = np.asarray(x[chosen], np.float64)
    squares = np.square(sample).sum(axis=1)
    gamma = 1 / max(float(sample.var(axis=0).sum()), 1e-12)
    similar = kernel_of(sample @ sample.T, squares, squares, Setting(kernel="rbf", c=1.0, gamma=gamma))
    one = labels[chosen] == labels[chosen[0]]
    if one.all():
        return 0.0
    start = time.perf_counter()
    SVC(C=1.0, kernel="precomputed").fit(similar, one)
    return (time.perf_counter() - start) * (len(labels) / len(chosen)) ** 2


def _shared_out(work: Callable[[int], T], labels: Iterable[int]) -> Iterator[T]:
    """Yield the results of ``work`` in order; the solvers leave Python's lock, so that threads share the cores."""
    pool = ThreadPoolExecutor(usable_cores())
    try:
        yield from pool.map(work, labels)
    finally:
        pool.shutdown(cancel_futures=True)
