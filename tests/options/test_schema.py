import ast
from pathlib import Path

import pytest

import learnet
from learnet.core import LearnetError, UsageError
from learnet.options.schema import OptionError, Schema, like, option, rule_of
from learnet.options.text import Duration, Names, Numbers, Pairs, Size, Switch, Text

SOURCES = Path(learnet.__file__).parent


class Cake(Schema):
    """Bake."""

    verb = "bake"

    sort: Text = option(positional=True, metavar="SORT", missing="Which cake?")
    """What is baked."""
    layers: int = option(2, group="Run", ge=1, le=9)
    """Number of layers."""
    sugar: float | None = option(None, group="Run", unit="g", usual="to taste", ge=0)
    """Sugar."""
    icing: bool = option(False, group="Run")
    """Add icing."""
    colour: Text = option("white", group="Run", only={"icing": (True,)})
    """Colour of the icing."""
    time: Duration | None = option(None, group="Run", gt=0, resumable=True)
    """Time in the oven."""


class Tart(Cake):
    """Bake a tart."""

    layers: int = like(Cake, "layers", 1)
    sugar: float = like(Cake, "sugar", 5.0, usual="")
    """Sugar on top."""

    @classmethod
    def preset(cls, given):
        return {"colour": "red", "icing": True} if given.get("sort") == "cherry" else {}


def test_an_option_is_declared_in_exactly_one_place():
    places = {}
    for file in [*(SOURCES / "options").glob("*.py"), *(SOURCES / "cli").glob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            called = getattr(getattr(node, "value", None), "func", None) if isinstance(node, ast.AnnAssign) else None
            if getattr(called, "id", "") == "option":
                places.setdefault(node.target.id, []).append(f"{file.name}:{node.lineno}")
    assert len(places) > 100
    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_text_becomes_values_wherever_it_comes_from():
    assert Cake.of(sort="plum", layers="3", sugar="2.5", time="2m") == Cake(
        sort="plum", layers=3, sugar=2.5, time=120.0
    )
    assert Cake(sort="plum", sugar="none").sugar is None
    assert Cake(sort="none").sort == "none"  # a name like any other


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"layers": 0}, "layers must be at least 1 and at most 9; received 0."),
        ({"layers": "two"}, "layers must be a whole number, at least 1 and at most 9; received 'two'."),
        ({"sugar": float("nan")}, "sugar must be a finite number, at least 0; received nan."),
        ({"time": "0s"}, "time must be greater than 0; received 0.0."),
        ({"time": "soon"}, "time must be a duration such as 90s, 10m or 1h, greater than 0; received 'soon'."),
        ({"icing": "maybe"}, "icing must be true or false; received 'maybe'."),
        ({"colour": "blue"}, "colour works with icing True only; received blue with icing False. Leave it out."),
    ],
)
def test_a_refused_value_is_told_with_its_rule(given, sentence):
    with pytest.raises(OptionError) as refused:
        Cake(sort="plum", **given)
    assert str(refused.value) == sentence


def test_names_that_are_missing_or_unknown_are_told():
    with pytest.raises(UsageError, match=r"^Which cake\?$"):
        Cake()
    for make in (lambda: Cake.of(sort="plum", layer=3), lambda: Cake(sort="plum", layer=3)):
        with pytest.raises(UsageError, match=r"There is no option of bake named 'layer'. Did you mean 'layers'\?"):
            make()
    with pytest.raises(UsageError, match="named 'sugr'"):
        Cake(sort="plum").replace(sugr=1.0)


def test_a_declaration_is_taken_over_with_another_default():
    assert Tart(sort="plum").layers == 1
    assert rule_of(Tart.model_fields["layers"]) == "a whole number, at least 1 and at most 9"
    described = Tart.json_schema()["properties"]
    assert described["layers"]["description"] == "Number of layers."
    assert described["sugar"]["description"] == "Sugar on top."


def test_presets_follow_from_other_options_and_commands_say_the_rest():
    assert Tart.of(sort="cherry").colour == "red"
    assert Tart.of(sort="cherry").command() == "learnet bake cherry"
    assert (
        Tart.of(sort="cherry", icing=False, colour="white").command() == "learnet bake cherry --no-icing --colour white"
    )
    assert Tart(sort="cherry", icing=True, colour="red", time=5400.0).command() == "learnet bake cherry --time 5400s"


def test_a_command_guards_what_looks_like_a_flag():
    config = Cake(sort="--plum", icing=True, colour="-red")
    assert config.words() == ["learnet", "bake", "--icing", "--colour=-red", "--", "--plum"]


def test_what_no_longer_acts_gets_its_default():
    iced = Cake(sort="plum", icing=True, colour="red")
    assert iced.adapted(icing=False) == Cake(sort="plum")
    with pytest.raises(OptionError, match="colour works with icing"):
        iced.replace(icing=False)


def test_differences_are_told_in_words():
    one = Cake(sort="plum", time=60.0)
    other = one.replace(layers=3, sugar=1.0, time=None)
    assert one.difference(other) == {"layers": (2, 3), "sugar": (None, 1.0), "time": (60.0, None)}
    assert one.differences_in_words(other, lasting=True) == "layers 2, now 3; sugar not given, now 1.0"


def test_a_configuration_of_another_version_is_refused():
    with pytest.raises(LearnetError, match=r"of another version of learnet \(There is no option of bake named 'nuts'"):
        Cake.from_json({**Cake(sort="plum").to_json(), "nuts": 3})


class Box(Schema):
    """Hold values of every notation."""

    names: Names = option(("a",), group="Run")
    numbers: Numbers = option((), group="Run")
    size: Size = option((1, 1), group="Run")
    pairs: Pairs = option({}, group="Run")
    switch: Switch = option(False, group="Run")


@pytest.mark.parametrize(
    ("option_name", "text", "value"),
    [
        ("names", "a, b,,c", ("a", "b", "c")),
        ("names", '["x,y", " z"]', ("x,y", " z")),
        ("numbers", "1,2", (1, 2)),
        ("numbers", "", ()),
        ("size", "64", (64, 64)),
        ("size", "64X32", (64, 32)),
        ("pairs", ["a=1,2", "b=true", "c=tanh", "d=7"], {"a": [1, 2], "b": True, "c": "tanh", "d": [7]}),
        ("pairs", {"a": (3, 4), "b": 5}, {"a": [3, 4], "b": [5]}),
        ("switch", "on", True),
        ("switch", "auto", "auto"),
    ],
)
def test_notations_are_read(option_name, text, value):
    assert getattr(Box(**{option_name: text}), option_name) == value


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"size": "224x224x3"}, "size must be a height and a width such as 224x224; received"),
        ({"numbers": "1,two"}, "numbers must be whole numbers with commas between them; received '1,two'"),
        ({"pairs": ["hidden"]}, "pairs must be NAME=VALUE, for example hidden=300,100; received ['hidden']"),
        ({"pairs": {"rate": 0.5}}, "A network's option is a name, true, false or whole numbers; received 0.5"),
        ({"switch": "maybe"}, "switch must be on, off or auto; received 'maybe'"),
    ],
)
def test_what_is_no_such_notation_is_refused(given, sentence):
    with pytest.raises(UsageError) as refused:
        Box(**given)
    assert str(refused.value).startswith(sentence)
