import os
import sys

import pytest

from learnet.core import DataError
from learnet.data.walk import walk

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def test_every_regular_file_is_listed_once(tree):
    root = tree("a/1.jpg", "a/.hidden", "b/c/2.jpg", "b/.git/objects/00", "Thumbs.db", "empty/", "zero.jpg")
    (root / "zero.jpg").write_bytes(b"")
    found = walk(root)
    assert found.names == ["a/1.jpg", "b/c/2.jpg", "zero.jpg"]
    assert {item.path for item in found.skipped} == {"a/.hidden", "b/.git/objects/00", "Thumbs.db"}
    regular = sum(path.is_file() for path in root.rglob("*"))
    assert len(found.names) + len(found.skipped) == regular


def test_hidden_reasons_name_the_folder(tree):
    (skipped,) = walk(tree("b/.git/objects/00")).skipped
    assert skipped.reason == "It lies in the hidden folder '.git'."


@POSIX
def test_links_are_followed_once(tree, tmp_path):
    root = tree("a/1.jpg", "b/2.jpg")
    elsewhere = tree("3.jpg", root="elsewhere")
    (root / "a" / "loop").symlink_to(root)
    (root / "again").symlink_to(root / "b")
    (root / "c").symlink_to(elsewhere)
    (root / "c2").symlink_to(elsewhere)
    (root / "a" / "file.jpg").symlink_to(elsewhere / "3.jpg")
    (root / "a" / "gone.jpg").symlink_to(tmp_path / "nowhere")
    (root / "a" / "self.jpg").symlink_to("self.jpg")
    found = walk(root)
    assert found.names == ["a/1.jpg", "a/file.jpg", "b/2.jpg", "c/3.jpg"]
    assert {item.path for item in found.skipped} == {"a/gone.jpg", "a/self.jpg"}
    assert {item.path for item in found.notices} == {"a/loop", "again", "c2"}


@POSIX
def test_a_pipe_is_skipped_and_not_opened(tree):
    root = tree("a/1.jpg")
    os.mkfifo(root / "a" / "pipe.jpg")
    (skipped,) = walk(root).skipped
    assert skipped.path == "a/pipe.jpg"
    assert "not a regular file" in skipped.reason


@POSIX
def test_names_of_every_kind(tree):
    names = ["ü 模型/ñ.jpg", "a/" + "x" * 250 + ".jpg", "a/new\nline.jpg", "a/-rf.jpg", "a/100%.jpg"]
    found = walk(tree(*names))
    assert sorted(found.names) == sorted(names)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes names that are not UTF-8")
def test_names_that_are_no_utf8(tree):
    root = tree("a/1.jpg")
    (root / "a" / "caf\udce9.jpg").touch()
    (root / "a" / ".\udce9").touch()
    found = walk(root)
    assert found.names == ["a/1.jpg", "a/caf\udce9.jpg"]
    assert found.skipped[0].path == "a/.\\udce9"


def test_an_unreadable_folder_is_told(tree, monkeypatch):
    import learnet.data.walk as module

    root = tree("a/1.jpg", "secret/2.jpg")
    real = os.scandir

    def refuse(path):
        if str(path).endswith("secret"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(module.os, "scandir", refuse)
    found = walk(root)
    assert found.names == ["a/1.jpg"]
    assert ("unreadable folder", "secret") in {(item.kind, item.path) for item in found.notices}


def test_an_unreadable_root_is_refused(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        walk(tmp_path / "none")
