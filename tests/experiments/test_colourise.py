"""What the quick mode of ColorUNet's experiments shows."""

import pytest

from learnet.core import Silent
from learnet.experiments import EXPERIMENTS

pytestmark = pytest.mark.slow


def test_sixteen_photos_are_on_their_way_into_the_network():
    outcome = EXPERIMENTS["colorunet-overfit"].run(seeds=range(1), quick=True, progress=Silent())
    assert outcome.measured["weighted cross-entropy / that of a guess"][0] < 0.85
    assert "sample-photos" in outcome.remark
    assert outcome.figure is not None


def test_classification_is_more_vivid_even_after_two_passes():
    outcome = EXPERIMENTS["colorunet-vivid"].run(seeds=range(1), quick=True, progress=Silent())
    assert outcome.measured["share of photos that are more saturated"][0] >= 0.5
    assert -15 < outcome.measured["PSNR beyond the mean colour's, dB"][0] < 10
