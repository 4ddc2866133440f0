"""Every past release's bundle opens, proves itself, and says what it said."""

import json
from pathlib import Path

import pytest

from learnet.bundle import load_bundle

RELEASES = sorted(path.parent for path in Path(__file__).parent.glob("releases/*/bundle.json"))


@pytest.mark.parametrize("release", RELEASES, ids=lambda folder: folder.name)
def test_every_past_release_opens(release, tools, tmp_path):
    header = (release / "weights.header").read_bytes()
    entries = sorted(json.loads(header[8:]).items(), key=lambda item: item[1]["data_offsets"])
    data = b"".join(tools.recipe(key, tuple(entry["shape"])).tobytes() for key, entry in entries)
    (tmp_path / "weights.safetensors").write_bytes(header + data)
    for name in ("bundle.json", "golden.safetensors"):
        (tmp_path / name).write_bytes((release / name).read_bytes())
    bundle = load_bundle(tmp_path, prove=True)
    assert bundle.info.learnet_version == release.name
    assert bundle.info.class_names == ("9", "10", "模型 ü")
    assert bundle.info.calibration.threshold.value == 0.5
    assert set(bundle.golden.classes) == {"10", "模型 ü"}


def test_the_first_release_is_there():
    assert (Path(__file__).parent / "releases" / "0.1.0" / "bundle.json").is_file()
