import numpy as np
import pytest

from learnet.applications.drive import Expert, open_recording, record, simulator_is_installed, track_seeds
from learnet.applications.drive.recording import tracks_apart
from learnet.core import DataError, UsageError

installed = pytest.mark.skipif(not simulator_is_installed(), reason="the extra 'drive' is not installed")


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return record(tmp_path_factory.mktemp("drives"), tracks=2, seed=1, most_steps=16)


@installed
def test_each_decision_is_kept_with_what_lies_ahead(recording):
    assert recording.tracks == tuple(sorted(track_seeds("record", count=2, seed=1)))
    drive = recording.drive(recording.tracks[0])
    assert drive.frames.shape == (4, 84, 96, 3)
    np.testing.assert_allclose(drive.zooms, [(0.1 * (1 - t) / 2.7 + t) for t in (0.02, 0.10, 0.18, 0.26)], rtol=1e-5)
    np.testing.assert_allclose(drive.ahead[0, 0], 0, atol=0.6)  # the car starts on the line
    np.testing.assert_allclose(np.hypot(*np.diff(drive.ahead, axis=1).transpose(2, 0, 1)), 1, atol=0.05)
    assert (drive.speeds > 30).all()
    assert drive.frames.std() > 10


@installed
def test_a_stopped_recording_goes_on_with_what_is_missing_and_comes_out_the_same(recording, tmp_path):
    record(tmp_path, tracks=1, seed=1, most_steps=16)
    (first,) = tmp_path.glob("track-*.npz")
    written = first.stat().st_mtime_ns
    whole = record(tmp_path, tracks=2, seed=1, most_steps=16)
    assert first.stat().st_mtime_ns == written
    assert whole.tracks == recording.tracks
    for track in whole.tracks:
        one, other = whole.drive(track), recording.drive(track)
        np.testing.assert_array_equal(one.frames, other.frames)
        np.testing.assert_array_equal(one.ahead, other.ahead)


@installed
def test_time_that_is_up_begins_no_track(recording):
    with pytest.raises(DataError, match="holds no track yet"):
        record(recording.folder.parent / "late", tracks=2, time_limit=-1)
    assert record(recording.folder, tracks=5, seed=1, time_limit=-1).tracks == recording.tracks


@installed
@pytest.mark.parametrize(
    ("change", "name"), [({"seed": 2}, "seed"), ({"seed": 1, "expert": Expert(grip=90.0)}, "expert")]
)
def test_a_recording_begun_otherwise_is_not_mixed_with(recording, change, name):
    with pytest.raises(UsageError, match=f"begun with another {name}"):
        record(recording.folder, tracks=2, **change)


@installed
def test_a_damaged_file_is_named(recording, tmp_path):
    for path in recording.folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    opened = open_recording(tmp_path)
    broken = next(tmp_path.glob("track-*.npz"))
    track = int(broken.stem.removeprefix("track-"))
    broken.write_bytes(broken.read_bytes()[:-30])
    with pytest.raises(DataError, match=rf"{broken.name}' is damaged.*record again"):
        opened.drive(track)
    np.savez(broken, allow_pickle=True, frames=np.array([{}], object), zooms=0, ahead=0, speeds=np.zeros(1))
    with pytest.raises(DataError, match="damaged"):
        opened.drive(track)
    np.savez(broken, frames=np.zeros((1, 2)), zooms=0, ahead=0, speeds=np.zeros(1))
    with pytest.raises(DataError, match="'frames' should be uint8 of shape"):
        opened.drive(track)


def test_no_recording_is_told(tmp_path):
    with pytest.raises(DataError, match=r"There is no recording in .* learnet drive record --out"):
        open_recording(tmp_path / "none")
    (tmp_path / "recording.json").write_text('{"format": 1, "seed": 0, "expert": {"colour": "red"}}')
    with pytest.raises(DataError, match="not what a recording begins with"):
        open_recording(tmp_path)


def test_whole_tracks_are_held_back():
    train, held = tracks_apart(range(0, 40, 2), share=0.1)
    assert len(held) == 2
    assert sorted([*train, *held]) == list(range(0, 40, 2))
    with pytest.raises(DataError, match="at least 2 recorded tracks"):
        tracks_apart([4], share=0.1)


@pytest.mark.parametrize("workers", [0, 1000])
def test_the_number_of_workers_has_limits(tmp_path, workers):
    with pytest.raises(UsageError, match="workers must be 1 to 256"):
        record(tmp_path, tracks=1, workers=workers)
