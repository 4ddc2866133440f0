"""``learnet transfer``: a folder of photos becomes a proven classifier."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from learnet.cli.options import GroupBy, LabelDepth, MaxPixels, Out, Seed, seconds_of
from learnet.cli.session import INTERRUPTED, JsonFlag, QuietFlag, print_lines, run_verb
from learnet.core.errors import LearnetError, UsageError

if TYPE_CHECKING:
    from learnet.core.progress import Progress

_Data = Annotated[
    str | None,
    typer.Argument(
        metavar="DATA",
        help="A folder with one sub-folder a class (or train/, val/, test/ with such folders inside), a CSV or Parquet "
        "manifest, or a known data set: digits, caltech101, cifar10, mnist, fashion_mnist; not given with --resume.",
        show_default=False,
    ),
]
_WITH_RESUME = ("resume", "time_limit", "as_json", "quiet")


def _process_age() -> float:
    """Return the seconds since this process began."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK"))
    except (OSError, ValueError, IndexError, AttributeError):  # other systems: what it has computed since
        return time.process_time()


_STARTING = _process_age()  # seconds that count towards a time limit


class _InterruptedError(LearnetError):
    """Ctrl-C came, and the run can be gone on with."""

    exit_code = INTERRUPTED


def transfer(
    context: typer.Context,
    data: _Data = None,
    *,
    backbone: Annotated[
        str,
        typer.Option(help="The pretrained network that computes the features: a name, or the folder of a bundle."),
    ] = "efficientnet_lite0",
    weights: Annotated[
        str, typer.Option(help="'imagenet', or 'random' (for tests and timing: it has learnt nothing).")
    ] = "imagenet",
    weights_dir: Annotated[
        Path | None,
        typer.Option(help="A folder with weight files, for machines without a network.", show_default=False),
    ] = None,
    train_per_class: Annotated[
        int | None,
        typer.Option(
            min=1, help="Photos a class to train with; all others test.  [default: four fifths]", show_default=False
        ),
    ] = None,
    test_fraction: Annotated[float, typer.Option(help="The share of photos to test with, between 0 and 1.")] = 0.2,
    balance: Annotated[
        Literal["auto", "none"],
        typer.Option(help="'auto' weighs rare classes up where classes are unequal."),
    ] = "auto",
    head: Annotated[
        Literal["softmax", "svm"],
        typer.Option(help="What classifies the features: logistic regression, or a support-vector machine."),
    ] = "softmax",
    kernel: Annotated[
        Literal["linear", "polynomial", "rbf", "sigmoid"], typer.Option(help="Of the support-vector machine.")
    ] = "rbf",
    mode: Annotated[
        Literal["head", "partial", "full", "auto"],
        typer.Option(help="What is trained: the head alone, the upper layers too, everything, or what proves to help."),
    ] = "head",
    unfreeze: Annotated[
        str | None,
        typer.Option(help="For partial: the first layer or stage that is trained, e.g. block6.", show_default=False),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Of training more than the head.", show_default=False)
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option(help="Of training more than the head: the largest one.", show_default=False)
    ] = None,
    discriminative: Annotated[
        float, typer.Option(help="Factor on that rate for the first trained layer; it grows to 1 at the head.")
    ] = 1.0,
    versions: Annotated[
        int, typer.Option(min=1, help="For partial: how many versions of each photo are computed and cached.")
    ] = 4,
    time_limit: Annotated[
        str | None,
        typer.Option(help="Be done by then, with the best that can be had: 90s, 10m, 1h.", show_default=False),
    ] = None,
    keep_mode: Annotated[
        bool,
        typer.Option(
            "--keep-mode",
            help="Save what partial or full has trained even if the head alone is better on held-back photos.",
        ),
    ] = False,
    label_depth: LabelDepth = None,
    group_by: GroupBy = None,
    max_pixels: MaxPixels = 100_000_000,
    cache_limit: Annotated[
        float,
        typer.Option(min=0.0, help="Size of the cache in GB, of features and of what partial caches; 0 uses none."),
    ] = 10.0,
    seed: Seed = 0,
    resume: Annotated[
        Path | None,
        typer.Option(help="A run that was interrupted: go on with it, exactly.", show_default=False),
    ] = None,
    out: Out = None,
    as_json: JsonFlag = False,
    quiet: QuietFlag = False,
) -> None:
    """Turn photos into a classifier: train, test, report, and a bundle that proves itself."""

    def work(progress: Progress) -> dict[str, Any]:
        from learnet.transfer_learning import Interrupted
        from learnet.transfer_learning import resume as resume_transfer
        from learnet.transfer_learning import transfer as run_transfer

        limit = None if time_limit is None else seconds_of(time_limit)
        try:
            if resume is not None:
                _refuse_more(context)
                changes: dict[str, Any] = {} if limit is None else {"time_limit": limit}
                return resume_transfer(resume, progress=progress, elapsed=_STARTING, **changes).to_json()
            if data is None:
                raise UsageError(
                    "On which photos? Give a folder, a manifest or the name of a data set, or --resume RUN."
                )
            return run_transfer(
                data,
                backbone=backbone,
                weights=weights,
                weights_dir=weights_dir,
                train_per_class=train_per_class,
                test_fraction=test_fraction,
                balance=balance,
                head=head,
                kernel=kernel,
                label_depth=label_depth,
                group_by=group_by,
                max_pixels=max_pixels,
                cache_limit_bytes=round(cache_limit * 1e9),
                seed=seed,
                out=out,
                progress=progress,
                mode=mode,
                unfreeze=unfreeze,
                epochs=epochs,
                learning_rate=learning_rate,
                discriminative=discriminative,
                versions=versions,
                time_limit=limit,
                keep_mode=keep_mode,
                elapsed=_STARTING,
            ).to_json()
        except Interrupted as stopped:
            raise _InterruptedError(
                "Interrupted. What was computed and trained so far is kept: 'learnet transfer --resume "
                f"{stopped.folder}' goes on with it."
            ) from None

    run_verb(work, as_json=as_json, quiet=quiet, show=_show)


def _refuse_more(context: typer.Context) -> None:
    """Refuse arguments beside --resume: the run has its own."""
    given = [
        name
        for name in context.params
        if name not in _WITH_RESUME and getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    ]
    if given:
        raise UsageError(
            "--resume goes on with the run's own settings: give it nothing but the run's folder and, if you want to, "
            f"--time-limit; received {', '.join(name.replace('_', '-') for name in given)}, too."
        )


def _show(result: dict[str, Any]) -> None:
    low, high = result["accuracy_interval"]
    print_lines(
        "",
        f"Accuracy {result['accuracy']:.1%} (95 % interval {low:.1%} to {high:.1%}) on {result['n_test']} photos it "
        f"had never seen; mean class recall {result['mean_class_recall']:.1%}; calibration error {result['ece']:.3f}.",
        f"Trained on {result['n_train']} photos of {result['n_classes']} classes in {result['seconds']:.0f} s; "
        f"{result['n_skipped']} skipped. Mode: {result['mode']}.",
        *([f"Why      {result['reason']}"] if "reason" in result else []),
        f"Report   {result['report']}",
        f"Bundle   {result['bundle']}",
        f"Next     learnet predict {result['bundle']} path/to/new/photos",
    )
