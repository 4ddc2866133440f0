"""Commands built from schemas: one option for each field, one way to refuse, to resume, and to print.

Typer parses the words; what they mean and whether they are allowed is the schema's affair, so that the command line,
Python and a form refuse the same values with the same sentence.
"""

from __future__ import annotations

import inspect
import json
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from learnet.cli.session import print_lines, run_verb
from learnet.core.errors import UsageError
from learnet.core.progress import Silent
from learnet.options.common import OutputOptions
from learnet.options.schema import OptionError, Schema, choices, extra_of, flag_of, help_of, written

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from learnet.core.progress import Progress


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One command.

    Attributes:
        config: Its options.
        also: Further groups of options that are no part of the configuration: where results go, what is resumed.
        run: Does the work; returns the result as JSON values.
        show: Prints the result for people.
        plan: Returns what would run as JSON values, for ``--dry-run``; None where the options say it all.
    """

    config: type[Schema]
    also: tuple[type[Schema], ...] = ()
    run: Callable[[Call], dict[str, Any]]
    show: Callable[[dict[str, Any]], None]
    plan: Callable[[Call], dict[str, Any]] | None = None

    @property
    def groups(self) -> tuple[type[Schema], ...]:
        """All options of the command, the configuration's first."""
        return (self.config, *self.also, OutputOptions)


@dataclass(frozen=True, kw_only=True)
class Call:
    """What a user asked of a verb.

    Attributes:
        verb: Which one.
        given: Option -> text or truth value, of those that were given.
        progress: Progress reporter.
    """

    verb: Verb
    given: Mapping[str, Any]
    progress: Progress

    @cached_property
    def config(self) -> Any:
        """The configuration; refused with a sentence if it makes no sense."""
        return self.of(self.verb.config)

    @cached_property
    def also(self) -> dict[str, Any]:
        """Values of the options that are no part of the configuration, e.g. ``"out"``."""
        return {name: value for group in self.verb.also for name, value in self.of(group).values().items()}

    def refuse_others(self, *beside: str) -> list[str]:
        """Refuse all options but those that may differ when a run is continued; return those of them that were given.

        Args:
            *beside: The option that names the run, and others that may stand beside it.
        """
        known = {name: field for group in self.verb.groups for name, field in group.visible().items()}
        able = self.verb.config.resumable()
        if more := [_spelt(name, known) for name in known if name in self.given and name not in (*able, *beside)]:
            allowed = ", ".join(_spelt(name, known) for name in able)
            raise UsageError(
                f"{_spelt(beside[0], known)} continues a run with its own options: give it nothing but the run's folder"
                f"{f' and, if you want to, {allowed}' if able else ''}; received {', '.join(more)}, too."
            )
        return [name for name in able if name in self.given]

    def changes(self) -> dict[str, Any]:
        """Return what differs from the run that ``--resume`` names; refuse what must not."""
        names, config = self.refuse_others("resume"), self.verb.config
        absent = {name: "" if config.model_fields[name].annotation is str else () for name in config.positional()}
        checked = self.of(config, **absent) if names else None
        return {name: getattr(checked, name) for name in names}

    def of(self, group: type[Schema], **more: Any) -> Any:
        """Return a group of the options that were given; errors name options as they are spelt here."""
        try:
            return group.of(**{name: self.given[name] for name in self.given if name in group.model_fields}, **more)
        except OptionError as error:
            raise UsageError(f"{_spelt(error.name, group.model_fields)} {error.rest}") from None


def _spelt(name: str, known: Mapping[str, Any]) -> str:
    field = known.get(name)
    if field is None or extra_of(field).get("positional"):
        return name if field is None else extra_of(field)["metavar"]
    return f"--{flag_of(name, field)}"


def command_of(verb: Verb, *, name: str | None = None) -> Any:
    """Return the command of a verb, as Typer runs it."""

    def call(**words: Any) -> None:
        _execute(verb, _given(words))

    kind = inspect.Parameter.KEYWORD_ONLY
    parameters = [
        inspect.Parameter(name, kind, default=None, annotation=_annotation(name, group))
        for group in verb.groups
        for name in group.visible()
    ]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {each.name: each.annotation for each in parameters}
    call.__doc__ = (verb.config.__doc__ or "").strip().splitlines()[0]
    app = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})
    app.command(name)(call)
    return get_command(app)


def _given(words: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in words.items() if value not in (None, [], ())}


def group_of(verbs: Mapping[str, Verb], *, help_text: str) -> TyperGroup:
    """Return several verbs as commands of one, such as ``drive record`` and ``drive train``."""
    commands = {name: command_of(verb, name=name) for name, verb in verbs.items()}
    settings = {"help_option_names": ["-h", "--help"]}
    return TyperGroup(commands=commands, help=help_text, no_args_is_help=True, context_settings=settings)


def parse(verb: Verb, words: Sequence[str]) -> Any:
    """Return the configuration that a command line gives, without the program's and the verb's name."""
    given = command_of(verb).make_context("learnet", list(words)).params
    return Call(verb=verb, given=_given(given), progress=Silent()).config


def schema_of(verb: Verb) -> dict[str, Any]:
    """Return the JSON Schema of a verb's options, those that are no part of its configuration included."""
    schema = verb.config.json_schema()
    for group in verb.also:
        schema["properties"] |= group.json_schema()["properties"]
    return schema


def _execute(verb: Verb, given: dict[str, Any]) -> None:
    output = OutputOptions(**{name: given.pop(name) for name in tuple(given) if name in OutputOptions.model_fields})
    if output.print_schema:
        sys.stdout.write(json.dumps(schema_of(verb)) + "\n")
        return
    run_verb(
        lambda progress: (_plan if output.dry_run else verb.run)(Call(verb=verb, given=given, progress=progress)),
        as_json=output.as_json,
        quiet=output.quiet,
        show=_show_plan if output.dry_run else verb.show,
    )


def _plan(call: Call) -> dict[str, Any]:
    told = {"command": call.config.command(), "config": call.config.to_json()}
    return told if call.verb.plan is None else told | call.verb.plan(call)


def _show_plan(told: dict[str, Any]) -> None:
    splits = ", ".join(f"{count:,} {part}" for part, count in told.get("photos", {}).items())
    lines = [f"Forecast {line.removeprefix('Forecast: ')}" for line in told.get("forecast", [])]
    print_lines(f"Command  {told['command']}", *([f"Photos   {splits}"] if splits else []), *lines)
    print_lines("Nothing was run: leave out --dry-run to run it.")


def _annotation(name: str, group: type[Schema]) -> Any:
    field = group.model_fields[name]
    extra, notation, flag = extra_of(field), written(field), flag_of(name, field)
    shared: dict[str, Any] = {"help": _help(name, group), "show_default": False}
    kind: Any = list[str] if notation.many else str
    metavar = extra.get("metavar") or ("NAME" if choices(field) else notation.metavar)
    if extra.get("positional"):
        return Annotated[kind | None, typer.Argument(metavar=metavar, **shared)]
    shared["rich_help_panel"] = extra["group"] or None
    short = [f"-{extra['short']}"] if "short" in extra else []
    if not notation.metavar:
        return Annotated[bool | None, typer.Option(f"--{flag}/--no-{flag}", *short, **shared)]
    names = [f"--{flag}", *short]
    return Annotated[kind | None, typer.Option(*names, metavar=metavar, **shared)]


def _help(name: str, group: type[Schema]) -> str:
    field = group.model_fields[name]
    extra, names = extra_of(field), choices(field)
    usual = "" if extra.get("positional") else default_text(name, group)
    notes = [extra.get("unit"), " or ".join(names), f"default: {usual}" if usual else ""]
    told = "; ".join(filter(None, notes))
    return f"{help_of(field)} ({told})" if told else help_of(field)


def default_text(name: str, group: type[Schema]) -> str:
    """Return an option's default as it is written; empty if it has none, or is a flag that is off."""
    field, default = group.model_fields[name], group.default_of(name)
    if default is None or default is False:
        return str(extra_of(field).get("usual", "")) if default is None else ""
    text = "on" if default is True and not written(field).metavar else written(field).write(default)
    return " ".join(text) if isinstance(text, list) else str(text)
