import pytest

from learnet.comparison.ledger import Ledger, RowRecord, bundle_digests, photos_fingerprint
from learnet.comparison.rows import trained_rows
from learnet.core import Silent, UsageError
from learnet.options.compare import CompareConfig

CONFIG = CompareConfig(data="photos", modes=("head",), backbones=("efficientnet_lite0",), seeds=2)
FIRST, SECOND = trained_rows(CONFIG)


def test_a_row_is_known_once_it_has_ended_and_only_as_itself(tmp_path):
    ledger = Ledger(tmp_path)
    assert ledger.read(FIRST) is None
    record = RowRecord(row=FIRST, seconds=1.5, peak_memory_bytes=7, images_per_second=9.5, chosen="k = 3")
    ledger.write(record)
    assert ledger.done(FIRST) == record
    assert ledger.read(SECOND) is None
    (tmp_path / FIRST.key).rename(tmp_path / SECOND.key)
    assert ledger.read(SECOND) is None  # it holds the record of another row
    ledger.write(RowRecord(row=FIRST, problem="It was too hot."))
    assert ledger.done(FIRST) is None
    assert ledger.read(FIRST).problem == "It was too hot."
    ledger.clear(FIRST)
    assert list(ledger.place(FIRST).iterdir()) == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"row": 3}', '{"row": {"key": "x"}}'])
def test_a_damaged_record_is_none(tmp_path, content):
    ledger = Ledger(tmp_path)
    ledger.write(RowRecord(row=FIRST))
    (ledger.place(FIRST) / "row.json").write_text(content)
    assert ledger.read(FIRST) is None


def test_the_photos_fingerprint_knows_contents_names_and_classes(photos):
    def now():
        return photos_fingerprint(CompareConfig(data=str(photos)), progress=Silent())

    first = now()
    assert first == now()
    seen = {first}
    (photos / "ant" / "0.png").rename(photos / "ant" / "new.png")
    seen.add(now())
    (photos / "ant" / "new.png").rename(photos / "bee" / "new.png")
    seen.add(now())
    (photos / "bee" / "new.png").write_bytes((photos / "cat" / "0.png").read_bytes())
    seen.add(now())
    (photos / "bee" / "new.png").unlink()
    seen.add(now())
    assert len(seen) == 5


def test_a_folder_without_a_bundle_is_refused(tmp_path):
    (tmp_path / "empty").mkdir()
    asked = CompareConfig(data="photos", modes=("head",), backbones=(str(tmp_path / "empty"),))
    with pytest.raises(UsageError, match="There is no bundle in"):
        bundle_digests(asked)
    (tmp_path / "empty" / "bundle.json").write_bytes(b"")
    assert bundle_digests(asked) == {
        str(tmp_path / "empty"): "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    }
