"""Search spaces as TOML files: written by hand, read with a sentence for whatever is wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from learnet.core import UsageError
from learnet.tuning.space import Choice, Parameter, Range, Space, Values, frozen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_RANGE_KEYS = ("low", "high", "log", "whole", "points")
OPTION = "option."  # before the names of what a network's builder takes


def read_space(path: str | Path, *, whole: Collection[str] = ()) -> Space:
    r"""Read a search space.

    In the file a setting is a number or a name (fixed), a list (a choice), or a table with ``low`` and ``high`` (a
    range; ``log``, ``whole`` and ``points`` as in ``Range``). What a network's builder takes stands in the table
    ``[option]``. ``[[trials]]`` are settings to be tried one after the other by a manual search.

    Args:
        path: The file.
        whole: Names of the settings that are whole numbers.

    Raises:
        UsageError: If the file cannot be read, or says what makes no sense; the setting is named.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     file = Path(folder) / "space.toml"
        ...     _ = file.write_text('optimizer = ["adam", "sgd"]\nlearning_rate = { low = 0.001, high = 1 }')
        ...     read_space(file).parameters["optimizer"].values
        ('adam', 'sgd')
    """
    try:
        told = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"The search space '{path}' cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The search space '{path}' is no TOML: {error}. A line looks like: batch_size = [32, 64]"
        ) from error
    try:
        return parse_space(told, whole=whole)
    except UsageError as error:
        raise UsageError(f"In the search space '{path}': {error}") from None


def parse_space(told: Mapping[str, Any], *, whole: Collection[str] = ()) -> Space:
    """Return the space that a mapping describes, as ``read_space`` does for a file."""
    parameters: dict[str, Parameter] = {}
    trials: tuple[Values, ...] = ()
    for name, value in told.items():
        if name == "trials":
            trials = _trials(value)
        elif name == "option":
            if not isinstance(value, dict):
                raise UsageError("'option' is a table of what the network's builder takes, e.g. option.widths = …")
            for inner, each in value.items():
                parameters[OPTION + inner] = _parameter(OPTION + inner, each, whole=whole)
        else:
            parameters[name] = _parameter(name, value, whole=whole)
    return Space(parameters=parameters, trials=trials)


def _parameter(name: str, value: Any, *, whole: Collection[str]) -> Parameter:
    try:
        if isinstance(value, Range | Choice):
            return value
        if isinstance(value, dict):
            return _range(value, whole=name in whole)
        return Choice(values=frozen(value) if isinstance(value, list | tuple) else (value,))
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None


def _range(value: Mapping[str, Any], *, whole: bool) -> Range:
    unknown = [key for key in value if key not in _RANGE_KEYS]
    missing = [key for key in ("low", "high") if key not in value]
    if unknown or missing:
        what = f"knows no '{unknown[0]}'" if unknown else f"lacks '{missing[0]}'"
        raise UsageError(f"a range has low and high, and may have log, whole and points; this one {what}.")
    for key in ("low", "high"):
        if isinstance(value[key], bool) or not isinstance(value[key], int | float):
            raise UsageError(f"the {key} end of a range must be a number; received {value[key]!r}.")
    return Range(**{"whole": whole, **value})


def _trials(value: Any) -> tuple[Values, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(trial, dict) for trial in value):
        raise UsageError("'trials' is a list of tables: write [[trials]] above each group of settings.")
    return tuple({key: frozen(each) for key, each in _flat(trial).items()} for trial in value)


def _flat(trial: Mapping[str, Any]) -> dict[str, Any]:
    flat = {key: each for key, each in trial.items() if key != "option"}
    return {**flat, **{OPTION + key: each for key, each in trial.get("option", {}).items()}}


def write_space(space: Space) -> str:
    """Return a space as TOML text, to be changed and read again."""
    lines = [f"{_key(name)} = {_toml(parameter)}" for name, parameter in space.parameters.items()]
    for trial in space.trials:
        lines += ["", "[[trials]]", *(f"{_key(name)} = {_toml(value)}" for name, value in trial.items())]
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name  # an option's dot is TOML's own


def _toml(value: Any) -> str:
    if isinstance(value, Range):
        parts = [f"low = {_toml(value.ends()[0])}", f"high = {_toml(value.ends()[1])}"]
        parts += ["log = true"] * value.log + ["whole = true"] * value.whole
        parts += [f"points = {value.points}"] * (value.points != 4)
        return f"{{ {', '.join(parts)} }}"
    if isinstance(value, Choice):
        return _toml(value.values[0] if len(value.values) == 1 and not _is_list(value.values[0]) else value.values)
    if _is_list(value):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    return f"{value!r}" if isinstance(value, int) or "." in repr(value) else f"{value:.1e}"


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)
