"""What the quick mode shows, and the digits that the network is shown."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from learnet.core import Silent
from learnet.experiments import EXPERIMENTS, lenet

pytestmark = pytest.mark.slow


def test_the_network_is_the_papers_and_learns():
    outcome = EXPERIMENTS["lenet5"].run(seeds=range(1), quick=True, progress=Silent())
    assert outcome.measured["weights"] == [60_000]
    assert outcome.measured["test error, %"][0] < 10
    assert outcome.figure is not None


def test_every_digit_is_in_one_part_and_framed():
    digits = lenet._small_digits(3)
    parts = (digits.train, digits.validation, digits.test)
    assert [len(labels) for _, labels in parts] == [1200, 200, 397]
    images = np.concatenate([images for images, _ in parts])
    assert images.shape == (1797, 32, 32, 3)
    assert not images[:, :4].any()
    assert not images[:, :, -4:].any()
    labels = np.concatenate([labels for _, labels in parts])
    assert np.array_equal(np.bincount(labels), np.bincount(load_digits().target))


def test_mnist_that_cannot_be_had_is_said(monkeypatch):
    said = []

    class Progress(Silent):
        def say(self, sentence):
            said.append(sentence)

    monkeypatch.setenv("LEARNET_OFFLINE", "1")
    monkeypatch.setenv("LEARNET_DATA_DIR", "/nonexistent")
    assert lenet._mnist(Progress()) is None
    assert said[0].endswith("scikit-learn's digits take its place.")
