import os
import subprocess
import sys

import pytest

from learnet.core.locks import lock


@pytest.fixture
def opened(tmp_path):
    """Opens the same file again and again, as other processes would."""
    descriptors = []

    def reopen():
        descriptors.append(os.open(tmp_path / "file", os.O_RDWR | os.O_CREAT))
        return descriptors[-1]

    yield reopen
    for descriptor in descriptors:
        os.close(descriptor)


def test_one_holds_it_at_a_time(opened):
    first, second = opened(), opened()
    assert lock(first, wait=False)
    assert not lock(second, wait=False)
    assert not lock(second, wait=False, shared=True)


def test_some_share_it(opened):
    first, second, third = opened(), opened(), opened()
    assert lock(first, shared=True)
    assert lock(second, shared=True)
    assert not lock(third, wait=False)
    assert not lock(first, wait=False)  # the second holds it, too


def test_a_kill_releases_it(opened, tmp_path):
    code = (
        "import os, sys, time; from learnet.core.locks import lock; "
        "print(lock(os.open(sys.argv[1], os.O_RDWR)), flush=True); time.sleep(60)"
    )
    descriptor = opened()
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "file")], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert not lock(descriptor, wait=False)
        other.kill()
    assert lock(descriptor)
