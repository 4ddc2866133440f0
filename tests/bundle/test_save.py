import errno
import json

import numpy as np
import pytest

from learnet.bundle import load_bundle, save, save_bundle
from learnet.core import BundleError
from learnet.core import files as core_files


@pytest.fixture
def arguments(tools, model, golden_images, golden_outputs):
    return {
        "info": tools.make_info(), "model": model, "golden_images": golden_images, "golden_outputs": golden_outputs
    }  # fmt: skip


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_bundle_is_three_files_and_nothing_else_is_left(saved):
    assert sorted(path.name for path in saved.iterdir()) == ["bundle.json", "golden.safetensors", "weights.safetensors"]
    assert [path.name for path in saved.parent.iterdir()] == ["bundle"]


def test_nothing_in_it_depends_on_where_it_lies(saved):
    assert str(saved.parent).encode() not in b"".join(contents(saved).values())


def test_saving_the_same_again_gives_the_same_bytes(copy, arguments):
    before = contents(copy)
    proven = save_bundle(copy, **arguments)
    assert contents(copy) == before
    assert proven.folder == copy
    np.testing.assert_allclose(
        proven.classifier().predictor.predict(arguments["golden_images"]), arguments["golden_outputs"], atol=1e-4
    )


@pytest.mark.parametrize("drift", [2e-4, np.float32(1)])
def test_a_failing_proof_leaves_the_previous_bundle_whole(copy, tmp_path, arguments, drift):
    before = contents(tmp_path)
    arguments["golden_outputs"] = arguments["golden_outputs"] + np.float32(drift)
    with pytest.raises(BundleError, match=r"was not saved, as it failed its proof; what was there before is unchanged"):
        save_bundle(copy, **arguments)
    assert contents(tmp_path) == before


def test_a_model_that_is_not_what_the_info_says_fails_its_proof(tmp_path, tools, arguments):
    arguments["model"] = tools.make_model(classes=4)
    with pytest.raises(BundleError, match="no head 'head/kernel'"):
        save_bundle(tmp_path / "bundle", **arguments)
    assert list(tmp_path.iterdir()) == []


def test_weights_that_are_lost_on_the_way_to_disk_fail_the_proof(copy, tmp_path, arguments, monkeypatch):
    before = contents(tmp_path)
    write = save.write_tensors

    def lose(path, tensors):
        write(path, {name: array * (name != "stem_conv/kernel") for name, array in tensors.items()})

    monkeypatch.setattr(save, "write_tensors", lose)
    with pytest.raises(BundleError, match="golden outputs"):
        save_bundle(copy, **arguments)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("place", ["weights", "golden", "document", "sync", "rename"])
def test_a_full_disk_at_any_write_leaves_the_previous_bundle_whole(copy, tmp_path, arguments, monkeypatch, place):
    before = contents(tmp_path)

    def refuse(*_arguments, **_named):
        raise OSError(errno.ENOSPC, "No space left on device")

    write = save.write_tensors
    if place in {"weights", "golden"}:
        monkeypatch.setattr(
            save, "write_tensors", lambda path, tensors: refuse() if place in path.name else write(path, tensors)
        )
    elif place == "document":
        monkeypatch.setattr(save, "write_bytes", refuse)
    elif place == "sync":
        monkeypatch.setattr(core_files.os, "fsync", refuse)
    else:
        monkeypatch.setattr(core_files.Path, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        save_bundle(copy, **arguments)
    monkeypatch.undo()
    assert contents(tmp_path) == before
    load_bundle(copy)


def test_a_full_disk_inside_the_safetensors_library_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match="could not be written"):
        save.write_tensors(tmp_path / "no such folder" / "x", {"a": np.zeros(3, np.float32)})


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("golden_images", np.zeros((0, 32, 32, 3), np.uint8), "at least one"),
        ("golden_images", np.zeros((3, 32, 31, 3), np.uint8), r"shape \(m, 32, 32, 3\)"),
        ("golden_images", np.zeros((3, 32, 32, 3), np.float32), "should be uint8"),
        ("golden_images", np.zeros((2, 32, 32, 3), np.uint8), r"of shape \(2, 3\)"),
        ("golden_outputs", np.zeros((3, 2), np.float32), r"of shape \(3, 3\)"),
        ("golden_outputs", np.full((3, 3), np.nan, np.float32), "should be finite"),
    ],
)
def test_golden_arrays_that_do_not_fit_are_refused_before_anything_is_written(
    tmp_path, arguments, name, value, sentence
):
    with pytest.raises(BundleError, match=sentence):
        save_bundle(tmp_path / "bundle", **{**arguments, name: value})
    assert list(tmp_path.iterdir()) == []


def test_too_many_golden_images_are_refused(tmp_path, arguments):
    arguments["golden_images"] = np.broadcast_to(np.uint8(0), (30_000, 32, 32, 3))
    arguments["golden_outputs"] = np.zeros((30_000, 3), np.float32)
    with pytest.raises(BundleError, match="give fewer"):
        save_bundle(tmp_path / "bundle", **arguments)


def test_the_document_can_be_read_by_people(saved):
    text = (saved / "bundle.json").read_text(encoding="utf-8")
    assert "模型 ü" in text
    assert list(json.loads(text))[-1] == "checksum"
