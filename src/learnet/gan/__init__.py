"""Generative adversarial networks: two networks trained against each other, measured, and kept on disk."""

from learnet.gan.feed import GanBatch, GanFeed
from learnet.gan.mixtures import Coverage, Mixture, mode_coverage
from learnet.gan.networks import FAMILIES, Adversaries, Family, dcgan, points_mlp
from learnet.gan.pictures import samples_figure
from learnet.gan.samples import as_images, draw_samples
from learnet.gan.save import StoredGenerator, load_generator, save_generator
from learnet.gan.scores import ImageScore, score_images
from learnet.gan.side_by_side import side_by_side, take_apart
from learnet.gan.step import GanStep, GanTrainer
from learnet.gan.train import FittedGan, GanRow, train_gan
from learnet.options.gan import GanConfig

__all__ = [
    "FAMILIES",
    "Adversaries",
    "Coverage",
    "Family",
    "FittedGan",
    "GanBatch",
    "GanConfig",
    "GanFeed",
    "GanRow",
    "GanStep",
    "GanTrainer",
    "ImageScore",
    "Mixture",
    "StoredGenerator",
    "as_images",
    "dcgan",
    "draw_samples",
    "load_generator",
    "mode_coverage",
    "points_mlp",
    "samples_figure",
    "save_generator",
    "score_images",
    "side_by_side",
    "take_apart",
    "train_gan",
]
