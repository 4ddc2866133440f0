"""Networks with one hidden layer, trained element by element as Elman trained his, many of them at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class OnlineConfig:
    """How networks are shaped and trained.

    Args:
        hidden: Hidden units, and as many context units.
        learning_rate: Of the squared error of one element, halved.
        momentum: In [0, 1).
        scale: Weights start uniform in [-scale, scale].
        context: The hidden layer sees what it said one step before; without it the network is feed-forward.
    """

    hidden: int
    learning_rate: float
    momentum: float = 0.0
    scale: float = 0.5
    context: bool = True


class OnlineElman:
    """Independent networks of sigmoid units that learn after each element, by the published one-step gradient.

    The equations are those of ``learnet.layers.ElmanCell(one_step=True)`` and a dense sigmoid layer behind it; NumPy
    goes through a stream of single elements some ten times faster than a graph of Keras does.

    Args:
        config: Shape and training.
        inputs: Width of an element.
        outputs: Width of a target.
        randoms: One generator of starting weights for each network.
    """

    def __init__(self, config: OnlineConfig, *, inputs: int, outputs: int, randoms: list[np.random.Generator]) -> None:
        self.config = config
        count, hidden = len(randoms), config.hidden
        self._context = slice(inputs, inputs + hidden)
        shapes = (inputs + hidden + 1, hidden), (hidden + 1, outputs)  # the last row holds the biases
        starts = [[random.uniform(-config.scale, config.scale, shape) for shape in shapes] for random in randoms]
        self.first, self.second = (np.stack(part).astype(np.float32) for part in zip(*starts, strict=True))
        self._seen = np.ones((count, 1, inputs + hidden + 1), np.float32)
        self._said = np.ones((count, 1, hidden + 1), np.float32)
        self._moves = np.zeros_like(self.first), np.zeros_like(self.second)
        self.forget()

    def forget(self) -> None:
        """Set the context units to 0.5, as before the first element; to 0 where they are not used."""
        self._seen[:, :, self._context] = 0.5 if self.config.context else 0.0

    def learn(self, inputs: np.ndarray, targets: np.ndarray) -> np.ndarray:
        """Go through a stream once, learning after each element.

        Args:
            inputs: float32 ``(steps, networks, width)``.
            targets: float32 ``(steps, networks, outputs)``.

        Returns:
            What the networks said before they learnt the element, float32 ``(steps, networks, outputs)``.
        """
        said = np.empty_like(targets)
        for step, (element, target) in enumerate(zip(inputs, targets, strict=True)):
            hidden, output = self._forward(element)
            said[step] = output[:, 0]
            self._backward(hidden, output, target[:, None])
            self._keep(hidden)
        return said

    def predict(self, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Go through a stream without learning.

        Returns:
            Outputs ``(steps, networks, outputs)`` and hidden units ``(steps, networks, hidden)``, float32.
        """
        outputs = np.empty((*inputs.shape[:2], self.second.shape[-1]), np.float32)
        units = np.empty((*inputs.shape[:2], self.config.hidden), np.float32)
        for step, element in enumerate(inputs):
            hidden, output = self._forward(element)
            outputs[step], units[step] = output[:, 0], hidden[:, 0]
            self._keep(hidden)
        return outputs, units

    def _forward(self, element: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self._seen[:, 0, : element.shape[-1]] = element
        hidden = _sigmoid(self._seen @ self.first)
        self._said[:, :, :-1] = hidden
        return hidden, _sigmoid(self._said @ self.second)

    def _backward(self, hidden: np.ndarray, output: np.ndarray, target: np.ndarray) -> None:
        slope = (target - output) * output * (1 - output)
        slope *= self.config.learning_rate
        below = (slope @ self.second[:, :-1].transpose(0, 2, 1)) * hidden * (1 - hidden)
        self._move(self.first, self._moves[0], self._seen, below)
        self._move(self.second, self._moves[1], self._said, slope)

    def _move(self, weights: np.ndarray, move: np.ndarray, before: np.ndarray, slope: np.ndarray) -> None:
        column = before.transpose(0, 2, 1)
        if not self.config.momentum:
            np.multiply(column, slope, out=move)
        else:
            move *= self.config.momentum
            move += column * slope
        weights += move

    def _keep(self, hidden: np.ndarray) -> None:
        if self.config.context:
            self._seen[:, :, self._context] = hidden


def _sigmoid(net: np.ndarray) -> np.ndarray:
    np.negative(net, out=net)
    np.exp(net, out=net)
    net += 1
    np.reciprocal(net, out=net)
    return net
