import cv2
import numpy as np
import pytest

from learnet.data.duplicates import HASH_BYTES, exact_groups, near_duplicate_groups, near_pairs, perceptual_hash


def digests(*contents: int) -> np.ndarray:
    return np.array([[content] * 32 for content in contents], np.uint8)


def hashes(*images: np.ndarray) -> np.ndarray:
    return np.array([np.frombuffer(perceptual_hash(image), np.uint8) for image in images])


def grouped(*images: np.ndarray) -> list[int]:
    return near_duplicate_groups(hashes(*images), digests(*range(len(images)))).tolist()


COPIES = {
    "re-encoded": lambda image: cv2.imdecode(
        cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 60])[1], cv2.IMREAD_COLOR
    ),
    "halved": lambda image: cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA),
    "enlarged": lambda image: cv2.resize(image, None, fx=1.7, fy=1.7, interpolation=cv2.INTER_CUBIC),
    "brighter": lambda image: np.minimum(image.astype(int) + 12, 255).astype(np.uint8),
    "darker": lambda image: (image * 0.9).astype(np.uint8),
    "grey": lambda image: cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES.keys())
def test_copies_are_recognised(photo, copy):
    for seed in range(10):
        image = photo(seed, height=180, width=240)
        assert grouped(image, copy(image)) == [0, 0]


def test_different_photos_stay_apart(photo):
    assert grouped(*(photo(seed) for seed in range(60))) == list(range(60))


def test_mirrored_and_turned_photos_are_others(photo):
    image = photo(1)
    assert grouped(image, image[:, ::-1].copy(), image[::-1].copy()) == [0, 1, 2]


def test_plain_photos_do_not_collapse_into_one_group():
    plain = [np.full((64, 64, 3), grey, np.uint8) for grey in range(0, 250, 10)]
    dots = [image.copy() for image in plain]
    for position, image in enumerate(dots):
        image[2 * position : 2 * position + 3, 30:33] = 255
    assert grouped(*plain, *dots) == list(range(50))


def test_noise_on_a_plain_photo_is_no_detail():
    noisy = [np.random.default_rng(seed).integers(120, 126, (64, 64, 3), dtype=np.uint8) for seed in range(5)]
    assert all(perceptual_hash(image) == bytes(HASH_BYTES) for image in noisy)


def test_thumbnails_count_as_copies_only_if_their_content_is_the_same():
    small = np.random.default_rng(0).integers(0, 255, (8, 8, 3), dtype=np.uint8)
    assert perceptual_hash(small) == bytes(HASH_BYTES)
    assert near_duplicate_groups(hashes(small, small, small), digests(1, 2, 1)).tolist() == [0, 1, 0]


def test_scikit_learns_digits_hold_no_copies():
    from sklearn.datasets import load_digits

    images = (load_digits().images[:200] * 15.9).astype(np.uint8)
    assert len(set(grouped(*(np.repeat(image[..., None], 3, axis=2) for image in images)))) == 200


def test_a_known_hash():
    """A golden value: cached hashes of past versions must stay comparable."""
    ramp = np.repeat(np.arange(0, 255, dtype=np.uint8)[None, :, None], 255, axis=0).repeat(3, axis=2)
    assert perceptual_hash(ramp).hex() == "aaaa5555" * 8


def test_near_pairs_find_what_comparing_all_finds():
    rng = np.random.default_rng(0)
    bits = (rng.random((400, 256)) < 0.4).astype(np.uint8)
    copies = bits[:100].copy()
    for row, flips in enumerate(rng.integers(0, 20, 100)):
        copies[row, rng.choice(256, flips, replace=False)] ^= 1
    everything = np.concatenate([bits, copies])
    distance = (everything[:, None] != everything[None]).sum(axis=2)
    total = everything.sum(axis=1)[:, None] + everything.sum(axis=1)[None]
    expected = np.argwhere(np.triu((distance <= 15) & (distance <= 0.08 * total), k=1))
    assert near_pairs(np.packbits(everything, axis=1)).tolist() == expected.tolist()


def test_many_equal_hashes_are_one_group_and_fast():
    rows = np.tile(np.random.default_rng(0).integers(0, 256, 32, dtype=np.uint8), (5_000, 1))
    ids = near_duplicate_groups(rows, np.random.default_rng(1).integers(0, 256, (5_000, 32), dtype=np.uint8))
    assert (ids == 0).all()
    assert len(near_pairs(rows)) == 4_999


def test_exact_groups_and_empty_input():
    ids = exact_groups(digests(3, 1, 3))
    assert ids[0] == ids[2] != ids[1]
    assert near_duplicate_groups(np.zeros((0, 32), np.uint8), np.zeros((0, 32), np.uint8)).tolist() == []
    zeros_inside = np.zeros((2, 32), np.uint8)
    zeros_inside[1, 5] = 1
    assert len(set(exact_groups(zeros_inside).tolist())) == 2
