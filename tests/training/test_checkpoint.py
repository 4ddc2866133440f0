import numpy as np
import pytest

from learnet.core import LearnetError
from learnet.training.checkpoint import Checkpoint, load_best, load_checkpoint, save_best, save_checkpoint

CURRENT, PREVIOUS = "checkpoint.safetensors", "checkpoint-previous.safetensors"


def checkpoint(number):
    arrays = {"a": np.full((2, 3), number, np.float32), "seed": np.array([number, 7], np.uint32), "n": np.int64(number)}
    return Checkpoint(arrays={k: np.asarray(v) for k, v in arrays.items()}, notes={"step": number, "loss": 0.1 + 0.2})


def test_a_round_trip_keeps_every_bit(tmp_path):
    save_checkpoint(tmp_path, checkpoint(3))
    found, made = load_checkpoint(tmp_path), checkpoint(3)
    assert found.notes == made.notes
    assert found.arrays.keys() == made.arrays.keys()
    for name, array in made.arrays.items():
        assert (found.arrays[name].dtype, found.arrays[name].shape) == (array.dtype, array.shape)
        assert np.array_equal(found.arrays[name], array)


@pytest.mark.parametrize("damage", ["bit", "cut", "empty", "gone"])
def test_the_one_before_takes_a_damaged_ones_place(tmp_path, damage):
    for number in (1, 2):
        save_checkpoint(tmp_path, checkpoint(number))
    content = bytearray((tmp_path / CURRENT).read_bytes())
    content[len(content) // 2] ^= 1
    damaged = {"bit": bytes(content), "cut": bytes(content[:-40]), "empty": b""}
    if damage == "gone":
        (tmp_path / CURRENT).unlink()
    else:
        (tmp_path / CURRENT).unlink()
        (tmp_path / CURRENT).write_bytes(damaged[damage])
    assert load_checkpoint(tmp_path).notes["step"] == 1


def test_nothing_to_resume_from_is_a_sentence(tmp_path):
    with pytest.raises(LearnetError, match=r"It holds none\. Begin it anew"):
        load_checkpoint(tmp_path)
    (tmp_path / CURRENT).write_bytes(b"no checkpoint at all, but long enough to hold a checksum")
    with pytest.raises(LearnetError, match="damaged ones only"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize("step", range(4))
def test_a_disk_that_is_full_at_any_write_leaves_a_whole_checkpoint(tmp_path, monkeypatch, step):
    save_checkpoint(tmp_path, checkpoint(1))
    calls = iter(range(100))

    def failing(name, real):
        def call(*arguments, **options):
            if next(calls) == step:
                raise OSError(28, "No space left on device")
            return real(*arguments, **options)

        return call

    import os
    import tempfile
    from pathlib import Path

    monkeypatch.setattr(Path, "hardlink_to", failing("link", Path.hardlink_to))
    monkeypatch.setattr(tempfile, "mkstemp", failing("mkstemp", tempfile.mkstemp))
    monkeypatch.setattr(os, "fsync", failing("fsync", os.fsync))
    monkeypatch.setattr(Path, "replace", failing("replace", Path.replace))
    with pytest.raises(OSError, match="No space left"):
        save_checkpoint(tmp_path, checkpoint(2))
    monkeypatch.undo()
    assert load_checkpoint(tmp_path).notes["step"] == 1


def test_the_best_weights_come_back_in_order(tmp_path):
    weights = [np.full((index + 1,), index, np.float32) for index in range(12)]
    save_best(tmp_path, weights)
    for found, made in zip(load_best(tmp_path), weights, strict=True):
        assert np.array_equal(found, made)
    (tmp_path / "best.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(LearnetError, match="cannot be read"):
        load_best(tmp_path)
