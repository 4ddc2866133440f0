"""``learnet doctor``: what this machine has, what is missing, and what will be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_lines, print_table
from learnet.options.others import DoctorConfig

if TYPE_CHECKING:
    from learnet.cli.build import Call


def _run(_call: Call) -> dict[str, Any]:
    from learnet.cli.examination import examine

    return examine()


def _show(result: dict[str, Any]) -> None:
    machine = result["machine"]
    print_lines(
        f"Machine   {machine['cpu']}, {machine['cores']} cores, {machine['memory_bytes'] / 1e9:.0f} GB",
        f"System    {machine['system']}, Python {machine['python']}",
        f"CPU flags {' '.join(machine['flags']) or 'none known'}",
        f"Backend   {result['backend'] or 'none'}",
        f"Engine    {result['engine'] or 'none'}",
        f"Cache     {result['cache']}",
        f"Data      {result['data_dir'] or 'LEARNET_DATA_DIR is not set'}",
    )
    print_table(["package", "version"], [[name, version] for name, version in result["versions"].items()])
    if result["missing"]:
        print_lines("Missing:", *(f"  {line}" for line in result["missing"]))
    else:
        print_lines("Nothing is missing.")


VERB = Verb(config=DoctorConfig, run=_run, show=_show)
