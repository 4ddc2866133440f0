"""The modern Hopfield network: continuous states, one step to the stored pattern, room for very many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from learnet.core import DataError, UsageError
from learnet.energy.enumeration import log_sum_exp

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class ModernRecall:
    """What cues became.

    Attributes:
        states: Where each cue ended, the shape of the cues.
        energy: The energy there, float64.
        energies: The energy before the first step and after each, (..., steps + 1).
        attention: How much of each stored pattern the state is (..., patterns), rows summing to 1.
        steps: Steps that were taken.
    """

    states: NDArray[np.floating[Any]]
    energy: NDArray[np.float64]
    energies: NDArray[np.float64]
    attention: NDArray[np.floating[Any]]
    steps: int


class ModernHopfield:
    """Stored patterns X and the update xi <- X' softmax(beta X xi): attention, seen as an associative memory.

    The energy -lse(beta, X xi) + 1/2 xi' xi + ln(patterns) / beta + 1/2 max |x|^2 never rises and is at least 0.

    Args:
        beta: Sharpness, greater than 0: small, and a state becomes a mixture of all patterns; large, the nearest one.

    Attributes:
        patterns: What is stored, float (patterns, units), after ``fit``.

    Raises:
        UsageError: If beta is not greater than 0.

    Source:
        Ramsauer et al., Hopfield Networks is All You Need, 2020, equations 1 to 3.

    Example:
        >>> from learnet.energy import corrupt, random_patterns
        >>> patterns = random_patterns(500, 64)
        >>> recall = ModernHopfield(beta=1.0).fit(patterns).recall(corrupt(patterns, flips=5))
        >>> bool((np.sign(recall.states) == patterns).all()), recall.steps
        (True, 1)
    """

    def __init__(self, *, beta: float = 1.0) -> None:
        if not beta > 0:
            raise UsageError(f"The sharpness beta must be greater than 0; received {beta}.")
        self.beta = beta
        self.patterns: NDArray[np.floating[Any]] | None = None
        self._shape: tuple[int, ...] = ()

    def fit(self, patterns: ArrayLike) -> Self:
        """Store patterns, forgetting those stored before.

        Args:
            patterns: (patterns, units) or pictures (patterns, height, width, ...), any finite numbers; float32 stays.

        Returns:
            The network itself.

        Raises:
            UsageError: If there is nothing to store.
            DataError: If a number is not finite.
        """
        array = _floats(patterns)
        if array.ndim < 2 or array.size == 0:
            raise UsageError(f"Patterns must have the shape (patterns, units) or of pictures; received {array.shape}.")
        self._shape = array.shape[1:]
        self.patterns = array.reshape(len(array), -1)
        return self

    @property
    def shape(self) -> tuple[int, ...]:
        """The axes of a pattern; empty before ``fit``."""
        return self._shape

    def recall(self, cues: ArrayLike, *, steps: int = 1, tolerance: float = 0.0) -> ModernRecall:
        """Update each cue.

        Args:
            cues: One pattern, or any number of them in leading axes.
            steps: The most steps to take, at least 1; one is usually enough.
            tolerance: Stop when no number changes by more.

        Returns:
            What the cues became.

        Raises:
            UsageError: If nothing is stored, a shape does not fit, or there is no step to take.
            DataError: If a number is not finite.
        """
        if steps < 1:
            raise UsageError(f"A recall needs at least 1 step; received {steps}.")
        stored = self._stored()
        state, lead = self._flat(cues)
        energies = [self._energy(state)]
        for _ in range(steps):
            new = self._attention(state) @ stored
            energies.append(self._energy(new))
            moved = float(np.abs(new - state).max(initial=0.0))
            state = new
            if moved <= tolerance:
                break
        return ModernRecall(
            states=state.reshape(*lead, *self._shape),
            energy=energies[-1].reshape(lead),
            energies=np.stack(energies, axis=-1).reshape(*lead, -1),
            attention=self._attention(state).reshape(*lead, -1),
            steps=len(energies) - 1,
        )

    def energy(self, states: ArrayLike) -> NDArray[np.float64]:
        """Return the energy of states, float64 of the shape of their leading axes."""
        flat, lead = self._flat(states)
        return self._energy(flat).reshape(lead)

    def _energy(self, state: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        stored = self._stored().astype(np.float64)
        wide = state.astype(np.float64)
        longest = (stored**2).sum(axis=1).max()
        lse = log_sum_exp(self.beta * wide @ stored.T) / self.beta
        square: NDArray[np.float64] = (wide**2).sum(axis=1)
        energy: NDArray[np.float64] = 0.5 * (square + longest) - lse + np.log(len(stored)) / self.beta
        return energy

    def _attention(self, state: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        scores = state @ self._stored().T
        scores *= self.beta
        scores -= scores.max(axis=1, keepdims=True)
        np.exp(scores, out=scores)
        scores /= scores.sum(axis=1, keepdims=True)
        return scores

    def _stored(self) -> NDArray[np.floating[Any]]:
        if self.patterns is None:
            raise UsageError("This modern Hopfield network stores nothing yet; call fit with patterns first.")
        return self.patterns

    def _flat(self, states: ArrayLike) -> tuple[NDArray[np.floating[Any]], tuple[int, ...]]:
        stored = self._stored()
        array = _floats(states)
        lead = array.shape[: max(0, array.ndim - len(self._shape))]
        if array.shape[len(lead) :] != self._shape:
            raise UsageError(f"States must end in the axes {self._shape} of the patterns; received {array.shape}.")
        return array.reshape(-1, stored.shape[1]).astype(stored.dtype, copy=False), lead


def _floats(values: ArrayLike) -> NDArray[np.floating[Any]]:
    array = np.asarray(values)
    array = array if array.dtype == np.float32 else array.astype(np.float64)
    if not np.isfinite(array).all():
        raise DataError("A pattern of a modern Hopfield network holds a number that is NaN or infinite.")
    return array
