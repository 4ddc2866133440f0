import errno
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from learnet.core import atomic_folder, write_bytes, write_json, write_text
from learnet.core import files as files_module
from learnet.core.files import remove_leftovers


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def test_round_trip_makes_folders_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "a" / "b.json"
    write_json(path, {"name": "模型", "value": [1, None]})
    assert json.loads(path.read_text(encoding="utf-8")) == {"name": "模型", "value": [1, None]}
    assert names(path.parent) == ["b.json"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_has_no_nan(tmp_path, value):
    with pytest.raises(ValueError, match="JSON"):
        write_json(tmp_path / "x.json", {"value": value})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("failing", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_content_and_no_litter(tmp_path, monkeypatch, failing):
    path = tmp_path / "kept"
    write_bytes(path, b"old")

    def refuse(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    if failing == "fsync":
        monkeypatch.setattr(files_module.os, "fsync", refuse)
    else:
        monkeypatch.setattr(files_module.Path, "replace", refuse)
    with pytest.raises(OSError, match="No space"):
        write_bytes(path, b"new")
    monkeypatch.undo()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["kept"]


def test_folder_replaces_the_previous_one_whole(tmp_path):
    target = tmp_path / "bundle"
    for version in ("1", "2"):
        with atomic_folder(target) as folder:
            (folder / "version").write_text(version)
            (folder / f"only-{version}").write_text("")
    assert names(target) == ["only-2", "version"]
    assert (target / "version").read_text() == "2"
    assert names(tmp_path) == ["bundle"]


def test_folder_that_fails_leaves_the_previous_one(tmp_path):
    target = tmp_path / "bundle"
    with atomic_folder(target) as folder:
        (folder / "version").write_text("1")
    with pytest.raises(RuntimeError, match="half-way"), atomic_folder(target) as folder:
        (folder / "version").write_text("2")
        raise RuntimeError("half-way")
    assert (target / "version").read_text() == "1"
    assert names(tmp_path) == ["bundle"]


_WRITER = """
import sys
from pathlib import Path
from learnet.core import write_bytes
number = 0
while True:
    number += 1
    write_bytes(Path(sys.argv[1]), str(number % 10).encode() * 200_000)
    if number == 1:
        print("ready", flush=True)
"""


def test_killed_at_any_moment_the_file_is_whole(tmp_path):
    path = tmp_path / "state"
    for attempt in range(8):
        with subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            time.sleep(0.003 * attempt)
            writer.kill()
        content = path.read_bytes()
        assert len(content) == 200_000
        assert len(set(content)) == 1


def test_what_killed_writers_left_is_removed_and_nothing_else(tmp_path, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    (tmp_path / "row").mkdir()
    with monkeypatch.context() as patch:  # as if nothing could be cleaned up any more
        patch.setattr(files_module.os, "fsync", die)
        patch.setattr(Path, "unlink", lambda *_, **__: None)
        patch.setattr(files_module.shutil, "rmtree", lambda *_, **__: None)
        with pytest.raises(Killed):
            write_text(tmp_path / "row" / "run.json", "{}")
        with pytest.raises(Killed), atomic_folder(tmp_path / "bundle") as temporary:
            (temporary / "weights").write_bytes(b"x")
    kept = {".bundle.previous", ".mine.tmp", "notes.tmp"}
    for name in kept:
        (tmp_path / name).write_text("x")
    assert len(list(tmp_path.rglob(".*.tmp"))) == 3
    remove_leftovers(tmp_path)
    assert {path.name for path in tmp_path.rglob("*")} == {*kept, "row"}
