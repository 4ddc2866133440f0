import subprocess
import sys

import pytest

from learnet.core import MissingDependencyError, backends

pytestmark = pytest.mark.slow


def test_no_backend_names_the_extra(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(backends, "installed_backends", tuple)
    with pytest.raises(MissingDependencyError, match=r"pip install 'learnet\[cpu\]'"):
        backends.require_backend()


def test_the_wish_of_the_environment_is_followed_or_refused(monkeypatch):
    monkeypatch.setattr(backends, "installed_backends", lambda: ("tensorflow", "jax"))
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert backends.require_backend() == "jax"
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    with pytest.raises(MissingDependencyError, match=r"pip install 'learnet\[torch\]'"):
        backends.require_backend()


HEAVY = ("keras", "tensorflow", "openvino", "sklearn", "matplotlib", "scipy", "pandas", "cv2", "PIL", "numpy")


@pytest.mark.parametrize("action", ["import learnet", "from learnet.cli import main"])
def test_importing_is_free(action):
    probe = f"import sys; {action}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


_LEAN = """
import sys
from learnet.core import keras
from learnet.core.backends import leave_out_of_keras
leave_out_of_keras("sklearn", "pandas")
keras()
before = "sklearn" in sys.modules
import pandas, sklearn
print(before, len(pandas.DataFrame({"a": [1, 2]})), sklearn.__name__)
"""


def test_what_is_left_out_of_keras_can_be_imported_afterwards():
    done = subprocess.run([sys.executable, "-c", _LEAN], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False 2 sklearn"


def test_a_backend_starts_without_a_word():
    probe = "from learnet.core import keras; k = keras(); print(float(k.ops.add(1.0, 2.0)))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("3.0", "")
