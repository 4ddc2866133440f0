"""``learnet train``: a network from random weights to a proven classifier."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from learnet.cli.options import GroupBy, LabelDepth, MaxPixels, Out, Seed
from learnet.cli.session import JsonFlag, QuietFlag, print_lines, run_verb
from learnet.core.errors import UsageError

if TYPE_CHECKING:
    from learnet.core.progress import Progress

_HOW, _AUGMENT, _RUN = "How it is trained", "What happens to training images", "The run"
_Data = Annotated[
    str | None,
    typer.Argument(
        metavar="DATA",
        help="Labelled photos, as for 'learnet transfer'; not given with --resume.",
        show_default=False,
    ),
]


def _number(help_text: str, panel: str = _HOW) -> Any:
    return typer.Option(help=help_text, show_default=False, rich_help_panel=panel)


_Float = float | None


def train(
    data: _Data = None,
    *,
    model: Annotated[
        str | None, typer.Option(help="The network; 'learnet models' lists them.", show_default=False)
    ] = None,
    recipe: Annotated[
        str, typer.Option(help="What holds where nothing else is said: plain, cifar10-fast, cifar10-accurate.")
    ] = "plain",
    option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE", help="What else the network takes, e.g. hidden=300,100.", show_default=False
        ),
    ] = None,
    input_size: Annotated[
        str | None, typer.Option(metavar="HxW", help="To which photos are brought, in pixels.", show_default=False)
    ] = None,
    epochs: Annotated[int | None, _number("Passes over the training photos.")] = None,
    batch_size: Annotated[
        int | None, _number("Photos a step: 1 is stochastic, as many as there are is batch gradient descent.")
    ] = None,
    hardest: Annotated[
        _Float, _number("Share of the photos that an epoch takes: those with the largest loss when last seen.")
    ] = None,
    loss: Annotated[
        Literal["cross-entropy", "hinge", "squared-hinge"] | None,
        _number("What is minimised; a hinge loss makes the last layer a linear SVM."),
    ] = None,
    optimizer: Annotated[
        Literal["sgd", "muon", "adagrad", "rmsprop", "adam", "adamw"] | None, _number("The rule of the steps.")
    ] = None,
    learning_rate: Annotated[_Float, _number("The largest rate of the schedule.")] = None,
    schedule: Annotated[
        Literal["constant", "step", "cosine", "one-cycle"] | None, _number("How the rate changes.")
    ] = None,
    warmup_epochs: Annotated[_Float, _number("Epochs in which the rate grows from 0.")] = None,
    milestones: Annotated[str | None, _number("For step: epochs after which the rate falls, e.g. 10,20.")] = None,
    decay: Annotated[_Float, _number("For step: what the rate is multiplied by.")] = None,
    momentum: Annotated[_Float, _number("Of sgd, rmsprop and muon.")] = None,
    nesterov: Annotated[bool | None, typer.Option(help="Of sgd.", show_default=False, rich_help_panel=_HOW)] = None,
    offset_rate: Annotated[
        _Float, _number("Of sgd and muon: factor on the rate of batch normalisation's offsets.")
    ] = None,
    rest_rate: Annotated[_Float, _number("Of muon: factor on the rate of all but convolutions.")] = None,
    discriminative: Annotated[
        _Float, _number("Factor on the rate of the first layer; it grows to 1 at the last.")
    ] = None,
    l1: Annotated[_Float, _number("Penalty on the sum of the kernels' absolute values.")] = None,
    l2: Annotated[_Float, _number("Penalty on the sum of the kernels' squares.")] = None,
    weight_decay: Annotated[_Float, _number("Decoupled weight decay of the kernels.")] = None,
    dropout: Annotated[_Float, _number("Rate before the last layers.")] = None,
    label_smoothing: Annotated[_Float, _number("Share of each target spread over all classes.")] = None,
    class_weights: Annotated[Literal["none", "balanced"] | None, _number("'balanced' weighs rare classes up.")] = None,
    ema: Annotated[_Float, _number("Decay of the moving average of the weights.")] = None,
    clip_norm: Annotated[_Float, _number("Largest norm of the gradient.")] = None,
    patience: Annotated[int | None, _number("Stop after so many epochs without a better validation loss.")] = None,
    keep_last: Annotated[
        bool,
        typer.Option("--keep-last", help="Keep the last epoch's weights, not the best one's.", rich_help_panel=_HOW),
    ] = False,
    validation_fraction: Annotated[
        _Float, _number("Share of the training photos that choose the best epoch and calibrate.")
    ] = None,
    test_time_flip: Annotated[
        bool | None,
        typer.Option(help="Ask each photo and its mirror image.", show_default=False, rich_help_panel=_HOW),
    ] = None,
    test_time_shift: Annotated[
        int | None, _number("Ask each photo again from so many pixels up and left, and down and right.")
    ] = None,
    precision: Annotated[
        Literal["float32", "bfloat16", "auto"] | None, _number("Of the steps; 'auto' times both.")
    ] = None,
    jit: Annotated[Literal["auto", "on", "off"] | None, _number("XLA; 'auto' times 20 steps with and without.")] = None,
    flip: Annotated[
        bool | None, typer.Option(help="Mirror every second one.", show_default=False, rich_help_panel=_AUGMENT)
    ] = None,
    alternate: Annotated[
        bool | None,
        typer.Option(help="Mirror by turns, not by chance.", show_default=False, rich_help_panel=_AUGMENT),
    ] = None,
    crop: Annotated[int | None, _number("Crop out of a padding of so many pixels.", _AUGMENT)] = None,
    rotation: Annotated[_Float, _number("Largest angle, in degrees.", _AUGMENT)] = None,
    zoom: Annotated[_Float, _number("Largest relative change of size.", _AUGMENT)] = None,
    colour: Annotated[_Float, _number("Largest relative change of brightness and colour.", _AUGMENT)] = None,
    cutout: Annotated[int | None, _number("Side of a grey square, in pixels.", _AUGMENT)] = None,
    mixup: Annotated[_Float, _number("Parameter of the blending of pairs.", _AUGMENT)] = None,
    train_per_class: Annotated[
        int | None, typer.Option(min=1, help="Photos a class to train with; all others test.", show_default=False)
    ] = None,
    test_fraction: Annotated[float, typer.Option(help="The share of photos to test with, between 0 and 1.")] = 0.2,
    label_depth: LabelDepth = None,
    group_by: GroupBy = None,
    max_pixels: MaxPixels = 100_000_000,
    seed: Seed = 0,
    deterministic: Annotated[
        bool, typer.Option("--deterministic", help="Ask for reproducible kernels.", rich_help_panel=_RUN)
    ] = False,
    checkpoint_seconds: Annotated[_Float, _number("Time between two checkpoints; 0: each step.", _RUN)] = None,
    resume: Annotated[
        Path | None,
        typer.Option(help="A run that was interrupted: go on with it, exactly.", show_default=False),
    ] = None,
    find_lr: Annotated[
        bool, typer.Option("--find-lr", help="Try learning rates, suggest one with a plot, and leave.")
    ] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show training photos as they are augmented, as a picture, and leave.")
    ] = False,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Write event files for TensorBoard.", rich_help_panel=_RUN)
    ] = False,
    out: Out = None,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Train a network from scratch: train, test, report, and a bundle that proves itself."""
    given = {
        name: value
        for name, value in locals().items()
        if name not in _NOT_SETTINGS and value is not None and value is not False
    }

    def work(progress: Progress) -> dict[str, Any]:
        from learnet.training import find_learning_rate, preview_augmentation
        from learnet.training import resume as resume_run
        from learnet.training import train as run_train

        if resume is not None:
            if data is not None or model is not None or given:
                raise UsageError("--resume goes on with the run's own settings: give it nothing but the run's folder.")
            return resume_run(resume, progress=progress).to_json()
        if data is None:
            raise UsageError("On which photos? Give a folder, a manifest or the name of a data set, or --resume RUN.")
        arguments: dict[str, Any] = {
            "model": model,
            "recipe": recipe,
            "options": _options(option),
            "train_per_class": train_per_class,
            "test_fraction": test_fraction,
            "label_depth": label_depth,
            "group_by": group_by,
            "max_pixels": max_pixels,
            "seed": seed,
            "out": out,
            "progress": progress,
            **_settings(given),
        }
        if find_lr:
            return find_learning_rate(data, **arguments).to_json()
        if preview:
            return {"preview": str(preview_augmentation(data, **arguments))}
        return run_train(data, tensorboard=tensorboard, **arguments).to_json()

    run_verb(work, as_json=as_json, quiet=quiet, show=_show)


_NOT_SETTINGS = {
    *("data", "model", "recipe", "option", "train_per_class", "test_fraction", "label_depth", "group_by"),
    *("max_pixels", "seed", "resume", "find_lr", "preview", "tensorboard", "out", "as_json", "quiet"),
}


def _settings(given: dict[str, Any]) -> dict[str, Any]:
    """Return settings as ``learnet.train`` takes them."""
    settings = dict(given)
    if "jit" in settings:
        settings["jit"] = {"auto": "auto", "on": True, "off": False}[settings["jit"]]
    if "milestones" in settings:
        settings["milestones"] = tuple(_numbers("--milestones", settings["milestones"]))
    if "input_size" in settings:
        sizes = _numbers("--input-size", settings["input_size"].replace("x", ","))
        settings["input_size"] = (sizes[0], sizes[-1])
    return settings


def _options(pairs: list[str] | None) -> dict[str, Any] | None:
    if not pairs:
        return None
    options: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"--option takes NAME=VALUE, for example hidden=300,100; received '{pair}'.")
        if value in ("true", "false"):
            options[name] = value == "true"
        else:
            options[name] = _numbers("--option", value) if re.match(r"\d", value) else value
    return options


def _numbers(flag: str, text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"{flag} takes whole numbers with commas between them; received '{text}'.") from None


def _show(result: dict[str, Any]) -> None:
    if "preview" in result:
        print_lines("", f"Picture  {result['preview']}")
        return
    if "suggestion" in result:
        print_lines(
            "",
            f"Suggested learning rate: {result['suggestion']:.2g} (--learning-rate {result['suggestion']:.2g})",
            f"Plot     {result['plot']}",
        )
        return
    low, high = result["accuracy_interval"]
    how = _solved(result) if "support_vectors" in result else _descended(result)
    print_lines(
        "",
        f"Accuracy {result['accuracy']:.1%} (95 % interval {low:.1%} to {high:.1%}) on {result['n_test']} photos it "
        f"had never seen; mean class recall {result['mean_class_recall']:.1%}; calibration error {result['ece']:.3f}.",
        f"{how}; {result['n_skipped']} skipped.",
        f"Report   {result['report']}",
        f"Bundle   {result['bundle']}",
        f"Next     learnet predict {result['bundle']} path/to/new/photos",
    )


def _descended(result: dict[str, Any]) -> str:
    return (
        f"Trained {result['model']} on {result['n_train']} photos of {result['n_classes']} classes for "
        f"{result['epochs']} epochs in {result['train_seconds']:.0f} s ({result['seconds']:.0f} s in all), "
        f"{result['waited_share']:.1%} of that waiting for data"
    )


def _solved(result: dict[str, Any]) -> str:
    return (
        f"Solved {result['model']} (kernel {result['kernel']}, C {result['c']:.3g}) for {result['n_train']} photos of "
        f"{result['n_classes']} classes in {result['train_seconds']:.0f} s ({result['seconds']:.0f} s in all); "
        f"{result['support_vectors']} of them are support vectors, shown in support-vectors.png"
    )
