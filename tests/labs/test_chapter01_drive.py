"""The lab on driving: every cell runs, offline and in a small budget."""

import json
import re

import pytest

from learnet.applications.drive import simulator_is_installed
from learnet.labs import LABS


def cells(kind):
    notebook = json.loads(LABS["1.3"].file.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


@pytest.mark.skipif(not simulator_is_installed(), reason="the extra 'drive' is not installed")
def test_it_runs_from_top_to_bottom(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEARNET_LAB_BUDGET", "1")
    names = {"__name__": "lab"}
    for number, text in enumerate(cells("code")):
        drawn = re.sub(r"(?m)^(show|play)\((.*)\)$", r"assert \1(\2)._repr_png_()[:4] == b'\\x89PNG'", text)
        exec(compile(drawn, f"lab 1.3, code cell {number}", "exec"), names)
    names["folder"].cleanup()
    told = capsys.readouterr().out
    assert "10 moments on the first of 2 roads" in told
    assert re.search(r"as recorded +mean squared error [\d.]+ .*\nshifted and turned +mean squared error", told)
    assert re.search(r"the expert +0 interventions in 1 s: autonomy 100 %", told)
    assert list(tmp_path.iterdir()) == []


def test_every_section_asks_and_answers():
    asked = "\n".join(cells("markdown"))
    assert asked.count("**Question.**") == asked.count("<details>") == asked.count("</details>") == 7
    for text in cells("code"):
        assert text.count("\n") < 40, text[:80]
