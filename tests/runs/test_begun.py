import json
import re
import shlex

import pytest

from learnet.core import LearnetError, UsageError
from learnet.options.train import TrainConfig
from learnet.options.transfer import TransferConfig
from learnet.runs import Begun, started_here, telling_how_to_resume, unfinished_in
from learnet.runs.begun import refuse_finished
from learnet.training.checkpoint import Checkpoint, save_checkpoint

CONFIG = TrainConfig.of(data="my photos", model="mlp", epochs=3, jit="auto")


def begin(folder, **notes):
    begun = Begun(folder=folder, asked=CONFIG, used=CONFIG.replace(jit=False), notes=notes)
    begun.write()
    save_checkpoint(folder, Checkpoint(arrays={}, notes={}))
    return begun


def test_an_interrupted_training_goes_on_with_the_same_options_and_is_not_begun_anew_with_others(tmp_path):
    folder = tmp_path / "my run"
    assert unfinished_in(None, CONFIG) is None
    assert unfinished_in(folder, CONFIG) is None  # there is none yet
    folder.mkdir()
    assert unfinished_in(folder, CONFIG) is None  # nothing to lose yet
    begun = begin(folder, fingerprint="abc")
    assert unfinished_in(folder, CONFIG) == begun
    assert unfinished_in(str(folder), CONFIG) == begun
    with pytest.raises(UsageError) as refused:
        unfinished_in(str(folder), CONFIG.replace(epochs=4, patience=2))
    told, command = str(refused.value).split("Continue it with: ")
    assert told == (
        f"'{folder}' holds an unfinished run with other options: epochs 3, now 4; patience not given, now 2. "
    )
    command, rest = command.split(". Or ")
    assert shlex.split(command) == ["learnet", "train", "--resume", str(folder)]
    assert rest == "choose another --out, or delete the folder."
    (folder / "run.json").write_text("{}")
    said = re.escape(f"'{folder}' holds a finished run. Choose another --out, or delete the folder.")
    for refuse in (lambda: unfinished_in(folder, CONFIG), lambda: refuse_finished(folder)):
        with pytest.raises(UsageError, match=f"^{said}$"):
            refuse()
    refuse_finished(None)
    refuse_finished(tmp_path)


def test_what_a_run_was_started_with_survives_the_disk(tmp_path):
    begun = begin(tmp_path, fingerprint="abc", more=[1, None])
    assert started_here(tmp_path, TrainConfig) == begun
    assert started_here(str(tmp_path), TrainConfig) == begun


@pytest.mark.parametrize("content", [None, "", "{", "[1"])
def test_what_is_no_run_is_not_resumed(tmp_path, content):
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    said = re.escape(
        f"'{tmp_path}' is no run that can be resumed: its config.json cannot be read. Give the folder that 'learnet "
        "train' named, or start a new run."
    )
    with pytest.raises(UsageError, match=f"^{said}$"):
        started_here(tmp_path, TrainConfig)


@pytest.mark.parametrize("told", [[], 3, {}, {"schema": 1}, {"schema": 99}])
def test_a_run_of_another_version_is_refused(tmp_path, told):
    (tmp_path / "config.json").write_text(json.dumps(told))
    with pytest.raises(LearnetError, match=f"^The run in '{tmp_path}' is of another version of learnet"):
        started_here(tmp_path, TrainConfig)


def test_so_is_one_with_options_that_there_are_no_more_or_of_another_workflow(tmp_path):
    begin(tmp_path)
    with pytest.raises(LearnetError, match="of another version of learnet"):
        started_here(tmp_path, TransferConfig)


@pytest.mark.parametrize("possible", [True, False])
def test_ctrl_c_says_how_to_go_on_where_a_command_can(tmp_path, possible):
    with pytest.raises(KeyboardInterrupt) as stopped, telling_how_to_resume(tmp_path, CONFIG, possible=possible):
        raise KeyboardInterrupt
    assert str(stopped.value) == (f"Interrupted. Go on with: learnet train --resume {tmp_path}" if possible else "")
