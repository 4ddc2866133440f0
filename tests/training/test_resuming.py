import shlex

import pytest

from learnet.core import UsageError
from learnet.training.checkpoint import Checkpoint, save_checkpoint
from learnet.training.resuming import refuse_unfinished, telling_how_to_go_on

COMMAND = "learnet train"


def test_an_interrupted_training_is_not_begun_anew(tmp_path):
    folder = tmp_path / "my run"
    refuse_unfinished(None, command=COMMAND)
    refuse_unfinished(folder, command=COMMAND)  # there is none yet
    folder.mkdir()
    refuse_unfinished(folder, command=COMMAND)  # nothing to lose yet
    save_checkpoint(folder, Checkpoint(arrays={}, notes={}))
    with pytest.raises(UsageError) as refused:
        refuse_unfinished(str(folder), command=COMMAND)
    command = str(refused.value).split("Go on with: ")[1].split(". Or")[0]
    assert shlex.split(command) == ["learnet", "train", "--resume", str(folder)]
    (folder / "bundle").mkdir()
    refuse_unfinished(folder, command=COMMAND)  # finished


@pytest.mark.parametrize("command", [COMMAND, None])
def test_ctrl_c_says_how_to_go_on_where_a_command_can(tmp_path, command):
    with pytest.raises(KeyboardInterrupt) as stopped, telling_how_to_go_on(tmp_path, command=command):
        raise KeyboardInterrupt
    assert str(stopped.value) == (f"Interrupted. Go on with: learnet train --resume {tmp_path}" if command else "")
