"""A figure with sliders where there are some to be had, and a few of its pictures where there are none."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import UsageError
from learnet.labs.show import Picture
from learnet.plots import drawing, new_figure, to_png

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matplotlib.figure import Figure

_A_FEW = 3
_FINEST, _COARSEST = 80.0, 58.0  # dots an inch
_WIDEST = 1200  # pixels of a notebook's column, about
_CAPTION = 0.42  # inches


class Playground(Picture):
    """What ``play`` returns: sliders in a notebook that can show them, and a picture of a few values everywhere else.

    Attributes:
        png: The picture's bytes.
        widget: The sliders above their figure; None without ipywidgets or a notebook.
    """

    def __init__(self, png: bytes, widget: Any = None) -> None:
        super().__init__(png)
        self.widget = widget

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        """Return both; a front end shows the first of them that it can."""
        from base64 import b64encode

        bundle: dict[str, Any] = {} if self.widget is None else dict(self.widget._repr_mimebundle_())
        return {**bundle, "image/png": b64encode(self.png).decode("ascii")}


def play(draw: Callable[..., Figure], **values: Sequence[Any]) -> Playground:
    r"""Let the learner move sliders and see what becomes of a figure.

    Args:
        draw: Returns the figure for one value of each slider, given by name.
        **values: By name, what a slider can be set to, at least one value, in order; it begins in the middle.

    Returns:
        Sliders where ipywidgets and a notebook are there; else one picture with a row for each slider: its first, its
        middle and its last value, the other sliders in their middle.

    Raises:
        UsageError: If there is no slider, or one has no values.

    Example:
        >>> from learnet.plots import series_figure
        >>> def parabola(height):
        ...     return series_figure({"": ([-1, 0, 1], [height, 0, height])}, x_label="x", y_label="y")
        >>> play(parabola, height=[0.5, 1, 2]).png[:4]
        b'\x89PNG'
    """
    if not values or any(len(choices) == 0 for choices in values.values()):
        raise UsageError("play needs at least one slider with at least one value, for example rate=[0.1, 0.5, 1].")
    sliders = {name: list(choices) for name, choices in values.items()}
    widgets = _widgets()
    return Playground(_static(draw, sliders), None if widgets is None else _moving(widgets, draw, sliders))


def _widgets() -> Any:
    """Return ipywidgets inside a notebook that has it."""
    if "ipykernel" not in sys.modules:
        return None
    try:
        return importlib.import_module("ipywidgets")
    except ImportError:
        return None


def _moving(widgets: Any, draw: Callable[..., Figure], sliders: Mapping[str, list[Any]]) -> Any:
    controls = {
        name: widgets.SelectionSlider(
            options=[(_word(choice), choice) for choice in choices],
            value=_middle(choices),
            description=name.replace("_", " "),
            continuous_update=False,
            style={"description_width": "initial"},
        )
        for name, choices in sliders.items()
    }

    def picture() -> bytes:
        return to_png(draw(**{name: control.value for name, control in controls.items()}), dots_per_inch=96)

    image = widgets.Image(value=picture(), format="png", layout={"width": "max-content"})

    def redraw(_: object) -> None:
        image.value = picture()

    for control in controls.values():
        control.observe(redraw, names="value")
    return widgets.VBox([*controls.values(), image])


def _static(draw: Callable[..., Figure], sliders: Mapping[str, list[Any]]) -> bytes:
    usual = {name: _middle(choices) for name, choices in sliders.items()}
    settings = [[{**usual, name: choice} for choice in _a_few(choices)] for name, choices in sliders.items()]
    figures = [[(draw(**chosen), _words(chosen)) for chosen in row] for row in settings]
    widest = max(sum(figure.get_figwidth() for figure, _ in row) for row in figures)
    finest = _WIDEST / widest
    if finest < _COARSEST:  # side by side they would be too small to read
        figures, finest = [[one] for row in figures for one in row], _FINEST
    dots = min(finest, _FINEST)
    return _joined([[_captioned(figure, words, dots) for figure, words in row] for row in figures])


def _captioned(figure: Figure, words: str, dots: float) -> np.ndarray:
    """Return a figure's pixels with words above it, in its own width: what the figure has at its top stays there."""
    with drawing():
        caption = new_figure(width=figure.get_figwidth(), height=_CAPTION)
        caption.text(0.5, 0.35, words, ha="center", va="center", fontsize=10, fontweight="bold", wrap=True)
    pixels = [_pixels(part, dots) for part in (caption, figure)]
    return np.concatenate([_padded(part, width=_most(pixels, 1)) for part in pixels])


def _words(chosen: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {_word(value)}" for name, value in chosen.items())


def _pixels(figure: Figure, dots: float) -> np.ndarray:
    import cv2

    png = to_png(figure, dots_per_inch=round(dots))
    return np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR))


def _joined(rows: Sequence[Sequence[np.ndarray]]) -> bytes:
    """Return the pictures of each row beside each other, and the rows below each other, as one PNG."""
    import cv2

    lines = [np.concatenate([_padded(each, height=_most(row, 0)) for each in row], axis=1) for row in rows]
    whole = np.concatenate([_padded(line, width=_most(lines, 1)) for line in lines], axis=0)
    return bytes(cv2.imencode(".png", whole)[1])


def _most(pictures: Sequence[np.ndarray], axis: int) -> int:
    return max(int(picture.shape[axis]) for picture in pictures)


def _padded(picture: np.ndarray, *, height: int = 0, width: int = 0) -> np.ndarray:
    below, right = max(0, height - picture.shape[0]), max(0, width - picture.shape[1])
    return np.pad(picture, ((0, below), (0, right), (0, 0)), constant_values=255)


def _a_few(choices: list[Any]) -> list[Any]:
    places = dict.fromkeys(np.linspace(0, len(choices) - 1, _A_FEW).round().astype(int).tolist())
    return [choices[place] for place in places]


def _middle(choices: list[Any]) -> Any:
    return choices[len(choices) // 2]


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, int | float | np.number) else str(value)
