"""What can run a network on this machine, and which of it learnet chooses."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass

from learnet.core import UsageError, keras_sees_gpu, unknown_name, versions
from learnet.core import keras as import_keras

VARIABLE = "LEARNET_ENGINE"
NAMES = ("openvino", "keras")


@dataclass(frozen=True, kw_only=True)
class Engine:
    """One engine, as ``learnet doctor`` shows it.

    Attributes:
        name: ``"openvino"`` or ``"keras"``.
        version: The installed version, empty if it is not installed.
        available: Whether it can be used here.
        chosen: Whether learnet uses it if not told otherwise.
        reason: Why, in a sentence.
    """

    name: str
    version: str
    available: bool
    chosen: bool
    reason: str


def engines() -> tuple[Engine, ...]:
    """Return what there is. Imports Keras.

    Raises:
        MissingDependencyError: If no Keras backend is installed.
        UsageError: If ``LEARNET_ENGINE`` is not an engine's name.
    """
    obstacle = _openvino_obstacle()
    chosen, reason = _choose(obstacle)
    keras = import_keras()
    installed = versions("openvino")
    return (
        Engine(
            name="openvino",
            version=installed.get("openvino", ""),
            available=not obstacle,
            chosen=chosen == "openvino",
            reason=reason if chosen == "openvino" else obstacle or reason,
        ),
        Engine(
            name="keras",
            version=keras.__version__,
            available=True,
            chosen=chosen == "keras",
            reason=reason
            if chosen == "keras"
            else f"Works with Keras' backend '{keras.backend.backend()}'; not chosen.",
        ),
    )


def choose_engine(wanted: str = "auto") -> str:
    """Return the engine to use.

    Args:
        wanted: An engine's name, or ``"auto"``: what ``LEARNET_ENGINE`` says, else Keras if it sees a GPU, else
            OpenVINO if it is installed and Keras' backend is TensorFlow, else Keras.

    Raises:
        UsageError: If the name is unknown, or OpenVINO is asked for and cannot be used.
    """
    if wanted not in {"auto", *NAMES}:
        raise unknown_name("inference engine", wanted, ("auto", *NAMES))
    obstacle = _openvino_obstacle()
    if wanted == "auto":
        return _choose(obstacle)[0]
    if wanted == "openvino" and obstacle:
        raise UsageError(f"The inference engine 'openvino' cannot be used: {obstacle}")
    return wanted


def _choose(obstacle: str) -> tuple[str, str]:
    wanted = os.environ.get(VARIABLE, "auto") or "auto"
    if wanted not in {"auto", *NAMES}:
        raise UsageError(f"{VARIABLE} must be one of auto, {', '.join(NAMES)}, but it is '{wanted}'.")
    if wanted != "auto":
        return choose_engine(wanted), f"{VARIABLE} asks for it."
    if keras_sees_gpu():
        return "keras", "Keras sees a GPU."
    if obstacle:
        return "keras", obstacle
    return "openvino", "The fastest on a CPU."


def _openvino_obstacle() -> str:
    """Return why OpenVINO cannot be used, empty if it can."""
    if importlib.util.find_spec("openvino") is None:
        return "OpenVINO is not installed; install it with: pip install openvino"
    backend = import_keras().backend.backend()
    if backend != "tensorflow":
        return f"Keras' backend is '{backend}', and networks are converted for OpenVINO from TensorFlow only."
    return ""
