import pytest

from learnet.core import LearnetError, Silent, UsageError
from learnet.runs import Run
from learnet.training.checkpoint import Checkpoint
from learnet.transfer_learning import resume
from learnet.transfer_learning.journal import Journal
from tiny_configs import transfer_config

CONFIG = transfer_config(backbone="resnet20", mode="partial")


def begin(folder, **changes):
    """Return the journal of a run in a process that is killed before the run's end."""
    job = Run.start(CONFIG.replace(**changes), out=folder, name="x", progress=Silent())
    if not job.is_resumed:
        job.settle(backbone="b")
    return Journal(job)


def test_what_was_decided_and_done_is_known_to_the_next_process(tmp_path):
    first = begin(tmp_path)
    first.decide("versions", 3)
    first.decide("precision", "float32")
    first.close("partial", Checkpoint(arrays={}, notes={"facts": {"a": "b"}}))
    again = begin(tmp_path, time_limit=60.0)
    assert [again.known(name) for name in ("versions", "precision", "epochs")] == [3, "float32", None]
    assert again.outcome("partial").notes["facts"] == {"a": "b"}
    assert again.outcome("full") is None
    computed = iter([Checkpoint(arrays={}, notes={"n": 1})])
    assert [each.kept("heads", lambda: next(computed)).notes for each in (first, again)] == [{"n": 1}] * 2


def test_a_finished_run_leaves_its_tables_and_no_checkpoints(tmp_path):
    journal = begin(tmp_path)
    journal.close("partial", Checkpoint(arrays={}, notes={}))
    (tmp_path / "partial" / "history.csv").write_text("epoch\n")
    (tmp_path / "partial" / "best.safetensors").write_bytes(b"x")
    journal.clear()
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")} == {"config.json", "partial/history.csv"}


def test_checkpoints_of_a_run_that_nobody_knows_any_more_are_removed(tmp_path):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "checkpoint.safetensors").write_bytes(b"x")
    assert begin(tmp_path).outcome("full") is None
    assert not (tmp_path / "full" / "checkpoint.safetensors").exists()


def test_other_options_are_refused_by_name(tmp_path):
    begin(tmp_path).close("partial", Checkpoint(arrays={}, notes={}))
    with pytest.raises(UsageError, match=r"other options: seed 0, now 1; unfreeze not given, now conv4\. Cont"):
        begin(tmp_path, seed=1, unfreeze="conv4")
    with pytest.raises(UsageError, match=r"other options: cache_limit 10\.0, now 5\.0\..*--resume"):
        begin(tmp_path, cache_limit=5.0)


def test_other_photos_are_refused(tmp_path):
    journal = begin(tmp_path)
    journal.use_photos("one")
    journal.close("partial", Checkpoint(arrays={}, notes={}))
    begin(tmp_path).use_photos("one")
    with pytest.raises(LearnetError, match="photos are not those"):
        begin(tmp_path).use_photos("two")


def test_photos_from_python_are_given_again_there(tmp_path):
    job = Run.start(CONFIG.replace(data=""), out=tmp_path, name="x", progress=Silent())
    job.settle()
    with pytest.raises(UsageError, match="resume it there, with data="):
        resume(tmp_path)
