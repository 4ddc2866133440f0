import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnet.core import UsageError, generator
from learnet.tuning import Choice, Range, Space, head_space, network_space, read_space, write_space
from learnet.tuning.settings import WHOLE, check_space, head_settings
from learnet.tuning.space_file import parse_space

SEARCHES = ("grid", "random", "tpe", "hyperband")


def test_draws_are_even_over_their_range():
    random = generator(0, "test")
    rates = np.log10([Range(low=1e-4, high=1.0, log=True).draw(random) for _ in range(4000)])
    assert abs(rates.mean() + 2) < 0.06  # the middle of -4 … 0
    assert abs(np.quantile(rates, 0.25) + 3) < 0.1
    whole = [Range(low=1, high=3, whole=True).draw(random) for _ in range(3000)]
    assert set(whole) == {1, 2, 3}
    assert abs(whole.count(1) - 1000) < 120
    named = [Choice(values=("a", "b")).draw(random) for _ in range(2000)]
    assert abs(named.count("a") - 1000) < 120


@given(
    low=st.floats(1e-6, 1.0),
    factor=st.floats(1.01, 1e4),
    log=st.booleans(),
    points=st.integers(2, 7),
    seed=st.integers(0, 99),
)
def test_whatever_is_drawn_or_on_the_grid_lies_in_the_range(low, factor, log, points, seed):
    range_ = Range(low=low, high=low * factor, log=log, points=points)
    values = [*range_.grid(), range_.draw(np.random.default_rng(seed))]
    assert all(low * (1 - 1e-9) <= value <= low * factor * (1 + 1e-9) for value in values)
    assert list(range_.grid()) == sorted(range_.grid())


def test_a_grid_has_every_combination_once():
    space = Space(parameters={"a": Choice(values=(1, 2)), "b": Range(low=0, high=1, points=3)})
    points = [tuple(point.values()) for point in space.grid()]
    assert points == [(1, 0.0), (1, 0.5), (1, 1.0), (2, 0.0), (2, 0.5), (2, 1.0)]
    assert space.size() == 6


def test_values_come_back_from_optunas_store_and_from_json():
    space = Space(
        parameters={
            "widths": Choice(values=((16, 32), (64,))),
            "rate": Range(low=0.1, high=1.0),
            "flip": Choice(values=(True,)),
        },
        trials=({"widths": (16, 32)},),
    )
    values = {"widths": (64,), "rate": 0.3, "flip": True}
    assert space.decode(space.encode(values)) == values
    assert space.encode(values)["widths"] == "[64]"
    assert Space.from_json(space.to_json()) == space


TEXT = """
learning_rate = { low = 0.0001, high = 0.1, log = true }
epochs = { low = 5, high = 40 }
optimizer = ["adam", "sgd"]
batch_size = 32
option.widths = [[16, 32], [64, 128]]

[[trials]]
learning_rate = 0.01
option.widths = [8, 8]
"""


def test_a_file_says_ranges_choices_fixed_values_options_and_trials(tmp_path):
    file = tmp_path / "space.toml"
    file.write_text(TEXT)
    space = read_space(file, whole=WHOLE)
    assert space.parameters == {
        "learning_rate": Range(low=1e-4, high=0.1, log=True),
        "epochs": Range(low=5, high=40, whole=True),
        "optimizer": Choice(values=("adam", "sgd")),
        "batch_size": Choice(values=(32,)),
        "option.widths": Choice(values=((16, 32), (64, 128))),
    }
    assert space.trials == ({"learning_rate": 0.01, "option.widths": (8, 8)},)


@pytest.mark.parametrize(
    "space", [*map(head_space, SEARCHES), *(network_space("cifar-net", each) for each in SEARCHES)]
)
def test_a_written_space_is_read_as_it_was(space, tmp_path):
    file = tmp_path / "space.toml"
    file.write_text(write_space(space))
    assert read_space(file, whole=WHOLE) == space


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("learning_rate = {low = 1}", "learning_rate: a range has low and high.*lacks 'high'"),
        ("learning_rate = {low = 1, high = 2, lag = true}", "knows no 'lag'"),
        ("learning_rate = {low = 2, high = 1}", "a low end below its high end; received 2 to 1"),
        ("learning_rate = {low = 0, high = 1, log = true}", "must begin above 0"),
        ("learning_rate = {low = 'a', high = 1}", "must be a number; received 'a'"),
        ("epochs = {low = 1.5, high = 3}", "whole ends"),
        ("l2 = []", "at least one value"),
        ("l2 = [0.1, 0.1]", "must differ"),
        ("l2 = {low = 0, high = 1, points = 1}", "at least 2 points"),
        ("trials = 3", r"\[\[trials\]\]"),
        ("option = 3", "'option' is a table"),
        ("", "search space is empty"),
        ("learning_rate = = 1", "is no TOML"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(text, hint, tmp_path):
    file = tmp_path / "space.toml"
    file.write_text(text)
    with pytest.raises(UsageError, match=hint):
        read_space(file, whole=WHOLE)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_space(tmp_path / "no.toml")


@pytest.mark.parametrize(
    ("told", "hint"),
    [
        ({"learning_rat": [0.1]}, "Did you mean 'learning_rate'"),
        ({"epochs": [0, 3]}, "epochs = 0.*must be at least 1"),
        ({"optimizer": ["adamm"]}, "optimizer = 'adamm'"),
        ({"dropout": {"low": 0.0, "high": 1.0}}, "dropout = 1.0.*less than 1"),
        (
            {"batch_size": ["many"]},
            "batch_size = 'many': batch_size must be a whole number, at least 1; received 'many'",
        ),
        ({"trials": [{"l2": -1}]}, "trial 1, l2 = -1"),
    ],
)
def test_values_that_no_trial_could_have_are_refused_before_the_first(told, hint):
    with pytest.raises(UsageError, match=hint):
        check_space(parse_space(told), lambda values: head_settings(values, seed=0))


@pytest.mark.parametrize("search", SEARCHES)
def test_the_built_in_spaces_are_sound(search):
    check_space(head_space(search), lambda values: head_settings(values, seed=0))
    assert head_space(search).size() < 1e9


def test_what_is_not_trained_by_steps_has_no_space():
    with pytest.raises(UsageError, match="solved for at once"):
        network_space("svm")
    with pytest.raises(UsageError, match="no classifier"):
        network_space("pilotnet")
