import json
import re
import shlex

import pytest

from learnet.cli.build import parse
from learnet.cli.compare import VERB
from learnet.core import LearnetError, UsageError
from learnet.options.compare import CompareConfig

LITE = "efficientnet_lite0"


def config(**changes):
    return CompareConfig(**{"data": "digits", "modes": ("head", "full"), "backbones": (LITE,), "seeds": 2, **changes})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"modes": ("heads",)},
            "modes must be one of head, partial, full, auto; received 'heads'. Did you mean 'head'?",
        ),
        ({"modes": ()}, "A comparison needs at least one mode and one backbone."),
        ({"backbones": ()}, "A comparison needs at least one mode and one backbone."),
        ({"seeds": 0}, "seeds must be at least 1; received 0."),
    ],
)
def test_nothing_to_compare_and_unknown_modes_are_refused(changes, said):
    with pytest.raises(UsageError, match=f"^{re.escape(said)}$"):
        config(**changes)


def test_configurations_survive_the_disk():
    asked = config(time_limit=90.0, train_per_class=5)
    assert CompareConfig.from_json(json.loads(json.dumps(asked.to_json()))) == asked
    with pytest.raises(LearnetError, match="another version"):
        CompareConfig.from_json({**asked.to_json(), "colour": "red"})


@pytest.mark.parametrize(
    ("changes", "command"),
    [
        ({}, "learnet compare digits --modes head,full --seeds 2"),
        (
            {"time_limit": 90.0, "weights": "random", "data": "my photos"},
            "learnet compare 'my photos' --weights random --modes head,full --time-limit 90s --seeds 2",
        ),
        (
            {"backbones": (LITE, "a, b/bundle")},
            f"""learnet compare digits --modes head,full --backbones '["{LITE}", "a, b/bundle"]' --seeds 2""",
        ),
    ],
)
def test_the_command_says_what_is_not_usual(changes, command):
    assert config(**changes).command() == command
    assert parse(VERB, shlex.split(command)[2:]) == config(**changes)


def test_differences_are_told_in_words():
    assert config().differences_in_words(config()) == ""
    assert config().differences_in_words(config(seeds=3, train_per_class=30)) == (
        "train_per_class not given, now 30; seeds 2, now 3"
    )
