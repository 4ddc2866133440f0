"""Generators with their discriminators, by name: small perceptrons for points, DCGAN for images."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from learnet.core import Registry, UsageError
from learnet.core import generator as random_generator
from learnet.core import keras as import_keras

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import keras

GOODFELLOW = "Goodfellow et al., Generative Adversarial Nets, 2014"
RADFORD = (
    "Radford, Metz and Chintala, Unsupervised Representation Learning with Deep Convolutional Generative Adversarial "
    "Networks, 2015"
)
_SHAPES = {8: (2, 2), 16: (4, 2), 28: (7, 2), 32: (4, 3), 64: (4, 4)}  # size: first map's side, doublings
_KERNEL = 4  # a multiple of the stride: each pixel is reached equally often (Odena et al., 2016)
_LARGEST = 1_000_000_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Adversaries:
    """A generator and its discriminator, untrained, and how they were made.

    Attributes:
        family: The name in ``FAMILIES`` by which the generator can be made again.
        arguments: With which it was.
        generator: From noise ``(b, latent_size)`` to samples.
        discriminator: From samples to logits ``(b, 1)``.
    """

    family: str
    arguments: Mapping[str, Any]
    generator: keras.Model
    discriminator: keras.Model


def points_mlp(
    *,
    dimensions: int = 2,
    latent_size: int = 2,
    hidden: Sequence[int] = (64, 64),
    discriminator_hidden: Sequence[int] | None = None,
    activation: str = "relu",
    seed: int = 0,
) -> Adversaries:
    """Build two multi-layer perceptrons for points.

    Args:
        dimensions: Numbers of a point, at least 1.
        latent_size: Numbers of noise that the generator is fed for a point, at least 1.
        hidden: Units of the generator's hidden layers.
        discriminator_hidden: Units of the discriminator's; as many as the generator's if not given.
        activation: Of all hidden layers: ``"relu"``, ``"tanh"`` or ``"leaky_relu"`` (slope 0.2). The last layers are
            linear.
        seed: Of the initial weights (Glorot and Bengio, 2010).

    Raises:
        UsageError: If a size is not a whole number from 1 up, or the activation has another name.

    Source:
        Goodfellow et al., Generative Adversarial Nets, 2014, whose networks are multi-layer perceptrons.

    Example:
        >>> networks = points_mlp(dimensions=2, latent_size=2, hidden=(16,))
        >>> networks.generator.count_params(), networks.discriminator.count_params()
        (82, 65)
    """
    arguments = {
        "dimensions": dimensions,
        "latent_size": latent_size,
        "hidden": list(hidden),
        "activation": activation,
    }
    family = FAMILIES["points-mlp"]
    family.check(arguments)
    judges = hidden if discriminator_hidden is None else discriminator_hidden
    _check_sizes(discriminator_hidden=judges)
    return Adversaries(
        family=family.name,
        arguments=arguments,
        generator=_perceptron("generator", latent_size, hidden, dimensions, activation, seed),
        discriminator=_perceptron("discriminator", dimensions, judges, 1, activation, seed),
    )


def dcgan(
    *, image_size: int = 32, channels: int = 3, base: int = 64, latent_size: int = 100, seed: int = 0
) -> Adversaries:
    """Build a deep convolutional generator and discriminator after the paper's guidelines.

    Strided convolutions in place of pooling; batch normalisation in both, but not on the generator's output and the
    discriminator's input; no hidden layers that are fully connected; ReLU in the generator with tanh at its end,
    leaky ReLU of slope 0.2 in the discriminator; initial weights from N(0, 0.02).

    Args:
        image_size: Height and width in pixels: 8, 16, 28, 32 or 64.
        channels: 1 for grey images, 3 for coloured ones.
        base: Maps of the largest hidden layer; each halving of the side doubles them. With 128 and images of 64
            pixels they are the paper's: 1024, 512, 256, 128.
        latent_size: Numbers of noise for an image.
        seed: Of the initial weights.

    Raises:
        UsageError: If there is no such size, or a number is not a whole one from 1 up.

    Source:
        Radford, Metz and Chintala, Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
        Networks, 2015, section 3 and figure 1; kernels of 4 pixels as in its authors' code, 5 in its figure.

    Example:
        >>> dcgan(image_size=8, channels=1, base=16).generator.output_shape
        (None, 8, 8, 1)
    """
    arguments = {"image_size": image_size, "channels": channels, "base": base, "latent_size": latent_size}
    family = FAMILIES["dcgan"]
    family.check(arguments)
    return Adversaries(
        family=family.name,
        arguments=arguments,
        generator=_dcgan_generator(**arguments, seed=seed),
        discriminator=_dcgan_discriminator(image_size, channels, base, seed),
    )


@dataclass(frozen=True, kw_only=True)
class Family:
    """One row of the table of generators.

    Attributes:
        name: By which descriptions on disk name it.
        paper: Where it was published.
        build: Makes the generator from arguments, with any weights.
        check: Refuses arguments (``UsageError``).
        parameters: How many weights, statistics included, a generator of such arguments has; nothing is built.
    """

    name: str
    paper: str
    build: Callable[..., keras.Model]
    check: Callable[[Mapping[str, Any]], None]
    parameters: Callable[[Mapping[str, Any]], int]


def _check_points(arguments: Mapping[str, Any]) -> None:
    _check_names(arguments, ("dimensions", "latent_size", "hidden", "activation"))
    if arguments["activation"] not in ("relu", "tanh", "leaky_relu"):
        raise UsageError(
            f"The activation should be relu, tanh or leaky_relu; received {ascii(arguments['activation'])[:80]}."
        )
    if not isinstance(arguments["hidden"], list) or len(arguments["hidden"]) > 16:
        raise UsageError("'hidden' should be a list of at most 16 numbers of units.")
    _check_sizes(dimensions=[arguments["dimensions"]], latent_size=[arguments["latent_size"]])
    _check_sizes(hidden=arguments["hidden"])


def _check_dcgan(arguments: Mapping[str, Any]) -> None:
    _check_names(arguments, ("image_size", "channels", "base", "latent_size"))
    _check_sizes(**{name: [value] for name, value in arguments.items()})
    if arguments["image_size"] not in _SHAPES:
        raise UsageError(
            f"DCGAN makes images of {', '.join(map(str, _SHAPES))} pixels; received {arguments['image_size']}. "
            "Resize the images to one of these."
        )


def _check_names(arguments: Mapping[str, Any], expected: Sequence[str]) -> None:
    if set(arguments) != set(expected):
        raise UsageError(f"A network of this kind is described by {', '.join(expected)}, and by nothing else.")


def _check_sizes(**sizes: Sequence[Any]) -> None:
    for name, values in sizes.items():
        for value in values:
            if type(value) is not int or not 1 <= value <= _LARGEST:
                raise UsageError(f"'{name}' should be a whole number from 1 up; received {ascii(value)[:80]}.")


def _count_points(arguments: Mapping[str, Any]) -> int:
    sizes = (arguments["latent_size"], *arguments["hidden"], arguments["dimensions"])
    return sum((before + 1) * after for before, after in pairwise(sizes))


def _count_dcgan(arguments: Mapping[str, Any]) -> int:
    side, doublings = _SHAPES[arguments["image_size"]]
    maps = _maps(arguments["base"], doublings)
    kernels = arguments["latent_size"] * maps[0] * side**2
    kernels += sum(before * after for before, after in pairwise([*maps, arguments["channels"]])) * _KERNEL**2
    return int(kernels + 4 * sum(maps) + arguments["channels"])


def _maps(base: int, doublings: int) -> list[int]:
    return [base << power for power in reversed(range(doublings))]


def _perceptron(
    name: str, inputs: int, hidden: Sequence[int], outputs: int, activation: str = "relu", seed: int = 0
) -> keras.Model:
    keras = import_keras()
    seeds = _Seeds(seed, name)
    x = start = keras.Input((inputs,), name="noise" if name == "generator" else "samples")
    for number, units in enumerate(hidden, start=1):
        initializer = keras.initializers.GlorotUniform(seed=seeds.next())
        x = keras.layers.Dense(units, kernel_initializer=initializer, name=f"hidden{number}")(x)
        layer = keras.layers.LeakyReLU(0.2) if activation == "leaky_relu" else keras.layers.Activation(activation)
        x = layer(x)
    initializer = keras.initializers.GlorotUniform(seed=seeds.next())
    return keras.Model(start, keras.layers.Dense(outputs, kernel_initializer=initializer, name="last")(x), name=name)


def _dcgan_generator(*, image_size: int, channels: int, base: int, latent_size: int, seed: int = 0) -> keras.Model:
    keras = import_keras()
    side, doublings = _SHAPES[image_size]
    seeds = _Seeds(seed, "generator")
    noise = keras.Input((latent_size,), name="noise")
    x = keras.layers.Reshape((1, 1, latent_size), name="point")(noise)
    for number, maps in enumerate(_maps(base, doublings)):
        kernel, stride, padding = (side, 1, "valid") if number == 0 else (_KERNEL, 2, "same")
        x = keras.layers.Conv2DTranspose(
            maps,
            kernel,
            stride,
            padding=padding,
            use_bias=False,
            kernel_initializer=keras.initializers.RandomNormal(0, 0.02, seed=seeds.next()),
            name=f"conv{number}",
        )(x)
        x = _normalise(x, f"bn{number}", seeds.next())
        x = keras.layers.Activation("relu", name=f"relu{number}")(x)
    images = keras.layers.Conv2DTranspose(
        channels,
        _KERNEL,
        2,
        padding="same",
        activation="tanh",
        kernel_initializer=keras.initializers.RandomNormal(0, 0.02, seed=seeds.next()),
        name="images",
    )(x)
    return keras.Model(noise, images, name="generator")


def _dcgan_discriminator(image_size: int, channels: int, base: int, seed: int) -> keras.Model:
    keras = import_keras()
    side, doublings = _SHAPES[image_size]
    seeds = _Seeds(seed, "discriminator")
    x = images = keras.Input((image_size, image_size, channels), name="images")
    for number, maps in enumerate(reversed(_maps(base, doublings))):
        x = keras.layers.Conv2D(
            maps,
            _KERNEL,
            2,
            padding="same",
            use_bias=number == 0,
            kernel_initializer=keras.initializers.RandomNormal(0, 0.02, seed=seeds.next()),
            name=f"conv{number}",
        )(x)
        x = x if number == 0 else _normalise(x, f"bn{number}", seeds.next())
        x = keras.layers.LeakyReLU(0.2, name=f"leaky{number}")(x)
    initializer = keras.initializers.RandomNormal(0, 0.02, seed=seeds.next())
    x = keras.layers.Conv2D(1, side, padding="valid", kernel_initializer=initializer, name="last")(x)
    return keras.Model(images, keras.layers.Flatten(name="logit")(x), name="discriminator")


def _normalise(x: keras.KerasTensor, name: str, seed: int) -> keras.KerasTensor:
    """Return ``x`` after batch normalisation with the momentum, epsilon and initial scale of the authors' code."""
    keras = import_keras()
    scale = keras.initializers.RandomNormal(1, 0.02, seed=seed)
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, gamma_initializer=scale, name=name)(x)


class _Seeds:
    """Whole numbers for initialisers, from the seed and a network's name."""

    def __init__(self, seed: int, name: str) -> None:
        self._random = random_generator(seed, f"initial weights of the {name}")

    def next(self) -> int:
        return int(self._random.integers(2**31))


def _points_generator(*, dimensions: int, latent_size: int, hidden: Sequence[int], activation: str) -> keras.Model:
    return _perceptron("generator", latent_size, hidden, dimensions, activation)


FAMILIES: Registry[Family] = Registry(
    "family of generators",
    [
        Family(
            name="points-mlp", paper=GOODFELLOW, build=_points_generator, check=_check_points, parameters=_count_points
        ),
        Family(name="dcgan", paper=RADFORD, build=_dcgan_generator, check=_check_dcgan, parameters=_count_dcgan),
    ],
)
