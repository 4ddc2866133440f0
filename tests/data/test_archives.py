import gzip
import io
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from learnet.core import DataError, Silent
from learnet.data import archives
from learnet.data.archives import open_archive, plain_tar, unpacked_folder

FILES = {"pets/cat/1.jpg": b"one", "pets/dog/2.jpg": b"two" * 1000, "pets/dog/3.jpg": b""}


def tar_bytes(files: dict[str, bytes], mode: str = "w") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zip_bytes(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


PACKED = {
    "pets.tar": tar_bytes(FILES),
    "pets.tar.gz": tar_bytes(FILES, "w:gz"),
    "pets.tar.xz": tar_bytes(FILES, "w:xz"),
    "pets.tar.bz2": tar_bytes(FILES, "w:bz2"),
    "pets.zip": zip_bytes(FILES),
}


@pytest.mark.parametrize("name", PACKED)
def test_every_kind_of_archive_gives_the_same_photos(tmp_path, name):
    (tmp_path / name).write_bytes(PACKED[name])
    dataset = open_archive(tmp_path / name, progress=Silent())
    assert {dataset.names()[i]: dataset.source.read(i) for i in range(3)} == {
        path.removeprefix("pets/"): content for path, content in FILES.items()
    }
    assert dataset.class_names == ("cat", "dog")
    kept = list(unpacked_folder().iterdir()) if unpacked_folder().exists() else []
    assert len(kept) == (name != "pets.tar")


def test_an_archive_is_unpacked_once_and_again_when_it_changes(tmp_path, monkeypatch):
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(PACKED["pets.tar.gz"])
    first = plain_tar(archive, progress=Silent())
    before = first.stat().st_mtime_ns
    assert plain_tar(archive, progress=Silent()) == first
    assert first.stat().st_mtime_ns == before
    archive.write_bytes(tar_bytes({"a/b": b"other"}, "w:gz"))
    second = plain_tar(archive, progress=Silent())
    assert second != first
    assert second.read_bytes()[512:517] == b"other"


def test_a_packed_tar_inside_a_zip(tmp_path):
    archive = tmp_path / "outer.zip"
    archive.write_bytes(zip_bytes({"x/readme": b"", "x/inner.tar.gz": PACKED["pets.tar.gz"]}))
    plain = plain_tar(archive, inner="inner.tar.gz", progress=Silent())
    assert plain.read_bytes() == PACKED["pets.tar"]
    with pytest.raises(DataError, match=r"no 'none.tar.gz' in it"):
        plain_tar(archive, inner="none.tar.gz", progress=Silent())


def test_hostile_names_write_nothing_anywhere(tmp_path):
    hostile = {"../../escaped": b"x", "/abs/olute": b"x", "a/../../up": b"x", "cat/1.jpg": b"x", "dog/2.jpg": b"x"}
    for name, content in (("evil.zip", zip_bytes(hostile)), ("evil.tar.gz", tar_bytes(hostile, "w:gz"))):
        (tmp_path / name).write_bytes(content)
        plain_tar(tmp_path / name, progress=Silent())
    written = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*")}
    assert written == {"evil.zip", "evil.tar.gz", "cache"}
    assert not (tmp_path.parent / "escaped").exists()
    assert all(path.suffix == ".tar" for path in unpacked_folder().iterdir())


@pytest.mark.parametrize(
    "content",
    [
        PACKED["pets.tar.gz"][:-20],
        PACKED["pets.tar.xz"][:-30],
        PACKED["pets.zip"][:-60],
        PACKED["pets.tar.gz"][:40] + b"\0\1\2\3" + PACKED["pets.tar.gz"][44:],
        gzip.compress(b"no tar at all" * 100, mtime=0),
        lzma.compress(b"\xff" * 2048),
        b"PK\3\4nonsense",
    ],
)
def test_damaged_archives_are_refused_and_leave_nothing(tmp_path, content):
    (tmp_path / "a.tar.gz").write_bytes(content)
    with pytest.raises(DataError, match="Get it again"):
        plain_tar(tmp_path / "a.tar.gz", progress=Silent())
    assert list(unpacked_folder().iterdir()) == []


@pytest.mark.parametrize("pack", [lambda raw: gzip.compress(tar_bytes({"a": raw})), lambda raw: zip_bytes({"a": raw})])
def test_a_bomb_is_refused(tmp_path, monkeypatch, pack):
    monkeypatch.setattr(archives, "_MAX_UNPACKED_BYTES", 1_000_000)
    (tmp_path / "bomb.zip").write_bytes(pack(bytes(20_000_000)))
    with pytest.raises(DataError, match="unpacks to more than"):
        plain_tar(tmp_path / "bomb.zip", progress=Silent())
    assert list(unpacked_folder().iterdir()) == []


def test_an_encrypted_zip_is_refused(tmp_path):
    content = bytearray(zip_bytes({"a": b"x"}))
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(bytes(content))
    with pytest.raises(DataError, match="encrypted"):
        plain_tar(tmp_path / "a.zip", progress=Silent())


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    (tmp_path / "a.tar.gz").write_bytes(PACKED["pets.tar.gz"])

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=r"No space left on device. Make room"):
        plain_tar(tmp_path / "a.tar.gz", progress=Silent())
    assert list(unpacked_folder().iterdir()) == []


def test_the_check_before_unpacking_can_refuse(tmp_path):
    (tmp_path / "a.tar.gz").write_bytes(PACKED["pets.tar.gz"])

    def refuse():
        raise DataError("not the official file")

    with pytest.raises(DataError, match="not the official file"):
        plain_tar(tmp_path / "a.tar.gz", before=refuse, progress=Silent())
    assert not Path(unpacked_folder()).exists()
