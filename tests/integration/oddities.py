"""A folder of photos as people really have them: every oddity planted on purpose, with what must become of it."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

USED, SKIPPED = "used", "skipped"


@dataclass(frozen=True)
class Oddity:
    """One planted file: where, what, and what must happen to it."""

    path: str
    content: bytes
    fate: str


def photo(seed: int, *, size: tuple[int, int] = (48, 40)) -> Image.Image:
    """Return a smooth random photo."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    return small.resize(size, Image.Resampling.BICUBIC)


def encode(image: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _bomb_png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + _png_chunk(b"IHDR", header) + _png_chunk(b"IDAT", body) + _png_chunk(b"IEND", b"")


def _bomb_jpeg() -> bytes:
    content = bytearray(encode(photo(900), "JPEG"))
    start = content.index(b"\xff\xc0")
    content[start + 5 : start + 9] = struct.pack(">HH", 65_000, 65_000)
    return bytes(content)


def _zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("photo.jpg", encode(photo(901), "JPEG"))
    return out.getvalue()


def _heic(seed: int) -> bytes:
    import pillow_heif

    out = io.BytesIO()
    pillow_heif.from_pillow(photo(seed)).save(out, quality=80)
    return out.getvalue()


def _sixteen_bit(form: str, seed: int) -> bytes:
    ramp = np.linspace(seed, 65_535, 48 * 40).reshape(40, 48).astype(np.uint16)
    return encode(Image.fromarray(ramp), form)


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def _rgba(seed: int) -> Image.Image:
    image = photo(seed).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    return image


def _broken() -> list[Oddity]:
    jpeg, png = encode(photo(1), "JPEG", quality=95), encode(photo(2), "PNG")
    damaged_png = bytearray(png)
    damaged_png[len(png) // 2] ^= 0xFF
    contents = {
        "empty.jpg": b"",
        "one-byte.png": b"\x89",
        "text.jpg": b"this is not a photo\n" * 20,
        "page.jpg": b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
        "json.png": b'{"error": "rate limit"}',
        "drawing.jpg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        "paper.jpg": b"%PDF-1.7\n" + b"0" * 300,
        "archive.jpg": _zip(),
        "zeros.jpg": bytes(5000),
        "noise.jpg": np.random.default_rng(3).bytes(5000),
        "movie.jpg": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(500),
        "half.jpg": jpeg[: len(jpeg) // 2],
        "head-only.jpg": jpeg[:300],
        "cut-at-the-end.jpg": jpeg[: len(jpeg) * 9 // 10],
        "half.png": png[: len(png) // 2],
        "damaged.png": bytes(damaged_png),
        "half.gif": encode(photo(4), "GIF")[:200],
        "half.webp": encode(photo(5), "WEBP")[:120],
        "half.bmp": encode(photo(6), "BMP")[:1000],
        "half.tif": encode(photo(7), "TIFF")[:900],
        "half.avif": encode(photo(8), "AVIF")[:300],
        "bomb.png": _bomb_png(60_000, 60_000),
        "wide-bomb.png": _bomb_png(2_000_000_000, 1),
        "bomb.jpg": _bomb_jpeg(),
    }
    return [Oddity(f"cats/broken-{name}", content, SKIPPED) for name, content in contents.items()]


def _formats() -> list[Oddity]:
    cmyk, grey = photo(20).convert("CMYK"), photo(21).convert("L")
    palette = photo(22).convert("P", palette=Image.Palette.ADAPTIVE)
    frames = [photo(24), photo(25)]
    contents = {
        "cmyk.jpg": encode(cmyk, "JPEG"),
        "progressive.jpg": encode(photo(26), "JPEG", progressive=True),
        "grey.jpg": encode(grey, "JPEG"),
        "garbage-behind.jpg": encode(photo(27), "JPEG") + b"garbage" * 50,
        "grey.png": encode(photo(28).convert("L"), "PNG"),
        "one-bit.png": encode(photo(29).convert("1"), "PNG"),
        "palette.png": encode(palette, "PNG"),
        "palette-transparent.png": encode(palette, "PNG", transparency=0),
        "grey-alpha.png": encode(_rgba(30).convert("LA"), "PNG"),
        "alpha.png": encode(_rgba(31), "PNG"),
        "sixteen.png": _sixteen_bit("PNG", 0),
        "plain.bmp": encode(photo(32), "BMP"),
        "still.gif": encode(photo(33), "GIF"),
        "moving.gif": encode(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "lossy.webp": encode(photo(34), "WEBP"),
        "lossless-alpha.webp": encode(_rgba(35), "WEBP", lossless=True),
        "moving.webp": encode(photo(36), "WEBP", save_all=True, append_images=[photo(37)]),
        "plain.tif": encode(photo(38), "TIFF"),
        "packed.tiff": encode(photo(39), "TIFF", compression="tiff_lzw"),
        "sixteen.tif": _sixteen_bit("TIFF", 3000),
        "pages.tif": encode(photo(40), "TIFF", save_all=True, append_images=[photo(41)]),
        "plain.avif": encode(photo(42), "AVIF"),
        "plain.heic": _heic(43),
        "tiny.png": encode(photo(44, size=(1, 1)), "PNG"),
        "thin.png": encode(photo(45, size=(600, 2)), "PNG"),
    }
    return [Oddity(f"dogs/format-{name}", content, USED) for name, content in contents.items()]


def _mislabelled() -> list[Oddity]:
    contents = {
        "heic.jpg": _heic(60),
        "gif.jpg": encode(photo(61), "GIF"),
        "png.jpg": encode(photo(62), "PNG"),
        "jpeg.png": encode(photo(63), "JPEG"),
        "webp.jpg": encode(photo(64), "WEBP"),
        "tiff.bmp": encode(photo(65), "TIFF"),
        "bmp.txt": encode(photo(66), "BMP"),
        "no-suffix": encode(photo(67), "JPEG"),
        "UPPER.JPG": encode(photo(68), "JPEG"),
        "ü 模型 'quoted'.jpg": encode(photo(69), "JPEG"),
        "<img src=x onerror=alert(1)>.jpg": encode(photo(70), "JPEG"),
        "new\nline.jpg": encode(photo(71), "JPEG"),
    }
    return [Oddity(f"cats/suffix-{name}", content, USED) for name, content in contents.items()]


def _strays() -> list[Oddity]:
    jpeg = encode(photo(80), "JPEG")
    contents = {
        ".DS_Store": b"\0\0\0\1Bud1",
        "dogs/.DS_Store": b"\0\0\0\1Bud1",
        "dogs/._format-plain.bmp": b"\0\5\x16\7",
        "dogs/Thumbs.db": b"\xd0\xcf\x11\xe0" + bytes(100),
        ".ipynb_checkpoints/1.jpg": jpeg,
        "cats/.ipynb_checkpoints/1.jpg": jpeg,
        "__MACOSX/cats/1.jpg": jpeg,
        "README.md": b"# photos of my pets\n",
        "loose.jpg": jpeg,
    }
    return [Oddity(path, content, SKIPPED) for path, content in contents.items()]


def plant(root: Path) -> list[Oddity]:
    """Write the folder: two classes of plain photos, and every oddity; return the oddities."""
    oddities = [*_broken(), *_formats(), *_mislabelled(), *_strays()]
    for orientation in range(1, 9):
        content = encode(photo(90 + orientation), "JPEG", exif=_exif(orientation))
        oddities.append(Oddity(f"cats/turned-{orientation}.jpg", content, USED))
    for number in range(30):
        for offset, name in ((1000, "cats"), (2000, "dogs")):
            plain = root / name / f"plain-{number}.jpg"
            plain.parent.mkdir(parents=True, exist_ok=True)
            plain.write_bytes(encode(photo(offset + number), "JPEG"))
    for oddity in oddities:
        path = root / oddity.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(oddity.content)
    (root / "no-photos-here").mkdir()
    return oddities
