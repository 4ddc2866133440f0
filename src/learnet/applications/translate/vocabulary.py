"""Words in pieces: a SentencePiece model, and nothing else that could be hidden in its file."""

from __future__ import annotations

import io
import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.applications.translate.model_file import check_model_file
from learnet.core import DataError, MissingDependencyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

PADDING, UNKNOWN, BEGIN, END = range(4)
LARGEST_FILE = 8 * 2**20  # bytes; a vocabulary of 32,000 pieces takes 0.8 million
_FEWEST = 4
_SPACES = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}  # Unicode's categories of controls, formats and separators


class Vocabulary:
    """Pieces of words, learnt from sentences: frequent words are one piece, rare ones several.

    Piece 0 is padding, 1 stands for what was never seen, 2 begins and 3 ends a sentence.

    Args:
        content: A SentencePiece model, as ``learn`` made it.
        lowercase: Whether capitals are read as small letters.

    Raises:
        DataError: If it is no such model, or too large, or does more than this kind of model should.
        MissingDependencyError: If SentencePiece is not installed.
    """

    def __init__(self, content: bytes, *, lowercase: bool = False) -> None:
        check_model_file(content, largest=LARGEST_FILE)
        self.content, self.lowercase = content, lowercase
        try:
            self._processor: Any = _sentencepiece().SentencePieceProcessor(model_proto=content)
            ids = [getattr(self._processor, f"{name}_id")() for name in ("pad", "unk", "bos", "eos")]
        except (RuntimeError, ValueError, IndexError, OSError) as error:
            raise DataError(
                f"The vocabulary is no model that SentencePiece can read ({str(error)[:80]!r}). Copy the bundle again "
                "from where it was saved, or train anew."
            ) from None
        if ids != [PADDING, UNKNOWN, BEGIN, END]:
            raise DataError(
                f"The vocabulary should number padding, unknown, begin and end as 0, 1, 2 and 3, but numbers them "
                f"{ids}."
            )

    @classmethod
    def learn(cls, sentences: Iterable[str], *, size: int, lowercase: bool = False) -> Vocabulary:
        """Learn pieces from sentences, by a unigram model (Kudo, Subword Regularization, 2018).

        Args:
            sentences: At least one that is not empty.
            size: How many pieces at most, with the four signs.
            lowercase: Whether capitals are read as small letters.

        Raises:
            DataError: If nothing can be learnt from them.
        """
        texts = [clean_text(text, lowercase=lowercase) for text in sentences]
        texts = [text for text in texts if text]
        file = io.BytesIO()
        try:
            _sentencepiece().SentencePieceTrainer.train(
                sentence_iterator=iter(texts),
                model_writer=file,
                vocab_size=max(size, _FEWEST + len(set("".join(texts))) + 1),
                hard_vocab_limit=False,
                character_coverage=1.0,
                normalization_rule_name="identity",
                max_sentence_length=2**24,
                pad_id=PADDING,
                unk_id=UNKNOWN,
                bos_id=BEGIN,
                eos_id=END,
                num_threads=1,
                minloglevel=3,
            )
        except RuntimeError as error:
            raise DataError(
                f"No vocabulary can be learnt from {len(texts)} sentences: SentencePiece says {str(error)[-120:]!r}. "
                "Give more sentences."
            ) from None
        return cls(file.getvalue(), lowercase=lowercase)

    def __len__(self) -> int:
        return int(self._processor.vocab_size())

    def encode(self, sentences: Sequence[str]) -> list[list[int]]:
        """Return the pieces of each sentence, without begin and end."""
        cleaned = [clean_text(text, lowercase=self.lowercase) for text in sentences]
        found: list[list[int]] = self._processor.encode(cleaned)
        return found

    def decode(self, pieces: Sequence[Sequence[int]]) -> list[str]:
        """Return the text of each row of pieces; padding, begin and end are nothing."""
        kept = [[int(piece) for piece in row if piece not in (PADDING, BEGIN, END)] for row in pieces]
        return [str(text) for text in self._processor.decode(kept)]

    def pieces(self, row: Sequence[int]) -> list[str]:
        """Return a row's pieces as they are written, a space as ``▁``."""
        return [str(self._processor.id_to_piece(int(piece))) for piece in row]

    def unknown(self, sentence: str) -> list[str]:
        """Return the parts of a sentence that it has no piece for, in order, each once."""
        text = clean_text(sentence, lowercase=self.lowercase)
        ids = self._processor.encode(text)
        if UNKNOWN not in ids:
            return []
        written = self._processor.encode(text, out_type=str)  # as in the text, what is unknown too
        parts = (part.strip("\u2581") for part, piece in zip(written, ids, strict=True) if piece == UNKNOWN)
        return list(dict.fromkeys(part for part in parts if part))

    def to_array(self) -> NDArray[np.uint8]:
        """Return the model's bytes, for a bundle."""
        return np.frombuffer(self.content, np.uint8).copy()


def clean_text(text: str, *, lowercase: bool = False) -> str:
    r"""Return a text with one form for each letter, single spaces, and no control characters (Unicode's NFKC).

    Example:
        >>> clean_text(" Ein\u00a0Ha\u0308uschen\t… ", lowercase=True)
        'ein häuschen ...'
    """
    plain = unicodedata.normalize("NFKC", text)
    kept = "".join(" " if unicodedata.category(letter) in _SPACES else letter for letter in plain)
    joined = " ".join(kept.split())
    return joined.lower() if lowercase else joined


def _sentencepiece() -> Any:
    try:
        import sentencepiece
    except ImportError:
        raise MissingDependencyError(
            "Words are cut into pieces by SentencePiece, which is not installed. Install it with: pip install "
            "'learnet[translate]'"
        ) from None
    return sentencepiece
