"""The nonlinear regressions whose answers NIST has certified to eleven digits.

Source:
    National Institute of Standards and Technology, Statistical Reference Datasets, nonlinear regression,
    https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml (public domain). ``nist_strd.json`` holds their numbers.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import Registry, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from learnet.optimizers.records import Matrix, Vector

CERTIFIED_DIGITS = 11


@dataclass(frozen=True, kw_only=True, eq=False)
class CertifiedRegression:
    """Data, a model, and the certified answer of ordinary least squares.

    Attributes:
        name: NIST's.
        level: Of difficulty: "lower" or "higher".
        formula: Of the model, b being the parameters.
        starts: Two starts, the second one nearer, float64 (2, n).
        certified: The parameters, float64 (n,).
        standard_deviations: Of the parameters, float64 (n,).
        sum_of_squares: Of the residuals.
        x: float64 (m,).
        y: float64 (m,).
        model: Takes parameters and x; returns the model's values (m,).
        derivatives: Takes parameters and x; returns the values' derivatives by the parameters, (m, n).
    """

    name: str
    level: str
    formula: str
    starts: Matrix
    certified: Vector
    standard_deviations: Vector
    sum_of_squares: float
    x: Vector
    y: Vector
    model: Callable[[Vector, Vector], Vector]
    derivatives: Callable[[Vector, Vector], Matrix]

    def residual(self, parameters: Vector) -> Vector:
        """Return the model's values less the data, (m,)."""
        with np.errstate(all="ignore"):  # a solver's trial step may leave the model's domain
            return self.model(parameters, self.x) - self.y

    def jacobian(self, parameters: Vector) -> Matrix:
        """Return the residuals' derivatives, (m, n)."""
        with np.errstate(all="ignore"):
            return self.derivatives(parameters, self.x)


def log_relative_error(computed: ArrayLike, certified: ArrayLike, *, digits: float = CERTIFIED_DIGITS) -> Vector:
    """Return how many decimal digits are right: ``-log10(|computed - certified| / |certified|)``.

    Args:
        computed: Any shape.
        certified: The same shape; where it is 0 the error is taken absolutely.
        digits: How many are certified; more are never returned.

    Returns:
        In [0, digits]; 0 for what is not a finite number.

    Source:
        McCullough, Assessing the Reliability of Statistical Software, The American Statistician, 1998.

    Example:
        >>> log_relative_error([1.001, 2.0, 5.0], [1.0, 2.0, 1.0]).round(3).tolist()
        [3.0, 11.0, 0.0]
    """
    right = np.asarray(certified, np.float64)
    error = np.abs(np.asarray(computed, np.float64) - right)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.where(right == 0, error, error / np.abs(right))
        found = -np.log10(relative)
    return np.clip(np.where(np.isfinite(relative), found, 0.0), 0.0, digits)


@functools.cache
def certified_regressions() -> Registry[CertifiedRegression]:
    """Return NIST's certified regressions by name.

    Example:
        >>> certified_regressions()["Misra1a"].formula
        'b1 (1 - exp(-b2 x))'
    """
    text = files("learnet.optimizers").joinpath("nist_strd.json").read_text(encoding="utf-8")
    numbers: dict[str, dict[str, Any]] = json.loads(text)
    if numbers.keys() != _MODELS.keys():
        raise UsageError("nist_strd.json does not hold the regressions that learnet has models for: install it again.")
    return Registry("certified regression", (_record(name, entry) for name, entry in numbers.items()))


def _record(name: str, entry: dict[str, Any]) -> CertifiedRegression:
    formula, model, derivatives = _MODELS[name]
    arrays = {key: np.array(entry[key]) for key in ("starts", "certified", "standard_deviations", "x", "y")}
    return CertifiedRegression(
        name=name,
        level=entry["level"],
        formula=formula,
        sum_of_squares=entry["sum_of_squares"],
        model=model,
        derivatives=derivatives,
        **arrays,
    )


def _columns(*columns: Vector | float) -> Matrix:
    stacked: Matrix = np.stack(np.broadcast_arrays(*columns), axis=-1)
    return stacked


def _growth(b: Vector, x: Vector) -> Vector:
    result: Vector = b[0] * -np.expm1(-b[1] * x)
    return result


def _growth_derivatives(b: Vector, x: Vector) -> Matrix:
    return _columns(-np.expm1(-b[1] * x), b[0] * x * np.exp(-b[1] * x))


def _bennett(b: Vector, x: Vector) -> Vector:
    result: Vector = b[0] * (b[1] + x) ** (-1 / b[2])
    return result


def _bennett_derivatives(b: Vector, x: Vector) -> Matrix:
    base = b[1] + x
    power = base ** (-1 / b[2])
    return _columns(power, -b[0] * power / (b[2] * base), b[0] * power * np.log(base) / b[2] ** 2)


def _chwirut(b: Vector, x: Vector) -> Vector:
    result: Vector = np.exp(-b[0] * x) / (b[1] + b[2] * x)
    return result


def _chwirut_derivatives(b: Vector, x: Vector) -> Matrix:
    value, base = _chwirut(b, x), b[1] + b[2] * x
    return _columns(-x * value, -value / base, -x * value / base)


def _power(b: Vector, x: Vector) -> Vector:
    result: Vector = b[0] * x ** b[1]
    return result


def _power_derivatives(b: Vector, x: Vector) -> Matrix:
    return _columns(x ** b[1], b[0] * x ** b[1] * np.log(x))


def _gauss(b: Vector, x: Vector) -> Vector:
    bells = b[2] * np.exp(-(((x - b[3]) / b[4]) ** 2)) + b[5] * np.exp(-(((x - b[6]) / b[7]) ** 2))
    result: Vector = b[0] * np.exp(-b[1] * x) + bells
    return result


def _gauss_derivatives(b: Vector, x: Vector) -> Matrix:
    decay = np.exp(-b[1] * x)
    columns = [decay, -b[0] * x * decay]
    for height, centre, width in (b[2:5], b[5:8]):
        apart = (x - centre) / width
        bell = np.exp(-(apart**2))
        columns += [bell, 2 * height * bell * apart / width, 2 * height * bell * apart**2 / width]
    return _columns(*columns)


def _mgh09(b: Vector, x: Vector) -> Vector:
    result: Vector = b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3])
    return result


def _mgh09_derivatives(b: Vector, x: Vector) -> Matrix:
    above, below = x**2 + x * b[1], x**2 + x * b[2] + b[3]
    slope = -b[0] * above / below**2
    return _columns(above / below, b[0] * x / below, slope * x, slope)


def _thurber(b: Vector, x: Vector) -> Vector:
    above, below = b[0] + b[1] * x + b[2] * x**2 + b[3] * x**3, 1 + b[4] * x + b[5] * x**2 + b[6] * x**3
    result: Vector = above / below
    return result


def _thurber_derivatives(b: Vector, x: Vector) -> Matrix:
    below = 1 + b[4] * x + b[5] * x**2 + b[6] * x**3
    slope = -_thurber(b, x) / below
    return _columns(1 / below, x / below, x**2 / below, x**3 / below, slope * x, slope * x**2, slope * x**3)


_MODELS = {
    "Bennett5": ("b1 (b2 + x)^(-1 / b3)", _bennett, _bennett_derivatives),
    "BoxBOD": ("b1 (1 - exp(-b2 x))", _growth, _growth_derivatives),
    "Chwirut2": ("exp(-b1 x) / (b2 + b3 x)", _chwirut, _chwirut_derivatives),
    "DanWood": ("b1 x^b2", _power, _power_derivatives),
    "Gauss1": ("b1 exp(-b2 x) + b3 exp(-(x - b4)^2 / b5^2) + b6 exp(-(x - b7)^2 / b8^2)", _gauss, _gauss_derivatives),
    "MGH09": ("b1 (x^2 + x b2) / (x^2 + x b3 + b4)", _mgh09, _mgh09_derivatives),
    "Misra1a": ("b1 (1 - exp(-b2 x))", _growth, _growth_derivatives),
    "Thurber": (
        "(b1 + b2 x + b3 x^2 + b4 x^3) / (1 + b5 x + b6 x^2 + b7 x^3)",
        _thurber,
        _thurber_derivatives,
    ),
}
