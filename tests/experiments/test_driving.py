import pytest

from learnet.applications.drive import simulator_is_installed
from learnet.core import Silent
from learnet.experiments import EXPERIMENTS

pytestmark = pytest.mark.slow


@pytest.mark.skipif(not simulator_is_installed(), reason="the extra 'drive' is not installed")
def test_views_in_quick_mode_shows_both_networks_side_by_side():
    outcome = EXPERIMENTS["pilotnet-views"].run(seeds=[0], quick=True, progress=Silent())
    for name in ("with", "without"):
        assert len(outcome.measured[f"mean reward {name} moved views"]) == 1
        assert outcome.measured[f"autonomy {name} them under knocks, %"] == [100.0]
    assert outcome.measured["autonomy gained by them, all laps together, %"] == [0.0]
    assert outcome.measured["autonomy with moved views, %"] == [100.0]  # nobody leaves the road in 0.8 seconds
