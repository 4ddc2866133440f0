"""How good are the colours? Measured on photos that were never trained on, beside grey and beside one mean colour."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.colourise.annealing import annealed_mean
from learnet.applications.colourise.colour import chroma, join, luminance
from learnet.applications.colourise.measures import colourfulness, psnr, saturation, squared_error
from learnet.core import Silent
from learnet.inference import Predictor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from learnet.applications.colourise.colouriser import Colouriser
    from learnet.core import Progress

    Floats = NDArray[np.float64]

TEMPERATURES = (0.1, 0.2, 0.3, 0.38, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
MARGIN = 0.05
"""By how many decibels the validation photos must beat the mean colour: the test photos are others."""

_AT_ONCE = 32


@dataclass(frozen=True, kw_only=True)
class Summary:
    """One way of colouring, over some photos.

    Attributes:
        psnr: In U and V, of the mean squared error over all photos, in decibels (peak 1).
        saturation: Mean over the photos, in [0, 1].
        colourfulness: Mean over the photos (Hasler and Süsstrunk).
    """

    psnr: float
    saturation: float
    colourfulness: float


@dataclass(frozen=True, kw_only=True)
class TemperatureRow:
    """What a temperature gives on the validation photos.

    Attributes:
        temperature: Of the annealed mean.
        psnr: In U and V, in decibels.
        saturation: Mean over the photos, in [0, 1].
    """

    temperature: float
    psnr: float
    saturation: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Examined:
    """What was measured photo by photo, each float64 ``(n,)``.

    Attributes:
        error: Mean squared error in U and V.
        grey_error: Of the photo left grey.
        mean_error: Of the photo in one colour, the mean of the training photos.
        saturation: Of the coloured photo.
        true_saturation: Of the photo itself.
        colourfulness: Of the coloured photo.
        true_colourfulness: Of the photo itself.
        mean_saturation: Of the photo in the mean colour.
        mean_colourfulness: Of the photo in the mean colour.
    """

    error: Floats
    grey_error: Floats
    mean_error: Floats
    saturation: Floats
    true_saturation: Floats
    mean_saturation: Floats
    colourfulness: Floats
    true_colourfulness: Floats
    mean_colourfulness: Floats

    @property
    def gain(self) -> Floats:
        """By how many decibels each photo's colours are nearer to the true ones than grey is."""
        gain: Floats = 10 * np.log10(np.maximum(self.grey_error, 1e-9) / np.maximum(self.error, 1e-9))
        return gain

    def summaries(self) -> dict[str, Summary]:
        """Return the network beside the photos themselves and the two baselines."""
        return {
            "network": _summary(self.error, self.saturation, self.colourfulness),
            "mean colour": _summary(self.mean_error, self.mean_saturation, self.mean_colourfulness),
            "grey": _summary(self.grey_error, np.zeros(1), np.zeros(1)),
            "true colours": Summary(
                psnr=float("inf"),
                saturation=float(self.true_saturation.mean()),
                colourfulness=float(self.true_colourfulness.mean()),
            ),
        }

    def picks(self, count: int = 3) -> dict[str, list[int]]:
        """Return the positions of the best, the median and the worst photos by ``gain``."""
        order = np.argsort(-self.gain, kind="stable")
        count = max(1, min(count, len(order) // 3))
        middle = (len(order) - count) // 2
        spans = {"best": order[:count], "median": order[middle : middle + count], "worst": order[len(order) - count :]}
        return {name: span.tolist() for name, span in spans.items()}


def examine(
    colouriser: Colouriser,
    images: NDArray[np.uint8],
    *,
    mean_colour: Sequence[float],
    temperature: float | None = None,
    progress: Progress | None = None,
) -> Examined:
    """Colour photos and compare with their true colours.

    Args:
        colouriser: After training.
        images: uint8 RGB ``(n, size, size, 3)``, at least one.
        mean_colour: U and V, the mean over the training photos.
        temperature: The colouriser's own if not given.
        progress: Where to tell how it goes.
    """
    rows: dict[str, list[Floats]] = {name: [] for name in Examined.__dataclass_fields__}
    predictor = colouriser.compiled(temperature=temperature)
    with (progress or Silent()).stage("Measuring photos", len(images)) as task:
        for photos, colours in _answers(predictor, images):
            for name, values in _measured(photos, colours, np.asarray(mean_colour, np.float32)).items():
                rows[name].append(values)
            task.advance(len(photos))
    return Examined(**{name: np.concatenate(values) for name, values in rows.items()})


def choose_temperature(
    colouriser: Colouriser,
    images: NDArray[np.uint8],
    *,
    mean_colour: Sequence[float],
    temperatures: Sequence[float] = TEMPERATURES,
    progress: Progress | None = None,
) -> tuple[float, tuple[TemperatureRow, ...]]:
    """Return the most vivid temperature whose colours are still nearer to the truth than the mean colour is.

    Where none is, the temperature with the smallest error is taken.

    Args:
        colouriser: Of a classification network, after training.
        images: Validation photos, uint8 RGB ``(n, size, size, 3)``; never those of the test.
        mean_colour: U and V, the mean over the training photos.
        temperatures: What to choose from.
        progress: Where to tell how it goes.

    Returns:
        The temperature, and what each one gives.
    """
    errors, vivid = np.zeros(len(temperatures)), np.zeros(len(temperatures))
    baseline = 0.0
    predictor = Predictor.compile(colouriser.model)
    with (progress or Silent()).stage("Choosing the temperature", len(images)) as task:
        for photos, logits in _answers(predictor, images):
            truth, brightness = chroma(photos), luminance(photos)
            baseline += squared_error(np.broadcast_to(np.asarray(mean_colour), truth.shape), truth).sum()
            for place, temperature in enumerate(temperatures):
                colours = annealed_mean(logits, colouriser.colours, temperature=temperature)
                errors[place] += squared_error(colours, truth).sum()
                vivid[place] += saturation(join(brightness, colours)).sum()
            task.advance(len(photos))
    rows = tuple(
        TemperatureRow(
            temperature=temperature, psnr=psnr(errors[place] / len(images)), saturation=vivid[place] / len(images)
        )
        for place, temperature in enumerate(temperatures)
    )
    return most_vivid(rows, at_least=psnr(baseline / len(images)) + MARGIN), rows


def most_vivid(rows: Sequence[TemperatureRow], *, at_least: float) -> float:
    """Return the temperature with the largest saturation among those whose PSNR is large enough, else the nearest one.

    Example:
        >>> rows = [TemperatureRow(temperature=t, psnr=p, saturation=s) for t, p, s in [(0.1, 20, 0.4), (1, 24, 0.2)]]
        >>> most_vivid(rows, at_least=23), most_vivid(rows, at_least=19), most_vivid(rows, at_least=30)
        (1, 0.1, 1)
    """
    able = [row for row in rows if row.psnr >= at_least]
    if able:
        return max(able, key=lambda row: row.saturation).temperature
    return max(rows, key=lambda row: row.psnr).temperature


def colour_view(images: NDArray[np.uint8], colours: NDArray[Any]) -> NDArray[np.uint8]:
    """Return photos with their brightness and other colours ``(…, 2)``, uint8 RGB of the same shape."""
    return join(luminance(images), colours)


def _answers(
    predictor: Predictor, images: NDArray[np.uint8]
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.float32]]]:
    """Yield some photos at a time with what the network says of them."""
    for start in range(0, len(images), _AT_ONCE):
        photos = np.ascontiguousarray(images[start : start + _AT_ONCE])
        yield photos, np.stack(list(predictor.stream(photos)))


def _measured(photos: NDArray[np.uint8], colours: NDArray[np.float32], mean: NDArray[np.float32]) -> dict[str, Floats]:
    truth = chroma(photos)
    in_mean = np.broadcast_to(mean, truth.shape)
    views = {"": colour_view(photos, colours), "true_": photos, "mean_": colour_view(photos, in_mean)}
    found = {
        "error": squared_error(colours, truth),
        "grey_error": squared_error(np.zeros_like(truth), truth),
        "mean_error": squared_error(in_mean, truth),
    }
    for name, view in views.items():
        found |= {f"{name}saturation": saturation(view), f"{name}colourfulness": colourfulness(view)}
    return found


def _summary(error: Floats, saturations: Floats, colourfulnesses: Floats) -> Summary:
    return Summary(
        psnr=psnr(float(error.mean())),
        saturation=float(saturations.mean()),
        colourfulness=float(colourfulnesses.mean()),
    )


def to_json(summary: Summary) -> dict[str, float | None]:
    """Return a summary as JSON values; an infinite PSNR becomes None."""
    return {name: value if value < float("inf") else None for name, value in asdict(summary).items()}
