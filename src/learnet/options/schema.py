"""A workflow's options as one class: checked, written to JSON, compared, and turned into a command and back.

A field is declared by ``option``, with its help text as a docstring below it; ``like`` takes over another class's
declaration with another default. Groups of options are classes that workflows inherit from.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypedDict, TypeVar, Unpack

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticUndefined

from learnet.core.errors import LearnetError, UsageError, nearest_of, unknown_name
from learnet.options.text import Notation, as_json, choices_of, is_optional, notation_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic.fields import FieldInfo

_BOUNDS = {"ge": "at least", "gt": "greater than", "le": "at most", "lt": "less than", "multiple_of": "a multiple of"}
_GROUPS = (
    "Data",
    "Split",
    "Network",
    "Head and mode",
    "Search",
    "Answer",
    "Training",
    "Augmentation",
    "Machine",
    "Run",
)

PartT = TypeVar("PartT", bound="Schema")


class OptionError(UsageError):
    """An option has a value that it must not have.

    Attributes:
        name: Of the option.
        rest: What is wrong with it, to be read after its name.
    """

    def __init__(self, name: str, rest: str) -> None:
        super().__init__(f"{name} {rest}")
        self.name, self.rest = name, rest


class Details(TypedDict, total=False):
    """What may be said of an option besides its default.

    Attributes:
        group: The heading under which it is listed.
        ge: The smallest number allowed; likewise ``gt``, ``le``, ``lt`` and ``multiple_of``.
        unit: Of a number.
        flag: Its name on the command line, if that is not the field's with dashes.
        short: One letter for it.
        metavar: What help texts show in the place of its value.
        usual: What None stands for.
        only: Other option -> its values with which this one has an effect; elsewhere this one keeps its default.
        positional: Whether it is given without a flag.
        hidden: Whether only the run itself sets it.
        resumable: Whether it may differ when a run is resumed.
        missing: The question to ask where a required one is missing.
        described: Its help text, if none stands below it.
    """

    group: str
    ge: float
    gt: float
    le: float
    lt: float
    multiple_of: float
    unit: str
    flag: str
    short: str
    metavar: str
    usual: str
    only: dict[str, tuple[Any, ...]]
    positional: bool
    hidden: bool
    resumable: bool
    missing: str
    described: str


def option(default: Any = PydanticUndefined, **details: Unpack[Details]) -> Any:
    """Declare an option with this default; without one it is required."""
    bounds: Any = {name: value for name, value in details.items() if name in _BOUNDS}
    extra: Any = {"group": "", **{name: value for name, value in details.items() if name not in bounds}}
    return Field(default, json_schema_extra=extra, **bounds)


def like(owner: type[Schema], name: str, default: Any, **changes: Unpack[Details]) -> Any:
    """Declare an option as ``owner`` does, with another default (``...`` for none) and whatever else is named."""
    known, start = owner.model_fields[name], PydanticUndefined if default is ... else default
    bounds = {key: getattr(item, key) for item in known.metadata for key in _BOUNDS if hasattr(item, key)}
    details: Any = {"described": known.description, **bounds, **extra_of(known), **changes}
    return option(start, **details)


def extra_of(field: FieldInfo) -> dict[str, Any]:
    """Return what ``option`` was told beside default and bounds."""
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def help_of(field: FieldInfo) -> str:
    """Return what an option does, as sentences."""
    return " ".join((field.description or extra_of(field).get("described") or "").split())


def written(field: FieldInfo) -> Notation:
    """Return how the values of an option are written."""
    return notation_of(field.annotation, field.metadata)


def choices(field: FieldInfo) -> tuple[str, ...]:
    """Return the names among which an option chooses; none if it takes other values."""
    return choices_of(field.annotation) if written(field).words.startswith(("one of", "names")) else ()


def flag_of(name: str, field: FieldInfo) -> str:
    """Return the flag of an option, without dashes before it."""
    return extra_of(field).get("flag") or name.replace("_", "-")


def rule_of(field: FieldInfo, *, kind: str = "") -> str:
    """Return which values an option takes, in words; only its bounds if ``kind`` is pydantic's name of such a fault."""
    bounds = [f"{_BOUNDS[key]} {getattr(m, key):g}" for m in field.metadata for key in _BOUNDS if hasattr(m, key)]
    words = f"one of {', '.join(choices(field))}" if choices(field) else written(field).words
    words = "" if bounds and kind.startswith(("greater", "less", "multiple")) else words
    return ", ".join(filter(None, (words, " and ".join(bounds))))


def shown(value: Any) -> str:
    """Return a value for a sentence."""
    return ", ".join(map(str, value)) if isinstance(value, tuple) else "not given" if value is None else str(value)


class Schema(BaseModel):
    """Base of all configurations: frozen, keyword-only, and strict about names."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)
    verb: ClassVar[str] = ""

    def __init__(self, /, **values: Any) -> None:
        known = type(self).model_fields
        read = {name: _parsed(name, known[name], value) if name in known else value for name, value in values.items()}
        try:
            super().__init__(**read)
        except ValidationError as error:
            raise _told(type(self), error) from None

    @model_validator(mode="after")
    def _check_relevance(self) -> Self:
        for name, field in type(self).model_fields.items():
            for other, allowed in extra_of(field).get("only", {}).items():
                mine, there = getattr(self, name), getattr(self, other)
                if mine != field.default and there not in allowed:
                    able = " or".join(", ".join(map(str, allowed)).rsplit(",", 1))
                    told = f"works with {other} {able} only; received {shown(mine)} with {other} {there}. Leave it out."
                    raise OptionError(name, told)
        return self

    @classmethod
    def visible(cls) -> dict[str, FieldInfo]:
        """Return the options that users can give: positional ones first, then group by group."""
        given = {name: field for name, field in cls.model_fields.items() if not extra_of(field).get("hidden")}
        order = {name: ("", *_GROUPS, "Output").index(extra_of(field)["group"]) for name, field in given.items()}
        return {name: given[name] for name in sorted(given, key=order.__getitem__)}

    @classmethod
    def positional(cls) -> list[str]:
        """Return the names of the options that are given without a flag, in order."""
        return [name for name, field in cls.model_fields.items() if extra_of(field).get("positional")]

    @classmethod
    def preset(cls, given: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG003 (an interface)
        """Return the defaults that follow from other options, by name; none unless a workflow has such."""
        return {}

    @classmethod
    def default_of(cls, name: str) -> Any:
        """Return the value that an option has where nothing is said; None of one that is required."""
        field = cls.model_fields[name]
        return cls.preset({}).get(name, None if field.is_required() else field.default)

    @classmethod
    def of(cls, **given: Any) -> Self:
        """Return the configuration with these options; all others have their defaults, presets included.

        Raises:
            UsageError: If there is no such option, or a value is out of its range.
        """
        cls.check_names(given)
        read = {name: _parsed(name, cls.model_fields[name], value) for name, value in given.items()}
        return cls(**{**cls.preset(read), **read})

    @classmethod
    def check_names(cls, given: Mapping[str, Any]) -> None:
        """Refuse names that are no options; the nearest one is named."""
        for name in given:
            if name not in cls.model_fields:
                raise unknown_name(f"option of {cls.verb or cls.__name__}", name, cls.visible())

    @classmethod
    def acting(cls, settings: Mapping[str, Any], *, beside: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return those settings that have an effect, given the others and what stands ``beside`` them."""
        known, among = cls.model_fields, {**settings, **(beside or {})}
        idle = {
            name
            for name in settings
            for other, allowed in extra_of(known[name]).get("only", {}).items()
            if among.get(other, known[other].default) not in allowed
        }
        left = {name: value for name, value in settings.items() if name not in idle}
        return cls.acting(left, beside=beside) if idle else left  # what idle options made act is idle, too

    def values(self) -> dict[str, Any]:
        """Return the value of every option."""
        return dict(self)

    def shared(self, group: type[Schema]) -> dict[str, Any]:
        """Return the values of the options that this configuration has in common with another class."""
        return {name: value for name, value in self if name in group.model_fields}

    def part(self, group: type[PartT]) -> PartT:
        """Return the options that this configuration has in common with another class, as such a one."""
        return group(**self.shared(group))

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some options changed, checked again."""
        self.check_names(changes)
        return type(self)(**{**self.values(), **changes})

    def adapted(self, **changes: Any) -> Self:
        """Return a copy with some options changed; those that then have no effect get their defaults."""
        self.check_names(changes)
        return type(self)(**self.acting({**self.values(), **changes}))

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as JSON values."""
        return {name: as_json(value) for name, value in self}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return what ``to_json`` wrote.

        Raises:
            LearnetError: If it is of another version of learnet.
        """
        try:
            return cls(**value)
        except (UsageError, TypeError) as error:
            raise LearnetError(
                f"The stored configuration is of another version of learnet ({error}). Use that version, or start a "
                "new run."
            ) from error

    def difference(self, other: Self) -> dict[str, tuple[Any, Any]]:
        """Return the options that differ: name -> this one's value and the other's."""
        return {name: (mine, getattr(other, name)) for name, mine in self if mine != getattr(other, name)}

    def differences_in_words(self, other: Self, *, lasting: bool = False) -> str:
        """Return how another configuration differs; with ``lasting`` without what may differ when a run is resumed."""
        left_out = self.resumable() if lasting else ()
        pairs = {name: pair for name, pair in self.difference(other).items() if name not in left_out}
        return "; ".join(f"{name} {shown(mine)}, now {shown(theirs)}" for name, (mine, theirs) in pairs.items())

    @classmethod
    def resumable(cls) -> list[str]:
        """Return the options that may differ when a run is resumed."""
        return [name for name, field in cls.visible().items() if extra_of(field).get("resumable")]

    def anchors(self) -> dict[str, Any]:
        """Return the options on which the defaults of others depend; their values stand in every command."""
        return {name: getattr(self, name) for name in self.positional()}

    def command(self) -> str:
        """Return the command line that gives this configuration again."""
        return shlex.join(self.words())

    def words(self) -> list[str]:
        """Return the command line that gives this configuration again, word by word."""
        told, hidden = self.anchors(), type(self).model_fields.keys() - self.visible().keys()
        while missing := {
            name: wanted for name, (_, wanted) in type(self).of(**told).difference(self).items() if name not in hidden
        }:
            told |= missing
        places = self.positional()
        flags = [word for name in self.visible() if name in told and name not in places for word in self._flagged(name)]
        given = [each if isinstance(each, tuple) else (each,) for each in map(told.get, places)]
        plain = [word for words in given for word in words if word is not None]
        guarded = ["--", *plain] if any(word.startswith("-") for word in plain) else []
        return ["learnet", *self.verb.split(), *([] if guarded else plain), *flags, *guarded]

    def _flagged(self, name: str) -> list[str]:
        field, value = type(self).model_fields[name], getattr(self, name)
        flag, notation = flag_of(name, field), written(field)
        if not notation.metavar:
            return [f"--{flag}" if value else f"--no-{flag}"]
        text = "none" if value is None else notation.write(value)
        words = text if isinstance(text, list) else [text]
        return [
            each for word in words for each in ([f"--{flag}={word}"] if word.startswith("-") else [f"--{flag}", word])
        ]

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the options as a JSON Schema: one object, with each option's group, unit, flag and default."""
        schema = cls.model_json_schema()
        properties = {name: schema["properties"][name] for name in cls.visible()}
        for name, told in properties.items():
            field = cls.model_fields[name]
            flag = {} if extra_of(field).get("positional") else {"flag": f"--{flag_of(name, field)}"}
            default = {} if field.is_required() else {"default": as_json(cls.default_of(name))}
            told.update({"description": help_of(field), **flag, **default})
        summary = (cls.__doc__ or "").strip().splitlines()[0]
        return {**schema, "title": f"learnet {cls.verb}", "description": summary, "properties": properties}


def _parsed(name: str, field: FieldInfo, value: Any) -> Any:
    """Return a value that may have been given as text."""
    notation = written(field)
    if value == "none" and is_optional(field.annotation) and notation.words not in ("text", "a path"):
        return None
    try:
        return notation.parse(value) if isinstance(value, str) or notation.many else value
    except UsageError:
        raise
    except (ValueError, KeyError, TypeError):
        raise _refusal(name, field, value) from None


def _refusal(name: str, field: FieldInfo, value: Any, kind: str = "") -> OptionError:
    finite = "a finite number, " if kind == "finite_number" else ""
    rule = rule_of(field, kind="greater" if finite else kind)
    received = (
        value
        if isinstance(value, str) and re.fullmatch(r"[+-]?(\d+\.?\d*(e[+-]?\d+)?|nan|inf)", value)
        else repr(value)
    )
    return OptionError(name, f"must be {finite}{rule}; received {received}.{nearest_of(str(value), choices(field))}")


def _told(owner: type[Schema], error: ValidationError) -> UsageError:
    """Return the first thing that is wrong, as a sentence."""
    first = error.errors(include_url=False)[0]
    cause, name = first.get("ctx", {}).get("error"), str((first["loc"] or ("",))[0])
    if isinstance(cause, UsageError):
        return cause
    field = owner.model_fields.get(name)
    if field is None:
        return unknown_name(f"option of {owner.verb or owner.__name__}", name, owner.visible())
    if first["type"] == "missing":
        return UsageError(extra_of(field).get("missing") or f"{name} is missing: {help_of(field)}")
    return _refusal(name, field, first["input"], first["type"])
