"""What a minimisation leaves behind, and when it stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from learnet.core import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]
    Matrix = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Stopping:
    """When to stop; whichever comes first.

    Attributes:
        max_iterations: At least 0.
        gradient_tolerance: Stop when no component of the gradient is larger, at least 0.
        value_tolerance: Stop when an iteration lowers the value by no more than this share of it, at least 0; 0 is off.
        target: Stop when the value is at most this; None is off.

    Raises:
        UsageError: If a value is out of its range.
    """

    max_iterations: int = 200
    gradient_tolerance: float = 1e-6
    value_tolerance: float = 0.0
    target: float | None = None

    def __post_init__(self) -> None:
        for name in ("max_iterations", "gradient_tolerance", "value_tolerance"):
            value = getattr(self, name)
            if not value >= 0:
                raise UsageError(f"The minimisation's {name} must be at least 0; received {value}.")


@dataclass(frozen=True, kw_only=True)
class End:
    """Why an iteration ended.

    Attributes:
        converged: Whether what was asked for was reached.
        reason: A sentence.
    """

    converged: bool
    reason: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Minimum:
    """Where a minimisation ended, and what it cost.

    Attributes:
        method: Its name.
        point: The best that was found, float64 (n,); of a network its trainable weights, one after another.
        value: Of the function, or the loss, there.
        gradient_norm: The largest absolute component of the gradient there.
        iterations: How many.
        function_evaluations: How often the value was computed, alone or together with the gradient; for
            ``"levenberg-marquardt"`` the residuals.
        gradient_evaluations: How often the gradient was computed.
        hessian_evaluations: How often a whole Hessian was computed.
        hessian_products: How often a product of the Hessian and a vector was computed.
        jacobian_evaluations: How often the residuals' Jacobian was computed.
        history: The value at the start and after each iteration, (iterations + 1,).
        converged: Whether a tolerance or the target was reached.
        reason: Of stopping, a sentence.
        path: The points of ``history``, float64 (iterations + 1, n), if they were asked for.
    """

    method: str
    point: Vector
    value: float
    gradient_norm: float
    iterations: int
    function_evaluations: int
    gradient_evaluations: int = 0
    hessian_evaluations: int = 0
    hessian_products: int = 0
    jacobian_evaluations: int = 0
    history: tuple[float, ...]
    converged: bool
    reason: str
    path: Matrix | None = None

    def summary(self) -> dict[str, Any]:
        """Return what is a single number or word as a JSON-like object."""
        left_out = ("point", "history", "path")
        return {name: value for name, value in vars(self).items() if name not in left_out}


@dataclass(frozen=True, kw_only=True, eq=False)
class Fit:
    """Parameters fitted by least squares.

    Attributes:
        method: ``"minpack"`` or ``"normal-equations"``.
        point: The parameters, float64 (n,).
        sum_of_squares: Of the residuals.
        standard_deviations: Of the parameters, float64 (n,), linearised at the solution; None where there are no more
            residuals than parameters, or where the Jacobian's columns depend on each other.
        gradient_norm: The largest absolute component of the gradient of half the sum of squares.
        iterations: Steps taken.
        residual_evaluations: How often the residuals were computed.
        jacobian_evaluations: How often their Jacobian was computed.
        history: The sum of squares at the start and after each step.
        converged: Whether a tolerance was reached.
        reason: Of stopping, a sentence.
    """

    method: str
    point: Vector
    sum_of_squares: float
    standard_deviations: Vector | None
    gradient_norm: float
    iterations: int
    residual_evaluations: int
    jacobian_evaluations: int
    history: tuple[float, ...]
    converged: bool
    reason: str
