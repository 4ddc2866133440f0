"""Copies of a photo, exact or re-encoded, resized, a little brighter: found by a perceptual hash."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from learnet.data.grouped import components

if TYPE_CHECKING:
    from collections.abc import Iterator

HASH_BYTES = 32
_CELLS = 16
_CHESSBOARD = np.indices((_CELLS, _CELLS)).sum(axis=0) % 2 == 0
_EDGES = _CELLS + 2
_NOISE = 3  # grey levels; a smaller difference between neighbouring cells is what compression leaves
_SMALLEST_SIDE = 32  # pixels; smaller pictures look alike without being copies (measured on 8 x 8 digits)
_NO_HASH = bytes(HASH_BYTES)
_LEAST_BITS = 24  # a photo with fewer bits set is too plain to be told from another plain one
_SHARE, _MOST_BITS = 0.08, 15  # two photos are copies if their hashes differ in at most this share of the bits they set
_BANDS = 16  # one more than _MOST_BITS: hashes that differ in 15 bits agree in at least one of 16 bands
_LONGEST_RUN = 64
_SCATTERED = (np.arange(_CELLS) * _CELLS + np.add.outer(np.arange(_BANDS), np.arange(_CELLS)) % _CELLS).reshape(-1)
"""The bits of each band lie on a diagonal of the cells: neighbours tell much the same."""


def perceptual_hash(image: np.ndarray) -> bytes:
    """Return 256 bits by which copies of a photo are recognised.

    The photo's grey values are averaged over 17 x 17 cells. The bits say whether the next cell to the right is brighter
    by more than noise, or the next below: one or the other for each cell, as the colours of a chessboard. Almost all
    bits of a plain photo are 0.

    Args:
        image: uint8 RGB ``(h, w, 3)``.

    Returns:
        32 bytes; zeros for a picture with a side under 32 pixels, which has too little detail.
    """
    import cv2

    if min(image.shape[:2]) < _SMALLEST_SIDE:
        return _NO_HASH
    cells = _mean_cells(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
    here = cells[:-1, :-1] + _NOISE
    return np.packbits(np.where(_CHESSBOARD, cells[:-1, 1:] > here, cells[1:, :-1] > here)).tobytes()


def _mean_cells(grey: np.ndarray) -> np.ndarray:
    """Average a grey picture over 17 x 17 equal cells, edges between pixels included.

    The integral image gives sums up to any whole pixel; between two they grow linearly. The result is that of OpenCV's
    area interpolation, several times faster.
    """
    import cv2

    height, width = grey.shape
    (rows, down), (columns, right) = _edges(height), _edges(width)
    corners = cv2.integral(grey).take(rows, axis=0).take(columns, axis=1)
    upper, lower = corners[:_EDGES], corners[_EDGES:]
    across = upper + (lower - upper) * down[:, None]
    left, beyond = across[:, :_EDGES], across[:, _EDGES:]
    sums = left + (beyond - left) * right
    bands = sums[1:] - sums[:-1]
    means: np.ndarray = (bands[:, 1:] - bands[:, :-1]) * ((_EDGES - 1) ** 2 / (height * width))
    return means


@lru_cache(maxsize=1024)
def _edges(size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the whole pixels before, then those after the edges of 17 cells, and how far each edge lies beyond."""
    edges = np.linspace(0, size, _EDGES)
    before = np.minimum(edges.astype(np.int64), size - 1)
    return np.concatenate([before, before + 1]), edges - before


def exact_groups(digests: np.ndarray) -> np.ndarray:
    """Return int ``(n,)`` group numbers; photos of the same content have the same number.

    Args:
        digests: uint8 ``(n, 32)``, SHA-256 of each photo's content.
    """
    return np.unique(_as_scalars(digests), return_inverse=True)[1].reshape(-1)


def near_duplicate_groups(hashes: np.ndarray, digests: np.ndarray) -> np.ndarray:
    """Group photos that are copies of each other, exact or near.

    Photos are near copies if their hashes differ in at most 8 % of the bits that the two set together, and in at most
    15. Plain photos (fewer than 24 bits set) count as copies only if their content is the same.

    Args:
        hashes: uint8 ``(n, 32)``, each photo's ``perceptual_hash``.
        digests: uint8 ``(n, 32)``, SHA-256 of each photo's content.

    Returns:
        int32 ``(n,)``, group numbers from 0 in order of appearance.
    """
    exact = exact_groups(digests)
    first = np.unique(exact, return_index=True)[1]
    pairs = near_pairs(hashes)
    rows = np.concatenate([np.arange(len(exact)), pairs[:, 0]])
    return components(rows, np.concatenate([first[exact], pairs[:, 1]]), size=len(exact))


def near_pairs(hashes: np.ndarray) -> np.ndarray:
    """Return int64 ``(m, 2)``, pairs of photos whose hashes are near; equal hashes are chained, not paired all to all.

    Hashes that differ in at most 15 bits agree in at least one of 16 bands of bits, so only photos that agree in a band
    are compared. Where more than 64 agree, each is compared with the next 64: enough, as near hashes agree in many.

    Args:
        hashes: uint8 ``(n, 32)``.
    """
    telling = np.flatnonzero(np.bitwise_count(hashes).sum(axis=1) >= _LEAST_BITS)
    _, first, inverse = np.unique(_as_scalars(hashes[telling]), return_index=True, return_inverse=True)
    equal = np.stack([telling[first[inverse.reshape(-1)]], telling], axis=1)
    distinct = telling[first]
    words = np.ascontiguousarray(hashes[distinct]).view(np.uint64)
    bits = np.bitwise_count(words).sum(axis=1, dtype=np.int64)
    near = [equal[equal[:, 0] != equal[:, 1]]]
    for left, right in _candidates(hashes[distinct]):
        distance = np.bitwise_count(words[left] ^ words[right]).sum(axis=1)
        close = (distance <= _MOST_BITS) & (distance <= _SHARE * (bits[left] + bits[right]))
        near.append(np.stack([distinct[left[close]], distinct[right[close]]], axis=1))
    return np.unique(np.sort(np.concatenate(near), axis=1), axis=0)


def _candidates(hashes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield the positions of pairs that agree in a band, band by band."""
    bits = np.unpackbits(hashes, axis=1)[:, _SCATTERED]
    bands = np.ascontiguousarray(np.packbits(bits, axis=1)).view(np.uint16)
    for band in range(_BANDS):
        order = np.argsort(bands[:, band], kind="stable")
        keys = bands[order, band]
        starts = np.arange(len(order))
        for step in range(1, _LONGEST_RUN + 1):
            starts = starts[starts < len(order) - step]
            starts = starts[keys[starts] == keys[starts + step]]
            if not len(starts):
                break
            yield order[starts], order[starts + step]


def _as_scalars(rows: np.ndarray) -> np.ndarray:
    """View each row of bytes as one value that can be compared."""
    return np.ascontiguousarray(rows).view(f"S{rows.shape[1]}").reshape(-1)
