"""Groups of photos that stay together: joining them, and choosing whole groups so that each class has its number."""

from __future__ import annotations

import numpy as np

_PASSES = 10
_MISSING = 1e6  # the cost of a class that would be missing on one side, above all deviations in number


def components(rows: np.ndarray, columns: np.ndarray, *, size: int) -> np.ndarray:
    """Return int32 ``(size,)`` group numbers: photos joined by a chain of pairs ``rows[i], columns[i]`` are a group."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(size, size))
    return renumber(connected_components(graph, directed=False)[1])


def renumber(ids: np.ndarray) -> np.ndarray:
    """Number groups from 0 in order of appearance.

    Example:
        >>> renumber(np.array([7, 3, 7, 5])).tolist()
        [0, 1, 0, 2]
    """
    _, index, inverse = np.unique(ids, return_index=True, return_inverse=True)
    order = np.empty(len(index), np.int32)
    order[np.argsort(index)] = np.arange(len(index))
    return order[inverse.reshape(-1)]


def choose_groups(
    labels: np.ndarray, *, ids: np.ndarray, draws: np.ndarray, wanted: np.ndarray, take_sole: bool
) -> np.ndarray:
    """Choose whole groups at random with ``wanted`` photos of each class, or as near as their sizes allow.

    Groups of several classes are placed first, as they bind most; then each class is filled up from the groups that
    are its own. Each class gets at least one photo chosen and one not, where it has groups enough.

    Args:
        labels: int ``(n,)``, each photo's class.
        ids: int ``(n,)``, each photo's group, numbered from 0.
        draws: float64 ``(n,)``, a random number for each photo; a group's number is the smallest of its photos'.
        wanted: int ``(k,)``, how many photos to choose of each class.
        take_sole: Whether a class that consists of one group is chosen.

    Returns:
        bool ``(n,)``, which photos are chosen.
    """
    groups, classes = int(ids.max(initial=-1)) + 1, len(wanted)
    sizes = np.bincount(ids, minlength=groups)
    draw = np.full(groups, np.inf)
    np.minimum.at(draw, ids, draws)
    lowest, highest = np.full(groups, classes), np.full(groups, -1)
    np.minimum.at(lowest, ids, labels)
    np.maximum.at(highest, ids, labels)
    mixed = lowest != highest
    totals = np.bincount(labels, minlength=classes)
    own = np.bincount(labels[~mixed[ids]], minlength=classes)

    chosen = np.zeros(groups, bool)
    chosen[_place_mixed(labels, ids=ids, mixed=mixed, draw=draw, wanted=wanted, own=own)] = True
    have = np.bincount(labels[chosen[ids]], minlength=classes)
    for label in np.flatnonzero(own):
        candidates = np.flatnonzero(~mixed & (lowest == label))
        candidates = candidates[np.argsort(draw[candidates], kind="stable")]
        all_mixed_chosen = have[label] == totals[label] - own[label]
        taken = _fill(
            sizes[candidates].tolist(),
            target=int(wanted[label] - have[label]),
            least=int(have[label] == 0 and wanted[label] > 0),
            most=int(own[label] - all_mixed_chosen),
            take_sole=take_sole,
        )
        chosen[candidates[taken]] = True
    return np.asarray(chosen[ids])


def _place_mixed(
    labels: np.ndarray, *, ids: np.ndarray, mixed: np.ndarray, draw: np.ndarray, wanted: np.ndarray, own: np.ndarray
) -> list[int]:
    """Choose among the groups of several classes: in random order, whatever brings the classes nearer to ``wanted``.

    What a class lacks can be filled from its ``own`` groups, so only more than wanted, or less than these can fill,
    counts as a deviation.
    """
    members: dict[int, list[int]] = {int(group): [] for group in np.flatnonzero(mixed)}
    for photo in np.flatnonzero(mixed[ids]):
        members[int(ids[photo])].append(int(labels[photo]))
    counts = {group: np.unique(classes, return_counts=True) for group, classes in members.items()}
    most = np.bincount(labels[mixed[ids]], minlength=len(wanted))
    have = np.zeros(len(wanted), np.int64)

    def cost(classes: np.ndarray, number: np.ndarray) -> float:
        lacking = np.maximum(wanted[classes] - own[classes] - number, number - wanted[classes])
        missing = (own[classes] == 0) & (wanted[classes] > 0) & ((number == 0) | (number == most[classes]))
        shares = np.maximum(lacking, 0) / np.maximum(wanted[classes], 1)
        return float((shares**2).sum() + _MISSING * missing.sum())

    chosen: set[int] = set()
    for _ in range(_PASSES):
        changed = False
        for group in sorted(members, key=lambda group: (draw[group], group)):
            classes, number = counts[group]
            after = have[classes] + (-number if group in chosen else number)
            if cost(classes, after) < cost(classes, have[classes]) - 1e-12:
                have[classes] = after
                chosen ^= {group}
                changed = True
        if not changed:
            break
    return sorted(chosen)


def _fill(sizes: list[int], *, target: int, least: int, most: int, take_sole: bool) -> list[int]:
    """Return the positions of groups whose sizes add up to ``target``, or to the nearest sum in ``least..most``.

    The first that fit are taken, so a random order gives a random choice. ``reach[j]`` holds, as the bits of a whole
    number, the sums that the groups of two or more from the ``j``-th on can make; groups of one fill any gap.
    """
    several = [size for size in sizes if size > 1]
    reach = [1]
    for size in reversed(several):
        reach.append(reach[-1] | reach[-1] << size)
    reach.reverse()
    singles, passed = sizes.count(1), 0

    def possible(total: int) -> bool:
        lowest = max(0, total - singles)
        return total >= 0 and bool(reach[passed] >> lowest & ((1 << (total - lowest + 1)) - 1))

    allowed = (
        total
        for distance in range(sum(sizes) + abs(target) + 1)
        for total in (target - distance, target + distance)
        if least <= total <= most and possible(total)
    )
    left = next(allowed, None)
    if left is None:
        return list(range(len(sizes))) if take_sole else []
    taken = []
    for position, size in enumerate(sizes):
        singles, passed = singles - (size == 1), passed + (size > 1)
        if possible(left - size):
            taken.append(position)
            left -= size
    return taken
