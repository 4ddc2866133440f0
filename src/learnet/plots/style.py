"""One look for all figures, and how a figure becomes SVG inside a page or PNG on disk.

Figures are made without ``pyplot`` and without changing Matplotlib's global settings for the caller. The colours are
Okabe and Ito's, which people with any of the common kinds of colour blindness tell apart
(https://jfly.uni-koeln.de/color/). In a page, ink and grid lines take the page's own ``--ink`` and ``--line``, so that
one figure serves light, dark and print; blue takes ``--blue``, paper ``--card``.
"""

from __future__ import annotations

import html
import io
import logging
import re
import warnings
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from learnet.core import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from matplotlib.figure import Figure

OKABE_ITO: Mapping[str, str] = MappingProxyType(
    {
        "black": "#000000",
        "orange": "#e69f00",
        "sky": "#56b4e9",
        "green": "#009e73",
        "yellow": "#f0e442",
        "blue": "#0072b2",
        "vermillion": "#d55e00",
        "purple": "#cc79a7",
    }
)
INK = "#1b1b1f"
LINE = "#c9c9cf"
PAPER = "#fffffe"  # what lies behind a figure; white itself stays white
_THEME = {INK: "--ink", LINE: "--line", PAPER: "--card", OKABE_ITO["blue"]: "--blue"}
_STYLE = re.compile(r"<defs>\s*<style.*?</defs>", re.DOTALL)  # inside HTML it would style the whole page
_FONT = re.compile(r"font-family: [^;\"]*; ?")
_ID = re.compile(r' id="([^"]*)"')
_REFERENCE = re.compile(r'(?:href="#|url\(#)([^")]+)')


def _settings() -> dict[str, Any]:
    return {
        "axes.edgecolor": LINE,
        "axes.grid": True,
        "axes.axisbelow": True,
        "axes.labelcolor": INK,
        "axes.labelsize": 10,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": 11,
        "axes.unicode_minus": False,
        "figure.dpi": 72,
        "font.family": ["DejaVu Sans"],
        "font.size": 10,
        "grid.color": LINE,
        "grid.linewidth": 0.5,
        "legend.frameon": False,
        "svg.fonttype": "none",
        "text.color": INK,
        "text.parse_math": False,  # a class may be called "$x$"
        "text.usetex": False,
        "xtick.color": LINE,
        "xtick.labelcolor": INK,
        "ytick.color": LINE,
        "ytick.labelcolor": INK,
    }


@contextmanager
def drawing(**settings: Any) -> Iterator[None]:
    """Apply learnet's look inside the block, and keep Matplotlib's remarks on fonts from the user's terminal.

    Args:
        **settings: Matplotlib's own settings (``rcParams``) on top of it, e.g. ``**{"axes.grid": False}``; it refuses
            unknown names.
    """
    logger = logging.getLogger("matplotlib")
    level = logger.level
    logger.setLevel(logging.ERROR)  # "building the font cache", once on a new machine
    try:
        import matplotlib as mpl

        look: Any = {**_settings(), **settings}
        with mpl.rc_context(look), warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
            yield
    finally:
        logger.setLevel(level)


def new_figure(*, width: float, height: float) -> Figure:
    """Return an empty figure, to be filled inside ``drawing()``.

    Args:
        width: In inches; a page shows 72 pixels an inch.
        height: In inches.
    """
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def to_svg(figure: Figure, *, label: str) -> str:
    """Return ``figure`` as an ``<svg>`` element to stand inside an HTML page.

    The same figure gives the same text every time; several may stand in one page, for their internal names are
    different. Text stays text: it can be selected, searched, and takes the page's font.

    Args:
        figure: A figure; its background becomes transparent.
        label: What the figure shows, for those who do not see it.

    Returns:
        The element, escaped, with no declaration or reference to anything outside.
    """
    buffer = io.StringIO()
    facts = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with drawing(**{"svg.hashsalt": label}):
        figure.savefig(buffer, format="svg", transparent=True, metadata=facts)
    written = buffer.getvalue()
    drawn = _STYLE.sub("", written[written.index(" viewBox=") :]).rstrip()  # no declaration, no size in points
    drawn = drawn.replace(' xlink:href="', ' href="')
    used = set(_REFERENCE.findall(drawn))
    drawn = _ID.sub(lambda match: match.group() if match.group(1) in used else "", drawn)
    for colour, variable in _THEME.items():
        drawn = drawn.replace(colour, f"var({variable}, {colour})")
    return f'<svg role="img" aria-label="{html.escape(visible(label))}"{_FONT.sub("", drawn)}'


def to_png(figure: Figure, *, dots_per_inch: int = 144) -> bytes:
    """Return ``figure`` as a PNG file's bytes on white, for documentation and notebooks."""
    buffer = io.BytesIO()
    with drawing():
        figure.savefig(buffer, format="png", dpi=dots_per_inch, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()
