from statistics import mean

import numpy as np
import pytest
from sklearn.metrics import f1_score

from learnet.comparison import ComparedRow, pick
from learnet.comparison.ledger import Ledger, RowRecord
from learnet.comparison.rows import simple_rows, trained_rows
from learnet.comparison.table import macro_f1, mind_simple, tabulate
from learnet.core.runs import write_table
from learnet.evaluation import bootstrap_by_photo, confusion_matrix, paired_test
from learnet.options.compare import CompareConfig

CONFIG = CompareConfig(data="photos", modes=("head", "full"), backbones=("efficientnet_lite0",), seeds=2)
HEAD0, HEAD1, FULL0, FULL1 = trained_rows(CONFIG)
MAJORITY, NEAREST = simple_rows(CONFIG, {0: HEAD0.key, 1: HEAD1.key})[:2]
PHOTOS = {0: ["a1", "b1", "b2", "a2"], 1: ["a1", "a3", "b3", "b1"]}


def row(name, accuracy, *, speed=100.0, minutes=1.0, trained=True):
    return ComparedRow(
        name=name,
        accuracy=accuracy,
        low=accuracy - 0.01,
        high=accuracy + 0.01,
        macro_f1=accuracy,
        minutes=minutes,
        images_per_second=speed,
        trained=trained,
    )


def against(gained, lost):
    first = [True] * 50 + [False] * gained + [True] * lost
    second = [True] * 50 + [True] * gained + [False] * lost
    return paired_test(first, second)


def answered(ledger, ended, said, **measured):
    """Write the answers of a row, one letter a photo, seed by seed."""
    lines = [
        (seed, photo, photo[0], answer)
        for seed, answers in zip(ended.seeds, said, strict=True)
        for photo, answer in zip(PHOTOS[seed], answers, strict=True)
    ]
    columns = ("path", "class", "answer") if ended.trained else ("seed", "path", "class", "answer")
    write_table(ledger.place(ended) / "predictions.csv", columns, [line[4 - len(columns) :] for line in lines])
    return RowRecord(row=ended, **measured)


def test_the_cheaper_one_is_taken_where_no_difference_is_shown():
    rows = [row("slow", 0.95, speed=10), row("fast", 0.949, speed=100), row("worse", 0.9, speed=500)]
    said = pick(rows, {"fast": against(5, 4), "worse": against(60, 5)})
    assert said.startswith("fast: 94.9%")
    assert "difference not shown" in said


def test_the_best_one_is_taken_where_it_is_shown_to_be_better():
    rows = [row("slow", 0.95, speed=10), row("fast", 0.9, speed=100)]
    assert pick(rows, {"fast": against(60, 5)}) == "slow: the best of the trainings, 95.0%."


def test_what_cannot_be_compared_is_not_taken():
    rows = [row("slow", 0.95, speed=10), row("fast", 0.949, speed=100)]
    assert pick(rows, {}).startswith("slow:")


def test_of_equal_speeds_the_shorter_training_is_taken():
    rows = [row("long", 0.95, minutes=9.0, speed=227), row("short", 0.949, minutes=1.0, speed=198)]
    assert pick(rows, {"short": against(5, 4)}).startswith("short")


def test_a_simple_method_that_does_better_is_told():
    said = mind_simple(row("kNN", 0.97, trained=False), against(60, 5))
    assert said.startswith(" But kNN reaches 97.0% without training a network, which is +47.8 points (")
    assert said.endswith(" against the best training.")


def test_macro_f1_is_scikit_learns():
    random = np.random.default_rng(0)
    truth, said = random.integers(0, 5, (2, 200))
    confusion = confusion_matrix(truth, said, classes=5)
    assert macro_f1(confusion) == pytest.approx(f1_score(truth, said, average="macro"))


def test_seeds_make_one_row_and_neighbours_are_compared_photo_by_photo(tmp_path):
    ledger = Ledger(tmp_path)
    records = [
        answered(ledger, HEAD0, ["abba"], seconds=60, peak_memory_bytes=2_000_000, images_per_second=10, computed=4),
        answered(ledger, HEAD1, ["aabb"], seconds=180, peak_memory_bytes=1_000_000, images_per_second=30),
        answered(ledger, FULL0, ["abaa"], seconds=60, bundle_bytes=3_500_000, latency_ms=4, images_per_second=1),
        answered(ledger, FULL1, ["abbb"], seconds=60, bundle_bytes=3_500_000, latency_ms=8, images_per_second=1),
        answered(ledger, MAJORITY, ["aaaa", "bbbb"], seconds=30),
        answered(ledger, NEAREST, ["bbbb", "aabb"], chosen="k = 3"),
    ]
    table = tabulate(records, ledger)
    head, full, nearest, majority = table.rows
    names = ["head", "full"]
    assert [head.name, full.name] == [f"efficientnet_lite0, {name}" for name in names]
    assert nearest.name == "k nearest neighbours on pixels (k = 3)"
    assert majority.name == "always the largest class"
    assert [each.accuracy for each in table.rows] == [1.0, 0.75, 0.75, 0.5]
    assert [each.trained for each in table.rows] == [True, True, False, False]
    assert [each.seeds for each in table.rows] == [2, 2, 2, 2]
    photos = PHOTOS[0] + PHOTOS[1]
    right = [1, 1, 0, 1, 1, 0, 1, 1]  # of the full training
    assert (head.low, head.high) == bootstrap_by_photo([1] * 8, photos, seed=0)
    assert (full.low, full.high) == bootstrap_by_photo(right, photos, seed=0)
    pairs = (("abba", "abaa"), ("aabb", "abbb"))
    scores = [f1_score(list(truth), list(said), average="macro") for truth, said in pairs]
    assert full.macro_f1 == pytest.approx(mean(scores))
    assert majority.macro_f1 == pytest.approx(1 / 3)  # F1 of 2/3 for one class, none for the other
    assert (head.minutes, head.peak_memory_mb, head.images_per_second, head.computed) == (2.0, 2.0, 20.0, 4)
    assert (full.disk_mb, full.latency_ms) == (3.5, 6.0)
    assert majority.minutes == 0.5
    first = table.neighbours[0]
    assert first[:2] == (head.name, full.name)
    assert first[2] == paired_test(right, [1] * 8, photos=photos).describe()
    assert first[2].startswith("+25.0 points")
    assert "lost of 8 to 6 photos" in first[2]
    assert table.pick.startswith("efficientnet_lite0, head: the best of the trainings, 100.0%.")
    assert "But" not in table.pick


def test_a_failed_row_is_told_and_the_other_seeds_stand(tmp_path):
    ledger = Ledger(tmp_path)
    table = tabulate(
        [
            answered(ledger, HEAD0, ["abbb"]),
            RowRecord(row=HEAD1, problem="There was not enough memory."),
            RowRecord(row=FULL0, problem="It melted."),
            answered(ledger, FULL1, ["aabb"]),
            answered(ledger, MAJORITY, ["abba", "bbbb"]),
            RowRecord(row=NEAREST, problem="It was lost."),
        ],
        ledger,
    )
    assert [(each.name, each.seeds, each.accuracy) for each in table.rows] == [
        ("efficientnet_lite0, full", 1, 1.0),
        ("efficientnet_lite0, head", 1, 0.75),
        ("always the largest class", 2, 0.75),
    ]
    assert [(each.name, each.seed, each.reason) for each in table.failed] == [
        ("efficientnet_lite0, head", 1, "There was not enough memory."),
        ("efficientnet_lite0, full", 0, "It melted."),
        ("k nearest neighbours on pixels", None, "It was lost."),
    ]
    assert [said for _, _, said in table.neighbours] == [
        "no run of both with the same seed",
        paired_test([1, 1, 1, 1], [1, 1, 1, 0]).describe(),
    ]
    assert table.pick == "efficientnet_lite0, full: the best of the trainings, 100.0%."
