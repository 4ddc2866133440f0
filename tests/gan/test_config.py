import math

import pytest

from learnet.core import UsageError
from learnet.gan import GanConfig


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"epochs": 0}, "epochs must be at least 1; received 0"),
        ({"batch_size": 0}, "batch_size must be at least 1; received 0"),
        ({"learning_rate": 0}, "learning_rate must be greater than 0; received 0"),
        ({"learning_rate": math.nan}, "learning_rate must be a finite number, greater than 0; received nan"),
        ({"beta_1": 1}, "beta_1 must be at least 0 and less than 1; received 1"),
        ({"beta_1": math.nan}, "beta_1 must be a finite number, at least 0 and less than 1; received nan"),
        ({"discriminator_steps": 0}, "discriminator_steps must be at least 1; received 0"),
        ({"samples_every": -1}, "samples_every must be at least 0; received -1"),
        ({"checkpoint_seconds": -1}, "checkpoint_seconds must be at least 0; received -1"),
        ({"seed": -1}, "seed must be at least 0; received -1"),
        ({"loss": "hinge"}, "loss must be one of non-saturating, saturating; received 'hinge'"),
        ({"latent": "cauchy"}, "latent must be one of normal, uniform; received 'cauchy'"),
    ],
)
def test_what_is_out_of_its_range_is_refused(options, sentence):
    with pytest.raises(UsageError, match=sentence):
        GanConfig(**options)


def test_the_defaults_are_the_papers():
    config = GanConfig()
    assert (config.batch_size, config.learning_rate, config.beta_1) == (128, 2e-4, 0.5)
    assert config.discriminator_steps == 1
