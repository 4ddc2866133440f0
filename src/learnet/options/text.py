"""How the values of options are written as text, on command lines and in forms, and read again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import PlainValidator, WithJsonSchema

from learnet.core.errors import UsageError

_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


@dataclass(frozen=True, eq=False)
class Notation:
    """How one type of value is written.

    Attributes:
        words: What a value is, e.g. ``"a whole number"``.
        metavar: What help texts show in the place of a value; empty if the flag alone says it: ``--flip``.
        parse: From text to a value; raises ``ValueError`` for text that is none.
        write: From a value to text that ``parse`` takes.
        many: Whether the option is given once for each entry.
        python: The type that Python's signatures show, where it is not the field's own.
    """

    words: str
    metavar: str
    parse: Callable[[Any], Any] = lambda text: text
    write: Callable[[Any], Any] = str
    many: bool = False
    python: str = ""


def seconds_of(duration: str) -> float:
    """Return the seconds of a duration such as ``90s``, ``10m`` or ``1.5h``; a bare number is seconds.

    Example:
        >>> seconds_of("1.5h")
        5400.0
    """
    match = re.fullmatch(r"\s*(\d+(?:\.\d*)?(?:e[+-]?\d+)?)\s*(s|m|min|h)?\s*", duration)
    if match is None:
        raise ValueError(duration)
    return float(match[1]) * _UNITS[match[2] or ""]


def _size(text: str) -> tuple[int, ...]:
    sides = tuple(map(int, text.lower().split("x")))
    return sides * 2 if len(sides) == 1 else sides


def _names(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text) if text.startswith("[") else filter(None, map(str.strip, text.split(","))))


def _write_names(names: tuple[str, ...]) -> str:
    plain = ",".join(names)
    return plain if not plain.startswith("[") and _names(plain) == names else json.dumps(names)


def _pairs(words: Any) -> dict[str, Any]:
    """Return what a network's builder takes: names, truth values and whole numbers, by ``NAME=VALUE`` or a mapping."""
    if isinstance(words, dict):
        return {name: _entry(value) for name, value in words.items()}
    words = [words] if isinstance(words, str) else list(words)
    pairs = [word.partition("=")[::2] for word in words if words != ["none"]]
    if not all(re.fullmatch(r"\w+", name) and value for name, value in pairs):
        raise ValueError(words)
    return {name: _entry(value) for name, value in pairs}


def _entry(value: Any) -> Any:
    if isinstance(value, bool) or value in ("true", "false"):
        return value in (True, "true")
    numbers = re.split(",", value) if isinstance(value, str) else value if isinstance(value, list | tuple) else [value]
    if all(re.fullmatch(r"[+-]?\d+", str(number)) for number in numbers) and numbers:
        return [int(number) for number in numbers]
    if not isinstance(value, str) or not value:
        raise UsageError(f"A network's option is a name, true, false or whole numbers; received {value!r}.")
    return value


def _write_entry(value: Any) -> str:
    return (
        ",".join(map(str, value))
        if isinstance(value, list)
        else str(value).lower()
        if value in (True, False)
        else value
    )


def _text(value: Any) -> str:
    if not isinstance(value, str | Path):
        raise ValueError(value)  # noqa: TRY004 (a validator's error)
    return str(value)


BOOL, INT = Notation("true or false", ""), Notation("a whole number", "INTEGER")
FLOAT, TEXT = Notation("a number", "NUMBER", write=repr), Notation("text", "TEXT")

PATH = Notation("a path", "PATH", python="str | Path")
_STRING = WithJsonSchema({"type": "string"})
Text = Annotated[str, PlainValidator(_text), _STRING, TEXT]
PathText = Annotated[str, PlainValidator(_text), _STRING, PATH]
Paths = Annotated[
    tuple[str, ...],
    PlainValidator(lambda paths: tuple(map(_text, [paths] if isinstance(paths, str | Path) else paths))),
    WithJsonSchema({"type": "array", "items": {"type": "string"}}),
    Notation("paths", "PATHS", many=True, python="str | Path | Iterable[str | Path]"),
]
Duration = Annotated[
    float,
    Notation(
        "a duration such as 90s, 10m or 1h",
        "TIME",
        parse=seconds_of,
        write=lambda value: f"{value:g}s" if float(f"{value:g}") == value else f"{value!r}s",
    ),
]
Size = Annotated[
    tuple[int, int],
    Notation("a height and a width such as 224x224", "HxW", parse=_size, write=lambda size: "x".join(map(str, size))),
]
Numbers = Annotated[
    tuple[int, ...],
    Notation(
        "whole numbers with commas between them",
        "N,N,…",
        parse=lambda text: tuple(map(int, filter(None, text.split(",")))),
        write=lambda value: ",".join(map(str, value)),
    ),
]
Names = Annotated[
    tuple[str, ...], Notation("names with commas between them", "A,B,…", parse=_names, write=_write_names)
]
Pairs = Annotated[
    dict[str, Any],
    Notation(
        "NAME=VALUE, for example hidden=300,100",
        "NAME=VALUE",
        parse=_pairs,
        write=lambda pairs: [f"{name}={_write_entry(value)}" for name, value in pairs.items()] or ["none"],
        many=True,
    ),
]
Switch = Annotated[
    bool | Literal["auto"],
    Notation(
        "on, off or auto",
        "on|off|auto",
        parse={"auto": "auto", "on": True, "off": False}.__getitem__,
        write=lambda value: {True: "on", False: "off"}.get(value, "auto"),
    ),
]


def choices_of(annotation: Any) -> tuple[str, ...]:
    """Return the values of a ``Literal``, also of one inside a tuple or beside None."""
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next(filter(None, map(choices_of, get_args(annotation))), ())


def is_optional(annotation: Any) -> bool:
    """Return whether None is a value of a type."""
    return get_origin(annotation) in (Union, UnionType) and type(None) in get_args(annotation)


def notation_of(annotation: Any, metadata: Any = ()) -> Notation:
    """Return how values of a field's type are written."""
    known = next((item for item in metadata if isinstance(item, Notation)), None)
    origin, inner = get_origin(annotation), get_args(annotation)
    if known is not None:
        return known
    if origin is Annotated:
        return notation_of(inner[0], annotation.__metadata__)
    if is_optional(annotation):
        return notation_of(inner[0])
    if origin is Literal:
        return Notation(f"one of {', '.join(inner)}", "|".join(inner))
    return notation_of(Names) if origin is tuple else {bool: BOOL, int: INT, float: FLOAT}.get(annotation, TEXT)


def as_json(value: Any) -> Any:
    """Return a value with lists for tuples."""
    return [as_json(each) for each in value] if isinstance(value, tuple) else value
