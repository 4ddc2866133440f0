"""The table of methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from learnet.core import Registry, UsageError, unknown_name

LineSearch = Literal["none", "backtracking", "exact", "wolfe"]
Solver = Literal["minpack", "normal-equations"]
_MEMORY = 10  # SciPy's number
_LEARNING_RATE = 0.01


@dataclass(frozen=True, kw_only=True)
class MethodOptions:
    """The settings of the methods; what is None has its usual value, and what a method does not know must be None.

    Attributes:
        line_search: ``"none"`` takes steps of fixed length, ``"backtracking"`` halves them until the value falls
            (Armijo), ``"exact"`` goes to the lowest point of the line, ``"wolfe"`` is SciPy's solver with its strong
            Wolfe conditions. Which of them a method has, the usual one first, ``METHODS`` says.
        learning_rate: Of ``"gd"``, the factor of the gradient, greater than 0; usually 0.01.
        damping: Of ``"newton"``, at least 0, relative to the Hessian's mean absolute diagonal and raised until the
            direction leads downhill. 0 is Newton's pure step, which is drawn to saddle points as much as to minima.
        memory: Of ``"l-bfgs"``, pairs of steps and gradients, at least 1; usually 10.
        solver: Of ``"levenberg-marquardt"``: ``"minpack"`` factorises the Jacobian, ``"normal-equations"`` sums up its
            square batch by batch.

    Raises:
        UsageError: If a value is out of its range or a name is unknown.
    """

    line_search: LineSearch | None = None
    learning_rate: float | None = None
    damping: float | None = None
    memory: int | None = None
    solver: Solver | None = None

    def __post_init__(self) -> None:
        if self.line_search is not None and self.line_search not in get_args(LineSearch):
            raise unknown_name("line search", self.line_search, get_args(LineSearch))
        if self.solver is not None and self.solver not in get_args(Solver):
            raise unknown_name("least-squares solver", self.solver, get_args(Solver))
        if self.learning_rate is not None and not self.learning_rate > 0:
            raise UsageError(f"The learning rate must be greater than 0; received {self.learning_rate}.")
        if self.damping is not None and not self.damping >= 0:
            raise UsageError(f"Newton's damping must be at least 0; received {self.damping}.")
        if self.memory is not None and self.memory < 1:
            raise UsageError(f"L-BFGS must keep at least 1 pair; received memory={self.memory}.")


USUAL = MethodOptions()


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


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A method and its settings, none of them None.

    Attributes:
        method: The method.
        line_search: One of the method's own.
        learning_rate: See ``MethodOptions``, as the others.
        damping: The same.
        memory: The same.
        solver: The same; only this one may be None, for the size of the problem decides.
    """

    method: Method
    line_search: LineSearch
    learning_rate: float
    damping: float
    memory: int
    solver: Solver | None


def choose(name: str, options: MethodOptions, *, usual: MethodOptions = USUAL) -> Choice:
    """Return a method with its settings.

    Args:
        name: The method's.
        options: What was asked for.
        usual: The line search and damping that stand for None, where they are not as for all.

    Raises:
        UsageError: If there is no such method, or it has no such setting.
    """
    method = METHODS[name]
    for option in ("learning_rate", "damping", "memory", "solver"):
        if getattr(options, option) is not None and option not in method.options:
            owners = ", ".join(other.name for other in METHODS if option in other.options)
            raise UsageError(f"The method '{method.name}' has no {option}: it is an option of {owners}. Leave it out.")
    damping = usual.damping if options.damping is None else options.damping
    chosen = Choice(
        method=method,
        line_search=options.line_search or usual.line_search or method.line_searches[0],
        learning_rate=options.learning_rate or _LEARNING_RATE,
        damping=damping or 0.0,
        memory=options.memory or _MEMORY,
        solver=options.solver,
    )
    if chosen.line_search not in method.line_searches:
        raise UsageError(
            f"The method '{method.name}' has no line search '{chosen.line_search}'. "
            f"Choose one of: {', '.join(method.line_searches)}."
        )
    return chosen
