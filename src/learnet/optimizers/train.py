"""Full-batch training of Keras models by second-order methods."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import DataError, UsageError
from learnet.core import keras as import_keras
from learnet.optimizers.least_squares import solve
from learnet.optimizers.methods import METHODS, USUAL, MethodOptions, choose
from learnet.optimizers.minimize import minimum, run
from learnet.optimizers.network import NetworkLoss, NetworkResiduals, Weights
from learnet.optimizers.records import Stopping
from learnet.optimizers.squares import CountedSquares
from learnet.optimizers.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import keras
    from numpy.typing import NDArray

    from learnet.optimizers.methods import Method, Solver
    from learnet.optimizers.records import Minimum
    from learnet.optimizers.watch import Iteration

_NEWTON = MethodOptions(line_search="backtracking", damping=1e-3)  # a network has more saddle points than minima
_MINPACK_NUMBERS = 4_000_000  # the largest Jacobian that is factorised; above it the normal equations are faster
# Weights from which on what a method does to a square matrix is shared out among cores: factorising one, or, by BFGS,
# multiplying two in each iteration.
_FACTORISATION, _PRODUCT = 1_000, 400
_EVALUATIONS = 2**31 - 1
_LM_TOLERANCE = 1e-12


def minimize(
    model: keras.Model,
    x: Any,
    y: Any,
    *,
    method: str = "l-bfgs",
    loss: str | Callable[[Any, Any], Any] = "mean_squared_error",
    max_iterations: int = 200,
    gradient_tolerance: float = 1e-5,
    value_tolerance: float = 0.0,
    target: float | None = None,
    batch_size: int | None = None,
    options: MethodOptions = USUAL,
    keep_path: bool = False,
    on_iteration: Callable[[Iteration], None] | None = None,
) -> Minimum:
    """Train a Keras model on all examples at once, and give it the weights that were found.

    The model computes as it predicts: dropout is off, and batch normalisation uses its moving statistics. Regularisers
    are part of the loss. Nothing is random but the weights that the model begins with. Second-order methods go on where
    float32 ends, at a relative change of about 1e-7; a model that was built in float64 (``keras.config.set_floatx``)
    can be trained further.

    Args:
        model: Any Keras model with one output; interrupted, it keeps the weights it had.
        x: Examples, an array (n, ...) or, for several inputs, a list or dictionary of arrays.
        y: What they should give, (n, ...), as the loss expects it.
        method: A name of ``METHODS``.
        loss: Keras' name of a loss, a ``keras.losses.Loss``, or a function of ``(y, answers)`` that returns a loss for
            each example; the mean is minimised. ``"levenberg-marquardt"`` knows the mean squared error only.
        max_iterations: At most so many.
        gradient_tolerance: Stop when no component of the gradient is larger.
        value_tolerance: Stop when an iteration lowers the loss by no more than this share of it; 0 is off.
        target: Stop when the loss is at most this.
        batch_size: Examples that are computed at once, to save memory; the result does not depend on it.
        options: Of the method: line search, learning rate, damping, memory, solver. For ``"newton"`` the usual line
            search is here ``"backtracking"``, and the usual damping 1e-3; Levenberg and Marquardt's usual solver is
            MINPACK where the Jacobian has at most 4 million numbers.
        keep_path: Keep the weights of each iteration.
        on_iteration: Told each iteration, the start first.

    Returns:
        Where it ended, and what it cost. ``value`` is the mean loss, regularisers included.

    Raises:
        MissingDependencyError: If Keras does not run on TensorFlow.
        UsageError: If the method or loss is unknown, or a setting is not one of the method's own or out of its range.
        DataError: If examples and what they should give do not match.

    Example:
        >>> from learnet.core import keras
        >>> layers = keras().layers
        >>> model = keras().Sequential([layers.Input((1,)), layers.Dense(1)])
        >>> x = np.array([[0.0], [1.0], [2.0]], "float32")
        >>> found = minimize(model, x, 3 * x - 1, method="bfgs")
        >>> found.converged, model.get_weights()[0].round(3).tolist(), model.get_weights()[1].round(3).tolist()
        (True, [[3.0]], [-1.0])
    """
    choice = choose(method, options, usual=_NEWTON if METHODS[method].name == "newton" else USUAL)
    x, y = _arrays(x), np.asarray(y)
    _check_examples(x, y, batch_size=batch_size)
    stopping = Stopping(
        max_iterations=max_iterations,
        gradient_tolerance=gradient_tolerance,
        value_tolerance=value_tolerance,
        target=target,
    )
    watch = Watch(stopping, keep_path=keep_path, on_iteration=on_iteration)
    weights = Weights(model, x)
    jacobian = choice.method.needs == "jacobian"
    if jacobian:
        _check_squares(model, loss)
    with _fitting_blas(weights.size, choice.method):
        if jacobian:
            found = _levenberg_marquardt(weights, x, y, batch_size=batch_size, solver=choice.solver, watch=watch)
        else:
            objective = NetworkLoss(weights, x, y, loss=_per_example(loss), batch_size=batch_size)
            found = run(objective, weights.get(), choice=choice, watch=watch)
    weights.set(found.point)
    return found


def _fitting_blas(size: int, method: Method) -> AbstractContextManager[Any]:
    """Return the context in which NumPy's and SciPy's products are shared out among threads only if it pays.

    TensorFlow has its own threads; beside them, waiting for each other costs L-BFGS ten times what the products cost.
    """
    factorises = method.needs in {"jacobian", "hessian"}
    if (factorises and size > _FACTORISATION) or (method.name == "bfgs" and size > _PRODUCT):
        return nullcontext()
    import scipy.linalg  # noqa: F401 (brings a BLAS of its own, which must be there to be limited)
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it has no stubs

    limits: AbstractContextManager[Any] = threadpool_limits(1, user_api="blas")
    return limits


def _levenberg_marquardt(
    weights: Weights, x: Any, y: Any, *, batch_size: int | None, solver: Solver | None, watch: Watch
) -> Minimum:
    if solver is None:
        solver = "minpack" if weights.size <= y.size <= _MINPACK_NUMBERS / weights.size else "normal-equations"
    if solver == "minpack" and y.size < weights.size:
        raise UsageError(
            f"MINPACK needs at least as many answers as weights; there are {y.size} and {weights.size}. Leave 'solver' "
            "out, or choose 'normal-equations'."
        )
    problem = CountedSquares(NetworkResiduals(weights, x, y, batch_size=batch_size), most=_EVALUATIONS)
    solve(problem, weights.get(), solver=solver, tolerance=_LM_TOLERANCE, watch=watch)
    return minimum(watch, method="levenberg-marquardt", functions=problem.residuals, jacobians=problem.jacobians)


def _per_example(loss: str | Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a function of ``(y, answers)`` whose mean is the loss.

    Raises:
        UsageError: If Keras does not know the loss, or it is not a mean.
    """
    keras = import_keras()
    if isinstance(loss, str):
        try:
            loss = keras.losses.get(loss)
        except ValueError:
            raise UsageError(
                f"Keras knows no loss named '{loss}'. Try mean_squared_error, binary_crossentropy, "
                "categorical_crossentropy or sparse_categorical_crossentropy."
            ) from None
    if isinstance(loss, keras.losses.Loss):
        if loss.reduction not in ("sum_over_batch_size", "mean"):
            raise UsageError(f"The loss must be a mean over the examples; this one's reduction is '{loss.reduction}'.")
        return loss.call  # type: ignore[no-any-return]  # Keras is not typed; called by itself it would go to float32
    if not callable(loss):
        raise UsageError(f"The loss must be Keras' name of one, a Keras loss, or a function; received {loss!r}.")
    return loss


def _check_examples(x: Any, y: NDArray[Any], *, batch_size: int | None) -> None:
    if batch_size is not None and batch_size < 1:
        raise UsageError(f"The batch size must be at least 1; received {batch_size}.")
    counts = {len(part) for part in (x.values() if isinstance(x, dict) else x if isinstance(x, list) else [x])}
    if counts != {len(y)} or len(y) == 0:
        raise DataError(
            f"Training needs at least one example, and an answer for each; received {sorted(counts)} examples and "
            f"{len(y)} answers."
        )


def _check_squares(model: keras.Model, loss: Any) -> None:
    name = loss if isinstance(loss, str) else getattr(loss, "name", getattr(loss, "__name__", repr(loss)))
    if str(name).replace("_", "").lower() not in ("meansquarederror", "mse"):
        raise UsageError(f"Levenberg and Marquardt's method minimises the mean squared error, not '{name}'.")
    if model.losses:
        raise UsageError(
            "Levenberg and Marquardt's method minimises the mean squared error alone, and this model has regularisers. "
            "Remove them, or choose another method."
        )


def _arrays(x: Any) -> Any:
    if isinstance(x, dict):
        return {name: np.asarray(part) for name, part in x.items()}
    return [np.asarray(part) for part in x] if isinstance(x, list | tuple) else np.asarray(x)
