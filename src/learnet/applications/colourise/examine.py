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
SURE = 2.0
"""Standard errors by which colours must be nearer to the truth than the mean colour: other photos will differ."""

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
        nearer: By how many standard errors the colours are nearer to the truth than the mean colour is, photo by photo;
            negative if they are farther away.
    """

    temperature: float
    psnr: float
    saturation: float
    nearer: float


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
    """Return the most vivid temperature whose colours are surely nearer to the truth than the mean colour is.

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
    errors: list[Floats] = []
    vivid = np.zeros(len(temperatures))
    predictor = Predictor.compile(colouriser.model)
    with (progress or Silent()).stage("Choosing the temperature", len(images)) as task:
        for photos, logits in _answers(predictor, images):
            truth, brightness = chroma(photos), luminance(photos)
            found = [squared_error(np.broadcast_to(np.asarray(mean_colour), truth.shape), truth)]
            for place, temperature in enumerate(temperatures):
                colours = annealed_mean(logits, colouriser.colours, temperature=temperature)
                found.append(squared_error(colours, truth))
                vivid[place] += saturation(join(brightness, colours)).sum()
            errors.append(np.stack(found))
            task.advance(len(photos))
    baseline, *each = np.concatenate(errors, axis=1)
    rows = tuple(
        TemperatureRow(
            temperature=temperature,
            psnr=psnr(float(error.mean())),
            saturation=float(total / len(images)),
            nearer=_standard_errors(baseline - error),
        )
        for temperature, error, total in zip(temperatures, each, vivid, strict=True)
    )
    return most_vivid(rows), rows


def _standard_errors(differences: Floats) -> float:
    """Return the mean as a multiple of its standard error; 0 where all are equal or there is one alone."""
    spread = float(differences.std(ddof=1)) if len(differences) > 1 else 0.0
    return float(differences.mean() / (spread / len(differences) ** 0.5)) if spread > 0 else 0.0


def most_vivid(rows: Sequence[TemperatureRow]) -> float:
    """Return the temperature with the largest saturation among those that are surely near enough, else the nearest one.

    Example:
        >>> found = [(0.1, 20, 0.4, -3.0), (0.5, 23, 0.3, 2.5), (1.0, 24, 0.2, 5.0)]
        >>> rows = [TemperatureRow(temperature=t, psnr=p, saturation=s, nearer=n) for t, p, s, n in found]
        >>> most_vivid(rows), most_vivid(rows[:1]), most_vivid(rows[::2])
        (0.5, 0.1, 1.0)
    """
    able = [row for row in rows if row.nearer >= SURE]
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
