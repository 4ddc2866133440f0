"""Support-vector machines on pixels and on features, one class against the rest (Cortes and Vapnik, 1995)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.core import UsageError, unknown_name
from learnet.core import keras as import_keras

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

PAPER = "Cortes and Vapnik, Support-Vector Networks, Machine Learning 20, 1995"
_HIGHEST_DEGREE = 20  # float32 can still tell such powers apart


def classify(
    images: keras.KerasTensor,
    classes: int,
    rate: float,  # noqa: ARG001 (there is nothing to leave out: the weights are solved for)
    *,
    support_vectors: Sequence[int] = (1000,),
    kernel: str = "rbf",
    degree: Sequence[int] = (3,),
) -> list[keras.KerasTensor]:
    """Return the decision values of a support-vector machine for each class.

    Args:
        images: Symbolic preprocessed images.
        classes: How many decision values.
        rate: Not used.
        support_vectors: How many support vectors the classes share; one number.
        kernel: ``"linear"``, ``"polynomial"``, ``"rbf"`` or ``"sigmoid"``; see ``learnet.layers.KernelMachine``.
        degree: Of the polynomial, from 1 to 20; one number.

    Raises:
        UsageError: If there is no such kernel, or a number is out of its range.
    """
    from learnet.layers import KernelMachine

    x = import_keras().layers.Flatten(name="flatten")(images)
    count, power = _checked(support_vectors, kernel, degree)
    machine = KernelMachine(classes, count, kernel=kernel, degree=power, trainable=False, name="machine")
    return [machine(x)]


def with_machine(
    backbone: keras.Model, *, classes: int, support_vectors: int, kernel: str = "rbf", degree: int = 1
) -> keras.Model:
    """Put a support-vector machine named ``"head"`` on a backbone, and a softmax of its decision values.

    Args:
        backbone: A model from images to features ``(batch, d)``. Its layers are shared, not copied.
        classes: How many classes there are, at least 2.
        support_vectors: How many support vectors the classes share.
        kernel: See ``learnet.layers.KernelMachine``.
        degree: Of the polynomial, from 1 to 20.

    Returns:
        A model from uint8 images to class probabilities ``(batch, classes)``.

    Raises:
        UsageError: If there are fewer than 2 classes, no such kernel, or a number is out of its range.
    """
    from learnet.layers import KernelMachine

    if classes < 2:
        raise UsageError(f"A classifier needs at least 2 classes, but {classes} were asked for.")
    count, power = _checked([support_vectors], kernel, [degree])
    keras = import_keras()
    decisions = KernelMachine(classes, count, kernel=kernel, degree=power, name="head")(backbone.output)
    probabilities = keras.layers.Softmax(name="probabilities")(decisions)
    return keras.Model(backbone.input, probabilities, name=backbone.name)


def most_parameters(
    classes: int,
    input_size: tuple[int, int],
    *,
    support_vectors: Sequence[int] = (1000,),
    kernel: str = "rbf",
    degree: Sequence[int] = (3,),
) -> int:
    """Return how many weights such a machine has."""
    count, _ = _checked(support_vectors, kernel, degree)
    return count * (input_size[0] * input_size[1] + classes) + classes + 2


def _checked(support_vectors: object, kernel: object, degree: object) -> tuple[int, int]:
    """Return the number of support vectors and the degree."""
    from learnet.layers import KERNELS

    if kernel not in KERNELS:
        raise unknown_name("kernel", str(kernel), list(KERNELS))
    return _number("support_vectors", support_vectors), _number("degree", degree, most=_HIGHEST_DEGREE)


def _number(name: str, value: object, *, most: int | None = None) -> int:
    found = value[0] if isinstance(value, list | tuple) and len(value) == 1 else None
    if type(found) is not int or found < 1 or (most is not None and found > most):
        limits = "from 1 up" if most is None else f"from 1 to {most}"
        raise UsageError(f"The SVM's {name} must be one whole number {limits}; received {value!r}.")
    return found
