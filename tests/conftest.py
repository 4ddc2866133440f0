"""Keeps what finished tests have left from slowing down those that come after them."""

import gc
import os

import pytest

os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # many tests start Python anew: nothing needs compiling twice


@pytest.fixture(autouse=True, scope="module")
def collected():
    """Clear up after each module; what then remains (libraries, mostly) is not looked through again."""
    yield
    gc.collect()
    gc.freeze()
