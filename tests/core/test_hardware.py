import os

import numpy as np

from learnet.core import peak_memory_bytes, probe, usable_cores


def test_probe_tells_cores_and_memory():
    machine = probe()
    assert 1 <= machine.cores <= (os.cpu_count() or 1)
    assert machine.cores == usable_cores()
    assert machine.describe().startswith(machine.cpu)


def test_peak_memory_sees_what_was_held():
    before = peak_memory_bytes()
    held = np.ones(60_000_000, np.uint8)
    assert peak_memory_bytes() >= before
    assert peak_memory_bytes() >= held.nbytes
