"""Rosenblatt's perceptron, with his own rule: learn from mistakes only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError, generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_BLOCK = 128  # examples whose margins are computed at once


class Perceptron:
    """A classifier of threshold units, trained by Rosenblatt's rule; scikit-learn's conventions.

    Examples are shown one after another; where a unit's answer is wrong, and only there, ``w += rate * y * x`` and
    ``b += rate * y`` with ``y`` of ±1. Two classes take one unit, more take one each (one against the rest), and the
    unit with the largest weighted sum answers.

    Args:
        learning_rate: Greater than 0. Weights start at 0, so it scales them all and changes no answer.
        max_epochs: Passes over the examples after which a unit stops that still makes mistakes, at least 1.
        shuffle: Show the examples in an order drawn anew each epoch; otherwise as they come.
        seed: The orders come from it.

    Attributes:
        classes_: The classes, sorted, ``(k,)``.
        coef_: Weights, ``(units, features)``.
        intercept_: Biases, ``(units,)``.
        mistakes_: How often each unit was corrected, int ``(units,)``.
        epochs_: Passes that each unit took, the last one without a mistake where it converged, int ``(units,)``.
        converged_: Whether each unit ended with a pass without a mistake, bool ``(units,)``.
        bound_: For each unit that converged, Novikoff's bound ``(R / gamma)**2`` on its mistakes, from the weights
            found; infinite for the others, ``(units,)``.

    Source:
        Rosenblatt, The Perceptron: A Probabilistic Model for Information Storage and Organization in the Brain,
        Psychological Review 65, 1958; Novikoff, On Convergence Proofs on Perceptrons, 1962.

    Example:
        >>> x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 0, 0, 1]
        >>> unit = Perceptron().fit(x, y)
        >>> unit.predict(x).tolist(), unit.mistakes_.item() <= unit.bound_.item()
        ([0, 0, 0, 1], True)
    """

    _estimator_type = "classifier"

    def __init__(
        self, *, learning_rate: float = 1.0, max_epochs: int = 1000, shuffle: bool = False, seed: int = 0
    ) -> None:
        self.learning_rate, self.max_epochs, self.shuffle, self.seed = learning_rate, max_epochs, shuffle, seed

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002, FBT001, FBT002 (scikit-learn's interface)
        """Return the arguments by name."""
        return {
            "learning_rate": self.learning_rate,
            "max_epochs": self.max_epochs,
            "shuffle": self.shuffle,
            "seed": self.seed,
        }

    def set_params(self, **params: Any) -> Perceptron:
        """Change arguments by name; unknown ones raise ``UsageError``."""
        known = self.get_params()
        for name, value in params.items():
            if name not in known:
                raise UsageError(f"A perceptron has no parameter '{name}'. Known: {', '.join(known)}.")
            setattr(self, name, value)
        return self

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(),
        )

    def fit(self, x: ArrayLike, y: ArrayLike) -> Perceptron:
        """Learn from scratch.

        Args:
            x: Examples, ``(n, features)``, finite.
            y: Their classes, ``(n,)``; at least two different ones.

        Raises:
            UsageError: If an argument is out of its range, or examples and classes do not fit each other.
        """
        self._check_arguments()
        examples, labels = _checked(x, y)
        self._begin(examples.shape[1], np.unique(labels))
        for unit, signs in enumerate(self._signs(labels)):
            random = generator(self.seed, f"perceptron {unit}")
            while self.epochs_[unit] < self.max_epochs and not self.converged_[unit]:
                order = random.permutation(len(examples)) if self.shuffle else slice(None)
                self._pass(unit, examples[order], signs[order])
            if self.converged_[unit]:
                separator = np.append(self.coef_[unit], self.intercept_[unit])
                self.bound_[unit] = novikoff_bound(examples, signs, separator)
        return self

    def partial_fit(self, x: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Perceptron:
        """Go once over the examples, in the order given, and go on from the weights that there are.

        Args:
            x: Examples, ``(n, features)``, finite.
            y: Their classes, ``(n,)``.
            classes: All classes that there will ever be; needed in the first call where ``y`` does not hold them all.

        Raises:
            UsageError: As ``fit``; also if ``y`` holds a class that the first call did not name.
        """
        self._check_arguments()
        examples, labels = _checked(x, y)
        if not hasattr(self, "classes_"):
            self._begin(examples.shape[1], np.unique(labels if classes is None else np.asarray(classes)))
        if not np.isin(labels, self.classes_).all():
            raise UsageError(
                f"The perceptron knows the classes {self.classes_.tolist()}; received others. Fit it anew."
            )
        self._check_features(examples)
        for unit, signs in enumerate(self._signs(labels)):
            self._pass(unit, examples, signs)
        return self

    def decision_function(self, x: ArrayLike) -> NDArray[np.float64]:
        """Return the weighted sums: ``(n,)`` for two classes, ``(n, k)`` for more."""
        examples = np.asarray(x, dtype=np.float64)
        self._check_features(examples)
        sums = examples @ self.coef_.T + self.intercept_
        return np.asarray(sums[:, 0] if len(self.classes_) == 2 else sums)

    def predict(self, x: ArrayLike) -> NDArray[Any]:
        """Return the class of each example, ``(n,)``."""
        sums = self.decision_function(x)
        return np.asarray(self.classes_[(sums > 0).astype(np.intp) if sums.ndim == 1 else sums.argmax(axis=1)])

    def score(self, x: ArrayLike, y: ArrayLike) -> float:
        """Return the share of examples whose class is answered rightly."""
        return float((self.predict(x) == np.asarray(y)).mean())

    def _begin(self, features: int, classes: NDArray[Any]) -> None:
        if len(classes) < 2:
            raise UsageError(f"A perceptron tells at least two classes apart; received only {classes.tolist()}.")
        units = 1 if len(classes) == 2 else len(classes)
        self.classes_ = classes
        self.n_features_in_ = features
        self.coef_, self.intercept_ = np.zeros((units, features)), np.zeros(units)
        self.mistakes_, self.epochs_ = np.zeros(units, np.int64), np.zeros(units, np.int64)
        self.converged_, self.bound_ = np.zeros(units, bool), np.full(units, np.inf)

    def _signs(self, labels: NDArray[Any]) -> NDArray[np.float64]:
        """Return what each unit should answer, ±1 ``(units, n)``."""
        own = self.classes_[1:] if len(self.classes_) == 2 else self.classes_
        return np.where(labels == own[:, None], 1.0, -1.0)

    def _pass(self, unit: int, examples: NDArray[np.float64], signs: NDArray[np.float64]) -> None:
        """Show each example once; the margins of a block are computed anew after each mistake in it."""
        weights, bias, before = self.coef_[unit], float(self.intercept_[unit]), self.mistakes_[unit]
        for first in range(0, len(signs), _BLOCK):
            x, y = examples[first : first + _BLOCK], signs[first : first + _BLOCK]
            at = 0
            while (wrong := np.flatnonzero(y[at:] * (x[at:] @ weights + bias) <= 0)).size:
                at += int(wrong[0])
                weights += self.learning_rate * y[at] * x[at]
                bias += self.learning_rate * y[at]
                self.mistakes_[unit] += 1
                at += 1
        self.intercept_[unit] = bias
        self.epochs_[unit] += 1
        self.converged_[unit] = self.mistakes_[unit] == before

    def _check_arguments(self) -> None:
        if not (np.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise UsageError(f"A perceptron's learning rate must be greater than 0; received {self.learning_rate}.")
        if self.max_epochs < 1:
            raise UsageError(f"A perceptron needs at least 1 epoch; received {self.max_epochs}.")

    def _check_features(self, examples: NDArray[np.float64]) -> None:
        if not hasattr(self, "classes_"):
            raise UsageError("This perceptron has not learnt anything yet. Call fit first.")
        if examples.ndim != 2 or examples.shape[1] != self.n_features_in_:
            raise UsageError(
                f"The perceptron learnt from examples (n, {self.n_features_in_}); received the shape {examples.shape}."
            )


def novikoff_bound(x: ArrayLike, signs: ArrayLike, separator: ArrayLike) -> float:
    """Return ``(R / gamma)**2``: a perceptron that starts at 0 makes no more mistakes, in whatever order it is shown.

    The bias counts as the weight of a further input that is always 1: ``R`` is the largest norm of the examples so
    lengthened, and ``gamma`` their smallest distance from the plane of the separator.

    Args:
        x: Examples, ``(n, features)``.
        signs: The side of each, ±1 ``(n,)``.
        separator: Weights and then the bias, ``(features + 1,)``; of any length but 0.

    Returns:
        The bound; infinity where ``separator`` does not separate.

    Raises:
        UsageError: If the shapes do not fit each other.

    Source:
        Novikoff, On Convergence Proofs on Perceptrons, Symposium on the Mathematical Theory of Automata, 1962.

    Example:
        >>> novikoff_bound([[1.0], [-1.0]], [1, -1], [1.0, 0.0])
        2.0
    """
    examples, sides, plane = (np.asarray(value, dtype=np.float64) for value in (x, signs, separator))
    if examples.ndim != 2 or sides.shape != examples.shape[:1] or plane.shape != (examples.shape[1] + 1,):
        raise UsageError(
            "Novikoff's bound takes examples (n, features), signs (n,) and a separator (features + 1,); received the "
            f"shapes {examples.shape}, {sides.shape} and {plane.shape}."
        )
    margins = sides * (examples @ plane[:-1] + plane[-1])
    if not margins.min() > 0:
        return float("inf")
    squares = (examples**2).sum(axis=1) + 1
    return float(squares.max() * (plane @ plane) / margins.min() ** 2)


def _checked(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[Any]]:
    examples, labels = np.asarray(x, dtype=np.float64), np.asarray(y)
    if examples.ndim != 2 or labels.shape != examples.shape[:1] or not len(labels):
        raise UsageError(
            "A perceptron learns from examples (n, features) and their classes (n,), n at least 1; received the shapes "
            f"{examples.shape} and {labels.shape}."
        )
    if not np.isfinite(examples).all():
        raise UsageError("The perceptron's examples hold numbers that are NaN or infinite. Leave them out.")
    return examples, labels
