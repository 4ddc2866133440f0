"""What a run leaves after kill -9, on a full disk, and beside a second run on the same cache: nothing lost."""

import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import learnet
from integration.conftest import write_digits

pytestmark = pytest.mark.slow

LEARNET = Path(sys.executable).with_name("learnet")
KILLS = int(os.environ.get("LEARNET_KILLS", "2"))


def start(photos, out, *, cache, limit_bytes=None):
    def limit_files():
        if limit_bytes is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    return subprocess.Popen(
        [LEARNET, "transfer", photos, "--out", out, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "LEARNET_CACHE_DIR": str(cache)},
        preexec_fn=limit_files,  # noqa: PLW1509 (the child sets its own limit; the test has no threads)
    )


def finish(process):
    out, errors = process.communicate(timeout=300)
    return process.returncode, json.loads(out.splitlines()[-1]) if out else {}, errors


def predictions(folder):
    return (folder / "predictions.csv").read_text(encoding="utf-8")


@pytest.fixture
def photos(tmp_path):
    return write_digits(tmp_path / "photos", per_class=30)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A run that nothing disturbs, what it said, and how long it took."""
    folder = tmp_path_factory.mktemp("undisturbed")
    photos, began = write_digits(folder / "photos", per_class=30), time.monotonic()
    code, told, errors = finish(start(photos, folder / "run", cache=folder / "cache"))
    assert code == 0, errors
    return folder / "run", told, time.monotonic() - began


def test_killed_again_and_again_the_next_run_gives_the_same_result(undisturbed, photos, tmp_path):
    reference, _, whole = undisturbed
    moments, out, cache = random.Random(0), tmp_path / "run", tmp_path / "cache"
    for _ in range(KILLS):
        process = start(photos, out, cache=cache)
        time.sleep(moments.uniform(0.1, whole))
        process.kill()
        process.communicate()
        if (out / "run.json").exists():  # it had ended already, so that the next one would be refused
            assert predictions(out) == predictions(reference)
            shutil.rmtree(out)
        if (out / "bundle").exists():
            learnet.load(out / "bundle", prove=True)
    code, _, errors = finish(start(photos, out, cache=cache))
    assert code == 0, errors
    assert predictions(out) == predictions(reference)
    learnet.load(out / "bundle", prove=True)


def test_two_runs_at_once_share_a_cache(photos, tmp_path):
    both = [start(photos, tmp_path / name, cache=tmp_path / "cache") for name in ("one", "two")]
    for process in both:
        code, result, errors = finish(process)
        assert code == 0, errors
        assert result["n_skipped"] == 0
    assert predictions(tmp_path / "one") == predictions(tmp_path / "two")
    code, result, errors = finish(start(photos, tmp_path / "three", cache=tmp_path / "cache"))
    assert code == 0, errors
    assert result["n_computed"] == 0
    assert predictions(tmp_path / "three") == predictions(tmp_path / "one")


def test_a_disk_that_refuses_keeps_the_previous_bundle_and_says_so(undisturbed, tmp_path):
    reference, first, _ = undisturbed
    out = tmp_path / "run"
    shutil.copytree(reference, out)
    before = predictions(out)
    photos = json.loads((out / "config.json").read_text())["asked"]["data"]
    code, told, errors = finish(start(photos, out, cache=tmp_path / "other-cache"))
    assert code == 2, errors
    assert told["error"] == f"'{out}' holds a finished run. Choose another --out, or delete the folder."
    (out / "run.json").unlink()  # as if it had been killed after its bundle
    code, told, errors = finish(start(photos, out, cache=tmp_path / "other-cache", limit_bytes=400_000))
    assert code == 1
    assert "Traceback" not in errors
    assert "File too large" in told["error"]
    assert learnet.load(out / "bundle", prove=True).info.metrics["accuracy"] == first["accuracy"]
    code, _, errors = finish(start(photos, out, cache=tmp_path / "other-cache"))
    assert code == 0, errors
    assert predictions(out) == before
