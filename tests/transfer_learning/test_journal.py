import json

import pytest

from learnet.core import LearnetError, UsageError
from learnet.training.checkpoint import Checkpoint
from learnet.transfer_learning import resume
from learnet.transfer_learning.journal import NOTES, Journal
from tiny_configs import transfer_config


def config(**changes):
    return transfer_config(**{"backbone": "resnet20", "mode": "partial", **changes})


def begin(folder, *, backbone="b", **changes):
    return Journal.go_on_or_begin(folder, config(**changes), from_python=False, backbone=backbone)


def test_what_was_decided_and_done_is_known_to_the_next_process(tmp_path):
    first = begin(tmp_path)
    first.use()
    first.decide("versions", 3)
    first.close("partial", Checkpoint(arrays={}, notes={"facts": {"a": "b"}}))
    again = begin(tmp_path, time_limit=60.0)
    assert (again.known("versions"), again.known("epochs")) == (3, None)
    assert again.outcome("partial").notes["facts"] == {"a": "b"}
    assert again.outcome("full") is None
    assert again.config == config()
    computed = iter([Checkpoint(arrays={}, notes={"n": 1})])
    assert [each.kept("heads", lambda: next(computed)).notes for each in (first, again)] == [{"n": 1}] * 2


def test_a_finished_run_leaves_its_tables_and_nothing_to_go_on_with(tmp_path):
    journal = begin(tmp_path)
    journal.close("partial", Checkpoint(arrays={}, notes={}))
    (tmp_path / "partial" / "history.csv").write_text("epoch\n")
    (tmp_path / "partial" / "best.safetensors").write_bytes(b"x")
    journal.finish()
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")] == ["partial/history.csv"]
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "checkpoint.safetensors").write_bytes(b"of a run that nobody knows any more")
    assert begin(tmp_path, seed=1).outcome("full") is None
    assert not (tmp_path / "full" / "checkpoint.safetensors").exists()


def test_other_arguments_are_refused_by_name(tmp_path):
    begin(tmp_path).use()
    with pytest.raises(
        UsageError, match=r"started with other options: seed 0, now 1; unfreeze not given, now conv4\. Give the same"
    ):
        begin(tmp_path, seed=1, unfreeze="conv4")
    with pytest.raises(UsageError, match=r"other options: cache_limit 10\.0, now 5\.0\..*--resume"):
        begin(tmp_path, cache_limit=5.0)
    with pytest.raises(LearnetError, match="weights of the backbone resnet20 are not those"):
        begin(tmp_path, backbone="c")


def test_other_photos_are_refused(tmp_path):
    journal = begin(tmp_path)
    journal.use_photos("one")
    journal.use()
    begin(tmp_path).use_photos("one")
    with pytest.raises(LearnetError, match="photos are not those"):
        begin(tmp_path).use_photos("two")


def test_a_run_that_failed_at_once_does_not_stand_in_the_way_of_the_next(tmp_path):
    begin(tmp_path).forget_if_unused()
    assert Journal.open(tmp_path) is None
    begin(tmp_path, seed=2).use_photos("one")  # killed before there was a bundle
    journal = begin(tmp_path, seed=1)
    journal.use_photos("two")
    journal.use()
    journal.forget_if_unused()
    assert Journal.open(tmp_path).config.seed == 1


def test_notes_that_cannot_be_understood_are_told(tmp_path):
    assert Journal.open(tmp_path) is None
    (tmp_path / NOTES).write_text("{")
    with pytest.raises(LearnetError, match="cannot be read"):
        Journal.open(tmp_path)
    (tmp_path / NOTES).write_text(json.dumps({"schema": 99}))
    with pytest.raises(LearnetError, match="of another version of learnet"):
        Journal.open(tmp_path)


def test_only_unfinished_runs_are_gone_on_with(tmp_path):
    with pytest.raises(UsageError, match="There is no unfinished run"):
        resume(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(UsageError, match="is finished"):
        resume(tmp_path)
    Journal.go_on_or_begin(tmp_path, config(), from_python=True, backbone="b")
    with pytest.raises(UsageError, match="resume it there, with data="):
        resume(tmp_path)
