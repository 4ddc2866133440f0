"""``learnet models``: every network that learnet builds, what it costs, and how its sizes come about."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from learnet.cli.build import Verb
from learnet.cli.session import print_lines, print_table
from learnet.options.others import ModelsConfig

if TYPE_CHECKING:
    from learnet.cli.build import Call
    from learnet.models import Architecture, Profile


def _run(call: Call) -> dict[str, Any]:
    from learnet.models import ARCHITECTURES, layer_rows, network, published_profiles

    profiles, name = published_profiles(), call.config.name
    if name is None:
        return {"models": [_row(record, profiles[record.name]) for record in ARCHITECTURES]}
    record = ARCHITECTURES[name]
    layers = [asdict(row) for row in layer_rows(network(record.name).trainer)]
    return {**_row(record, profiles[record.name]), "layers": layers}


def _row(record: Architecture, counted: Profile) -> dict[str, Any]:
    return {
        "name": record.name,
        "family": record.family,
        "year": record.year,
        "paper": record.paper,
        "task": record.task,
        "input_size": list(record.input_size),
        "classes": record.classes,
        "parameters": counted.parameters,
        "trainable_parameters": counted.trainable_parameters,
        "parameters_at_inference": counted.parameters_at_inference,
        "macs": counted.macs,
        "top1": record.top1,
        "weights": record.weights,
    }


def _show_table(result: dict[str, Any]) -> None:
    rows = [
        [
            row["name"],
            str(row["year"]),
            "x".join(map(str, row["input_size"])),
            f"{row['parameters']:,}",
            f"{row['macs'] / 1e6:,.1f} M",
            "" if row["top1"] is None else f"{row['top1']:.1%}",
            row["weights"],
            row["paper"],
        ]
        for row in result["models"]
    ]
    print_table(["Network", "Year", "Input", "Parameters", "MACs", "Top-1", "Weights", "Paper"], rows)


def _show_layers(result: dict[str, Any]) -> None:
    print_lines(
        f"{result['name']} ({result['year']}): {result['paper']}",
        f"{result['parameters']:,} parameters, {result['trainable_parameters']:,} of them trained by gradients; "
        f"{result['macs']:,} multiply-accumulates an image at inference.",
        "",
    )
    rows = [
        [
            row["name"],
            row["kind"],
            " x ".join(map(str, row["output_shape"])),
            f"{row['parameters']:,}",
            f"{row['macs']:,}",
            row["arithmetic"],
        ]
        for row in result["layers"]
    ]
    print_table(["Layer", "Kind", "Output", "Parameters", "MACs", "Width: (W - F + 2P) / S + 1"], rows)


VERB = Verb(
    config=ModelsConfig,
    run=_run,
    show=lambda result: _show_table(result) if "models" in result else _show_layers(result),
)
