import math

import numpy as np
import pytest

from learnet.core import Silent
from learnet.training import NotANumberError, Trainer, TrainingConfig, fit
from learnet.training.rate_finder import search_rate
from tiny_training import make_examples, make_model

pytestmark = pytest.mark.slow

TRAIN, VALIDATION = make_examples(96, seed=0), make_examples(30, seed=1)


def final_loss(config, folder):
    try:
        return fit(make_model(), TRAIN, VALIDATION, config=config, folder=folder).history[-1].loss
    except NotANumberError:
        return math.inf


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_it_leaves_no_trace_and_suggests_a_rate_near_the_best_of_a_grid(optimizer, tmp_path):
    config = TrainingConfig(epochs=8, batch_size=8, optimizer=optimizer, schedule="cosine")
    model = make_model()
    before = [np.asarray(variable).copy() for variable in model.variables]
    found = search_rate(model, TRAIN, config=config, progress=Silent())
    for variable, then in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(np.asarray(variable), then)

    losses = {}
    for octave in range(-4, 5):  # a grid around it, each trained as it would be
        rate = found.suggestion * 2.0**octave
        losses[octave] = final_loss(config.replace(learning_rate=rate), tmp_path / str(octave))
    best = min(losses, key=losses.get)
    # Within a factor of 2 of the best, or as good as the best: near the optimum the curve is flat.
    assert abs(best) <= 1 or losses[0] <= 1.1 * losses[best] + 0.01


def test_the_range_test_stops_where_the_loss_diverges():
    config = TrainingConfig(epochs=1, batch_size=8, optimizer="sgd", flip=True)
    found = search_rate(make_model(), TRAIN, config=config, progress=Silent())
    assert list(found.rates) == sorted(found.rates)
    assert found.trial_rates[-1] == pytest.approx(found.rates[-1])
    assert found.suggestion == found.trial_rates[int(np.argmin(found.trial_losses))]
    ratios = np.divide(found.trial_rates[1:], found.trial_rates[:-1])
    np.testing.assert_allclose(ratios, 2.0)


def test_the_optimiser_begins_anew_after_the_search():
    config = TrainingConfig(epochs=1, batch_size=8)
    model = make_model()
    fresh = Trainer(make_model(), config=config).state()
    search_rate(model, TRAIN, config=config, progress=Silent())
    again = Trainer(model, config=config).state()
    for name, value in fresh.items():
        np.testing.assert_array_equal(again[name], value)
