"""The support vectors of a two-class problem, and whether they are the optimum of the dual problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import UsageError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class SupportVectors:
    """The solution of a dual problem over ``n`` examples.

    Attributes:
        multipliers: Of each example, in [0, bound], ``(n,)``; 0 for all that are no support vectors.
        signs: Class of each example, ±1 ``(n,)``.
        bias: Of the decision function.
        bound: The largest multiplier, ``C``.
        objective: ``sum of a - 1/2 sum of a_i a_j y_i y_j K_ij``, which is as large as can be.
        gap: By how much the optimality conditions are broken; 0 or less at the optimum.
    """

    multipliers: NDArray[np.float64]
    signs: NDArray[np.float64]
    bias: float
    bound: float
    objective: float
    gap: float

    @property
    def indices(self) -> NDArray[np.int64]:
        """Which examples are support vectors, int ``(m,)``."""
        return np.flatnonzero(self.multipliers)

    @property
    def outside(self) -> NDArray[np.int64]:
        """Which support vectors are at the bound: within the margin or on the wrong side of it."""
        return np.flatnonzero(self.multipliers >= self.bound * (1 - 1e-9))

    def decide(self, gram: ArrayLike) -> NDArray[np.float64]:
        """Return the decision function, positive for class 1, for the kernel ``(m, n)`` of new and old examples."""
        return np.asarray(np.asarray(gram) @ (self.multipliers * self.signs) + self.bias)


def support_vectors(
    gram: ArrayLike, signs: ArrayLike, *, bound: float = 1.0, tolerance: float = 1e-3
) -> SupportVectors:
    """Find the support vectors by libsvm's sequential minimal optimisation.

    Args:
        gram: Kernel of each pair of examples, ``(n, n)``; ``x @ x.T`` for a linear one.
        signs: Class of each example, ±1 ``(n,)``; both occur.
        bound: ``C``, what a violation of the margin costs; greater than 0.
        tolerance: The gap at which the solver stops; greater than 0.

    Raises:
        UsageError: If the shapes do not fit each other, a class is missing, or a number is out of its range.

    Source:
        Cortes and Vapnik, Support-Vector Networks, Machine Learning 20, 1995; Fan, Chen and Lin, Working Set Selection
        Using Second Order Information for Training Support Vector Machines, 2005.

    Example:
        >>> x = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]])
        >>> found = support_vectors(polynomial_kernel(x, x, degree=2), [-1, 1, 1, -1], bound=100, tolerance=1e-9)
        >>> found.multipliers.tolist()
        [0.125, 0.125, 0.125, 0.125]
    """
    from sklearn.svm import SVC

    kernel, sides = np.asarray(gram, dtype=np.float64), np.asarray(signs, dtype=np.float64)
    if kernel.shape != (len(sides), len(sides)) or set(np.unique(sides)) != {-1.0, 1.0}:
        raise UsageError(
            "Support vectors are found from a kernel (n, n) and signs (n,) of both -1 and 1; received the shapes "
            f"{kernel.shape} and {sides.shape}."
        )
    if not (bound > 0 and tolerance > 0):
        raise UsageError(f"Bound and tolerance must be greater than 0; received {bound} and {tolerance}.")
    machine = SVC(C=bound, kernel="precomputed", tol=tolerance).fit(kernel, sides)
    multipliers = np.zeros(len(sides))
    multipliers[machine.support_] = np.abs(machine.dual_coef_[0])
    return SupportVectors(
        multipliers=multipliers,
        signs=sides,
        bias=float(machine.intercept_[0]),
        bound=bound,
        objective=dual_objective(multipliers, sides, kernel),
        gap=kkt_gap(multipliers, sides, kernel, bound=bound),
    )


def dual_objective(multipliers: NDArray[np.float64], signs: NDArray[np.float64], gram: NDArray[np.float64]) -> float:
    """Return ``sum of a - 1/2 sum of a_i a_j y_i y_j K_ij`` of multipliers ``(n,)`` and a kernel ``(n, n)``."""
    signed = multipliers * signs
    return float(multipliers.sum() - 0.5 * signed @ gram @ signed)


def kkt_gap(
    multipliers: NDArray[np.float64], signs: NDArray[np.float64], gram: NDArray[np.float64], *, bound: float
) -> float:
    """Return by how much the most violating pair breaks the optimality conditions; 0 or less at the optimum.

    Args:
        multipliers: In [0, bound], ``(n,)``.
        signs: Classes, ±1 ``(n,)``.
        gram: Kernel of each pair of examples, ``(n, n)``.
        bound: The largest multiplier, ``C``.

    Source:
        Keerthi et al., Improvements to Platt's SMO Algorithm, 2001; Fan, Chen and Lin, 2005, equation 6.
    """
    slopes = signs - gram @ (multipliers * signs)
    near = 1e-12 * bound
    below, above = multipliers < bound - near, multipliers > near
    up = np.where(signs > 0, below, above)
    down = np.where(signs > 0, above, below)
    return float(slopes[up].max() - slopes[down].min())


def polynomial_kernel(u: ArrayLike, v: ArrayLike, *, degree: int, scale: float = 1.0) -> NDArray[np.float64]:
    """Return ``(scale u.v + 1)^degree`` for each pair of rows, ``(len(u), len(v))``.

    Example:
        >>> polynomial_kernel([[1.0, 2.0]], [[3.0, 0.0], [0.0, 1.0]], degree=2).tolist()
        [[16.0, 9.0]]
    """
    left, right = np.asarray(u, dtype=np.float64), np.asarray(v, dtype=np.float64)
    return np.asarray((scale * (left @ right.T) + 1) ** degree)
