"""Looking before training: which learning rate, and what augmentation does to the photos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import Silent, default_progress, generator, write_bytes
from learnet.core.runs import run_folder
from learnet.data import Part, data_name
from learnet.options.python import by_keywords
from learnet.options.train import TrainConfig
from learnet.plots import pictures_figure, rates_figure, to_png
from learnet.runs import Stopwatch
from learnet.training.augment import augment
from learnet.training.build import build_trained
from learnet.training.rate_finder import search_rate
from learnet.training.solved import refuse_looking
from learnet.training.train import open_photos

if TYPE_CHECKING:
    from pathlib import Path

    from learnet.core import Progress
    from learnet.data import Dataset
    from learnet.training.rate_finder import RateSearch

_SHOWN, _COPIES = 6, 7


@dataclass(frozen=True, kw_only=True)
class FoundRate:
    """A suggested learning rate and its evidence.

    Attributes:
        search: What was tried.
        plot: The picture.
    """

    search: RateSearch
    plot: Path

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "suggestion": self.search.suggestion,
            "plot": str(self.plot),
            "trials": [
                {"learning_rate": rate, "loss": loss if np.isfinite(loss) else None}
                for rate, loss in zip(self.search.trial_rates, self.search.trial_losses, strict=True)
            ],
        }


def run_rate_search(
    config: TrainConfig,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> FoundRate:
    """Suggest a learning rate for what ``learnet.train`` would do with the same arguments, and draw why.

    Args:
        config: The options.
        data: As for ``train``.
        out: Folder for the picture ``learning-rate.png``.
        progress: Progress reporter; standard error if not given.
    """
    progress = default_progress() if progress is None else progress
    refuse_looking(config, "learning rate")
    folder = run_folder(out, data_name(config.data, data))
    photos = open_photos(config, data, folder=folder, progress=progress, watch=Stopwatch())
    if config.precision == "auto":
        config = config.replace(precision="float32")
    examples = photos.part(Part.TRAIN)
    network = build_trained(config, classes=len(photos.dataset.class_names), images=examples[0])
    search = search_rate(
        network.trainer,
        examples,
        config=config.training,
        auxiliary_weights=network.auxiliary_weights,
        progress=progress,
    )
    figure = rates_figure(
        search.rates, search.losses, search.trial_rates, search.trial_losses, suggestion=search.suggestion
    )
    write_bytes(folder / "learning-rate.png", to_png(figure))
    return FoundRate(search=search, plot=folder / "learning-rate.png")


find_learning_rate = by_keywords(run_rate_search, TrainConfig)


def run_preview(
    config: TrainConfig,
    *,
    data: str | Path | Dataset | tuple[Any, Any] | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Path:
    """Draw a few training photos, each beside copies as ``learnet.train`` would augment them.

    Args:
        config: The options.
        data: As for ``train``.
        out: Folder for the picture ``augmentation.png``.
        progress: Progress reporter; silent if not given.

    Returns:
        The picture.
    """
    refuse_looking(config, "augmentation")
    folder = run_folder(out, data_name(config.data, data))
    photos = open_photos(config, data, folder=folder, progress=progress or Silent(), watch=Stopwatch())
    images, labels = photos.part(Part.TRAIN)
    _, first = np.unique(labels, return_index=True)
    shown = first[:_SHOWN]
    targets = np.eye(len(photos.dataset.class_names), dtype=np.float32)[labels[shown]]
    columns = [np.asarray(images[shown])]
    for copy in range(_COPIES):
        random = generator(config.seed, f"preview {copy}")
        columns.append(augment(columns[0], targets, how=config.training.augmentation, random=random)[0])
    names = [photos.dataset.class_names[label] for label in labels[shown]]
    titles = ["as it is", *["augmented"] * _COPIES]
    figure = pictures_figure(np.stack(columns, axis=1), rows=names, columns=titles)
    write_bytes(folder / "augmentation.png", to_png(figure))
    return folder / "augmentation.png"


preview_augmentation = by_keywords(run_preview, TrainConfig)
