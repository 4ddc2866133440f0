"""``learnet cache``: what the feature cache holds, and clearing it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from learnet.cli.session import JsonFlag, QuietFlag, print_lines, print_table, run_verb

if TYPE_CHECKING:
    from learnet.core.progress import Progress


def cache(
    *,
    clear: Annotated[bool, typer.Option("--clear", help="Empty it.")] = False,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Show what the feature cache holds, or clear it."""

    def work(_progress: Progress) -> dict[str, Any]:
        from learnet.data import cache_folder
        from learnet.transfer_learning import FeatureCache

        with FeatureCache(cache_folder()) as store:
            freed = store.clear() if clear else 0
            return {**store.stats().to_json(), "cleared_bytes": freed}

    run_verb(work, as_json=as_json, quiet=quiet, show=_show)


def _show(result: dict[str, Any]) -> None:
    if result["spaces"]:
        print_table(
            ["backbone", "photos", "MB"],
            [[space["name"], str(space["rows"]), f"{space['bytes'] / 1e6:.1f}"] for space in result["spaces"]],
        )
    if result["cleared_bytes"]:
        print_lines(f"Cleared {result['cleared_bytes'] / 1e6:.1f} MB.")
    print_lines(f"{result['path']}: {result['bytes'] / 1e6:.1f} MB on disk.")
