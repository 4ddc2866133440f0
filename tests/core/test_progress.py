import io

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


def test_short_stages_are_not_worth_a_line_and_silence_is_silent(capsys):
    with Lines().stage("Quick", 1) as task:
        task.advance()
    with Silent().stage("Quick", 1) as task:
        task.advance()
    Silent().say("nothing")
    assert capsys.readouterr() == ("", "")
