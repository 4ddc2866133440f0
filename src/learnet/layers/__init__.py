"""What Keras lacks, as Keras layers, and Muon. Importing this room imports Keras; import it inside functions."""

from learnet.core import keras as _import_keras

_import_keras()  # first, so that the backend is chosen and quiet before the layers are made from Keras' own

from learnet.layers.batch_normalization import FusedBatchNormalization  # noqa: E402 (see the line above)
from learnet.layers.elman import ElmanCell, elman_step  # noqa: E402
from learnet.layers.heads import HeadAttention, SinePositions  # noqa: E402
from learnet.layers.initializers import PassThrough  # noqa: E402
from learnet.layers.kernel_machine import KERNELS, KernelMachine  # noqa: E402
from learnet.layers.lenet import (  # noqa: E402
    PartiallyConnectedConv2D,
    RadialBasis,
    TrainableSubsampling,
    scaled_tanh,
)
from learnet.layers.local_response import LocalResponseNormalization  # noqa: E402
from learnet.layers.lstm1997 import LSTM1997, LSTM1997Cell, lstm1997_step  # noqa: E402
from learnet.layers.muon import Muon  # noqa: E402
from learnet.layers.whitening import PatchWhitening  # noqa: E402
from learnet.layers.winograd import WinogradConv2D  # noqa: E402

__all__ = [
    "KERNELS",
    "LSTM1997",
    "ElmanCell",
    "FusedBatchNormalization",
    "HeadAttention",
    "KernelMachine",
    "LSTM1997Cell",
    "LocalResponseNormalization",
    "Muon",
    "PartiallyConnectedConv2D",
    "PassThrough",
    "PatchWhitening",
    "RadialBasis",
    "SinePositions",
    "TrainableSubsampling",
    "WinogradConv2D",
    "elman_step",
    "lstm1997_step",
    "scaled_tanh",
]
