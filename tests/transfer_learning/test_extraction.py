import numpy as np
import pytest

from learnet.core import Silent
from learnet.data import InputSpec, open_dataset
from learnet.transfer_learning.cache import FeatureCache
from learnet.transfer_learning.cache_database import CacheError
from learnet.transfer_learning.extraction import Extractor, space_key

SPEC = InputSpec(height=4, width=4, resize="stretch")


class MeanColour:
    """Stands in for a compiled backbone: a photo's features are its mean colour."""

    def __init__(self):
        self.seen = 0

    def stream(self, images):
        for image in images:
            self.seen += 1
            yield image.reshape(-1, 3).mean(axis=0).astype(np.float32)


def extract(dataset, cache, *, progress=None):
    network = MeanColour()
    extractor = Extractor(
        spec=SPEC,
        size=3,
        key="key",
        name="mean colour",
        predictor=lambda: network,
        cache=cache,
        max_pixels=1000,
        progress=progress or Silent(),
    )
    return extractor.run(dataset), network.seen


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (40, 6, 6, 3), dtype=np.uint8)


def dataset_of(images):
    return open_dataset((images, np.arange(len(images)) % 2))


def expected(images):
    return np.stack([SPEC.apply(image).reshape(-1, 3).mean(axis=0) for image in images])


def test_each_image_is_computed_once_ever(images, tmp_path):
    with FeatureCache(tmp_path) as cache:
        first, seen = extract(dataset_of(images[:30]), cache)
        assert (seen, first.computed) == (30, 30)
        again, seen = extract(dataset_of(images[::-1]), cache)
        assert (seen, again.computed) == (10, 10)
    np.testing.assert_allclose(again.values, expected(images[::-1]), atol=1e-4)
    assert again.usable.all()
    assert [fact.width for fact in again.facts] == [6] * 40
    np.testing.assert_array_equal(again.digests[::-1][:30], first.digests)


def test_without_a_cache_the_same_features(images):
    result, seen = extract(dataset_of(images), None)
    assert seen == 40
    np.testing.assert_allclose(result.values, expected(images), atol=1e-4)


def test_a_damaged_row_is_computed_again(images, tmp_path):
    import sqlite3

    with FeatureCache(tmp_path) as cache:
        extract(dataset_of(images), cache)
    with sqlite3.connect(tmp_path / "features.sqlite") as connection:
        connection.execute("UPDATE vectors SET content = zeroblob(12) WHERE id = (SELECT MIN(id) FROM vectors)")
    connection.close()
    with FeatureCache(tmp_path) as cache:
        result, seen = extract(dataset_of(images), cache)
    assert seen == 1
    np.testing.assert_allclose(result.values, expected(images), atol=1e-4)


def test_a_cache_that_fails_is_told_and_done_without(images, tmp_path, monkeypatch):
    told = []

    class Telling(Silent):
        def say(self, line):
            told.append(line)

    def refuse(*_arguments, **_options):
        raise CacheError("The disk is full.")

    with FeatureCache(tmp_path) as cache:
        monkeypatch.setattr("learnet.transfer_learning.cache.FeatureSpace.put_many", refuse)
        result, seen = extract(dataset_of(images), cache, progress=Telling())
    assert seen == 40
    assert told == ["The disk is full. The run goes on without the cache."]
    np.testing.assert_allclose(result.values, expected(images), atol=1e-4)


def test_what_cannot_be_used_is_listed_and_its_row_is_not_usable(tmp_path):
    import cv2

    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(3):
            cv2.imwrite(str(tmp_path / name / f"{number}.png"), np.full((6, 6, 3), 40 * number, np.uint8))
    (tmp_path / "a" / "1.png").write_bytes(b"broken")
    result, seen = extract(open_dataset(tmp_path), None)
    assert seen == 5
    assert result.usable.tolist() == [True, False, True, True, True, True]
    assert [item.path for item in result.skipped] == ["a/1.png"]


def test_the_key_changes_with_everything_that_changes_features():
    base = {"weights_fingerprint": "w", "layer": "features", "spec": SPEC}
    keys = {
        space_key(**base),
        space_key(**{**base, "weights_fingerprint": "v"}),
        space_key(**{**base, "layer": "other"}),
        space_key(**{**base, "spec": InputSpec(height=4, width=4, resize="pad")}),
    }
    assert len(keys) == 4
    assert space_key(**base) == space_key(**base)
