import json
import re

import pytest

from learnet.comparison.rows import Row, checked, simple_rows, trained_rows
from learnet.core import UsageError
from learnet.options.compare import CompareConfig

LITE = "efficientnet_lite0"


def config(**changes):
    given = {"data": "digits", "modes": ("head", "full"), "backbones": (LITE,), "seeds": 2, **changes}
    return checked(CompareConfig(**given))


def test_what_is_asked_twice_is_compared_once():
    asked = config(modes=("head", "full", "head"), backbones=(LITE, "EfficientNet-Lite0"))
    assert asked.modes == ("head", "full")
    assert asked.backbones == (LITE,)
    assert [row.key for row in trained_rows(asked)] == [
        f"{LITE}-{mode}-seed{seed}" for mode in ("head", "full") for seed in (0, 1)
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"backbones": ("efficientnet_lite",)},
            "There is no backbone named 'efficientnet_lite'. Did you mean 'efficientnet_lite0'?",
        ),
        (
            {"backbones": ("no/such/bundle",)},
            "There is no bundle in 'no/such/bundle': give the folder of one that learnet has trained.",
        ),
    ],
)
def test_unknown_names_are_refused(changes, sentence):
    with pytest.raises(UsageError, match=f"^{re.escape(sentence)}"):
        config(**changes)


def test_bundles_of_the_same_name_lie_apart(tmp_path):
    folders = [tmp_path / "one" / "bundle", tmp_path / "two" / "bundle"]
    for folder in folders:
        folder.mkdir(parents=True)
    asked = config(modes=("head",), backbones=tuple(map(str, folders)), seeds=1)
    assert [row.key for row in trained_rows(asked)] == ["bundle-head-seed0", "bundle-2-head-seed0"]
    assert [row.name for row in simple_rows(asked, {0: "bundle-head-seed0"})] == [
        "always the largest class",
        "k nearest neighbours on pixels",
        f"k nearest neighbours on features of {folders[0]}",
        f"k nearest neighbours on features of {folders[1]}",
        "linear SVM on pixels",
        f"linear SVM on features of {folders[0]}",
        f"linear SVM on features of {folders[1]}",
    ]


def test_rows_survive_the_disk():
    asked = config(time_limit=90.0, train_per_class=5)
    for row in [*trained_rows(asked), *simple_rows(asked, {0: "a", 1: "b"})]:
        assert Row.from_json(json.loads(json.dumps(row.to_json()))) == row
