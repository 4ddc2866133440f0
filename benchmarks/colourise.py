"""ColorUNet against the same network that learns U and V by least squares, on the same photos of Caltech-101.

What is aimed at, with both networks trained one after the other within 30 minutes on two cores:

* on at least 80 % of the test photos ColorUNet's rebalanced and annealed colours are more saturated than the other's;
* its PSNR in U and V is not below that of the mean colour of the training photos.

The temperature is the one that training chose on its validation photos. Needs LEARNET_DATA_DIR with Caltech-101. A
second call goes on where the first one was stopped. Writes docs/colourise.md and docs/colourise.png.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from learnet.applications.colourise import (
    colour_photo,
    grey_of,
    load_colouriser,
    open_photos,
    train_colouriser,
)
from learnet.core import Silent, default_progress, probe, write_bytes, write_text
from learnet.data import InputSpec, decode
from learnet.plots import pictures_figure, to_png

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

NETWORKS: tuple[Literal["regression", "classification"], ...] = ("regression", "classification")
TITLES = {"regression": "least squares", "classification": "ColorUNet"}
WANTED_SHARE, MOST_MINUTES = 0.8, 30.0
SHOWN, SIDE = 6, 192


def trained(network: Literal["regression", "classification"], asked: argparse.Namespace) -> dict[str, Any]:
    """Return what a run found; one that is complete is read, one that was stopped goes on."""
    folder = asked.out / network
    if not (folder / "run.json").exists():
        train_colouriser(
            asked.data,
            network=network,
            size=asked.size,
            max_photos=asked.photos,
            epochs=asked.epochs,
            time_limit=60 * asked.minutes,
            seed=asked.seed,
            out=folder,
            progress=default_progress(),
        )
    result: dict[str, Any] = json.loads((folder / "run.json").read_text(encoding="utf-8"))["result"]
    return result


def measured(folder: Path) -> dict[str, dict[str, float]]:
    """Return what was measured of each test photo, by its name."""
    with (folder / "photos.csv").open(newline="", encoding="utf-8") as file:
        return {
            row["photo"]: {name: float(value) for name, value in row.items() if name != "photo"}
            for row in csv.DictReader(file)
        }


def picked(rows: dict[str, dict[str, float]]) -> dict[str, list[str]]:
    """Return the names of the photos to show: the best, the median and the worst by ColorUNet's gain over grey."""
    order = sorted(rows, key=lambda name: rows[name]["error"] / max(rows[name]["grey_error"], 1e-9))
    count = min(SHOWN, len(order) // 3)
    middle = (len(order) - count) // 2
    return {"best": order[:count], "median": order[middle : middle + count], "worst": order[-count:]}


def draw(asked: argparse.Namespace, chosen: dict[str, list[str]]) -> bytes:
    """Return the sheet: photos in full size through both networks, then made small."""
    source = open_photos(asked.data, progress=Silent()).source
    places = {source.name(index): index for index in range(len(source))}
    networks = [load_colouriser(asked.out / network / "bundle") for network in NETWORKS]
    predictors = [network.compiled(latency=True) for network in networks]
    small = InputSpec(height=SIDE, width=SIDE, resize="crop")
    rows, names = [], []
    for kind, photos in chosen.items():
        for name in photos:
            content = source.read(places[name])
            image = decode(content).image if isinstance(content, bytes) else content
            made = [
                colour_photo(image, next(iter(predictor.stream([network.spec.apply(image)]))))
                for network, predictor in zip(networks, predictors, strict=True)
            ]
            rows.append(np.stack([small.apply(view) for view in (grey_of(image), *made, image)]))
            names.append(kind)
    grid: NDArray[np.uint8] = np.stack(rows)
    across = 2
    grid = grid.reshape(len(rows) // across, across * grid.shape[1], *grid.shape[2:])
    columns = ["grey", *(TITLES[network] for network in NETWORKS), "true"] * across
    return to_png(pictures_figure(grid, rows=names[::across], columns=columns), dots_per_inch=100)


def table(found: Mapping[str, dict[str, Any]]) -> list[str]:
    """Return the rows of the table of docs."""
    lines = ["| colours | PSNR in UV, dB | saturation | colourfulness | trained, min |", "|---|---|---|---|---|"]
    rows: list[tuple[str, Any, Any]] = [
        (TITLES[name], found[name]["summaries"]["network"], found[name]) for name in NETWORKS
    ]
    known = found["classification"]["summaries"]
    rows += [(name, known[name], None) for name in ("mean colour", "grey", "true colours")]
    for title, summary, run in rows:
        psnr = "-" if summary["psnr"] is None else f"{summary['psnr']:.2f}"
        minutes = "-" if run is None else f"{run['train_seconds'] / 60:.1f} ({run['epochs']} epochs)"
        lines.append(f"| {title} | {psnr} | {summary['saturation']:.3f} | {summary['colourfulness']:.1f} | {minutes} |")
    return lines


def page(
    asked: argparse.Namespace, found: Mapping[str, dict[str, Any]], share: float, count: int, minutes: float
) -> str:
    """Return docs/colourise.md."""
    run = found["classification"]
    gain = run["summaries"]["network"]["psnr"] - run["summaries"]["mean colour"]["psnr"]
    temperatures = ["| temperature | PSNR in UV, dB | saturation |", "|---|---|---|"]
    for row in run["temperatures"]:
        mark = " (chosen)" if row["temperature"] == run["temperature"] else ""
        temperatures.append(f"| {row['temperature']:g}{mark} | {row['psnr']:.2f} | {row['saturation']:.3f} |")
    intro = (
        f"Two networks of the same shape, trained on the same {run['n_train']:,} photos of {asked.data} at "
        f"{asked.size} x {asked.size} pixels, seed {asked.seed}: ColorUNet, which chooses among colours, rare "
        f"ones rebalanced, and the one that learns U and V by least squares. Measured on {count:,} photos "
        f"that neither had seen. {probe().describe()}. Both runs took {minutes:.1f} minutes, with decoding and "
        "measuring."
    )
    chosen = (
        f"The temperature, {run['temperature']:g}, is the most saturated one on {run['n_val']:,} validation photos "
        "whose colours are surely (by two standard errors) nearer to the truth than the mean colour, or, where none "
        "is, the nearest one:"
    )
    saturated = (
        f"- ColorUNet's colours are the more saturated ones on **{share:.1%}** of the photos (wanted: at least "
        f"{WANTED_SHARE:.0%})."
    )
    near = f"- Its PSNR is **{gain:+.2f} dB** beside that of the mean colour (wanted: not below it)."
    ranked = "Best, median and worst photos, by how much nearer to the true colours than grey ColorUNet came:"
    picture = "![Grey, coloured by both networks, true](colourise.png)"
    again = "Again: `LEARNET_DATA_DIR=... python benchmarks/colourise.py`."
    parts = ["# Colours for grey photos", "", intro, "", *table(found), "", saturated, near, "", chosen, ""]
    lines = [*parts, *temperatures, "", ranked, "", picture, "", again, ""]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="caltech101")
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--photos", type=int, default=20_000)
    parser.add_argument("--minutes", type=float, default=12.5, help="of training, for each network")
    parser.add_argument("--epochs", type=int, default=None, help="as many as fit into the minutes if not given")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("runs/colourise"))
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    asked = parser.parse_args()
    found: dict[str, dict[str, Any]] = {network: trained(network, asked) for network in NETWORKS}
    rows = {network: measured(asked.out / network) for network in NETWORKS}
    names = sorted(rows["classification"])
    if names != sorted(rows["regression"]):
        sys.exit("The two runs have other test photos: begin both anew.")
    more = [rows["classification"][name]["saturation"] > rows["regression"][name]["saturation"] for name in names]
    share, minutes = float(np.mean(more)), sum(run["seconds"] for run in found.values()) / 60
    gain = (
        found["classification"]["summaries"]["network"]["psnr"]
        - found["classification"]["summaries"]["mean colour"]["psnr"]
    )
    write_bytes(asked.docs / "colourise.png", draw(asked, picked(rows["classification"])))
    write_text(asked.docs / "colourise.md", page(asked, found, share, len(names), minutes))
    print(*table(found), sep="\n")
    print(f"More saturated on {share:.1%} of {len(names)} photos (aim {WANTED_SHARE:.0%})")
    print(f"PSNR {gain:+.2f} dB beside the mean colour (aim: not below); {minutes:.1f} min (aim {MOST_MINUTES:.0f})")
    sys.exit(0 if share >= WANTED_SHARE and gain >= 0 and minutes <= MOST_MINUTES else 1)


if __name__ == "__main__":
    main()
