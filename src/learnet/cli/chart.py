"""``learnet chart``: the architectures side by side, with what this machine makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from learnet.cli.options import Out
from learnet.cli.session import JsonFlag, QuietFlag, print_lines, print_table, run_verb

if TYPE_CHECKING:
    from learnet.core.progress import Progress


def chart(
    networks: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NETWORKS]...", help="Only these; all of ImageNet's if not given.", show_default=False),
    ] = None,
    *,
    images: Annotated[int, typer.Option(min=1, help="Images a round; three rounds of each network.")] = 16,
    out: Out = None,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Measure the networks here and draw accuracy against operations and time: PNG, CSV, and a linear fit."""

    def work(progress: Progress) -> dict[str, Any]:
        from learnet.comparison import chart as measure

        return measure(networks=networks or None, images=images, out=out, progress=progress).to_json()

    run_verb(work, as_json=as_json, quiet=quiet, show=_show)


def _show(result: dict[str, Any]) -> None:
    rows = [
        [
            row["name"],
            f"{row['top1']:.1%}",
            f"{2 * row['macs'] / 1e9:.2f}",
            f"{row['parameters'] / 1e6:.1f}",
            f"{row['images_per_second']:.1f}",
            f"{row['latency_ms']:.1f}",
        ]
        for row in result["networks"]
    ]
    print_table(["Network", "Top-1 published", "G-ops", "M parameters", "images/s here", "latency here, ms"], rows)
    for fit in result["fits"]:
        print_lines(
            f"{fit['family']}: {fit['ms_per_gmac']:.2f} ms a billion MACs + {fit['offset_ms']:.1f} ms "
            f"({fit['networks']} networks, R² {fit['r2']:.3f})"
        )
    print_lines(f"Chart    {result['chart']}", f"Table    {result['table']}")
