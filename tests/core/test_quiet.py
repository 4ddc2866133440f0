import subprocess
import sys

import pytest

from learnet.core import can_be_quiet

_REMARKS = """
import ctypes, sys
from learnet.core import silent_c_libraries
library = ctypes.CDLL(None)
def remark(text):
    stream = ctypes.c_void_p.in_dll(library, "stderr" if sys.platform == "linux" else "__stderrp")
    library.fputs(text, stream)
    library.fflush(stream)
remark(b"before ")
with silent_c_libraries:
    remark(b"hidden ")
    with silent_c_libraries:
        remark(b"hidden too ")
    remark(b"still hidden ")
    print("from Python", end=" ", file=sys.stderr, flush=True)
remark(b"after")
"""


@pytest.mark.skipif(not can_be_quiet(), reason="this platform's C library keeps its standard error")
def test_only_what_c_code_writes_inside_the_block_is_hidden():
    done = subprocess.run([sys.executable, "-c", _REMARKS], capture_output=True, text=True, check=True)
    assert done.stderr == "before from Python after"
