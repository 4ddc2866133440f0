"""Text files that nobody vouches for, as lines."""

from __future__ import annotations

import codecs
import gzip
import zlib
from typing import TYPE_CHECKING

from learnet.core import DataError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST = 2 * 2**30  # bytes, unpacked
_MARKS = (  # the longer ones first: one of UTF-32 begins as one of UTF-16 does
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_lines(path: Path, *, encoding: str | None = None) -> list[str]:
    """Return the lines of a text file, packed by gzip or not, without their ends.

    Lines end at line feeds, carriage returns before them are dropped, and nothing else divides a line, so that two
    files whose lines belong together stay together.

    Args:
        path: The file.
        encoding: How it is written; what its first bytes say, else UTF-8, if not given.

    Raises:
        DataError: If it cannot be read, or is written otherwise: the sentence names the line.
        UsageError: If there is no such encoding.
    """
    return split_lines(decode_text(_read(path), name=str(path), encoding=encoding))


def decode_text(content: bytes, *, name: str, encoding: str | None = None) -> str:
    r"""Return bytes as text.

    Args:
        content: The bytes.
        name: Where they come from, for the errors' sentences.
        encoding: How they are written; what the first of them say, else UTF-8, if not given.

    Raises:
        DataError: If they are written otherwise.
        UsageError: If there is no such encoding.

    Example:
        >>> decode_text("Hündin".encode("utf-16"), name="a.de")
        'Hündin'
        >>> decode_text("Ein Hund\neine Hündin".encode("latin-1"), name="a.de")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        learnet.core.errors.DataError: 'a.de' is not written in UTF-8: line 2 holds the byte 0xfc...
    """
    marked = next((known for mark, known in _MARKS if content.startswith(mark)), None)
    chosen = encoding or marked or "utf-8"
    try:
        codecs.lookup(chosen)
    except LookupError:
        raise UsageError(
            f"There is no encoding named '{encoding}'. Known are, for example, utf-8, cp1252, latin-1 and utf-16."
        ) from None
    if encoding is None and marked is None and content.count(0) > len(content) // 4:
        order = "le" if content[1:2] == b"\0" else "be"
        raise DataError(f"'{name}' seems to be written in UTF-16 without a mark: try --encoding utf-16-{order}.")
    try:
        return content.decode(chosen)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        advice = (
            " Files from older programs are often written in Windows' code page: try --encoding cp1252."
            if encoding is None and marked is None
            else " Leave out --encoding to let its first bytes decide, or name the right one."
        )
        raise DataError(
            f"'{name}' is not written in {chosen.upper()}: line {line} holds the byte 0x{content[error.start]:02x}."
            f"{advice}"
        ) from None
    except UnicodeError as error:
        raise DataError(f"'{name}' is not written in {chosen.upper()}: {error}.") from None


def split_lines(text: str) -> list[str]:
    r"""Return the lines of a text.

    Example:
        >>> split_lines("one\r\ntwo\u2028still two\n\nfour")
        ['one', 'two\u2028still two', '', 'four']
    """
    if "\n" not in text and "\r" in text:  # very old Macs
        text = text.replace("\r", "\n")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def _read(path: Path) -> bytes:
    if path.is_dir():
        raise DataError(f"'{path}' is a folder, and should be a text file.")
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise DataError(f"There is no file '{path}'. Check the path.") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"'{path}' is a damaged gzip file ({error}). Copy it again from where it came.") from None
    except OSError as error:
        raise DataError(f"'{path}' cannot be read: {error.strerror}.") from None
    if len(content) > _LARGEST:
        raise DataError(f"'{path}' holds more than {_LARGEST:,} bytes of text. Give a part of it.")
    return content
