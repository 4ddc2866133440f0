"""The notebook on tuning runs from top to bottom, offline and in a small budget."""

import json
import os
import re
import subprocess
import sys

import pytest

from learnet.labs import LABS

pytestmark = pytest.mark.slow

LAB = LABS["3"]


def cells(kind):
    notebook = json.loads(LAB.file.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def test_it_runs_from_top_to_bottom(tmp_path):
    program = "\n\n".join(
        # The last expression of a cell is what a notebook shows: it must be drawable.
        re.sub(r"(?m)^show\((.*)\)$", r"assert show(\1)._repr_png_()[:4] == b'\\x89PNG'", text)
        for text in cells("code")
    )
    environment = {**os.environ, "LEARNET_LAB_BUDGET": "1", "LEARNET_OFFLINE": "1", "LEARNET_DATA_DIR": ""}
    script = tmp_path / "lab.py"
    script.write_text(program, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert "handwritten digits instead" in run.stdout
    assert "random   9 trials, 9 different learning rates" in run.stdout
    assert "grid     9 trials, 3 different learning rates" in run.stdout
    by_hand = [float(share) for share in re.findall(r"learning rate +\S+   validation accuracy +([\d.]+)%", run.stdout)]
    assert len(by_hand) == 6
    assert max(by_hand) > by_hand[0] + 5  # the smallest rate learns less
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lab.py"]


def test_it_is_kept_without_outputs_and_asks_a_question_in_each_section():
    notebook = json.loads(LAB.file.read_text(encoding="utf-8"))
    assert all(not cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code")
    sections = re.split(r"(?m)^## ", "\n".join(cells("markdown")))[2:-1]
    assert len(sections) == 9
    for section in sections:
        assert "**Question.**" in section, section[:60]
        assert "<details>" in section
