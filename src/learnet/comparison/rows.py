"""The rows of a comparison: one for each training, and the simple methods beside them."""

from __future__ import annotations

import itertools
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from learnet.core import UsageError
from learnet.options.transfer import Mode
from learnet.transfer_learning import BACKBONES, SimpleMethod

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from learnet.options.compare import CompareConfig

MODES: tuple[Mode, ...] = get_args(Mode)
MAJORITY, *_TAUGHT = get_args(SimpleMethod)


def checked(config: CompareConfig) -> CompareConfig:
    """Return a comparison with its backbones' names as the table has them, each once.

    Raises:
        UsageError: If a name is unknown.
    """
    return config.replace(backbones=tuple(map(_known_backbone, config.backbones)))


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
        >>> from learnet.options.compare import CompareConfig
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
