"""Strict JSON: ``bundle.json`` as bytes, sealed by its own checksum, and the rules for any JSON inside a bundle."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from learnet.core import BundleError, sha256_bytes

MAX_DOCUMENT_BYTES = 8_000_000
_MAX_CONTAINERS = 100_000
_MAX_DEPTH = 16
_MAX_INTEGER = 2**63
_SEAL = "checksum"
_UNSEALED = "0" * 64
_SHA256 = re.compile(r"[0-9a-f]{64}")


def is_sha256(value: object) -> bool:
    """Return whether ``value`` is a SHA-256 as 64 lower-case hexadecimal digits."""
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def parse_json(content: bytes, *, name: str) -> dict[str, Any]:
    """Read one JSON object from bytes that nobody vouches for.

    Stricter than ``json.loads``: UTF-8 only, no duplicate keys, no NaN or infinity (``1e999`` neither), no integer
    beyond 64 bits, no lone surrogates, at most 16 levels deep and 100,000 objects and lists, so that a small file
    cannot ask for much memory.

    Args:
        content: The bytes; the caller has limited their number.
        name: What they are, for the error's sentence.

    Returns:
        The object.

    Raises:
        BundleError: If the bytes are anything else.

    Example:
        >>> parse_json(b'{"a": [1, 2.5, null]}', name="example")
        {'a': [1, 2.5, None]}
    """
    if content.count(b"{") + content.count(b"[") > _MAX_CONTAINERS:
        raise BundleError(f"{name} holds more than {_MAX_CONTAINERS:,} JSON objects and lists, far more than it needs.")
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=_unique_keys, parse_constant=_no_constant)
    except RecursionError:
        raise BundleError(f"{name} is nested too deeply: at most {_MAX_DEPTH} levels are allowed.") from None
    except ValueError as error:  # also UnicodeDecodeError, JSONDecodeError, and integers of thousands of digits
        raise BundleError(f"{name} is not valid JSON: {error}.") from None
    if not isinstance(value, dict):
        raise BundleError(f"{name} should hold a JSON object, but holds {describe(value)}.")
    check_json(value, name=name)
    return value


def check_json(value: object, *, name: str) -> None:
    """Check that ``value`` is made of what JSON can say, within the limits of ``parse_json``.

    Raises:
        BundleError: Naming the place of the first part that is not.
    """
    places: list[tuple[str, object, int]] = [(name, value, 0)]
    while places:
        place, part, depth = places.pop()
        if depth > _MAX_DEPTH:
            raise BundleError(f"{name} is nested too deeply: at most {_MAX_DEPTH} levels are allowed.")
        if isinstance(part, dict):
            for key in part:
                _check_scalar(key if isinstance(key, str) else b"", place=f"a key of {place}")
            places += [(f"{place}['{key}']", item, depth + 1) for key, item in part.items()]
        elif isinstance(part, list | tuple):
            places += [(place, item, depth + 1) for item in part]
        else:
            _check_scalar(part, place=place)


def _check_scalar(value: object, *, place: str) -> None:
    if isinstance(value, str):
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise BundleError(f"{place} is {value!a}, which is not valid Unicode text.")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise BundleError(f"{place} is not a finite number.")
    elif isinstance(value, int):  # bool included
        if abs(value) >= _MAX_INTEGER:
            raise BundleError(f"{place} is an integer of more than 64 bits.")
    elif value is not None:
        raise BundleError(f"{place} is of type {type(value).__name__}, which JSON does not have.")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a key occurs twice in one object")
    return value


def _no_constant(constant: str) -> NoReturn:
    raise ValueError(f"it contains {constant}, which is not a JSON number")


def describe(value: object) -> str:
    """Return a short description of a received value, for the end of a sentence.

    Example:
        >>> describe([1, 2]), describe(3.5)
        ('a list', '3.5')
    """
    kinds: dict[type, str] = {dict: "an object", list: "a list", tuple: "a list", type(None): "nothing"}
    return kinds.get(type(value)) or ascii(value)[:80]


def exactly(value: object, names: set[str], place: str) -> dict[str, Any]:
    """Return ``value`` if it is an object with exactly these keys.

    Raises:
        BundleError: If it is anything else; ``place`` says where it was found.
    """
    if not isinstance(value, dict):
        raise BundleError(f"{place} should be an object, but is {describe(value)}.")
    missing, unknown = sorted(names - value.keys()), [ascii(name)[:80] for name in value if name not in names]
    if missing or unknown:
        said = [f"lacks {', '.join(missing)}"] if missing else []
        said += [f"has the unknown {', '.join(unknown[:5])}"] if unknown else []
        raise BundleError(f"{place} should have exactly {', '.join(sorted(names))}; it {' and '.join(said)}.")
    return value


def seal(value: dict[str, Any]) -> bytes:
    """Return ``value`` as the bytes of ``bundle.json``, with a checksum over all of those bytes.

    The checksum is the SHA-256 of the file with 64 zeros in the checksum's place.

    Raises:
        BundleError: If the file would be larger than ``unseal`` allows.
    """
    text = json.dumps({**value, _SEAL: _UNSEALED}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    head, _, tail = text.rpartition(_UNSEALED)
    content = f"{head}{sha256_bytes(text.encode('utf-8'))}{tail}".encode()
    if len(content) > MAX_DOCUMENT_BYTES:
        raise BundleError(
            f"bundle.json would hold {len(content):,} bytes, but at most {MAX_DOCUMENT_BYTES:,} are allowed: "
            "there are too many classes, or their names are too long."
        )
    return content


def check_seal(content: bytes, value: dict[str, Any]) -> None:
    """Check that ``content``, which holds ``value``, is byte for byte what ``seal`` made.

    Raises:
        BundleError: If as much as one byte was changed.
    """
    checksum = value.get(_SEAL)
    if not isinstance(checksum, str) or not is_sha256(checksum):
        raise BundleError(
            f"bundle.json should end with its checksum, 64 hexadecimal digits, but has {describe(checksum)} there."
        )
    head, _, tail = content.rpartition(checksum.encode())
    if sha256_bytes(head + _UNSEALED.encode() + tail) != checksum:
        raise BundleError("bundle.json was changed after it was written: its checksum does not match its content.")
