"""The lab on translation: every cell runs, offline and in a small budget."""

import json
import re

from learnet.labs import LABS


def cells(kind):
    notebook = json.loads(LABS["1.2"].file.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def test_it_runs_from_top_to_bottom(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEARNET_LAB_BUDGET", "50")
    monkeypatch.setenv("LEARNET_OFFLINE", "1")
    monkeypatch.delenv("LEARNET_DATA_DIR", raising=False)
    names = {"__name__": "lab"}
    for number, text in enumerate(cells("code")):
        drawn = re.sub(r"(?m)^(show|play)\((.*)\)$", r"assert \1(\2)._repr_png_()[:4] == b'\\x89PNG'", text)
        exec(compile(drawn, f"lab 1.2, code cell {number}", "exec"), names)
    told = capsys.readouterr().out
    assert told.startswith("ready\n420 pairs to learn from, 60 that it never sees")
    assert "and back: " + names["test"][0][0] in told
    assert "never seen" not in told.split("der drache")[0].split("die frau findet")[1]


def test_every_section_asks_and_answers():
    asked = "\n".join(cells("markdown"))
    assert asked.count("**Question.**") == asked.count("<details>") == asked.count("</details>") >= 7
