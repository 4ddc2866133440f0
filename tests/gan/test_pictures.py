import numpy as np

from learnet.gan import as_images, samples_figure


def test_images_are_drawn_in_a_square_in_their_order():
    samples = np.random.default_rng(0).uniform(-1, 1, (11, 4, 5, 1)).astype(np.float32)
    drawn = [axes.images[0].get_array() for axes in samples_figure(samples).axes]
    assert len(drawn) == 9
    for image, sample in zip(drawn, samples, strict=False):
        assert np.array_equal(image, np.repeat(as_images(sample), 3, axis=-1))


def test_points_are_drawn_where_they_are():
    samples = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    (line,) = samples_figure(samples).axes[0].lines
    assert np.array_equal(line.get_xydata(), samples[:, :2])


def test_numbers_are_drawn_as_a_histogram():
    samples = np.random.default_rng(0).normal(size=(200, 1)).astype(np.float32)
    bars = samples_figure(samples).axes[0].patches
    assert [bar.get_height() for bar in bars] == np.histogram(samples, 50)[0].tolist()
