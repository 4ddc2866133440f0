"""Every format becomes the same upright RGB, and what is no photo gets a sentence."""

from __future__ import annotations

import io
import struct
import sys
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from learnet.data import ImageFormat, ImageProblem, InputSpec, decode, sniff
from learnet.data.sniff import READABLE

ROWS, COLUMNS = np.mgrid[0:48, 0:64]
SMOOTH = np.stack([COLUMNS * 4, ROWS * 5, (ROWS + COLUMNS) * 2], axis=-1).clip(0, 255).astype(np.uint8)
ALPHA = (COLUMNS * 4).astype(np.uint8)
RAMP = np.linspace(0, 65535, 64 * 48).round().astype(np.uint16).reshape(48, 64)
DEEP = np.dstack([RAMP, RAMP[::-1], RAMP[:, ::-1]])
RGB = Image.fromarray(SMOOTH)


def save(image, form, **options):
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def exif(orientation):
    tags = Image.Exif()
    tags[274] = orientation
    return tags


def grey(values):
    return np.repeat(np.asarray(values)[..., None], 3, axis=-1)


def eight(values):
    return np.rint(values.astype(np.float64) / 257).astype(int)


def over_white(colour, alpha):
    opacity = np.asarray(alpha)[..., None] / 255
    return colour * opacity + 255 * (1 - opacity)


def turned(image, orientation):
    """The eight orientations, spelled out from the EXIF standard: where row 0 and column 0 are to be shown."""
    return {
        1: image,
        2: np.fliplr(image),
        3: np.rot90(image, 2),
        4: np.flipud(image),
        5: np.flipud(np.rot90(image)),
        6: np.rot90(image, -1),
        7: np.fliplr(np.rot90(image)),
        8: np.rot90(image),
    }[orientation]


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(rows, *, depth, colour, extra=b"", size=None):
    """Write a PNG by hand: any depth, any colour type."""
    height, width = size or (len(rows), 64)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def packed(values, depth):
    bits = (values[..., None] >> np.arange(depth - 1, -1, -1)) & 1
    return np.packbits(bits.astype(np.uint8).reshape(len(values), -1), axis=1)


def opencv(name, array):
    return cv2.imencode(name, array[..., [2, 1, 0, 3][: array.shape[2]]])[1].tobytes()


def heic(image, **options):
    pillow_heif = pytest.importorskip("pillow_heif", reason="HEIC is an optional extra")
    file = io.BytesIO()
    pillow_heif.from_pillow(image).save(file, **options)
    return file.getvalue()


def assert_pixels(content, expected, *, form, tolerance=0.51):
    photo = decode(content)
    assert photo.format is form
    assert photo.image.dtype == np.uint8
    assert photo.image.flags.c_contiguous
    assert (photo.height, photo.width, 3) == photo.image.shape == np.shape(expected)
    assert np.abs(photo.image - np.asarray(expected, float)).max() <= tolerance


EXACT = [
    ("png", "PNG", {}),
    ("bmp", "BMP", {}),
    ("tiff", "TIFF", {}),
    ("tiff", "TIFF", {"compression": "tiff_lzw"}),
    ("tiff", "TIFF", {"compression": "tiff_adobe_deflate"}),
    ("webp", "WEBP", {"lossless": True}),
]
LOSSY = [("jpeg", "JPEG", {"quality": 95}), ("webp", "WEBP", {"quality": 95}), ("avif", "AVIF", {"quality": 95})]


@pytest.mark.parametrize(("form", "pillow", "options"), EXACT)
def test_lossless_formats_are_exact(form, pillow, options):
    assert_pixels(save(RGB, pillow, **options), SMOOTH, form=ImageFormat(form))


@pytest.mark.parametrize(
    ("form", "pillow", "options"), [*LOSSY, ("jpeg", "JPEG", {"quality": 95, "progressive": True})]
)
def test_lossy_formats_are_close(form, pillow, options):
    assert_pixels(save(RGB, pillow, **options), SMOOTH, form=ImageFormat(form), tolerance=8)


def test_heic():
    assert_pixels(heic(RGB, quality=95), SMOOTH, form=ImageFormat.HEIC, tolerance=8)


def test_heic_without_its_package_names_the_extra(monkeypatch):
    content = heic(RGB, quality=95)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(ImageProblem, match=r"pip install 'learnet\[heic\]'"):
        decode(content)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("form", "pillow", "options"), [*EXACT[0:1], *EXACT[2:4], *EXACT[5:], *LOSSY])
def test_orientation(form, pillow, options, orientation):
    content = save(RGB, pillow, exif=exif(orientation), **options)
    assert_pixels(content, turned(SMOOTH, orientation), form=ImageFormat(form), tolerance=8)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_heic_is_applied_once(orientation):
    content = heic(RGB, quality=95, exif=exif(orientation).tobytes())
    assert_pixels(content, turned(SMOOTH, orientation), form=ImageFormat.HEIC, tolerance=8)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_16_bit_tiff(orientation):
    content = save(Image.fromarray(RAMP), "TIFF", tiffinfo={274: orientation})
    assert_pixels(content, turned(grey(eight(RAMP)), orientation), form=ImageFormat.TIFF)


@pytest.mark.parametrize("value", [0, 9, 65535])
@pytest.mark.parametrize("pillow", ["JPEG", "PNG"])
def test_orientations_that_do_not_exist_count_as_upright(pillow, value):
    assert_pixels(save(RGB, pillow, exif=exif(value)), SMOOTH, form=ImageFormat(pillow.lower()), tolerance=12)


def test_orientation_in_both_byte_orders_and_damaged_exif():
    plain = save(RGB, "JPEG", quality=95)

    def with_exif(block):
        content = b"Exif\0\0" + block
        return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content + plain[2:]

    for order, mark in (("<", b"II*\0"), (">", b"MM\0*")):
        for kind, code in (("HH", 3), ("I", 4)):
            value = struct.pack(order + kind, *((6, 0) if kind == "HH" else (6,)))
            entry = struct.pack(order + "HHI", 274, code, 1) + value
            block = mark + struct.pack(order + "IH", 8, 1) + entry + bytes(4)
            assert decode(with_exif(block)).image.shape == (64, 48, 3)
            for end in range(20):
                assert decode(with_exif(block[:end])).image.shape == (48, 64, 3)


def test_cmyk_jpegs():
    inverted = save(RGB.convert("CMYK"), "JPEG", quality=95)
    assert b"Adobe" in inverted
    assert_pixels(inverted, SMOOTH, form=ImageFormat.JPEG, tolerance=8)


def test_ycck_jpeg():
    """YCCK stores cyan, magenta and yellow as if they were RGB turned into YCbCr; the Adobe marker says so."""
    ink = np.asarray(RGB.convert("CMYK"))
    stored = np.dstack([np.asarray(Image.fromarray(ink[..., :3]).convert("YCbCr")), 255 - ink[..., 3]])
    channels = [Image.fromarray(channel) for channel in np.moveaxis(255 - stored, 2, 0)]  # Pillow inverts as it writes
    content = save(Image.merge("CMYK", channels), "JPEG", quality=100)
    marker = content.index(b"Adobe")
    ycck = content[: marker + 11] + b"\x02" + content[marker + 12 :]
    assert_pixels(ycck, SMOOTH, form=ImageFormat.JPEG, tolerance=8)


def test_grey_jpeg():
    assert_pixels(save(RGB.getchannel(1), "JPEG", quality=95), grey(SMOOTH[..., 1]), form=ImageFormat.JPEG, tolerance=4)


def test_colour_profiles_are_not_applied():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert_pixels(save(RGB, "PNG", icc_profile=profile), SMOOTH, form=ImageFormat.PNG)
    with_profile, without = (save(RGB, "JPEG", icc_profile=value) for value in (profile, None))
    np.testing.assert_array_equal(decode(with_profile).image, decode(without).image)


@pytest.mark.parametrize(
    ("form", "pillow", "options"), [*EXACT[0:1], *EXACT[2:5], ("webp", "WEBP", {"lossless": True, "exact": True})]
)
def test_alpha_shows_white(form, pillow, options):
    image = Image.fromarray(np.dstack([SMOOTH, ALPHA]))
    assert_pixels(save(image, pillow, **options), over_white(SMOOTH, ALPHA), form=ImageFormat(form))


def test_alpha_in_avif_and_grey_png():
    image = Image.fromarray(np.dstack([SMOOTH, ALPHA]))
    assert_pixels(save(image, "AVIF", quality=95), over_white(SMOOTH, ALPHA), form=ImageFormat.AVIF, tolerance=8)
    pair = Image.merge("LA", [RGB.getchannel(0), Image.fromarray(ALPHA)])
    assert_pixels(save(pair, "PNG"), over_white(grey(SMOOTH[..., 0]), ALPHA), form=ImageFormat.PNG)


@pytest.mark.parametrize("form", ["PNG", "TIFF"])
def test_16_bit_grey_stays_a_monotone_ramp(form):
    content = save(Image.fromarray(RAMP), form)
    assert_pixels(content, grey(eight(RAMP)), form=ImageFormat(form.lower()))
    ramp = decode(content).image[..., 0].reshape(-1).astype(int)
    assert (np.diff(ramp) >= 0).all()
    assert (ramp[0], ramp[-1], len(set(ramp))) == (0, 255, 256)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bit_colours(suffix):
    form = ImageFormat(suffix[1:])
    assert_pixels(opencv(suffix, DEEP), eight(DEEP), form=form)
    expected = over_white(eight(DEEP), eight(RAMP))
    assert_pixels(opencv(suffix, np.dstack([DEEP, RAMP])), expected, form=form)


def test_16_bit_grey_with_alpha_and_with_transparent_colours():
    def rows(values):
        return [row.astype(">u2").tobytes() for row in values]

    pair = np.dstack([RAMP, RAMP[::-1]])
    expected = over_white(grey(eight(RAMP)), eight(RAMP[::-1]))
    assert_pixels(png(rows(pair), depth=16, colour=4), expected, form=ImageFormat.PNG)
    key = chunk(b"tRNS", struct.pack(">H", RAMP[5, 5]))
    expected = np.where((RAMP[5, 5] == RAMP)[..., None], 255, grey(eight(RAMP)))
    assert_pixels(png(rows(RAMP), depth=16, colour=0, extra=key), expected, form=ImageFormat.PNG)
    key = chunk(b"tRNS", DEEP[5, 5].astype(">u2").tobytes())
    expected = np.where((DEEP[5, 5] == DEEP).all(-1, keepdims=True), 255, eight(DEEP))
    assert_pixels(png(rows(DEEP), depth=16, colour=2, extra=key), expected, form=ImageFormat.PNG)


def test_tiff_whose_zero_is_white():
    content = save(Image.fromarray(RAMP), "TIFF", tiffinfo={262: 0})
    assert_pixels(content, grey(eight(65535 - RAMP)), form=ImageFormat.TIFF)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_shallow_grey_and_palette_pngs(depth):
    rng = np.random.default_rng(depth)
    values = rng.integers(0, 2**depth, (48, 64))
    rows = list(packed(values, depth))
    shades = grey(values * 255 // (2**depth - 1))
    assert_pixels(png(rows, depth=depth, colour=0), shades, form=ImageFormat.PNG)
    key = chunk(b"tRNS", b"\0\0")
    shown = np.where((values == 0)[..., None], 255, shades)
    assert_pixels(png(rows, depth=depth, colour=0, extra=key), shown, form=ImageFormat.PNG)
    key = chunk(b"tRNS", b"\0\1")
    shown = np.where((values == 1)[..., None], 255, shades)
    assert_pixels(png(rows, depth=depth, colour=0, extra=key), shown, form=ImageFormat.PNG)
    colours = rng.integers(0, 256, (2**depth, 3), dtype=np.uint8)
    palette = chunk(b"PLTE", colours.tobytes())
    assert_pixels(png(rows, depth=depth, colour=3, extra=palette), colours[values], form=ImageFormat.PNG)
    opacity = rng.integers(0, 256, 2**depth, dtype=np.uint8)
    extra = palette + chunk(b"tRNS", opacity.tobytes())
    expected = over_white(colours[values], opacity[values])
    assert_pixels(png(rows, depth=depth, colour=3, extra=extra), expected, form=ImageFormat.PNG)


def test_bilevel_tiff():
    bits = SMOOTH[..., 0] > 100
    content = save(Image.fromarray(bits), "TIFF", compression="group4")
    assert_pixels(content, grey(bits * 255), form=ImageFormat.TIFF)


@pytest.mark.parametrize("pillow", ["GIF", "WEBP", "PNG", "TIFF"])
def test_the_first_frame_counts(pillow):
    first = RGB.quantize(64).convert("RGB")
    options = {"lossless": True} if pillow == "WEBP" else {}
    content = save(first, pillow, save_all=True, append_images=[Image.new("RGB", (64, 48), "red")], **options)
    assert_pixels(content, np.asarray(first), form=ImageFormat(pillow.lower()))


def test_transparent_gif():
    image = RGB.quantize(16)
    indices, colours = np.asarray(image), np.asarray(image.convert("RGB"))
    expected = np.where((indices == 3)[..., None], 255, colours)
    assert_pixels(save(image, "GIF", transparency=3), expected, form=ImageFormat.GIF)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_one_pixel(form):
    content = save(Image.new("RGB", (1, 1), "white"), form)
    assert_pixels(content, [[[255, 255, 255]]], form=ImageFormat(form.lower()), tolerance=2)


def noise(width, height, seed=0):
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 10, 3), dtype=np.uint8)
    return Image.fromarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize(("side", "reduction"), [(32, 4), (256, 4), (320, 2), (700, 1)])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_reduced_size_decoding_gives_nearly_the_same(mode, side, reduction, orientation):
    content = save(noise(1613, 1207).convert(mode), "JPEG", quality=92, exif=exif(orientation))
    for resize in ("crop", "stretch"):
        spec = InputSpec(height=side, width=side, resize=resize)
        reduced, whole = decode(content, target=spec), decode(content)
        assert (reduced.width, reduced.height) == (whole.width, whole.height)
        assert (reduced.reduction, whole.reduction) == (reduction, 1)
        assert reduced.image.shape[0] == -(-whole.height // reduction)
        difference = np.abs(spec.apply(reduced.image).astype(int) - spec.apply(whole.image))
        assert difference.mean() < 1
        assert difference.max() < 16


def test_opencv_and_pillow_agree(monkeypatch):
    contents = [save(noise(400, 300), "JPEG", quality=q, progressive=q > 80) for q in (60, 75, 90)]
    contents.append(save(noise(400, 300).convert("L"), "JPEG"))
    through_opencv = [decode(content).image for content in contents]
    monkeypatch.setattr("learnet.core.quiet._streams", lambda: None)
    for content, expected in zip(contents, through_opencv, strict=True):
        assert np.abs(decode(content).image.astype(int) - expected).max() <= 1


JPEG = save(RGB, "JPEG", quality=95, exif=exif(1))


def test_whatever_follows_the_end_mark_is_of_no_account():
    expected = decode(JPEG).image
    for tail in (bytes(100), b"trailing garbage" * 50, JPEG, b"\xff" * 7):
        np.testing.assert_array_equal(decode(JPEG + tail).image, expected)


def test_cut_jpegs_are_refused_even_if_a_whole_thumbnail_is_inside():
    thumbnail = b"Exif\0\0II*\0\x08\0\0\0\0\0" + save(RGB.resize((16, 12)), "JPEG")
    content = JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail + JPEG[2:]
    assert decode(content).image.shape == (48, 64, 3)
    for end in range(3, len(content) - 1, 37):
        with pytest.raises(ImageProblem, match="cut short"):
            decode(content[:end])
    with pytest.raises(ImageProblem, match="cut short"):
        decode(content[: len(content) // 2] + bytes(len(content) // 2))


def test_a_png_must_reach_its_end_mark():
    """OpenCV would search for seconds for a chunk that claims more bytes than there are."""
    content = opencv(".png", DEEP)
    start = content.index(b"IDAT") - 4
    for damaged in (content[:-12], patched(content, start, ">I", 0x00B20011)):
        with pytest.raises(ImageProblem, match="cut short: the PNG data end before their end mark"):
            decode(damaged)
    assert decode(content + b"trailing garbage").image.shape == (48, 64, 3)


@pytest.mark.parametrize("form", ["PNG", "GIF", "WEBP", "BMP", "TIFF", "AVIF"])
def test_cut_files_of_other_formats_are_refused(form):
    content = save(noise(200, 160), form)
    for part in (0.3, 0.5, 0.9):
        with pytest.raises(ImageProblem, match=r"cut short|damaged"):
            decode(content[: int(len(content) * part)])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\0" * 5000, "zero bytes"),
        (b"just some words\n", "a text file"),
        ("grüße".encode(), "a text file"),
        (b"<!DOCTYPE html><html>404 Not Found</html>", "a web page"),
        (b"\n <HTML><body>", "a web page"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG drawing"),
        (b"<svg width='4'>", "an SVG drawing"),
        (b"<?xml version='1.0'?><annotation/>", "an XML file"),
        (b"PK\x03\x04rest", "a ZIP archive"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2mp41", "a video"),
        (b"RIFF\x10\0\0\0AVI LIST", "an AVI video"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "a WAVE recording"),
        (b"\x1aE\xdf\xa3\x01\x00", "a Matroska"),
        (b"8BPS\0\x01", "a Photoshop document"),
        (b"\0\x05\x16\x07\0\x02", "a macOS resource file"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        (bytes(range(256)) * 4, "no image format"),
        (b"BM", "a text file"),
        (b"\xff\xd8\xff", "cut short"),
        (b"\x89PNG\r\n\x1a\n", "the PNG data end before"),
        (b"II*\0", "TIFF data"),
        (b"RIFF\0\0\0\0WEBP", "WebP data"),
    ],
)
def test_what_is_no_photo_gets_a_sentence(content, words):
    with pytest.raises(ImageProblem) as caught:
        decode(content)
    assert words in caught.value.reason
    assert caught.value.reason[0].isupper()
    assert READABLE in caught.value.reason or sniff(content) or len(content) == 0 or "git" in words


def test_numbers_without_a_range_are_refused():
    for mode, words in (("F", "floating-point"), ("I", "32-bit")):
        with pytest.raises(ImageProblem, match=words):
            decode(save(Image.new(mode, (4, 4)), "TIFF"))


def patched(content, at, kind, *values):
    block = struct.pack(kind, *values)
    return content[:at] + block + content[at + len(block) :]


def lying(form, height, width):
    content = save(RGB, form)
    if form == "JPEG":
        return patched(content, content.index(b"\xff\xc0") + 5, ">HH", height, width)
    if form == "GIF":
        start = content.index(b",\0\0\0\0@\0")
        return patched(patched(content, 6, "<HH", width, height), start + 5, "<HH", width, height)
    if form == "BMP":
        return patched(content, 18, "<ii", width, height)
    if form == "WEBP":
        return patched(content, 26, "<HH", width & 0x3FFF, height & 0x3FFF)
    if form == "TIFF":
        for tag, value in ((256, width), (257, height)):
            content = patched(content, content.index(struct.pack("<HHI", tag, 4, 1)) + 8, "<I", value)
        return content
    return png([], depth=8, colour=2, size=(height, width))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"])
def test_bombs_are_refused_before_anything_is_allocated(form):
    tracemalloc.start()
    try:
        with pytest.raises(ImageProblem, match=r"too large: 16383 x 16000 pixels, where at most 100 million"):
            decode(lying(form, 16000, 16383))
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF"])
def test_sizes_that_so_few_bytes_cannot_hold_are_refused(form):
    with pytest.raises(ImageProblem, match=r"bytes cannot hold the 9000 x 9000 pixels"):
        decode(lying(form, 9000, 9000))


def test_long_thin_photos():
    with pytest.raises(ImageProblem, match=r"too large: 70000 x 3 pixels, where a side may have at most 65535"):
        decode(png([bytes(70000 * 3)] * 3, depth=8, colour=2, size=(3, 70000)))
    thin = decode(png([bytes(65535 * 3)] * 3, depth=8, colour=2, size=(3, 65535))).image
    for resize in ("crop", "stretch", "pad"):
        assert InputSpec(height=24, width=24, resize=resize).apply(thin).shape == (24, 24, 3)


def test_the_limit_is_the_callers():
    assert decode(JPEG, max_pixels=48 * 64).height == 48
    with pytest.raises(ImageProblem, match="too large: 64 x 48 pixels"):
        decode(JPEG, max_pixels=48 * 64 - 1)


@pytest.mark.parametrize(
    ("start", "form"),
    [
        (b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miafMA1A", "avif"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", "avif"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "heic"),
        (b"MM\0*\0\0\0\x08", "tiff"),
        (b"\0\0\0\x18ftypqt  \0\0\0\0qt  ", None),
    ],
)
def test_sniffing(start, form):
    assert sniff(start) == form
