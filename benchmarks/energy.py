"""Energy networks: learnet's Hopfield network against the PyPI package hopfieldnetwork, its RBM against scikit-learn.

Claims, ratios of the medians of alternating runs in one process: learning patterns and recalling a hundred corrupted
ones at least 20 times faster than hopfieldnetwork 1.0.1 (a single cue is shown beside); the same epochs of persistent
contrastive divergence at least as fast as ``sklearn.neural_network.BernoulliRBM``, at a pseudo-likelihood that is equal
or better. scikit-learn gets float32 data, in which it is faster. hopfieldnetwork is no dependency; without it the first
part is skipped, and ``pip install --no-deps hopfieldnetwork`` brings it.
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.neural_network import BernoulliRBM

from learnet.core import probe
from learnet.energy import Hopfield, RestrictedBoltzmannMachine, corrupt, random_patterns

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Memory:
    """A Hopfield case: units, patterns to learn, cues to recall at once, and units of each that are wrong."""

    units: int
    patterns: int
    cues: int
    flips: int


@dataclass(frozen=True, kw_only=True)
class Machine:
    """An RBM case: hidden units, samples a batch, copies of the 1,797 digits."""

    hidden: int
    batch: int
    copies: int = 1


MEMORIES = (
    Memory(units=100, patterns=10, cues=1, flips=10),
    Memory(units=100, patterns=10, cues=100, flips=10),
    Memory(units=1000, patterns=100, cues=1, flips=100),
    Memory(units=1000, patterns=100, cues=100, flips=100),
)
MACHINES = (Machine(hidden=256, batch=10), Machine(hidden=256, batch=100), Machine(hidden=1024, batch=100))


def alternate(sides: Mapping[str, Callable[[], object]], *, repeats: int) -> dict[str, float]:
    """Return the median seconds of each side, run in turns after one run each to warm up."""
    for run in sides.values():
        run()
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, run in sides.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(found) for name, found in seconds.items()}


def their_recall(package: Any, patterns: NDArray[np.int8], cues: NDArray[np.int8]) -> NDArray[np.int8]:
    """Learn patterns and recall cues, one after the other, by the package."""
    network = package.HopfieldNetwork(N=patterns.shape[1])
    network.train_pattern(patterns.T)
    ends = []
    for cue in cues:
        network.set_initial_neurons_state(cue.copy())
        network.update_neurons(iterations=1, mode="async", run_max=True)
        ends.append(network.S)
    return np.stack(ends)


def measure_memory(case: Memory, package: Any, *, repeats: int) -> None:
    """Print the ratio of a Hopfield case, and the share of patterns that each side restored."""
    patterns = random_patterns(case.patterns, case.units)
    cues = corrupt(patterns[np.arange(case.cues) % case.patterns], flips=case.flips)
    wanted = patterns[np.arange(case.cues) % case.patterns]
    ends: dict[str, NDArray[np.int8]] = {}

    def ours() -> None:
        ends["ours"] = Hopfield().fit(patterns).recall(cues).states

    def theirs() -> None:
        ends["theirs"] = their_recall(package, patterns, cues)

    found = alternate({"ours": ours, "theirs": theirs}, repeats=repeats)
    right = {name: float((end == wanted).all(axis=1).mean()) for name, end in ends.items()}
    print(
        f"Hopfield, {case.units} units, {case.patterns} patterns, {case.cues} cues with {case.flips} flips: learnet "
        f"{found['ours'] * 1e3:.2f} ms ({right['ours']:.0%} restored), hopfieldnetwork {found['theirs'] * 1e3:.1f} ms "
        f"({right['theirs']:.0%}); ratio {found['theirs'] / found['ours']:.1f}",
        flush=True,
    )


def measure_machine(case: Machine, *, repeats: int, epochs: int = 20) -> None:
    """Print the ratio of an RBM case, and both pseudo-likelihoods, measured alike and exactly."""
    data = np.tile((load_digits().data / 16).astype(np.float32), (case.copies, 1))
    options: dict[str, Any] = {
        "n_components": case.hidden,
        "batch_size": case.batch,
        "n_iter": epochs,
        "learning_rate": 0.05,
    }
    machine, other = RestrictedBoltzmannMachine(**options), BernoulliRBM(**options, random_state=0)
    found = alternate({"ours": lambda: machine.fit(data), "theirs": lambda: other.fit(data)}, repeats=repeats)
    twin = RestrictedBoltzmannMachine(**options | {"n_iter": 0}).fit(data)
    twin.components_ = np.ascontiguousarray(other.components_, np.float32)
    twin.intercept_hidden_ = other.intercept_hidden_.astype(np.float32)
    twin.intercept_visible_ = other.intercept_visible_.astype(np.float32)
    ours, theirs = (float(one.pseudo_likelihood(data).mean()) for one in (machine, twin))
    print(
        f"RBM, {len(data)} x {data.shape[1]}, {case.hidden} hidden units, batches of {case.batch}, {epochs} epochs: "
        f"learnet {found['ours']:.3f} s (pseudo-likelihood {ours:.2f}), BernoulliRBM {found['theirs']:.3f} s "
        f"({theirs:.2f}); ratio {found['theirs'] / found['ours']:.2f}",
        flush=True,
    )


def main() -> None:
    """Measure both parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5, help="alternating rounds")
    arguments = parser.parse_args()
    print(probe().describe(), flush=True)
    if importlib.util.find_spec("hopfieldnetwork") is None:
        print("hopfieldnetwork is not installed: pip install --no-deps hopfieldnetwork")
    else:
        package = importlib.import_module("hopfieldnetwork")
        for memory in MEMORIES:
            measure_memory(memory, package, repeats=arguments.repeats)
    for machine in MACHINES:
        measure_machine(machine, repeats=arguments.repeats)


if __name__ == "__main__":
    main()
