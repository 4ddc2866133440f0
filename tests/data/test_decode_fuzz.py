"""Whatever the bytes are: an image or a sentence, no other exception, and nothing on the terminal."""

from __future__ import annotations

import functools
import io
import struct

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from learnet.data import ImageProblem, InputSpec, decode

SPEC = InputSpec(height=16, width=16)
QUIET_FUZZ = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
KINDS = {
    "jpeg": ("JPEG", {}),
    "progressive": ("JPEG", {"progressive": True}),
    "png": ("PNG", {}),
    "bmp": ("BMP", {}),
    "gif": ("GIF", {}),
    "webp": ("WEBP", {"quality": 80}),
    "lossless": ("WEBP", {"lossless": True}),
    "tiff": ("TIFF", {}),
    "lzw": ("TIFF", {"compression": "tiff_lzw"}),
    "deflate": ("TIFF", {"compression": "tiff_adobe_deflate"}),
    "tiff of jpeg": ("TIFF", {"compression": "jpeg"}),
    "avif": ("AVIF", {}),
    "cmyk": ("JPEG", {}),
    "palette": ("PNG", {}),
    "deep": ("PNG", {}),
    "deep tiff": ("TIFF", {}),
    "heic": ("HEIC", {}),
}


@functools.cache
def valid(kind):
    form, options = KINDS[kind]
    pixels = np.random.default_rng(0).integers(0, 256, (12, 16, 3), dtype=np.uint8)
    if kind in ("deep", "deep tiff"):
        return cv2.imencode("." + form.lower(), pixels.astype(np.uint16) * 257)[1].tobytes()
    image, file, tags = Image.fromarray(pixels).resize((64, 48)), io.BytesIO(), Image.Exif()
    tags[274] = 6
    if kind == "heic":
        pytest.importorskip("pillow_heif", reason="HEIC is an optional extra").from_pillow(image).save(file)
        return file.getvalue()
    image = {"cmyk": lambda: image.convert("CMYK"), "palette": lambda: image.quantize(16)}.get(kind, lambda: image)()
    image.save(file, form, **({} if form in ("BMP", "GIF") else {"exif": tags}), **options)
    return file.getvalue()


def check(content, capfd):
    reason, image = "", None
    try:
        image = decode(content, target=SPEC, max_pixels=1_000_000).image
    except ImageProblem as problem:
        reason = problem.reason
    if image is None:
        assert reason[0].isupper()
        assert reason.endswith((".", "]'", "pull"))
        assert "\n" not in reason
    else:
        assert image.dtype == np.uint8
        assert SPEC.apply(image).shape == (16, 16, 3)
    assert capfd.readouterr() == ("", "")


@QUIET_FUZZ
@given(content=st.binary(max_size=300))
@example(content=b"\xff\xd8\xff\xda\x00\x02\xff\xd9")
@example(content=b"\xff\xd8\xff" + b"\xff" * 50 + b"\xd9")
def test_any_bytes(content, capfd):
    check(content, capfd)


@QUIET_FUZZ
@given(
    start=st.sampled_from(
        [b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"GIF89a", b"II*\0\x08\0\0\0", b"MM\0*"]
    )
    | st.sampled_from([b"RIFF\xff\0\0\0WEBPVP8X", b"RIFF\xff\0\0\0WEBPVP8L", b"BM" + bytes(12) + b"\x28\0\0\0"])
    | st.sampled_from([b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"]),
    rest=st.binary(max_size=300),
)
def test_any_bytes_after_a_signature(start, rest, capfd):
    check(start + rest, capfd)


@pytest.mark.parametrize("kind", KINDS)
@QUIET_FUZZ
@given(data=st.data())
def test_damaged_files(kind, data, capfd):
    content = bytearray(valid(kind))
    places = st.integers(0, len(content) - 1) | st.integers(0, min(len(content) - 1, 120))
    damage = data.draw(st.sampled_from(["cut", "flip", "overwrite", "remove", "repeat"]))
    at = data.draw(places)
    if damage == "cut":
        del content[at:]
    elif damage == "flip":
        for place in [at, *data.draw(st.lists(places, max_size=8))]:
            content[place] ^= 1 << data.draw(st.integers(0, 7))
    elif damage == "overwrite":
        block = data.draw(st.binary(min_size=1, max_size=40))
        content[at : at + len(block)] = block
    elif damage == "remove":
        del content[at : at + data.draw(st.integers(1, 64))]
    else:
        content[at:at] = content[at : at + data.draw(st.integers(1, 64))]
    check(bytes(content), capfd)


@pytest.mark.parametrize("kind", KINDS)
def test_undamaged_files_are_decoded(kind, capfd):
    assert decode(valid(kind)).image.std() > 20
    assert capfd.readouterr() == ("", "")


def test_remarks_of_the_jpeg_library_are_not_seen(capfd):
    """Cameras write bytes too many before the end mark; OpenCV's JPEG library says so on standard error."""
    content = valid("jpeg")
    odd = content[:-2] + bytes(9) + content[-2:]
    np.testing.assert_array_equal(decode(odd).image, decode(content).image)
    cut = content[: len(content) - 300] + b"\xff\xd9"
    assert decode(cut).image.shape == decode(content).image.shape
    assert capfd.readouterr() == ("", "")


def test_a_log_of_pillow_is_not_seen(capfd):
    content = valid("tiff")
    entry = content.index(struct.pack("<HHI", 277, 3, 1))
    with pytest.raises(ImageProblem):
        decode(content[: entry + 8] + struct.pack("<H", 31235) + content[entry + 10 :])
    assert capfd.readouterr() == ("", "")
