"""The stream: in order, bounded, stopping for nothing but its own closing."""

from __future__ import annotations

import io
import threading
import time

import cv2
import numpy as np
import pytest
from PIL import Image

from learnet.data import ArraySource, FileSource, ImageProblem, InputSpec, content_hash, decode, stream_photos
from learnet.data.decode import HASH_SPEC
from learnet.data.duplicates import perceptual_hash

SPEC = InputSpec(height=16, width=16)


class Memory:
    """A source of given contents; exceptions among them are raised."""

    def __init__(self, contents):
        self.contents = contents
        self.reads = []

    def __len__(self):
        return len(self.contents)

    def name(self, index):
        return f"{index}.jpg"

    location = name

    def read(self, index):
        self.reads.append(index)
        content = self.contents[index]
        if isinstance(content, BaseException):
            raise content
        return content


def photo(size=(40, 30), seed=0, form="JPEG", **options):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (6, 8, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(cv2.resize(coarse, size, interpolation=cv2.INTER_CUBIC)).save(file, form, **options)
    return file.getvalue()


def test_photos_come_in_order_with_their_facts():
    contents = [photo(seed=number, size=(40 + number, 34)) for number in range(30)]
    order = [*range(29, -1, -1), 3, 3]
    photos = list(stream_photos(Memory(contents), iter(order), spec=SPEC, workers=3, lookahead=5))
    assert [item.index for item in photos] == order
    for item in photos:
        content = contents[item.index]
        whole = decode(content).image
        assert item.problem is None
        assert item.digest == content_hash(content)
        assert (item.facts.format, item.facts.width, item.facts.height) == ("jpeg", 40 + item.index, 34)
        assert item.facts.hash == perceptual_hash(whole)
        np.testing.assert_array_equal(item.image, SPEC.apply(whole))


def test_facts_do_not_depend_on_what_the_model_wants():
    content = photo(size=(1400, 1100), quality=90)
    facts = [
        next(stream_photos(Memory([content]), [0], spec=InputSpec(height=side, width=side, resize=resize))).facts
        for side, resize in [(32, "crop"), (299, "crop"), (600, "stretch"), (1024, "pad")]
    ]
    assert facts == [facts[0]] * 4
    assert facts[0].hash == perceptual_hash(decode(content, target=HASH_SPEC).image)
    assert (facts[0].width, facts[0].height) == (1400, 1100)


def test_problems_stop_nothing():
    good = photo()
    contents = [
        good,
        b"",
        ImageProblem("It is missing."),
        OSError(5, "Input/output error"),
        MemoryError(),
        RuntimeError("boom\nbang"),
        good[:-20],
        good,
    ]
    photos = list(stream_photos(Memory(contents), range(8), spec=SPEC))
    assert [item.problem is None for item in photos] == [True, *[False] * 6, True]
    reasons = [item.problem for item in photos[1:7]]
    assert "empty" in reasons[0]
    assert reasons[1] == "It is missing."
    assert "Input/output error" in reasons[2]
    assert "not enough memory" in reasons[3]
    assert reasons[4] == "It cannot be used (boom bang)."
    assert "cut short" in reasons[5]
    assert all(item.image is None and item.facts is None for item in photos[1:7])
    assert [item.digest == bytes(32) for item in photos] == [False, False, True, True, True, True, False, False]


def test_a_decoder_without_memory_is_a_problem_of_one_photo(monkeypatch):
    def starve(content, **options):
        raise MemoryError

    monkeypatch.setattr("learnet.data.stream.decode", starve)
    (item,) = stream_photos(Memory([photo()]), [0], spec=SPEC)
    assert item.problem == "There is not enough memory for it."


def test_what_is_not_wanted_is_not_decoded(monkeypatch):
    decoded = []
    monkeypatch.setattr(
        "learnet.data.stream.decode", lambda content, **options: (decoded.append(1), decode(content, **options))[1]
    )
    contents = [photo(seed=number) for number in range(6)]
    known = {content_hash(contents[number]) for number in (1, 4)}
    photos = list(stream_photos(Memory(contents), range(6), spec=SPEC, wanted=lambda _, digest: digest not in known))
    assert [item.image is None for item in photos] == [False, True, False, False, True, False]
    assert all(item.problem is None for item in photos)
    assert all((item.facts is None) == (item.image is None) for item in photos)
    assert len(decoded) == 4


def test_a_mistake_in_wanted_is_raised():
    def wanted(index, digest):
        raise KeyError("mistake")

    with pytest.raises(KeyError, match="mistake"):
        list(stream_photos(Memory([photo()] * 5), range(5), spec=SPEC, wanted=wanted))


def test_no_more_than_the_lookahead_is_read_before_the_caller_asks():
    source = Memory([photo()] * 200)
    photos = stream_photos(source, range(200), spec=SPEC, workers=2, lookahead=7)
    for taken in range(1, 20):
        next(photos)
        time.sleep(0.002)
        assert len(source.reads) <= taken + 7
    photos.close()


def _photo_threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("photos")]


@pytest.mark.parametrize("how", ["close", "interrupt", "throw"])
def test_closing_early_stops_the_threads(how):
    opencv_threads = cv2.getNumThreads()
    source = Memory([photo()] * 5000)
    photos = stream_photos(source, range(5000), spec=SPEC, workers=2, lookahead=16)
    next(photos)
    assert cv2.getNumThreads() == 1
    if how == "close":
        photos.close()
    else:
        error = KeyboardInterrupt if how == "interrupt" else ValueError
        with pytest.raises(error):
            photos.throw(error)
    assert _photo_threads() == []
    assert len(source.reads) <= 1 + 16 + 1
    assert cv2.getNumThreads() == opencv_threads


def test_overlapping_streams_leave_opencv_as_it_was():
    before = cv2.getNumThreads()
    first, second = (stream_photos(Memory([photo()] * 3), range(3), spec=SPEC) for _ in range(2))
    next(first)
    next(second)
    assert [item.index for item in first] == [1, 2]
    assert cv2.getNumThreads() == 1
    second.close()
    assert cv2.getNumThreads() == before


def test_nothing_to_stream():
    assert list(stream_photos(Memory([]), [], spec=SPEC)) == []


def test_arrays_and_files_of_the_same_pixels_give_the_same_image(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    Image.fromarray(image).save(tmp_path / "a.png")
    (from_array,) = stream_photos(ArraySource(image[None]), [0], spec=SPEC)
    (from_file,) = stream_photos(FileSource(tmp_path, ["a.png"]), [0], spec=SPEC)
    np.testing.assert_array_equal(from_array.image, from_file.image)
    assert from_array.facts.hash == from_file.facts.hash
    assert (from_array.facts.format, from_file.facts.format) == ("array", "png")
    assert from_array.digest == content_hash(image)
