import cv2
import numpy as np
import pytest

from learnet.training import Augmentation, augment

IMAGES = np.random.default_rng(0).integers(0, 256, (400, 9, 7, 3), dtype=np.uint8)
TARGETS = np.eye(4, dtype=np.float32)[np.arange(400) % 4]


def changed(seed=0, **options):
    return augment(IMAGES, TARGETS, how=Augmentation(**options), random=np.random.default_rng(seed))


@pytest.mark.parametrize(
    "options",
    [
        {"flip": True},
        {"crop": 2},
        {"rotation": 20.0},
        {"zoom": 0.2},
        {"colour": 0.3},
        {"cutout": 3},
        {"mixup": 0.4},
        {"flip": True, "crop": 1, "rotation": 5.0, "zoom": 0.1, "colour": 0.1, "cutout": 2, "mixup": 0.2},
    ],
)
def test_the_seed_decides_and_the_originals_stay(options):
    images, targets = IMAGES.copy(), TARGETS.copy()
    first, again, other = changed(**options), changed(**options), changed(seed=1, **options)
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])
    assert (first[0].dtype, first[0].shape, first[1].dtype) == (np.uint8, IMAGES.shape, np.float32)
    assert np.array_equal(IMAGES, images)
    assert np.array_equal(TARGETS, targets)


def test_nothing_asked_is_nothing_done():
    images, targets = changed()
    assert np.array_equal(images, IMAGES)
    assert np.array_equal(targets, TARGETS)


def test_half_of_the_images_are_mirrored():
    images, _ = changed(flip=True)
    mirrored = (images == IMAGES[:, :, ::-1]).all(axis=(1, 2, 3))
    assert ((images == IMAGES).all(axis=(1, 2, 3)) ^ mirrored).all()
    assert 150 < mirrored.sum() < 250


def test_every_crop_is_a_window_of_the_reflected_image_and_all_places_occur():
    images, _ = changed(crop=1)
    places = set()
    for image, original in zip(images, IMAGES, strict=True):
        padded = cv2.copyMakeBorder(original, 1, 1, 1, 1, cv2.BORDER_REFLECT_101)
        found = [(y, x) for y in range(3) for x in range(3) if np.array_equal(padded[y : y + 9, x : x + 7], image)]
        assert found
        places.update(found)
    assert len(places) == 9


def test_colour_keeps_grey_images_grey_and_changes_their_level():
    grey = np.repeat(IMAGES[..., :1], 3, axis=-1)
    images, _ = augment(grey, TARGETS, how=Augmentation(colour=0.3), random=np.random.default_rng(0))
    assert (images == images[..., :1]).all()
    factors = images.mean(axis=(1, 2, 3)) / grey.mean(axis=(1, 2, 3))
    assert 0.69 < factors.min() < 0.8
    assert 1.1 < factors.max() < 1.31


def test_cutout_is_one_grey_square_at_most():
    images, _ = changed(cutout=3)
    cut = (images != IMAGES).any(axis=-1)
    assert (images[cut] == 128).all()
    assert cut.sum(axis=(1, 2)).max() == 9
    assert (cut.any(axis=2).sum(axis=1) <= 3).all()


def test_mixup_blends_images_as_it_blends_targets():
    images, targets = changed(mixup=1.0)
    assert targets.sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert targets.max(axis=1).min() < 0.6
    own = TARGETS.argmax(axis=1)
    share = targets[np.arange(400), own]
    sure = share > 0.999  # blended with an image of its own class or not at all: nothing to compare
    assert np.abs(images[~sure].astype(int) - IMAGES[~sure]).mean() > 5
