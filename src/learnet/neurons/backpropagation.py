"""Back-propagation by hand, in NumPy: small networks, any number of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError, generator
from learnet.neurons.activations import ACTIVATIONS, Floats
from learnet.neurons.losses import LOSSES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, kw_only=True)
class SmallNetwork:
    """A multi-layer perceptron as the course writes it down; ``learnet.models`` has the one for photos, in Keras.

    All weights of a network are one vector ``(parameters,)``: layer by layer the kernel ``(in, out)``, then the bias
    ``(out,)``. Vectors ``(networks, parameters)`` stand for as many networks side by side.

    Attributes:
        sizes: Units of each layer, from the inputs to the outputs; at least two, each at least 1.
        activations: Of each layer but the inputs; names of ``ACTIVATIONS``.
        loss: A name of ``LOSSES``, over the last layer's activations.

    Raises:
        UsageError: If sizes and activations do not fit each other, or there is no such activation or loss.

    Source:
        Rumelhart, Hinton and Williams, Learning Representations by Back-Propagating Errors, Nature 323, 1986.

    Example:
        >>> network = SmallNetwork(sizes=(2, 4, 1), activations=("tanh", "tanh"))
        >>> network.parameters
        17
        >>> weights = network.initial(seeds=range(3))
        >>> network.outputs(weights, np.zeros((5, 2))).shape
        (3, 5, 1)
    """

    sizes: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str = "squared_error"

    def __post_init__(self) -> None:
        if len(self.sizes) < 2 or len(self.activations) != len(self.sizes) - 1 or min(self.sizes) < 1:
            raise UsageError(
                "A network needs at least two layers of at least one unit, and an activation for each but the first; "
                f"received the sizes {self.sizes} and the activations {self.activations}."
            )
        for name in self.activations:
            ACTIVATIONS[name]
        LOSSES[self.loss]

    @property
    def parameters(self) -> int:
        """How many weights and biases there are."""
        return sum((before + 1) * after for before, after in pairwise(self.sizes))

    def initial(self, *, seeds: Iterable[int], spread: float = 1.0) -> NDArray[np.float64]:
        """Return random weights, one network a seed, ``(networks, parameters)``.

        Args:
            seeds: One for each network.
            spread: Weights and biases come from the uniform distribution on ``[-spread, spread]``.
        """
        draws = [generator(seed, "small network").uniform(-spread, spread, self.parameters) for seed in seeds]
        return np.array(draws)

    def outputs(self, weights: Floats, inputs: ArrayLike) -> Floats:
        """Return the last layer's activations ``(..., n, outputs)`` for inputs ``(n, inputs)``."""
        return self.layers(weights, inputs)[-1]

    def layers(self, weights: Floats, inputs: ArrayLike) -> list[Floats]:
        """Return the activations of every layer, each ``(..., n, units)``, the inputs first."""
        return self._forward(self._unpack(weights), np.asarray(inputs, dtype=np.float64))[1]

    def loss_and_gradient(self, weights: Floats, inputs: ArrayLike, targets: ArrayLike) -> tuple[Any, Floats]:
        """Return the mean loss over the examples ``(...)`` and its gradient ``(..., parameters)``.

        Args:
            weights: ``(..., parameters)``.
            inputs: ``(n, inputs)``.
            targets: ``(n, outputs)``.
        """
        loss, wanted = LOSSES[self.loss], np.asarray(targets, dtype=np.float64)
        parts = self._unpack(weights)
        sums, values = self._forward(parts, np.asarray(inputs, dtype=np.float64))
        upstream = loss.slope(values[-1], wanted) / len(wanted)
        gradients: list[Floats] = []
        for layer in reversed(range(len(parts))):
            error = ACTIVATIONS[self.activations[layer]].pull_back(sums[layer], upstream)
            kernel = values[layer].swapaxes(-1, -2) @ error
            gradients[:0] = [kernel.reshape(*kernel.shape[:-2], -1), error.sum(axis=-2)]
            upstream = error @ parts[layer][0].swapaxes(-1, -2)
        return loss.value(values[-1], wanted).mean(axis=-1), np.concatenate(gradients, axis=-1)

    def _unpack(self, weights: Floats) -> list[tuple[Floats, Floats]]:
        if weights.shape[-1] != self.parameters:
            raise UsageError(
                f"A network of the sizes {self.sizes} has {self.parameters} weights; received {weights.shape[-1]}."
            )
        parts, at = [], 0
        for before, after in pairwise(self.sizes):
            kernel = weights[..., at : at + before * after].reshape(*weights.shape[:-1], before, after)
            at += before * after
            parts.append((kernel, weights[..., None, at : at + after]))
            at += after
        return parts

    def _forward(self, parts: list[tuple[Floats, Floats]], inputs: Floats) -> tuple[list[Floats], list[Floats]]:
        sums: list[Floats] = []
        values: list[Floats] = [inputs]
        for (kernel, bias), name in zip(parts, self.activations, strict=True):
            sums.append(values[-1] @ kernel + bias)
            values.append(ACTIVATIONS[name].value(sums[-1]))
        return sums, values
