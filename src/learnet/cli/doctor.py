"""``learnet doctor``: what this machine has, what is missing, and what will be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learnet.cli.session import JsonFlag, QuietFlag, print_lines, print_table, run_verb

if TYPE_CHECKING:
    from learnet.core.progress import Progress


def doctor(*, as_json: JsonFlag = False, quiet: QuietFlag = False) -> None:
    """Tell what this machine has (CPU flags, cores, backend, engine, versions), and what is missing."""

    def work(_progress: Progress) -> dict[str, Any]:
        from learnet.cli.examination import examine

        return examine()

    run_verb(work, as_json=as_json, quiet=quiet, show=_show)


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
