import json
import shutil

import numpy as np
import pytest

from learnet.applications.drive import Pilot, load_pilot, new_network, save_pilot, view
from learnet.bundle import document, load_bundle, load_system
from learnet.bundle.info import DOCUMENT, GOLDEN, WEIGHTS
from learnet.core import BundleError, sha256_file
from learnet.models import network


@pytest.fixture(scope="module")
def pilot():
    return Pilot(model=new_network(), recorded=(4, 20), augmented=True)


@pytest.fixture(scope="module")
def stored(pilot, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "bundle"
    save_pilot(folder, pilot, notes={"epochs": 3})
    return folder


def test_the_network_is_pilotnet_with_one_more_row_for_the_speed(pilot):
    assert network("pilotnet").model.count_params() == 252_219
    assert pilot.model.count_params() == 252_219 + 10 + 1
    assert pilot.model.output_shape == (None, 2)


def test_a_pilot_comes_back_with_every_bit_and_wants_the_same(pilot, stored):
    found = load_pilot(stored)
    assert (found.recorded, found.augmented) == ((4, 20), True)
    for one, other in zip(found.model.get_weights(), pilot.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    frame = np.random.default_rng(1).integers(0, 256, (96, 96, 3), np.uint8)
    wanted = np.asarray(pilot.model(view(frame)[None], training=False))[0]
    command = found.command(frame)
    assert command.curvature == pytest.approx(wanted[0] / 20, abs=1e-4)
    assert command.speed == pytest.approx(wanted[1] * 25, abs=1e-2)


def rewrite(folder, change):
    """Change the description and seal it again, as an attacker would."""
    told = json.loads((folder / DOCUMENT).read_text())
    change(told)
    for name in (WEIGHTS, GOLDEN):
        told["files"][name] = {"sha256": sha256_file(folder / name), "bytes": (folder / name).stat().st_size}
    del told["checksum"]
    (folder / DOCUMENT).write_bytes(document.seal(told))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"network": "vgg16"}, "should be one of pilotnet"),
        ({"outputs": 3}, r"arguments\['outputs'\] should be 2, but is 3"),
        ({"recorded": 5}, "should be a list"),
        ({"recorded": [-1]}, "whole numbers from 0 up"),
        ({"recorded": [True]}, "whole numbers from 0 up"),
        ({"augmented": "yes"}, "should be true or false"),
        ({"extra": 1}, "unknown 'extra'"),
    ],
)
def test_a_description_that_was_tampered_with_is_refused(stored, tmp_path, change, sentence):
    folder = shutil.copytree(stored, tmp_path / "copy")
    rewrite(folder, lambda told: told["arguments"].update(change))
    with pytest.raises(BundleError, match=sentence):
        load_pilot(folder)


def test_one_changed_bit_is_seen(stored, tmp_path):
    folder = shutil.copytree(stored, tmp_path / "copy")
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[-3] ^= 1
    (folder / WEIGHTS).write_bytes(bytes(content))
    with pytest.raises(BundleError, match="was changed after the bundle was saved"):
        load_pilot(folder)


def test_other_doors_say_which_one_opens_it(stored):
    for open_other in (load_bundle, load_system):
        with pytest.raises(BundleError):
            open_other(stored)
    with pytest.raises(BundleError, match=r"learnet\.applications\.drive\.load_pilot"):
        load_system(stored)
