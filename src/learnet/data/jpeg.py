"""What a JPEG says about itself before it is decoded: size, kind and orientation, read from its markers."""

from __future__ import annotations

import struct
from typing import NamedTuple

from learnet.data.sniff import ImageProblem

_SEQUENTIAL_OR_PROGRESSIVE = {0xC0, 0xC1, 0xC2}
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD8)}
_START_OF_SCAN, _END_OF_IMAGE, _EXIF, _ORIENTATION = 0xDA, 0xD9, 0xE1, 0x0112
CUT_SHORT = "It is cut short: the JPEG ends before its end mark (a copy or download that never finished)."


class JpegHeader(NamedTuple):
    """The facts in a JPEG's markers.

    Attributes:
        height: Rows as stored, before the orientation is applied.
        width: Columns as stored.
        orientation: EXIF orientation, 1 (upright) to 8.
        plain: Whether it is of the common kind: 8 bits, grey or three colours, Huffman-coded.
    """

    height: int
    width: int
    orientation: int
    plain: bool


def read_jpeg_header(content: bytes) -> JpegHeader:
    """Return the facts in a JPEG's markers; nothing is decoded.

    A file whose end mark is missing is refused: decoders would fill what is lost with grey. Whatever follows the end
    mark is of no account.

    Args:
        content: The file's bytes, starting with the start-of-image mark.

    Raises:
        ImageProblem: If the file is cut short or its markers make no sense.
    """
    position, orientation, frame = 2, 1, None
    while (position := content.find(b"\xff", position)) >= 0 and position + 4 <= len(content):
        marker = content[position + 1]
        if marker in (0xFF, 0x00):
            position += 1 if marker else 2
            continue
        if marker in _WITHOUT_LENGTH:
            position += 2
            continue
        if marker == _END_OF_IMAGE:
            break
        start, position = position + 4, position + 2 + (content[position + 2] << 8 | content[position + 3])
        if marker == _START_OF_SCAN:
            return _checked(content, frame, orientation, position)
        if marker in _FRAMES and position <= len(content) and position - start >= 6:
            precision, height, width, components = struct.unpack_from(">BHHB", content, start)
            plain = precision == 8 and components in (1, 3) and marker in _SEQUENTIAL_OR_PROGRESSIVE
            frame = (height, width, plain)
        elif marker == _EXIF and content.startswith(b"Exif\0\0", start):
            orientation = exif_orientation(content[start + 6 : position])
    raise ImageProblem(CUT_SHORT)


def _checked(content: bytes, frame: tuple[int, int, bool] | None, orientation: int, scan: int) -> JpegHeader:
    if frame is None:
        raise ImageProblem("It is damaged: the JPEG has no frame header.")
    if content.rfind(b"\xff\xd9", scan) < 0:
        raise ImageProblem(CUT_SHORT)
    return JpegHeader(frame[0], frame[1], orientation, frame[2])


def exif_orientation(block: bytes) -> int:
    """Return the orientation, 1 (upright) to 8, in an EXIF block; 1 if there is none or it makes no sense.

    Args:
        block: The block from its TIFF header (``II*`` or ``MM*``) on.
    """
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return 1
    try:
        (offset,) = struct.unpack_from(f"{order}I", block, 4)
        (count,) = struct.unpack_from(f"{order}H", block, offset)
        for entry in range(offset + 2, offset + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(f"{order}HH", block, entry)
            if tag == _ORIENTATION:
                (value,) = struct.unpack_from(f"{order}{'I' if kind == 4 else 'H'}", block, entry + 8)
                return value if 1 <= value <= 8 else 1
    except struct.error:
        pass
    return 1
