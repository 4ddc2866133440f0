import json
import shutil

import numpy as np
import pytest

from learnet.bundle import document, load_bundle, load_system
from learnet.bundle.info import DOCUMENT, GOLDEN, WEIGHTS
from learnet.core import BundleError, sha256_file
from learnet.gan import dcgan, draw_samples, load_generator, points_mlp, save_generator


def make(kind):
    if kind == "points":
        return points_mlp(latent_size=3, hidden=(5, 4), activation="leaky_relu", seed=4)
    networks = dcgan(image_size=8, channels=1, base=2, latent_size=3, seed=4)
    for layer in networks.generator.layers:
        if layer.name.startswith("bn"):
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights([gamma, beta + 0.1, mean + 0.2, variance * 2])
    return networks


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "generator"
    save_generator(folder, make("points"))
    return folder


@pytest.mark.parametrize("kind", ["points", "images"])
def test_a_generator_comes_back_with_every_bit(tmp_path, kind):
    networks = make(kind)
    save_generator(tmp_path / "g", networks, latent="uniform")
    found = load_generator(tmp_path / "g")
    wanted = draw_samples(networks.generator, 30, seed=2, latent="uniform")
    assert np.array_equal(found.draw(30, seed=2), wanted)
    assert (found.family, found.arguments, found.latent) == (networks.family, networks.arguments, "uniform")
    for one, other in zip(found.model.get_weights(), networks.generator.get_weights(), strict=True):
        assert np.array_equal(one, other)
    assert sorted(path.name for path in (tmp_path / "g").iterdir()) == sorted([DOCUMENT, WEIGHTS, GOLDEN])


def copy(stored, tmp_path):
    return shutil.copytree(stored, tmp_path / "copy")


def rewrite(folder, change):
    """Change the description and seal it again, as an attacker would."""
    told = json.loads((folder / DOCUMENT).read_text())
    change(told)
    for name in (WEIGHTS, GOLDEN):
        told["files"][name] = {"sha256": sha256_file(folder / name), "bytes": (folder / name).stat().st_size}
    del told["checksum"]
    (folder / DOCUMENT).write_bytes(document.seal(told))


@pytest.mark.parametrize("name", [WEIGHTS, GOLDEN])
def test_one_changed_bit_is_seen(stored, tmp_path, name):
    folder = copy(stored, tmp_path)
    content = bytearray((folder / name).read_bytes())
    content[-3] ^= 1
    (folder / name).write_bytes(bytes(content))
    with pytest.raises(BundleError, match=f"{name} was changed after the bundle was saved"):
        load_generator(folder)


def of_family(**changes):
    return lambda told: told["arguments"]["arguments"].update(changes)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda told: told.update(schema_version=9), "follows schema 9"),
        (lambda told: told.update(kind="rbm"), r"Open it in Python: learnet\.bundle\.load_system"),
        (lambda told: told.update(extra=1), "has the unknown 'extra'"),
        (lambda told: told["arguments"].update(family="pickle"), "should be one of points-mlp, dcgan"),
        (lambda told: told["arguments"].update(family=["dcgan"]), "should be one of points-mlp, dcgan"),
        (lambda told: told["arguments"].update(latent="cauchy"), "should be one of normal, uniform"),
        (lambda told: told["arguments"].update(arguments=3), "should be an object"),
        (of_family(hidden=[5, 5]), "holds arrays of .* bytes, but a generator of samples as described has"),
        (of_family(hidden=[10**9]), "holds arrays of .* bytes, but a generator of samples as described has"),
        (of_family(hidden=[-1]), "should be a whole number from 1 up"),
        (of_family(hidden=[True]), "should be a whole number from 1 up"),
        (of_family(activation=7), "should be relu, tanh or leaky_relu"),
        (of_family(activation="tanh"), "does not give the answers that it was saved with"),
        (lambda told: told["arguments"]["arguments"].pop("hidden"), "is described by"),
    ],
)
def test_hostile_descriptions_are_refused(stored, tmp_path, change, sentence):
    folder = copy(stored, tmp_path)
    rewrite(folder, change)
    with pytest.raises(BundleError, match=sentence):
        load_generator(folder)


def test_a_description_that_was_changed_is_seen(stored, tmp_path):
    folder = copy(stored, tmp_path)
    text = (folder / DOCUMENT).read_text()
    (folder / DOCUMENT).write_text(text.replace('"normal"', '"uniform"'))
    with pytest.raises(BundleError, match="its checksum does not match"):
        load_generator(folder)
    (folder / DOCUMENT).write_text(text[:40])
    with pytest.raises(BundleError, match="is not valid JSON"):
        load_generator(folder)
    (folder / DOCUMENT).unlink()
    with pytest.raises(BundleError, match=r"bundle\.json is missing"):
        load_generator(folder)


def test_weights_of_another_network_of_the_same_size_are_refused(stored, tmp_path):
    from safetensors.numpy import load_file, save_file

    folder = copy(stored, tmp_path)
    weights = load_file(folder / WEIGHTS)
    save_file({f"{name}x": array for name, array in weights.items()}, folder / WEIGHTS)
    rewrite(folder, lambda _: None)
    with pytest.raises(BundleError, match=r"is missing|is unknown"):
        load_generator(folder)
    save_file({**weights, "last/bias": np.full_like(weights["last/bias"], np.nan)}, folder / WEIGHTS)
    rewrite(folder, lambda _: None)
    with pytest.raises(BundleError, match="'last/bias' should hold finite numbers"):
        load_generator(folder)


def test_what_fails_its_proof_replaces_nothing(stored, tmp_path):
    folder = copy(stored, tmp_path)
    before = (folder / DOCUMENT).read_bytes()
    broken = make("points")
    broken.generator.get_layer("last").set_weights([np.full((4, 2), np.inf), np.zeros(2)])
    with pytest.raises(BundleError, match="should hold finite numbers"):
        save_generator(folder, broken)
    assert (folder / DOCUMENT).read_bytes() == before
    assert load_generator(folder).draw(1, seed=0).shape == (1, 2)


def test_a_previous_version_left_by_a_kill_is_opened(stored, tmp_path):
    folder = copy(stored, tmp_path)
    samples = load_generator(folder).draw(3, seed=1)
    folder.rename(folder.with_name(".copy.previous"))
    assert np.array_equal(load_generator(folder).draw(3, seed=1), samples)


def test_what_opens_a_generator_is_said(stored):
    for function in (load_bundle, load_system):
        with pytest.raises(BundleError, match=r"of the kind 'generator'.* Open it in Python: learnet\."):
            function(stored)


def test_notes_are_kept(tmp_path):
    save_generator(tmp_path / "g", make("points"), notes={"epochs": 25})
    assert json.loads((tmp_path / "g" / DOCUMENT).read_text())["notes"] == {"epochs": 25}
