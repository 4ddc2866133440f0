"""Photos of any kind get colours in their own size; what cannot be coloured is listed and stops nothing."""

import cv2
import numpy as np
import pytest
from PIL import Image

from integration.oddities import encode, photo
from learnet.applications.colourise import chroma, colour_photo, colourise, luminance
from learnet.core import UsageError
from learnet.data import decode


def test_brightness_stays_and_colours_are_enlarged_linearly():
    image = np.random.default_rng(0).integers(60, 190, (300, 45, 3), dtype=np.uint8)
    small = np.random.default_rng(1).uniform(-0.1, 0.1, (16, 16, 2)).astype(np.float32)
    made = colour_photo(image, small)
    wanted = cv2.resize(small, (45, 300), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(luminance(made), luminance(image), atol=0.0025)
    np.testing.assert_allclose(chroma(made), wanted, atol=0.005)


def test_one_colour_stays_one_colour_at_any_size():
    flat = np.full((16, 16, 2), (0.05, -0.08), np.float32)
    for height, width in [(1, 1), (1, 500), (257, 3), (16, 16)]:
        made = colour_photo(np.full((height, width, 3), 128, np.uint8), flat)
        assert made.shape == (height, width, 3)
        np.testing.assert_allclose(chroma(made), np.broadcast_to((0.05, -0.08), (height, width, 2)), atol=0.004)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Photos of many kinds, with what is no photo between them."""
    place = tmp_path_factory.mktemp("photos")
    (place / "sub").mkdir()
    turned = Image.Exif()
    turned[0x0112] = 6
    deep = np.linspace(0, 65535, 40 * 48).reshape(40, 48).astype(np.uint16)
    seen_through = photo(4).convert("RGBA")
    seen_through.putalpha(120)
    files = {
        "colour.jpg": encode(photo(1), "JPEG"),
        "grey.png": encode(photo(2).convert("L"), "PNG"),
        "turned.jpg": encode(photo(3), "JPEG", exif=turned),
        "alpha.png": encode(seen_through, "PNG"),
        "deep.png": encode(Image.fromarray(deep), "PNG"),
        "sub/grey.gif": encode(photo(5).convert("L"), "GIF"),
        "sub/colour.jpg": encode(photo(6), "JPEG"),
        "broken.jpg": encode(photo(7), "JPEG")[:300],
        "letter.txt": b"Dear photo,\n",
        "empty.png": b"",
    }
    for name, content in files.items():
        (place / name).write_bytes(content)
    return place


def test_a_folder_of_photos(folder, tmp_path, colouriser):
    done = colourise(colouriser, folder, out=tmp_path / "out")
    found = {str(entry.path).removeprefix(f"{folder}/"): entry for entry in done.photos}
    problems = {name for name, entry in found.items() if entry.problem is not None}
    assert problems == {"broken.jpg", "letter.txt", "empty.png"}
    assert len(found) == 10
    assert "cut short" in found["broken.jpg"].problem or "damaged" in found["broken.jpg"].problem
    assert (found["turned.jpg"].height, found["turned.jpg"].width) == (48, 40)  # upright, it stands
    for name, entry in found.items():
        if entry.problem is None:
            made = decode((tmp_path / "out").joinpath(f"{name.rpartition('.')[0]}-coloured.png").read_bytes()).image
            given = decode((folder / name).read_bytes()).image
            assert made.shape == given.shape == (entry.height, entry.width, 3)
            inside = (made > 0).all(axis=-1) & (made < 255).all(axis=-1)  # elsewhere the screen's limits cut it off
            assert inside.any()
            np.testing.assert_allclose(luminance(made)[inside], luminance(given)[inside], atol=0.003)
    sheet = decode(done.sheet.read_bytes()).image
    assert sheet.std() > 10


def test_what_was_coloured_is_not_coloured_again(folder, tmp_path, colouriser):
    place = tmp_path / "album"
    place.mkdir()
    (place / "a.jpg").write_bytes((folder / "colour.jpg").read_bytes())
    for out in (place, place / "coloured"):
        for _ in range(2):
            done = colourise(colouriser, place, out=out)
    assert sorted(path.relative_to(place).as_posix() for path in place.rglob("*") if path.is_file()) == [
        "a-coloured.png",
        "a.jpg",
        "before-and-after.png",
        "coloured/a-coloured-coloured.png",
        "coloured/a-coloured.png",
        "coloured/before-and-after-coloured.png",
        "coloured/before-and-after.png",
    ]
    assert len(done.photos) == 3


def test_two_photos_of_one_name_both_stay(folder, tmp_path, colouriser):
    done = colourise(colouriser, [folder / "colour.jpg", folder / "sub" / "colour.jpg"], out=tmp_path)
    assert [entry.written for entry in done.photos] == [
        str(tmp_path / "colour-coloured.png"),
        str(tmp_path / "colour-coloured-2.png"),
    ]
    first, second = (
        decode((tmp_path / name).read_bytes()).image for name in ("colour-coloured.png", "colour-coloured-2.png")
    )
    assert not np.array_equal(first, second)


def test_photos_with_too_many_pixels_and_places_that_are_not_there(folder, tmp_path, colouriser):
    done = colourise(colouriser, [folder / "colour.jpg", tmp_path / "no.jpg"], out=tmp_path / "out", max_pixels=100)
    assert "too large" in done.photos[0].problem
    assert done.photos[1].problem == "There is no such file or folder."
    assert done.sheet is None
    assert done.to_json()["n_problems"] == 2


def test_the_temperature_makes_a_difference_and_is_checked(folder, tmp_path, colouriser):
    cold, warm = (
        colourise(colouriser, folder / "colour.jpg", out=tmp_path / str(temperature), temperature=temperature)
        for temperature in (0.05, 1.0)
    )
    assert cold.photos[0].colourfulness != warm.photos[0].colourfulness
    assert (cold.temperature, warm.temperature) == (0.05, 1.0)
    with pytest.raises(UsageError, match="temperature must be greater than 0"):
        colourise(colouriser, folder, out=tmp_path, temperature=0)
    with pytest.raises(UsageError, match="Which photos"):
        colourise(colouriser, [], out=tmp_path)
