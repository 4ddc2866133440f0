"""Checkpoints are written here instruction by instruction, so that honest and hostile ones differ in what is tested."""

import os
import pickle
import struct
import zipfile

import numpy as np
import pytest

from learnet.core import WeightsError
from learnet.transfer_learning import torch_checkpoint
from learnet.transfer_learning.torch_checkpoint import read_checkpoint

FLOATS = np.arange(6, dtype="<f4")
ORDERED_DICT = b"ccollections\nOrderedDict\n)R"


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def numbers(*values: int) -> bytes:
    return b"(" + b"".join(map(number, values)) + b"t"


def storage(key: str = "0", count: int = 6, kind: str = "FloatStorage", word: str = "storage") -> bytes:
    return b"(" + text(word) + f"ctorch\n{kind}\n".encode() + text(key) + text("cpu") + number(count) + b"NtQ"


def tensor(store: bytes | None = None, offset: int = 0, shape=(2, 3), strides=(3, 1)) -> bytes:
    view = (store or storage()) + number(offset) + numbers(*shape) + numbers(*strides) + b"\x89" + ORDERED_DICT
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + view + b"tR"


def table(**entries: bytes) -> bytes:
    return ORDERED_DICT + b"(" + b"".join(text(name) + value for name, value in entries.items()) + b"u"


def checkpoint(
    body: bytes, *, storages=(("0", FLOATS),), magic=0x1950A86A20F9469CFC6C, little=True, version=1001
) -> bytes:
    keys = [key for key, _ in storages]
    head = (magic, version, {"little_endian": little})
    return (
        b"".join(pickle.dumps(value, 2) for value in head)
        + b"\x80\x02"
        + body
        + b"."
        + pickle.dumps(keys, 2)
        + b"".join(struct.pack("<q", array.size) + array.tobytes() for _, array in storages)
    )


def test_tensors_come_out_by_name():
    longs = np.array([7, -1], "<i8")
    body = table(
        a=tensor(),
        b=tensor(shape=(3, 2), strides=(1, 3)),
        c=tensor(offset=4, shape=(2,), strides=(1,)),
        n=tensor(storage("1", 2, "LongStorage"), shape=(), strides=(), offset=1),
        empty=tensor(shape=(0,), strides=(1,)),
    )
    found = read_checkpoint(checkpoint(body, storages=(("0", FLOATS), ("1", longs))))
    assert list(found) == ["a", "b", "c", "n", "empty"]
    np.testing.assert_array_equal(found["a"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(found["b"], [[0, 3], [1, 4], [2, 5]])
    np.testing.assert_array_equal(found["c"], [4, 5])
    assert found["n"] == -1
    assert found["empty"].size == 0
    assert (found["a"].dtype, found["n"].dtype) == (np.float32, np.int64)
    assert not found["a"].flags.writeable


HOSTILE = {
    "os.system": checkpoint(b"cos\nsystem\n(" + text("touch PROOF") + b"tR"),
    "builtins.eval": checkpoint(b"cbuiltins\neval\n(" + text("open('PROOF', 'w')") + b"tR"),
    "torch's own code": checkpoint(b"ctorch.hub\nload\n)R"),
    "a dotted name": checkpoint(b"ccollections\nOrderedDict.fromkeys\n)R"),
    "stack global": checkpoint(text("os") + text("system") + b"\x93(" + text("touch PROOF") + b"tR"),
    "inst": checkpoint(b"(" + text("touch PROOF") + b"ios\nsystem\n"),
    "obj": checkpoint(b"(cos\nsystem\n" + text("touch PROOF") + b"o"),
    "newobj": checkpoint(b"ccollections\nOrderedDict\n)\x81"),
    "extension": checkpoint(b"\x82\x01"),
    "memory bomb": checkpoint(b"}r\xff\xff\xff\x7f"),
    "bytes bomb": checkpoint(b"\x8e" + struct.pack("<Q", 2**60)),
    "another storage": checkpoint(table(a=tensor(storage(kind="ByteStorage")))),
    "another reference": checkpoint(table(a=tensor(storage(word="module")))),
    "beyond the storage": checkpoint(table(a=tensor(shape=(7,), strides=(1,)))),
    "strides beyond": checkpoint(table(a=tensor(shape=(2, 3), strides=(4, 1)))),
    "offset beyond": checkpoint(table(a=tensor(offset=1))),
    "negative stride": checkpoint(table(a=tensor(shape=(2,), strides=(-1,)))),
    "repeated numbers": checkpoint(table(a=tensor(shape=(1000, 1000, 1000), strides=(0, 0, 0)))),
    "shape without strides": checkpoint(table(a=tensor(shape=(2, 3), strides=(1,)))),
    "a table of texts": checkpoint(table(a=text("b"))),
    "no table": checkpoint(text("a")),
    "fewer numbers": checkpoint(table(a=tensor(storage(count=5), shape=(5,), strides=(1,)))),
    "more numbers": checkpoint(table(a=tensor(storage(count=2**31 - 1)))),
    "unknown key": checkpoint(table(a=tensor()), storages=(("9", FLOATS),)),
    "missing storage": checkpoint(table(a=tensor()), storages=()),
    "wrong magic": checkpoint(table(a=tensor()), magic=1),
    "wrong version": checkpoint(table(a=tensor()), version=1000),
    "big endian": checkpoint(table(a=tensor()), little=False),
    "nothing": b"",
    "text": b"not a checkpoint at all",
    "reduced pickle": pickle.dumps(os.getcwd, 4),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_and_damaged_files_are_refused_and_run_nothing(content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WeightsError, match="not a PyTorch checkpoint that can be read safely: "):
        read_checkpoint(content)
    assert list(tmp_path.iterdir()) == []


def test_zip_checkpoints_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.pth", "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}.")
    with pytest.raises(WeightsError):
        read_checkpoint((tmp_path / "a.pth").read_bytes())


@pytest.mark.parametrize("length", range(0, 260, 20))
def test_a_file_cut_anywhere_is_refused(length):
    content = checkpoint(table(a=tensor()))
    assert length < len(content)
    with pytest.raises(WeightsError):
        read_checkpoint(content[:length])


def test_a_file_too_long_is_refused_unread(monkeypatch):
    monkeypatch.setattr(torch_checkpoint, "MAX_BYTES", 10)
    with pytest.raises(WeightsError, match="11 bytes long, and 10 are allowed"):
        read_checkpoint(b"x" * 11)
