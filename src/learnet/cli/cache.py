"""``learnet cache``: what the feature cache holds, and clearing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_lines, print_table
from learnet.options.others import CacheConfig

if TYPE_CHECKING:
    from learnet.cli.build import Call


def _run(call: Call) -> dict[str, Any]:
    from learnet.data import cache_folder
    from learnet.transfer_learning import FeatureCache

    with FeatureCache(cache_folder()) as store:
        freed = store.clear() if call.config.clear else 0
        return {**store.stats().to_json(), "cleared_bytes": freed}


def _show(result: dict[str, Any]) -> None:
    if result["spaces"]:
        print_table(
            ["backbone", "photos", "MB"],
            [[space["name"], str(space["rows"]), f"{space['bytes'] / 1e6:.1f}"] for space in result["spaces"]],
        )
    if result["cleared_bytes"]:
        print_lines(f"Cleared {result['cleared_bytes'] / 1e6:.1f} MB.")
    print_lines(f"{result['path']}: {result['bytes'] / 1e6:.1f} MB on disk.")


VERB = Verb(config=CacheConfig, run=_run, show=_show)
