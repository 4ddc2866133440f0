"""One training step, compiled: forward, loss, gradients, update, moving average."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError, require_backend
from learnet.training.losses import image_losses
from learnet.training.optimizers import make_optimizer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import keras
    from numpy.typing import NDArray

    from learnet.training.config import TrainingConfig
    from learnet.training.feed import Batch

_TIMED_STEPS = 20
_EMA_START = 10  # the average forgets its random beginning: decay is at most (1 + t) / (10 + t), as in TensorFlow


@dataclass(frozen=True, kw_only=True)
class StepResult:
    """What one step said.

    Attributes:
        loss: The mean loss of the batch, with its penalties; what is minimised.
        right: How many images' likeliest class was the target's.
    """

    loss: float
    right: int


class Trainer:
    """The network in training: its variables, the optimiser's, the moving average's, and the compiled step.

    Args:
        model: From uint8 images to logits ``(b, classes)``, or to a list of them whose further entries are auxiliary.
        auxiliary_weights: What the loss of each further entry counts.
        config: How it is trained.
        fed: The type of what it is fed with.

    Raises:
        UsageError: If Keras' backend is not TensorFlow, or the network has nothing to train.
    """

    def __init__(
        self,
        model: keras.Model,
        *,
        config: TrainingConfig,
        auxiliary_weights: Sequence[float] = (),
        fed: str = "uint8",
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
        self._fed = tf.as_dtype(fed)
        self._output_weights = (1.0, *auxiliary_weights)
        self.optimizer = make_optimizer(config)
        self.optimizer.build(model.trainable_variables)
        self._factors = _rate_factors(model, config.discriminative)
        self._kernels = [v for v in model.trainable_variables if v.name.endswith("kernel")]
        self._average = [
            tf.Variable(variable.value, trainable=False) for variable in model.trainable_variables if config.ema
        ]
        self.jit = config.jit is True
        self._compiled = self._compile(jit=self.jit)
        self._forward = tf.function(
            lambda images: self._logits(images, training=False)[0], input_signature=[self._image_spec()]
        )

    def step(self, batch: Batch, *, number: int, learning_rate: float) -> StepResult:
        """Take one step.

        Args:
            batch: What is learnt from.
            number: Of the step, from 0.
            learning_rate: Of the step.
        """
        loss, right = self._compiled(
            batch.images, batch.targets, batch.weights, np.float32(learning_rate), np.int64(number)
        )
        return StepResult(loss=float(loss), right=int(right))

    def choose_jit(self, batch: Batch, *, say: Callable[[str], None]) -> None:
        """Time 20 steps with XLA and without, keep the faster one; the state is afterwards what it was before."""
        before = self.state()
        seconds = {}
        for jit in (False, True):
            compiled = self._compile(jit=jit)
            arguments = (batch.images, batch.targets, batch.weights, np.float32(0), np.int64(0))
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

    def logits(self, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the network's logits ``(b, classes)`` as it predicts, with the weights that it has now."""
        result: NDArray[np.float32] = self._forward(images).numpy()
        return result

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

    def _logits(self, images: Any, *, training: bool) -> list[Any]:
        outputs = self._model(images, training=training)
        return list(outputs) if isinstance(outputs, list | tuple) else [outputs]

    def _compile(self, *, jit: bool) -> Callable[..., tuple[Any, Any]]:
        tf = self._tf
        # One graph for every size of a batch. Graphs of fixed sizes differ in their last bits, and which of them there
        # are would depend on where the training was resumed.
        signature = [
            self._image_spec(),
            tf.TensorSpec((None, self._model.outputs[0].shape[-1]), tf.float32),
            tf.TensorSpec((None,), tf.float32),
            tf.TensorSpec((), tf.float32),
            tf.TensorSpec((), tf.int64),
        ]
        compiled: Callable[..., tuple[Any, Any]] = tf.function(self._step, jit_compile=jit, input_signature=signature)
        return compiled

    def _image_spec(self) -> Any:
        return self._tf.TensorSpec((None, *self._model.inputs[0].shape[1:]), self._fed)

    def _step(self, images: Any, targets: Any, weights: Any, rate: Any, number: Any) -> tuple[Any, Any]:
        tf, variables = self._tf, self._model.trainable_variables
        with tf.GradientTape() as tape:
            outputs = self._logits(images, training=True)
            loss = self._penalty()
            for logits, share in zip(outputs, self._output_weights, strict=True):
                each = image_losses(self._config.loss, targets, tf.cast(logits, tf.float32))
                loss += share * tf.reduce_sum(each * weights) / tf.reduce_sum(weights)
        gradients = tape.gradient(loss, [variable.value for variable in variables])
        if self._config.clip_norm is not None:
            gradients, _ = tf.clip_by_global_norm(gradients, self._config.clip_norm)
        if self._config.offset_rate != 1:  # plain gradient descent is linear in them: a factor here is one of the rate
            factors = [self._config.offset_rate if variable.name == "beta" else 1.0 for variable in variables]
            gradients = [factor * gradient for factor, gradient in zip(factors, gradients, strict=True)]
        self.optimizer.learning_rate.assign(rate)
        self._apply(gradients, variables)
        self._move_average(number)
        hits = tf.equal(tf.argmax(outputs[0], axis=-1), tf.argmax(targets, axis=-1))
        return loss, tf.reduce_sum(tf.cast(hits, tf.int32))

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
