"""The one door to Keras and OpenVINO: quiet, and with a sentence when something is not installed."""

from __future__ import annotations

import gc
import importlib.util
import logging
import os
import sys
from typing import TYPE_CHECKING

from learnet.core.errors import MissingDependencyError
from learnet.core.quiet import silent_c_libraries

if TYPE_CHECKING:
    from types import ModuleType

_unneeded: list[str] = []
_BACKENDS = {"tensorflow": "cpu", "jax": "jax", "torch": "torch"}


def installed_backends() -> tuple[str, ...]:
    """Return the Keras backends that are installed, in the order in which learnet prefers them."""
    return tuple(name for name in _BACKENDS if importlib.util.find_spec(name) is not None)


def require_backend() -> str:
    """Return the Keras backend that will be used, without importing it.

    ``KERAS_BACKEND`` wins; otherwise the first that is installed (TensorFlow, JAX, PyTorch).

    Raises:
        MissingDependencyError: If there is none; the sentence names the extra to install.
    """
    installed = installed_backends()
    wanted = os.environ.get("KERAS_BACKEND", "")
    if wanted in installed:
        return wanted
    if wanted and wanted in _BACKENDS:
        raise MissingDependencyError(
            f"KERAS_BACKEND asks for '{wanted}', which is not installed. Install it with: "
            f"pip install 'learnet[{_BACKENDS[wanted]}]'"
        )
    if not installed:
        raise MissingDependencyError(
            "No Keras backend is installed, and learnet needs one to build networks. Install TensorFlow for the CPU "
            "with: pip install 'learnet[cpu]' (or the extra 'gpu', 'jax' or 'torch')."
        )
    return installed[0]


def keras() -> ModuleType:
    """Import Keras with a quiet backend and return it.

    Raises:
        MissingDependencyError: If no backend is installed.
    """
    os.environ["KERAS_BACKEND"] = require_backend()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("ABSL_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    logging.getLogger("tensorflow").addFilter(_is_news)
    if "keras" in sys.modules:
        return sys.modules["keras"]
    hidden = [name for name in _unneeded if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # None stands for "not installed"
    collecting = gc.isenabled()
    gc.disable()  # what is imported comes to stay: looking for garbage in it takes a sixth of the time
    try:
        with silent_c_libraries:  # TensorFlow greets some processors before its log level is heeded
            import keras as module
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
        for name in hidden:
            del sys.modules[name]
    return module  # type: ignore[no-any-return]


def _is_news(record: logging.LogRecord) -> bool:
    """Return False for TensorFlow's advice on tracing, which it gives whoever trains several networks in turn."""
    return "triggered tf.function retracing" not in str(record.msg)


def leave_out_of_keras(*packages: str) -> None:
    """Let Keras believe that optional packages are not installed, which makes importing it a third faster.

    Only for a process of learnet's own, such as the command line: Keras' scikit-learn wrappers, for example, do not
    work afterwards. The packages themselves can be imported as ever.

    Args:
        packages: What Keras would import and learnet does not need of it, e.g. ``"sklearn"``.
    """
    _unneeded.extend(packages)


def keras_sees_gpu() -> bool:
    """Return whether Keras' backend computes on a GPU."""
    match keras().backend.backend():
        case "tensorflow":
            import tensorflow as tf

            return bool(tf.config.list_physical_devices("GPU"))
        case "jax":
            import jax

            return bool(jax.default_backend() != "cpu")
        case "torch":
            import torch

            return bool(torch.cuda.is_available())
    return False


def versions(*packages: str) -> dict[str, str]:
    """Return the installed version of each package that is there, without importing it.

    Example:
        >>> sorted(versions("numpy", "no-such-package"))
        ['numpy']
    """
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, str] = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
