import numpy as np
import pytest

from learnet.core import UsageError
from learnet.core import keras as import_keras
from learnet.gan import FAMILIES, GanBatch, GanConfig, GanTrainer, dcgan, draw_samples, points_mlp
from learnet.gan.networks import _count_dcgan

CASES = [
    points_mlp(dimensions=3, latent_size=5, hidden=(7, 4), activation="leaky_relu"),
    *(dcgan(image_size=size, channels=3, base=4, latent_size=6) for size in (8, 16, 28, 32, 64)),
]


@pytest.mark.parametrize("networks", CASES, ids=lambda networks: str(networks.generator.output_shape))
def test_each_family_counts_its_weights_without_building(networks):
    family = FAMILIES[networks.family]
    assert family.parameters(networks.arguments) == networks.generator.count_params()
    assert family.build(**networks.arguments).count_params() == networks.generator.count_params()
    assert networks.discriminator.output_shape == (None, 1)
    assert networks.discriminator.input_shape == networks.generator.output_shape


def test_64_pixels_and_128_maps_give_the_papers_generator():
    # figure 1 of the paper: 4 x 4 x 1024, 512, 256, 128 maps, then 64 x 64 x 3; kernels of 4
    kernels = 100 * 16 * 1024 + 16 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3)
    assert _count_dcgan({"image_size": 64, "channels": 3, "base": 128, "latent_size": 100}) == (
        kernels + 4 * (1024 + 512 + 256 + 128) + 3
    )


@pytest.mark.parametrize("networks", CASES[1:3], ids=["8", "16"])
def test_dcgan_follows_its_guidelines(networks):
    keras = import_keras()
    layers = {
        what: [type(layer) for layer in getattr(networks, what).layers] for what in ("generator", "discriminator")
    }
    assert keras.layers.Dense not in layers["generator"] + layers["discriminator"]
    assert layers["generator"].count(keras.layers.BatchNormalization) == 2
    assert layers["discriminator"].count(keras.layers.BatchNormalization) == 1
    assert networks.generator.layers[-1].activation is keras.activations.tanh
    assert layers["discriminator"][1:3] == [keras.layers.Conv2D, keras.layers.LeakyReLU]
    slopes = [layer.negative_slope for layer in networks.discriminator.layers if hasattr(layer, "negative_slope")]
    assert slopes == pytest.approx([0.2, 0.2])


def test_initial_weights_come_from_the_papers_distribution_and_from_the_seed():
    first, again, other = (dcgan(image_size=16, channels=1, base=32, seed=seed) for seed in (0, 0, 1))
    for what in ("generator", "discriminator"):
        for weight in getattr(first, what).trainable_variables:
            if weight.name == "kernel":
                values = np.asarray(weight)
                assert values.std() == pytest.approx(0.02, rel=0.1)
                assert values.mean() == pytest.approx(0, abs=0.003)
        pairs = zip(getattr(first, what).get_weights(), getattr(again, what).get_weights(), strict=True)
        assert all(np.array_equal(one, two) for one, two in pairs)
    assert not np.array_equal(first.generator.get_weights()[0], other.generator.get_weights()[0])


def test_images_lie_between_minus_one_and_one_and_every_weight_learns():
    networks = dcgan(image_size=8, channels=1, base=4, latent_size=6)
    trainer = GanTrainer(networks.generator, networks.discriminator, config=GanConfig(batch_size=8))
    random = np.random.default_rng(0)
    before = trainer.state()
    trainer.step(
        GanBatch(
            examples=random.uniform(-1, 1, (1, 8, 8, 8, 1)).astype(np.float32),
            noise=random.standard_normal((2, 8, 6), np.float32),
            rows=np.arange(8),
        )
    )
    changed = {name: not np.array_equal(value, before[name]) for name, value in trainer.state().items()}
    assert all(moved for name, moved in changed.items() if name.startswith(("generator/", "discriminator/")))
    assert np.abs(draw_samples(networks.generator, 20, seed=0)).max() < 1


@pytest.mark.parametrize(
    ("build", "options", "sentence"),
    [
        (dcgan, {"image_size": 20}, "makes images of 8, 16, 28, 32, 64 pixels; received 20"),
        (dcgan, {"base": 0}, "'base' should be a whole number from 1 up; received 0"),
        (dcgan, {"channels": 1.5}, "'channels' should be a whole number from 1 up; received 1.5"),
        (points_mlp, {"hidden": (8, 0)}, "'hidden' should be a whole number from 1 up; received 0"),
        (points_mlp, {"activation": "sine"}, "should be relu, tanh or leaky_relu; received 'sine'"),
        (points_mlp, {"discriminator_hidden": (-1,)}, "'discriminator_hidden' should be a whole number"),
    ],
)
def test_what_cannot_be_built_is_told(build, options, sentence):
    with pytest.raises(UsageError, match=sentence):
        build(**options)
