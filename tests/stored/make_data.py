"""What the stored files need beside them and is cheap to make again: photos, sentences, and weights by a recipe."""

import hashlib
import json
import shutil
import struct
import zlib
from pathlib import Path

import numpy as np

HEADER, KEPT, WEIGHTS = "weights.header", "weights.kept", "weights.safetensors"
_BLOCK = 65_535  # the most bytes that a stored deflate block holds


def recipe(key, shape):
    """Weights that depend on nothing but their name: raw PCG64 bits, which NumPy promises never to change."""
    seed = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "little")
    raw = np.random.PCG64(seed).random_raw(int(np.prod(shape)))
    unit = ((raw >> np.uint64(40)).astype(np.float32) / np.float32(2**24)).reshape(shape)
    if key.endswith(("moving_variance", "gamma")):
        return unit + np.float32(0.5)
    inputs = np.prod(shape[:2] if "depthwise" in key else shape[:-1])
    scale = np.sqrt(np.float32(24 / inputs)) if len(shape) > 1 else np.float32(0.2)
    return ((unit - np.float32(0.5)) * np.float32(scale)).astype(np.float32)


def _entries(header):
    """Return the arrays that a safetensors header describes, in the order of their bytes."""
    told = json.loads(header[8:])
    told.pop("__metadata__", None)
    return sorted(told.items(), key=lambda item: item[1]["data_offsets"])


def pack_weights(folder):
    """Replace a bundle's weights by their header and by those of them that do not follow the recipe."""
    content = (folder / WEIGHTS).read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    header, names, kept = content[:start], [], b""
    for key, entry in _entries(header):
        first, last = (start + offset for offset in entry["data_offsets"])
        if not _follows(key, entry, content[first:last]):
            names.append(key)
            kept += content[first:last]
    (folder / HEADER).write_bytes(header)
    (folder / KEPT).write_bytes(json.dumps(names).encode() + b"\n" + kept)
    (folder / WEIGHTS).unlink()


def _follows(key, entry, content):
    return entry["dtype"] == "F32" and recipe(key, tuple(entry["shape"])).tobytes() == content


def unpack_bundle(stored, target):
    """Copy a stored bundle, and make its weights again if only their header is stored; return the copy."""
    shutil.copytree(stored, target)
    if not (target / HEADER).exists():
        return target
    header = (target / HEADER).read_bytes()
    names, kept = (target / KEPT).read_bytes().split(b"\n", 1)
    own, data, place = set(json.loads(names)), [], 0
    for key, entry in _entries(header):
        if key in own:
            size = entry["data_offsets"][1] - entry["data_offsets"][0]
            data.append(kept[place : place + size])
            place += size
        else:
            data.append(recipe(key, tuple(entry["shape"])).tobytes())
    (target / WEIGHTS).write_bytes(header + b"".join(data))
    (target / HEADER).unlink()
    (target / KEPT).unlink()
    return target


def write_png(path, image):
    """Write a uint8 RGB image as a PNG whose bytes depend on nothing but its pixels: nothing is compressed."""
    height, width = image.shape[:2]
    lines = b"".join(b"\0" + image[row].tobytes() for row in range(height))
    blocks = [lines[place : place + _BLOCK] for place in range(0, len(lines), _BLOCK)]
    packed = b"\x78\x01"
    for number, block in enumerate(blocks):
        packed += struct.pack("<BHH", number + 1 == len(blocks), len(block), len(block) ^ 0xFFFF) + block
    packed += struct.pack(">I", zlib.adler32(lines))
    content = b"\x89PNG\r\n\x1a\n"
    for kind, data in (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", packed),
        (b"IEND", b""),
    ):
        content += struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    path.write_bytes(content)


def _pixels(key, height, width):
    raw = np.random.PCG64(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "little"))
    values = (raw.random_raw(height * width * 3) >> np.uint64(56)).astype(np.uint8)
    return values.reshape(height, width, 3)


def make_photo(key, label=0, side=24):
    """Return a smooth colour photo with a bright bar whose place tells the class."""
    image = (_pixels(key, 4, 4) // 2).repeat(side // 4, axis=0).repeat(side // 4, axis=1)
    image = image + _pixels(f"{key} noise", side, side) // 16
    top = label * side // 3
    image[top : top + side // 3, side // 4 : 3 * side // 4] = (230, 120 + 40 * label, 40)
    return image


def write_photos(folder, *, per_class=12, side=24):
    """Write ``folder/CLASS/NUMBER.png`` of three classes; return the folder."""
    for label, name in enumerate(("bottom", "middle", "top")):
        (folder / name).mkdir(parents=True)
        for number in range(per_class):
            write_png(folder / name / f"{number}.png", make_photo(f"{name} {number}", label, side))
    return folder


_WHO = {"der hund": "the dog", "die katze": "the cat", "ein kind": "a child", "ein mann": "a man"}
_WHAT = {"schläft": "sleeps", "läuft": "runs", "springt": "jumps"}
_WHERE = {"": "", " hier": " here", " im garten": " in the garden"}


def write_pairs(folder):
    """Write ``a.de`` and ``b.en``, 36 sentences of a made-up language and their translations."""
    pairs = [
        (f"{who}{where} {what}", f"{_WHO[who]} {_WHAT[what]}{_WHERE[where]}")
        for who in _WHO
        for what in _WHAT
        for where in _WHERE
    ]
    (folder / "a.de").write_bytes("".join(f"{german}\n" for german, _ in pairs).encode())
    (folder / "b.en").write_bytes("".join(f"{english}\n" for _, english in pairs).encode())


def gan_examples():
    """Return the images that the stored generator learns from."""
    return _pixels("gan", 40, 64)[..., :1].reshape(40, 8, 8, 1)


def gan_networks():
    """Return the two networks of the stored run of a GAN, untrained."""
    from learnet.gan import dcgan

    return dcgan(image_size=8, channels=1, base=2, latent_size=3, seed=4)


def write_backbone(target):
    """Put the stored tiny backbone where an interrupted run expects it; return the folder."""
    return unpack_bundle(Path(__file__).parent / "0.1.0" / "bundles" / "classifier-tiny", target)
