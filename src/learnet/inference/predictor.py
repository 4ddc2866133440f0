"""The one way in which learnet runs a network over images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, final

import numpy as np

from learnet.core import UsageError
from learnet.inference.engines import choose_engine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import keras


class Runner(Protocol):
    """What an engine makes of a model."""

    def stream(self, images: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield one float32 output ``(d,)`` for each uint8 image ``(h, w, 3)``, in order."""


@final
class Predictor:
    """A network compiled once, through which images are streamed. Made by ``Predictor.compile``.

    Several threads may use it at once.

    Attributes:
        engine: ``"openvino"`` or ``"keras"``.
        input_shape: ``(height, width, 3)`` of an image.
        output_size: Length of an output.
    """

    def __init__(self, runner: Runner, *, engine: str, input_shape: tuple[int, ...], output_size: int) -> None:
        self._runner = runner
        self.engine = engine
        self.input_shape = input_shape
        self.output_size = output_size

    @classmethod
    def compile(
        cls, model: keras.Model, *, engine: Literal["auto", "openvino", "keras"] = "auto", latency: bool = False
    ) -> Predictor:
        """Compile a model for this machine. Its weights must not change while the predictor is in use.

        Args:
            model: A model from uint8 images ``(batch, height, width, 3)`` to ``(batch, d)``.
            engine: What runs it; see ``learnet.inference.choose_engine``.
            latency: Answer single images as fast as possible, instead of many images at the highest rate.

        Raises:
            UsageError: If there is no such engine, or it cannot be used here.
        """
        chosen = choose_engine(engine)
        runner: Runner
        if chosen == "openvino":
            from learnet.inference.openvino import OpenVinoRunner

            runner = OpenVinoRunner(model, latency=latency)
        else:
            from learnet.inference.keras_engine import KerasRunner

            runner = KerasRunner(model, latency=latency)
        return cls(
            runner, engine=chosen, input_shape=tuple(model.input.shape[1:]), output_size=int(model.output.shape[-1])
        )

    def predict(self, images: np.ndarray) -> np.ndarray:
        """Return the outputs for all of ``images``.

        Args:
            images: uint8 ``(n, height, width, 3)``, RGB.

        Returns:
            float32 ``(n, d)``.

        Raises:
            UsageError: If the images have another type or shape.
        """
        if images.ndim != 4:
            raise self._refusal(images)
        outputs = np.empty((len(images), self.output_size), np.float32)
        for row, output in zip(outputs, self.stream(images), strict=True):
            row[:] = output
        return outputs

    def stream(self, images: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Yield the output for each image, in order, while later images are on their way.

        A few images are held at a time, however many there are. The iterable is pulled by the caller's thread, while
        the engine computes in its own. An error in the iterable comes out here; whether by that, by Ctrl-C, or by
        closing the iterator, when this ends nothing is left running.

        Args:
            images: uint8 ``(height, width, 3)``, RGB.

        Yields:
            float32 ``(d,)``.

        Raises:
            UsageError: If an image has another type or shape.
        """
        return self._runner.stream(map(self._checked, images))

    def _checked(self, image: np.ndarray) -> np.ndarray:
        if image.dtype != np.uint8 or image.shape != self.input_shape:
            raise self._refusal(image)
        return image

    def _refusal(self, received: np.ndarray) -> UsageError:
        height, width, channels = self.input_shape
        return UsageError(
            f"The network takes uint8 images of {height} x {width} pixels and {channels} channels, but it "
            f"received an array of {received.dtype} with the shape {received.shape}. Prepare the images with the "
            f"model's InputSpec."
        )
