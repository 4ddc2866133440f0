from dataclasses import dataclass

import pytest

from learnet.core import Registry, UsageError


@dataclass(frozen=True)
class Colour:
    name: str


def test_names_match_without_regard_to_case_and_dashes():
    table = Registry("colour", [Colour("dark_red"), Colour("blue")])
    assert table["Dark-Red"] is table["dark_red"]
    assert "BLUE" in table
    assert 3 not in table
    assert table.names() == ["dark_red", "blue"]


def test_duplicates_and_unknown_names_are_refused():
    with pytest.raises(ValueError, match="Two colours are named 'DARK-red'"):
        Registry("colour", [Colour("dark_red"), Colour("DARK-red")])
    with pytest.raises(UsageError, match=r"no colour named 'blu'\. Did you mean 'blue'"):
        Registry("colour", [Colour("blue")])["blu"]
