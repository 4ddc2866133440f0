"""What a comparison is asked to compare, and the rows that follow from it."""

from __future__ import annotations

import itertools
import re
import shlex
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from learnet.core import LearnetError, UsageError
from learnet.transfer_learning import BACKBONES, Mode, SimpleMethod

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MODES: tuple[Mode, ...] = get_args(Mode)
MAJORITY, *_TAUGHT = get_args(SimpleMethod)


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """Everything that decides what a comparison says; resuming one asks for the same.

    Attributes:
        data: A folder, a manifest, or the name of a known data set.
        modes: Of ``transfer``, each once.
        backbones: Names of ``BACKBONES``, or folders of bundles, each once.
        seeds: How many, from 0, at least 1.
        weights: ``"imagenet"`` or ``"random"``.
        weights_dir: A folder with weight files, or None.
        train_per_class: Photos a class to train with, or None for ``1 - test_fraction`` of them.
        test_fraction: Share of the photos held back for the test, in (0, 1).
        time_limit: Seconds for each run, or None.

    Raises:
        UsageError: If there is nothing to compare, or a name is unknown.
    """

    data: str
    modes: tuple[Mode, ...]
    backbones: tuple[str, ...]
    seeds: int = 1
    weights: str = "imagenet"
    weights_dir: str | None = None
    train_per_class: int | None = None
    test_fraction: float = 0.2
    time_limit: float | None = None

    def __post_init__(self) -> None:
        for mode in self.modes:
            if mode not in MODES:
                raise UsageError(f"A mode is one of {', '.join(MODES)}; received '{mode}'.")
        if not self.modes or not self.backbones or self.seeds < 1:
            raise UsageError("A comparison needs at least one mode, one backbone and one seed.")
        object.__setattr__(self, "modes", tuple(dict.fromkeys(self.modes)))
        object.__setattr__(self, "backbones", tuple(dict.fromkeys(map(_known_backbone, self.backbones))))

    def command(self) -> str:
        """Return the command line that repeats the comparison."""
        words = ["learnet", "compare", self.data]
        words += ["--modes", ",".join(self.modes), "--backbones", ",".join(self.backbones), "--seeds", str(self.seeds)]
        for field in fields(self)[4:]:
            value = getattr(self, field.name)
            if value != field.default:
                words += [
                    f"--{field.name.replace('_', '-')}",
                    f"{value:g}s" if field.name == "time_limit" else f"{value}",
                ]
        return shlex.join(words)

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as JSON values."""
        return {**asdict(self), "modes": list(self.modes), "backbones": list(self.backbones)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> CompareConfig:
        """Return what ``to_json`` wrote.

        Raises:
            LearnetError: If it is of another version of learnet.
        """
        try:
            lists = {name: tuple(value[name]) for name in ("modes", "backbones")}
            return cls(**{**value, **lists})
        except (TypeError, KeyError) as error:
            raise LearnetError(
                f"The comparison's settings are of another version of learnet ({error}). Resume it with that version, "
                "or begin a new comparison."
            ) from error

    def differences(self, other: CompareConfig) -> list[str]:
        """Return what the other one has in the place of this one's settings, in words.

        Example:
            >>> one = CompareConfig(data="digits", modes=("head",), backbones=("efficientnet_lite0",))
            >>> one.differences(CompareConfig(data="digits", modes=("full",), backbones=one.backbones, seeds=3))
            ['modes head, not full', 'seeds 1, not 3']
        """
        pairs = ((field.name, getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        return [
            f"{name.replace('_', ' ')} {_spoken(mine)}, not {_spoken(theirs)}"
            for name, mine, theirs in pairs
            if mine != theirs
        ]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One piece of work of its own: a training with one seed, or a simple method with all of them.

    Attributes:
        key: Its folder below the comparison's.
        name: What the table calls it; trainings that differ in the seed only share one.
        way: A mode of ``transfer``, or a simple method.
        backbone: Whose features are used; None for methods on pixels, or on nothing.
        seeds: Of the splits.
        splits: For a simple method, the rows whose splits it takes over, one a seed; empty for trainings.
    """

    key: str
    name: str
    way: str
    backbone: str | None
    seeds: tuple[int, ...]
    splits: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return {**asdict(self), "seeds": list(self.seeds), "splits": list(self.splits)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Row:
        """Return what ``to_json`` wrote."""
        return cls(**{**value, "seeds": tuple(value["seeds"]), "splits": tuple(value["splits"])})

    @property
    def trained(self) -> bool:
        """Whether a network is trained for it."""
        return self.way in MODES


def is_bundle(backbone: str) -> bool:
    """Return whether a backbone of a ``CompareConfig`` is the folder of a bundle, and not a name."""
    return backbone not in BACKBONES


def trained_rows(config: CompareConfig) -> list[Row]:
    """Return the trainings: backbones by modes by seeds.

    Example:
        >>> config = CompareConfig(data="digits", modes=("head",), backbones=("efficientnet_lite0",), seeds=2)
        >>> [row.key for row in trained_rows(config)]
        ['efficientnet_lite0-head-seed0', 'efficientnet_lite0-head-seed1']
    """
    stems = _stems(config.backbones)
    return [
        Row(
            key=f"{stems[backbone]}-{mode}-seed{seed}",
            name=f"{backbone}, {mode}",
            way=mode,
            backbone=backbone,
            seeds=(seed,),
        )
        for backbone, mode, seed in itertools.product(config.backbones, config.modes, range(config.seeds))
    ]


def simple_rows(config: CompareConfig, splits: Mapping[int, str]) -> list[Row]:
    """Return the simple methods: the majority, and those on pixels and on each backbone's features.

    Args:
        config: What was asked.
        splits: Of each seed of which there is one, the row whose split is taken over.
    """
    stems, seeds, places = _stems(config.backbones), tuple(splits), tuple(splits.values())
    rows = [Row(key="majority", name=MAJORITY, way=MAJORITY, backbone=None, seeds=seeds, splits=places)]
    for method, backbone in itertools.product(_TAUGHT, (None, *config.backbones)):
        seen = "pixels" if backbone is None else "features"
        whose = f" of {backbone}" if backbone is not None and len(config.backbones) > 1 else ""
        key = f"{method.replace(' ', '-').lower()}-on-{seen}" + (f"-of-{stems[backbone]}" if backbone else "")
        name = f"{method} on {seen}{whose}"
        rows.append(Row(key=key, name=name, way=method, backbone=backbone, seeds=seeds, splits=places))
    return rows


def _known_backbone(name: str) -> str:
    if name in BACKBONES or not (Path(name).is_dir() or any(separator in name for separator in "/\\")):
        return BACKBONES[name].name
    if not Path(name).is_dir():
        raise UsageError(f"There is no bundle in '{name}': give the folder of one that learnet has trained.")
    return name


def _stems(backbones: Sequence[str]) -> dict[str, str]:
    """Return a different file name for each backbone."""
    stems: dict[str, str] = {}
    for backbone in backbones:
        stem = re.sub(r"[^\w.-]+", "-", Path(backbone).name).strip("-.") or "backbone"
        number, unique = 1, stem
        while unique in stems.values():
            number += 1
            unique = f"{stem}-{number}"
        stems[backbone] = unique
    return stems


def _spoken(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "not given" if value is None else str(value)
