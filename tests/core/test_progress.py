import io

import pytest

from learnet.core import Lines, Silent


def test_lines_tell_rate_and_time_left():
    out = io.StringIO()
    with Lines(out=out, every=0.0).stage("Looking", 4) as task:
        task.advance(2)
        task.advance(2)
    first, *rest = out.getvalue().splitlines()
    assert first.startswith("Looking: 2/4, ")
    assert first.endswith(" s left")
    assert rest == []


@pytest.mark.parametrize(("seconds", "said"), [(0.001, "2000/s"), (0.8, "2.5/s"), (8.0, "0.25/s")])
def test_a_rate_is_never_told_as_nothing(seconds, said, monkeypatch):
    clock, out = iter([0.0, 0.0, seconds]), io.StringIO()
    monkeypatch.setattr("learnet.core.progress.time.monotonic", lambda: next(clock, seconds))
    with Lines(out=out, every=0.0).stage("Looking", 4) as task:
        task.advance(2)
    assert out.getvalue().splitlines()[0].split(", ")[1] == said


def test_short_stages_are_not_worth_a_line_and_silence_is_silent(capsys):
    with Lines().stage("Quick", 1) as task:
        task.advance()
    with Silent().stage("Quick", 1) as task:
        task.advance()
    Silent().say("nothing")
    assert capsys.readouterr() == ("", "")
