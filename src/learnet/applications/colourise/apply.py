"""New photos get colours: the full brightness is kept, colour is guessed at the network's size and enlarged."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.colourise.colour import chroma, join, luminance
from learnet.applications.colourise.colouriser import Colouriser
from learnet.applications.colourise.measures import colourfulness
from learnet.applications.colourise.save import load_colouriser
from learnet.core import DataError, Silent, UsageError, visible, write_bytes
from learnet.data import MAX_PIXELS, FileSource, ImageProblem, InputSpec, decode, natural_key
from learnet.data.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from learnet.core import Progress

_ROWS_AT_ONCE = 256
_SHEET_PHOTOS = 12
_SHEET, _SUFFIX = "before-and-after.png", "-coloured.png"
_SHEET_SIDE = 256
_COLOURED = 0.02  # a photo of which no pixel's U or V is larger counts as grey


@dataclass(frozen=True, kw_only=True)
class ColouredPhoto:
    """What became of one photo.

    Attributes:
        path: Of the photo.
        written: Where the coloured one is; None if there is none.
        problem: Why there is none, as a sentence; None if there is one.
        height: Of the photo, upright, in pixels; 0 if it could not be read.
        width: The same.
        colourfulness: Of the coloured photo; 0 if there is none.
    """

    path: str
    written: str | None
    problem: str | None
    height: int = 0
    width: int = 0
    colourfulness: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Coloured:
    """What became of all photos.

    Attributes:
        photos: One entry each, in order.
        sheet: The picture of the first ones before and after; None if there was none to draw.
        temperature: With which they were coloured.
    """

    photos: tuple[ColouredPhoto, ...]
    sheet: Path | None
    temperature: float

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON-like object."""
        return {
            "photos": [asdict(photo) for photo in self.photos],
            "n": len(self.photos),
            "n_problems": sum(photo.problem is not None for photo in self.photos),
            "sheet": None if self.sheet is None else str(self.sheet),
            "temperature": self.temperature,
        }


def colourise(
    bundle: str | Path | Colouriser,
    photos: str | Path | Iterable[str | Path],
    *,
    out: str | Path,
    temperature: float | None = None,
    max_pixels: int = MAX_PIXELS,
    progress: Progress | None = None,
) -> Coloured:
    """Give photos colours, and draw a sheet of the first ones before and after.

    Each photo is written as ``NAME-coloured.png`` below ``out``, in its own size. Of a photo that has colours already
    only the brightness is used.

    Args:
        bundle: Of a colouriser, or the colouriser itself.
        photos: Files, and folders of them, which are searched to any depth.
        out: The folder to write to.
        temperature: Small is vivid, 1 is pale; the bundle's own if not given.
        max_pixels: Photos with more pixels are not decoded.
        progress: Where to tell how it goes.

    Returns:
        What became of them; what cannot be coloured comes with its problem and stops nothing.

    Raises:
        UsageError: If the temperature is not greater than 0, or there is no photo at all.
        BundleError: If the bundle is refused.
    """
    colouriser = bundle if isinstance(bundle, Colouriser) else load_colouriser(bundle)
    target, progress = Path(out), progress or Silent()
    found = _find([photos] if isinstance(photos, str | Path) else photos, target)
    if not found:
        raise UsageError("Which photos? Give files, or folders of them.")
    painter = _Painter(colouriser, target, temperature=temperature, max_pixels=max_pixels)
    coloured: list[ColouredPhoto] = []
    drawn: list[tuple[str, NDArray[np.uint8]]] = []
    with progress.stage("Colouring photos", len(found)) as task:
        for place, name, problem in found:
            photo, views = painter.paint(place, name, problem)
            coloured.append(photo)
            if views is not None and len(drawn) < _SHEET_PHOTOS:
                drawn.append((visible(place.name), views))
            task.advance()
    return Coloured(
        photos=tuple(coloured),
        sheet=_write_sheet(target / _SHEET, drawn),
        temperature=colouriser.temperature if temperature is None else temperature,
    )


def colour_photo(image: NDArray[np.uint8], colours: NDArray[Any]) -> NDArray[np.uint8]:
    """Return a photo with its own brightness and new colours.

    Args:
        image: uint8 RGB ``(h, w, 3)``, any size.
        colours: U and V ``(rows, columns, 2)`` of the whole photo, at any size; enlarged linearly.

    Returns:
        uint8 RGB ``(h, w, 3)``.
    """
    import cv2

    height, width = image.shape[:2]
    wide = cv2.resize(np.asarray(colours, np.float32), (width, len(colours)), interpolation=cv2.INTER_LINEAR)
    places = np.clip((np.arange(height) + 0.5) * len(wide) / height - 0.5, 0, len(wide) - 1)
    above = places.astype(np.int64)
    below, share = np.minimum(above + 1, len(wide) - 1), (places - above).astype(np.float32)[:, None, None]
    made = np.empty_like(image)
    for start in range(0, height, _ROWS_AT_ONCE):  # a photo of 100 million pixels would take gigabytes at once
        rows = slice(start, start + _ROWS_AT_ONCE)
        mixed = wide[above[rows]] * (1 - share[rows]) + wide[below[rows]] * share[rows]
        made[rows] = join(luminance(image[rows]), mixed)
    return made


def grey_of(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return photos without their colours, uint8 RGB of the same shape."""
    brightness = np.clip(np.rint(255 * luminance(images)), 0, 255).astype(np.uint8)
    return np.repeat(brightness[..., None], 3, axis=-1)


def is_grey(image: NDArray[np.uint8]) -> bool:
    """Return whether a photo has no colours to speak of."""
    return bool(np.abs(chroma(image)).max() < _COLOURED)


class _Painter:
    """Colours one photo after another into a folder."""

    def __init__(self, colouriser: Colouriser, out: Path, *, temperature: float | None, max_pixels: int) -> None:
        self._spec, self._out, self._max_pixels = colouriser.spec, out, max_pixels
        self._predictor = colouriser.compiled(temperature=temperature, latency=True)
        self._names: set[str] = set()

    def paint(self, place: Path, name: str, problem: str | None) -> tuple[ColouredPhoto, NDArray[np.uint8] | None]:
        """Return what became of a photo, and its row of the sheet ``(3, side, side, 3)`` if it was coloured."""
        if problem is not None:
            return ColouredPhoto(path=str(place), written=None, problem=problem), None
        try:
            content = FileSource(place.parent, [place.name]).read(0)
            image = decode(content, max_pixels=self._max_pixels).image
            (colours,) = self._predictor.stream([self._spec.apply(image)])
            made = colour_photo(image, colours)
            png = _png(made)
        except ImageProblem as error:
            return ColouredPhoto(path=str(place), written=None, problem=error.reason), None
        except MemoryError:
            return ColouredPhoto(path=str(place), written=None, problem="There is not enough memory for it."), None
        target = self._out / _free_name(name, self._names)
        write_bytes(target, png)
        photo = ColouredPhoto(
            path=str(place),
            written=str(target),
            problem=None,
            height=image.shape[0],
            width=image.shape[1],
            colourfulness=round(float(colourfulness(self._spec.apply(made)[None])[0]), 2),
        )
        small = InputSpec(height=_SHEET_SIDE, width=_SHEET_SIDE, resize="pad")
        given, after = small.apply(image), small.apply(made)
        return photo, np.stack([grey_of(given), after, given])


def _find(paths: Iterable[str | Path], out: Path) -> list[tuple[Path, str, str | None]]:
    """Return every file with its name below the folder given, and what is wrong with those that cannot be used."""
    found: list[tuple[Path, str, str | None]] = []
    for path in map(Path, paths):
        if os.path.isdir(path):  # noqa: PTH112 (Path.is_dir raises where a folder above may not be entered)
            found += _in_folder(path, out)
        else:
            problem = None if os.path.lexists(path) else "There is no such file or folder."
            found.append((path, path.name, problem))
    return found


def _in_folder(folder: Path, out: Path) -> list[tuple[Path, str, str | None]]:
    try:
        names = sorted(walk(folder).names, key=natural_key)
    except DataError as error:
        return [(folder, folder.name, str(error))]
    inside, written = folder.resolve(), out.resolve()
    if written == inside:
        names = [name for name in names if not name.endswith((_SUFFIX, _SHEET))]
    elif inside in written.parents:  # what was coloured before is no photo to colour
        mine = f"{written.relative_to(inside).as_posix()}/"
        names = [name for name in names if not name.startswith(mine)]
    photos: list[tuple[Path, str, str | None]] = [(folder / name, name, None) for name in names]
    return photos or [(folder, folder.name, "The folder holds no photos.")]


def _free_name(name: str, taken: set[str]) -> str:
    """Return where a photo goes below the output folder; one of the same name gets a number."""
    stem = name.rpartition(".")[0] or name
    wanted, number = f"{stem}{_SUFFIX}", 1
    while wanted in taken:
        number += 1
        wanted = f"{stem}-coloured-{number}.png"
    taken.add(wanted)
    return wanted


def _png(image: NDArray[np.uint8]) -> bytes:
    import cv2

    done, content = cv2.imencode(".png", image[..., ::-1])
    if not done:
        raise ImageProblem(f"It could not be written as PNG: {image.shape[1]} x {image.shape[0]} pixels.")
    return bytes(content)


def _write_sheet(path: Path, rows: Sequence[tuple[str, NDArray[np.uint8]]]) -> Path | None:
    """Draw the first photos before and after; a third column shows the originals where one of them had colours."""
    if not rows:
        return None
    from learnet.plots import pictures_figure, to_png

    had_colours = any(not is_grey(row[-1]) for _, row in rows)
    columns = ("before", "after", "the photo given")[: 3 if had_colours else 2]
    images = np.stack([row[: len(columns)] for _, row in rows])
    figure = pictures_figure(images, columns=columns, rows=[name[:24] for name, _ in rows])
    write_bytes(path, to_png(figure))
    return path
