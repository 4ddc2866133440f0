import numpy as np
import pytest
from scipy.optimize import check_grad
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from learnet.transfer_learning.solver import (
    Curvature,
    Design,
    Objective,
    SoftmaxLoss,
    Solution,
    SquaredHingeLoss,
    minimise,
)


def _problem(n: int, d: int, classes: int, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return correlated features of very different scales and offsets, and overlapping classes."""
    random = np.random.default_rng(seed)
    labels = np.arange(n) % classes
    x = random.normal(size=(classes, d))[labels] + 1.5 * random.normal(size=(n, d))
    x += random.normal(size=(n, 1)) @ random.normal(size=(1, d))
    return (x * np.geomspace(0.01, 100, d) + np.linspace(-5, 5, d)).astype(np.float32), labels


def _standard(x: np.ndarray) -> np.ndarray:
    wide = x.astype(np.float64)
    deviation = wide.std(axis=0)
    return (wide - wide.mean(axis=0)) / np.where(deviation > 0, deviation, 1)


def _solve(
    x: np.ndarray, labels: np.ndarray, *, l2: float, weights: np.ndarray | None = None, tolerance: float = 1e-10
) -> tuple[Solution, Design]:
    design = Design(x)
    loss = SoftmaxLoss(labels, np.ones(len(labels)) if weights is None else weights)
    columns = labels.max() + 1
    curvature = design.curvature(np.full(len(x), 0.3 / columns, np.float32))
    objective = Objective(design, loss, l2=l2, curvature=curvature)
    start = np.zeros((columns, x.shape[1])), np.zeros(columns)
    return minimise(objective, weights=start[0], bias=start[1], tolerance=tolerance), design


@pytest.mark.parametrize(("n", "d", "classes", "l2"), [(700, 20, 5, 0.01), (1500, 12, 3, 1e-3), (30, 60, 4, 0.1)])
@pytest.mark.parametrize("balanced", [False, True])
def test_coefficients_agree_with_scikit_learn(n: int, d: int, classes: int, l2: float, balanced: bool) -> None:
    x, labels = _problem(n, d, classes)
    keep = (labels > 0) | (np.arange(n) % 3 == 0)  # the first class becomes rare
    x, labels = x[keep], labels[keep]
    weights = (len(labels) / (classes * np.bincount(labels)))[labels] if balanced else np.ones(len(labels))
    solution, design = _solve(x, labels, l2=l2, weights=weights)
    z = _standard(x)
    oracle = LogisticRegression(
        C=1 / (l2 * weights.sum()), class_weight="balanced" if balanced else None, tol=1e-9, max_iter=20_000
    ).fit(z, labels)
    assert np.abs(solution.weights - oracle.coef_).max() < 1e-3
    assert np.abs(solution.bias - solution.bias.mean() - (oracle.intercept_ - oracle.intercept_.mean())).max() < 1e-3
    kernel, bias = design.fold(solution.weights, solution.bias)
    logits = x @ kernel + bias
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    assert np.abs(probabilities - oracle.predict_proba(z)).max() < 1e-4


def test_two_classes_agree_with_scikit_learn_at_half_the_penalty() -> None:
    x, labels = _problem(400, 10, 2)
    solution, _ = _solve(x, labels, l2=0.02)
    oracle = LogisticRegression(C=2 / (0.02 * 400), tol=1e-9, max_iter=5_000).fit(_standard(x), labels)
    assert np.abs(solution.weights[1] - solution.weights[0] - oracle.coef_[0]).max() < 1e-3


@pytest.mark.parametrize("kind", ["softmax", "hinge"])
def test_the_gradient_agrees_with_finite_differences(kind: str) -> None:
    x, labels = _problem(60, 4, 3)
    x = _standard(x).astype(np.float32)
    weights = np.random.default_rng(1).random(60) + 0.1
    loss = SoftmaxLoss(labels, weights) if kind == "softmax" else SquaredHingeLoss(labels, classes=3)
    design = Design(x)
    objective = Objective(design, loss, l2=0.1, curvature=design.curvature(np.ones(60, np.float32)))
    point = np.random.default_rng(2).normal(size=3 * 5)
    error = check_grad(lambda u: objective(u)[0], lambda u: objective(u)[1], point, epsilon=1e-2)
    assert error < 5e-3 * np.linalg.norm(objective(point)[1])


def test_coordinates_there_and_back() -> None:
    x, labels = _problem(200, 7, 3)
    design = Design(x)
    objective = Objective(
        design, SoftmaxLoss(labels, np.ones(200)), l2=0.01, curvature=design.curvature(np.ones(200, np.float32))
    )
    weights, bias = np.random.default_rng(0).normal(size=(3, 7)), np.array([1.0, -2.0, 3.0])
    back, free = objective.place(objective.start(weights, bias))
    assert back == pytest.approx(weights, abs=1e-5)
    assert free == pytest.approx(bias)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_design_standardises_without_a_copy(workers: int) -> None:
    x, _ = _problem(1_300, 9, 2)
    rows = np.random.default_rng(0).permutation(1_300)[:1_111]
    design = Design(x, rows, workers=workers)
    z = _standard(x[rows])
    weights, bias = np.random.default_rng(1).normal(size=(2, 9)), np.array([0.5, -0.5])
    kernel, offset = design.fold(weights, bias)
    assert x[rows] @ kernel + offset == pytest.approx(z @ weights.T + bias, abs=1e-3)
    doubt = np.random.default_rng(2).random(1_111).astype(np.float32)
    curvature = design.curvature(doubt)
    assert curvature.weights == pytest.approx(z.T @ (z * doubt[:, None]) / 1_111, abs=1e-3)
    assert curvature.bias == pytest.approx(doubt.mean())


def test_a_run_of_rows_is_read_in_place_and_others_are_gathered() -> None:
    x, _ = _problem(50, 3, 2)
    (_, view), *_ = Design(x, np.arange(10, 40)).chunks()
    assert np.shares_memory(view, x)
    assert (view == x[10:40]).all()
    (_, gathered), *_ = Design(x, np.array([3, 1, 2])).chunks()
    assert (gathered == x[[3, 1, 2]]).all()


def test_products_with_a_triangle() -> None:
    random = np.random.default_rng(0)
    lower = np.tril(random.normal(size=(11, 11))).astype(np.float32)
    left = random.normal(size=(5, 11)).astype(np.float32)
    design = Design(random.normal(size=(20, 11)).astype(np.float32), workers=2)
    assert design.times_triangle(left, lower) == pytest.approx(left @ lower, abs=1e-5)
    assert design.times_triangle(left, lower, transposed=True) == pytest.approx(left @ lower.T, abs=1e-5)


def test_constant_features_are_ignored() -> None:
    x, labels = _problem(200, 6, 3)
    with_constants = np.concatenate([x, np.full((200, 1), 1e6), np.zeros((200, 1))], axis=1).astype(np.float32)
    plain, design = _solve(x, labels, l2=0.01)
    solution, wide = _solve(with_constants, labels, l2=0.01)
    assert (wide.inverse_scale[6:] == 0).all()
    assert solution.weights[:, :6] == pytest.approx(plain.weights, abs=2e-4)
    assert (wide.fold(solution.weights, solution.bias)[0][6:] == 0).all()
    assert design.n == wide.n == 200


def test_separable_classes_converge() -> None:
    labels = np.repeat([0, 1, 2], 40)
    x = (np.eye(3)[labels] * 50).astype(np.float32)
    solution, _ = _solve(x, labels, l2=1e-3)
    oracle = LogisticRegression(C=1 / (1e-3 * 120), tol=1e-9, max_iter=20_000).fit(_standard(x), labels)
    assert solution.converged
    assert solution.weights == pytest.approx(oracle.coef_, abs=1e-3)


def test_the_curvature_changes_the_speed_and_not_the_solution() -> None:
    random = np.random.default_rng(0)
    factors = random.normal(size=(400, 5))
    x = (factors @ random.normal(size=(5, 40)) + 0.1 * random.normal(size=(400, 40))).astype(np.float32)
    labels = factors[:, :3].argmax(axis=1)
    design, loss = Design(x), SoftmaxLoss(labels, np.ones(400))
    measured = design.curvature(np.full(400, 0.1, np.float32))
    ignorant = Curvature(weights=np.eye(40, dtype=np.float32), bias=1.0)
    start = {"weights": np.zeros((3, 40)), "bias": np.zeros(3)}
    shaped, round_ = (Objective(design, loss, l2=0.01, curvature=shape) for shape in (measured, ignorant))
    solved, other = (minimise(objective, **start, tolerance=1e-9) for objective in (shaped, round_))
    assert solved.weights == pytest.approx(other.weights, abs=2e-3)
    early, late = (minimise(objective, **start, tolerance=0, max_evaluations=8) for objective in (shaped, round_))
    assert not early.converged
    assert early.value - solved.value < 0.2 * (late.value - solved.value)


def test_the_squared_hinge_agrees_with_scikit_learn() -> None:
    x, labels = _problem(500, 10, 4)
    design = Design(x)
    objective = Objective(
        design,
        SquaredHingeLoss(labels, classes=4),
        l2=0.05,
        curvature=design.curvature(np.full(500, 0.5, np.float32)),
    )
    solution = minimise(objective, weights=np.zeros((4, 10)), bias=np.zeros(4), tolerance=1e-10)
    # liblinear penalises the intercept too; a large scaling makes that vanish
    oracle = LinearSVC(C=1 / (0.05 * 500), intercept_scaling=100, tol=1e-8, max_iter=200_000, dual=False).fit(
        _standard(x), labels
    )
    assert solution.weights == pytest.approx(oracle.coef_, abs=2e-3)
    assert solution.bias == pytest.approx(oracle.intercept_, abs=2e-3)
