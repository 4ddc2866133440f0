"""Values of options drawn by hypothesis, from what the schemas declare."""

import math

from hypothesis import strategies as st

from learnet.options.schema import extra_of, written
from learnet.options.text import BOOL, FLOAT, INT, choices_of, is_optional

_BOUNDS = ("ge", "gt", "le", "lt", "multiple_of")
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)
_NAMES = st.sampled_from(["hidden", "kernel", "squeeze_2"])
_ENTRIES = st.one_of(
    st.booleans(),
    st.sampled_from(["tanh", "poly-nomial", "x=y"]),
    st.lists(st.integers(-9, 999), min_size=1, max_size=3),
)


def bounds_of(field):
    """Return the declared bounds of a number: name -> value."""
    return {name: getattr(item, name) for item in field.metadata for name in _BOUNDS if hasattr(item, name)}


def _numbers(field, *, whole):
    bounds = bounds_of(field)
    step = bounds.get("multiple_of", 1)
    low, high = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
    if whole:
        least, most = 0 if low is None else low, 2**40 if high is None else high
        return st.integers(math.ceil(least / step), most // step).map(lambda number: number * step)
    return st.floats(
        low, high, exclude_min="gt" in bounds, exclude_max="lt" in bounds, allow_nan=False, allow_infinity=False
    )


def values_of(field):
    """Return a strategy for the values that an option may have."""
    notation, choices = written(field), choices_of(field.annotation)
    special = {
        "a duration such as 90s, 10m or 1h": _numbers(field, whole=False),
        "a height and a width such as 224x224": st.tuples(st.integers(1, 999), st.integers(1, 999)),
        "whole numbers with commas between them": st.lists(st.integers(1, 99), max_size=4).map(tuple),
        "NAME=VALUE, for example hidden=300,100": st.dictionaries(
            st.sampled_from(["hidden", "kernel", "squeeze_2"]), _ENTRIES, max_size=3
        ),
        "on, off or auto": st.sampled_from([True, False, "auto"]),
        "paths": st.lists(TEXTS, min_size=1, max_size=3).map(tuple),
    }
    if notation is BOOL:
        strategy = st.booleans()
    elif notation.words in special:
        strategy = special[notation.words]
    elif notation.words.startswith("names"):
        entries = st.sampled_from(choices) if choices else TEXTS
        strategy = st.lists(entries, min_size=1, max_size=3, unique=True).map(tuple)
    elif choices:
        strategy = st.sampled_from(choices)
    elif notation in (INT, FLOAT):
        strategy = _numbers(field, whole=notation is INT)
    else:
        strategy = TEXTS
    return st.none() | strategy if is_optional(field.annotation) else strategy


_BAD = {
    "on, off or auto": ["maybe"],
    "a duration such as 90s, 10m or 1h": ["soon", "-1", "0", "nan", "inf"],
    "a height and a width such as 224x224": ["8x8x3", "wide", "8xhigh"],
    "whole numbers with commas between them": ["1,two", "0"],
    "NAME=VALUE, for example hidden=300,100": ["hidden", "=3"],
}


def bad_texts_of(field):
    """Return words that a command line must not accept for an option, from its declared type and range."""
    bounds, notation = bounds_of(field), written(field)
    if notation.words in _BAD:
        return _BAD[notation.words]
    if choices_of(field.annotation):
        return ["nosuchchoice"]
    if notation not in (INT, FLOAT):
        return []
    outside = {"ge": -1, "gt": 0, "le": 1, "lt": 0}
    bad = ["many", "nan", "inf", "-inf", "", *(["1.5"] if notation is INT else [])]
    bad += [str(bounds[name] + step) for name, step in outside.items() if name in bounds]
    return bad + ([str(bounds["ge"] + bounds["multiple_of"] - 1)] if "multiple_of" in bounds else [])


def is_positional(field):
    """Return whether an option is given without a flag."""
    return bool(extra_of(field).get("positional"))
