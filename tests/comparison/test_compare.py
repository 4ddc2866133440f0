import csv
import json
import os
import re
from dataclasses import asdict

import pytest

from learnet.comparison import compare, resume
from learnet.core import LearnetError, Silent, UsageError

LITE = "efficientnet_lite0"
ASKED = {"modes": ("head", "partial"), "seeds": 2, "processes": False}
ROWS = [
    *(f"{LITE}-{mode}-seed{seed}" for mode in ("head", "partial") for seed in (0, 1)),
    *("majority", "k-nearest-neighbours-on-pixels", f"k-nearest-neighbours-on-features-of-{LITE}"),
    *("linear-svm-on-pixels", f"linear-svm-on-features-of-{LITE}"),
]


class Stop(Silent):
    """Interrupts at one of the lines that a row says: before its work, or when all but its record is written."""

    def __init__(self, after):
        self.left, self.said = after, []

    def say(self, line):
        self.said.append(line)
        if line == "half" or line.startswith("Row"):
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1


def telling(made):
    """All that a comparison says but times."""
    rows = [{name: value for name, value in asdict(row).items() if name != "minutes"} for row in made.rows]
    return rows, made.failed, made.neighbours, re.sub(r"in \d+\.\d minutes", "", made.pick)


@pytest.fixture
def uninterrupted(photos, tmp_path, measurer):
    made = compare(photos, out=tmp_path / "whole", progress=Silent(), **ASKED)
    assert measurer.calls == ROWS
    measurer.calls.clear()
    return made


@pytest.mark.slow
def test_interrupted_anywhere_it_goes_on_and_says_the_same(photos, tmp_path, measurer, uninterrupted):
    for after in range(2 * len(ROWS)):
        out, done = tmp_path / f"stopped{after}", after // 2
        with pytest.raises(KeyboardInterrupt, match=rf"{done} of 9 rows have ended .* --resume {re.escape(str(out))}$"):
            compare(photos, out=out, progress=Stop(after), **ASKED)
        assert {path.parent.name for path in out.glob("*/row.json")} == set(ROWS[:done])
        assert measurer.calls == ROWS[: (after + 1) // 2]
        measurer.calls.clear()
        again = Stop(100)
        made = compare(photos, out=out, progress=again, **ASKED)
        assert measurer.calls == ROWS[done:]
        assert again.said[0].startswith(f"Row {done + 1} of 9:")
        assert telling(made) == telling(uninterrupted)
        measurer.calls.clear()


def test_a_finished_comparison_is_refused(photos, measurer, uninterrupted):
    out = uninterrupted.folder
    for again in (
        lambda: compare(photos, out=out, progress=Silent(), **ASKED),
        lambda: compare(photos, out=out, progress=Silent(), **{**ASKED, "seeds": 3}),
    ):
        with pytest.raises(UsageError, match=f"^'{out}' holds a finished run. Choose another --out, or delete"):
            again()
    with pytest.raises(UsageError, match=f"^The run in '{out}' is finished: there is nothing to resume.$"):
        resume(out, processes=False, progress=Silent())
    assert measurer.calls == []
    assert json.loads((out / "run.json").read_text())["result"]["pick"] == uninterrupted.pick


@pytest.mark.parametrize("name", ["majority", ROWS[0]])
def test_nothing_of_others_is_written_over(photos, tmp_path, measurer, name):
    (tmp_path / name).mkdir()
    with pytest.raises(UsageError, match=f"{name}' is there already, and no comparison made it"):
        compare(photos, out=tmp_path, progress=Silent(), **ASKED)
    assert measurer.calls == []
    assert (tmp_path / name).is_dir()


def test_what_is_complete_is_taken_over(photos, measurer, uninterrupted):
    for name in ("run.json", "compare.json"):  # as if it had been killed before all was written
        (uninterrupted.folder / name).unlink()
    assert telling(resume(uninterrupted.folder, processes=False, progress=Silent())) == telling(uninterrupted)
    assert measurer.calls == []


def test_it_goes_on_however_often_it_is_interrupted(photos, tmp_path, measurer, uninterrupted):
    out, stops = tmp_path / "stopped", 0
    while True:
        try:
            made = compare(photos, out=out, progress=Stop(2), **ASKED)
            break
        except KeyboardInterrupt:
            stops += 1
    assert stops == len(ROWS) - 1  # each time one row more
    assert telling(made) == telling(uninterrupted)
    assert measurer.calls == ROWS


def test_a_row_that_fails_is_told_and_tried_again(photos, tmp_path, measurer, uninterrupted):
    out = tmp_path / "failing"
    measurer.fails = {ROWS[1]: MemoryError(), ROWS[6]: OSError(28, "No space left on device"), ROWS[7]: KeyError("x")}
    made = compare(photos, out=out, progress=Silent(), **ASKED)
    assert [(row.name, row.seed, row.reason) for row in made.failed] == [
        (f"{LITE}, head", 1, "There was not enough memory."),
        ("k nearest neighbours on features", None, "The system refused to go on: No space left on device."),
        ("linear SVM on pixels", None, "It failed in a way that learnet did not foresee: KeyError: 'x'."),
    ]
    assert [row.seeds for row in made.rows if row.name == f"{LITE}, head"] == [1]
    with (out / "compare.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [(line["name"], line["accuracy"], line["problem"]) for line in lines if line["problem"]] == [
        (row.name if row.seed is None else f"{row.name}, seed {row.seed}", "", row.reason) for row in made.failed
    ]
    told = json.loads((out / "compare.json").read_text())
    assert told["failed"][0] == {"name": f"{LITE}, head", "seed": 1, "reason": "There was not enough memory."}
    measurer.fails.clear()
    measurer.calls.clear()
    assert telling(resume(out, processes=False, progress=Silent())) == telling(uninterrupted)
    assert measurer.calls == [ROWS[1], *ROWS[4:]]  # the second seed's split is now that of its first run


def test_simple_methods_take_the_split_of_a_run_that_has_one(photos, tmp_path, measurer, uninterrupted):
    out = tmp_path / "failing"
    measurer.fails = {ROWS[0]: MemoryError(), ROWS[1]: MemoryError(), ROWS[3]: MemoryError()}
    made = compare(photos, out=out, progress=Silent(), **ASKED)
    known = json.loads((out / "majority" / "row.json").read_text())["row"]
    assert (known["seeds"], known["splits"]) == ([0], [ROWS[2]])
    assert {row.seeds for row in made.rows} == {1}
    measurer.fails.clear()
    measurer.calls.clear()
    assert telling(resume(out, processes=False, progress=Silent())) == telling(uninterrupted)
    assert measurer.calls == [*ROWS[:2], *ROWS[3:]]  # simple methods again, now for both seeds


def test_where_every_training_fails_there_is_nothing_to_compare(photos, tmp_path, measurer):
    measurer.fails = dict.fromkeys(ROWS[:4], UsageError("The time limit is too short."))
    with pytest.raises(LearnetError, match=r"Every training failed\. The first one: The time limit is too short\."):
        compare(photos, out=tmp_path / "none", progress=Silent(), **ASKED)


def test_other_settings_and_other_photos_are_refused(photos, tmp_path, measurer):
    out = tmp_path / "out"
    measurer.fails = {ROWS[-1]: MemoryError()}  # so that it is not finished
    compare(photos, out=out, progress=Silent(), **ASKED)
    before = (out / "compare.json").read_bytes()
    with pytest.raises(
        UsageError, match=r"with other options: test_fraction 0\.2, now 0\.3; seeds 2, now 3\. Continue"
    ):
        compare(photos, out=out, progress=Silent(), **{**ASKED, "seeds": 3, "test_fraction": 0.3})
    (photos / "ant" / "0.png").unlink()
    with pytest.raises(LearnetError, match=r"The photos of .* are not those that the run in"):
        compare(photos, out=out, progress=Silent(), **ASKED)
    with pytest.raises(LearnetError, match=r"The photos of .* are not those that the run in"):
        resume(out, processes=False, progress=Silent())
    assert measurer.calls == ROWS
    assert (out / "compare.json").read_bytes() == before


def test_what_does_not_exist_leaves_no_folder(tmp_path):
    with pytest.raises(UsageError):
        compare(tmp_path / "nothing", out=tmp_path / "out", progress=Silent())
    assert not (tmp_path / "out").exists()


def test_without_a_folder_it_makes_one(photos, tmp_path, measurer, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = compare(os.fspath(photos), modes=("head",), processes=False, progress=Silent())
    assert re.fullmatch(r"runs/compare-photos-\d{8}-\d{6}", made.folder.as_posix())
    assert {path.name for path in made.folder.glob("compare.*")} == {"compare.csv", "compare.html", "compare.json"}
