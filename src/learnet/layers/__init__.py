"""What Keras lacks, as Keras layers. Importing this room imports Keras; import it inside functions."""

from learnet.core import keras as _import_keras

_import_keras()  # first, so that the backend is chosen and quiet before the layers are made from Keras' own

from learnet.layers.batch_normalization import FusedBatchNormalization  # noqa: E402 (see the line above)

__all__ = ["FusedBatchNormalization"]
