import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnet.applications.translate import decode_text, read_lines, split_lines
from learnet.core import DataError, UsageError

TEXT = "Ein Hund läuft.\nEine Hündin ruht.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_the_first_bytes_tell_the_encoding(tmp_path, encoding):
    (tmp_path / "a.de").write_bytes(TEXT.encode(encoding))
    assert read_lines(tmp_path / "a.de") == ["Ein Hund läuft.", "Eine Hündin ruht."]


def test_the_encoding_can_be_said(tmp_path):
    (tmp_path / "a.de").write_bytes(TEXT.encode("latin-1"))
    assert read_lines(tmp_path / "a.de", encoding="latin-1")[0] == "Ein Hund läuft."


@pytest.mark.parametrize("order", ["le", "be"])
def test_utf_16_without_a_mark_is_guessed_and_told(order):
    with pytest.raises(DataError, match=f"try --encoding utf-16-{order}"):
        decode_text("Ein Hund".encode(f"utf-16-{order}"), name="a.de")


def test_a_wrong_encoding_names_line_and_byte():
    with pytest.raises(DataError, match=r"'a\.de' is not written in UTF-8: line 2 holds the byte 0xfc"):
        decode_text(TEXT.replace("läuft", "rennt").encode("latin-1"), name="a.de")
    with pytest.raises(UsageError, match="no encoding named 'klingon'"):
        decode_text(b"", name="a.de", encoding="klingon")


def test_packed_files_are_unpacked_and_damaged_ones_told(tmp_path):
    packed = gzip.compress(TEXT.replace("\n", "\r\n").encode())
    (tmp_path / "a.gz").write_bytes(packed)
    (tmp_path / "b.gz").write_bytes(packed[:-9])
    assert read_lines(tmp_path / "a.gz") == ["Ein Hund läuft.", "Eine Hündin ruht."]
    with pytest.raises(DataError, match="damaged gzip file"):
        read_lines(tmp_path / "b.gz")


def test_what_is_no_file_is_told(tmp_path):
    with pytest.raises(DataError, match="There is no file"):
        read_lines(tmp_path / "none")
    with pytest.raises(DataError, match="is a folder"):
        read_lines(tmp_path)


def test_very_old_lines_end_too():
    assert split_lines("one\rtwo\r") == ["one", "two"]


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), min_size=1))
def test_lines_come_back_one_for_one(lines):
    assert split_lines("\n".join([*lines, ""])) == lines
    if len(lines) > 1:
        assert split_lines("\r\n".join([*lines, ""])) == lines
