"""A Keras model as a function of one flat vector of its trainable weights, with derivatives from compiled graphs.

The model itself is not touched until it is given the weights that were found. It computes as it predicts: dropout is
off, and batch normalisation uses its moving statistics, so that the same weights always have the same loss.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import DataError, MissingDependencyError, UsageError
from learnet.core import keras as import_keras
from learnet.optimizers.squares import Normal

if TYPE_CHECKING:
    from collections.abc import Callable

    import keras
    from numpy.typing import NDArray

    from learnet.optimizers.records import Matrix, Vector

_HESSIAN_WEIGHTS = 5_000  # its square in float64 is 200 MB
_JACOBIAN_NUMBERS = 16_000_000  # of one batch, where the batch size is not given


class Weights:
    """The trainable weights of a model as one vector, and its answers as a function of them.

    Args:
        model: Any Keras model with one output.
        x: Examples, by the first of which a model that has no shapes yet is built.

    Attributes:
        model: The model.
        size: How many trainable weights.
        answers: How many numbers it answers to an example.

    Raises:
        MissingDependencyError: If Keras does not run on TensorFlow.
        UsageError: If there is nothing to train, or there are several outputs.
    """

    def __init__(self, model: keras.Model, x: Any) -> None:
        self.tf = require_tensorflow()
        answers = model(self.tf.nest.map_structure(lambda part: part[:1], x), training=False)
        if isinstance(answers, list | tuple | dict):
            raise UsageError(f"The model '{model.name}' has several outputs; a model with one is needed.")
        if not model.trainable_variables:
            raise UsageError(f"The model '{model.name}' has no trainable weights: nothing can be learnt.")
        self.model = model
        self.answers = int(np.prod(answers.shape[1:], dtype=int))
        self._shapes = [tuple(variable.shape) for variable in model.trainable_variables]
        self._sizes = [int(np.prod(shape)) for shape in self._shapes]
        self._dtype = model.trainable_variables[0].dtype
        self.size = sum(self._sizes)

    def get(self) -> Vector:
        """Return the model's weights, float64 (size,)."""
        return np.concatenate([np.asarray(v, np.float64).ravel() for v in self.model.trainable_variables])

    def set(self, point: Vector) -> None:
        """Give the model weights, (size,)."""
        parts = np.split(point, np.cumsum(self._sizes)[:-1])
        for variable, shape, part in zip(self.model.trainable_variables, self._shapes, parts, strict=True):
            variable.assign(part.reshape(shape))

    def loops(self, x: Any) -> bool:
        """Return whether the model's graph has loops, as that of a recurrent network; TensorFlow cannot vectorise them.

        Args:
            x: Examples; the first one is enough.
        """
        first = self.tf.nest.map_structure(lambda part: part[:1], x)
        forward = self.tf.function(lambda flat, example: self.predict(flat, example)[0], autograph=False)
        graph = forward.get_concrete_function(np.zeros(self.size), first).graph.as_graph_def()
        nodes = [graph.node, *(function.node_def for function in graph.library.function)]
        return any(node.op in ("While", "StatelessWhile") for part in nodes for node in part)

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of vectors, examples and answers as graphs, one for each number of examples.

        As in Keras' own training, Python's ``if`` is not rewritten. The graph is looked up here, as TensorFlow takes as
        long for it as a small network takes for its loss.
        """
        tf, graphs = self.tf, {}
        graph = tf.function(function, autograph=False)

        def call(*arguments: Any) -> Any:
            *vectors, x, y = arguments
            tensors = [tf.constant(vector) for vector in vectors]
            if (count := y.shape[0]) not in graphs:
                graphs[count] = graph.get_concrete_function(*tensors, x, y)
            return graphs[count](*tensors, x, y)

        return call

    def predict(self, flat: Any, x: Any) -> tuple[Any, Any]:
        """Return symbolic answers and the sum of the model's own losses (regularisers), for use in a graph."""
        tf, model = self.tf, self.model
        parts = tf.split(tf.cast(flat, self._dtype), self._sizes)
        trainable = [tf.reshape(part, shape) for part, shape in zip(parts, self._shapes, strict=True)]
        frozen = [variable.value for variable in model.non_trainable_variables]
        answers, _, losses = model.stateless_call(trainable, frozen, x, training=False, return_losses=True)
        return answers, tf.add_n(losses) if losses else tf.zeros((), answers.dtype)


class NetworkLoss:
    """The mean loss of a model over all examples: an objective.

    Args:
        weights: The model's.
        x: Examples, an array or a structure of arrays (n, ...).
        y: What they should give, (n, ...).
        loss: Of answers, ``(y, answers)`` to a loss for each example.
        batch_size: Examples that are computed at once; the result does not depend on it.
    """

    def __init__(
        self, weights: Weights, x: Any, y: Any, *, loss: Callable[[Any, Any], Any], batch_size: int | None
    ) -> None:
        self._tf, self._weights, self._loss_of = weights.tf, weights, loss
        self._batches = batches(weights, x, y, batch_size)
        self._value = weights.compiled(self._loss)
        self._both = weights.compiled(self._loss_and_gradient)
        self._product = weights.compiled(self._gradient_product)
        self._matrix = weights.compiled(self._second_derivatives)

    def value(self, point: Vector) -> float:
        """Return the mean loss."""
        return float(sum(share * float(self._value(point, x, y)) for x, y, share in self._batches))

    def value_and_gradient(self, point: Vector) -> tuple[float, Vector]:
        """Return the mean loss and its gradient."""
        value, gradient = 0.0, np.zeros(len(point))
        for x, y, share in self._batches:
            loss, slope = self._both(point, x, y)
            value += share * float(loss)
            gradient += share * slope.numpy()
        return value, gradient

    def hessian(self, point: Vector) -> Matrix:
        """Return the second derivatives.

        Raises:
            UsageError: If they would not fit into memory.
        """
        if len(point) > _HESSIAN_WEIGHTS:
            raise UsageError(
                f"Newton's method needs a matrix of the square of the number of weights, which is {len(point)}; at "
                f"most {_HESSIAN_WEIGHTS} are allowed. Use 'newton-cg', which needs no matrix."
            )
        matrix = np.zeros((len(point), len(point)))
        for x, y, share in self._batches:
            matrix += share * self._matrix(point, x, y).numpy()
        return (matrix + matrix.T) / 2

    def hessian_product(self, point: Vector, vector: Vector) -> Vector:
        """Return the product of the second derivatives and a vector."""
        product = np.zeros(len(point))
        for x, y, share in self._batches:
            product += share * self._product(point, vector, x, y).numpy()
        return product

    def _loss(self, flat: Any, x: Any, y: Any) -> Any:
        tf = self._tf
        answers, penalty = self._weights.predict(flat, x)
        return tf.cast(tf.reduce_mean(self._loss_of(y, answers)), "float64") + tf.cast(penalty, "float64")

    def _loss_and_gradient(self, flat: Any, x: Any, y: Any) -> tuple[Any, Any]:
        tf = self._tf
        with tf.GradientTape() as tape:
            tape.watch(flat)
            loss = self._loss(flat, x, y)
        return loss, tape.gradient(loss, flat, unconnected_gradients="zero")

    def _gradient_product(self, flat: Any, vector: Any, x: Any, y: Any) -> Any:
        tf = self._tf
        with tf.GradientTape() as tape:
            tape.watch(flat)
            slope = tf.reduce_sum(self._loss_and_gradient(flat, x, y)[1] * vector)
        return tape.gradient(slope, flat, unconnected_gradients="zero")

    def _second_derivatives(self, flat: Any, x: Any, y: Any) -> Any:
        tf = self._tf
        if self._weights.loops(x):
            unit = tf.eye(self._weights.size, dtype="float64")
            return tf.map_fn(lambda row: self._gradient_product(flat, row, x, y), unit)
        with tf.GradientTape() as tape:
            tape.watch(flat)
            gradient = self._loss_and_gradient(flat, x, y)[1]
        return tape.jacobian(gradient, flat, unconnected_gradients="zero")


class NetworkResiduals:
    """The errors of a model on all examples, scaled so that their sum of squares is the mean squared error.

    Args:
        weights: The model's.
        x: Examples, an array or a structure of arrays (n, ...).
        y: What they should give, (n, ...).
        batch_size: Examples whose derivatives are in memory at once; the result does not depend on it.

    Raises:
        DataError: If the model's answers are not as many as those that it should give.
    """

    def __init__(self, weights: Weights, x: Any, y: Any, *, batch_size: int | None) -> None:
        self._tf, self._weights = weights.tf, weights
        if np.size(y) != len(y) * weights.answers:
            raise DataError(
                f"The model '{weights.model.name}' answers {weights.answers} numbers to each example, and y must hold "
                f"as many; received {len(y)} examples with answers of shape {np.shape(y)[1:]}."
            )
        self._scale = 1 / np.sqrt(np.size(y))
        rows = max(1, _JACOBIAN_NUMBERS // (weights.answers * weights.size))
        self._batches = batches(weights, x, y, batch_size or rows)
        self._loops = weights.loops(x)
        self._compiled_errors = weights.compiled(self._errors)
        self._compiled_derivatives = weights.compiled(self._derivatives)
        self._compiled_normal = weights.compiled(self._normal)

    def residual(self, point: Vector) -> Vector:
        """Return the scaled errors, (examples * answers,)."""
        return np.concatenate([self._compiled_errors(point, x, y).numpy() for x, y, _ in self._batches])

    def jacobian(self, point: Vector) -> Matrix:
        """Return their derivatives, (examples * answers, size)."""
        return np.concatenate([self._compiled_derivatives(point, x, y)[1].numpy() for x, y, _ in self._batches])

    def value(self, point: Vector) -> float:
        """Return the mean squared error."""
        residual = self.residual(point)
        return float(residual @ residual)

    def normal(self, point: Vector) -> Normal:
        """Return the normal equations, summed up over the batches."""
        value, slope, matrix = 0.0, np.zeros(len(point)), np.zeros((len(point), len(point)))
        for x, y, _ in self._batches:
            squares, vector, square = self._compiled_normal(point, x, y)
            value += float(squares)
            slope += vector.numpy()
            matrix += square.numpy()
        return Normal(value, slope, matrix)

    def _errors(self, flat: Any, x: Any, y: Any) -> Any:
        tf = self._tf
        answers = self._weights.predict(flat, x)[0]
        wanted = tf.reshape(tf.cast(y, answers.dtype), tf.shape(answers))
        return tf.cast(tf.reshape(answers - wanted, (-1,)), "float64") * self._scale

    def _derivatives(self, flat: Any, x: Any, y: Any) -> tuple[Any, Any]:
        """Return errors and Jacobian, example by example, as an error depends on no other example."""
        tf, loops = self._tf, self._loops

        def one(example: tuple[Any, Any]) -> tuple[Any, Any]:
            single = tf.nest.map_structure(lambda part: part[None], example)
            with tf.GradientTape() as tape:
                tape.watch(flat)
                errors = self._errors(flat, *single)
            return errors, tape.jacobian(errors, flat, unconnected_gradients="zero", experimental_use_pfor=not loops)

        kinds = tf.TensorSpec(None, "float64"), tf.TensorSpec(None, "float64")
        errors, jacobian = (
            tf.map_fn(one, (x, y), fn_output_signature=kinds) if loops else tf.vectorized_map(one, (x, y))
        )
        return tf.reshape(errors, (-1,)), tf.reshape(jacobian, (-1, self._weights.size))

    def _normal(self, flat: Any, x: Any, y: Any) -> tuple[Any, Any, Any]:
        tf = self._tf
        errors, jacobian = self._derivatives(flat, x, y)
        return (
            tf.reduce_sum(errors**2),
            tf.linalg.matvec(jacobian, errors, transpose_a=True),
            tf.linalg.matmul(jacobian, jacobian, transpose_a=True),
        )


def require_tensorflow() -> Any:
    """Return TensorFlow if Keras runs on it.

    Raises:
        MissingDependencyError: If it does not.
    """
    keras = import_keras()
    backend = keras.config.backend()
    if backend != "tensorflow":
        raise MissingDependencyError(
            f"Full-batch training takes its derivatives from TensorFlow's graphs, and Keras runs on '{backend}'. Set "
            "KERAS_BACKEND=tensorflow and install TensorFlow with: pip install 'learnet[cpu]'"
        )
    import tensorflow as tf

    return tf


def batches(weights: Weights, x: Any, y: Any, size: int | None) -> list[tuple[Any, Any, float]]:
    """Return tensors of at most ``size`` examples each, with their share of all examples."""
    tf, count = weights.tf, len(y)
    size = size or count

    def part(array: NDArray[Any], start: int) -> Any:
        return tf.constant(array[start : start + size])

    return [
        (
            tf.nest.map_structure(lambda array, start=start: part(array, start), x),
            part(y, start),
            min(size, count - start) / count,
        )
        for start in range(0, count, size)
    ]
