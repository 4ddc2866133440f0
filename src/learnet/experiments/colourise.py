"""ColorUNet: rare colours rebalanced, the annealed mean, and colours more vivid than least squares gives."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from learnet.applications.colourise.colouriser import ARCHITECTURE
from learnet.core import Silent, generator
from learnet.experiments.figures import Line, lines_figure
from learnet.experiments.record import Experiment, Outcome, Threshold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from learnet.core import Progress

_COLORUNET = "Billaut, de Rochemonteix and Thibault, ColorUNet: A Convolutional Classification Approach, 2018"
_ZHANG = "Zhang, Isola and Efros, Colorful Image Colorization, 2016, section 2"
_LAMBDAS = (0.1, 0.2, 0.5, 0.9, 1.0)
_COLOURS = 32
_OVERFITTED = 16
_TIMES = 25  # each photo in an epoch
_SIDE = 32


def parts(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001 (a run's arguments)
    """Check the network's size, the weights of the colours, and the two ends of the annealed mean."""
    from learnet.applications.colourise import annealed_mean, choose_colours
    from learnet.applications.colourise.samples import sample_pieces
    from learnet.models import published_profiles

    sums, ones, sharp, mean = [], [], [], []
    for seed in seeds:
        grid = choose_colours(sample_pieces(40, size=_SIDE, seed=seed), kept=_COLOURS)
        sums.append(max(abs(float(grid.weights(lam) @ grid.shares) - 1) for lam in _LAMBDAS))
        ones.append(float(np.abs(grid.weights(1.0) - 1).max()))
        logits = 3 * generator(seed, "logits of colours").standard_normal((100, len(grid)))
        shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        likeliest = grid.colours[logits.argmax(axis=1)]
        sharp.append(float(np.abs(annealed_mean(logits, grid.colours, temperature=1e-3) - likeliest).max()))
        mean.append(float(np.abs(annealed_mean(logits, grid.colours, temperature=1.0) - shares @ grid.colours).max()))
    return Outcome(
        measured={
            "weights of the network": [published_profiles()["colorunet"].trainable_parameters],
            "largest |sum of w P - 1|": sums,
            "largest |w - 1| at lambda 1": ones,
            "distance from the likeliest colour at temperature 0": sharp,
            "distance from the mean colour at temperature 1": mean,
        },
        remark=f"The {_COLOURS} colours of 40 pieces of scikit-learn's two photos; lambda "
        f"{', '.join(map(str, _LAMBDAS))}.",
    )


def overfit(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Learn 16 photos by heart: a network that cannot has a fault."""
    from learnet.applications.colourise import (
        RebalancedColours,
        checking_feed,
        choose_colours,
        make_colouriser,
        training_feed,
    )
    from learnet.core import keras as import_keras
    from learnet.training import EpochRow, TrainingConfig, fit_feed

    epochs = 8 if quick else 80
    reached, curves, names = [], [], set[str]()
    with progress.stage("Sixteen photos", epochs * len(seeds)) as task:
        for seed in seeds:
            images, name = _sixteen(seed, quick=quick)
            names.add(name)
            grid = choose_colours(images, kept=_COLOURS)
            import_keras().utils.set_random_seed(seed)
            model = make_colouriser("classification", size=_SIDE, colours=grid.colours).model
            course: list[float] = []

            def look(row: EpochRow, course: list[float] = course) -> None:
                course.append(row.val_loss)
                task.advance()

            config = TrainingConfig(epochs=epochs, batch_size=_OVERFITTED, learning_rate=1e-2, seed=seed)
            with tempfile.TemporaryDirectory() as folder:
                fit_feed(
                    model,
                    training_feed(images.repeat(_TIMES, axis=0), grid=grid, config=config),
                    checking_feed(images, grid=grid, batch_size=_OVERFITTED),
                    config=config,
                    folder=Path(folder),
                    objective=RebalancedColours(weights=tuple(grid.weights(0.2).tolist())),
                    on_epoch=look,
                )
            reached.append(course[-1] / float(np.log(len(grid))))
            curves.append(Line(x=range(_TIMES, _TIMES * epochs + 1, _TIMES), y=course, label=f"seed {seed}"))

    def figure() -> Figure:
        return lines_figure(curves, x_label="steps", y_label="weighted cross-entropy")

    return Outcome(
        measured={"weighted cross-entropy / that of a guess": reached},
        figure=figure,
        remark=f"{_OVERFITTED} photos of {', '.join(sorted(names))} of {_SIDE} x {_SIDE} pixels, lambda 0.2, "
        f"{_TIMES * epochs} steps of Adam; a guess has the logarithm of the number of colours (log 32 = 3.466).",
    )


def _sixteen(seed: int, *, quick: bool) -> tuple[NDArray[np.uint8], str]:
    """Return photos to learn by heart, and where they come from."""
    from learnet.applications.colourise import ColouriseConfig, decode_photos
    from learnet.applications.colourise.samples import photos_at_hand, sample_photos

    config = ColouriseConfig(data="", size=_SIDE, max_photos=2 * _OVERFITTED, seed=seed)
    if quick:
        dataset = sample_photos(config.max_photos, size=_SIDE, seed=seed)
    else:
        dataset = photos_at_hand("caltech101", "cifar10", count=config.max_photos, size=_SIDE, seed=seed)
    return decode_photos(dataset, config=config, progress=Silent()).images[:_OVERFITTED], dataset.name


def vivid(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Train both networks on the same photos and compare how saturated the colours of each test photo are."""
    from learnet.applications.colourise import train_colouriser
    from learnet.applications.colourise.samples import photos_at_hand, sample_photos

    shares, gains, names = [], [], set[str]()
    epochs, used = (2, 80) if quick else (12, 3_000)
    for seed in seeds:
        if quick:
            photos = sample_photos(used, size=_SIDE, seed=seed)
        else:
            photos = photos_at_hand("caltech101", "cifar10", count=600, size=_SIDE, seed=seed)
        names.add(photos.name)
        with tempfile.TemporaryDirectory() as folder:
            runs = {}
            for network in ARCHITECTURE:
                progress.say(f"Seed {seed}: the {network} network")
                runs[network] = train_colouriser(
                    photos,
                    network=network,
                    size=_SIDE,
                    max_photos=used,
                    epochs=epochs,
                    batch_size=32,
                    seed=seed,
                    out=Path(folder) / network,
                    progress=Silent(),
                )
        classified, averaged = (runs[network].examined for network in ("classification", "regression"))
        shares.append(float((classified.saturation > averaged.saturation).mean()))
        summaries = runs["classification"].summaries
        gains.append(summaries["network"].psnr - summaries["mean colour"].psnr)
    return Outcome(
        measured={"share of photos that are more saturated": shares, "PSNR beyond the mean colour's, dB": gains},
        remark=f"{', '.join(sorted(names))}, {_SIDE} x {_SIDE} pixels, {epochs} passes over at most {used:,} photos; "
        "the temperature is chosen on validation photos.",
    )


EXPERIMENTS = (
    Experiment(
        name="colorunet-parts",
        title="ColorUNet's size, the weights of rare colours, the ends of the annealed mean",
        paper="144,336 weights with 32 colours; sum of w P = 1; the mean at temperature 1, the likeliest colour at 0",
        reference=f"{_COLORUNET}, section 3; {_ZHANG}",
        thresholds=(
            Threshold(of="weights of the network", at_least=144_336, at_most=144_336),
            Threshold(of="largest |sum of w P - 1|", at_most=1e-12),
            Threshold(of="largest |w - 1| at lambda 1", at_most=1e-12),
            Threshold(of="distance from the likeliest colour at temperature 0", at_most=1e-6),
            Threshold(of="distance from the mean colour at temperature 1", at_most=1e-6),
        ),
        run=parts,
        seeds=5,
    ),
    Experiment(
        name="colorunet-overfit",
        title="ColorUNet learns 16 photos by heart",
        paper="no number: a network that cannot learn 16 photos has a fault",
        reference=f"{_COLORUNET}, section 3",
        thresholds=(Threshold(of="weighted cross-entropy / that of a guess", at_most=0.3),),
        run=overfit,
        seeds=1,
        quick_seeds=1,
        quick_reaches=False,
    ),
    Experiment(
        name="colorunet-vivid",
        title="ColorUNet against the same network that learns U and V by least squares",
        paper="no number: classification gives vivid colours where regression gives greyish ones",
        reference=f"{_COLORUNET}, sections 1 and 4; {_ZHANG}",
        thresholds=(
            Threshold(of="share of photos that are more saturated", at_least=0.8, judge="mean"),
            Threshold(of="PSNR beyond the mean colour's, dB", at_least=0.0, judge="mean"),
        ),
        run=vivid,
        seeds=1,
        quick_seeds=1,
        quick_reaches=False,
    ),
)
