"""The labs: every cell of every notebook runs, offline and in a small budget, and what they share does what it says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from learnet.applications.drive import simulator_is_installed
from learnet.core import UsageError
from learnet.labs import LABS, Budget, LiveCurves, lab_photos, show, take_lab
from learnet.plots import new_figure
from learnet.training import EpochRow

pytestmark = pytest.mark.slow

LEARNET = Path(sys.executable).with_name("learnet")


def cells(lab, kind):
    notebook = json.loads(lab.file.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == kind]


def drawable(code):
    """Return code that also draws the last expression of each cell, which is what a notebook shows."""
    return re.sub(r"(?m)^(show|play)\((.*)\)$", r"assert \1(\2)._repr_png_()[:4] == b'\\x89PNG'", code)


def test_the_first_lab_runs_from_top_to_bottom(tmp_path):
    lab = LABS["1"]
    program = "\n\n".join(drawable(text) for text in cells(lab, "code"))
    environment = {**os.environ, "LEARNET_LAB_BUDGET": "1", "LEARNET_OFFLINE": "1", "LEARNET_DATA_DIR": ""}
    script = tmp_path / "lab.py"
    script.write_text(program, encoding="utf-8")
    run = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, env=environment, cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr[-3000:]
    assert "handwritten digits instead" in run.stdout
    assert "ResNet-20" in run.stdout


CHAPTER_1 = [lab for lab in LABS if lab.name.startswith("chapter01-")]
CHAPTER_2 = [lab for lab in LABS if lab.name.startswith("chapter02-")]


TOLD = {
    "chapter01-2-translate": (
        r"^ready\n420 pairs to learn from, 60 that it never sees",
        r"der drache sucht das buch +-> ",
    ),
    "chapter01-3-drive": (
        r"10 moments on the first of 2 roads",
        r"as recorded +mean squared error [\d.]+ .*\nshifted and turned +mean squared error",
        r"the expert +0 interventions in 1 s: autonomy 100 %",
    ),
}


@pytest.mark.parametrize("lab", [*CHAPTER_1, *CHAPTER_2], ids=lambda lab: lab.name)
def test_a_lab_of_a_chapter_runs_from_top_to_bottom(lab, monkeypatch, tmp_path, capsys):
    if lab.name == "chapter01-3-drive" and not simulator_is_installed():
        pytest.skip("the extra 'drive' is not installed")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEARNET_LAB_BUDGET", "1")
    monkeypatch.setenv("LEARNET_DATA_DIR", "")
    monkeypatch.setenv("LEARNET_OFFLINE", "1")
    names = {"__name__": "lab"}
    code = [drawable(text) for text in cells(lab, "code")]
    for number, text in enumerate(code):
        exec(compile(text, f"{lab.name}, code cell {number}", "exec"), names)
    drawn = sum(text.count("assert show(") + text.count("assert play(") for text in code)
    assert drawn >= 5
    assert any("assert play(" in text for text in code)
    told = capsys.readouterr().out
    assert told
    for said in TOLD.get(lab.name, ()):
        assert re.search(said, told), said
    for folder in names.values():
        if isinstance(folder, TemporaryDirectory):
            folder.cleanup()
    assert list(tmp_path.iterdir()) == []  # a lab leaves nothing behind


def test_the_second_lab_runs_from_top_to_bottom(monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEARNET_LAB_BUDGET", "1")
    monkeypatch.setenv("LEARNET_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LEARNET_OFFLINE", "1")
    names = {"__name__": "lab"}
    for number, text in enumerate(cells(LABS["2"], "code")):
        exec(compile(drawable(text), f"lab 2, code cell {number}", "exec"), names)
    told = capsys.readouterr().out
    assert "handwritten digits instead" in told
    assert "these are random ones" in told
    assert re.search(r"(?m)^partial .*%.*\nfull ", told)


@pytest.mark.parametrize("lab", [*CHAPTER_1, *CHAPTER_2], ids=lambda lab: lab.name)
def test_a_lab_of_a_chapter_says_what_it_uses_in_short_cells(lab):
    before = "\n".join(cells(lab, "markdown")).split("## 0. Before we begin")[1].split("\n## 1.")[0]
    assert "Nothing is\ndownloaded" in before or "Nothing is downloaded" in before
    for text in cells(lab, "code"):
        assert text.count("\n") < 40, text[:80]


@pytest.mark.parametrize("lab", list(LABS), ids=lambda lab: lab.name)
def test_a_lab_is_kept_without_outputs_and_asks_a_question_in_each_section(lab):
    notebook = json.loads(lab.file.read_text(encoding="utf-8"))
    assert all(not cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code")
    sections = re.split(r"(?m)^## ", "\n".join(cells(lab, "markdown")))[2:-1]
    assert len(sections) >= (10 if lab.name.startswith("labs") else 5)
    for section in sections:
        assert "**Question.**" in section, section[:60]
        assert "<details>" in section


def test_a_learners_copy_is_never_overwritten(tmp_path):
    (lab, *_) = LABS
    mine = take_lab("1", tmp_path / "labs")
    assert mine.read_bytes() == lab.file.read_bytes()
    mine.write_text("my answers", encoding="utf-8")
    assert take_lab(lab.name, tmp_path / "labs") == mine
    assert mine.read_text(encoding="utf-8") == "my answers"
    with pytest.raises(UsageError, match="labs01-firstcnn"):
        take_lab("lab99", tmp_path)


def test_the_verb_lists_and_copies(tmp_path):
    listed = subprocess.run([LEARNET, "labs", "--json"], capture_output=True, text=True, check=True)
    names = [row["name"] for row in json.loads(listed.stdout)["labs"]]
    assert names[0] == "labs01-firstcnn"
    assert [LABS[f"1.{number}"].name for number in range(1, 4)] == [n for n in names if n.startswith("chapter01-")]
    assert [LABS[f"2.{number}"].name for number in range(1, 9)] == [n for n in names if n.startswith("chapter02-")]
    assert [LABS["3"].name, LABS["2"].name] == names[-2:]
    command = [LEARNET, "labs", "1", "--no-open", "--out", tmp_path]
    copied = subprocess.run(command, capture_output=True, text=True, check=True)
    assert str(tmp_path / "labs01-firstcnn.ipynb") in copied.stdout
    assert (tmp_path / "labs01-firstcnn.ipynb").exists()


def test_photos_are_divided_and_chosen_by_the_seed(monkeypatch):
    monkeypatch.delenv("LEARNET_DATA_DIR", raising=False)
    monkeypatch.setenv("LEARNET_OFFLINE", "1")
    first, second = lab_photos(200), lab_photos(200)
    assert first.name == "digits"
    assert "CIFAR-10 is not on this computer" in first.about
    assert [len(part[1]) for part in (first.train, first.validation, first.test)] == [200, 30, 100]
    np.testing.assert_array_equal(first.train[0], second.train[0])
    assert not np.array_equal(first.train[1], lab_photos(200, seed=1).train[1])
    assert os.environ["LEARNET_OFFLINE"] == "1"


@pytest.mark.parametrize("text", ["0", "-1", "soon", "nan", "inf"])
def test_a_budget_is_a_number_of_seconds(text, monkeypatch):
    monkeypatch.setenv("LEARNET_LAB_BUDGET", text)
    with pytest.raises(UsageError, match="LEARNET_LAB_BUDGET must be a number of seconds"):
        Budget.from_environment()


def test_the_usual_budget(monkeypatch):
    monkeypatch.delenv("LEARNET_LAB_BUDGET", raising=False)
    assert Budget.from_environment() == Budget(seconds=600)


def test_curves_outside_a_notebook_only_collect():
    curves = LiveCurves()
    row = EpochRow(epoch=1, loss=1.0, accuracy=0.5, val_loss=1.0, val_accuracy=0.5, learning_rate=0.1)
    curves(row)
    assert curves.history == [row]


def test_a_picture_is_a_png():
    assert show(new_figure(width=1, height=1))._repr_png_()[:4] == b"\x89PNG"


def test_the_environment_names_what_the_course_asks_for():
    text = (Path(__file__).parents[2] / "environment.yml").read_text(encoding="utf-8")
    named = set(re.findall(r"(?m)^\s+- ([a-z]+)", text))
    assert {"python", "numpy", "pandas", "matplotlib", "scipy", "jupyter", "tensorflow", "keras"} <= named
    assert "-e .[labs" in text
