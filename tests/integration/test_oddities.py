import csv
import hashlib

import pytest

import learnet
from integration.oddities import SKIPPED, USED, plant
from learnet.core import Silent

pytestmark = pytest.mark.slow


def contents(root):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in root.rglob("*") if path.is_file()}


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_planted_oddity_is_used_or_listed_and_nothing_is_touched(tmp_path):
    root = tmp_path / "photos"
    oddities = plant(root)
    assert len(oddities) >= 60
    before = contents(root)
    run = learnet.transfer(root, out=tmp_path / "run", progress=Silent())
    assert contents(root) == before

    skipped = {row["path"]: row["reason"] for row in rows(run.folder / "skipped.csv")}
    used = {row["path"] for row in rows(run.folder / "splits.csv")}
    fates = {oddity.path: USED if oddity.path in used else SKIPPED for oddity in oddities}
    assert fates == {oddity.path: oddity.fate for oddity in oddities}
    for oddity in oddities:
        assert (oddity.path in skipped) == (oddity.fate == SKIPPED)
    assert all(reason.endswith(".") and len(reason) > 10 for reason in skipped.values())
    assert {row["class"] for row in rows(run.folder / "splits.csv")} == {"cats", "dogs"}
    assert run.n_found == len(used) + len(skipped) == len(before)

    report = run.report.read_text(encoding="utf-8")
    assert "<img src=x" not in report
    checked = learnet.check(learnet.open_dataset(root), progress=Silent()).to_json()
    assert (checked["found"], checked["used"], checked["skipped"]) == (len(before), len(used), len(skipped))
