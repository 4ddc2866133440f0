import os
import subprocess
import sys

import numpy as np
import pytest

from learnet.core import peak_memory_bytes, probe, usable_cores


def test_probe_tells_cores_and_memory():
    machine = probe()
    assert 1 <= machine.cores <= (os.cpu_count() or 1)
    assert machine.cores == usable_cores()
    assert machine.describe().startswith(machine.cpu)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the system's figure is the process' own")
def test_peak_memory_is_not_inherited():
    held = np.ones(50_000_000)  # 400 MB
    code = "from learnet.core.hardware import peak_memory_bytes; print(peak_memory_bytes())"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert 1_000_000 < int(child.stdout) < held.nbytes


def test_peak_memory_sees_what_was_held():
    before = peak_memory_bytes()
    held = np.ones(60_000_000, np.uint8)
    assert peak_memory_bytes() >= before
    assert peak_memory_bytes() >= held.nbytes
