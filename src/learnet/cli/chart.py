"""``learnet chart``: the architectures side by side, with what this machine makes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_lines, print_table
from learnet.options.common import OutOption
from learnet.options.others import ChartConfig

if TYPE_CHECKING:
    from learnet.cli.build import Call


def _run(call: Call) -> dict[str, Any]:
    from learnet.comparison import chart

    networks = call.config.networks or None
    return chart(networks=networks, images=call.config.images, out=call.also["out"], progress=call.progress).to_json()


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


VERB = Verb(config=ChartConfig, also=(OutOption,), run=_run, show=_show)
