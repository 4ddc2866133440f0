"""Pages and stubs made from the schemas: ``python -m learnet.cli.reference`` writes them into a checkout.

``docs/options.md`` lists every option of every command; ``src/learnet/__init__.pyi`` shows type checkers and editors
the signatures that the workflows have at run time.
"""

from __future__ import annotations

import inspect
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.main import get_command

from learnet.cli.app import app
from learnet.cli.build import Verb, default_text
from learnet.options.schema import extra_of, flag_of, help_of, rule_of, written

if TYPE_CHECKING:
    from learnet.options.schema import Schema

PAGE, STUB = Path("docs/options.md"), Path("src/learnet/__init__.pyi")
_COLUMNS = ("| option | values | default | what it does |", "|---|---|---|---|")
_HEADER = '''"""Made by ``python -m learnet.cli.reference`` from the schemas; do not edit."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from learnet.bundle import Bundle, Evaluation, Prediction
from learnet.bundle.load import load_bundle as load
from learnet.comparison import Comparison
from learnet.comparison.chart import chart as chart
from learnet.core import Progress
from learnet.data import Dataset
from learnet.data.check import check as check
from learnet.data.resolve import open_dataset as open_dataset
from learnet.experiments.reproduce import reproduce as reproduce
from learnet.runs import RunResult
from learnet.tuning import Tuned
from learnet.version import __version__ as __version__
'''


def verbs() -> dict[str, Verb]:
    """Return every command by its name, such as ``"drive train"``."""
    group: Any = get_command(app)
    loaded = {name: command.load() for name, command in group.commands.items()}
    flat = {name: found for name, found in loaded.items() if isinstance(found, Verb)}
    return flat | {
        f"{name} {inner}": verb
        for name, found in loaded.items()
        if isinstance(found, dict)
        for inner, verb in found.items()
    }


def options_page() -> str:
    """Return the reference of all options as Markdown."""
    parts = ["# Options", "", "Made from the schemas by `python -m learnet.cli.reference`; a test keeps it up to date."]
    for name, verb in verbs().items():
        *own, shared = verb.groups
        rows = [_row(group, option) for group in own for option in group.visible()]
        parts += ["", f"## learnet {name}", "", _summary(verb.config)]
        parts += ["", *_COLUMNS, *rows] if rows else []
    parts += ["", "## Options of every command", "", *_COLUMNS, *(_row(shared, option) for option in shared.visible())]
    return "\n".join(parts) + "\n"


def stub() -> str:
    """Return the stub of ``learnet``: the workflows with every option, what they return, and their docstrings."""
    import learnet

    parts = [_HEADER, f"__all__ = {learnet.__all__!r}\n"]
    for name in learnet.__all__:
        function = getattr(learnet, name)
        if hasattr(function, "__signature__"):
            doc = textwrap.indent(function.__doc__.rstrip(), "    ").strip()
            parts.append(f'def {name}{_signature(function)}:\n    """{doc}\n    """\n')
    return "\n".join(parts)


def _signature(function: Any) -> str:
    signature = inspect.signature(function)
    lines, keywords = [], False
    for each in signature.parameters.values():
        if each.kind is each.KEYWORD_ONLY and not keywords:
            lines.append("*")
            keywords = True
        default = "" if each.default is each.empty else f" = {each.default!r}"
        lines.append(f"{each.name}: {each.annotation}{default}")
    return f"({', '.join(lines)}) -> {signature.return_annotation}"


def _summary(config: type[Schema]) -> str:
    return (config.__doc__ or "").strip().splitlines()[0]


def _row(group: type[Schema], name: str) -> str:
    field = group.model_fields[name]
    extra, notation = extra_of(field), written(field)
    flag = extra["metavar"] if extra.get("positional") else f"--{flag_of(name, field)}"
    flag += f", --no-{flag_of(name, field)}" if not notation.metavar else ""
    default = "required" if field.is_required() else default_text(name, group) or "off" * (not notation.metavar)
    values = rule_of(field) + (f" ({extra['unit']})" if extra.get("unit") else "")
    cells = (f"`{flag}`", values, default, help_of(field))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def main() -> None:
    """Write the page and the stub into the checkout in which this is called."""
    PAGE.write_text(options_page(), encoding="utf-8")
    STUB.write_text(stub(), encoding="utf-8")


if __name__ == "__main__":
    main()
