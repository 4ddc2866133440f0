"""What a file is, told from its first bytes and never from its name."""

from __future__ import annotations

from enum import StrEnum
from typing import NoReturn


class ImageFormat(StrEnum):
    """The image formats that learnet reads."""

    JPEG = "jpeg"
    PNG = "png"
    BMP = "bmp"
    GIF = "gif"
    WEBP = "webp"
    TIFF = "tiff"
    AVIF = "avif"
    HEIC = "heic"


class ImageProblem(Exception):  # noqa: N818 (a finding about one photo, listed and survived, not a failure of the work)
    """One image cannot be used.

    Attributes:
        reason: Why, as a sentence about the file ("It is ...").
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


READABLE = "JPEG, PNG, BMP, GIF, WebP, TIFF, AVIF, HEIC"

_SIGNATURES = (
    (b"\xff\xd8\xff", ImageFormat.JPEG),
    (b"\x89PNG\r\n\x1a\n", ImageFormat.PNG),
    (b"GIF87a", ImageFormat.GIF),
    (b"GIF89a", ImageFormat.GIF),
    (b"II*\x00", ImageFormat.TIFF),
    (b"MM\x00*", ImageFormat.TIFF),
    (b"II+\x00", ImageFormat.TIFF),
    (b"MM\x00+", ImageFormat.TIFF),
)
_HEIC_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"}
_AVIF_BRANDS = {b"avif", b"avis"}
_BMP_HEADER_SIZES = {12, 16, 40, 52, 56, 64, 108, 124}

_OTHER_KINDS: tuple[tuple[bytes, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive (or an office document)"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"%PDF", "a PDF document"),
    (b"%!PS", "a PostScript drawing"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript drawing"),
    (b"8BPS", "a Photoshop document"),
    (b"\x00\x00\x00\x0cjP  ", "a JPEG 2000 image"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (b"\x00\x00\x00\x0cJXL ", "a JPEG XL image"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\x00\x00\x01\x00", "a Windows icon"),
    (b"\x00\x05\x16\x07", "a macOS resource file (it accompanies a file copied from a Mac)"),
    (b"\x1aE\xdf\xa3", "a Matroska or WebM video"),
    (b"\x00\x00\x01\xba", "an MPEG video"),
    (b"\x00\x00\x01\xb3", "an MPEG video"),
    (b"FLV\x01", "a Flash video"),
    (b"ID3", "an MP3 recording"),
    (b"OggS", "an Ogg recording"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a Windows program"),
)


def sniff(content: bytes) -> ImageFormat | None:
    r"""Return the image format of ``content``, or None if it is none that learnet reads.

    Args:
        content: The file's bytes; the first 64 are enough.

    Example:
        >>> sniff(b"GIF89a...")
        <ImageFormat.GIF: 'gif'>
        >>> sniff(b"<html>")
    """
    for signature, form in _SIGNATURES:
        if content.startswith(signature):
            return form
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return ImageFormat.WEBP
    if content.startswith(b"BM") and int.from_bytes(content[14:18], "little") in _BMP_HEADER_SIZES:
        return ImageFormat.BMP
    return _sniff_brands(content) if content[4:8] == b"ftyp" else None


def _sniff_brands(content: bytes) -> ImageFormat | None:
    """Tell AVIF and HEIC apart by the brands of an ISO media file: the major one, then the compatible ones."""
    end = min(int.from_bytes(content[:4], "big"), 256, len(content))
    brands = {content[8:12], *(content[at : at + 4] for at in range(16, end - 3, 4))}
    if brands & _AVIF_BRANDS:
        return ImageFormat.AVIF
    return ImageFormat.HEIC if brands & _HEIC_BRANDS else None


def refuse(content: bytes) -> NoReturn:
    """Say what ``content`` is, given that it is no image that learnet reads.

    Raises:
        ImageProblem: Always.
    """
    if not content:
        raise ImageProblem("It is empty (0 bytes).")
    if content.startswith(b"version https://git-lfs"):
        raise ImageProblem("It is a Git LFS placeholder, not the photo itself; fetch the photos with: git lfs pull")
    kind = _kind(content)
    if kind is None:
        raise ImageProblem(f"Its content is of no image format that learnet reads ({READABLE}).")
    raise ImageProblem(f"It is {kind}, not an image that learnet reads ({READABLE}).")


def _kind(content: bytes) -> str | None:
    for signature, kind in _OTHER_KINDS:
        if content.startswith(signature):
            return kind
    if content[4:8] in (b"ftyp", b"moov", b"mdat", b"wide"):
        return "a video (MP4 or QuickTime)"
    if content.startswith(b"RIFF"):
        return {b"AVI ": "an AVI video", b"WAVE": "a WAVE recording"}.get(content[8:12])
    if content[128:132] == b"DICM":
        return "a DICOM medical image"
    if not content[:4096].strip(b"\x00"):
        return "a run of zero bytes (a download or a copy that never finished)"
    return _text_kind(content[:4096])


def _text_kind(start: bytes) -> str | None:
    try:
        text = start.decode("utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", errors="strict")
    except UnicodeDecodeError as error:
        if error.start < len(start) - 3:  # not merely the cut in the middle of a character
            return None
        text = start[: error.start].decode("utf-8-sig")
    if any(ord(character) < 32 and character not in "\t\n\v\f\r\x1b" for character in text):
        return None
    lowered = text.lstrip().lower()
    if "<svg" in lowered and lowered.startswith("<"):
        return "an SVG drawing"
    if lowered.startswith(("<!doctype html", "<html", "<head", "<body")):
        return "a web page (HTML)"
    return "an XML file" if lowered.startswith("<?xml") else "a text file"
