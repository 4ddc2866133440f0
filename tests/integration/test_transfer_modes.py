import json
import signal
import subprocess
import sys

import numpy as np
import pytest
from typer.testing import CliRunner

import learnet
from learnet.cli.app import app
from learnet.core import Silent, UsageError
from learnet.training import Trainer
from learnet.transfer_learning import resume

pytestmark = pytest.mark.slow


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


UPPER = {"mode": "partial", "unfreeze": "conv4", "epochs": 3, "versions": 2, "keep_mode": True}


@pytest.fixture(scope="module")
def upper(trained, tmp_path_factory):
    """Its upper layers trained further, without an interruption."""
    folder = tmp_path_factory.mktemp("upper")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEARNET_CACHE_DIR", str(folder / "cache"))
        return learnet.transfer(
            digits(400), backbone=str(trained.bundle), out=folder / "run", progress=Silent(), **UPPER
        )


def test_a_bundle_is_a_backbone_and_its_upper_layers_are_trained(trained, upper):
    run = upper
    said = json.loads((run.folder / "run.json").read_text())["result"]
    assert said["mode"] == "partial"
    assert said["forecast_seconds"] > 0
    assert said["trained_on_everything"]
    assert "held-back training photos" in said["reason"]
    assert not list(run.folder.rglob("checkpoint*"))
    assert len((run.folder / "partial" / "history.csv").read_text().splitlines()) == 4
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
        digits(120),
        backbone=str(trained.bundle),
        mode="full",
        epochs=1,
        keep_mode=True,
        out=tmp_path / "run",
        progress=Silent(),
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
    with pytest.raises(UsageError, match=r"^mode must be one of head, partial, full, auto; received 'all'\."):
        learnet.transfer(digits(50), mode="all", out=tmp_path / "run")
    with pytest.raises(
        UsageError,
        match=r"^unfreeze works with mode partial or auto only; received conv4 with mode full\. Leave it out\.$",
    ):
        learnet.transfer(digits(50), mode="full", unfreeze="conv4", out=tmp_path / "run")


_CHILD = """
import json, os, signal, sys, learnet
from learnet.training import Trainer
from sklearn.datasets import load_digits
step, left = Trainer.step, [int(sys.argv[4])]

def stepping(self, *words, **more):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(self, *words, **more)

Trainer.step = stepping
loaded = load_digits()
learnet.transfer(((loaded.images[:400] * 15).astype("uint8"), loaded.target[:400]), backbone=sys.argv[1],
                 out=sys.argv[2], **json.loads(sys.argv[3]))
"""
_TIMED_STEPS = 4  # of the forecast; 8 steps make an epoch


def test_killed_while_it_trains_the_heads_bundle_lies_there_and_it_ends_with_the_same_weights(trained, upper, tmp_path):
    out = tmp_path / "run"
    words = [str(trained.bundle), str(out), json.dumps(UPPER), str(_TIMED_STEPS + 11)]
    killed = subprocess.run([sys.executable, "-c", _CHILD, *words], capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len((out / "partial" / "history.csv").read_text().splitlines()) == 2
    learnet.load(out / "bundle", prove=True)
    given = {**UPPER, "backbone": str(trained.bundle), "out": out, "progress": Silent()}
    with pytest.raises(UsageError, match=r"with other options: epochs 3, now 4\."):
        learnet.transfer(digits(400), **{**given, "epochs": 4})
    run = learnet.transfer(digits(400), **given)
    assert run.metrics.accuracy == upper.metrics.accuracy
    for mine, theirs in zip(run.load().model.get_weights(), upper.load().model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    with pytest.raises(UsageError, match="is finished"):
        resume(out)


def test_ctrl_c_says_how_to_go_on_and_that_works(trained, digits_folder, tmp_path, monkeypatch):
    out, step, left = tmp_path / "run", Trainer.step, [_TIMED_STEPS + 2]

    def stepping(self, *words, **more):
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return step(self, *words, **more)

    monkeypatch.setattr(Trainer, "step", stepping)
    words = ["transfer", str(digits_folder), "--backbone", str(trained.bundle), "--mode", "partial"]
    words += ["--epochs", "1", "--versions", "1", "--out", str(out), "--quiet"]
    stopped = CliRunner().invoke(app, words)
    assert stopped.exit_code == 130
    assert f"Go on with: learnet transfer --resume {out}\n" in stopped.stderr
    refused = CliRunner().invoke(app, ["transfer", "--resume", str(out), "--seed", "1", "--quiet"])
    assert refused.exit_code == 2
    assert (
        "nothing but the run's folder and, if you want to, --weights-dir, --time-limit; received --seed, too."
        in refused.stderr
    )
    monkeypatch.undo()
    words = ["transfer", "--resume", str(out), "--time-limit", "10m", "--quiet", "--json"]
    gone_on = CliRunner().invoke(app, words)
    assert json.loads(gone_on.stdout)["run"] == str(out)
    used = json.loads((out / "run.json").read_text())["config"]
    assert [used[name] for name in ("mode", "epochs", "versions", "time_limit")] == ["partial", 1, 1, 600.0]
