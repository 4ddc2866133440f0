"""HTML that is escaped by construction: whatever is not already ``Html`` becomes text.

File and class names come from strangers. They may hold tags, quotes, line breaks, bytes that are no text, and
characters that turn the reading direction; all of it is shown, none of it acts.
"""

from __future__ import annotations

import html
from itertools import zip_longest
from math import isfinite, isnan
from typing import TYPE_CHECKING

from learnet.core import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_EMPTY = frozenset({"img", "meta"})


class Html(str):
    """A piece of finished HTML, made by ``tag``, ``join`` or ``text`` only."""

    __slots__ = ()


def text(value: object) -> Html:
    """Return ``value`` escaped, or unchanged if it is ``Html`` already.

    Example:
        >>> text("<b>")
        '&lt;b&gt;'
    """
    return value if isinstance(value, Html) else Html(html.escape(visible(str(value))))


def join(*parts: object, separator: str = "") -> Html:
    """Return the parts one after another, each escaped unless it is ``Html``; ``None`` is left out."""
    return Html(separator.join(text(part) for part in parts if part is not None))


def tag(name: str, *children: object, **attributes: object) -> Html:
    """Return an element.

    Args:
        name: The element's name.
        *children: Its content; escaped unless ``Html``; ``None`` is left out.
        **attributes: Its attributes, always escaped; ``class_`` stands for ``class`` and
            ``aria_label`` for ``aria-label``. ``None`` leaves one out.

    Example:
        >>> tag("a", "x < y", href='"#1"', class_="link")
        '<a href="&quot;#1&quot;" class="link">x &lt; y</a>'
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(visible(str(value)))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _EMPTY and not children:
        return Html(f"<{name}{written}>")
    return Html(f"<{name}{written}>{join(*children)}</{name}>")


def table(caption: str, header: Iterable[object], rows: Iterable[Sequence[object]], *, sortable: bool = False) -> Html:
    """Return a table whose first column heads its rows.

    Args:
        caption: What the table shows.
        header: One heading a column.
        rows: The cells; what is neither ``Html`` nor a ``number`` cell is escaped.
        sortable: Whether the page's script may sort it (it is complete without).
    """
    body = [[_cell(value, first=index == 0) for index, value in enumerate(row)] for row in rows]
    kinds = ["number" if cell.startswith('<td class="number"') else None for cell in body[0]] if body else []
    head = (tag("th", name, scope="col", class_=kind) for name, kind in zip_longest(header, kinds))
    whole = tag(
        "table",
        tag("caption", caption),
        tag("thead", tag("tr", *head)),
        tag("tbody", *(tag("tr", *cells) for cells in body)),
        class_="sortable" if sortable else None,
    )
    return tag("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _cell(value: object, *, first: bool) -> Html:
    if isinstance(value, Html) and value.startswith("<td"):
        return value
    if first:
        return tag("th", value, scope="row")
    return tag("td", value)


def number(shown: object, *, value: float | None = None) -> Html:
    """Return a right-aligned table cell that shows ``shown`` and is sorted by ``value``."""
    return tag("td", shown, class_="number", data_value=None if value is None else f"{value:.6g}")


def bar(share: float, interval: tuple[float, float] | None = None) -> Html:
    """Return a table cell with a bar of ``share`` of its width, and a whisker for the interval, both in [0, 1]."""
    if not isfinite(share):
        return tag("td", "no test photos", class_="note")
    whisker = None
    if interval is not None:
        low, high = interval
        whisker = tag("i", style=f"left:{low:.2%};width:{max(0.0, high - low):.2%}")
    drawn = tag("span", tag("b", style=f"width:{share:.2%}"), whisker, class_="bar", aria_hidden="true")
    return tag("td", drawn, class_="bars", data_value=f"{share:.6g}")


def percent(share: float) -> str:
    """Return a share in [0, 1] as per cent, never rounded up to everything or down to nothing.

    Example:
        >>> percent(0.94), percent(0.99996), percent(1.0), percent(0.0), percent(float("nan"))
        ('94.0%', '>99.9%', '100.0%', '0.0%', '-')
    """
    if isnan(share):  # a class without photos has no recall
        return "-"
    if 0.9995 <= share < 1:
        return ">99.9%"
    return "<0.1%" if 0 < share < 0.0005 else f"{share:.1%}"


def count(amount: int, noun: str, plural: str | None = None) -> str:
    """Return ``amount`` with its noun.

    Example:
        >>> count(1, "photo"), count(5647, "photo"), count(2, "class", "classes")
        ('1 photo', '5,647 photos', '2 classes')
    """
    return f"{amount:,} {noun if amount == 1 else plural or noun + 's'}"
