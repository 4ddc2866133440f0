import inspect
from pathlib import Path

import pytest

import learnet
from learnet.cli.reference import PAGE, STUB, options_page, stub
from learnet.core import UsageError

ROOT = Path(__file__).parents[2]


def test_the_page_of_options_is_up_to_date():
    assert (ROOT / PAGE).read_text(encoding="utf-8") == options_page()


def test_the_stub_is_up_to_date():
    assert (ROOT / STUB).read_text(encoding="utf-8") == stub()


@pytest.mark.parametrize("name", ["transfer", "train", "tune", "compare", "evaluate", "predict"])
def test_a_workflow_shows_every_option_to_editors_and_help(name):
    function = getattr(learnet, name)
    signature = inspect.signature(function)
    kinds = {each.kind for each in signature.parameters.values()}
    assert kinds <= {inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY}
    for option in signature.parameters:
        assert f"    {option}: " in function.__doc__


def test_a_misspelt_option_is_answered_by_the_nearest():
    with pytest.raises(
        UsageError, match=r"no option of transfer named 'discriminativ'. Did you mean 'discriminative'\?"
    ):
        learnet.transfer("photos", discriminativ=0.5)
