"""Full-batch training: learnet against SciPy called by hand, and against scikit-learn.

    python benchmarks/optimizers.py [--rounds 3] [--blas-threads 1]

Two problems: a regression by a multi-layer perceptron, and logistic regression on scikit-learn's digits. Claim, a ratio
of the medians of alternating runs in one process: from the same weights to the same loss, ``minimize`` takes at most
1.2 times as long as SciPy's solver called by hand with the same gradients, which come from a TensorFlow graph that is
written for the purpose. Levenberg and Marquardt's method by hand is MINPACK with learnet's Jacobians. The seconds
contain the building of the graphs, which each side does once a run; "iterating" is what comes after the first
evaluation. scikit-learn is given the smallest number of iterations that reaches the loss.

On a busy machine most of the difference is BLAS: its threads wait for each other in products of short vectors, and
``minimize`` lets it use one. ``--blas-threads 1`` gives that to all sides.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
import time
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.optimize
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPRegressor
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # it has no stubs

from learnet.core import generator, probe
from learnet.core import keras as import_keras
from learnet.optimizers import MethodOptions, minimize
from learnet.optimizers.network import NetworkResiduals, Weights

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = np.ndarray[Any, Any]

SOLVERS = {"newton-cg": "Newton-CG", "cg": "CG", "bfgs": "BFGS", "l-bfgs": "L-BFGS-B"}
METHODS = ("newton", *SOLVERS, "levenberg-marquardt")
HIDDEN, PENALTY = 24, 1e-3  # units of the perceptron; strength of the logistic regression's regulariser
MOST_ITERATIONS = 2_000


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is learnt, by which network, to which loss."""

    name: str
    x: Array
    y: Array
    build: Callable[[], Any]
    loss: Any
    target: float


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run took; ``processor`` is the seconds of all cores, in which a busy machine shows less."""

    seconds: float
    iterating: float
    processor: float
    loss: float
    iterations: int
    evaluations: str


def perceptron_problem() -> Problem:
    random = generator(0, "benchmark")
    x = random.uniform(-1, 1, (1_000, 5)).astype("float32")
    y = (np.sin(3 * x[:, :1]) + x[:, 1:2] * x[:, 2:3] + 0.5 * x[:, 3:4] ** 2).astype("float32")

    def build() -> Any:
        keras = import_keras()
        keras.utils.set_random_seed(0)
        layers = keras.layers
        return keras.Sequential([layers.Input((5,)), layers.Dense(HIDDEN, activation="tanh"), layers.Dense(1)])

    return Problem(name="MLP regression", x=x, y=y, build=build, loss="mean_squared_error", target=2e-3)


def logistic_problem() -> Problem:
    digits = load_digits()
    x, y = (digits.data / 16).astype("float32"), digits.target
    keras = import_keras()

    def build() -> Any:
        layers, penalty = keras.layers, keras.regularizers.L2(PENALTY / 2)
        dense = layers.Dense(10, kernel_initializer="zeros", kernel_regularizer=penalty)
        return keras.Sequential([layers.Input((64,)), dense])

    best = logistic(x, y, "lbfgs", iterations=10_000)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return Problem(
        name="logistic regression on digits", x=x, y=y, build=build, loss=loss, target=best.loss * (1 + 1e-4)
    )


def learnet_side(problem: Problem, method: str, **options: Any) -> Run:
    model, moments = problem.build(), []
    begin, used = time.perf_counter(), time.process_time()
    found = minimize(
        model,
        problem.x,
        problem.y,
        method=method,
        loss=problem.loss,
        target=problem.target,
        gradient_tolerance=0.0,
        max_iterations=MOST_ITERATIONS,
        options=MethodOptions(**options),
        on_iteration=lambda _: moments.append(time.perf_counter()),
    )
    end = time.perf_counter()
    counts = {
        "f": found.function_evaluations,
        "g": found.gradient_evaluations,
        "H": found.hessian_evaluations,
        "Hv": found.hessian_products,
        "J": found.jacobian_evaluations,
    }
    return Run(
        seconds=end - begin,
        iterating=end - moments[0],
        processor=time.process_time() - used,
        loss=found.value,
        iterations=found.iterations,
        evaluations=", ".join(f"{count} {name}" for name, count in counts.items() if count),
    )


class ByHand:
    """Loss, gradient and Hessian products of a Keras model as one writes them down for SciPy."""

    def __init__(self, problem: Problem) -> None:
        import tensorflow as tf

        self.model = problem.build()
        self.variables = [variable.value for variable in self.model.trainable_variables]
        self.sizes = [int(np.prod(variable.shape)) for variable in self.variables]
        x, y = tf.constant(problem.x), tf.constant(problem.y)
        loss = import_keras().losses.get(problem.loss)

        def assign(flat: Any) -> None:
            for variable, part in zip(self.variables, tf.split(tf.cast(flat, "float32"), self.sizes), strict=True):
                variable.assign(tf.reshape(part, variable.shape))

        def join(parts: list[Any]) -> Any:
            return tf.cast(tf.concat([tf.reshape(part, (-1,)) for part in parts], axis=0), "float64")

        def total() -> Any:
            value = tf.reduce_mean(loss(y, self.model(x, training=False)))
            return value + tf.add_n(self.model.losses) if self.model.losses else value

        def value_and_gradient(flat: Any) -> tuple[Any, Any]:
            assign(flat)
            with tf.GradientTape() as tape:
                value = total()
            return tf.cast(value, "float64"), join(tape.gradient(value, self.variables))

        def product(flat: Any, vector: Any) -> Any:
            assign(flat)
            parts = tf.split(tf.cast(vector, "float32"), self.sizes)
            parts = [tf.reshape(part, variable.shape) for part, variable in zip(parts, self.variables, strict=True)]
            with tf.GradientTape() as outer:
                with tf.GradientTape() as inner:
                    value = total()
                gradients = inner.gradient(value, self.variables)
                slope = tf.add_n([tf.reduce_sum(g * part) for g, part in zip(gradients, parts, strict=True)])
            return join(outer.gradient(slope, self.variables, unconnected_gradients="zero"))

        self._both = tf.function(value_and_gradient, autograph=False)
        self._product = tf.function(product, autograph=False)
        self.evaluations = self.products = 0
        self.first = 0.0

    def start(self) -> Array:
        return np.concatenate([variable.numpy().ravel() for variable in self.variables]).astype(np.float64)

    def value_and_gradient(self, point: Array) -> tuple[float, Array]:
        value, gradient = self._both(point)
        self.evaluations += 1
        self.first = self.first or time.perf_counter()
        return float(value), gradient.numpy()

    def product(self, point: Array, vector: Array) -> Array:
        self.products += 1
        result: Array = self._product(point, vector).numpy()
        return result


def scipy_side(problem: Problem, method: str) -> Run:
    def callback(*, intermediate_result: Any) -> None:
        if intermediate_result.fun <= problem.target:
            raise StopIteration

    options: dict[str, Any] = {"maxiter": MOST_ITERATIONS}
    options |= {
        "l-bfgs": {"ftol": 0.0, "gtol": 0.0, "maxfun": 10**6},
        "newton-cg": {"xtol": 0.0},
    }.get(method, {"gtol": 0.0})
    solve: Any = scipy.optimize.minimize  # the stubs know no callback by the name that SciPy asks for
    begin, used = time.perf_counter(), time.process_time()
    hand = ByHand(problem)
    products = {"hessp": hand.product} if method == "newton-cg" else {}
    found = solve(
        hand.value_and_gradient,
        hand.start(),
        jac=True,
        method=SOLVERS[method],
        callback=callback,
        options=options,
        **products,
    )
    end = time.perf_counter()
    counts = f"{hand.evaluations} f, {hand.evaluations} g" + (f", {hand.products} Hv" if products else "")
    return Run(
        seconds=end - begin,
        iterating=end - hand.first,
        processor=time.process_time() - used,
        loss=found.fun,
        iterations=found.nit,
        evaluations=counts,
    )


class ReachedError(Exception):
    """The loss is as low as asked."""


def minpack_side(problem: Problem) -> Run:
    model = problem.build()
    begin, used = time.perf_counter(), time.process_time()
    weights = Weights(model, problem.x)
    residuals = NetworkResiduals(weights, problem.x, problem.y, batch_size=None)
    seen: list[tuple[float, float]] = []
    count, last = [0], [np.inf]

    def residual(point: Array) -> Array:
        count[0] += 1
        errors = residuals.residual(point)
        last[0] = float(errors @ errors)
        return errors

    def jacobian(point: Array) -> Array:
        seen.append((last[0], time.perf_counter()))
        if last[0] <= problem.target:
            raise ReachedError
        return residuals.jacobian(point)

    with contextlib.suppress(ReachedError):
        scipy.optimize.leastsq(
            residual, weights.get(), Dfun=jacobian, ftol=1e-12, xtol=1e-12, gtol=0.0, maxfev=10**6, factor=1.0
        )
    end = time.perf_counter()
    return Run(
        seconds=end - begin,
        iterating=end - seen[1][1],  # SciPy asks for the first Jacobian twice
        processor=time.process_time() - used,
        loss=seen[-1][0],
        iterations=len(seen) - 2,
        evaluations=f"{count[0]} f, {len(seen) - 1} J",
    )


def logistic(x: Array, y: Array, solver: str, *, iterations: int) -> Run:
    regression = LogisticRegression(C=1 / (PENALTY * len(x)), solver=solver, tol=1e-12, max_iter=iterations)
    begin, used = time.perf_counter(), time.process_time()
    regression.fit(x, y)
    seconds, processor = time.perf_counter() - begin, time.process_time() - used
    scores = x.astype(np.float64) @ regression.coef_.T + regression.intercept_
    scores -= scores.max(axis=1, keepdims=True)
    loss = np.mean(np.log(np.exp(scores).sum(axis=1)) - scores[np.arange(len(y)), y])
    loss += PENALTY / 2 * np.square(regression.coef_).sum()
    taken = int(regression.n_iter_.max())
    return Run(
        seconds=seconds, iterating=seconds, processor=processor, loss=float(loss), iterations=taken, evaluations=""
    )


def perceptron(problem: Problem, *, iterations: int) -> Run:
    """Train scikit-learn's perceptron from the weights that the other sides begin with."""
    weights = problem.build().get_weights()
    regressor = MLPRegressor(
        hidden_layer_sizes=(HIDDEN,), activation="tanh", solver="lbfgs", alpha=0.0, tol=0.0, warm_start=True
    )
    y = problem.y.ravel()
    regressor.set_params(max_iter=1).fit(problem.x, y)
    regressor.coefs_, regressor.intercepts_ = [weights[0], weights[2]], [weights[1], weights[3]]
    regressor.set_params(max_iter=iterations, max_fun=10**6)
    begin, used = time.perf_counter(), time.process_time()
    regressor.fit(problem.x, y)
    seconds, processor = time.perf_counter() - begin, time.process_time() - used
    loss = float(np.mean((regressor.predict(problem.x) - y) ** 2))
    return Run(
        seconds=seconds, iterating=seconds, processor=processor, loss=loss, iterations=iterations, evaluations=""
    )


def fewest_iterations(run: Callable[[int], Run], target: float) -> Callable[[], Run]:
    """Return ``run`` with the smallest number of iterations that reaches the target."""
    with threadpool_limits(1, user_api="blas"):  # the search is not measured
        high = 4
        while run(high).loss > target and high < MOST_ITERATIONS:
            high *= 2
        low = high // 2
        while high - low > max(1, high // 50):
            middle = (low + high) // 2
            low, high = (low, middle) if run(middle).loss <= target else (middle, high)
    return lambda: run(high)


def sides(problem: Problem, methods: list[str]) -> dict[str, Callable[[], Run]]:
    """Return what runs each side of each method."""
    made: dict[str, Callable[[], Run]] = {}
    for method in methods:
        if method == "levenberg-marquardt":
            made |= sides_of_squares(problem)
            continue
        made[f"{method}: learnet"] = lambda method=method: learnet_side(problem, method)  # type: ignore[misc]
        if method in SOLVERS:
            made[f"{method}: by hand"] = lambda method=method: scipy_side(problem, method)  # type: ignore[misc]
        if (run := sklearn_side(problem, method)) is not None:
            made[f"{method}: scikit-learn"] = fewest_iterations(run, problem.target)
    return made


def sides_of_squares(problem: Problem) -> dict[str, Callable[[], Run]]:
    if problem.loss != "mean_squared_error":
        return {}
    return {
        "levenberg-marquardt: learnet": lambda: learnet_side(problem, "levenberg-marquardt", solver="minpack"),
        "levenberg-marquardt: by hand": lambda: minpack_side(problem),
        "normal equations: learnet": lambda: learnet_side(problem, "lm", solver="normal-equations"),
    }


def sklearn_side(problem: Problem, method: str) -> Callable[[int], Run] | None:
    """Return what runs scikit-learn's solver of that name for a number of iterations; None if it has none."""
    if problem.loss == "mean_squared_error":
        return (lambda n: perceptron(problem, iterations=n)) if method == "l-bfgs" else None
    solver = {"l-bfgs": "lbfgs", "newton-cg": "newton-cg"}.get(method)
    return (lambda n: logistic(problem.x, problem.y, solver, iterations=n)) if solver else None


def measure(problem: Problem, compared: dict[str, Callable[[], Run]], *, rounds: int) -> None:
    """Run all sides alternately and print their medians."""
    count = sum(weight.size for weight in problem.build().get_weights())
    print(f"\n{problem.name}: {len(problem.x)} examples, {count} weights, to a loss of {problem.target:.6g}")
    print(f"  {'':28} {'loss':>9} {'iterations':>10} {'seconds':>8} {'iterating':>9} {'processor':>9}  evaluations")
    runs: dict[str, list[Run]] = {name: [] for name in compared}
    for name, side in compared.items():
        runs[name].append(side())
        if runs[name][0].loss > problem.target:
            print(f"  {name}: did not reach the loss, {runs[name][0].loss:.6g}")
    for _ in range(rounds):
        for name, side in compared.items():
            runs[name].append(side())
    medians = {}
    for name, found in runs.items():
        run = found[-1]
        seconds, iterating, processor = medians[name] = [
            statistics.median(getattr(each, part) for each in found[1:])
            for part in ("seconds", "iterating", "processor")
        ]
        print(
            f"  {name:28} {run.loss:9.6f} {run.iterations:10d} {seconds:8.3f} {iterating:9.3f} {processor:9.3f}  "
            f"{run.evaluations}",
            flush=True,
        )
    for name, theirs in medians.items():
        method, _, whose = name.partition(": ")
        if whose != "learnet" and f"{method}: learnet" in medians:
            ratios = np.divide(medians[f"{method}: learnet"], theirs)
            print(
                f"  learnet / {name:28} {ratios[0]:5.2f} in all, {ratios[1]:5.2f} iterating, "
                f"{ratios[2]:5.2f} of the processor"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="alternating runs of each side")
    parser.add_argument("--methods", nargs="*", default=list(METHODS), help="which to compare")
    parser.add_argument("--blas-threads", type=int, help="of NumPy and SciPy on all sides; as they come if not given")
    arguments = parser.parse_args()
    with threadpool_limits(arguments.blas_threads, user_api="blas"):
        compare(arguments.rounds, arguments.methods)


def compare(rounds: int, methods: list[str]) -> None:
    warnings.simplefilter("ignore")  # scikit-learn's, that it stopped where it was told to
    print(probe().describe(), flush=True)
    problem = perceptron_problem()
    measure(problem, sides(problem, methods), rounds=rounds)
    problem = logistic_problem()
    measure(problem, sides(problem, methods), rounds=rounds)


if __name__ == "__main__":
    main()
