"""Colourisers on disk: every bit comes back, and what was changed is refused."""

import json
import shutil

import numpy as np
import pytest

from applications.colourise.conftest import make
from learnet.applications.colourise import load_colouriser, save_colouriser
from learnet.bundle import document, load_bundle, load_system
from learnet.bundle.info import DOCUMENT, GOLDEN, WEIGHTS
from learnet.core import BundleError, UsageError, sha256_file

PHOTOS = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def stored(tmp_path_factory, colouriser):
    folder = tmp_path_factory.mktemp("stored") / "colouriser"
    save_colouriser(folder, colouriser, notes={"photos": "pieces"})
    return folder


@pytest.mark.parametrize("network", ["classification", "regression"])
def test_a_colouriser_comes_back_with_every_bit(tmp_path, network):
    made = make(network)
    save_colouriser(tmp_path / "c", made)
    found = load_colouriser(tmp_path / "c")
    assert (found.network, found.size, found.temperature) == (made.network, 16, 0.4)
    assert np.array_equal(found.colours, made.colours)
    for one, other in zip(found.model.get_weights(), made.model.get_weights(), strict=True):
        assert np.array_equal(one, other)
    assert np.array_equal(found.colour(PHOTOS), made.colour(PHOTOS))


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
    folder = shutil.copytree(stored, tmp_path / "copy")
    content = bytearray((folder / name).read_bytes())
    content[-3] ^= 1
    (folder / name).write_bytes(bytes(content))
    with pytest.raises(BundleError, match=f"{name} was changed after the bundle was saved"):
        load_colouriser(folder)


def telling(**changes):
    return lambda told: told["arguments"].update(changes)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (telling(network="transformer"), "should be one of classification, regression"),
        (telling(size=20), "a multiple of 8 from 16 to 512"),
        (telling(size=2**20), "a multiple of 8 from 16 to 512"),
        (telling(size="16"), "should be a whole number"),
        (telling(colours=13), "holds arrays of"),
        (telling(colours=1), "from 2 to 100"),
        (telling(colours=10**9), "from 2 to 100"),
        (telling(network="regression"), r"arguments\['colours'\] should be from 0 to 0"),
        (telling(temperature=0), "should be greater than 0"),
        (telling(temperature=None), "should be a number"),
        (telling(code="import os"), "has the unknown 'code'"),
        (lambda told: told.update(kind="generator"), r"Open it in Python: learnet\.gan\.load_generator"),
    ],
)
def test_a_hostile_description_is_refused(stored, tmp_path, change, sentence):
    folder = shutil.copytree(stored, tmp_path / "copy")
    rewrite(folder, change)
    with pytest.raises(BundleError, match=sentence):
        load_colouriser(folder)


def test_other_loaders_say_who_opens_it(stored):
    with pytest.raises(BundleError, match=r"Open it in Python: learnet\.applications\.colourise\.load_colouriser"):
        load_system(stored)
    with pytest.raises(BundleError, match=r"Open it in Python"):
        load_bundle(stored)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"size": 17}, "a multiple of 8 from 16 to 512"),
        ({"temperature": 0.0}, "temperature must be greater than 0"),
        ({"network": "gan"}, "must be one of classification, regression"),
    ],
)
def test_a_colouriser_that_cannot_be_is_refused(changes, sentence):
    with pytest.raises(UsageError, match=sentence):
        make(**changes)
