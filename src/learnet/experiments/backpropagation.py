"""Back-propagation: right to the last digits, and able to learn what a perceptron cannot."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import generator
from learnet.experiments.figures import Line, lines_figure
from learnet.experiments.record import Experiment, Outcome, Threshold
from learnet.neurons import ACTIVATIONS, LOSSES, SmallNetwork, check_gradients, descend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from learnet.core import Progress
    from learnet.neurons import Trajectory

RUMELHART = "Rumelhart, Hinton and Williams, Learning Internal Representations by Error Propagation, 1986"
_XOR_NETWORK = SmallNetwork(sizes=(2, 4, 1), activations=("tanh", "tanh"))
_XOR_INPUTS = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]], dtype=np.float64)
_XOR_TARGETS = np.array([[-1], [1], [1], [-1]], dtype=np.float64)


def gradients(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001 (a run's arguments)
    """Hold back-propagation in a 3-4-3-2 network against central differences, for each activation and loss."""
    pairs = [(activation.name, loss.name) for activation in ACTIVATIONS for loss in LOSSES]
    worst = np.zeros((len(seeds), len(pairs)))
    with progress.stage("Gradient checks", worst.size) as task:
        for row, seed in enumerate(seeds):
            for column, (activation, loss) in enumerate(pairs):
                worst[row, column] = _gradient_error(activation, loss, seed)
                task.advance()
    return Outcome(
        measured={"largest relative error": worst.max(axis=1).tolist()},
        remark=f"{len(pairs)} networks a seed: each of {len(ACTIVATIONS.names())} activations with each of "
        f"{len(LOSSES.names())} losses, float64, steps of 1e-5.",
    )


def _gradient_error(activation: str, loss: str, seed: int) -> float:
    random = generator(seed, "gradient check")
    network = SmallNetwork(sizes=(3, 4, 3, 2), activations=(activation, activation, "linear"), loss=loss)
    inputs = random.normal(size=(5, 3))
    targets = {
        "numbers": random.normal(size=(5, 2)),
        "0 or 1": random.integers(0, 2, (5, 2)).astype(np.float64),
        "shares": random.dirichlet([1.0, 1.0], 5),
        "-1 or 1": random.choice([-1.0, 1.0], (5, 2)),
    }[LOSSES[loss].targets]
    (weights,) = network.initial(seeds=[seed])

    def value(at: NDArray[np.float64]) -> float:
        return float(network.loss_and_gradient(at, inputs, targets)[0])

    return check_gradients(value, network.loss_and_gradient(weights, inputs, targets)[1], weights).relative_error


def xor(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:  # noqa: ARG001 (a run's arguments)
    """Train 2-4-1 networks of tanh units on XOR, one a seed, all at once, by batch gradient descent."""
    epochs = 2_000
    progress.say(f"XOR: {len(seeds)} networks, {epochs:,} epochs")
    way = _learn(_XOR_NETWORK, _XOR_INPUTS, _XOR_TARGETS, seeds=seeds, rate=0.2, epochs=epochs, spread=1.0)
    right = np.array(
        [
            (np.sign(_XOR_NETWORK.outputs(weights, _XOR_INPUTS)) == _XOR_TARGETS).all(axis=(-2, -1))
            for weights in way.weights
        ]
    )
    solved = right[-1]
    first = way.steps[right.argmax(axis=0)][solved]
    return Outcome(
        measured={
            "solved": solved.tolist(),
            **({"epochs until solved": first.tolist()} if len(first) else {}),
        },
        figure=partial(_losses_figure, way),
        remark="Inputs and targets of ±1, squared error, batch gradient descent with rate 0.2 and momentum 0.9.",
    )


def encoder(*, seeds: Sequence[int], quick: bool, progress: Progress, size: int, code: int) -> Outcome:
    """Learn to pass one of ``size`` signals through ``code`` units, and read the code that was found."""
    epochs = 4_000 if quick else 10_000
    progress.say(f"{size}-{code}-{size} encoder: {len(seeds)} networks, {epochs:,} epochs")
    network = SmallNetwork(sizes=(size, code, size), activations=("sigmoid", "sigmoid"))
    signals = np.eye(size)
    way = _learn(network, signals, signals, seeds=seeds, rate=2.0, epochs=epochs, spread=0.5)
    _, hidden, outputs = network.layers(way.end, signals)
    right = (outputs.argmax(axis=-1) == np.arange(size)).all(axis=-1)
    bits = (hidden > 0.5) @ (1 << np.arange(code))
    distinct = np.array([len(set(row.tolist())) == size for row in bits])
    sharpness = np.abs(2 * hidden - 1).mean(axis=(-2, -1))
    return Outcome(
        measured={
            "solved": right.tolist(),
            "solved with a different code of 0s and 1s for each signal": (right & distinct).tolist(),
            "how near the code is to 0s and 1s": sharpness.tolist(),
        },
        figure=partial(_losses_figure, way),
        remark=f"Squared error, batch gradient descent with rate 2 and momentum 0.9, {epochs:,} epochs. A code is read "
        "off at a threshold of 0.5.",
    )


def _learn(
    network: SmallNetwork,
    inputs: NDArray[np.float64],
    targets: NDArray[np.float64],
    *,
    seeds: Sequence[int],
    rate: float,
    epochs: int,
    spread: float,
) -> Trajectory:
    return descend(
        lambda weights, chosen: network.loss_and_gradient(weights, inputs[chosen], targets[chosen]),
        network.initial(seeds=seeds, spread=spread),
        examples=len(inputs),
        learning_rate=rate,
        momentum=0.9,
        epochs=epochs,
        record_every=max(1, epochs // 200),
    )


def _losses_figure(way: Trajectory) -> Figure:
    """Draw each network's loss; the first 30 of them."""
    lines = [Line(x=way.steps, y=losses) for losses in np.maximum(way.losses.T[:30], 1e-8)]
    return lines_figure(lines, x_label="epochs", y_label="mean loss, one line a seed", log_y=True)


EXPERIMENTS = (
    Experiment(
        name="gradients",
        title="Back-propagation against finite differences",
        paper="back-propagation computes the derivative itself",
        reference="Rumelhart, Hinton and Williams, Learning Representations by Back-Propagating Errors, 1986",
        thresholds=(Threshold(of="largest relative error", at_most=1e-7),),
        run=gradients,
    ),
    Experiment(
        name="xor",
        title="XOR by back-propagation, 2-4-1 tanh units",
        paper="XOR is learnt by a hidden layer; a few starts end in a local minimum",
        reference=f"{RUMELHART}, section on the exclusive-or problem",
        thresholds=(Threshold(of="solved", at_least=1, share=0.9),),
        run=xor,
        seeds=100,
        quick_seeds=20,
    ),
    Experiment(
        name="encoder-424",
        title="The 4-2-4 encoder by back-propagation",
        paper="the hidden units find a code of 0s and 1s",
        reference=f"{RUMELHART}, section on the encoding problem",
        thresholds=(Threshold(of="solved with a different code of 0s and 1s for each signal", at_least=1, share=0.9),),
        run=partial(encoder, size=4, code=2),
        seeds=100,
        quick_seeds=20,
    ),
    Experiment(
        name="encoder-838",
        title="The 8-3-8 encoder by back-propagation",
        paper="8 signals pass through 3 units, by a code of 0s and 1s (some take intermediate values)",
        reference=f"{RUMELHART}, section on the encoding problem",
        thresholds=(Threshold(of="solved", at_least=1, share=0.9),),
        run=partial(encoder, size=8, code=3),
        seeds=100,
        quick_seeds=20,
    ),
)
