"""The annealed mean, as numbers and inside the network."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.applications.colourise import annealed_mean, make_colouriser
from learnet.core import UsageError

COLOURS = np.random.default_rng(5).uniform(-0.4, 0.4, (6, 2))
LOGITS = 2 * np.random.default_rng(6).standard_normal((40, 6))


def by_the_formula(logits, temperature):
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    powers = shares ** (1 / temperature)
    return (powers / powers.sum(axis=1, keepdims=True)) @ COLOURS


@settings(deadline=None)
@given(st.floats(0.05, 5))
def test_it_is_the_published_formula(temperature):
    got = annealed_mean(LOGITS, COLOURS, temperature=temperature)
    np.testing.assert_allclose(got, by_the_formula(LOGITS, temperature), atol=1e-5)


@pytest.mark.parametrize("temperature", [1e-300, 1e-3, 0.0099])
def test_near_zero_it_is_the_likeliest_colour(temperature):
    got = annealed_mean(LOGITS, COLOURS, temperature=temperature)
    np.testing.assert_allclose(got, COLOURS[LOGITS.argmax(axis=1)], atol=1e-6)


def test_large_logits_do_not_overflow():
    got = annealed_mean(LOGITS * 1000, COLOURS, temperature=0.02)
    np.testing.assert_allclose(got, COLOURS[LOGITS.argmax(axis=1)], atol=1e-6)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("inf"), float("nan")])
def test_a_temperature_must_be_greater_than_zero(temperature):
    with pytest.raises(UsageError, match="temperature must be greater than 0"):
        annealed_mean(LOGITS, COLOURS, temperature=temperature)


@pytest.mark.parametrize("temperature", [0.2, 1.0])
def test_the_compiled_network_gives_the_same_as_the_numbers(temperature):
    made = make_colouriser("classification", size=16, colours=COLOURS)
    photos = np.random.default_rng(7).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)
    logits = np.asarray(made.model(photos, training=False))
    wanted = annealed_mean(logits, COLOURS, temperature=temperature)
    np.testing.assert_allclose(made.colour(photos, temperature=temperature), wanted, atol=1e-5)


def test_only_the_brightness_is_looked_at():
    made = make_colouriser("classification", size=16, colours=COLOURS)
    plain = np.full((1, 16, 16, 3), 130, np.uint8)
    tinted = plain + np.array([38, 0, 156], np.uint8)  # 0.299 * 38 + 0.114 * -100 = 0, nearly
    assert tinted[0, 0, 0].tolist() == [168, 130, 30]
    np.testing.assert_allclose(made.colour(plain), made.colour(tinted), atol=1e-3)
