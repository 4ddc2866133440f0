"""From the bytes of a file to upright uint8 RGB, by one rule for every format.

The rule: the content decides the format, never the name; the first frame or page counts; 16 bits become 8 by division
by 257; colours become RGB as the file's own numbers say (colour profiles are not applied); what is transparent shows
white; the photo is turned upright as its EXIF orientation asks. JPEGs of the common kind go through OpenCV, everything
else through Pillow; both use the same JPEG library and give the same pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from learnet.core import can_be_quiet
from learnet.data.input_spec import InputSpec
from learnet.data.jpeg import JpegHeader, read_jpeg_header
from learnet.data.pillow import check_png_chunks, load_pixels, open_photo, webp_size
from learnet.data.pixels import upright
from learnet.data.quiet import imdecode
from learnet.data.sniff import ImageFormat, ImageProblem, refuse, sniff

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_PIXELS = 100_000_000
MAX_SIDE = 65_535
HASH_SPEC = InputSpec(height=256, width=256)
"""No photo is decoded smaller than this needs, so that its perceptual hash does not depend on who asks."""

_NAMES = {ImageFormat.WEBP: "WebP"}
_MOST_PIXELS_PER_BYTE = {
    ImageFormat.JPEG: 512,  # a block of 8 x 8 pixels takes at least one bit
    ImageFormat.PNG: 8 * 1032,  # deflate's limit, one bit a pixel
    ImageFormat.GIF: 4096,  # a code of at least one byte stands for at most one table's length of pixels
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """A photo's pixels.

    Attributes:
        image: uint8 RGB ``(h, w, 3)``, upright.
        format: What the content is.
        width: Columns of the whole photo, upright.
        height: Rows of the whole photo, upright.
        reduction: 1, 2, 4 or 8: ``image`` has 1/reduction of the photo's rows and columns, rounded up.
    """

    image: NDArray[np.uint8]
    format: ImageFormat
    width: int
    height: int
    reduction: int = 1


def decode(content: bytes, *, target: InputSpec | None = None, max_pixels: int = MAX_PIXELS) -> Decoded:
    """Decode one photo.

    Args:
        content: The whole file.
        target: What the photo is for. A JPEG at least twice as large as that needs is decoded at 1/2, 1/4 or 1/8 of its
            size, which is several times faster; never smaller than ``target`` and ``HASH_SPEC`` need. Without a target
            the photo comes in full.
        max_pixels: The size in pixels, as the header tells it, from which a photo is refused before it is decoded.

    Raises:
        ImageProblem: If it is not an image, is damaged, or too large; the reason is a sentence.
    """
    form = sniff(content)
    if form is None:
        refuse(content)
    try:
        if form is ImageFormat.JPEG:
            return _decode_jpeg(content, target=target, max_pixels=max_pixels)
        return _decode_with_pillow(content, form, max_pixels=max_pixels)
    except ImageProblem:
        raise
    except MemoryError:
        raise ImageProblem("There is not enough memory to decode it.") from None
    except Exception as error:  # decoders raise whatever damaged bytes lead them to; all of it is one finding
        raise ImageProblem(_damage(form, error)) from error


def _damage(form: ImageFormat, error: Exception) -> str:
    detail = " ".join(str(error).split()).rstrip(".") or type(error).__name__
    if "truncated" in detail.lower():
        return f"It is cut short: the {_name(form)} data end too early ({detail})."
    return f"It is damaged: its {_name(form)} data cannot be decoded ({detail})."


def _name(form: ImageFormat) -> str:
    return _NAMES.get(form, form.upper())


def _check_size(height: int, width: int, *, form: ImageFormat, length: int, max_pixels: int) -> None:
    if height < 1 or width < 1:
        raise ImageProblem(f"It is damaged: its {_name(form)} header says {width} x {height} pixels.")
    if height * width > max_pixels:
        raise ImageProblem(
            f"It is too large: {width} x {height} pixels, where at most {max_pixels / 1e6:g} million are decoded."
        )
    if max(height, width) > MAX_SIDE:
        raise ImageProblem(f"It is too large: {width} x {height} pixels, where a side may have at most {MAX_SIDE}.")
    if height * width > length * _MOST_PIXELS_PER_BYTE.get(form, max_pixels):
        raise ImageProblem(
            f"It is damaged or cut short: {length} bytes cannot hold the {width} x {height} pixels that its "
            f"{_name(form)} header promises."
        )


def _decode_jpeg(content: bytes, *, target: InputSpec | None, max_pixels: int) -> Decoded:
    header = read_jpeg_header(content)
    _check_size(header.height, header.width, form=ImageFormat.JPEG, length=len(content), max_pixels=max_pixels)
    height, width = header.height, header.width
    if header.orientation >= 5:
        height, width = width, height
    reduction = 1
    if target is not None:
        reduction = min(target.reduction(height, width), HASH_SPEC.reduction(height, width))
    image = _jpeg_pixels(content, header, reduction)
    return Decoded(upright(image, header.orientation), ImageFormat.JPEG, width, height, reduction)


def _jpeg_pixels(content: bytes, header: JpegHeader, reduction: int) -> NDArray[np.uint8]:
    """Return a JPEG's pixels at 1/reduction of its size, not yet upright."""
    if header.plain and can_be_quiet():
        import cv2

        sizes = {  # colour comes from IMREAD_COLOR_RGB; OpenCV refuses it beside IMREAD_REDUCED_COLOR_n, which mean BGR
            2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
            4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
            8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
        }
        flags = sizes.get(reduction, 0) | cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
        image = imdecode(content, flags)
        if image is not None:
            return image
    photo = open_photo(content, ImageFormat.JPEG)
    if reduction > 1:
        photo.draft(None, (header.width // reduction, header.height // reduction))
    return load_pixels(photo, content, ImageFormat.JPEG)[0]


def _decode_with_pillow(content: bytes, form: ImageFormat, *, max_pixels: int) -> Decoded:
    if form is ImageFormat.WEBP:  # the only one for which opening allocates the whole picture
        _check_size(*webp_size(content), form=form, length=len(content), max_pixels=max_pixels)
    if form is ImageFormat.PNG:
        check_png_chunks(content)
    photo = open_photo(content, form)
    _check_size(photo.height, photo.width, form=form, length=len(content), max_pixels=max_pixels)
    image = upright(*load_pixels(photo, content, form))
    return Decoded(image, form, image.shape[1], image.shape[0])
