"""Event files for TensorBoard, without TensorBoard."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from learnet.training.loop import EpochRow


class EventWriter:
    """Writes one scalar an epoch for each column of the history; without a folder it writes nothing.

    Args:
        folder: Where the event files go; made with the first epoch.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._writer: Any = None

    def __enter__(self) -> EventWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()

    def write(self, row: EpochRow) -> None:
        """Write one epoch."""
        if self._folder is None:
            return
        import tensorflow as tf

        if self._writer is None:
            self._writer = tf.summary.create_file_writer(str(self._folder))
        with self._writer.as_default():
            for name, value in asdict(row).items():
                if name != "epoch":
                    tf.summary.write(name, tf.constant(value, tf.float32), row.epoch, metadata=_scalar())
        self._writer.flush()


def _scalar() -> Any:
    """Return what marks a value as one for TensorBoard's page of curves."""
    import tensorflow as tf

    return tf.compat.v1.SummaryMetadata(
        plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"), data_class=_DATA_CLASS_SCALAR
    )


_DATA_CLASS_SCALAR = 1  # tensorflow/core/framework/summary.proto: DATA_CLASS_SCALAR
