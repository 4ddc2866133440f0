"""What samples look like, as a PNG file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import write_bytes
from learnet.gan.samples import as_images
from learnet.plots import OKABE_ITO, drawing, new_figure, pictures_figure, to_png

if TYPE_CHECKING:
    from pathlib import Path

    import keras
    from matplotlib.figure import Figure
    from numpy.typing import NDArray


def samples_figure(samples: NDArray[np.float32]) -> Figure:
    """Draw samples: images in a square grid, points as dots (or, of one dimension, as a histogram).

    Args:
        samples: Images ``(n, h, w, 1 or 3)`` in [-1, 1], or points ``(n, d)``, of which the first two numbers are
            drawn.

    Returns:
        The figure.
    """
    return _grid(samples) if samples.ndim == 4 else _points(samples)


def can_be_drawn(generator: keras.Model) -> bool:
    """Return whether a generator makes points, or images of 1 or 3 channels."""
    shape = tuple(generator.outputs[0].shape[1:])
    return len(shape) == 1 or (len(shape) == 3 and shape[-1] in (1, 3))


def write_samples(path: Path, samples: NDArray[np.float32]) -> None:
    """Write ``samples_figure`` as a PNG file, atomically."""
    write_bytes(path, to_png(samples_figure(samples), dots_per_inch=72))


def _grid(samples: NDArray[np.float32]) -> Figure:
    side = math.isqrt(len(samples))
    images = as_images(samples[: side * side])
    images = np.repeat(images, 3, axis=-1) if images.shape[-1] == 1 else images
    return pictures_figure(images.reshape(side, side, *images.shape[1:]))


def _points(samples: NDArray[np.float32]) -> Figure:
    with drawing():
        figure = new_figure(width=5, height=5)
        axes = figure.subplots()
        if samples.shape[1] == 1:
            axes.hist(samples[:, 0], bins=50, color=OKABE_ITO["blue"])
            axes.set(xlabel="sample", ylabel="how many")
        else:
            axes.plot(samples[:, 0], samples[:, 1], ".", markersize=2, color=OKABE_ITO["blue"])
            axes.set(aspect="equal", xlabel="first number", ylabel="second number")
    return figure
