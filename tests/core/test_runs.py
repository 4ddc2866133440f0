import csv

import pytest

from learnet.core import UsageError
from learnet.core.runs import run_folder, write_table


def test_a_run_without_a_name_never_lands_in_another_runs_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folders = {run_folder(None, "my photos/2024") for _ in range(3)}
    assert len(folders) == 3
    assert all(folder.is_dir() and folder.name.startswith("my-photos-2024-") for folder in folders)


def test_a_named_folder_is_used_again_and_a_file_is_refused(tmp_path):
    assert run_folder(tmp_path / "a" / "b", "x") == run_folder(tmp_path / "a" / "b", "x") == tmp_path / "a" / "b"
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be made"):
        run_folder(tmp_path / "file", "x")


def test_tables_round_trip_whatever_the_names(tmp_path):
    rows = [["a,b", 'say "x"', "new\nline"], ["ü 模型", "", "3"]]
    write_table(tmp_path / "t.csv", ["one", "two", "three"], rows)
    with (tmp_path / "t.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["one", "two", "three"], *rows]
    write_table(tmp_path / "t.csv", ["name"], [["caf\udce9.jpg"]])
    assert "caf\\udce9.jpg" in (tmp_path / "t.csv").read_text(encoding="utf-8")
