"""Systems that are no classifiers of photos, in the same three files: saved with a proof, loaded unrun."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.bundle.document import MAX_DOCUMENT_BYTES, check_json, check_seal, describe, exactly, parse_json, seal
from learnet.bundle.energy_kinds import ENERGY_KINDS
from learnet.bundle.files import read_file
from learnet.bundle.info import (
    DOCUMENT,
    GOLDEN,
    LIBRARIES,
    SCHEMA_OF_SYSTEMS,
    WEIGHTS,
    FileRecord,
    OtherBundleError,
    check_texts,
    check_time,
    check_version,
    file_records,
)
from learnet.bundle.kind import check_arrays, layout_of, layout_size
from learnet.bundle.load import GOLDEN_TOLERANCE, MAX_GOLDEN_BYTES
from learnet.bundle.places import open_folder, read_vouched
from learnet.bundle.sequence_kind import SEQUENCE_NETWORK
from learnet.bundle.tensors import MAX_HEADER_BYTES, write_tensors
from learnet.core import (
    BundleError,
    LearnetError,
    UsageError,
    atomic_folder,
    generator,
    sha256_file,
    versions,
    write_bytes,
)
from learnet.core.files import sync_folder
from learnet.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from learnet.bundle.kind import Arrays, Kind

    T = TypeVar("T")

KINDS: tuple[Kind, ...] = (*ENERGY_KINDS, SEQUENCE_NETWORK)
_ELSEWHERE = {  # kinds of higher floors
    "generator": "learnet.gan.load_generator",
    "colouriser": "learnet.applications.colourise.load_colouriser",
    "translator": "learnet.applications.translate.load_translator",
    "pilot": "learnet.applications.drive.load_pilot",
}
_CUE, _ANSWER = "cue/", "answer/"
_ADVICE = " Copy it again from where it was saved, or save it again."


@dataclass(frozen=True, kw_only=True)
class SystemInfo:
    """What ``bundle.json`` says of a system. One that exists is valid.

    Attributes:
        kind: The name of its kind.
        arguments: What it is made from, beside its arrays, as JSON values.
        notes: What whoever saved it wrote down, as JSON values.
        versions: Of the libraries that made it.
        learnet_version: Of the learnet that made it.
        created: When, ISO 8601.

    Raises:
        BundleError: If a value is not what it should be.
    """

    kind: str
    arguments: dict[str, Any]
    notes: dict[str, Any]
    versions: dict[str, str] = field(default_factory=lambda: versions(*LIBRARIES))
    learnet_version: str = field(default_factory=lambda: __version__)
    created: str = field(default_factory=lambda: dt.datetime.now(dt.UTC).isoformat(timespec="seconds"))

    def __post_init__(self) -> None:
        for name in ("arguments", "notes", "versions"):
            if not isinstance(getattr(self, name), dict):
                raise BundleError(f"{name} should be an object, but is {describe(getattr(self, name))}.")
            check_json(getattr(self, name), name=name)
        check_texts({"kind": self.kind, "learnet_version": self.learnet_version})
        check_texts({f"versions['{name}']": version for name, version in self.versions.items()})
        check_time(self.created)

    def to_bytes(self, files: dict[str, FileRecord]) -> bytes:
        """Return the content of ``bundle.json``, checksum included."""
        records = {name: asdict(record) for name, record in files.items()}
        return seal({**asdict(self), "schema_version": SCHEMA_OF_SYSTEMS, "files": records})

    @classmethod
    def from_bytes(cls, content: bytes) -> tuple[SystemInfo, dict[str, FileRecord]]:
        """Read the content of ``bundle.json``; return it and what it says of the other files.

        Raises:
            OtherBundleError: If it is of a classifier.
            NewerBundleError: If a newer learnet wrote it.
            BundleError: If it was changed, or is not what it should be.
        """
        value = parse_json(content, name=DOCUMENT)
        check_version(value)
        check_seal(content, value)
        if value["schema_version"] != SCHEMA_OF_SYSTEMS or "class_names" in value:
            raise OtherBundleError("It holds a classifier of photos. Open it in Python: learnet.load(FOLDER)")
        del value["checksum"], value["schema_version"]
        records = value.pop("files", None)
        return cls(**exactly(value, {each.name for each in fields(cls)}, DOCUMENT)), file_records(records)


@dataclass(frozen=True, kw_only=True, eq=False)
class SystemBundle:
    """A system that was loaded from disk, and proved.

    Attributes:
        folder: Where it lies.
        info: What is known of it.
        system: The network or machine itself, ready for use.
    """

    folder: Path
    info: SystemInfo
    system: Any


def save_system(
    folder: str | Path,
    system: object,
    *,
    notes: dict[str, Any] | None = None,
    seed: int = 0,
    kinds: Sequence[Kind] = KINDS,
) -> SystemBundle:
    """Write a system, load it again and compare what both say; only then does it take its place.

    Whatever goes wrong (a full disk, a kill, a failed proof), what was in ``folder`` before stays whole.

    Args:
        folder: Where it goes; replaced if it exists.
        system: ``learnet.energy``'s ``Hopfield``, ``ModernHopfield``, ``BoltzmannMachine`` or
            ``RestrictedBoltzmannMachine``, after learning; or a Keras model of recurrent and dense layers in a row,
            see ``learnet.bundle.sequence_kind``.
        notes: What should be remembered of it, as JSON values: where its data came from, what was measured, …
        seed: Of the cues whose answers are stored as proof.
        kinds: What may be saved.

    Returns:
        The system as it was loaded for the proof.

    Raises:
        UsageError: If it is of no such kind, or has learned nothing yet.
        BundleError: If it has a part that a bundle cannot hold, or the proof fails.
        OSError: If the disk refuses.

    Example:
        >>> import tempfile
        >>> from learnet.energy import Hopfield, random_patterns
        >>> memory = Hopfield().fit(random_patterns(3, 50))
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     saved = save_system(Path(folder) / "memory", memory, notes={"patterns": "random"})
        ...     found = load_system(Path(folder) / "memory")
        >>> found.info.kind, bool((found.system.weights == memory.weights).all()), found.info.notes
        ('hopfield', True, {'patterns': 'random'})
    """
    kind = _kind_of(system, kinds)
    info = SystemInfo(kind=kind.name, arguments=kind.describe(system), notes={} if notes is None else dict(notes))
    weights, golden = kind.arrays(system), _golden(kind, system, seed)
    target = Path(folder)
    with atomic_folder(target) as temporary:
        write_tensors(temporary / WEIGHTS, weights)
        write_tensors(temporary / GOLDEN, golden)
        files = {
            name: FileRecord(sha256=sha256_file(temporary / name), bytes=(temporary / name).stat().st_size)
            for name in (WEIGHTS, GOLDEN)
        }
        write_bytes(temporary / DOCUMENT, info.to_bytes(files))
        sync_folder(temporary)
        try:
            found = _read(temporary, kinds)
        except BundleError as error:
            raise BundleError(
                f"The bundle '{target}' was not saved, as it failed its proof; what was there before is unchanged. "
                f"{error}"
            ) from error
    return SystemBundle(folder=target, info=found.info, system=found.system)


def load_system(folder: str | Path, *, kinds: Sequence[Kind] = KINDS) -> SystemBundle:
    """Open a system that ``save_system`` wrote, and prove it by the answers stored with it.

    Sizes and checksums are checked before anything is built; the system is built by learnet from the name of its kind,
    and nothing that the bundle says is imported or run.

    Args:
        folder: Where it lies. If a kill interrupted saving, the previous version beside it is opened.
        kinds: What may be opened.

    Raises:
        BundleError: If it is missing, damaged, hostile, of another kind, or of a newer schema.

    Example:
        >>> load_system("no/such/folder")
        Traceback (most recent call last):
        learnet.core.errors.BundleError: There is no bundle at 'no/such/folder'. Check the path; \
a run keeps its own in RUN/bundle.
    """
    return open_folder(folder, lambda place: _read(place, kinds), advice=_ADVICE)


def _kind_of(system: object, kinds: Sequence[Kind]) -> Kind:
    for kind in kinds:
        if kind.recognises(system):
            return kind
    raise UsageError(
        f"A bundle can hold {', '.join(kind.title for kind in kinds)}; received {type(system).__name__}. Classifiers "
        "of photos are saved by their runs."
    )


def _read(folder: Path, kinds: Sequence[Kind]) -> SystemBundle:
    info, files = SystemInfo.from_bytes(read_file(folder / DOCUMENT, limit=MAX_DOCUMENT_BYTES))
    kind = _named(info.kind, kinds)
    size = _tried(kind, lambda: kind.size(info.arguments))
    weights = read_vouched(folder / WEIGHTS, files[WEIGHTS], limit=size + MAX_HEADER_BYTES)
    if (given := sum(array.nbytes for array in weights.values())) != size:  # before anything is built for nothing
        raise BundleError(f"{WEIGHTS} holds arrays of {given:,} bytes, but {kind.title} as described has {size:,}.")
    golden = read_vouched(folder / GOLDEN, files[GOLDEN], limit=MAX_GOLDEN_BYTES)
    system = _tried(kind, lambda: kind.build(info.arguments, weights))
    _prove(kind, system, golden)
    return SystemBundle(folder=folder, info=info, system=system)


def _named(name: str, kinds: Sequence[Kind]) -> Kind:
    for kind in kinds:
        if kind.name == name:
            return kind
    elsewhere = ({kind.name: kind.opened_by for kind in KINDS} | _ELSEWHERE).get(name)
    if elsewhere is not None:
        raise OtherBundleError(f"It holds a system of the kind '{name}'. Open it in Python: {elsewhere}(FOLDER)")
    raise BundleError(f"It should hold {', '.join(kind.title for kind in kinds)}, but holds the kind {describe(name)}.")


def _golden(kind: Kind, system: object, seed: int) -> Arrays:
    cues = kind.cues(system, generator(seed, "golden cues"))
    answers = kind.answers(system, cues)
    golden = {f"{_CUE}{name}": array for name, array in cues.items()}
    golden |= {f"{_ANSWER}{name}": array for name, array in answers.items()}
    check_arrays(golden, layout_of(golden), what="What the system says for its proof")
    if layout_size(layout_of(golden)) > MAX_GOLDEN_BYTES - MAX_HEADER_BYTES:
        raise BundleError(
            f"The proof of so large a system takes more than the {MAX_GOLDEN_BYTES:,} bytes that a bundle allows."
        )
    return golden


def _prove(kind: Kind, system: object, golden: Arrays) -> None:
    """Ask the system again, and compare."""
    wanted = _tried(kind, lambda: kind.cues(system, generator(0, "golden cues")))  # of the right names and shapes
    cues = {name.removeprefix(_CUE): array for name, array in golden.items() if name.startswith(_CUE)}
    check_arrays(cues, layout_of(wanted), what=f"The cues in {GOLDEN}")
    said = _tried(kind, lambda: kind.answers(system, cues))
    answers = {name.removeprefix(_ANSWER): array for name, array in golden.items() if name.startswith(_ANSWER)}
    check_arrays(answers, layout_of(said), what=f"The answers in {GOLDEN}")
    if len(golden) != len(cues) + len(answers):
        raise BundleError(f"{GOLDEN} should hold cues and answers, and nothing else.")
    for name, stored in answers.items():
        difference = float(np.abs(said[name] - stored).max())
        allowed = GOLDEN_TOLERANCE * max(1.0, float(np.abs(stored).max()))
        if not difference <= allowed:  # NaN included
            raise BundleError(
                f"It does not give the answers that it was saved with: a number of '{name}' differs by "
                f"{difference:.2g}, where at most {allowed:.2g} is allowed."
            )


def _tried(kind: Kind, work: Callable[[], T]) -> T:
    """Return what ``work`` returns; what a system refuses, it refuses because the bundle is wrong."""
    try:
        return work()
    except BundleError:
        raise
    except (LearnetError, TypeError, ValueError, OverflowError) as error:
        raise BundleError(f"It cannot be made into {kind.title}. {error}") from None
