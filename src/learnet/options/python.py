"""Workflows as Python functions: every option a keyword, with its default, type and help."""

from __future__ import annotations

import inspect
import textwrap
from pathlib import Path
from types import UnionType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from learnet.core.errors import unknown_name
from learnet.options.schema import Schema, extra_of, help_of, written

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic.fields import FieldInfo

ResultT = TypeVar("ResultT")


def by_keywords(run: Callable[..., ResultT], config: type[Schema]) -> Callable[..., ResultT]:
    """Return a workflow as a function that takes each of its options by keyword.

    Args:
        run: Takes a configuration and, by keyword, what is no option: ``out``, ``progress``, and objects in the place
            of text, such as an open dataset as ``data``.
        config: The options.

    Returns:
        The function; ``help`` and editors show every option.

    Example:
        >>> from learnet.options.others import ChartConfig
        >>> def run(config, *, out=None):
        ...     '''Draw.'''
        ...     return config.images, out
        >>> by_keywords(run, ChartConfig)(images=3, out="folder")
        (3, 'folder')
    """
    signature, places = _signature(run, config), config.positional()

    def workflow(*values: Any, **given: Any) -> ResultT:
        given |= dict(zip(places, values, strict=False))
        for name in given:
            if name not in signature.parameters:
                raise unknown_name(f"option of {config.verb}", name, signature.parameters)
        objects = {name: value for name, value in given.items() if name not in config.model_fields}
        objects |= {name: given[name] for name in places if name in given and not _is_text(given[name])}
        told = {name: value for name, value in given.items() if name not in objects}
        told |= {name: "" if config.model_fields[name].annotation is str else () for name in places if name in objects}
        return run(config.of(**told), **objects)

    workflow.__name__ = workflow.__qualname__ = config.verb.replace(" ", "_")
    workflow.__module__, workflow.__doc__ = run.__module__, _docstring(run, config)
    workflow.__signature__ = signature  # type: ignore[attr-defined]
    return workflow


def _signature(run: Callable[..., Any], config: type[Schema]) -> inspect.Signature:
    own, places, kinds = dict(inspect.signature(run).parameters), config.positional(), inspect.Parameter
    hints = get_type_hints(config)
    parameters = [
        kinds(
            name,
            kinds.POSITIONAL_OR_KEYWORD if name in places else kinds.KEYWORD_ONLY,
            default=kinds.empty if field.is_required() else config.default_of(name),
            annotation=own[name].annotation.removesuffix(" | None") if name in own else _type_of(hints[name], field),
        )
        for name, field in config.visible().items()
    ]
    parameters.sort(key=lambda each: each.kind)
    parameters += [each for name, each in list(own.items())[1:] if name not in places]
    return inspect.Signature(parameters, return_annotation=inspect.signature(run).return_annotation)


def _docstring(run: Callable[..., Any], config: type[Schema]) -> str:
    """Return the docstring of ``run`` with the options among its arguments, in the place of ``config``."""
    before, heading, after = inspect.cleandoc(run.__doc__ or "").partition("Args:\n")
    kept = [line for line in after.splitlines() if not line.startswith("    config:")]
    end = kept.index("") if "" in kept else len(kept)
    told = {name: field for name, field in config.visible().items() if name not in inspect.signature(run).parameters}
    lines = [
        textwrap.fill(f"    {name}: {_help(field)}", 112, subsequent_indent=" " * 8) for name, field in told.items()
    ]
    return "\n".join([before + (heading or "\n\nArgs:\n").rstrip("\n"), *kept[:end], *lines, *kept[end:]])


def _help(field: FieldInfo) -> str:
    extra = extra_of(field)
    notes = [extra[key] if key == "unit" else f"default: {extra[key]}" for key in ("unit", "usual") if extra.get(key)]
    return f"{help_of(field)} ({'; '.join(notes)})" if notes else help_of(field)


def _type_of(hint: Any, field: FieldInfo) -> str:
    shown, known = _shown(hint), written(field).python
    return known + (" | None" if known and shown.endswith("None") else "") or shown


def _shown(hint: Any) -> str:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, inner))}]"
    if origin in (Union, UnionType):
        return " | ".join(map(_shown, inner))
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(_shown, inner))}]"
    return {type(None): "None", ...: "..."}.get(hint) or str(getattr(hint, "__name__", hint))


def _is_text(value: Any) -> bool:
    entries = value if isinstance(value, list | tuple) else [value]
    return value is None or all(isinstance(each, str | Path) for each in entries)
