"""A network with colours, and photos as people have them."""

import numpy as np
import pytest

from learnet.applications.colourise import choose_colours, make_colouriser
from learnet.applications.colourise.samples import sample_pieces
from learnet.core import keras as import_keras


def make(network="classification", *, size=16, temperature=0.4, seed=3):
    """Return a small network whose statistics are not those of a new one."""
    import_keras().utils.set_random_seed(seed)
    grid = choose_colours(sample_pieces(10, size=size), kept=12)
    made = make_colouriser(network, size=size, colours=grid.colours, temperature=temperature)
    random = np.random.default_rng(seed)
    for layer in made.model.layers:
        if layer.name.endswith("_bn"):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights([gamma, beta + random.normal(0, 0.5, beta.shape), mean + 0.1, variance * 0.3])
    return made


@pytest.fixture(scope="session")
def colouriser():
    return make()
