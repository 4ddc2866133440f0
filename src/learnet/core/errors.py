"""Every error that learnet raises on purpose: a whole sentence saying what was wrong and what to do."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class LearnetError(Exception):
    """The work failed; the message says why and what to do. The command line exits with 1."""

    exit_code = 1


class UsageError(LearnetError, ValueError):
    """The request itself was wrong (a bad value, a name that does not exist). The command line exits with 2."""

    exit_code = 2


class DataError(LearnetError):
    """The dataset cannot be used as it is."""


class BundleError(LearnetError):
    """A bundle is damaged, hostile, or of an unknown version."""


class WeightsError(LearnetError):
    """Pretrained weights could not be had or are not what they should be."""


class MissingDependencyError(LearnetError, ImportError):
    """An optional dependency is not installed; the message names the extra that brings it."""


def unknown_name(kind: str, name: str, choices: Iterable[str]) -> UsageError:
    """Return the error for a name that is not in a table, with the nearest match.

    Args:
        kind: What the name should have been, e.g. ``"backbone"``.
        name: The name received.
        choices: The names that exist.

    Returns:
        The error, to be raised by the caller.

    Example:
        >>> print(unknown_name("backbone", "resnet5", ["resnet50", "vgg16"]))
        There is no backbone named 'resnet5'. Did you mean 'resnet50'? Known: resnet50, vgg16.
    """
    known = sorted(choices)
    return UsageError(f"There is no {kind} named '{name}'.{nearest_of(name, known)} Known: {', '.join(known)}.")


def nearest_of(name: str, choices: Iterable[str]) -> str:
    """Return a question that names the nearest choice, with a space before it; empty if none is near.

    Example:
        >>> nearest_of("adm", ["adam", "sgd"])
        " Did you mean 'adam'?"
    """
    near = difflib.get_close_matches(name.lower(), list(choices), n=1)
    return f" Did you mean '{near[0]}'?" if near else ""
