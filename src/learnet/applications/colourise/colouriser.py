"""A trained network that gives grey photos colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.colourise.annealing import check_temperature, with_colours
from learnet.core import UsageError
from learnet.data import InputSpec
from learnet.inference import Predictor
from learnet.models import network as build_network

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

    from learnet.options.colourise import NetworkName

    Floats = NDArray[np.float32]

ARCHITECTURE: dict[NetworkName, str] = {"classification": "colorunet", "regression": "colorunet-l2"}
SMALLEST, LARGEST = 16, 512
_SCALE = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Colouriser:
    """A network, the colours that it chooses from, and how boldly it chooses.

    Attributes:
        network: ``"classification"``: it gives each colour a share; ``"regression"``: it answers U and V.
        size: Height and width of the photos that it sees, in pixels; a multiple of 8.
        model: From uint8 RGB photos ``(b, size, size, 3)``, of which it looks at the luminance only, to logits
            ``(b, size, size, n)``, or to U and V ``(b, size, size, 2)``.
        colours: float64 ``(n, 2)``: U and V of each colour; none of a regression network.
        temperature: Of the annealed mean if nothing else is said, greater than 0; of no effect for regression.

    Raises:
        UsageError: If a value is out of its range.
    """

    network: NetworkName
    size: int
    model: keras.Model
    colours: NDArray[np.float64]
    temperature: float = 1.0

    def __post_init__(self) -> None:
        check_size(self.size)
        check_temperature(self.temperature)

    @property
    def spec(self) -> InputSpec:
        """How a photo is brought to the network's size: all of it, stretched."""
        return photo_spec(self.size)

    def answering(self, temperature: float | None = None) -> keras.Model:
        """Return the network from photos to U and V ``(b, size, size, 2)``; its layers are shared.

        Args:
            temperature: Of the annealed mean; the colouriser's own if not given.

        Raises:
            UsageError: If the temperature is not greater than 0.
        """
        chosen = self.temperature if temperature is None else temperature
        check_temperature(chosen)
        if self.network == "regression":
            return self.model
        return with_colours(self.model, self.colours, temperature=chosen)

    def compiled(self, *, temperature: float | None = None, latency: bool = False) -> Predictor:
        """Return what ``answering`` returns, compiled for this machine by ``learnet.inference``."""
        return Predictor.compile(self.answering(temperature), latency=latency)

    def colour(self, images: NDArray[np.uint8], *, temperature: float | None = None) -> Floats:
        """Return U and V of each pixel.

        Args:
            images: uint8 RGB ``(n, size, size, 3)``; their own colours, if they have any, are not looked at.
            temperature: Of the annealed mean; the colouriser's own if not given.

        Returns:
            float32 ``(n, size, size, 2)``.

        Raises:
            UsageError: If images or temperature are not what they should be.
        """
        return np.stack(list(self.compiled(temperature=temperature).stream(images)))


def make_colouriser(
    network: NetworkName, *, size: int, colours: NDArray[Any] | None = None, temperature: float = 1.0
) -> Colouriser:
    """Return a colouriser with random weights.

    Args:
        network: Which of the two.
        size: Of the photos that it sees, a multiple of 8 from 16 to 512.
        colours: ``(n, 2)``, which a classification network chooses from; not looked at for regression.
        temperature: Of the annealed mean.

    Raises:
        UsageError: If a value is out of its range.

    Example:
        >>> made = make_colouriser("classification", size=16, colours=np.zeros((32, 2)))
        >>> sum(int(np.prod(variable.shape)) for variable in made.model.trainable_variables)
        144336
    """
    check_size(size)
    if network not in ARCHITECTURE:
        raise UsageError(f"The network must be one of {', '.join(ARCHITECTURE)}; received '{network}'.")
    given = np.empty((0, 2)) if network == "regression" or colours is None else np.asarray(colours, np.float64)
    if network == "classification" and len(given) < 2:
        raise UsageError("A network that chooses among colours needs at least 2 of them; give colours=grid.colours.")
    outputs = len(given) if network == "classification" else 2
    built = build_network(ARCHITECTURE[network], classes=outputs, input_size=(size, size))
    return Colouriser(network=network, size=size, model=built.model, colours=given, temperature=temperature)


def photo_spec(size: int) -> InputSpec:
    """Return how photos are brought to a network's size."""
    return InputSpec(height=size, width=size, resize="stretch")


def check_size(size: int) -> None:
    """Refuse a size that the network cannot have.

    Raises:
        UsageError: If so.
    """
    if type(size) is not int or size % _SCALE or not SMALLEST <= size <= LARGEST:
        raise UsageError(
            f"The network's photos must be of a size that is a multiple of {_SCALE} from {SMALLEST} to {LARGEST}, for "
            f"example 64 or 96; received {size!r}."
        )
