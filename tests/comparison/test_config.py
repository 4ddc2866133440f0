import json

import pytest

from learnet.comparison.config import CompareConfig, Row, simple_rows, trained_rows
from learnet.core import LearnetError, UsageError

LITE = "efficientnet_lite0"


def config(**changes):
    return CompareConfig(**{"data": "digits", "modes": ("head", "full"), "backbones": (LITE,), "seeds": 2, **changes})


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
        ({"modes": ("heads",)}, "received 'heads'"),
        ({"modes": ()}, "at least one mode"),
        ({"backbones": ()}, "at least one mode, one backbone"),
        ({"seeds": 0}, "one seed"),
        ({"backbones": ("efficientnet_lite",)}, "Did you mean 'efficientnet_lite0'"),
        ({"backbones": ("no/such/bundle",)}, "There is no bundle in 'no/such/bundle'"),
    ],
)
def test_nothing_to_compare_and_unknown_names_are_refused(changes, sentence):
    with pytest.raises(UsageError, match=sentence):
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


def test_configurations_and_rows_survive_the_disk():
    asked = config(time_limit=90.0, train_per_class=5)
    assert CompareConfig.from_json(json.loads(json.dumps(asked.to_json()))) == asked
    for row in [*trained_rows(asked), *simple_rows(asked, {0: "a", 1: "b"})]:
        assert Row.from_json(json.loads(json.dumps(row.to_json()))) == row
    with pytest.raises(LearnetError, match="another version"):
        CompareConfig.from_json({**asked.to_json(), "colour": "red"})


def test_the_command_says_what_is_not_usual():
    assert config().command() == f"learnet compare digits --modes head,full --backbones {LITE} --seeds 2"
    assert config(time_limit=90.0, weights="random", data="my photos").command() == (
        f"learnet compare 'my photos' --modes head,full --backbones {LITE} --seeds 2 --weights random --time-limit 90s"
    )


def test_differences_are_told_in_words():
    assert config().differences(config()) == []
    assert config().differences(config(seeds=3, train_per_class=30)) == [
        "seeds 2, not 3",
        "train per class not given, not 30",
    ]
