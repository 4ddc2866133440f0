import numpy as np
import pytest

from learnet.core import UsageError
from learnet.core import keras as import_keras
from learnet.gan import as_images, draw_samples


def test_samples_follow_the_noise_and_the_seed():
    keras = import_keras()
    affine = keras.Sequential([keras.Input((2,)), keras.layers.Rescaling(0.5, offset=3.0)])
    samples = draw_samples(affine, 5000, seed=0)
    assert samples.mean(axis=0) == pytest.approx([3, 3], abs=0.03)
    assert samples.std(axis=0) == pytest.approx([0.5, 0.5], abs=0.02)
    assert np.array_equal(samples, draw_samples(affine, 5000, seed=0))
    assert not np.array_equal(samples, draw_samples(affine, 5000, seed=1))
    assert np.abs(draw_samples(affine, 5000, seed=0, latent="uniform") - 3).max() <= 0.5
    with pytest.raises(UsageError, match="At least 1 sample"):
        draw_samples(affine, 0, seed=0)


def test_pixels_come_back():
    pixels = np.arange(256, dtype=np.uint8)
    assert np.array_equal(as_images(pixels / np.float32(127.5) - 1), pixels)
