import threading
import time

import keras
import numpy as np
import pytest

from learnet.core import UsageError
from learnet.inference import Predictor

SHAPE = (4, 6, 3)


@pytest.fixture(scope="module")
def model():
    """The sum of each colour channel, which tells images apart exactly."""
    images = keras.Input(SHAPE, dtype="uint8")
    sums = keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(24.0)(images))
    return keras.Model(images, sums)


@pytest.fixture(scope="module", params=["openvino", "openvino-latency", "keras", "keras-latency"])
def predictor(request, model):
    engine, _, latency = request.param.partition("-")
    return Predictor.compile(model, engine=engine, latency=bool(latency))


def numbered(index: int) -> np.ndarray:
    return np.full(SHAPE, index % 256, np.uint8)


def test_predict_gives_one_row_an_image(predictor):
    images = np.random.default_rng(0).integers(0, 256, (71, *SHAPE), np.uint8)
    outputs = predictor.predict(images)
    assert outputs.dtype == np.float32
    np.testing.assert_allclose(outputs, images.sum(axis=(1, 2)), rtol=1e-5)
    assert predictor.output_size == 3
    assert predictor.input_shape == SHAPE


def test_predict_takes_nothing_and_one(predictor):
    assert predictor.predict(np.zeros((0, *SHAPE), np.uint8)).shape == (0, 3)
    assert predictor.predict(np.ones((1, *SHAPE), np.uint8)).tolist() == [[24, 24, 24]]


def test_stream_keeps_the_order_of_many(predictor):
    outputs = predictor.stream(numbered(index) for index in range(300))
    assert [round(float(output[0]) / 24) for output in outputs] == [index % 256 for index in range(300)]


def test_outputs_are_not_overwritten(predictor):
    kept = list(predictor.stream(numbered(index) for index in range(40)))
    assert [round(float(output[1]) / 24) for output in kept] == list(range(40))


def test_stream_holds_few_images(predictor):
    pulled = 0

    def images():
        nonlocal pulled
        for index in range(1000):
            pulled += 1
            yield numbered(index)

    most = 0
    for done, _ in enumerate(predictor.stream(images())):
        most = max(most, pulled - done)
    assert most <= 64


def test_image_memory_may_be_reused_by_the_caller(predictor):
    buffer = np.zeros(SHAPE, np.uint8)

    def images():
        for index in range(100):
            buffer[:] = index
            yield buffer.copy() if predictor.engine == "keras" else buffer

    assert [round(float(output[0]) / 24) for output in predictor.stream(images())] == list(range(100))


def test_an_error_in_the_iterable_comes_out_and_leaves_nothing_running(predictor):
    def images():
        yield from (numbered(index) for index in range(10))
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(predictor.stream(images()))
    assert predictor.predict(np.ones((3, *SHAPE), np.uint8)).tolist() == [[24, 24, 24]] * 3


def test_ctrl_c_comes_out_and_leaves_nothing_running(predictor):
    def images():
        yield from (numbered(index) for index in range(10))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(predictor.stream(images()))
    assert predictor.predict(np.ones((3, *SHAPE), np.uint8)).tolist() == [[24, 24, 24]] * 3


def test_closing_early_closes_the_source(predictor):
    closed = threading.Event()

    def images():
        try:
            while True:
                yield numbered(1)
        finally:
            closed.set()

    source = images()
    stream = predictor.stream(source)
    next(stream)
    stream.close()
    source.close()
    assert closed.is_set()
    assert predictor.predict(np.ones((2, *SHAPE), np.uint8)).tolist() == [[24, 24, 24]] * 2


def test_a_stream_within_a_stream(predictor):
    rows = []
    for output in predictor.stream(numbered(index) for index in range(12)):
        inner = predictor.predict(np.ones((2, *SHAPE), np.uint8))
        assert inner.tolist() == [[24, 24, 24]] * 2
        rows.append(round(float(output[0]) / 24))
    assert rows == list(range(12))


def test_threads_do_not_mix_their_results(predictor):
    wrong = []

    def work(value: int) -> None:
        for output in predictor.stream(np.full(SHAPE, value, np.uint8) for _ in range(50)):
            if round(float(output[0]) / 24) != value:
                wrong.append(value)
            time.sleep(0)

    threads = [threading.Thread(target=work, args=(value,)) for value in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((2, 4, 6, 3), np.float32),
        np.zeros((2, 6, 4, 3), np.uint8),
        np.zeros((2, 1, 1, 3), np.uint8),
        np.zeros((4, 6, 3), np.uint8),
    ],
    ids=["float", "turned", "broadcastable", "single"],
)
def test_other_arrays_are_refused(predictor, images):
    with pytest.raises(UsageError, match=r"takes uint8 images of 4 x 6 pixels and 3 channels, but .* shape"):
        predictor.predict(images)


def test_compiling_leaves_the_model_alone(model):
    before = [np.asarray(weight) for weight in model.weights]
    settings = model.compiled, model.optimizer if model.compiled else None
    for engine in ("openvino", "keras"):
        Predictor.compile(model, engine=engine)
    assert (model.compiled, model.optimizer if model.compiled else None) == settings
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(np.asarray(weight), old)
