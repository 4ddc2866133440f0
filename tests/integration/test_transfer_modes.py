import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import learnet
from learnet.core import Silent, UsageError


def digits(count):
    from sklearn.datasets import load_digits

    loaded = load_digits()
    return (loaded.images[:count] * 15).astype("uint8"), loaded.target[:count]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A small network that has seen a few digits."""
    folder = tmp_path_factory.mktemp("trained")
    options = {"model": "resnet20", "input_size": (8, 8), "epochs": 2, "batch_size": 32, "jit": False}
    return learnet.train(digits(300), out=folder / "run", progress=Silent(), **options)


def test_a_bundle_is_a_backbone_and_its_upper_layers_are_trained(trained, tmp_path):
    run = learnet.transfer(
        digits(400),
        backbone=str(trained.bundle),
        mode="partial",
        unfreeze="conv4",
        epochs=3,
        versions=2,
        out=tmp_path / "run",
        progress=Silent(),
    )
    said = json.loads((run.folder / "run.json").read_text())["result"]
    assert said["mode"] == "partial"
    assert said["forecast_seconds"] > 0
    assert said["trained_on_everything"]
    assert "held-back training photos" in said["reason"]
    bundle = learnet.load(run.bundle, prove=True)
    before = {layer.name: layer.get_weights() for layer in learnet.load(trained.bundle).model.layers}
    changed = set()
    for layer in bundle.model.layers:
        if any((now != then).any() for now, then in zip(layer.get_weights(), before.get(layer.name, []), strict=False)):
            changed.add(layer.name)
    assert "conv4_block1_1_conv" in changed
    assert not [name for name in changed if "bn" in name or name.startswith(("conv1", "conv2", "conv3"))]


def test_auto_tells_its_reason_and_never_ends_below_the_head(trained, tmp_path):
    run = learnet.transfer(
        digits(300), backbone=str(trained.bundle), mode="auto", epochs=1, out=tmp_path / "run", progress=Silent()
    )
    assert run.details["mode"] in {"head", "partial", "full"}
    assert "points (95 % interval" in run.details["reason"]
    assert run.load().info.class_names == tuple("0123456789")


def test_full_trains_the_first_layer(trained, tmp_path):
    run = learnet.transfer(
        digits(200), backbone=str(trained.bundle), mode="full", epochs=1, out=tmp_path / "run", progress=Silent()
    )
    before, after = (learnet.load(bundle).model.get_layer("conv1_conv") for bundle in (trained.bundle, run.bundle))
    assert not np.array_equal(before.get_weights()[0], after.get_weights()[0])


def test_a_limit_that_is_over_before_it_begins_is_refused(trained, tmp_path):
    with pytest.raises(UsageError, match="is too short"):
        learnet.transfer(
            digits(200), backbone=str(trained.bundle), time_limit=0.01, out=tmp_path / "run", progress=Silent()
        )


def test_wrong_settings_are_refused_with_the_nearest_name(tmp_path):
    with pytest.raises(UsageError, match="discriminative"):
        learnet.transfer(digits(50), discriminativ=0.5, out=tmp_path / "run")
    with pytest.raises(UsageError, match="mode must be one of"):
        learnet.transfer(digits(50), mode="all", out=tmp_path / "run")
    with pytest.raises(UsageError, match="has no meaning with --mode full"):
        learnet.transfer(digits(50), mode="full", unfreeze="conv4", out=tmp_path / "run")


_CHILD = """
import sys, learnet
from sklearn.datasets import load_digits
loaded = load_digits()
learnet.transfer(((loaded.images[:400] * 15).astype("uint8"), loaded.target[:400]), backbone=sys.argv[1],
                 mode="partial", epochs=400, out=sys.argv[2])
"""


def test_killed_while_it_trains_the_heads_bundle_lies_there_whole(trained, tmp_path):
    out = tmp_path / "run"
    with subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(trained.bundle), str(out)], stderr=subprocess.PIPE
    ) as child:
        begun = time.time()
        while not (out / "partial" / "history.csv").exists():
            assert child.poll() is None
            assert time.time() < begun + 300
            time.sleep(0.1)
        child.send_signal(signal.SIGKILL)
    learnet.load(out / "bundle", prove=True)
