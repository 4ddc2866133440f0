"""A look into a SentencePiece model's file before a C++ library reads it: a protocol buffer, walked field by field."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

from learnet.core import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
_PIECES, _TRAINER, _NORMALIZER = 1, 2, 3
_TEXT, _SCORE, _KIND = 1, 2, 3
_CHARSMAP, _RULES = 2, 6
_LONGEST_PIECE = 1024  # bytes
_KINDS = {1, 2, 3, 4, 5, 6}
_UNIGRAM, _MODEL_TYPE = 1, 3


def check_model_file(content: bytes, *, largest: int) -> None:
    """Check that a file is a plain SentencePiece model: pieces with scores, and no tables that rewrite texts.

    Args:
        content: The file, which nobody vouches for.
        largest: The most bytes that it may have.

    Raises:
        DataError: If it is anything else.
    """
    if len(content) > largest:
        raise DataError(f"A vocabulary may take {largest:,} bytes at most; this one takes {len(content):,}.")
    try:
        _check_model(content)
    except (ValueError, struct.error) as error:
        raise DataError(f"The vocabulary is no SentencePiece model of learnet's kind: {error}.") from None


def _check_model(content: bytes) -> None:
    checks = {_PIECES: _check_piece, _TRAINER: _check_trainer, _NORMALIZER: _check_normalizer}
    pieces = 0
    for field, value in _fields(content):
        if field not in checks:
            raise ValueError(f"it has a field {field}")
        checks[field](value)
        pieces += field == _PIECES
    if not pieces:
        raise ValueError("it has no pieces")


def _check_piece(value: int | bytes) -> None:
    text, score, kind = None, 0.0, 1
    for field, inner in _fields(_as_bytes(value)):
        if field == _TEXT:
            text = _as_bytes(inner)
        elif field == _SCORE:
            score = struct.unpack("<f", _as_bytes(inner))[0]
        elif field == _KIND:
            kind = inner if isinstance(inner, int) else 0
        else:
            raise ValueError(f"a piece has a field {field}")
    if not text or len(text) > _LONGEST_PIECE:
        raise ValueError(f"a piece should have 1 to {_LONGEST_PIECE} bytes")
    text.decode("utf-8")
    if not math.isfinite(score) or kind not in _KINDS:
        raise ValueError("a piece should have a finite score and a known kind")


def _check_trainer(value: int | bytes) -> None:
    for field, inner in _fields(_as_bytes(value)):
        if field == _MODEL_TYPE and inner != _UNIGRAM:
            raise ValueError("it should be a unigram model")


def _check_normalizer(value: int | bytes) -> None:
    for field, inner in _fields(_as_bytes(value)):
        if field in (_CHARSMAP, _RULES) and inner:
            raise ValueError("it holds a table that rewrites characters")


def _as_bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("a number stands where bytes should")  # noqa: TRY004 (of a file, not of an argument)
    return value


def _fields(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the fields of a message: their numbers, and an int or bytes each."""
    place = 0
    while place < len(content):
        tag, place = _varint(content, place)
        field, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            number, place = _varint(content, place)
            yield field, number
            continue
        if kind == _BYTES:
            size, place = _varint(content, place)
        elif kind in (_FOUR, _EIGHT):
            size = 4 if kind == _FOUR else 8
        else:
            raise ValueError(f"it has a field of the unknown type {kind}")
        if place + size > len(content):
            raise ValueError("it ends too early")
        yield field, content[place : place + size]
        place += size


def _varint(content: bytes, place: int) -> tuple[int, int]:
    number = 0
    for index in range(10):
        if place + index >= len(content):
            raise ValueError("it ends too early")
        byte = content[place + index]
        number |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return number, place + index + 1
    raise ValueError("it holds a number that does not end")
