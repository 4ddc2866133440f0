"""The functions on which minimisers have been tried since the 1960s, with their first and second derivatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from learnet.optimizers.records import Matrix, Vector

    Point = tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class BenchmarkFunction:
    """A function with a known minimum.

    Attributes:
        name: By which it is asked for.
        start: The usual one, (n,).
        minimum: The lowest value.
        minimizers: Where it is taken on, to the digits of float64.
        local_minimizers: Points lower than all around them, but not the lowest.
        value: Takes ``(n,)``, or ``(n, ...)`` for many points at once, e.g. a grid.
        gradient: Takes and returns ``(n,)``.
        hessian: Takes ``(n,)`` and returns ``(n, n)``.
        residual: Where the function is a sum of squares: their roots, ``(m,)``.
        jacobian: The residuals' derivatives, ``(m, n)``.
        source: Where it was published.
    """

    name: str
    start: Point
    minimum: float
    minimizers: tuple[Point, ...]
    local_minimizers: tuple[Point, ...] = ()
    value: Callable[[Vector], float]
    gradient: Callable[[Vector], Vector]
    hessian: Callable[[Vector], Matrix]
    residual: Callable[[Vector], Vector] | None = None
    jacobian: Callable[[Vector], Matrix] | None = None
    source: str


def _sum_of_squares(
    name: str,
    *,
    start: Point,
    minimizers: tuple[Point, ...],
    local_minimizers: tuple[Point, ...] = (),
    residual: Callable[[Vector], list[float]],
    jacobian: Callable[[Vector], list[list[float]]],
    curvature: Callable[[Vector], list[list[list[float]]]],
    source: str,
) -> BenchmarkFunction:
    """Return the record of ``sum(residual**2)``; ``curvature`` is the residuals' Hessians ``(m, n, n)``."""

    def residuals(point: Vector) -> Vector:
        return np.array(residual(point))

    def slopes(point: Vector) -> Matrix:
        return np.array(jacobian(point))

    def value(point: Vector) -> float:
        total: float = np.square(residuals(point)).sum(axis=0)
        return total

    def gradient(point: Vector) -> Vector:
        return 2 * residuals(point) @ slopes(point)

    def hessian(point: Vector) -> Matrix:
        first, second = slopes(point), np.array(curvature(point))
        result: Matrix = 2 * (first.T @ first + np.tensordot(residuals(point), second, axes=1))
        return result

    return BenchmarkFunction(
        name=name,
        start=start,
        minimum=0.0,
        minimizers=minimizers,
        local_minimizers=local_minimizers,
        value=value,
        gradient=gradient,
        hessian=hessian,
        residual=residuals,
        jacobian=slopes,
        source=source,
    )


_ROSENBROCK = _sum_of_squares(
    "rosenbrock",
    start=(-1.2, 1.0),
    minimizers=((1.0, 1.0),),
    residual=lambda v: [10 * (v[1] - v[0] ** 2), 1 - v[0]],
    jacobian=lambda v: [[-20 * v[0], 10], [-1, 0]],
    curvature=lambda _: [[[-20, 0], [0, 0]], [[0, 0], [0, 0]]],
    source="Rosenbrock, 1960",
)

_BEALE = _sum_of_squares(
    "beale",
    start=(1.0, 1.0),
    minimizers=((3.0, 0.5),),
    residual=lambda v: [c - v[0] * (1 - v[1] ** i) for i, c in enumerate((1.5, 2.25, 2.625), start=1)],
    jacobian=lambda v: [[v[1] ** i - 1, v[0] * i * v[1] ** (i - 1)] for i in (1, 2, 3)],
    curvature=lambda v: [
        [[0, i * v[1] ** (i - 1)], [i * v[1] ** (i - 1), v[0] * i * (i - 1) * v[1] ** max(i - 2, 0)]] for i in (1, 2, 3)
    ],
    source="Beale, 1958",
)


def _powell_curvature(_: Vector) -> list[list[list[float]]]:
    matrices = np.zeros((4, 4, 4))
    matrices[2, 1:3, 1:3] = [[2, -4], [-4, 8]]
    matrices[3][np.ix_([0, 3], [0, 3])] = 2 * np.sqrt(10) * np.array([[1, -1], [-1, 1]])
    return matrices.tolist()


def _powell_jacobian(v: Vector) -> list[list[float]]:
    inner, outer = 2 * (v[1] - 2 * v[2]), 2 * np.sqrt(10) * (v[0] - v[3])
    return [[1, 10, 0, 0], [0, 0, np.sqrt(5), -np.sqrt(5)], [0, inner, -2 * inner, 0], [outer, 0, 0, -outer]]


_POWELL = _sum_of_squares(
    "powell-singular",
    start=(3.0, -1.0, 0.0, 1.0),
    minimizers=((0.0, 0.0, 0.0, 0.0),),
    residual=lambda v: [
        v[0] + 10 * v[1],
        np.sqrt(5) * (v[2] - v[3]),
        (v[1] - 2 * v[2]) ** 2,
        np.sqrt(10) * (v[0] - v[3]) ** 2,
    ],
    jacobian=_powell_jacobian,
    curvature=_powell_curvature,
    source="Powell, 1962",
)


def _wood_curvature(_: Vector) -> list[list[list[float]]]:
    matrices = np.zeros((6, 4, 4))
    matrices[0, 0, 0], matrices[2, 2, 2] = -20, -2 * np.sqrt(90)
    return matrices.tolist()


_WOOD = _sum_of_squares(
    "wood",
    start=(-3.0, -1.0, -3.0, -1.0),
    minimizers=((1.0, 1.0, 1.0, 1.0),),
    residual=lambda v: [
        10 * (v[1] - v[0] ** 2),
        1 - v[0],
        np.sqrt(90) * (v[3] - v[2] ** 2),
        1 - v[2],
        np.sqrt(10) * (v[1] + v[3] - 2),
        (v[1] - v[3]) / np.sqrt(10),
    ],
    jacobian=lambda v: [
        [-20 * v[0], 10, 0, 0],
        [-1, 0, 0, 0],
        [0, 0, -2 * np.sqrt(90) * v[2], np.sqrt(90)],
        [0, 0, -1, 0],
        [0, np.sqrt(10), 0, np.sqrt(10)],
        [0, 1 / np.sqrt(10), 0, -1 / np.sqrt(10)],
    ],
    curvature=_wood_curvature,
    source="Colville, 1968; More, Garbow and Hillstrom, 1981",
)


def _turns(x: Vector, y: Vector) -> Vector:
    """Return the angle in turns, in [-1/4, 3/4): the cut is the negative second axis."""
    turns: Vector = np.arctan2(y, x) / (2 * np.pi) + np.where((x < 0) & (y < 0), 1.0, 0.0)
    return turns


def _helical_jacobian(v: Vector) -> list[list[float]]:
    x, y, _ = v
    square = x**2 + y**2
    radius, turn = np.sqrt(square), 100 / (2 * np.pi * square)
    return [[turn * y, -turn * x, 10], [10 * x / radius, 10 * y / radius, 0], [0, 0, 1]]


def _helical_curvature(v: Vector) -> list[list[list[float]]]:
    x, y, _ = v
    square = x**2 + y**2
    turn, radius = 100 / (2 * np.pi * square**2), 10 / square**1.5
    return [
        [[-turn * 2 * x * y, turn * (x**2 - y**2), 0], [turn * (x**2 - y**2), turn * 2 * x * y, 0], [0, 0, 0]],
        [[radius * y**2, -radius * x * y, 0], [-radius * x * y, radius * x**2, 0], [0, 0, 0]],
        [[0, 0, 0], [0, 0, 0], [0, 0, 0]],
    ]


_HELICAL = _sum_of_squares(
    "helical-valley",
    start=(-1.0, 0.0, 0.0),
    minimizers=((1.0, 0.0, 0.0),),
    residual=lambda v: [10 * (v[2] - 10 * _turns(v[0], v[1])), 10 * (np.hypot(v[0], v[1]) - 1), v[2]],
    jacobian=_helical_jacobian,
    curvature=_helical_curvature,
    source="Fletcher and Powell, 1963",
)

_FREUDENSTEIN_ROTH = _sum_of_squares(
    "freudenstein-roth",
    start=(0.5, -2.0),
    minimizers=((5.0, 4.0),),
    local_minimizers=((11.412778986902932, -0.8968052532744766),),
    residual=lambda v: [-13 + v[0] + ((5 - v[1]) * v[1] - 2) * v[1], -29 + v[0] + ((v[1] + 1) * v[1] - 14) * v[1]],
    jacobian=lambda v: [[1, (10 - 3 * v[1]) * v[1] - 2], [1, (3 * v[1] + 2) * v[1] - 14]],
    curvature=lambda v: [[[0, 0], [0, 10 - 6 * v[1]]], [[0, 0], [0, 6 * v[1] + 2]]],
    source="Freudenstein and Roth, 1963",
)

_HIMMELBLAU = _sum_of_squares(
    "himmelblau",
    start=(1.0, 1.0),
    minimizers=(
        (3.0, 2.0),
        (-2.805118086952745, 3.131312518250573),
        (-3.779310253377747, -3.283185991286170),
        (3.584428340330492, -1.848126526964404),
    ),
    residual=lambda v: [v[0] ** 2 + v[1] - 11, v[0] + v[1] ** 2 - 7],
    jacobian=lambda v: [[2 * v[0], 1], [1, 2 * v[1]]],
    curvature=lambda _: [[[2, 0], [0, 0]], [[0, 0], [0, 2]]],
    source="Himmelblau, 1972",
)

_BROWN = _sum_of_squares(
    "brown-badly-scaled",
    start=(1.0, 1.0),
    minimizers=((1e6, 2e-6),),
    residual=lambda v: [v[0] - 1e6, v[1] - 2e-6, v[0] * v[1] - 2],
    jacobian=lambda v: [[1, 0], [0, 1], [v[1], v[0]]],
    curvature=lambda _: [[[0, 0], [0, 0]], [[0, 0], [0, 0]], [[0, 1], [1, 0]]],
    source="More, Garbow and Hillstrom, 1981",
)


def _goldstein_price(v: Vector) -> float:
    x, y = v
    first = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    second = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    product: float = first * second
    return product


def _goldstein_price_factors(v: Vector) -> list[tuple[float, Vector, Matrix]]:
    """Return value, gradient and Hessian of the two factors ``constant + linear**2 * quadratic``."""
    x, y = v
    first = _squared_times(
        1.0,
        (x + y + 1, np.array([1.0, 1.0])),
        19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2,
        np.array([-14 + 6 * x + 6 * y, -14 + 6 * x + 6 * y]),
        np.array([[6.0, 6.0], [6.0, 6.0]]),
    )
    second = _squared_times(
        30.0,
        (2 * x - 3 * y, np.array([2.0, -3.0])),
        18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2,
        np.array([-32 + 24 * x - 36 * y, 48 - 36 * x + 54 * y]),
        np.array([[24.0, -36.0], [-36.0, 54.0]]),
    )
    return [first, second]


def _squared_times(
    constant: float, linear: tuple[float, Vector], value: float, gradient: Vector, hessian: Matrix
) -> tuple[float, Vector, Matrix]:
    s, a = linear
    crossed = np.outer(a, gradient)
    slope = 2 * s * value * a + s**2 * gradient
    curve = 2 * value * np.outer(a, a) + 2 * s * (crossed + crossed.T) + s**2 * hessian
    return constant + s**2 * value, slope, curve


def _goldstein_price_gradient(v: Vector) -> Vector:
    (a, first, _), (b, second, _) = _goldstein_price_factors(v)
    return b * first + a * second


def _goldstein_price_hessian(v: Vector) -> Matrix:
    (a, first, curve), (b, second, other) = _goldstein_price_factors(v)
    crossed = np.outer(first, second)
    return b * curve + a * other + crossed + crossed.T


_GOLDSTEIN_PRICE = BenchmarkFunction(
    name="goldstein-price",
    start=(0.5, -0.5),
    minimum=3.0,
    minimizers=((0.0, -1.0),),
    local_minimizers=((-0.6, -0.4), (1.8, 0.2), (1.2, 0.8)),
    value=_goldstein_price,
    gradient=_goldstein_price_gradient,
    hessian=_goldstein_price_hessian,
    source="Goldstein and Price, 1971",
)

TEST_FUNCTIONS: Registry[BenchmarkFunction] = Registry(
    "test function",
    (
        _ROSENBROCK,
        _BEALE,
        _POWELL,
        _WOOD,
        _HELICAL,
        _FREUDENSTEIN_ROTH,
        _HIMMELBLAU,
        _GOLDSTEIN_PRICE,
        _BROWN,
    ),
)
