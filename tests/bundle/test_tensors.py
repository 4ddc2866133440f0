import contextlib
import json
import tracemalloc

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from learnet.bundle.tensors import MAX_HEADER_BYTES, read_tensors, write_tensors
from learnet.core import BundleError

ARRAYS = {"a/kernel": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.arange(5, dtype=np.uint8)}
DATA = ARRAYS["a/kernel"].tobytes() + ARRAYS["b"].tobytes()


def pack(header, data=DATA, *, size=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return (len(text) if size is None else size).to_bytes(8, "little") + text + data


def header(**changes):
    kernel = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
    return {"a/kernel": {**kernel, **changes}, "b": {"dtype": "U8", "shape": [5], "data_offsets": [24, 29]}}


def read(content):
    return read_tensors(content, name="weights.safetensors")


def test_a_file_made_by_hand_is_read():
    found = read(pack(header()))
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=("Cs",)), max_size=5).filter(lambda name: name != "__metadata__"),
        hnp.arrays(
            st.sampled_from([np.float32, np.uint8]), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
        ),
        max_size=5,
    )
)
def test_round_trip(tmp_path_factory, arrays):
    path = tmp_path_factory.mktemp("tensors") / "x.safetensors"
    write_tensors(path, arrays)
    found = read(path.read_bytes())
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


def test_arrays_that_are_not_contiguous_are_written_as_they_look(tmp_path):
    array = np.arange(12, dtype=np.float32).reshape(3, 4).T[::2]
    write_tensors(tmp_path / "x", {"a": array})
    np.testing.assert_array_equal(read((tmp_path / "x").read_bytes())["a"], array)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "claims 0 bytes in a file of 0"),
        (b"\x05\0\0\0", "is not a safetensors file"),
        (b"PK\x03\x04" + bytes(40), "is not a safetensors file"),
        (b"\x89HDF\r\n\x1a\n" + bytes(40), "is not a safetensors file"),
        (b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x02os.", "is not a safetensors file"),
        (pack(header(), size=0), "is not a safetensors file"),
        (pack(header(), size=2**63), "is not a safetensors file"),
        (pack(header(), size=len(pack(header())) - 7), "is not a safetensors file"),
        (pack(b" " * (MAX_HEADER_BYTES + 1)), "at most 1,000,000 bytes"),
        (pack(b"[]"), "should hold a JSON object"),
        (pack(b'{"a": 1, "a": 1}'), "occurs twice"),
        (pack(b'{"a":' * 1000 + b"1" + b"}" * 1000), "nested too deeply|not valid JSON"),
        (pack({**header(), "__metadata__": {"format": "pt"}}), "'__metadata__' should be declared by its dtype"),
        (pack(header(extra=1)), "and by nothing else"),
        (pack(header(dtype="F16")), "should be of type F64, F32 or U8, but is 'F16'"),
        (pack(header(dtype=["F32"])), "should be of type F64, F32 or U8, but is a list"),
        (pack(header(shape=[2, -3])), "whole numbers from 0 up"),
        (pack(header(shape=[2, 3.0])), "whole numbers from 0 up"),
        (pack(header(shape=[2, True])), "whole numbers from 0 up"),
        (pack(header(shape="23")), "whole numbers from 0 up"),
        (pack(header(shape=[1] * 9)), "at most 8"),
        (pack(header(shape=[2, 4])), r"shape \(2, 4\) needs 32 bytes, but its data_offsets are 0 to 24"),
        (pack(header(shape=[2**62, 2**62])), "needs 85,070,591,730,234,615,865,843,651,857,942,052,864 bytes"),
        (pack(header(shape=[0, 2**62])), "needs 0 bytes"),
        (pack(header(data_offsets=[0])), "two data_offsets"),
        (pack(header(data_offsets=[24, 0])), "data_offsets are 24 to 0"),
        (pack(header(data_offsets=[-24, 0])), "two data_offsets"),
        (pack(header(data_offsets=[1, 25])), "data_offsets are 1 to 25"),
        (pack(header(data_offsets=[4, 28])), "begins at byte 4, where byte 0 is next"),
        (pack({**header(), "c": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}}), "without gap or overlap"),
        (pack(header(), DATA[:-1]), "declares 29 bytes of arrays, but holds 28"),
        (pack(header(), DATA + b"\0"), "declares 29 bytes of arrays, but holds 30"),
    ],
)
def test_hostile_files_are_refused_before_anything_is_allocated(content, sentence):
    tracemalloc.start()
    try:
        with pytest.raises(BundleError, match=sentence) as caught:
            read(content)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert "weights.safetensors" in str(caught.value)


@given(st.data())
def test_any_changed_bytes_give_arrays_of_the_same_size_or_a_refusal(data):
    content = bytearray(pack(header()))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read(bytes(content))
    except BundleError:
        return
    assert sum(array.nbytes for array in found.values()) == len(DATA)


@given(st.binary(max_size=80))
def test_arbitrary_headers_are_refused_or_empty(text):
    with contextlib.suppress(BundleError):
        assert read(pack(text, b"")) == {}


def test_the_library_reads_the_same(tmp_path):
    write_tensors(tmp_path / "x", ARRAYS)
    for name, array in safetensors.numpy.load_file(tmp_path / "x").items():
        np.testing.assert_array_equal(array, ARRAYS[name])
