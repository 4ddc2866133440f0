"""What simple methods reach on the same features, and whether the classifier notices what it has never seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from learnet.core import Silent, generator
from learnet.evaluation import BaselineRow, auroc, bootstrap_interval, confusion_matrix, softmax
from learnet.transfer_learning.folds import assign_folds
from learnet.transfer_learning.solver import (
    SURE,
    Design,
    Objective,
    SoftmaxLoss,
    SquaredHingeLoss,
    minimise,
    single_threaded_blas,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.transfer_learning.solver import Curvature, Floats, Loss, Start

    Ints = NDArray[np.integer[Any]]

SimpleMethod = Literal["always the largest class", "k nearest neighbours", "linear SVM"]
NEIGHBOURS = (1, 3, 5, 10, 20)  # the k that are tried
_MOST_REFERENCES = 10_000  # photos that neighbours are searched among, so that the time stays bounded
_MOST_QUESTIONS = 1_000  # training photos by which k is chosen
_SIMILARITIES = 2_000_000  # numbers held at once
_SVM_STRENGTHS = (10.0, 1.0, 0.1)  # in units of d / n
_ACTIVE = 0.5  # mean second derivative of the squared hinge, roughly: shapes the preconditioner only
_ROUGH = 5e-3  # L-BFGS tolerance where only answers matter
_FOREIGN_SHARE = 0.25  # of the classes


def measure_baselines(
    features: Floats,
    labels: Ints,
    *,
    classes: int,
    train_rows: Ints,
    test_rows: Ints,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[BaselineRow, ...]:
    """Measure majority class, k nearest neighbours and a linear SVM, each tuned on the training part only.

    Args:
        features: float32 (N, d), C-contiguous; neither copied nor changed.
        labels: int (N,), in [0, classes).
        classes: How many classes there are.
        train_rows: Rows to learn from, at least one.
        test_rows: Rows to measure on, at least one.
        seed: The run's seed.
        progress: Where to tell how it goes.

    Returns:
        One row a method; its name says what was chosen and, of very large training parts, how much was used.
    """
    progress = Silent() if progress is None else progress
    truth, rows = labels[test_rows], []
    with progress.stage("Measuring simple methods", len(_METHODS)) as task:
        for method in _METHODS:
            answers, chosen = answer_simply(
                method, features, labels, classes=classes, train_rows=train_rows, test_rows=test_rows, seed=seed
            )
            confusion = confusion_matrix(truth, answers, classes=classes)
            support, right = confusion.sum(axis=1), confusion.diagonal()
            recall = right[support > 0] / support[support > 0]
            rows.append(
                BaselineRow(
                    name=f"{method} ({chosen})" if chosen else method,
                    accuracy=float(right.sum() / len(truth)),
                    mean_class_recall=float(recall.mean()),
                    accuracy_interval=bootstrap_interval(int(right.sum()), len(truth), seed=seed),
                )
            )
            task.advance()
    return tuple(rows)


def answer_simply(
    method: SimpleMethod,
    features: Floats,
    labels: Ints,
    *,
    classes: int,
    train_rows: Ints,
    test_rows: Ints,
    seed: int = 0,
) -> tuple[Ints, str]:
    """Answer the test part by one simple method, tuned on the training part only.

    Args:
        method: Which one.
        features: float32 (N, d), C-contiguous; neither copied nor changed.
        labels: int (N,), in [0, classes).
        classes: How many classes there are.
        train_rows: Rows to learn from, at least one.
        test_rows: Rows to answer.
        seed: The run's seed.

    Returns:
        The answers (len(test_rows),), and what was chosen, such as ``"k = 3"``; empty if there was nothing to choose.

    Example:
        >>> photos, labels = np.array([[0], [1], [9], [10]], np.float32), np.array([0, 0, 1, 1])
        >>> answers, chosen = answer_simply(
        ...     "linear SVM", photos, labels, classes=2, train_rows=np.array([0, 2]), test_rows=np.array([1, 3])
        ... )
        >>> answers.tolist()
        [0, 1]
    """
    with single_threaded_blas():
        return _METHODS[method](features, labels, train_rows, test_rows, classes, seed)


def foreign_auroc(
    features: Floats,
    labels: Ints,
    *,
    classes: int,
    train_rows: Ints,
    test_rows: Ints,
    l2: float,
    seed: int = 0,
) -> float | None:
    """Measure how well the top probability tells photos of known classes from photos of classes never learned.

    A quarter of the classes is withheld, a head is solved on the training photos of the others, and the top
    probabilities of the others' test photos are compared with those of the withheld classes' test photos.

    Args:
        features: float32 (N, d), C-contiguous; neither copied nor changed.
        labels: int (N,), in [0, classes).
        classes: How many classes there are.
        train_rows: Rows to learn from.
        test_rows: Rows to measure on.
        l2: Strength of the penalty, as of the real head.
        seed: The run's seed; chooses the classes.

    Returns:
        The area under the ROC curve, in [0, 1], 0.5 being chance; None with fewer than four classes or too few photos.

    Source:
        Hendrycks and Gimpel, A Baseline for Detecting Misclassified and Out-of-Distribution Examples, 2017.
    """
    if classes < 4:
        return None
    withheld = np.zeros(classes, bool)
    withheld[generator(seed, "foreign").permutation(classes)[: max(1, round(_FOREIGN_SHARE * classes))]] = True
    known_rows = train_rows[~withheld[labels[train_rows]]]
    strange = withheld[labels[test_rows]]
    present, compact = np.unique(labels[known_rows], return_inverse=True)
    if len(present) < 2 or strange.all() or not strange.any():
        return None
    with single_threaded_blas():
        design = Design(features, known_rows)
        loss = SoftmaxLoss(compact, np.ones(len(compact)))
        start = _nothing(len(present), design.d)
        curvature = _flat_curvature(design, SURE / len(present))
        solution = _solve(design, loss, l2=l2, curvature=curvature, start=start)
        kernel, bias = design.fold(*solution)
        surest = np.empty(len(test_rows), np.float32)
        for span, x in _chunks(features, test_rows):
            surest[span] = softmax(x @ kernel + bias).max(axis=1)
    return auroc(surest[~strange], surest[strange])


def _majority(
    _features: Floats, labels: Ints, train_rows: Ints, test_rows: Ints, classes: int, _seed: int
) -> tuple[Ints, str]:
    largest = int(np.bincount(labels[train_rows], minlength=classes).argmax())
    return np.full(len(test_rows), largest), ""


def _neighbours(
    features: Floats, labels: Ints, train_rows: Ints, test_rows: Ints, classes: int, seed: int
) -> tuple[Ints, str]:
    """Answer by the cosine-nearest training photos in standardised features; k is chosen by leaving one out."""
    random = generator(seed, "neighbours")
    references = train_rows
    if len(references) > _MOST_REFERENCES:
        references = np.sort(random.permutation(train_rows)[:_MOST_REFERENCES])
    search = _NeighbourSearch(features, labels, references, classes)
    questions = random.permutation(len(references))[:_MOST_QUESTIONS]
    answers = search.answers(references[questions], leave_out=questions)
    truth = labels[references[questions]]
    best = int(np.argmax([(answer == truth).mean() for answer in answers]))
    among = "" if len(references) == len(train_rows) else f", among {len(references)} of {len(train_rows)} photos"
    return search.answers(test_rows)[best], f"k = {NEIGHBOURS[best]}{among}"


class _NeighbourSearch:
    """Cosine similarity in standardised features, without a standardised copy of them."""

    def __init__(self, features: Floats, labels: Ints, references: Ints, classes: int) -> None:
        self._design = Design(features, references)
        self._scale = self._design.inverse_scale.astype(np.float32)
        self._mean = self._design.mean.astype(np.float32)
        self._features, self._classes = features, classes
        self._labels = labels[references]
        self._inverse_norm = np.empty(self._design.n, np.float32)
        for span, x in self._design.chunks():
            self._inverse_norm[span] = 1 / np.maximum(np.linalg.norm((x - self._mean) * self._scale, axis=1), 1e-12)

    def answers(self, rows: Ints, *, leave_out: Ints | None = None) -> Ints:
        """Return the answers (len(NEIGHBOURS), n) for each k.

        Args:
            rows: The photos asked about (n,).
            leave_out: For each the reference that does not count.
        """
        result = np.empty((len(NEIGHBOURS), len(rows)), np.int64)
        step = max(1, min(1024, _SIMILARITIES // self._design.n))
        for span, x in _chunks(self._features, rows, step):
            question = (x - self._mean) * self._scale
            question /= np.maximum(np.linalg.norm(question, axis=1, keepdims=True), 1e-12)
            question *= self._scale
            similarity = self._similarity(question)
            if leave_out is not None:
                similarity[np.arange(len(x)), leave_out[span]] = -np.inf
            result[:, span] = self._vote(similarity)
        return result

    def _similarity(self, question: Floats) -> Floats:
        """Return cosines (n, references); ``question`` is unit length in standardised features, then scaled again."""
        similarity = np.empty((len(question), self._design.n), np.float32)
        offset = question @ self._mean

        def fill(chunks: Iterator[tuple[slice, Floats]]) -> None:
            for span, x in chunks:
                block = question @ x.T
                block -= offset[:, None]
                block *= self._inverse_norm[span]
                similarity[:, span] = block

        self._design.share_out(fill)
        return similarity

    def _vote(self, similarity: Floats) -> Ints:
        """Return the answers (len(NEIGHBOURS), n): the commonest class among the k nearest, the nearer one if equal."""
        most = min(max(NEIGHBOURS), similarity.shape[1])
        near = np.argpartition(-similarity, most - 1, axis=1)[:, :most]
        closeness = np.take_along_axis(similarity, near, axis=1)
        order = np.argsort(-closeness, axis=1, kind="stable")
        labels = self._labels[np.take_along_axis(near, order, axis=1)]
        weight = 1 + 1e-3 * np.maximum(np.take_along_axis(closeness, order, axis=1), 0)  # breaks ties only
        places, votes, answers = np.arange(len(labels)), np.zeros((len(labels), self._classes), np.float32), []
        for rank in range(most):
            votes[places, labels[:, rank]] += weight[:, rank]
            if rank + 1 in NEIGHBOURS:
                answers.append(votes.argmax(axis=1))
        answers += [answers[-1]] * (len(NEIGHBOURS) - len(answers))
        return np.array(answers)


def _support_vectors(
    features: Floats, labels: Ints, train_rows: Ints, test_rows: Ints, classes: int, seed: int
) -> tuple[Ints, str]:
    """Answer by one-against-the-rest linear SVMs (squared hinge); the strength is chosen on a fifth of the photos."""
    known = labels[train_rows]
    design = Design(features, train_rows)
    curvature = _flat_curvature(design, _ACTIVE)
    held = assign_folds(known, folds=5, seed=seed) == 0
    part = Design(features, train_rows[~held], standardised_as=design)
    start, scores = _nothing(classes, design.d), []
    for strength in _SVM_STRENGTHS if held.any() else ():
        loss = SquaredHingeLoss(known[~held], classes=classes)
        start = _solve(part, loss, l2=strength * design.d / design.n, curvature=curvature, start=start)
        answers = _linear_answers(features, train_rows[held], *part.fold(*start))
        scores.append(float((answers == known[held]).mean()))
    best = _SVM_STRENGTHS[int(np.argmax(scores))] if scores else _SVM_STRENGTHS[0]
    loss = SquaredHingeLoss(known, classes=classes)
    solution = _solve(design, loss, l2=best * design.d / design.n, curvature=curvature, start=start)
    return _linear_answers(features, test_rows, *design.fold(*solution)), ""


_METHODS: dict[SimpleMethod, Callable[[Floats, Ints, Ints, Ints, int, int], tuple[Ints, str]]] = {
    "always the largest class": _majority,
    "k nearest neighbours": _neighbours,
    "linear SVM": _support_vectors,
}


def _flat_curvature(design: Design, weight: float) -> Curvature:
    return design.curvature(np.full(design.n, weight, np.float32))


def _solve(design: Design, loss: Loss, *, l2: float, curvature: Curvature, start: Start) -> Start:
    objective = Objective(design, loss, l2=l2, curvature=curvature)
    solution = minimise(objective, weights=start[0], bias=start[1], tolerance=_ROUGH)
    return solution.weights, solution.bias


def _nothing(columns: int, size: int) -> Start:
    return np.zeros((columns, size), np.float32), np.zeros(columns)


def _linear_answers(features: Floats, rows: Ints, kernel: Floats, bias: Floats) -> Ints:
    answers = np.empty(len(rows), np.int64)
    for span, x in _chunks(features, rows):
        answers[span] = (x @ kernel + bias).argmax(axis=1)
    return answers


def _chunks(features: Floats, rows: Ints, size: int = 1024) -> Iterator[tuple[slice, Floats]]:
    for start in range(0, len(rows), size):
        span = slice(start, min(start + size, len(rows)))
        yield span, features[rows[span]]
