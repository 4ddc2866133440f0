import json
import os
import pickle
import re
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from learnet.bundle import load_bundle
from learnet.bundle.info import Document
from learnet.core import BundleError

WEIGHTS, GOLDEN, DOCUMENT = "weights.safetensors", "golden.safetensors", "bundle.json"


def refused(folder, sentence, *, prove=False):
    """Check that a bundle is refused with one sentence that says where it lies and what to do."""
    with pytest.raises(BundleError, match=sentence) as caught:
        load_bundle(folder, prove=prove)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


def edit_tensors(tools, folder, name, change):
    tensors = load((folder / name).read_bytes())
    change(tensors)
    tools.replace_file(folder, name, save(tensors))


def test_what_was_saved_is_loaded(bundle, tools, saved, golden_images, golden_outputs):
    assert bundle.info == tools.make_info()
    assert bundle.folder == saved
    np.testing.assert_array_equal(bundle.golden.images, golden_images)
    np.testing.assert_allclose(bundle.model(golden_images), golden_outputs, atol=1e-6)
    assert bundle.golden.classes == tuple(tools.class_names[i] for i in golden_outputs.argmax(axis=1))


def test_a_bundle_may_be_moved_and_is_named_by_text_or_path(copy, tmp_path):
    moved = tmp_path / "ü 模型" / "x"
    moved.parent.mkdir()
    copy.rename(moved)
    assert load_bundle(str(moved)).folder == moved


@pytest.mark.parametrize("name", [WEIGHTS, GOLDEN, DOCUMENT])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(data=st.data())
def test_one_changed_byte_in_any_file_is_refused(saved, tmp_path_factory, name, data):
    folder = tmp_path_factory.mktemp("changed") / "bundle"
    folder.mkdir()
    for other in (WEIGHTS, GOLDEN, DOCUMENT):
        os.link(saved / other, folder / other)
    content = bytearray((saved / name).read_bytes())
    position = data.draw(st.integers(0, len(content) - 1) | st.integers(0, min(3000, len(content) - 1)))
    content[position] ^= data.draw(st.integers(1, 255))
    (folder / name).unlink()
    (folder / name).write_bytes(content)
    refused(folder, re.escape(name) + "|schema")
    shutil.rmtree(folder)


@pytest.mark.parametrize("name", [WEIGHTS, GOLDEN, DOCUMENT])
def test_missing_shortened_and_lengthened_files_are_refused(copy, name):
    content = (copy / name).read_bytes()
    for changed in (content[:-1], content + b"\0", b""):
        (copy / name).write_bytes(changed)
        refused(copy, re.escape(name))
    (copy / name).unlink()
    refused(copy, f"{re.escape(name)} is missing")


def test_other_files_are_never_opened(copy):
    """A pickle that would run, a pipe that would hang, a module and a configuration: none is touched."""

    class Payload:
        def __reduce__(self):
            return Path.touch, (copy / "was run",)

    (copy / "model.pkl").write_bytes(pickle.dumps(Payload()))
    (copy / "weights.py").write_text(f"open({str(copy / 'was run')!r}, 'w')")
    (copy / "config.json").write_text('{"class_name": "Lambda", "config": {"function": "os.system"}}')
    (copy / "README.md").write_text("What my classifier is for.")
    if hasattr(os, "mkfifo"):
        os.mkfifo(copy / "model.keras")
    load_bundle(copy)
    assert not (copy / "was run").exists()


@pytest.mark.parametrize("name", [WEIGHTS, GOLDEN, DOCUMENT])
@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_links_out_of_the_folder_are_refused(copy, tmp_path, name):
    (copy / name).rename(tmp_path / name)
    (copy / name).symlink_to(tmp_path / name)
    refused(copy, f"{re.escape(name)} is a link")


@pytest.mark.parametrize("name", ["../weights.safetensors", "/etc/passwd", "model.keras"])
def test_names_that_lead_elsewhere_are_refused(copy, tools, name):
    def rename(value):
        value["files"][name] = value["files"].pop(WEIGHTS)

    tools.edit_document(copy, rename)
    refused(copy, "files should name weights.safetensors and golden.safetensors and nothing else")


@pytest.mark.parametrize("suffix", ["zip", "keras", "h5", "pkl"])
def test_a_file_is_not_opened_at_all(tmp_path, suffix):
    path = tmp_path / f"model.{suffix}"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", bytes(10_000_000))
    refused(path, "is a file, but a bundle is a folder")


def test_a_run_and_nothing_at_all_say_where_to_look(copy, tmp_path):
    refused(tmp_path, re.escape(f"is a run, not a bundle. Its bundle is '{copy}'"))
    refused(tmp_path / "nothing", "There is no bundle at")
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", r"bundle\.json is missing")


def test_what_a_kill_between_two_renames_left_is_loaded(copy, saved):
    previous = copy.rename(copy.with_name(".bundle.previous"))
    assert load_bundle(copy).folder == previous
    shutil.copytree(saved, copy)
    assert load_bundle(copy).folder == copy


def test_a_version_that_is_put_in_place_while_loading_is_loaded(copy, saved, tmp_path, monkeypatch):
    """The old bundle.json with the new weights would look damaged; the exchange is noticed and loading begins anew."""
    newer = Path(shutil.copytree(saved, tmp_path / "newer"))
    read = Document.from_bytes
    (copy / WEIGHTS).write_bytes(b"of another version")

    def exchange(content):
        monkeypatch.undo()
        copy.rename(tmp_path / "older")
        newer.rename(copy)
        return read(content)

    monkeypatch.setattr(Document, "from_bytes", exchange)
    identity = copy.stat().st_ino
    assert load_bundle(copy).folder == copy
    assert copy.stat().st_ino != identity


def test_a_newer_schema_says_what_to_install(copy):
    (copy / DOCUMENT).write_text(json.dumps({"schema_version": 4, "learnet_version": "9.8.7"}))
    refused(copy, r"written by learnet '9\.8\.7'.*pip install --upgrade learnet$")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_numbers_are_refused(copy, tools, value):
    def poison(tensors):
        tensors["head/kernel"] = tensors["head/kernel"].copy()
        tensors["head/kernel"][7, 1] = value

    edit_tensors(tools, copy, WEIGHTS, poison)
    refused(copy, "'head/kernel' should be finite numbers, but some are NaN or infinite")


def rename_layer(tensors):
    tensors["lambda/function"] = tensors.pop("stem_conv/kernel")


def add_layer(tensors):
    tensors["extra/kernel"] = np.zeros(3, np.float32)


def reshape_layer(tensors):
    tensors["stem_conv/kernel"] = tensors["stem_conv/kernel"].reshape(-1)


def change_type(tensors):
    tensors["stem_bn/gamma"] = tensors["stem_bn/gamma"].astype(np.uint8)


def negative_variance(tensors):
    tensors["stem_bn/moving_variance"] = -tensors["stem_bn/moving_variance"]


def widen_head(tensors):
    tensors["head/kernel"] = np.zeros((1280, 4), np.float32)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (rename_layer, "1 are missing and 1 unknown; for example, 'stem_conv/kernel' is missing"),
        (add_layer, "0 are missing and 1 unknown; for example, 'extra/kernel' is unknown"),
        (reshape_layer, r"'stem_conv/kernel' should be float32 of shape \(3, 3, 3, 32\)"),
        (change_type, "'stem_bn/gamma' should be float32 .* but is uint8"),
        (negative_variance, "negative variance"),
        (widen_head, r"no head 'head/kernel' of shape \(1280, 3\)"),
        (lambda tensors: tensors.clear(), "no head"),
    ],
)
def test_weights_of_another_network_are_refused(copy, tools, change, sentence):
    edit_tensors(tools, copy, WEIGHTS, change)
    refused(copy, sentence)


def test_weights_under_another_name_are_refused(copy, tools):
    tools.edit_document(copy, lambda value: value["architecture"].update(name="efficientnet-lite1"))
    refused(copy, "does not hold the weights of efficientnet-lite1")


def test_more_classes_than_outputs_are_refused_before_a_head_is_built(copy, tools):
    tools.edit_document(copy, lambda value: value["class_names"].extend(map(str, range(100, 99_000))))
    tracemalloc.start()
    try:
        refused(copy, r"golden\.safetensors should hold|no head")
        assert tracemalloc.get_traced_memory()[1] < 80_000_000
    finally:
        tracemalloc.stop()


def test_a_weights_file_beyond_all_need_is_not_read(copy, tools):
    size = 10**10
    with (copy / WEIGHTS).open("r+b") as file:
        file.truncate(size)
    tools.edit_document(copy, lambda value: value["files"][WEIGHTS].update(bytes=size))
    tracemalloc.start()
    try:
        refused(copy, r"holds 10,000,000,000 bytes, but a bundle like this needs at most")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors: tensors.pop("images"),
        lambda tensors: tensors.update(more=np.zeros(1, np.uint8)),
        lambda tensors: tensors.update(images=tensors["images"][:1]),
        lambda tensors: tensors.update(outputs=tensors["outputs"][:, :2]),
        lambda tensors: tensors.update(images=tensors["images"].astype(np.float32)),
        lambda tensors: tensors.update(outputs=np.full((3, 3), np.nan, np.float32)),
    ],
)
def test_golden_arrays_of_another_kind_are_refused(copy, tools, change):
    edit_tensors(tools, copy, GOLDEN, change)
    refused(copy, r"golden\.safetensors")


def test_outputs_that_drifted_are_noticed_by_the_proof_only(copy, tools):
    def drift(tensors):
        tensors["outputs"] = tensors["outputs"] + np.float32(3e-4)

    edit_tensors(tools, copy, GOLDEN, drift)
    load_bundle(copy)
    refused(copy, r"golden outputs .* differs by 0\.0003, where at most 0\.0001 is allowed", prove=True)


def test_exchanged_class_names_are_noticed_by_the_proof(copy, tools):
    tools.edit_document(copy, lambda value: value.update(class_names=[*tools.class_names[1:], tools.class_names[0]]))
    refused(copy, "is now called", prove=True)


@pytest.mark.parametrize("content", [b"", b"\0" * 9, b"x" * 100, (2**40).to_bytes(8, "little") + b"{}"])
@pytest.mark.parametrize("name", [WEIGHTS, GOLDEN])
def test_files_of_another_format_are_refused_even_if_vouched_for(copy, tools, name, content):
    tools.replace_file(copy, name, content)
    refused(copy, f"{re.escape(name)} is not a safetensors file")


@pytest.mark.slow
def test_a_new_process_gives_the_same_probabilities_without_a_network(saved, tools, bundle, tmp_path):
    import cv2

    image = tools.make_images(1, side=96, seed=5)[0]
    cv2.imwrite(str(tmp_path / "photo.png"), image[..., ::-1])
    program = (
        "import json\n"
        "import socket; socket.socket.connect = None\n"
        "import learnet\n"
        f"[prediction] = learnet.predict({str(saved)!r}, {str(tmp_path / 'photo.png')!r}, prove=True)\n"
        "print(json.dumps(prediction.top))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=300)
    assert done.stderr == ""
    told = dict(json.loads(done.stdout))
    here = dict(zip(tools.class_names, bundle.classifier().predict_images(image[None])[0].tolist(), strict=True))
    assert told == pytest.approx(here, abs=1e-4)
