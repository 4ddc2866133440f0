"""Long short-term memory as first published: memory-cell blocks, no forget gate.

Hochreiter and Schmidhuber, Long Short-Term Memory, Neural Computation 9(8), 1997, section 4 and appendix A.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence


def squash_input(x: Any) -> Any:
    """Return g, a sigmoid of range [-2, 2]: ``4 / (1 + exp(-x)) - 2``.

    Example:
        >>> np.asarray(squash_input(np.float32([-100, 0, 100]))).tolist()
        [-2.0, 0.0, 2.0]
    """
    return 4 * keras.ops.sigmoid(x) - 2


def squash_output(x: Any) -> Any:
    """Return h, a sigmoid of range [-1, 1]: ``2 / (1 + exp(-x)) - 1``.

    Example:
        >>> np.asarray(squash_output(np.float32([-100, 0, 100]))).tolist()
        [-1.0, 0.0, 1.0]
    """
    return 2 * keras.ops.sigmoid(x) - 1


def lstm1997_step(
    inputs: Any,
    states: Sequence[Any],
    kernel: Any,
    recurrent_kernel: Any,
    bias: Any,
    *,
    blocks: int,
    truncated: bool = False,
) -> list[Any]:
    """Return the states after one step: outputs of the cells, internal states, and the gates if they came.

    The columns of the weights are the input gates (one for each block), the output gates, the first cell of each block,
    the second cell of each block, and so on. Axes before the last two are broadcast, so that many networks go in one
    call when their weights are stacked.

    Args:
        inputs: ``(..., batch, features)``.
        states: Outputs and internal states of the cells, each ``(..., batch, cells in all)``, and, if gates feed the
            hidden units, the gates of the step before ``(..., batch, 2 blocks)``.
        kernel: ``(..., features, 2 blocks + cells in all)``.
        recurrent_kernel: ``(..., cells in all (+ 2 blocks), 2 blocks + cells in all)``.
        bias: ``(..., 2 blocks + cells in all)``.
        blocks: Memory-cell blocks.
        truncated: No error flows back through what the hidden units heard of the step before; it flows through the
            internal states alone, unscaled.
    """
    outputs, internal, *gates = states
    heard = keras.ops.concatenate([outputs, *gates], axis=-1)
    if truncated:
        heard = keras.ops.stop_gradient(heard)
    net = keras.ops.matmul(inputs, kernel) + keras.ops.matmul(heard, recurrent_kernel) + bias
    opened = keras.ops.sigmoid(net[..., : 2 * blocks])
    cells = internal.shape[-1] // blocks
    internal = internal + _all_cells(opened[..., :blocks], cells) * squash_input(net[..., 2 * blocks :])
    outputs = _all_cells(opened[..., blocks:], cells) * squash_output(internal)
    return [outputs, internal, opened][: len(states)]


@keras.saving.register_keras_serializable(package="learnet")
class LSTM1997Cell(keras.layers.Layer):
    """One step of blocks of memory cells without forget gates, for ``keras.layers.RNN``.

    Each block has one input gate and one output gate for all its cells. A cell's internal state is the sum of all that
    its input gate has let in; its output is the output gate times that sum, squashed.

    Args:
        blocks: Memory-cell blocks.
        cells: Memory cells in each block.
        recurrent_gates: The gates of the step before feed all hidden units, as published; the cells always do.
        use_cell_bias: The cells have biases; the gates always do.
        input_gate_bias: Where the biases of the input gates start, one number or one for each block. Negative numbers
            keep the internal states from drifting early on.
        output_gate_bias: Likewise for the output gates. Different negative numbers let the blocks come into play one
            after the other.
        truncated: The published gradient: within a block, through the internal states only. Otherwise
            back-propagation through time.
        initializer: Of all weights but biases of gates; uniform in [-0.1, 0.1] if not given.

    Raises:
        ValueError: If there are not as many gate biases as blocks.

    Source:
        Hochreiter and Schmidhuber, 1997, section 4 (cells, blocks, truncation) and 5 (biases).

    Example:
        >>> layer = keras.layers.RNN(LSTM1997Cell(blocks=2, cells=2, input_gate_bias=(-3.0, -6.0)))
        >>> layer(np.zeros((2, 5, 2), "float32")).shape, layer.count_params()
        (TensorShape([2, 4]), 88)
    """

    def __init__(
        self,
        blocks: int,
        cells: int = 1,
        *,
        recurrent_gates: bool = True,
        use_cell_bias: bool = True,
        input_gate_bias: float | Sequence[float] = 0.0,
        output_gate_bias: float | Sequence[float] = 0.0,
        truncated: bool = False,
        initializer: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.blocks, self.cells = blocks, cells
        self.recurrent_gates, self.use_cell_bias, self.truncated = recurrent_gates, use_cell_bias, truncated
        self.input_gate_bias = _one_each("input", input_gate_bias, blocks)
        self.output_gate_bias = _one_each("output", output_gate_bias, blocks)
        self.initializer = keras.initializers.get(initializer or keras.initializers.RandomUniform(-0.1, 0.1))
        self.output_size = blocks * cells
        gates = [2 * blocks] if recurrent_gates else []
        self.state_size = [self.output_size, self.output_size, *gates]

    def build(self, input_shape: Any) -> None:
        """Make the weights from the input, from the hidden units of the step before, and the biases."""
        units = 2 * self.blocks + self.output_size
        heard = units if self.recurrent_gates else self.output_size
        self.kernel = self.add_weight(name="kernel", shape=(input_shape[-1], units), initializer=self.initializer)
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel", shape=(heard, units), initializer=self.initializer
        )
        self.gate_bias = self.add_weight(name="gate_bias", shape=(2 * self.blocks,), initializer=self._start_of_gates)
        if self.use_cell_bias:
            self.cell_bias = self.add_weight(name="cell_bias", shape=(self.output_size,), initializer=self.initializer)
        self.built = True

    def call(self, inputs: Any, states: Any) -> Any:
        """Return the outputs of the cells ``(batch, blocks * cells)`` and the next states."""
        cell_bias = self.cell_bias if self.use_cell_bias else keras.ops.zeros(self.output_size, self.compute_dtype)
        states = lstm1997_step(
            inputs,
            states,
            self.kernel,
            self.recurrent_kernel,
            keras.ops.concatenate([self.gate_bias, cell_bias]),
            blocks=self.blocks,
            truncated=self.truncated,
        )
        return states[0], states

    def get_initial_state(self, batch_size: int | None = None) -> list[Any]:
        """Return the states before the first step: nothing said, nothing stored, gates shut."""
        return [keras.ops.zeros((batch_size, size), dtype=self.compute_dtype) for size in self.state_size]

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        own = {
            "blocks": self.blocks,
            "cells": self.cells,
            "recurrent_gates": self.recurrent_gates,
            "use_cell_bias": self.use_cell_bias,
            "input_gate_bias": self.input_gate_bias,
            "output_gate_bias": self.output_gate_bias,
            "truncated": self.truncated,
            "initializer": keras.initializers.serialize(self.initializer),
        }
        return {**super().get_config(), **own}

    def _start_of_gates(self, shape: Any, dtype: Any = None) -> Any:  # noqa: ARG002 (Keras' interface)
        return keras.ops.convert_to_tensor([*self.input_gate_bias, *self.output_gate_bias], dtype=dtype)


@keras.saving.register_keras_serializable(package="learnet")
class LSTM1997(keras.layers.RNN):
    """A layer of ``LSTM1997Cell``: sequences in, the last outputs of the cells out.

    Args:
        blocks: Memory-cell blocks.
        cells: Memory cells in each block.
        cell: The arguments of ``LSTM1997Cell`` other than these two, by name.
        options: Those of ``keras.layers.RNN``: ``return_sequences``, ``return_state``, ``unroll``, ...

    Example:
        >>> layer = LSTM1997(3, 2, cell={"truncated": True}, return_sequences=True)
        >>> layer(np.zeros((2, 5, 7), "float32")).shape
        TensorShape([2, 5, 6])
    """

    def __init__(self, blocks: int, cells: int = 1, *, cell: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__(LSTM1997Cell(blocks, cells, **(cell or {})), **options)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        config = super().get_config()
        arguments = config.pop("cell")["config"]
        return {**config, "blocks": arguments.pop("blocks"), "cells": arguments.pop("cells"), "cell": arguments}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:  # noqa: ARG003 (Keras' interface)
        """Make the layer of a configuration."""
        return cls(**config)


def _all_cells(gates: Any, cells: int) -> Any:
    return keras.ops.concatenate([gates] * cells, axis=-1)


def _one_each(gate: str, bias: float | Sequence[float], blocks: int) -> list[float]:
    values = np.atleast_1d(np.asarray(bias, float))
    if values.size not in {1, blocks}:
        raise ValueError(f"The {blocks} blocks have one {gate} gate each, but {values.size} biases came: {bias}.")
    return [float(value) for value in np.broadcast_to(values, (blocks,))]
