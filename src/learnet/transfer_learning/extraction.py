"""One pass over the photos: each is read and hashed; what the cache lacks is decoded and sent through the backbone."""

from __future__ import annotations

import itertools
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from learnet.core import fingerprint
from learnet.data import FACTS_VERSION, Skipped, stream_photos
from learnet.inference import Predictor
from learnet.transfer_learning.cache_database import CacheError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from learnet.core import Progress
    from learnet.data import Dataset, Facts, InputSpec, Photo
    from learnet.transfer_learning.cache import FeatureCache, FeatureSpace
    from learnet.transfer_learning.weights import LoadedBackbone

_DECODED_AHEAD = 1024  # photos, 150 kB each: what one core decodes while the other builds the network
_BATCH = 64  # photos between two commits to the cache: a short pause for the engine, and little for a kill to cost

NO_TIME = "There was no time left to look at it."


@dataclass(kw_only=True)
class Features:
    """What one pass over a dataset's photos gave.

    Attributes:
        values: float32 ``(n, d)``; the rows of skipped photos are undefined.
        usable: bool ``(n,)``, false for skipped photos.
        digests: uint8 ``(n, 32)``, the SHA-256 of each photo's content.
        facts: What is known of each photo (format, size, perceptual hash); None for skipped ones.
        skipped: The photos that could not be used, and why.
        computed: How many went through the backbone; the others came from the cache.
    """

    values: np.ndarray
    usable: np.ndarray
    digests: np.ndarray
    facts: list[Facts | None]
    skipped: list[Skipped] = field(default_factory=list)
    computed: int = 0


class Extractor:
    """Computes features once per image, ever.

    Args:
        spec: How photos are prepared for the backbone.
        size: Length of a feature vector.
        key: Fingerprint of network, weights, layer, input specification and precision.
        name: The backbone's name, for people who look into the cache.
        predictor: Compiles the backbone; called only if some photo is not in the cache.
        cache: Where features are kept; None keeps none.
        max_pixels: Larger photos are skipped.
        progress: Where to tell how it goes.
        deadline: The reading of ``time.perf_counter`` from which no further photo is looked at; None for none.
        most: How many photos are looked at, from the first; all if None.
    """

    def __init__(
        self,
        *,
        spec: InputSpec,
        size: int,
        key: str,
        name: str,
        predictor: Callable[[], Predictor],
        cache: FeatureCache | None,
        max_pixels: int,
        progress: Progress,
        deadline: float | None = None,
        most: int | None = None,
    ) -> None:
        self._deadline, self._most = deadline, most
        self._spec, self._size, self._predictor = spec, size, predictor
        self._max_pixels, self._progress = max_pixels, progress
        self._space: FeatureSpace | None = None
        if cache is not None:
            self._try_cache(lambda: setattr(self, "_space", cache.open_space(key, size=size, name=name)))

    @classmethod
    def of(
        cls,
        loaded: LoadedBackbone,
        *,
        cache: FeatureCache | None,
        max_pixels: int,
        progress: Progress,
        predictor: Predictor | None = None,
        deadline: float | None = None,
        most: int | None = None,
    ) -> Extractor:
        """Return what computes a backbone's features, by ``predictor`` if it is compiled already."""
        return cls(
            spec=loaded.input_spec,
            size=loaded.feature_size,
            key=space_of(loaded),
            name=f"{loaded.name}, {loaded.source}",
            predictor=lambda: predictor or Predictor.compile(loaded.model),
            cache=cache,
            max_pixels=max_pixels,
            progress=progress,
            deadline=deadline,
            most=most,
        )

    def run(self, dataset: Dataset) -> Features:
        """Read, hash and, where needed, decode and compute every photo of ``dataset``."""
        count = len(dataset)
        result = Features(
            values=np.empty((count, self._size), np.float32),
            usable=np.zeros(count, bool),
            digests=np.zeros((count, 32), np.uint8),
            facts=[None] * count,
        )
        with self._progress.stage("Looking at the photos", count) as task:
            photos = self._photos(dataset, range(count), result, advance=task.advance, use_cache=True)
            cached = self._compute(photos, result)
        missing = self._fill_from_cache(cached, result)
        if missing:
            again = self._photos(dataset, missing, result, advance=lambda: None, use_cache=False)
            self._compute(again, result)
        return result

    def _photos(
        self,
        dataset: Dataset,
        indices: range | list[int],
        result: Features,
        *,
        advance: Callable[[], None],
        use_cache: bool,
    ) -> Iterator[Photo]:
        known = self._space.known() if self._space is not None and use_cache else None
        stream = stream_photos(
            dataset.source,
            indices,
            spec=self._spec,
            lookahead=_DECODED_AHEAD,
            wanted=None if known is None else lambda _index, digest: digest not in known,
            max_pixels=self._max_pixels,
        )
        for looked, photo in enumerate(stream):
            if self._is_enough(looked):
                left_out = indices[looked:]
                result.skipped += [Skipped(dataset.source.name(index), NO_TIME) for index in left_out]
                break
            advance()
            if photo.problem is not None:
                result.skipped.append(Skipped(dataset.source.name(photo.index), photo.problem))
                continue
            result.digests[photo.index] = np.frombuffer(photo.digest, np.uint8)
            yield photo

    def _is_enough(self, looked: int) -> bool:
        if self._most is not None and looked >= self._most:
            return True
        return self._deadline is not None and time.perf_counter() > self._deadline

    def _compute(self, photos: Iterator[Photo], result: Features) -> list[int]:
        """Send photos that carry pixels through the backbone; return the indices of those that do not."""
        cached: list[int] = []
        in_flight: deque[int] = deque()

        def pixels() -> Iterator[np.ndarray]:
            for photo in photos:
                if photo.image is None:
                    cached.append(photo.index)
                    continue
                result.facts[photo.index] = photo.facts
                in_flight.append(photo.index)
                yield photo.image

        images = pixels()
        first = next(images, None)
        if first is None:
            return cached
        fresh: list[int] = []
        for vector in self._predictor().stream(itertools.chain([first], images)):
            index = in_flight.popleft()
            result.values[index] = vector
            result.usable[index] = True
            fresh.append(index)
            if len(fresh) == _BATCH:
                self._keep(fresh, result)
                fresh = []
        self._keep(fresh, result)
        return cached

    def _keep(self, indices: list[int], result: Features) -> None:
        result.computed += len(indices)
        space = self._space
        if space is None or not indices:
            return
        digests = [result.digests[index].tobytes() for index in indices]
        facts = [fact for index in indices if (fact := result.facts[index]) is not None]
        self._try_cache(lambda: space.put_many(digests, result.values[indices], facts))

    def _fill_from_cache(self, indices: list[int], result: Features) -> list[int]:
        """Read the features of ``indices``; return those that the cache has lost in the meantime."""
        space = self._space
        if space is None or not indices:
            return indices
        digests = [result.digests[index].tobytes() for index in indices]
        found = space.get_many(digests, out=result.values, rows=indices)
        facts = space.get_facts(digests)
        missing = []
        for position, index in enumerate(indices):
            if found[position] and facts[position] is not None:
                result.facts[index] = facts[position]
                result.usable[index] = True
            else:
                missing.append(index)
        return missing

    def _try_cache(self, action: Callable[[], None]) -> None:
        try:
            action()
        except CacheError as error:
            self._space = None
            self._progress.say(f"{error} The run goes on without the cache.")


def space_of(loaded: LoadedBackbone) -> str:
    """Return the key under which a backbone's features are cached."""
    return space_key(weights_fingerprint=loaded.fingerprint, layer=loaded.feature_layer, spec=loaded.input_spec)


def space_key(*, weights_fingerprint: str, layer: str, spec: InputSpec) -> str:
    """Return the key under which features are cached: network and weights, layer, input specification, precision."""
    return fingerprint(
        {
            "weights": weights_fingerprint,
            "layer": layer,
            "spec": spec.to_json(),
            "decoding": FACTS_VERSION,
            "precision": "float32",
        }
    )
