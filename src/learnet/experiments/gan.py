"""Generative adversarial networks: a Gaussian, a ring of eight, and handwritten digits."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import generator
from learnet.core import keras as import_keras
from learnet.experiments.figures import Line, lines_figure
from learnet.experiments.record import Experiment, Outcome, Threshold
from learnet.gan import (
    GanConfig,
    Mixture,
    dcgan,
    draw_samples,
    mode_coverage,
    points_mlp,
    samples_figure,
    score_images,
    side_by_side,
    train_gan,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.gan import FittedGan, GanRow

    Floats = NDArray[np.floating[Any]]

_GOODFELLOW = "Goodfellow et al., Generative Adversarial Nets, 2014"
_MEAN, _SEED_OF_SAMPLES = 3.0, 1_000_000
_USUAL = GanConfig(batch_size=64, learning_rate=1e-3, samples_every=0)
_LEAST_SHARE = 0.01  # of the samples: one stray sample near a mode is no mode


def gaussian(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Learn N(3, 1), one game a seed, all side by side; then train discriminators against the right generator."""
    epochs = 24 if quick else 40
    sizes: dict[str, Any] = {"hidden": (16,), "discriminator_hidden": (32, 32), "activation": "tanh"}
    games = [points_mlp(dimensions=1, latent_size=1, seed=seed, **sizes) for seed in seeds]
    makers, judges = side_by_side(games)
    points = np.stack([_MEAN + generator(seed, "gaussian").standard_normal((6400, 1)) for seed in seeds], axis=1)
    config = _USUAL.replace(epochs=epochs, batch_size=128)
    _train(makers, judges, points, config, title="Gaussian", progress=progress)
    samples = draw_samples(makers, 20_000, seed=_SEED_OF_SAMPLES)[..., 0].astype(np.float64)
    _, judges = side_by_side(games)
    _train(_exact(len(games)), judges, points, config, title="Right generator", progress=progress)
    fresh = _MEAN + generator(_SEED_OF_SAMPLES, "gaussian").standard_normal((5000, len(games), 1))
    beliefs = 1 / (1 + np.exp(-np.asarray(judges(fresh.astype(np.float32)), np.float64)))
    return Outcome(
        measured={
            "error of the mean": np.abs(samples.mean(axis=0) - _MEAN).tolist(),
            "error of the standard deviation": np.abs(samples.std(axis=0) - 1).tolist(),
            "mean |D - 1/2| against the right generator": np.abs(beliefs - 0.5).mean(axis=0).tolist(),
            "mean D against the right generator": beliefs.mean(axis=0).tolist(),
        },
        figure=partial(_density_figure, samples),
        remark=f"Perceptrons with 16 and 32-32 units of tanh, {50 * epochs:,} steps of 128 examples, Adam with a "
        "rate of 0.001, non-saturating loss. 20,000 samples a seed.",
    )


def _exact(games: int) -> keras.Model:
    """Return the generator that is right: N(0, 1) moved by 3, with nothing to train."""
    keras = import_keras()
    noise = keras.Input((games,))
    moved = keras.layers.Rescaling(1.0, offset=_MEAN)(keras.layers.Reshape((games, 1))(noise))
    return keras.Model(noise, moved)


def ring(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Learn eight narrow Gaussians on a circle, one game a seed, all side by side."""
    count, epochs = 6400, 25 if quick else 80
    mixture = Mixture.ring(modes=8, radius=2.0, sigma=0.02)
    makers, judges = side_by_side([points_mlp(latent_size=8, hidden=(64, 64), seed=seed) for seed in seeds])
    points = np.stack([mixture.draw(count, seed=seed) for seed in seeds], axis=1)
    _train(makers, judges, points, _USUAL.replace(epochs=epochs), title="Ring of eight", progress=progress)
    samples = draw_samples(makers, 10_000, seed=_SEED_OF_SAMPLES)
    found = [mode_coverage(samples[:, game], mixture, least=_LEAST_SHARE) for game in range(len(seeds))]
    modes = [coverage.modes for coverage in found]
    touched = [sum(share > 0 for share in coverage.shares) for coverage in found]
    return Outcome(
        measured={
            "modes of the best seed": [max(modes)],
            "modes": modes,
            "modes with a single sample at least": touched,
            "collapsed to fewer than 7 modes": [count < 7 for count in modes],
            "share of samples within 3 sigma": [coverage.near for coverage in found],
        },
        figure=partial(_ring_figure, samples, modes, mixture),
        remark=f"Perceptrons with 64-64 units of ReLU, 8 numbers of noise, {count * epochs // 64:,} steps of 64 "
        "examples, Adam with a rate of 0.001, non-saturating loss. A mode counts if more than 1 % of 10,000 samples "
        "are within 3 sigma of it.",
    )


def digits(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Learn digits of 8 x 8 pixels by DCGAN, and let a classifier of real ones read the samples."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    epochs = 20 if quick else 140
    pixels = np.rint(images * (255 / 16)).astype(np.uint8).reshape(-1, 8, 8, 1)
    told: dict[str, list[float]] = {name: [] for name in _READ}
    samples = np.zeros((0, 8, 8, 1), np.float32)
    for seed in seeds:
        networks = dcgan(image_size=8, channels=1, base=64, latent_size=16, seed=seed)
        fitted = _train(
            networks.generator,
            networks.discriminator,
            pixels,
            _USUAL.replace(epochs=epochs, seed=seed),
            title=f"DCGAN, seed {seed}",
            progress=progress,
        )
        samples = draw_samples(networks.generator, 1000, seed=_SEED_OF_SAMPLES)
        last = fitted.history[-max(1, epochs // 10) :]
        beliefs = [float(np.mean([row.real for row in last])), float(np.mean([row.fake for row in last]))]
        values = [*beliefs, *_read(images / 8 - 1, labels, samples, seed)]
        for name, value in zip(_READ, values, strict=True):
            told[name].append(float(value))
    return Outcome(
        measured=told,
        figure=partial(samples_figure, samples[:100]),
        remark=f"scikit-learn's digits; 64 and 128 maps, 16 numbers of noise, {epochs} epochs of batches of 64, Adam "
        "with a rate of 0.001. D is the mean of the last tenth of the epochs. The classifier is a perceptron of 128 "
        "units, trained on 1,200 real digits; 597 others, and shuffled ones, say what its confidence is worth.",
    )


_READ = (
    "D of examples",
    "D of samples",
    "share of samples read with confidence over 0.9",
    "digits among them",
    "the same share of held-out real digits",
    "the same share of shuffled digits",
)


def _read(images: Floats, labels: NDArray[np.int64], samples: NDArray[np.float32], seed: int) -> list[float]:
    """Return what a classifier, trained on real digits here, says of samples, of other real digits, and of nonsense."""
    from sklearn.neural_network import MLPClassifier

    random = generator(seed, "digits for a classifier")
    order = random.permutation(len(labels))
    train, rest = order[:1200], order[1200:]
    classifier = MLPClassifier((128,), max_iter=1000, random_state=seed).fit(images[train], labels[train])
    shuffled = random.permuted(images[rest], axis=1)
    scores = [
        score_images(classifier.predict_proba(part)) for part in (samples.reshape(-1, 64), images[rest], shuffled)
    ]
    return [scores[0].confident, scores[0].classes, scores[1].confident, scores[2].confident]


def _train(
    maker: keras.Model,
    judge: keras.Model,
    examples: NDArray[Any],
    config: GanConfig,
    *,
    title: str,
    progress: Progress,
) -> FittedGan:
    with tempfile.TemporaryDirectory() as folder, progress.stage(f"{title}: epochs", config.epochs) as task:

        def advance(_: GanRow) -> None:
            task.advance()

        return train_gan(maker, judge, examples, config=config, folder=Path(folder), on_epoch=advance)


def _density_figure(samples: Floats) -> Figure:
    """Draw the samples' histogram of each seed beside the density that they should have."""
    edges = np.linspace(-1, 7, 61)
    middles = (edges[1:] + edges[:-1]) / 2
    wanted = np.exp(-((middles - _MEAN) ** 2) / 2) / np.sqrt(2 * np.pi)
    lines = [
        Line(x=middles, y=np.histogram(column, edges, density=True)[0], label=f"seed {number}")
        for number, column in enumerate(samples.T[:4])
    ]
    return lines_figure(
        [Line(x=middles, y=wanted, style="--", label="N(3, 1)"), *lines], x_label="sample", y_label="density"
    )


def _ring_figure(samples: Floats, modes: Sequence[int], mixture: Mixture) -> Figure:
    """Draw the samples of the best and of the worst seed."""
    best, worst = int(np.argmax(modes)), int(np.argmin(modes))
    lines = [
        Line(
            x=samples[:1000, game, 0],
            y=samples[:1000, game, 1] - 5 * place,
            style=",",
            label=f"seed {game}: {modes[game]} modes",
        )
        for place, game in enumerate(dict.fromkeys([best, worst]))
    ]
    centres = np.concatenate([mixture.centres - [0, 5 * place] for place in range(len(lines))])
    lines.append(Line(x=centres[:, 0], y=centres[:, 1], style="o", label="modes"))
    return lines_figure(lines, x_label="first number", y_label="second number, the worst seed 5 lower")


EXPERIMENTS = (
    Experiment(
        name="gan-gaussian",
        title="A generative adversarial network on N(3, 1)",
        paper="the generator's distribution becomes the data's, and D = p / (p + p_G) becomes 1/2 everywhere",
        reference=f"{_GOODFELLOW}, proposition 1, theorem 1 and figure 1",
        thresholds=(
            Threshold(of="error of the mean", at_most=0.15),
            Threshold(of="error of the standard deviation", at_most=0.2),
            Threshold(of="mean |D - 1/2| against the right generator", at_most=0.05),
        ),
        run=gaussian,
    ),
    Experiment(
        name="gan-ring",
        title="A generative adversarial network on a ring of eight Gaussians",
        paper="plain networks find some modes and lose others; at best all eight are found",
        reference="Metz et al., Unrolled Generative Adversarial Networks, 2017, section 3.1; Lin et al., PacGAN, 2018, "
        "section 4.1, for the counts",
        thresholds=(Threshold(of="modes of the best seed", at_least=7),),
        run=ring,
        quick_reaches=False,
    ),
    Experiment(
        name="gan-digits",
        title="DCGAN on handwritten digits",
        paper="convolutional networks after its guidelines train stably, and make images that look real",
        reference="Radford, Metz and Chintala, Unsupervised Representation Learning with Deep Convolutional Generative "
        "Adversarial Networks, 2015, section 3",
        thresholds=(
            Threshold(of="D of examples", at_least=0.2, at_most=0.8),
            Threshold(of="D of samples", at_least=0.2, at_most=0.8),
            Threshold(of="share of samples read with confidence over 0.9", at_least=0.8),
        ),
        run=digits,
        seeds=3,
        quick_seeds=1,
        quick_reaches=False,
    ),
)
