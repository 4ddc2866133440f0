import pytest

from learnet.bundle.arguments import Arguments
from learnet.core import BundleError


@pytest.mark.parametrize("value", [0, -1, 2**31, 1.0, True, "1", None, [1]])
def test_whole_numbers(value):
    given = Arguments({"n": value}, ["n"])
    with pytest.raises(BundleError, match=r"arguments\['n'\] should be a whole number from 1 up, but is"):
        given.whole("n")


@pytest.mark.parametrize("value", [True, "1", None, [1.0], float("inf"), float("nan")])
def test_numbers(value):
    with pytest.raises(BundleError, match=r"arguments\['x'\] should be a number"):
        Arguments({"x": value}, ["x"]).number("x")


def test_what_is_right_is_returned():
    given = Arguments({"n": 0, "x": 2, "s": [3, 4], "f": False, "c": "b"}, "nxsfc", place="here")
    assert (given.whole("n", least=0), given.number("x"), given.sizes("s")) == (0, 2.0, (3, 4))
    assert given.flag("f") is False
    assert given.choice("c", ["a", "b"]) == "b"


def test_nothing_is_missing_and_nothing_left_over():
    with pytest.raises(BundleError, match="here should have exactly a, b; it lacks b and has the unknown 'c'"):
        Arguments({"a": 1, "c": 1}, "ab", place="here")
