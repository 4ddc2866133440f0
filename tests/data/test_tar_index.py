import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnet.core import DataError
from learnet.data.tar_index import list_tar

NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0/"), min_size=1, max_size=150).filter(
    lambda name: not name.startswith(".") and name.casefold() not in {"thumbs.db", "lost+found"}
)


def write(path, members, fmt=tarfile.GNU_FORMAT):
    with tarfile.open(path, "w", format=fmt) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


@pytest.mark.parametrize("fmt", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
@settings(max_examples=30, deadline=None)
@given(names=st.lists(NAMES, min_size=1, max_size=8, unique=True), data=st.data())
def test_it_finds_what_tarfile_finds(tmp_path_factory, fmt, names, data):
    if fmt == tarfile.USTAR_FORMAT:
        names = [name for name in names if len(name.encode()) <= 90]
    contents = [data.draw(st.binary(max_size=1500)) for _ in names]
    path = write(
        tmp_path_factory.mktemp("tar") / "a.tar", [(f"d/{n}", c) for n, c in zip(names, contents, strict=True)], fmt
    )
    found, members = list_tar(path)
    assert found.names == sorted(f"d/{name}" for name in names)
    blob = path.read_bytes()
    with tarfile.open(path) as archive:
        for info in archive:
            member = members[info.name]
            assert (member.offset, member.size) == (info.offset_data, info.size)
            assert blob[member.offset : member.offset + member.size] == archive.extractfile(info).read()


def test_folders_links_and_hidden_files(tmp_path):
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w") as archive:
        for name, kind in (
            ("./d", tarfile.DIRTYPE),
            ("d/empty", tarfile.DIRTYPE),
            ("d/link", tarfile.SYMTYPE),
            ("d/hard", tarfile.LNKTYPE),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "../../etc/passwd"
            archive.addfile(info)
        for name in ("./d/1.jpg", "d/.DS_Store", "__MACOSX/x"):
            archive.addfile(tarfile.TarInfo(name))
    found, members = list_tar(path)
    assert found.names == ["d/1.jpg"] == list(members)
    assert {item.path for item in found.skipped} == {"d/link", "d/hard", "d/.DS_Store", "__MACOSX/x"}
    assert [item.path for item in found.notices] == ["d/empty"]


def test_of_two_members_of_one_name_the_later_counts(tmp_path):
    found, members = list_tar(write(tmp_path / "a.tar", [("a", b"old"), ("a", b"newer")]))
    assert found.names == ["a"]
    assert members["a"].size == 5


def test_large_sizes_in_base_256(tmp_path):
    info = tarfile.TarInfo("huge")
    info.size = 2**40
    path = tmp_path / "a.tar"
    path.write_bytes(info.tobuf(tarfile.GNU_FORMAT))
    with pytest.raises(DataError, match="cut short at 'huge'"):
        list_tar(path)


@pytest.mark.parametrize("damage", [b"not a tar archive" * 100, b"\xff" * 2048])
def test_what_is_no_tar_is_refused(tmp_path, damage):
    path = tmp_path / "a.tar"
    path.write_bytes(damage)
    with pytest.raises(DataError, match="no uncompressed tar archive"):
        list_tar(path)


def test_a_cut_archive_is_refused(tmp_path):
    path = write(tmp_path / "a.tar", [("a", b"x" * 5000)])
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(DataError, match="cut short"):
        list_tar(path)


@settings(max_examples=200, deadline=None)
@given(position=st.integers(0, 1535), value=st.integers(0, 255))
def test_one_changed_byte_gives_a_sentence_or_the_same_files(tmp_path_factory, position, value):
    path = write(tmp_path_factory.mktemp("tar") / "a.tar", [("a/1", b"x" * 400)])
    blob = bytearray(path.read_bytes())
    blob[position] = value
    path.write_bytes(bytes(blob))
    try:
        found, _ = list_tar(path)
    except DataError:
        return
    assert found.names in ([], ["a/1"])
