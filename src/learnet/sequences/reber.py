"""Reber's grammar, and the grammar in which it is embedded so that its first choice matters at the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from learnet.core import DataError, generator

REBER_SYMBOLS = "BTPSXVE"
# The state in which a symbol arrives; 6 is the end.
_INNER: tuple[dict[str, int], ...] = (
    {"B": 1},
    {"T": 2, "P": 3},
    {"S": 2, "X": 4},
    {"T": 3, "V": 5},
    {"X": 3, "S": 6},
    {"P": 4, "V": 6},
    {"E": 7},
)


@dataclass(frozen=True, eq=False)
class ReberStrings:
    """Strings of a grammar as arrays, padded with zeros to the longest.

    Args:
        strings: The strings.
        inputs: All symbols but the last of each string, one unit of 7 each, float32 ``(n, steps, 7)``.
        successors: Which symbols may come next, float32 ``(n, steps, 7)`` of 0 and 1; all 0 in the padding.
        targets: Which symbol does come next, float32 ``(n, steps, 7)``; all 0 in the padding.
        lengths: Steps of each string, int64 ``(n,)``.
    """

    strings: tuple[str, ...]
    inputs: np.ndarray
    successors: np.ndarray
    targets: np.ndarray
    lengths: np.ndarray

    @property
    def mask(self) -> np.ndarray:
        """Where there is a step and no padding, bool ``(n, steps)``."""
        return np.arange(self.inputs.shape[1]) < self.lengths[:, None]


def reber(random: np.random.Generator) -> str:
    """Return one string of Reber's grammar; where two symbols may come, either does with probability 1/2.

    Source:
        Reber, Implicit Learning of Artificial Grammars, 1967.

    Example:
        >>> reber(generator(0, "reber"))[::len("BTXSE") - 1][0]
        'B'
    """
    state, string = 0, ""
    while state < len(_INNER):
        choices = _INNER[state]
        symbol = list(choices)[random.integers(len(choices))]
        state, string = choices[symbol], string + symbol
    return string


def embedded_reber(count: int, *, seed: int) -> ReberStrings:
    """Return strings ``B T (Reber) T E`` and ``B P (Reber) P E``: the last symbol but one repeats the second.

    Args:
        count: Strings; at least 1. Short ones come more than once.
        seed: The run's seed.

    Source:
        Hochreiter and Schmidhuber, 1997, section 5.1, figure 4 (after Smith and Zipser, and Cleeremans et al., 1989).

    Example:
        >>> some = embedded_reber(10, seed=0)
        >>> all(string[1] == string[-2] for string in some.strings), bool(min(some.lengths) >= 8)
        (True, True)
    """
    random = generator(seed, "embedded reber")
    strings = tuple(
        f"B{outer}{reber(random)}{outer}E" for outer in ("TP"[number] for number in random.integers(0, 2, count))
    )
    return _arrays(strings)


def legal_successors(string: str, *, embedded: bool = True) -> list[str]:
    """Return, after each symbol but the last, the symbols that may come next.

    Args:
        string: A whole string of the grammar.
        embedded: Of the embedded grammar; else of Reber's own.

    Raises:
        DataError: If the string is not of the grammar; the sentence says from where.

    Example:
        >>> legal_successors("BTXSE", embedded=False)
        ['TP', 'SX', 'XS', 'E']
        >>> legal_successors("BTBTXSETE")
        ['TP', 'B', 'TP', 'SX', 'XS', 'E', 'T', 'E']
    """
    if not embedded:
        return _walk(string, string)
    if len(string) < 4 or string[0] != "B" or string[1] not in "TP":
        raise DataError(f"'{string}' is no string of the embedded grammar: it begins with neither BT nor BP.")
    if string[-2:] != f"{string[1]}E":
        raise DataError(f"'{string}' is no string of the embedded grammar: it must end in {string[1]}E.")
    return ["TP", "B", *_walk(string[2:-2], string), string[1], "E"]


def _walk(inner: str, whole: str) -> list[str]:
    state, successors = 0, []
    for place, symbol in enumerate(inner):
        if state >= len(_INNER) or symbol not in _INNER[state]:
            raise DataError(
                f"'{whole}' is no string of the grammar: its inner part is wrong from '{inner[place:]}' on."
            )
        state = _INNER[state][symbol]
        successors.append("".join(_INNER[state]) if state < len(_INNER) else "")
    if state != len(_INNER):
        raise DataError(f"'{whole}' is no string of the grammar: its inner part '{inner}' does not end.")
    return successors[:-1]


def _arrays(strings: tuple[str, ...]) -> ReberStrings:
    lengths = np.array([len(string) - 1 for string in strings])
    shape = len(strings), int(lengths.max()), len(REBER_SYMBOLS)
    inputs, successors, targets = (np.zeros(shape, np.float32) for _ in range(3))
    for row, string in enumerate(strings):
        for step, legal in enumerate(legal_successors(string)):
            inputs[row, step, REBER_SYMBOLS.index(string[step])] = 1
            targets[row, step, REBER_SYMBOLS.index(string[step + 1])] = 1
            successors[row, step, [REBER_SYMBOLS.index(symbol) for symbol in legal]] = 1
    return ReberStrings(strings, inputs, successors, targets, lengths)
