"""What OpenCV cannot read, read by Pillow: each format by its own reader, chosen by content."""

from __future__ import annotations

import importlib
import io
import logging
import re
import struct
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.data.pixels import to_rgb
from learnet.data.quiet import imdecode, quiet
from learnet.data.sniff import ImageFormat, ImageProblem

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.ImageFile import ImageFile

_READERS = {
    ImageFormat.JPEG: ("PIL.JpegImagePlugin", "JpegImageFile"),
    ImageFormat.PNG: ("PIL.PngImagePlugin", "PngImageFile"),
    ImageFormat.BMP: ("PIL.BmpImagePlugin", "BmpImageFile"),
    ImageFormat.GIF: ("PIL.GifImagePlugin", "GifImageFile"),
    ImageFormat.WEBP: ("PIL.WebPImagePlugin", "WebPImageFile"),
    ImageFormat.TIFF: ("PIL.TiffImagePlugin", "TiffImageFile"),
    ImageFormat.AVIF: ("PIL.AvifImagePlugin", "AvifImageFile"),
    ImageFormat.HEIC: ("pillow_heif", "HeifImageFile"),
}
_ORIENTATION, _BITS_PER_SAMPLE, _PHOTOMETRIC, _DNG_VERSION = 274, 258, 262, 50706
_QUIET = ("ignore", None, Warning, re.compile(r"PIL\."), 0)


def open_photo(content: bytes, form: ImageFormat) -> ImageFile:
    """Read a file's header; the pixels are not decoded yet.

    Pillow's ``Image.open`` would guess among all formats that it knows, and warn on the terminal of odd metadata.

    Raises:
        ImageProblem: If it is HEIC, whose reader is an optional package, and that is not installed.
        Exception: Whatever the reader raises for damaged content.
    """
    _silence()
    module, name = _READERS[form]
    try:
        reader = getattr(importlib.import_module(module), name)
    except ImportError:
        raise ImageProblem(
            "It is a HEIC photo, and the package that reads those is not installed. "
            "Install it with: pip install 'learnet[heic]'"
            if form is ImageFormat.HEIC
            else f"This installation of Pillow cannot read {form.upper()}. Install Pillow's own wheel."
        ) from None
    return reader(io.BytesIO(content))  # type: ignore[no-any-return]


def _silence() -> None:
    """Keep Pillow's remarks on odd metadata from the terminal: its warnings, and its log where nobody listens to it."""
    if _QUIET not in warnings.filters:  # a test runner or a caller may have reset them
        warnings.filterwarnings("ignore", module=r"PIL\.")
    log = logging.getLogger("PIL")
    if not log.handlers:
        log.addHandler(logging.NullHandler())


def load_pixels(photo: ImageFile, content: bytes, form: ImageFormat) -> tuple[NDArray[np.uint8], int]:
    """Decode an opened photo.

    Args:
        photo: What ``open_photo`` returned.
        content: The file's bytes.
        form: Their format.

    Returns:
        uint8 RGB ``(h, w, 3)``, and the EXIF orientation that is still to be applied to it.
    """
    for key in ("xmp", "XML:com.adobe.xmp"):  # Pillow would take an orientation from there; no other reader does
        photo.info.pop(key, None)
    tags: dict[int, Any] = dict(getattr(photo, "tag_v2", {}))
    if form is ImageFormat.TIFF and (_DNG_VERSION in tags or content[8:10] == b"CR"):
        raise ImageProblem("It is a camera's raw file; export it as JPEG or TIFF.")
    with quiet:  # the TIFF library writes its errors to the terminal
        photo.load()
    if form is ImageFormat.PNG and photo.mode == "L" and "transparency" in photo.info:
        photo.info["transparency"] *= 255 // (2 ** content[24] - 1)  # Pillow leaves it as it was before the bits grew
    if _has_deep_colours(photo, content, form, tags):
        import cv2

        deep = imdecode(content, cv2.IMREAD_UNCHANGED)
        if deep is not None and deep.dtype == np.uint16 and deep.ndim == 3:
            order = [2, 1, 0, 3][: deep.shape[2]] if deep.shape[2] >= 3 else [0, 1][: deep.shape[2]]
            return to_rgb(deep[..., order]), _valid(tags.get(_ORIENTATION, 1))
    pixels = _channels(photo)
    if pixels.dtype == np.uint16 and tags.get(_PHOTOMETRIC) == 0:
        pixels = np.uint16(65535) - pixels
    # Pillow turns a TIFF upright by itself, and the HEIC reader a HEIC
    turned = form in (ImageFormat.TIFF, ImageFormat.HEIC)
    return to_rgb(pixels), 1 if turned else _valid(photo.getexif().get(_ORIENTATION, 1))


def _valid(orientation: object) -> int:
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1


def _has_deep_colours(photo: ImageFile, content: bytes, form: ImageFormat, tags: dict[int, Any]) -> bool:
    """Tell whether there are several channels of 16 bits, of which Pillow keeps only the upper 8."""
    if form is ImageFormat.PNG:
        return content[24] == 16 and not photo.mode.startswith("I")
    return form is ImageFormat.TIFF and len(photo.getbands()) > 1 and 16 in tags.get(_BITS_PER_SAMPLE, ())


def _channels(photo: ImageFile) -> NDArray[Any]:
    """Return a loaded photo's pixels in one of the layouts that ``to_rgb`` takes."""
    mode, transparent = photo.mode, photo.info.get("transparency")
    if mode.startswith("I;16"):
        grey = np.asarray(photo).astype(np.uint16, copy=False)
        if isinstance(transparent, int):
            return np.stack([grey, np.where(grey == transparent, 0, 65535).astype(np.uint16)], axis=-1)
        return grey
    if mode in ("F", "I", "LAB", "HSV"):
        kinds = {"F": "floating-point numbers", "I": "32-bit numbers", "LAB": "LAB colours", "HSV": "HSV colours"}
        raise ImageProblem(
            f"Its pixels are {kinds[mode]}, which have no agreed range; save it with 8 or 16 bits a channel."
        )
    if mode in ("RGB", "L", "RGBA", "LA") and transparent is None:
        return np.asarray(photo)
    if transparent is not None or mode in ("RGBA", "RGBa", "PA", "La", "LA") or _palette_has_alpha(photo):
        return np.asarray(photo.convert("RGBA"))
    return np.asarray(photo.convert("L" if mode == "1" else "RGB"))


def _palette_has_alpha(photo: ImageFile) -> bool:
    return photo.mode == "P" and photo.palette is not None and photo.palette.mode == "RGBA"


def check_png_chunks(content: bytes) -> None:
    """Follow a PNG's chunks to its end mark; readers differ in what they make of one that ends before.

    Raises:
        ImageProblem: If there is no end mark.
    """
    position = 8
    while position + 12 <= len(content):
        length, kind = struct.unpack_from(">I4s", content, position)
        if kind == b"IEND":
            return
        position += 12 + length
    raise ImageProblem(
        "It is cut short: the PNG data end before their end mark (a copy or download that never finished)."
    )


def webp_size(content: bytes) -> tuple[int, int]:
    """Return (rows, columns) from a WebP's header.

    Source: RFC 9649, sections 2.5 to 2.7.
    """
    kind = content[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(content[27:30], "little"), 1 + int.from_bytes(content[24:27], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits >> 14 & 0x3FFF), 1 + (bits & 0x3FFF)
    width, height = struct.unpack_from("<HH", content, 26)
    return height & 0x3FFF, width & 0x3FFF
