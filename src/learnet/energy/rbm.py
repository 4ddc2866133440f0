"""The restricted Boltzmann machine: visible units connected to hidden ones and to nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self, get_args

import numpy as np

from learnet.core import DataError, UsageError, generator
from learnet.energy.estimator import Estimator, matrix
from learnet.energy.partition import PartitionEstimate, annealed_log_partition, exact_log_partition
from learnet.energy.visible import VISIBLE, bernoulli, sigmoid, softplus

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike, NDArray

    from learnet.energy.visible import Array, Visible

Method = Literal["pcd", "cd"]
Schedule = Literal["constant", "linear"]

_PARTS = ("components", "intercept_hidden", "intercept_visible")


class RestrictedBoltzmannMachine(Estimator):
    """Learns features of data without labels; a scikit-learn transformer from data to hidden units.

    The energy of visible units v and hidden units h is E = -v' W' h - b' v - c' h for binary visible units, and with
    1/2 |v - b|^2 in place of -b' v for Gaussian ones, whose variance is 1: standardise such data first.

    Args:
        n_components: Hidden units, at least 1.
        visible: ``"binary"`` for data in [0, 1], ``"gaussian"`` for standardised data.
        method: ``"pcd"``: persistent contrastive divergence, whose chains go on from batch to batch; ``"cd"``: chains
            that start at the data.
        k: Gibbs steps of a chain for each batch, at least 1.
        learning_rate: Greater than 0; for Gaussian units a tenth or less of what binary ones take.
        schedule: ``"constant"``, or ``"linear"``: the learning rate falls to 0 over ``fit``.
        momentum: Of the updates, in [0, 1).
        weight_decay: L2 penalty of the weights, 0 or more.
        batch_size: Samples a batch, at least 1.
        n_chains: Persistent chains; None for as many as samples in a batch.
        n_iter: Passes over the data, 0 or more.
        seed: Every random choice comes from it.

    Attributes:
        components_: W, float32 (n_components, features).
        intercept_hidden_: c, float32 (n_components,).
        intercept_visible_: b, float32 (features,).
        n_features_in_: How many features the data had.

    Source:
        Smolensky, 1986; Hinton, Training products of experts by minimizing contrastive divergence, 2002; Tieleman,
        Training restricted Boltzmann machines using approximations to the likelihood gradient, 2008.

    Example:
        >>> from learnet.energy import bars_and_stripes
        >>> pictures = bars_and_stripes(3)
        >>> machine = RestrictedBoltzmannMachine(n_components=16, batch_size=14, n_chains=100, n_iter=3000)
        >>> machine = machine.fit(pictures)
        >>> machine.transform(pictures).shape, bool(machine.log_likelihood(pictures).mean() > -3.5)
        ((14, 16), True)
    """

    def __init__(
        self,
        *,
        n_components: int = 256,
        visible: str = "binary",
        method: Method = "pcd",
        k: int = 1,
        learning_rate: float = 0.1,
        schedule: Schedule = "constant",
        momentum: float = 0.0,
        weight_decay: float = 0.0,
        batch_size: int = 10,
        n_chains: int | None = None,
        n_iter: int = 10,
        seed: int = 0,
    ) -> None:
        self.n_components = n_components
        self.visible = visible
        self.method = method
        self.k = k
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.batch_size = batch_size
        self.n_chains = n_chains
        self.n_iter = n_iter
        self.seed = seed

    def fit(self, X: ArrayLike, y: object = None) -> Self:  # noqa: ARG002, N803 (the protocol's names)
        """Learn from data, forgetting what was learned before.

        Args:
            X: (samples, features).
            y: Ignored.

        Returns:
            The machine itself.

        Raises:
            UsageError: If a parameter or the shape of the data is wrong.
            DataError: If binary units are given numbers outside [0, 1].
        """
        data = self._start(X)
        order, rate = np.arange(len(data)), self.learning_rate
        for number in range(self.n_iter):
            if self.schedule == "linear":
                rate = self.learning_rate * (1 - number / self.n_iter)
            self._random.shuffle(order)
            for start in range(0, len(data), self.batch_size):
                self._learn(data[order[start : start + self.batch_size]], rate)
        return self

    def partial_fit(self, X: ArrayLike, y: object = None) -> Self:  # noqa: ARG002, N803
        """Learn from one batch: one update of the weights.

        Args:
            X: (samples, features), the whole batch.
            y: Ignored.

        Returns:
            The machine itself.

        Raises:
            UsageError: If a parameter or the shape of the data is wrong.
            DataError: If binary units are given numbers outside [0, 1].
        """
        batch = self._ranged(self._data(X)) if self.__sklearn_is_fitted__() else self._start(X)
        self._learn(batch, self.learning_rate)
        return self

    @property
    def random(self) -> np.random.Generator:
        """Where the chance of learning comes from; it stands where the last batch left it.

        Raises:
            UsageError: If nothing was learned yet.
        """
        self._check_fitted()
        return self._random

    def state(self) -> dict[str, Array]:
        """Return copies of all that ``partial_fit`` goes on from, beside ``random``.

        Returns:
            ``components``, ``intercept_hidden`` and ``intercept_visible``; ``chains`` (chains, n_components) of 0 and
            1; with momentum also the last change of each of the first three, ``velocity_components``, ...

        Raises:
            UsageError: If nothing was learned yet.
        """
        self._check_fitted()
        found = dict(zip(_PARTS, self._parts(), strict=True)) | {"chains": self._chains}
        found |= {f"velocity_{name}": part for name, part in zip(_PARTS, self._velocity, strict=False)}
        return {name: array.copy() for name, array in found.items()}

    def set_state(self, state: Mapping[str, Array], *, random: np.random.Generator) -> Self:
        """Take over what ``state`` of another machine returned, and where its ``random`` stood.

        Returns:
            The machine itself; it says and learns what the other one would.

        Raises:
            UsageError: If a parameter is out of its range, or an array is missing or of the wrong shape.
        """
        self._check_parameters()
        given = {name: np.array(array, np.float32) for name, array in state.items()}
        hidden, features = given["components"].shape if given.get("components", np.empty(0)).ndim == 2 else (0, 0)
        shapes = dict(zip(_PARTS, ((hidden, features), (hidden,), (features,)), strict=True))
        moving = {f"velocity_{name}": shape for name, shape in shapes.items()}
        wanted = shapes | {"chains": (len(given.get("chains", ())), hidden)}
        wanted |= moving if moving.keys() & given.keys() else {}
        if not hidden * features or {name: array.shape for name, array in given.items()} != wanted:
            raise UsageError("The state of a restricted Boltzmann machine must hold what its method state returns.")
        self._random, self.n_features_in_ = random, features
        self.components_, self.intercept_hidden_, self.intercept_visible_ = (given[name] for name in _PARTS)
        self._chains, self._change = given["chains"], np.empty_like(self.components_)
        self._velocity = [given[name] for name in moving if name in given]
        return self

    def transform(self, X: ArrayLike) -> Array:  # noqa: N803
        """Return the probability that each hidden unit is on, float32 (samples, n_components)."""
        return sigmoid(self._to_hidden(self._data(X)))

    def fit_transform(self, X: ArrayLike, y: object = None) -> Array:  # noqa: N803
        """Learn from data and return its hidden units."""
        return self.fit(X, y).transform(X)

    def inverse_transform(self, X: ArrayLike) -> Array:  # noqa: N803
        """Return the mean of the visible units for hidden ones in [0, 1], float32 (samples, features)."""
        self._check_fitted()
        return self._kind.mean(self._to_visible(matrix(X, features=len(self.components_))))

    def reconstruct(self, X: ArrayLike) -> Array:  # noqa: N803
        """Return what the machine makes of data: down from the hidden units that the data calls up."""
        return self.inverse_transform(self.transform(X))

    def get_feature_names_out(self, input_features: object = None) -> NDArray[np.object_]:  # noqa: ARG002
        """Return the names of the hidden units."""
        self._check_fitted()
        return np.array([f"rbm{number}" for number in range(len(self.components_))], dtype=object)

    def free_energy(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return -log of the sum over hidden states of exp(-energy), float64 (samples,): low for what is likely."""
        return self._free_energy(self._data(X))

    def sample(self, count: int, *, steps: int = 1000, start: ArrayLike | None = None, seed: int = 0) -> Array:
        """Return visible states drawn by Gibbs sampling.

        Args:
            count: Independent chains, at least 1.
            steps: Gibbs steps, at least 1.
            start: Where chains start, (count, features); None for random hidden units.
            seed: The run's seed.

        Returns:
            float32 (count, features).
        """
        self._check_fitted()
        if count < 1 or steps < 1:
            raise UsageError(f"Sampling needs at least 1 chain and 1 step; received {count} and {steps}.")
        random = generator(seed, "rbm samples")
        if start is None:
            hidden = bernoulli(np.full((count, len(self.components_)), 0.5, np.float32), random)
            units = self._kind.sample(self._to_visible(hidden), random)
            steps -= 1
        else:
            units = self._data(start)
        for _ in range(steps):
            hidden = bernoulli(sigmoid(self._to_hidden(units)), random)
            units = self._kind.sample(self._to_visible(hidden), random)
        return units

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return an estimate of each sample's pseudo-log-likelihood in nats, float64 (samples,).

        As in scikit-learn's BernoulliRBM, one feature of each sample is turned over, drawn at random, and stands for
        all. The draw comes from the seed, so that the same data has the same score.

        Raises:
            UsageError: If the visible units are not binary.
        """
        data = self._binary_data(X)
        chosen = generator(self.seed, "rbm pseudo-likelihood").integers(0, data.shape[1], len(data))
        turned, row = data.copy(), np.arange(len(data))
        turned[row, chosen] = 1 - turned[row, chosen]
        rise = self._free_energy(turned) - self._free_energy(data)
        scores: NDArray[np.float64] = -data.shape[1] * np.logaddexp(0, -rise)
        return scores

    def score(self, X: ArrayLike, y: object = None) -> float:  # noqa: ARG002, N803
        """Return the mean of ``score_samples``, for searches."""
        return float(self.score_samples(X).mean())

    def pseudo_likelihood(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return each sample's pseudo-log-likelihood in nats, sum_i log p(v_i | all others), float64 (samples,).

        Exact; it takes as many free energies as there are features.

        Raises:
            UsageError: If the visible units are not binary.
        """
        data = self._binary_data(X)
        total, here = np.zeros(len(data)), self._free_energy(data)
        for feature in range(data.shape[1]):
            turned = data.copy()
            turned[:, feature] = 1 - turned[:, feature]
            total -= np.logaddexp(0, here - self._free_energy(turned))
        return total

    def log_partition(self) -> float:
        """Return the exact logarithm of the partition function, if one side has at most 20 (binary) units.

        Raises:
            UsageError: If both sides are larger; ``estimate_log_partition`` estimates it then.
        """
        self._check_fitted()
        return exact_log_partition(self._kind, self.components_, self.intercept_visible_, self.intercept_hidden_)

    def estimate_log_partition(
        self, *, temperatures: int = 1000, chains: int = 100, data: ArrayLike | None = None, seed: int = 0
    ) -> PartitionEstimate:
        """Estimate the logarithm of the partition function by annealed importance sampling.

        Args:
            temperatures: Steps from the base model, whose units are independent, to this machine, at least 1.
            chains: Independent runs, at least 2.
            data: From whose means the base model is made; None takes this machine's visible biases.
            seed: The run's seed.

        Returns:
            The estimate and its range.

        Source:
            Salakhutdinov and Murray, On the quantitative analysis of deep belief networks, 2008.
        """
        self._check_fitted()
        base = self.intercept_visible_ if data is None else self._kind.base_bias(self._data(data).mean(axis=0))
        return annealed_log_partition(
            self._kind,
            self.components_,
            self.intercept_visible_,
            self.intercept_hidden_,
            base=base,
            temperatures=temperatures,
            chains=chains,
            random=generator(seed, "annealed importance sampling"),
        )

    def log_likelihood(self, X: ArrayLike, *, log_partition: float | None = None) -> NDArray[np.float64]:  # noqa: N803
        """Return the log-probability (density, if Gaussian) of each sample in nats, float64 (samples,).

        Args:
            X: (samples, features).
            log_partition: An estimate for a machine too large for the exact one.
        """
        log_z = self.log_partition() if log_partition is None else log_partition
        return -self.free_energy(X) - log_z

    @property
    def _kind(self) -> Visible:
        return VISIBLE[self.visible]

    def _to_hidden(self, units: Array) -> Array:
        total: Array = units @ self.components_.T
        total += self.intercept_hidden_
        return total

    def _to_visible(self, hidden: Array) -> Array:
        total: Array = hidden @ self.components_
        total += self.intercept_visible_
        return total

    def _free_energy(self, units: Array) -> NDArray[np.float64]:
        called: NDArray[np.float64] = softplus(self._to_hidden(units)).sum(axis=1, dtype=np.float64)
        return -self._kind.log_base(units, self.intercept_visible_) - called

    def _data(self, values: ArrayLike) -> Array:
        self._check_fitted()
        return matrix(values, features=self.n_features_in_)

    def _binary_data(self, values: ArrayLike) -> Array:
        if self._kind.name != "binary":
            raise UsageError("Pseudo-likelihood is of binary visible units; for Gaussian ones compare free_energy.")
        return self._data(values)

    def _ranged(self, data: Array) -> Array:
        """Refuse to learn from numbers outside [0, 1]; scaled data that was not learned from may leave it a little."""
        if self._kind.name == "binary" and (data.min() < 0 or data.max() > 1):
            raise DataError(
                f"Binary visible units take numbers in [0, 1]; found {data.min():g} to {data.max():g}. Scale the data "
                f"(sklearn.preprocessing.MinMaxScaler), or choose visible='gaussian' for standardised data."
            )
        return data

    def _start(self, values: ArrayLike) -> Array:
        """Check the parameters, set the first weights and return the data."""
        self._check_parameters()
        data = self._ranged(matrix(values, features=None))
        self._random = generator(self.seed, "restricted boltzmann machine")
        self.n_features_in_ = data.shape[1]
        shape = self.n_components, data.shape[1]
        self.components_ = np.float32(0.01) * self._random.standard_normal(shape, dtype=np.float32)
        self.intercept_hidden_ = np.zeros(shape[0], np.float32)
        self.intercept_visible_ = np.zeros(shape[1], np.float32)
        self._chains = np.zeros((self.n_chains or min(self.batch_size, len(data)), shape[0]), np.float32)
        self._change = np.empty_like(self.components_)
        self._velocity = [np.zeros_like(part) for part in self._parts()] if self.momentum else []
        return data

    def _parts(self) -> tuple[Array, Array, Array]:
        return self.components_, self.intercept_hidden_, self.intercept_visible_

    def _learn(self, batch: Array, rate: float) -> None:
        """Move the weights by one batch: towards what it holds, away from what the chains hold."""
        units, hidden = self._phases(batch)
        real = len(batch)
        share = np.full(len(units), -rate / max(1, len(units) - real), np.float32)
        share[:real] = rate / real
        hidden *= share[:, None]
        if self.weight_decay:
            self.components_ *= np.float32(1 - rate * self.weight_decay)
        np.matmul(hidden.T, units, out=self._change)
        changes = self._change, hidden.sum(axis=0), share @ units
        for velocity, change in zip(self._velocity, changes, strict=False):
            np.multiply(velocity, np.float32(self.momentum), out=velocity)
            np.add(velocity, change, out=velocity)
        for part, change in zip(self._parts(), self._velocity or changes, strict=True):
            np.add(part, change, out=part)

    def _phases(self, batch: Array) -> tuple[Array, Array]:
        """Return visible units and hidden means, those of the data first and those of the chains after."""
        if self.method == "cd":
            first = sigmoid(self._to_hidden(batch))
            unit = self._gibbs(bernoulli(first, self._random))
            return np.concatenate([batch, unit]), np.concatenate([first, sigmoid(self._to_hidden(unit))])
        units = np.concatenate([batch, self._gibbs(self._chains)])
        hidden = sigmoid(self._to_hidden(units))
        self._chains = bernoulli(hidden[len(batch) :], self._random)
        return units, hidden

    def _gibbs(self, hidden: Array) -> Array:
        """Return the visible units after ``k`` steps from hidden ones."""
        unit = self._kind.sample(self._to_visible(hidden), self._random)
        for _ in range(self.k - 1):
            hidden = bernoulli(sigmoid(self._to_hidden(unit)), self._random)
            unit = self._kind.sample(self._to_visible(hidden), self._random)
        return unit

    def _check_parameters(self) -> None:
        whole = {"n_components": self.n_components, "k": self.k, "batch_size": self.batch_size}
        whole["n_chains"] = 1 if self.n_chains is None else self.n_chains
        for name, value in whole.items():
            if value < 1:
                raise UsageError(f"The machine's {name} must be at least 1; received {value!r}.")
        if self.n_iter < 0 or self.weight_decay < 0 or not self.learning_rate > 0 or not 0 <= self.momentum < 1:
            given = (self.n_iter, self.weight_decay, self.learning_rate, self.momentum)
            raise UsageError(
                f"The machine needs n_iter and weight_decay of at least 0, a learning_rate greater than 0 and a "
                f"momentum in [0, 1); received {given}."
            )
        for name, choices in (("method", get_args(Method)), ("schedule", get_args(Schedule))):
            if getattr(self, name) not in choices:
                raise UsageError(
                    f"The machine's {name} must be one of {', '.join(choices)}; received '{getattr(self, name)}'."
                )
        VISIBLE[self.visible]
