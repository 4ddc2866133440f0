import numpy as np
import pytest
from sklearn.metrics import f1_score

from learnet.comparison import ComparedRow, Comparison, compare, pick
from learnet.comparison.compare import macro_f1
from learnet.comparison.page import render_page
from learnet.core import UsageError
from learnet.evaluation import confusion_matrix, paired_test


def row(name, accuracy, *, speed=100.0, minutes=1.0):
    return ComparedRow(
        name=name,
        accuracy=accuracy,
        low=accuracy - 0.01,
        high=accuracy + 0.01,
        macro_f1=accuracy,
        minutes=minutes,
        images_per_second=speed,
    )


def against(gained, lost):
    first = [True] * 50 + [False] * gained + [True] * lost
    second = [True] * 50 + [True] * gained + [False] * lost
    return paired_test(first, second)


def test_the_cheaper_one_is_taken_where_no_difference_is_shown():
    rows = [row("slow", 0.95, speed=10), row("fast", 0.949, speed=100), row("worse", 0.9, speed=500)]
    said = pick(rows, {"fast": against(5, 4), "worse": against(60, 5)})
    assert said.startswith("fast: 94.9%")
    assert "difference not shown" in said


def test_the_best_one_is_taken_where_it_is_shown_to_be_better():
    rows = [row("slow", 0.95, speed=10), row("fast", 0.9, speed=100)]
    assert pick(rows, {"fast": against(60, 5)}) == "slow: the best accuracy, 95.0%."


def test_of_equal_speeds_the_shorter_training_is_taken():
    rows = [row("long", 0.95, minutes=9.0), row("short", 0.949, minutes=1.0)]
    assert pick(rows, {"short": against(5, 4)}).startswith("short")


def test_macro_f1_is_scikit_learns():
    random = np.random.default_rng(0)
    truth, said = random.integers(0, 5, (2, 200))
    confusion = confusion_matrix(truth, said, classes=5)
    assert macro_f1(confusion) == pytest.approx(f1_score(truth, said, average="macro"))


def test_the_page_shows_names_as_text(tmp_path):
    made = Comparison(
        folder=tmp_path, rows=(row("<b>", 0.5),), neighbours=(("a", "b", "+1.0 points"),), pick="<i>: the best"
    )
    page = render_page(made)
    assert "&lt;b&gt;" in page
    assert "<i>" not in page
    assert "50.0" in page


def test_nothing_to_compare_is_refused():
    with pytest.raises(UsageError, match="received 'heads'"):
        compare("photos", modes=("heads",))
    with pytest.raises(UsageError, match="at least one mode"):
        compare("photos", modes=())
