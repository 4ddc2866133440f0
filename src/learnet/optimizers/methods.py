"""The table of methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from learnet.core import Registry

LineSearch = Literal["none", "backtracking", "exact", "wolfe"]


@dataclass(frozen=True, kw_only=True)
class Method:
    """A method of minimisation.

    Attributes:
        name: By which it is asked for.
        title: In words.
        needs: What it uses beside the value: "gradient", "hessian", "hessian product" or "jacobian".
        line_searches: Those that it can be used with, the usual one first. "wolfe" is SciPy's own solver.
        solver: SciPy's name of it; empty if it is learnet's.
        options: The names of the options that are its own.
        source: Where it was published.
    """

    name: str
    title: str
    needs: str
    line_searches: tuple[LineSearch, ...]
    solver: str = ""
    options: tuple[str, ...] = ()
    source: str


METHODS: Registry[Method] = Registry(
    "method",
    (
        Method(
            name="gd",
            title="gradient descent",
            needs="gradient",
            line_searches=("none", "backtracking", "exact"),
            options=("learning_rate",),
            source="Cauchy, 1847",
        ),
        Method(
            name="newton",
            title="Newton's method",
            needs="hessian",
            line_searches=("none", "backtracking", "exact"),
            options=("damping",),
            source="Nocedal and Wright, Numerical Optimization, 2006, chapter 3",
        ),
        Method(
            name="newton-cg",
            title="truncated Newton: the Newton step by conjugate gradients",
            needs="hessian product",
            line_searches=("wolfe",),
            solver="Newton-CG",
            source="Dembo and Steihaug, 1983",
        ),
        Method(
            name="cg",
            title="conjugate gradients (Polak and Ribiere)",
            needs="gradient",
            line_searches=("wolfe", "exact"),
            solver="CG",
            source="Fletcher and Reeves, 1964; Polak and Ribiere, 1969",
        ),
        Method(
            name="bfgs",
            title="quasi-Newton (Broyden, Fletcher, Goldfarb, Shanno)",
            needs="gradient",
            line_searches=("wolfe", "exact"),
            solver="BFGS",
            source="Broyden, Fletcher, Goldfarb, Shanno, 1970",
        ),
        Method(
            name="l-bfgs",
            title="quasi-Newton with limited memory",
            needs="gradient",
            line_searches=("wolfe", "exact"),
            solver="L-BFGS-B",
            options=("memory",),
            source="Nocedal, 1980; Byrd, Lu, Nocedal and Zhu, 1995",
        ),
        Method(
            name="levenberg-marquardt",
            title="damped Gauss-Newton for sums of squares",
            needs="jacobian",
            line_searches=("none",),
            options=("solver",),
            source="Levenberg, 1944; Marquardt, 1963; More, 1978",
        ),
    ),
    aliases={"lm": "levenberg-marquardt", "gradient-descent": "gd", "l-bfgs-b": "l-bfgs"},
)
