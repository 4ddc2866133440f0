"""Sequence to sequence in small: strings turned round, copied beyond what was practised, and sources read backwards."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import generator
from learnet.experiments.record import Experiment, Outcome, Threshold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from learnet.applications.translate import Found, Networks
    from learnet.core import Progress

    Strings = NDArray[np.int64]

_BAHDANAU = "Bahdanau, Cho and Bengio, Neural Machine Translation by Jointly Learning to Align and Translate, 2015"
_SUTSKEVER = "Sutskever, Vinyals and Le, Sequence to Sequence Learning with Neural Networks, 2014"
_LETTERS, _SIGNS, _END = 26, 4, 3
_LENGTH, _PRACTISED, _LONGEST = 10, 15, 30
_ASKED, _BATCH = 200, 64


@dataclass(frozen=True, kw_only=True)
class _Lesson:
    """How a small network is trained.

    Attributes:
        steps: Of 64 pairs each.
        draw: From a generator to sources and targets in letters, each ``(64, length)``.
        reverse: Whether sources are read backwards.
        rate: The largest learning rate.
    """

    steps: int
    draw: Callable[[np.random.Generator], tuple[Strings, Strings]]
    reverse: bool = False
    rate: float = 4e-3


def reversal(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Turn strings of ten letters round, and see where the network looks while it writes them."""
    from learnet.applications.translate import SearchConfig, search, sources

    steps = 200 if quick else 2000
    right, mirrored = [], []
    shown: list[tuple[Strings, Found]] = []
    for seed in seeds:
        networks = _network("attention", seed=seed)
        _train(networks, _Lesson(steps=steps, draw=_turned), seed=seed, progress=progress)
        asked = _strings(generator(seed, "asked"), _ASKED, _LENGTH)
        found = search(networks, sources(asked.tolist()), SearchConfig(beam=1, longest=_LENGTH + 2), attention=True)
        right.append(_share(one.pieces == row[::-1].tolist() for one, row in zip(found, asked, strict=True)))
        peaks = [look.argmax() == _LENGTH - 1 - step for one in found for step, look in _steps(one.attention)]
        mirrored.append(_share(peaks))
        shown.append((asked[0], found[0]))
    return Outcome(
        measured={"strings right": right, "looks at the mirrored letter": mirrored},
        figure=lambda: _figure(*shown[0]),
        remark=f"{steps} steps of {_BATCH} strings; {_ASKED} new strings a seed.",
    )


def copying(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Copy strings that are longer than any that was practised, up to twice as long, with attention and without."""
    steps = 40 if quick else 3000
    measured: dict[str, list[float]] = {}
    for seed in seeds:
        lost = {}
        for model in ("attention", "plain"):
            networks = _network(model, seed=seed, units=96)
            _train(networks, _Lesson(steps=steps, draw=_copied), seed=seed, progress=progress)
            random, longer = generator(seed, "asked"), range(_PRACTISED + 1, _LONGEST + 1, 7 if quick else 1)
            short = _copies(networks, _strings(random, _ASKED, _PRACTISED))
            each = [_copies(networks, _strings(random, _ASKED // 4, length)) for length in longer]
            long = np.mean(each, axis=0)
            lost[model] = 1 - float(long[0]) / short[0] if short[0] else 1.0
            for name, (exact, letters) in (
                (f"{_PRACTISED}", short),
                (f"{_PRACTISED + 1} to {_LONGEST}", long),
                (f"{_LONGEST}", each[-1]),
            ):
                measured.setdefault(f"{model}: strings of {name} right", []).append(float(exact))
                measured.setdefault(f"{model}: letters of {name} right", []).append(float(letters))
            measured.setdefault(f"{model}: share of right strings lost", []).append(lost[model])
        measured.setdefault("what plain loses less what attention loses", []).append(lost["plain"] - lost["attention"])
    return Outcome(
        measured=measured,
        remark=f"{steps} steps of {_BATCH} strings of 1 to {_PRACTISED} letters; lost is the share of the strings of "
        f"{_PRACTISED} that were right and are wrong at {_PRACTISED + 1} to {_LONGEST}.",
    )


def reading_backwards(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Translate a language word by word, the source read forwards or backwards, for as many steps."""
    steps = 120 if quick else 1000
    losses: dict[bool, list[float]] = {False: [], True: []}
    for seed in seeds:
        words = generator(seed, "dictionary").permutation(_LETTERS)
        for reverse, found in losses.items():
            networks = _network("plain", seed=seed, cell="lstm", units=64)
            lesson = _Lesson(steps=steps, draw=partial(_translated, words=words), reverse=reverse)
            found.append(_train(networks, lesson, seed=seed, progress=progress))
    less = [backwards - forwards for forwards, backwards in zip(losses[False], losses[True], strict=True)]
    return Outcome(
        measured={
            "loss read forwards": losses[False],
            "loss read backwards": losses[True],
            "loss backwards less loss forwards": less,
        },
        remark=f"{steps} steps; mean cross-entropy of a word of new sentences of 8 to 12 words.",
    )


def searching(*, seeds: Sequence[int], quick: bool, progress: Progress) -> Outcome:
    """Search greedily and with beams in a network that has half learnt a task, and check BLEU by hand."""
    from learnet.applications.translate import SearchConfig, score, search, sources

    unlike, gains, share = [], [], []
    for seed in seeds:
        networks = _network("plain", seed=seed)
        _train(networks, _Lesson(steps=60 if quick else 300, draw=_turned), seed=seed, progress=progress)
        rows = sources(_strings(generator(seed, "asked"), 50, _LENGTH).tolist())
        how: dict[str, Any] = {"longest": _LENGTH + 4, "length_penalty": 0.0}
        narrow, wide = (search(networks, rows, SearchConfig(beam=beam, **how)) for beam in (1, 8))
        greedy = _greedily(networks, rows, longest=_LENGTH + 4)
        unlike.append(float(sum(one.pieces != said for one, said in zip(narrow, greedy, strict=True))))
        gain = [one.log_probability - other.log_probability for one, other in zip(wide, narrow, strict=True)]
        gains.append(float(np.mean(gain)))
        share.append(_share(value >= -1e-4 for value in gain))
    by_hand = 100 * math.exp(1 - 6 / 5) * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    bleu = score(["the dog runs fast today"], ["the dog runs fast now ."]).bleu_lowercase
    return Outcome(
        measured={
            "sentences in which a beam of 1 is not greedy": unlike,
            "log-probability of a beam of 8 less that of a beam of 1": gains,
            "share of sentences in which it is not less": share,
            "BLEU less BLEU by hand": [abs(bleu - by_hand)],
        },
        remark="Greedy is computed apart, by the network's view for training; BLEU of one sentence of five words.",
    )


def _network(model: Any, *, seed: int, cell: Any = "gru", units: int = 64) -> Networks:
    from learnet.applications.translate import NetworkConfig, build_networks

    size = _LETTERS + _SIGNS
    config = NetworkConfig(
        model=model, cell=cell, source_size=size, target_size=size, embedding=32, units=units, dropout=0.0
    )
    return build_networks(config, seed=seed)


def _train(networks: Networks, lesson: _Lesson, *, seed: int, progress: Progress) -> float:
    """Train a network; return its mean loss of a letter on pairs that it has not seen."""
    from learnet.applications.translate import NextPiece
    from learnet.training import Trainer, TrainingConfig, learning_rate

    config = TrainingConfig(epochs=1, learning_rate=lesson.rate, clip_norm=1.0, schedule="cosine", seed=seed)
    trainer = Trainer(networks.trainer, config=config, objective=NextPiece())
    random = generator(seed, "strings")
    with progress.stage(f"{networks.config.model}, seed {seed}", lesson.steps) as task:
        for number in range(lesson.steps):
            rate = learning_rate(config, number, steps_per_epoch=lesson.steps)
            trainer.step(_batch(lesson, random), number=number, learning_rate=rate)
            task.advance()
    fresh = generator(seed, "fresh strings")
    done = [trainer.evaluate(_batch(lesson, fresh)) for _ in range(8)]
    return sum(each.loss for each in done) / sum(each.weight for each in done)


def _batch(lesson: _Lesson, random: np.random.Generator) -> Any:
    from learnet.applications.translate import pad, sources
    from learnet.training import Batch

    source, target = lesson.draw(random)
    said = target.tolist()
    return Batch(
        inputs=(sources(source.tolist(), reverse=lesson.reverse), pad(said, begin=True)),
        targets=pad(said, end=True),
        weights=np.ones(len(said), np.float32),
        rows=np.arange(len(said)),
    )


def _strings(random: np.random.Generator, count: int, length: int) -> Strings:
    return random.integers(_SIGNS, _SIGNS + _LETTERS, (count, length))


def _turned(random: np.random.Generator) -> tuple[Strings, Strings]:
    strings = _strings(random, _BATCH, _LENGTH)
    return strings, strings[:, ::-1]


def _copied(random: np.random.Generator) -> tuple[Strings, Strings]:
    strings = _strings(random, _BATCH, int(random.integers(1, _PRACTISED + 1)))
    return strings, strings


def _translated(random: np.random.Generator, words: NDArray[np.int64]) -> tuple[Strings, Strings]:
    strings = _strings(random, _BATCH, int(random.integers(8, 13)))
    return strings, words[strings - _SIGNS] + _SIGNS


def _copies(networks: Networks, asked: Strings) -> tuple[float, float]:
    """Return the share of strings, and of letters in their places, that are copied rightly."""
    from learnet.applications.translate import SearchConfig, search, sources

    length = asked.shape[1]
    found = search(networks, sources(asked.tolist()), SearchConfig(beam=1, longest=length + 5))
    exact = _share(one.pieces == row.tolist() for one, row in zip(found, asked, strict=True))
    said = np.zeros_like(asked)
    for row, one in enumerate(found):
        said[row, : len(one.pieces)] = one.pieces[:length]
    return exact, float((said == asked).mean())


def _greedily(networks: Networks, rows: NDArray[np.int32], *, longest: int) -> list[list[int]]:
    """Return what is said if the likeliest piece is said each time, by the view for training."""
    said = np.full((len(rows), 1), 2, np.int32)
    for _ in range(longest):
        logits = np.asarray(networks.trainer([rows, said], training=False))[:, -1]
        said = np.concatenate([said, logits[:, _END:].argmax(axis=1)[:, None].astype(np.int32) + _END], axis=1)
    return [row[: row.index(_END)] if _END in row else row for row in said[:, 1:].tolist()]


def _steps(looks: NDArray[np.float32] | None) -> list[tuple[int, NDArray[np.float32]]]:
    return [] if looks is None else list(enumerate(looks[:_LENGTH]))


def _share(hits: Any) -> float:
    found = [bool(hit) for hit in hits]
    return sum(found) / max(1, len(found))


def _figure(asked: Strings, found: Found) -> Figure:
    from learnet.plots import attention_figure

    read, written = ([chr(ord("a") + piece - _SIGNS) for piece in row] for row in (asked.tolist(), found.pieces))
    looks = np.zeros((len(written), len(read) + 1)) if found.attention is None else found.attention
    return attention_figure([*read, "end"], written, looks)


EXPERIMENTS = (
    Experiment(
        name="attention-reversal",
        title="Strings of ten letters, turned round by a network with attention",
        paper="the annotation weights show which word was looked at for which (figure 3, for French and English)",
        reference=f"{_BAHDANAU}, section 5.2",
        thresholds=(
            Threshold(of="strings right", at_least=0.99),
            Threshold(of="looks at the mirrored letter", at_least=0.95),
        ),
        run=reversal,
        seeds=3,
        quick_seeds=1,
        quick_reaches=False,
    ),
    Experiment(
        name="attention-lengths",
        title="Strings copied that are longer than any that was practised, up to twice as long",
        paper="RNNencdec falls off with the sentence's length, RNNsearch-50 does not (17.82 against 26.75 BLEU)",
        reference=f"{_BAHDANAU}, section 5.1, figure 2 and table 1",
        thresholds=(Threshold(of="what plain loses less what attention loses", at_least=0.01),),
        run=copying,
        seeds=3,
        quick_seeds=1,
        quick_reaches=False,
    ),
    Experiment(
        name="source-reversal",
        title="A language translated word by word, its sentences read forwards or backwards",
        paper="test perplexity 5.8 read forwards, 4.7 read backwards; BLEU 25.9 and 30.6",
        reference=f"{_SUTSKEVER}, section 3.3",
        thresholds=(Threshold(of="loss backwards less loss forwards", at_most=0.0, share=0.8),),
        run=reading_backwards,
        seeds=5,
        quick_seeds=1,
        quick_reaches=False,
    ),
    Experiment(
        name="beam-search",
        title="Greedy search, beams, and BLEU by hand",
        paper="a beam of 1 does well already, a beam of 2 gives most of the gain (30.59 to 34.50 BLEU in table 1)",
        reference=f"{_SUTSKEVER}, section 3.2",
        thresholds=(
            Threshold(of="sentences in which a beam of 1 is not greedy", at_most=0),
            Threshold(of="log-probability of a beam of 8 less that of a beam of 1", at_least=0),
            Threshold(of="BLEU less BLEU by hand", at_most=1e-6),
        ),
        run=searching,
        seeds=3,
        quick_seeds=1,
    ),
)
