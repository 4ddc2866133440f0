import numpy as np
import pytest

from learnet.core import DataError, Silent
from learnet.data import InputSpec, Part, open_dataset
from learnet.training import TrainConfig, photos
from learnet.training.photos import decode_photos

SPEC = InputSpec(height=8, width=8)


def make_dataset(per_class=20, classes=3, side=8, seed=0):
    random = np.random.default_rng(seed)
    labels = np.repeat(np.arange(classes), per_class)
    images = random.integers(0, 256, (len(labels), side, side, 3), dtype=np.uint8)
    images[:, 0, 0, 0] = np.arange(len(labels))  # tells each from the others
    return images, labels, open_dataset((images, labels))


def decode(dataset, folder, **options):
    config = TrainConfig(data="", model="mlp", **options)
    return decode_photos(dataset, spec=SPEC, config=config, folder=folder, progress=Silent())


def test_each_part_has_its_own_photos_and_labels(tmp_path):
    images, labels, dataset = make_dataset()
    made = decode(dataset, tmp_path)
    sizes = [len(made.part(part)[1]) for part in Part]
    assert sum(sizes) == 60
    assert sizes[Part.TEST] == 12
    assert sizes[Part.VAL] == 6  # a tenth of the 48 others, at least one of each class
    seen = []
    for part in Part:
        pixels, truth = made.part(part)
        for image, label, row in zip(pixels, truth, made.rows(part), strict=True):
            np.testing.assert_array_equal(image, images[row])
            assert label == labels[row]
            assert made.parts[row] == part
            seen.append(int(row))
        assert made.names(part) == [dataset.source.name(int(row)) for row in made.rows(part)]
    assert sorted(seen) == list(range(60))


def test_pixels_that_do_not_fit_into_memory_go_to_a_file_that_disappears(tmp_path, monkeypatch):
    _, _, dataset = make_dataset()
    inside = decode(dataset, tmp_path)
    monkeypatch.setattr(photos, "_MEMORY_SHARE", 1e-12)
    outside = decode(dataset, tmp_path)
    assert isinstance(outside.images, np.memmap)
    np.testing.assert_array_equal(inside.images, outside.images)
    assert not list(tmp_path.iterdir())


def test_too_few_photos_for_validation_train_and_say_so(tmp_path):
    said = []

    class Telling(Silent):
        def say(self, line):
            said.append(line)

    _, _, dataset = make_dataset(per_class=2)
    config = TrainConfig(data="", model="mlp", train_per_class=1)
    made = decode_photos(dataset, spec=SPEC, config=config, folder=tmp_path, progress=Telling())
    assert [len(made.part(part)[1]) for part in Part] == [3, 0, 3]
    assert "too few photos for a validation part" in said[-1]


def test_one_class_is_refused(tmp_path):
    _, _, dataset = make_dataset(classes=2)
    with pytest.raises(DataError, match="at least two"):
        decode(dataset.subset(np.arange(20)), tmp_path)
