"""Which tracks are driven for what: those that are recorded and those that judge can never be the same.

A track is a seed of the simulator. Recorded ones are even numbers and judging ones are odd.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from learnet.core import UsageError, generator

if TYPE_CHECKING:
    from collections.abc import Iterable

Purpose = Literal["record", "evaluate"]
_REMAINDERS: dict[Purpose, int] = {"record": 0, "evaluate": 1}
_MOST = 100_000
_LARGEST = 2**30


def track_seeds(purpose: Purpose, *, count: int, seed: int) -> tuple[int, ...]:
    """Return the seeds of ``count`` different tracks; a larger count begins with the same ones.

    Args:
        purpose: ``"record"`` gives even numbers, ``"evaluate"`` odd ones.
        count: From 1 to 100,000.
        seed: Every choice comes from it.

    Raises:
        UsageError: If the count is out of its range.

    Example:
        >>> [track % 2 for track in track_seeds("record", count=3, seed=0)]
        [0, 0, 0]
        >>> set(track_seeds("record", count=100, seed=1)) & set(track_seeds("evaluate", count=100, seed=1))
        set()
    """
    if not 1 <= count <= _MOST:
        raise UsageError(f"The number of tracks must be 1 to {_MOST:,}; received {count}.")
    random, chosen = generator(seed, f"tracks to {purpose}"), dict[int, None]()
    while len(chosen) < count:
        chosen[2 * int(random.integers(_LARGEST)) + _REMAINDERS[purpose]] = None
    return tuple(chosen)


def check_unseen(tracks: Iterable[int], recorded: Iterable[int]) -> None:
    """Check that no track that judges was ever recorded.

    Raises:
        UsageError: If one was, or could have been.

    Example:
        >>> check_unseen([3, 4], [8])
        Traceback (most recent call last):
        learnet.core.errors.UsageError: A driver is judged on tracks that were never recorded, but 4 is of the \
recorded kind. Take tracks from track_seeds('evaluate', ...).
    """
    seen = set(recorded)
    for track in tracks:
        if track in seen or track % 2 != _REMAINDERS["evaluate"]:
            raise UsageError(
                f"A driver is judged on tracks that were never recorded, but {track} is of the recorded kind. Take "
                "tracks from track_seeds('evaluate', ...)."
            )
