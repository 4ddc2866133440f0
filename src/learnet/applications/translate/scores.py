"""How near translations come to those of people: BLEU and chrF, by sacrebleu."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from learnet.core import MissingDependencyError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Scores of a whole test part, 0 to 100.

    Attributes:
        bleu: BLEU (Papineni et al., 2002), capitals counted.
        bleu_lowercase: BLEU of both sides in small letters.
        chrf: chrF (Popović, 2015), of letters.
        signature: How sacrebleu computed ``bleu_lowercase``, for others to repeat.
    """

    bleu: float
    bleu_lowercase: float
    chrf: float
    signature: str


def score(translations: Sequence[str], references: Sequence[str]) -> Scores:
    """Score translations against those of people, one each.

    Raises:
        UsageError: If there is not one reference for each translation, and at least one.
        MissingDependencyError: If sacrebleu is not installed.

    Example:
        >>> found = score(["the dog runs across the grass"], ["The dog runs over the grass"])
        >>> round(found.bleu_lowercase, 2), round(score(["a b c d"], ["a b c d"]).bleu, 1)
        (37.99, 100.0)
    """
    if len(translations) != len(references) or not references:
        raise UsageError(
            f"Each translation needs one reference; received {len(translations)} translations and {len(references)} "
            "references."
        )
    metrics = require_sacrebleu()
    small = metrics.BLEU(lowercase=True)
    lowercase = small.corpus_score(list(translations), [list(references)]).score
    return Scores(
        bleu=float(metrics.BLEU().corpus_score(list(translations), [list(references)]).score),
        bleu_lowercase=float(lowercase),
        chrf=float(metrics.CHRF().corpus_score(list(translations), [list(references)]).score),
        signature=str(small.get_signature()),
    )


def score_each(translations: Sequence[str], references: Sequence[str]) -> list[float]:
    """Return chrF of each translation, 0 to 100: BLEU says little of single sentences."""
    chrf = require_sacrebleu().CHRF()
    return [
        float(chrf.sentence_score(said, [right]).score) for said, right in zip(translations, references, strict=True)
    ]


def require_sacrebleu() -> Any:
    """Return sacrebleu's metrics.

    Raises:
        MissingDependencyError: If it is not installed.
    """
    try:
        import sacrebleu.metrics
    except ImportError:
        raise MissingDependencyError(
            "Translations are scored by sacrebleu, which is not installed. Install it with: pip install "
            "'learnet[translate]'"
        ) from None
    return sacrebleu.metrics
