from types import SimpleNamespace

import pytest

from learnet.comparison import measure
from learnet.comparison.ledger import Ledger
from learnet.comparison.rows import trained_rows
from learnet.core import Silent
from learnet.options.compare import CompareConfig

CONFIG = CompareConfig(data="photos", modes=("head", "partial", "full", "auto"), backbones=("efficientnet_lite0",))


@pytest.mark.parametrize(
    ("mode", "saved", "told"),
    [
        ("head", "head", ""),
        ("partial", "partial", ""),
        ("partial", "head", "saved: head"),
        ("full", "full", ""),
        ("auto", "partial", "saved: partial"),
    ],
)
def test_a_row_is_what_its_mode_gives_and_says_where_it_is_not(mode, saved, told, tmp_path, monkeypatch):
    (row,) = [each for each in trained_rows(CONFIG) if each.way == mode]
    ledger, asked = Ledger(tmp_path), {}

    def transfer(config, *, out, progress):
        asked.update(config.values())
        (out / "bundle").mkdir(parents=True)
        (out / "bundle" / "weights").write_bytes(b"12345")
        return SimpleNamespace(seconds=3.0, n_computed=7, details={"mode": saved})

    monkeypatch.setattr(measure, "run", transfer)
    monkeypatch.setattr(measure, "_prediction", lambda _: (50.0, 20.0))
    record = measure.measure_row(row, CONFIG, ledger, progress=Silent())
    assert asked["mode"] == mode
    assert asked["keep_mode"] is (mode in ("partial", "full"))
    assert (record.chosen, record.bundle_bytes, record.computed, record.seconds) == (told, 5, 7, 3.0)
