"""Several games in one pair of networks, which costs hardly more than one: for comparing seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError
from learnet.core import keras as import_keras

if TYPE_CHECKING:
    from collections.abc import Sequence

    import keras

    from learnet.gan.networks import Adversaries


def side_by_side(games: Sequence[Adversaries]) -> tuple[keras.Model, keras.Model]:
    """Put networks for points next to one another, so that ``train_gan`` trains them all at once.

    No number goes from one game to another, and Adam scales each weight's steps on its own: each game goes as it would
    alone with the same examples and noise, but for rounding.

    Args:
        games: Made by ``points_mlp`` with equal arguments, at least one.

    Returns:
        A generator from noise ``(b, games * latent_size)`` to samples ``(b, games, dimensions)``, and a discriminator
        from these to logits ``(b, games)``. They have copies of the games' weights.

    Raises:
        UsageError: If they are no such networks, or of different sizes.
    """
    if not games or any(not _alike(game, games[0]) for game in games):
        raise UsageError("Side by side, at least one pair made by points_mlp is needed, all with the same arguments.")
    keras = import_keras()
    size, dimensions = games[0].arguments["latent_size"], games[0].arguments["dimensions"]
    noise = keras.Input((len(games) * size,), name="noise")
    split = keras.layers.Reshape((len(games), size), name="split")(noise)
    made = _stack([game.generator for game in games], split)
    points = keras.Input((len(games), dimensions), name="samples")
    logits = keras.layers.Reshape((len(games),), name="logits")(_stack([game.discriminator for game in games], points))
    pair = keras.Model(noise, made, name="generators"), keras.Model(points, logits, name="discriminators")
    for model, column in zip(pair, ("generator", "discriminator"), strict=True):
        weights = [getattr(game, column).get_weights() for game in games]
        model.set_weights([np.stack(parts) for parts in zip(*weights, strict=True)])
    return pair


def take_apart(generator: keras.Model, discriminator: keras.Model, games: Sequence[Adversaries]) -> None:
    """Give each game the weights that its part of ``side_by_side``'s networks has now."""
    for number, game in enumerate(games):
        game.generator.set_weights([weight[number] for weight in generator.get_weights()])
        game.discriminator.set_weights([weight[number] for weight in discriminator.get_weights()])


def _alike(one: Adversaries, other: Adversaries) -> bool:
    shapes = [[weight.shape for weight in game.discriminator.weights] for game in (one, other)]
    return one.family == other.family == "points-mlp" and one.arguments == other.arguments and shapes[0] == shapes[1]


def _stack(models: Sequence[keras.Model], x: Any) -> Any:
    """Return ``(b, games, units)`` of perceptrons of one architecture, from ``x`` ``(b, games, inputs)``."""
    keras = import_keras()
    for layer in models[0].layers[1:]:
        if isinstance(layer, keras.layers.Dense):
            x = keras.layers.EinsumDense(
                "bgi,gio->bgo", output_shape=(len(models), layer.units), bias_axes="go", name=layer.name
            )(x)
        else:
            x = type(layer).from_config(layer.get_config())(x)
    return x
