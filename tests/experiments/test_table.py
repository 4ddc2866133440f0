"""Every experiment of the table, in quick mode: its claim holds where that is long enough, and its figure is drawn.

What the others show in quick mode is held in the test of their family.
"""

import pytest

from learnet.core import Silent
from learnet.experiments import EXPERIMENTS
from learnet.experiments.record import judge
from learnet.plots import to_png

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "experiment", [each for each in EXPERIMENTS if each.quick_reaches], ids=lambda experiment: experiment.name
)
def test_the_claim_holds(experiment):
    outcome = experiment.run(seeds=range(experiment.quick_seeds), quick=True, progress=Silent())
    row = judge(experiment, outcome, seeds=experiment.quick_seeds, quick=True, seconds=0.0)
    assert row.holds, f"{row.measured}; wanted: {row.threshold}"
    if outcome.figure is not None:
        assert to_png(outcome.figure(), dots_per_inch=30)[:4] == b"\x89PNG"


@pytest.mark.parametrize("experiment", list(EXPERIMENTS), ids=lambda experiment: experiment.name)
def test_a_reference_has_a_year_and_quick_is_smaller(experiment):
    assert any(word.strip(",;()").isdigit() and len(word.strip(",;()")) == 4 for word in experiment.reference.split())
    assert experiment.quick_seeds <= experiment.seeds
