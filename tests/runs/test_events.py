import errno
import os

import pytest

from learnet.core import Silent
from learnet.runs import Events, read_events
from learnet.runs.events import EVENTS, RecordedProgress


@pytest.fixture
def events(tmp_path):
    opened = Events.alone(tmp_path)
    assert opened is not None
    yield opened
    opened.close()


def test_each_event_can_be_read_at_once(tmp_path, events):
    events.write("message", text="größer\nals eine Zeile")
    (first,) = read_events(tmp_path)
    assert (first["event"], first["text"]) == ("message", "größer\nals eine Zeile")
    events.write("finished")
    assert [each["event"] for each in read_events(tmp_path)] == ["message", "finished"]
    assert first["time"] <= read_events(tmp_path)[1]["time"]


def test_a_torn_last_line_is_left_out_and_there_may_be_none(tmp_path, events):
    assert read_events(tmp_path / "nowhere") == []
    events.write("finished")
    with (tmp_path / EVENTS).open("a") as file:
        file.write('{"time": 1.0, "ev')
    assert [each["event"] for each in read_events(tmp_path)] == ["finished"]


def test_a_resumed_run_appends(tmp_path, events):
    events.write("interrupted")
    events.close()
    again = Events.alone(tmp_path)
    again.write("started")
    assert [each["event"] for each in read_events(tmp_path)] == ["interrupted", "started"]


def test_a_full_disk_costs_the_event_and_not_the_run(tmp_path, events, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        events.write("message", text="lost")
    events.write("finished")
    assert [each["event"] for each in read_events(tmp_path)] == ["finished"]


def test_a_stage_tells_its_rate_and_the_time_that_is_left(tmp_path, events, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("learnet.runs.events.time.monotonic", lambda: now[0])
    with RecordedProgress(events, Silent()).stage("Training", 10) as task:
        for _ in range(10):
            now[0] += 0.2
            task.advance()
    told = [(each["done"], each.get("rate"), each.get("left")) for each in read_events(tmp_path)]
    assert told == [(0, None, None), (3, 5.0, 1.4), (6, 5.0, 0.8), (9, 5.0, 0.2), (10, 5.0, 0.0)]
