"""learnet: from a single neuron to an image classifier in production, on an ordinary laptop CPU.

The verbs of the command line are functions here: ``learnet.transfer("path/to/photos")`` does what
``learnet transfer path/to/photos`` does, and returns the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from learnet.version import __version__

if TYPE_CHECKING:
    from learnet.bundle.evaluate import evaluate
    from learnet.bundle.load import load_bundle as load
    from learnet.bundle.predict import predict
    from learnet.comparison.chart import chart
    from learnet.comparison.compare import compare
    from learnet.data.check import check
    from learnet.data.resolve import open_dataset
    from learnet.experiments.reproduce import reproduce
    from learnet.training.train import train
    from learnet.transfer_learning.transfer import transfer
    from learnet.tuning.tune import tune

__all__ = [
    "__version__",
    "chart",
    "check",
    "compare",
    "evaluate",
    "load",
    "open_dataset",
    "predict",
    "reproduce",
    "train",
    "transfer",
    "tune",
]

_WHERE = {
    "chart": ("learnet.comparison", "chart"),
    "check": ("learnet.data", "check"),
    "compare": ("learnet.comparison", "compare"),
    "evaluate": ("learnet.bundle", "evaluate"),
    "load": ("learnet.bundle", "load_bundle"),
    "open_dataset": ("learnet.data", "open_dataset"),
    "predict": ("learnet.bundle", "predict"),
    "reproduce": ("learnet.experiments", "reproduce"),
    "train": ("learnet.training", "train"),
    "transfer": ("learnet.transfer_learning", "transfer"),
    "tune": ("learnet.tuning", "tune"),
}


def __getattr__(name: str) -> object:
    """Import a verb when it is first asked for, so that ``import learnet`` stays free."""
    if name not in _WHERE:
        raise AttributeError(f"module 'learnet' has no attribute '{name}'")
    import importlib

    module, attribute = _WHERE[name]
    return getattr(importlib.import_module(module), attribute)


def __dir__() -> list[str]:
    return sorted([*globals(), *_WHERE])
