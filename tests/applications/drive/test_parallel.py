import operator
import os
import signal
import subprocess
import sys
import time

import pytest

from learnet.applications.drive.parallel import each_track
from learnet.core import LearnetError, Silent


def run(work, tracks, **options):
    return dict(each_track(work, tracks, **{"workers": 1, "title": "Tracks", "progress": Silent(), **options}))


@pytest.mark.parametrize("workers", [1, 2])
def test_each_track_is_worked_on_once(workers):
    assert run(abs, [-3, 5, -7], workers=workers) == {-3: 3, 5: 5, -7: 7}


def test_an_error_in_a_process_comes_out_here():
    with pytest.raises(AttributeError):
        run(operator.methodcaller("no_such_method"), [1, 2], workers=2)


def test_a_process_that_dies_is_told():
    with pytest.raises(LearnetError, match=r"died.*run the same command again"):
        run(os._exit, [1, 2], workers=2)


def test_nothing_is_begun_when_the_time_is_up():
    assert run(abs, [1, 2], deadline=time.perf_counter() - 1) == {}
    assert run(abs, [1, 2], workers=2, deadline=time.perf_counter() - 1) == {}


_CHILD = """
import signal, time
from learnet.applications.drive.parallel import each_track
from learnet.core import Silent

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are begun without it
    try:
        for track, _ in each_track(time.sleep, [0.01, *[0.5] * 40], workers=2, title="Tracks", progress=Silent()):
            print(track, flush=True)
    except KeyboardInterrupt:
        print("stopped", signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


_LOST = """
import signal, time
from learnet.applications.drive.parallel import each_track
from learnet.core import Silent

class Dropped:
    def __del__(self):  # Python drops what is raised here
        signal.raise_signal(signal.SIGINT)

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs are begun without it
    done = []
    try:
        for track, _ in each_track(time.sleep, [0.01, *[0.02] * 40], workers=2, title="Tracks", progress=Silent()):
            done.append(track)
            dropped = Dropped()
            del dropped
    except KeyboardInterrupt:
        print("stopped after", len(done), signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""


def test_a_ctrl_c_that_python_drops_is_heard_all_the_same(tmp_path):
    script = tmp_path / "lost.py"
    script.write_text(_LOST)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] in {"stopped after 1 True", "stopped after 2 True"}  # both ended at once
    assert "KeyboardInterrupt" in done.stderr  # "Exception ignored in"


def test_an_impatient_ctrl_c_ends_it_once(tmp_path):
    script = tmp_path / "child.py"
    script.write_text(_CHILD)
    with subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "0.01\n"
        for _ in range(5):
            child.send_signal(signal.SIGINT)
            time.sleep(0.05)
        said, _ = child.communicate(timeout=60)
    assert said.splitlines()[-1] == "stopped True"
    assert child.returncode == 0
