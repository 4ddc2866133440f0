import importlib
import json

import pytest

import learnet
from learnet.core import DataError, Registry, Silent, UsageError
from learnet.experiments import EXPERIMENTS, Experiment, Line, Outcome, Threshold, lines_figure

REPRODUCE = importlib.import_module("learnet.experiments.reproduce")
DOCUMENT = importlib.import_module("learnet.experiments.document")


def experiment(name, run, **options):
    thresholds = (Threshold(of="x", at_least=1),)
    return Experiment(
        name=name, title=f"About {name}", paper="1", reference="S., 1999", thresholds=thresholds, run=run, **options
    )


class Counting:
    """Measures 1 for each seed, counts its calls, and can fail like a user's Ctrl-C."""

    def __init__(self, *, value=1.0, interrupt=False):
        self.calls, self.value, self.interrupt = [], value, interrupt

    def __call__(self, *, seeds, quick, progress):
        self.calls.append((list(seeds), quick))
        if self.interrupt:
            raise KeyboardInterrupt
        return Outcome(
            measured={"x": [self.value for _ in seeds]},
            figure=lambda: lines_figure([Line(x=[0, 1], y=[0, 1], label="a|b")], x_label="x", y_label="y"),
            remark="A remark.",
        )


@pytest.fixture
def table(monkeypatch):
    runs = {"good": Counting(), "bad": Counting(value=0.5), "late": Counting()}
    fakes = Registry("experiment", [experiment(name, run) for name, run in runs.items()])
    for module in (REPRODUCE, DOCUMENT):
        monkeypatch.setattr(module, "EXPERIMENTS", fakes)
    return runs


def run(names=None, **options):
    return learnet.reproduce(names, progress=Silent(), **options)


def test_seeds_and_modes_come_to_the_experiment(table):
    (row,) = run("good")
    run(["good"], quick=True)
    run("good", seeds=3, quick=True)
    assert table["good"].calls == [([0, 1, 2, 3, 4], False), ([0, 1], True), ([0, 1, 2], True)]
    assert (row.holds, row.seeds, row.measured, row.quick) == (True, 5, "x 1", False)


def test_a_threshold_not_reached_is_told_with_its_value(table):
    rows = run(["bad", "good", "BAD"], quick=True)
    assert [(row.name, row.holds, row.measured) for row in rows] == [("bad", False, "x 0.5"), ("good", True, "x 1")]


def test_the_page_has_rows_figures_and_numbers(table, tmp_path):
    page = tmp_path / "docs" / "REPRODUCTIONS.md"
    run(quick=True, out=page)
    text = page.read_text(encoding="utf-8")
    assert "2 of 3 claims hold." in text
    assert "| [bad](#bad) | 1 | x 0.5 | x at least 1 | **no** |" in text
    assert "`learnet reproduce late --seeds 2 --quick`" in text
    assert "![About good](reproductions/good.png)" in text
    folder = tmp_path / "docs" / "reproductions"
    assert sorted(path.name for path in folder.iterdir()) == ["bad.png", "good.png", "late.png", "rows.json"]
    assert [row["name"] for row in json.loads((folder / "rows.json").read_text())] == ["good", "bad", "late"]


def test_a_page_is_written_on_row_by_row(table, tmp_path):
    page = tmp_path / "R.md"
    table["late"].interrupt = True
    seen = []
    with pytest.raises(KeyboardInterrupt):
        run(quick=True, out=page, on_row=seen.append)
    assert [row.name for row in seen] == ["good", "bad"]
    assert "Not run yet: late." in page.read_text(encoding="utf-8")
    table["late"].interrupt = False
    rows = run(quick=True, out=page, resume=True)
    assert [row.holds for row in rows] == [True, False, True]
    assert [len(each.calls) for each in table.values()] == [1, 1, 2]
    table["bad"].value = 1.0
    run("bad", quick=True, out=page)
    assert "3 of 3 claims hold." in page.read_text(encoding="utf-8")
    run(quick=True, seeds=1, out=page, resume=True)  # other seeds: nothing can be taken over
    assert [len(each.calls) for each in table.values()] == [2, 3, 3]


def test_a_damaged_page_is_a_sentence(table, tmp_path):
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "rows.json").write_text('[{"name": "good"}]')
    with pytest.raises(DataError, match="cannot be read"):
        run(quick=True, out=tmp_path / "R.md")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"names": "perceptron-buond"}, "Did you mean 'perceptron-bound'"),
        ({"names": "xor", "seeds": 0}, "at least 1 seed; received 0"),
        ({"names": "xor", "resume": True}, "--out"),
    ],
)
def test_wrong_use_is_named(options, sentence):
    with pytest.raises(UsageError, match=sentence):
        run(**options)


def test_real_rows_have_values():
    (row,) = run("svm-xor", quick=True)
    assert row.values["support vectors"] == (4.0,)
    assert row.values["largest distance of a multiplier from 1/8"][0] < 1e-6
    assert EXPERIMENTS["SVM_XOR"].name == "svm-xor"
