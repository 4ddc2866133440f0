"""A bundle applied to a sentence, a file or bytes: every line gets its translation, and what is odd is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from learnet.applications.translate.beam import SearchConfig
from learnet.applications.translate.save import load_translator
from learnet.applications.translate.texts import decode_text, read_lines, split_lines
from learnet.core import UsageError, write_bytes, write_text

if TYPE_CHECKING:
    from learnet.applications.translate.translator import Translation
    from learnet.core import Progress

_TOLD = 5
_MEANT_AS_FILE = re.compile(r"\S+\.(txt|gz|de|en|fr|tsv|csv|md)|\S*[/\\]\S*\.\w+")


@dataclass(frozen=True, kw_only=True, eq=False)
class AppliedText:
    """What became of a text.

    Attributes:
        translations: One for each line, in order.
        remarks: What was odd: empty and very long lines, characters that were never seen; sentences.
        out: The file that the translations were written to.
    """

    translations: list[Translation]
    remarks: tuple[str, ...]
    out: Path | None

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON-like object."""
        return {
            "translations": [
                {
                    "source": each.source,
                    "text": each.text,
                    "log_probability": round(each.log_probability, 4),
                    "unknown": list(each.unknown),
                    "parts": each.parts,
                }
                for each in self.translations
            ],
            "remarks": list(self.remarks),
            "out": None if self.out is None else str(self.out),
        }


def translate_text(
    bundle: str | Path,
    *,
    text: str | None = None,
    content: bytes | None = None,
    beam: int = 5,
    attention: str | Path | None = None,
    encoding: str | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> AppliedText:
    """Translate a sentence, the lines of a file, or the lines of some bytes.

    Args:
        bundle: What training left.
        text: A sentence, or the path of a file that exists.
        content: Bytes of a text, in its place.
        beam: How many beginnings are kept; 1 is greedy.
        attention: A PNG file for what was looked at in the first line that is not empty.
        encoding: How the file or the bytes are written.
        out: A text file for the translations, one a line.
        progress: Where to tell how it goes.

    Raises:
        UsageError: If both a text and bytes are given, or neither, or attention is asked of a network without it.
        DataError: If the text is written otherwise, or is the name of a file that does not exist.
        BundleError: If the bundle cannot be opened.
    """
    config = SearchConfig(beam=beam)
    lines = _lines(text, content, encoding)
    translator = load_translator(bundle)
    if attention is not None and translator.networks.config.model == "plain":
        raise UsageError("A plain network looks at nothing: there is no attention to draw. Leave out --attention.")
    done = translator.translate(lines, config=config, progress=progress)
    if attention is not None:
        first = next((line for line in lines if line.strip()), None)
        if first is None:
            raise UsageError("There is no sentence whose attention could be drawn.")
        _draw(Path(attention), translator.translate([first], config=config, attention=True)[0])
    if out is not None:
        write_text(Path(out), "".join(f"{each.text}\n" for each in done))
    return AppliedText(translations=done, remarks=_remarks(done), out=None if out is None else Path(out))


def _lines(text: str | None, content: bytes | None, encoding: str | None) -> list[str]:
    if (text is None) == (content is None):
        raise UsageError("Give either a text or bytes to translate.")
    if text is None:
        return split_lines(decode_text(content or b"", name="standard input", encoding=encoding))
    if _is_file(text) or _MEANT_AS_FILE.fullmatch(text):
        return read_lines(Path(text), encoding=encoding)
    return split_lines(text)


def _is_file(text: str) -> bool:
    try:
        return Path(text).is_file()
    except (OSError, ValueError):  # longer than a path may be, or with a NUL
        return False


def _remarks(done: list[Translation]) -> tuple[str, ...]:
    empty = [number for number, each in enumerate(done, 1) if not each.parts]
    long = [number for number, each in enumerate(done, 1) if each.parts > 1]
    strange = [f"line {n}: {', '.join(each.unknown)[:60]}" for n, each in enumerate(done, 1) if each.unknown]
    remarks = []
    if empty:
        remarks.append(f"{len(empty)} empty lines stay empty ({_some(list(map(str, empty)))}).")
    if long:
        remarks.append(f"{len(long)} very long lines were translated in parts ({_some(list(map(str, long)))}).")
    if strange:
        remarks.append(f"Some characters were never seen in training and are not understood ({_some(strange)}).")
    return tuple(remarks)


def _some(items: list[str]) -> str:
    more = f" and {len(items) - _TOLD} more" if len(items) > _TOLD else ""
    return "; ".join(items[:_TOLD]) + more


def _draw(file: Path, translation: Translation) -> None:
    from learnet.plots import attention_figure, to_png

    if translation.attention is None:
        raise UsageError("There is no sentence whose attention could be drawn.")
    figure = attention_figure(
        translation.source_pieces, translation.target_pieces, translation.attention, title=translation.text[:80]
    )
    write_bytes(file, to_png(figure))
