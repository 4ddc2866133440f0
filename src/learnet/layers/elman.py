"""Elman's network: a hidden layer that sees, beside the input, a copy of what it said one step before."""

from __future__ import annotations

from typing import Any

import keras


def elman_step(
    inputs: Any, context: Any, kernel: Any, recurrent_kernel: Any, bias: Any, *, activation: Any = keras.ops.sigmoid
) -> Any:
    """Return the hidden units after one step: ``activation(inputs @ kernel + context @ recurrent_kernel + bias)``.

    Axes before the last two are broadcast, so that many networks go in one call when their weights are stacked.

    Args:
        inputs: ``(..., batch, features)``.
        context: The hidden units of the step before, ``(..., batch, units)``.
        kernel: ``(..., features, units)``.
        recurrent_kernel: ``(..., units, units)``.
        bias: ``(units,)``, or ``(..., 1, units)`` for stacked networks.
        activation: Of the hidden units.

    Example:
        >>> import numpy as np
        >>> weights = np.float32([[1.0]]), np.float32([[2.0]]), np.float32([0.5])
        >>> elman_step(np.float32([[1.0]]), np.float32([[0.5]]), *weights, activation=lambda x: x)
        <tf.Tensor: shape=(1, 1), dtype=float32, numpy=array([[2.5]], dtype=float32)>
    """
    net = keras.ops.matmul(inputs, kernel) + keras.ops.matmul(context, recurrent_kernel) + bias
    return activation(net)


@keras.saving.register_keras_serializable(package="learnet")
class ElmanCell(keras.layers.Layer):
    """One step of Elman's network, for ``keras.layers.RNN``.

    Args:
        units: Hidden units, and as many context units.
        activation: Of the hidden units; a sigmoid as published.
        one_step: Train as published: the context is an input like any other, and the error is not carried back to the
            step that made it. Otherwise by back-propagation through time.
        initial_context: What the context units hold before the first step; 0.5 as published.
        kernel_initializer: Of the weights from the input.
        recurrent_initializer: Of the weights from the context.

    Source:
        Elman, Finding Structure in Time, 1990, p. 185 to 188.

    Example:
        >>> import numpy as np
        >>> layer = keras.layers.RNN(ElmanCell(3, one_step=True), return_sequences=True)
        >>> layer(np.zeros((2, 5, 4), "float32")).shape
        TensorShape([2, 5, 3])
    """

    def __init__(
        self,
        units: int,
        *,
        activation: Any = "sigmoid",
        one_step: bool = False,
        initial_context: float = 0.5,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.units, self.one_step, self.initial_context = units, one_step, initial_context
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.recurrent_initializer = keras.initializers.get(recurrent_initializer)
        self.state_size = self.output_size = units

    def build(self, input_shape: Any) -> None:
        """Make the weights from the input, from the context, and the biases."""
        self.kernel = self.add_weight(
            name="kernel", shape=(input_shape[-1], self.units), initializer=self.kernel_initializer
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel", shape=(self.units, self.units), initializer=self.recurrent_initializer
        )
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")
        self.built = True

    def call(self, inputs: Any, states: Any) -> Any:
        """Return the hidden units ``(batch, units)``, twice: as the output, and as the next context."""
        context = states[0] if isinstance(states, (list, tuple)) else states
        if self.one_step:
            context = keras.ops.stop_gradient(context)
        hidden = elman_step(inputs, context, self.kernel, self.recurrent_kernel, self.bias, activation=self.activation)
        return hidden, [hidden]

    def get_initial_state(self, batch_size: int | None = None) -> list[Any]:
        """Return the context before the first step."""
        return [keras.ops.full((batch_size, self.units), self.initial_context, dtype=self.compute_dtype)]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        own = {
            "units": self.units,
            "activation": keras.activations.serialize(self.activation),
            "one_step": self.one_step,
            "initial_context": self.initial_context,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "recurrent_initializer": keras.initializers.serialize(self.recurrent_initializer),
        }
        return {**super().get_config(), **own}
