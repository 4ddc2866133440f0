"""Options that several workflows share: data and split, weights, seed, machine, run, output."""

from __future__ import annotations

from learnet.options.schema import Schema, option
from learnet.options.text import Duration, PathText, Text

DATA, SPLIT, NETWORK, TRAINING, AUGMENTATION = "Data", "Split", "Network", "Training", "Augmentation"
MACHINE, RUN, OUTPUT = "Machine", "Run", "Output"
MAX_PIXELS = 100_000_000

_WHICH_PHOTOS = "On which photos? Give a folder, a manifest or the name of a data set, or --resume RUN."


class SizeLimit(Schema):
    """Which photos are too large."""

    max_pixels: int = option(MAX_PIXELS, group=DATA, unit="pixels", ge=1)
    """Photos with more pixels are skipped: a guard against decompression bombs."""


class LabelOptions(SizeLimit):
    """Labelled photos."""

    data: PathText = option(positional=True, metavar="DATA", missing=_WHICH_PHOTOS)
    """A folder with one subfolder per class (or train/, val/, test/ with such folders inside), a CSV or Parquet
    manifest, or a known data set: digits, caltech101, cifar10, mnist, fashion_mnist.
    """
    label_depth: int | None = option(None, group=DATA, usual="the first with several folders", ge=1)
    """Folder level below DATA that names the class, for deeper nesting."""


class DataOptions(LabelOptions):
    """Labelled photos, some of which belong together."""

    group_by: Text | None = option(None, group=DATA, metavar="REGEX")
    """Photos whose path gives the same match of this regular expression (its first group, if it has one) stay on one
    side of the split.
    """


class SplitOptions(DataOptions):
    """Which of the photos train and which test."""

    train_per_class: int | None = option(None, group=SPLIT, usual="all but --test-fraction", ge=1)
    """Training photos per class; all others test."""
    test_fraction: float = option(0.2, group=SPLIT, gt=0, lt=1)
    """Share of the photos held back for the test."""


class ValidationOptions(Schema):
    """Which of the training photos validate."""

    validation_fraction: float = option(0.1, group=SPLIT, gt=0, lt=1)
    """Share of the training photos that choose the best epoch and calibrate."""


class SeedOptions(Schema):
    """Where chance comes from."""

    seed: int = option(0, group=RUN, ge=0)
    """Seed of every random choice."""


class TimeOptions(Schema):
    """How long a run may take."""

    time_limit: Duration | None = option(None, group=RUN, gt=0, resumable=True)
    """Time after which the run ends with the best result so far."""


class WeightsFolder(Schema):
    """Where weight files lie."""

    weights_dir: PathText | None = option(None, group=MACHINE, resumable=True)
    """Folder with weight files, for machines without a network connection."""


class WeightsOptions(WeightsFolder):
    """Pretrained weights."""

    weights: Text = option("imagenet", group=NETWORK)
    """Pretrained weights: imagenet, or random (untrained, for tests and timing)."""


class CacheOptions(Schema):
    """The feature cache."""

    cache_limit: float = option(10.0, group=MACHINE, unit="GB", ge=0)
    """Size of the cache of features and activations; 0 uses none."""

    @property
    def cache_limit_bytes(self) -> int:
        """The limit in bytes."""
        return round(self.cache_limit * 1e9)


class BundleOptions(Schema):
    """A trained bundle."""

    bundle: PathText = option(positional=True, metavar="BUNDLE", missing="Which bundle?")
    """Folder of the bundle that training saved."""


class OutOption(Schema):
    """Where results go."""

    out: PathText | None = option(None, group=RUN, usual="runs/NAME-TIME")
    """Folder for the results."""


class ResumeOption(Schema):
    """An interrupted run."""

    resume: PathText | None = option(None, group=RUN, metavar="RUN")
    """Folder of an interrupted run: continue it exactly, with its own options."""


class OutputOptions(Schema):
    """What a command prints."""

    as_json: bool = option(False, group=OUTPUT, flag="json")
    """Print one JSON object as the last line of standard output."""
    quiet: bool = option(False, group=OUTPUT, short="q")
    """Print results only, no progress."""
    print_schema: bool = option(False, group=OUTPUT, flag="schema")
    """Print the options as JSON Schema and exit."""
    dry_run: bool = option(False, group=OUTPUT)
    """Print what would run (options, split sizes, forecast) and exit."""
