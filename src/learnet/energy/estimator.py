"""scikit-learn's estimator protocol without importing scikit-learn: parameters, cloning, pipelines."""

from __future__ import annotations

import inspect
from typing import Any, Self

import numpy as np

from learnet.core import UsageError, unknown_name


class Estimator:
    """An estimator whose parameters are the arguments of its ``__init__``, each kept under its own name.

    It works in scikit-learn's ``Pipeline``, ``clone`` and searches, which ask for methods and not for a base class.
    Attributes that fitting makes end in an underscore.
    """

    @classmethod
    def _parameters(cls) -> tuple[str, ...]:
        return tuple(name for name in inspect.signature(cls.__init__).parameters if name != "self")

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002, FBT001, FBT002 (the protocol's signature)
        """Return the parameters by name."""
        return {name: getattr(self, name) for name in self._parameters()}

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters by name.

        Raises:
            UsageError: If there is no such parameter.
        """
        for name, value in parameters.items():
            if name not in self._parameters():
                raise unknown_name(f"parameter of {type(self).__name__}", name, self._parameters())
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        signature = inspect.signature(type(self).__init__).parameters
        told = (f"{name}={value!r}" for name, value in self.get_params().items() if value != signature[name].default)
        return f"{type(self).__name__}({', '.join(told)})"

    def __sklearn_is_fitted__(self) -> bool:
        return any(name.endswith("_") and not name.startswith("_") for name in vars(self))

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import InputTags, Tags, TargetTags, TransformerTags

        return Tags(
            estimator_type=None,
            target_tags=TargetTags(required=False),
            transformer_tags=TransformerTags(preserves_dtype=["float32"]),
            input_tags=InputTags(),
        )

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise UsageError(f"This {type(self).__name__} has learned nothing yet; call fit with data first.")


def matrix(values: Any, *, features: int | None) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return data as a finite float32 matrix.

    Args:
        values: (samples, features), a table or an array.
        features: How many features there must be; None for any number.

    Raises:
        UsageError: If the shape is another one, or a number is NaN or infinite.
    """
    array = np.asarray(values, dtype=np.float32)
    if array.ndim != 2 or 0 in array.shape or (features is not None and array.shape[1] != features):
        wanted = "features" if features is None else features
        raise UsageError(f"Data must have the shape (samples, {wanted}), at least 1 of each; received {array.shape}.")
    if not np.isfinite(array).all():
        raise UsageError("Data must be finite numbers; found NaN or infinity. Impute or remove them first.")
    return array
