"""Text from strangers, such as file names, made safe to show."""

from __future__ import annotations


def visible(name: str) -> str:
    r"""Return a stranger's name with all that cannot be seen, drawn or encoded written as an escape.

    Example:
        >>> visible("a\nb\udcff ü 模型")
        'a\\nb\\udcff ü 模型'
    """
    if name.isprintable():
        return name
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in name)
