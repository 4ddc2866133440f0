"""Reads PyTorch checkpoints without PyTorch and without running anything from them.

A checkpoint of the format before PyTorch 1.6 is five pickles (magic number, version, system, tensors by name, storage
keys) followed by the raw numbers of each storage. Pickle is a small program; here each of its instructions and each
name that it looks up is on an allow-list, and whatever else occurs is refused before it is executed.
"""

from __future__ import annotations

import collections
import io
import math
import pickle
import pickletools
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from learnet.core import WeightsError

MAX_BYTES = 256 * 1024 * 1024

_MAGIC = 0x1950A86A20F9469CFC6C
_VERSION = 1001
_INSTRUCTIONS = frozenset(
    [
        "PROTO",
        "STOP",
        "MARK",
        "NONE",
        "NEWTRUE",
        "NEWFALSE",
        "LONG1",
        "BININT",
        "BININT1",
        "BININT2",
        "BINUNICODE",
        "BINPUT",
        "LONG_BINPUT",
        "BINGET",
        "LONG_BINGET",
        "EMPTY_TUPLE",
        "TUPLE",
        "TUPLE1",
        "TUPLE2",
        "TUPLE3",
        "EMPTY_LIST",
        "APPEND",
        "APPENDS",
        "EMPTY_DICT",
        "SETITEM",
        "SETITEMS",
        "GLOBAL",
        "REDUCE",
        "BUILD",
        "BINPERSID",
    ]
)


@dataclass(frozen=True)
class _Storage:
    """A run of numbers in the file, known by its key."""

    dtype: np.dtype[Any]
    key: str
    count: int


@dataclass(frozen=True)
class _Tensor:
    """A view into a storage; offset and strides count elements."""

    storage: Any
    offset: Any
    shape: tuple[Any, ...]
    strides: tuple[Any, ...]

    def __post_init__(self) -> None:
        numbers = (self.offset, *self.shape, *self.strides)
        if not isinstance(self.storage, _Storage) or len(self.shape) != len(self.strides) or len(self.shape) > 8:
            _refuse("a tensor has no storage or no proper shape")
        if any(type(number) is not int or number < 0 for number in numbers):
            _refuse("a tensor's shape holds something else than whole numbers")
        last = self.offset + sum((side - 1) * stride for side, stride in zip(self.shape, self.strides, strict=True))
        if math.prod(self.shape) > self.storage.count or (math.prod(self.shape) and last >= self.storage.count):
            _refuse("a tensor reaches beyond its storage")


def _rebuild_tensor(storage: Any, offset: Any, shape: Any, strides: Any, *_: Any) -> _Tensor:
    """Stand in for ``torch._utils._rebuild_tensor_v2``; gradients and hooks are of no interest."""
    if not isinstance(shape, tuple) or not isinstance(strides, tuple):
        _refuse("a tensor's shape is not a tuple")
    return _Tensor(storage, offset, shape, strides)


_NAMES: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    ("torch", "FloatStorage"): np.dtype("<f4"),
    ("torch", "LongStorage"): np.dtype("<i8"),
}


class _TensorUnpickler(pickle.Unpickler):
    """Knows four names and no others."""

    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return _NAMES[module_name, global_name]
        except KeyError:
            _refuse(f"it asks for '{module_name}.{global_name}', which no table of weights needs")

    def persistent_load(self, pid: Any, /) -> _Storage:
        match pid:
            case ("storage", np.dtype() as dtype, str() as key, str(), int() as count, None) if count >= 0:
                return _Storage(dtype, key, count)
        return _refuse("it refers to something that is not a storage")


def read_checkpoint(content: bytes) -> dict[str, np.ndarray[Any, Any]]:
    """Return the tensors of a checkpoint by name.

    Args:
        content: The file, at most ``MAX_BYTES`` long.

    Returns:
        Name → read-only float32 or int64 array, in the file's order. The arrays share ``content``'s memory.

    Raises:
        WeightsError: If the content is not such a checkpoint, is damaged, or would run code.
    """
    if len(content) > MAX_BYTES:
        _refuse(f"it is {len(content):,} bytes long, and {MAX_BYTES:,} are allowed")
    try:
        return _read(io.BytesIO(content))
    except WeightsError:
        raise
    except Exception as error:
        raise _refusal(f"it is damaged ({type(error).__name__}: {error})") from error


def _read(file: io.BytesIO) -> dict[str, np.ndarray[Any, Any]]:
    if _load(file) != _MAGIC or _load(file) != _VERSION:
        _refuse("it does not begin like one")
    system = _load(file)
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        _refuse("it was not written on a little-endian machine")
    tensors, keys = _load(file), _load(file)
    if not isinstance(tensors, dict) or not all(isinstance(tensor, _Tensor) for tensor in tensors.values()):
        _refuse("it holds something else than tensors by name")
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    numbers = {key: _read_storage(file, storages[key]) for key in keys}
    return {str(name): _view(tensor, numbers[tensor.storage.key]) for name, tensor in tensors.items()}


def _load(file: io.BytesIO) -> Any:
    """Check every instruction of the next pickle, then execute it."""
    start = file.tell()
    size = file.getbuffer().nbytes
    for instruction, argument, _ in pickletools.genops(file):
        if instruction.name not in _INSTRUCTIONS:
            _refuse(f"it holds the pickle instruction {instruction.name}, which no table of weights needs")
        if instruction.name == "LONG_BINPUT" and int(argument or 0) > size:
            _refuse("it would fill the memory")
    file.seek(start)
    return _TensorUnpickler(file).load()


def _read_storage(file: io.BytesIO, storage: _Storage) -> np.ndarray[Any, Any]:
    """Return the next storage: an int64 count, then as many numbers."""
    view = file.getbuffer()
    start = file.tell() + 8
    count = int.from_bytes(view[start - 8 : start], "little", signed=True)
    if count != storage.count:
        _refuse(f"storage {storage.key} holds {count} numbers and should hold {storage.count}")
    numbers = np.frombuffer(view.toreadonly(), storage.dtype, count, start)
    file.seek(start + numbers.nbytes)
    return numbers


def _view(tensor: _Tensor, numbers: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    strides = tuple(stride * numbers.itemsize for stride in tensor.strides)
    return np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, strides, writeable=False)


def _refusal(reason: str) -> WeightsError:
    return WeightsError(f"The weights file is not a PyTorch checkpoint that can be read safely: {reason}.")


def _refuse(reason: str) -> NoReturn:
    raise _refusal(reason)
