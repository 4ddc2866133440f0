"""One training step, compiled: forward, loss, gradients, update, moving average."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError, require_backend
from learnet.training.objective import Classification
from learnet.training.optimizers import make_optimizer, penalised

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import keras
    from numpy.typing import NDArray

    from learnet.options.training import TrainingConfig
    from learnet.training.feed import Batch, Inputs
    from learnet.training.objective import Objective

_TIMED_STEPS = 20
_EMA_START = 10  # the average forgets its random beginning: decay is at most (1 + t) / (10 + t), as in TensorFlow


@dataclass(frozen=True, kw_only=True, eq=False)
class StepResult:
    """What one step said.

    Attributes:
        loss: The mean loss of an answer, each weighed as its example, with the penalties; what is minimised.
        right: How many answers were right.
        answers: How many there were.
        losses: float32 ``(b,)``: the loss of each example, the sum over its answers.
    """

    loss: float
    right: int
    answers: int
    losses: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """What the network, as it predicts, said of one batch.

    Attributes:
        loss: The sum of its losses, each weighed as its example, without penalties.
        weight: The sum of the weights of its answers.
        right: How many answers were right.
        answers: How many there were.
    """

    loss: float
    weight: float
    right: int
    answers: int


class Trainer:
    """The network in training: its variables, the optimiser's, the moving average's, and the compiled step.

    Args:
        model: From inputs to an output that ``objective`` measures, or to a list whose further entries are auxiliary.
        config: How it is trained.
        objective: What is minimised; the loss of ``config`` of a classifier's logits if not given.
        auxiliary_weights: What the loss of each further entry counts.
        fed: The type of what it is fed with, one for all inputs; the network's own types if not given.

    Raises:
        UsageError: If Keras' backend is not TensorFlow, or the network has nothing to train.
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        config: TrainingConfig,
        objective: Objective | None = None,
        auxiliary_weights: Sequence[float] = (),
        fed: str | None = None,
    ) -> None:
        if require_backend() != "tensorflow":
            raise UsageError(
                f"Training needs Keras' TensorFlow backend; it is '{require_backend()}'. Install 'learnet[cpu]' and "
                "leave KERAS_BACKEND unset."
            )
        if not model.trainable_variables:
            raise UsageError(f"The network '{model.name}' has no trainable weights: nothing can be learnt.")
        import tensorflow as tf

        if config.deterministic:
            tf.config.experimental.enable_op_determinism()
        self._tf, self._model, self._config = tf, model, config
        self._objective = objective or Classification(loss=config.loss)
        self._specs = self._batch_specs(fed)
        self._output_weights = (1.0, *auxiliary_weights)
        self.optimizer = make_optimizer(config)
        self.optimizer.build(model.trainable_variables)
        self._factors = _rate_factors(model, config.discriminative)
        self._kernels = penalised(model, config)
        self._average = [
            tf.Variable(variable.value, trainable=False) for variable in model.trainable_variables if config.ema
        ]
        self.jit = config.jit is True
        self._compiled = self._compile(jit=self.jit)
        self._evaluation = tf.function(self._evaluate, input_signature=self._specs)

    def step(self, batch: Batch, *, number: int, learning_rate: float) -> StepResult:
        """Take one step.

        Args:
            batch: What is learnt from.
            number: Of the step, from 0.
            learning_rate: Of the step.
        """
        arguments = (*_tensors(batch), np.float32(learning_rate), np.int64(number))
        loss, right, answers, losses = self._compiled(*arguments)
        return StepResult(loss=float(loss), right=int(right), answers=int(answers), losses=np.asarray(losses))

    def evaluate(self, batch: Batch) -> Evaluated:
        """Measure a batch with the weights that the network has now, as it predicts."""
        loss, weight, right, answers = self._evaluation(*_tensors(batch))
        return Evaluated(loss=float(loss), weight=float(weight), right=int(right), answers=int(answers))

    def choose_jit(self, batch: Batch, *, say: Callable[[str], None]) -> None:
        """Time 20 steps with XLA and without, keep the faster one; the state is afterwards what it was before."""
        before = self.state()
        seconds = {}
        for jit in (False, True):
            compiled = self._compile(jit=jit)
            arguments = (*_tensors(batch), np.float32(0), np.int64(0))
            compiled(*arguments)
            start = time.perf_counter()
            for _ in range(_TIMED_STEPS):
                float(compiled(*arguments)[0])
            seconds[jit] = (time.perf_counter() - start) / _TIMED_STEPS
            self.restore(before)
        self.fix_jit(jit=seconds[True] < seconds[False])
        say(
            f"A step takes {seconds[False] * 1e3:.1f} ms without XLA and {seconds[True] * 1e3:.1f} ms with it "
            f"({_TIMED_STEPS} steps of each): training goes on {'with' if self.jit else 'without'} it."
        )

    def fix_jit(self, *, jit: bool) -> None:
        """Use XLA from now on, or not."""
        if jit != self.jit:
            self.jit, self._compiled = jit, self._compile(jit=jit)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return copies of everything that a step changes: weights, statistics, random state, optimiser, average."""
        return {name: np.asarray(variable).copy() for name, variable in self._variables().items()}

    def restore(self, state: dict[str, NDArray[Any]]) -> None:
        """Put back what ``state`` returned.

        Raises:
            UsageError: If it is another network's, or another configuration's.
        """
        variables = self._variables()
        if state.keys() != variables.keys() or any(state[name].shape != v.shape for name, v in variables.items()):
            raise UsageError(
                "The checkpoint is of another network or optimiser. Resume with the arguments that the run was begun "
                "with, or begin a new one."
            )
        for name, variable in variables.items():
            variable.assign(state[name])

    def weights(self) -> list[NDArray[Any]]:
        """Return copies of the weights that predict best: the moving average where there is one."""
        averaged = {id(v): average for v, average in zip(self._model.trainable_variables, self._average, strict=False)}
        return [np.asarray(averaged.get(id(variable), variable)).copy() for variable in self._model.weights]

    @contextmanager
    def using(self, weights: list[NDArray[Any]]) -> Iterator[None]:
        """Let the model hold ``weights`` for the length of a block."""
        before = self._model.get_weights()
        self._model.set_weights(weights)
        try:
            yield
        finally:
            self._model.set_weights(before)

    def _variables(self) -> dict[str, Any]:
        groups = {"model": self._model.variables, "optimizer": self.optimizer.variables, "average": self._average}
        return {f"{group}/{index}": v for group, variables in groups.items() for index, v in enumerate(variables)}

    def _outputs(self, inputs: Any, *, training: bool) -> list[Any]:
        outputs = self._model(list(inputs) if isinstance(inputs, tuple) else inputs, training=training)
        return [
            self._tf.cast(output, self._tf.float32)
            for output in (outputs if isinstance(outputs, list | tuple) else [outputs])
        ]

    def _batch_specs(self, fed: str | None) -> list[Any]:
        """Return what the compiled step takes of a batch: inputs, targets, weights."""
        tf = self._tf
        inputs = tuple(tf.TensorSpec((None, *x.shape[1:]), fed or x.dtype) for x in self._model.inputs)
        shape, dtype = self._objective.target_spec(self._model)
        return [
            inputs if len(inputs) > 1 else inputs[0],
            tf.TensorSpec((None, *shape), dtype),
            tf.TensorSpec((None,), tf.float32),
        ]

    def _compile(self, *, jit: bool) -> Callable[..., tuple[Any, Any, Any, Any]]:
        tf = self._tf
        # One graph for every size of a batch. Graphs of fixed sizes differ in their last bits, and which of them there
        # are would depend on where the training was resumed.
        signature = [*self._specs, tf.TensorSpec((), tf.float32), tf.TensorSpec((), tf.int64)]
        compiled: Callable[..., tuple[Any, Any, Any, Any]] = tf.function(
            self._step, jit_compile=jit, input_signature=signature
        )
        return compiled

    def _evaluate(self, inputs: Any, targets: Any, weights: Any) -> tuple[Any, Any, Any, Any]:
        total = self._tf.reduce_sum
        measured = self._objective.measure(targets, self._outputs(inputs, training=False)[0])
        loss, weight = total(weights * measured.losses), total(weights * measured.answers)
        return loss, weight, total(measured.hits), total(measured.answers)

    def _step(self, inputs: Any, targets: Any, weights: Any, rate: Any, number: Any) -> tuple[Any, Any, Any, Any]:
        tf, variables = self._tf, self._model.trainable_variables
        with tf.GradientTape() as tape:
            measured = [self._objective.measure(targets, output) for output in self._outputs(inputs, training=True)]
            loss = self._penalty()
            for one, share in zip(measured, self._output_weights, strict=True):
                loss += share * tf.reduce_sum(one.losses * weights) / tf.reduce_sum(one.answers * weights)
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        if self._config.clip_norm is not None:
            gradients, _ = tf.clip_by_global_norm(gradients, self._config.clip_norm)
        if self._config.offset_rate != 1:  # plain gradient descent is linear in them: a factor here is one of the rate
            factors = [self._config.offset_rate if variable.name == "beta" else 1.0 for variable in variables]
            gradients = [factor * gradient for factor, gradient in zip(factors, gradients, strict=True)]
        self.optimizer.learning_rate.assign(rate)
        self._apply(gradients, variables)
        self._move_average(number)
        answer = measured[0]
        return loss, tf.reduce_sum(answer.hits), tf.reduce_sum(answer.answers), answer.losses

    def _apply(self, gradients: list[Any], variables: list[Any]) -> None:
        """Take the optimiser's step, of which each variable goes as far as its factor says."""
        if self._config.discriminative == 1:
            self.optimizer.apply(gradients, variables)
            return
        before = [self._tf.identity(variable.value) for variable in variables]
        self.optimizer.apply(gradients, variables)
        for factor, old, variable in zip(self._factors, before, variables, strict=True):
            variable.assign(old + factor * (variable.value - old))

    def _penalty(self) -> Any:
        tf, config = self._tf, self._config
        penalty = tf.constant(0.0)
        for kernel in self._kernels:
            if config.l1:
                penalty += config.l1 * tf.reduce_sum(tf.abs(kernel.value))
            if config.l2:
                penalty += config.l2 * tf.reduce_sum(tf.square(kernel.value))
        return penalty

    def _move_average(self, number: Any) -> None:
        if self._config.ema is None:
            return
        tf = self._tf
        taken = tf.cast(number, tf.float32)
        decay = tf.minimum(self._config.ema, (1 + taken) / (_EMA_START + taken))
        for average, variable in zip(self._average, self._model.trainable_variables, strict=True):
            average.assign(decay * average + (1 - decay) * variable.value)


def _tensors(batch: Batch) -> tuple[Inputs, NDArray[Any], NDArray[np.float32]]:
    return batch.inputs, batch.targets, batch.weights


def _rate_factors(model: keras.Model, first: float) -> list[float]:
    """Return each trainable variable's factor on the rate: ``first`` for the first layer, 1 for the last one."""
    depth: dict[int, int] = {}
    trained = [layer for layer in _flat(model) if layer.trainable_variables]
    for number, layer in enumerate(trained):
        depth |= {id(variable): number for variable in layer.trainable_variables}
    deepest = max(1, len(trained) - 1)
    return [float(first ** (1 - depth[id(variable)] / deepest)) for variable in model.trainable_variables]


def _flat(model: keras.Model) -> list[keras.layers.Layer]:
    """Return the layers of a model, those of models inside it in their place."""
    nested = (_flat(layer) if hasattr(layer, "layers") else [layer] for layer in model.layers)
    return [layer for layers in nested for layer in layers]
