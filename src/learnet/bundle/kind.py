"""What the bundle must know of a kind of system, to write one as arrays and plain values and to make it again."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.bundle.arguments import Arguments
from learnet.core import BundleError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Arrays = dict[str, np.ndarray]
Layout = dict[str, tuple[str, tuple[int, ...]]]
"""Array names → type and shape."""

_HEX = re.compile(r"[0-9a-f]{1,32}")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A row of the table of systems; every system of a kind is described by arguments and arrays, and by nothing else.

    Attributes:
        name: By which ``bundle.json`` names it.
        title: What it is, with an article.
        opened_by: The function that opens it.
        recognises: Whether an object is a system of this kind.
        describe: From a system to its arguments, as JSON values.
        arrays: From a system to what it has learned: float64, float32 or uint8.
        size: From arguments that nobody vouches for, which it checks, to the bytes of the arrays; nothing is built.
        build: From checked arguments and arrays of this size, whose names and shapes it checks, to the system.
        cues: From a system to what it is asked for its proof, a few draws.
        answers: What it says of them; the same arrays for the same system.
    """

    name: str
    title: str
    recognises: Callable[[object], bool]
    describe: Callable[[Any], dict[str, Any]]
    arrays: Callable[[Any], Arrays]
    size: Callable[[Any], int]
    build: Callable[[dict[str, Any], Arrays], Any]
    cues: Callable[[Any, np.random.Generator], Arrays]
    answers: Callable[[Any, Arrays], Arrays]
    opened_by: str = "learnet.bundle.load_system"


def layout_size(layout: Layout) -> int:
    """Return how many bytes arrays take.

    Example:
        >>> layout_size({"weights": ("float32", (10, 10)), "mask": ("uint8", (10,))})
        410
    """
    return sum(np.dtype(dtype).itemsize * math.prod(shape) for dtype, shape in layout.values())


def layout_of(arrays: Mapping[str, np.ndarray]) -> Layout:
    """Return the types and shapes of arrays."""
    return {name: (str(array.dtype), array.shape) for name, array in arrays.items()}


def check_arrays(arrays: Mapping[str, np.ndarray], layout: Layout, *, what: str) -> None:
    """Check that arrays are of these names, types and shapes, and finite.

    Raises:
        BundleError: Naming the first that is not.
    """
    if arrays.keys() != layout.keys():
        odd = min(arrays.keys() ^ layout.keys())
        raise BundleError(
            f"{what} should hold {', '.join(sorted(layout)) or 'nothing'}; {ascii(odd)[:120]} is "
            f"{'missing' if odd in layout else 'unknown'}."
        )
    for name, (dtype, shape) in layout.items():
        array = arrays[name]
        if (str(array.dtype), array.shape) != (dtype, shape):
            raise BundleError(
                f"In {what}, '{name}' should be {dtype} of shape {shape}, but is {array.dtype} of shape {array.shape}."
            )
        if not np.isfinite(array).all():
            raise BundleError(f"In {what}, '{name}' should hold finite numbers, but some are NaN or infinite.")


def check_bits(array: np.ndarray, *, what: str) -> None:
    """Check that all numbers are 0 or 1.

    Raises:
        BundleError: If not.
    """
    if array.size and array.max() > 1:
        raise BundleError(f"{what} should hold only 0 and 1, but holds {array.max()}.")


def describe_random(random: np.random.Generator) -> dict[str, Any]:
    """Return where a generator of random numbers stands, as JSON values.

    Raises:
        BundleError: If it is not of the kind that ``learnet.core.generator`` makes.
    """
    state = random.bit_generator.state
    if state["bit_generator"] != "PCG64":
        raise BundleError(f"A system's chance should come from PCG64, but comes from {state['bit_generator']}.")
    numbers = state["state"]
    return {
        "state": f"{numbers['state']:x}",
        "increment": f"{numbers['inc']:x}",
        "kept": state["uinteger"] if state["has_uint32"] else None,
    }


def restore_random(value: object) -> np.random.Generator:
    """Return the generator that ``describe_random`` described; its next draws are the same.

    Raises:
        BundleError: If ``value`` is anything else.

    Example:
        >>> random = np.random.default_rng(3)
        >>> first = random.integers(10, dtype=np.uint32)
        >>> bool(restore_random(describe_random(random)).random() == random.random())
        True
    """
    known = Arguments(value, ("state", "increment", "kept"), place="arguments['random']")
    if not all(isinstance(known[name], str) and _HEX.fullmatch(known[name]) for name in ("state", "increment")):
        raise BundleError("arguments['random'] should give state and increment as up to 32 hexadecimal digits.")
    kept = known["kept"]
    if kept is not None and not (type(kept) is int and 0 <= kept < 2**32):
        raise BundleError("arguments['random']['kept'] should be null or a whole number below 2^32.")
    random = np.random.Generator(np.random.PCG64(0))
    random.bit_generator.state = {
        "bit_generator": "PCG64",
        # an even increment would halve the period
        "state": {"state": int(known["state"], 16), "inc": int(known["increment"], 16) | 1},
        "has_uint32": int(kept is not None),
        "uinteger": kept or 0,
    }
    return random
