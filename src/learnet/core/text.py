"""Text for people: names from strangers made safe to show, durations."""

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


def format_duration(seconds: float) -> str:
    """Return a duration for people.

    Example:
        >>> format_duration(8.2), format_duration(71), format_duration(4000)
        ('8 s', '1 min 11 s', '1 h 6 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
