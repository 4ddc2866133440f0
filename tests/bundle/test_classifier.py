import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from learnet.bundle import Classifier, Prediction, predict
from learnet.core import BundleError, UsageError
from learnet.data import ArraySource


def write_png(path, image):
    import cv2

    path.parent.mkdir(parents=True, exist_ok=True)
    done, content = cv2.imencode(".png", image[..., ::-1])
    assert done
    path.write_bytes(content.tobytes())
    return path


class Brightness:
    """Stands in for a compiled network: the mean of a channel decides; results come a few images late."""

    def __init__(self, lookahead=3):
        self.lookahead, self.pulled = lookahead, 0

    def stream(self, images):
        waiting = []
        for image in images:
            self.pulled += 1
            sums = image.reshape(-1, 3).mean(axis=0) + 1
            waiting.append((sums / sums.sum()).astype(np.float32))
            if len(waiting) > self.lookahead:
                yield waiting.pop(0)
        yield from waiting


@pytest.fixture
def quick(tools):
    return Classifier(info=tools.make_info(), predictor=Brightness())


def plain(*colour, side=8):
    return np.full((side, side, 3), colour, np.uint8)


def test_images_give_what_the_network_gives_for_prepared_images(classifier, bundle, tools):
    images = tools.make_images(4, side=64, seed=3)
    expected = np.asarray(bundle.model(np.stack([tools.spec.apply(image) for image in images]), training=False))
    np.testing.assert_allclose(classifier.predict_images(images), expected, atol=1e-4)
    assert np.ptp(expected, axis=0).max() > 0.1  # the images differ, so the agreement means something


def test_images_of_different_sizes_and_none_at_all(classifier, tools):
    images = [tools.make_images(1, side=64)[0], tools.make_images(1, side=40)[0][:, :36]]
    together = classifier.predict_images(images)
    np.testing.assert_allclose(together.sum(axis=1), 1, atol=1e-5)
    for image, row in zip(images, together, strict=True):
        np.testing.assert_allclose(classifier.predict_images(image[None])[0], row, atol=1e-6)
    assert classifier.predict_images(np.zeros((0, 9, 9, 3), np.uint8)).shape == (0, 3)


def test_files_give_what_images_give(classifier, tools, tmp_path):
    images = tools.make_images(5, side=64, seed=4)
    paths = [write_png(tmp_path / f"{number}.png", image) for number, image in enumerate(images)]
    told = list(classifier.predict_files(paths, top=3))
    for prediction, path, row in zip(told, paths, classifier.predict_images(images), strict=True):
        assert prediction.path == path
        assert prediction.problem is None
        assert dict(prediction.top) == pytest.approx(
            dict(zip(tools.class_names, row.tolist(), strict=True)), abs=1e-4
        )  # fmt: skip
        assert [name for name, _ in prediction.top] == [tools.class_names[i] for i in np.argsort(-row)]


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((8, 8, 3), np.uint8),
        np.zeros((1, 8, 8, 3), np.float32),
        np.zeros((1, 8, 8), np.uint8)[..., None],
        [np.zeros((8, 8), np.uint8)],
        [np.zeros((0, 8, 3), np.uint8)],
        ["photo.png"],
    ],
)
def test_what_is_no_image_is_refused_with_a_sentence(quick, images):
    with pytest.raises(UsageError, match="received"):
        quick.predict_images(images)


def test_folders_are_searched_in_natural_order_and_hidden_files_left_out(quick, tmp_path):
    for name in ("10.png", "9.png", "b/1.png", ".hidden.png", ".ipynb_checkpoints/2.png", "a2/x.jpg", "a10/x"):
        write_png(tmp_path / name, plain(9, 0, 0))
    told = [prediction.path.relative_to(tmp_path).as_posix() for prediction in quick.predict_files(tmp_path)]
    assert told == ["9.png", "10.png", "a2/x.jpg", "a10/x", "b/1.png"]


def test_a_bad_file_gets_its_own_line_and_stops_nothing(quick, tmp_path):
    red, blue = write_png(tmp_path / "red.png", plain(255, 0, 0)), write_png(tmp_path / "blue", plain(0, 0, 255))
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut short")
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("no photo")
    (tmp_path / "nothing here").mkdir()
    order = ["missing.png", "red.png", "bad.jpg", "empty.png", "notes.txt", "blue", "nothing here", "missing too"]
    told = list(quick.predict_files([tmp_path / name for name in order]))
    assert [prediction.path.name for prediction in told] == order
    assert [prediction.path for prediction in told if prediction.problem is None] == [red, blue]
    assert [told[1].top[0][0], told[5].top[0][0]] == ["9", "模型 ü"]
    assert told[0].problem == told[7].problem == "There is no such file or folder."
    assert told[6].problem == "The folder holds no photos."
    for prediction in told:
        if prediction.problem is not None:
            assert (prediction.top, prediction.sure) == ((), False)
            assert prediction.problem.endswith(".")


def test_too_many_pixels_are_a_problem_of_the_one_photo(quick, tmp_path):
    large, small = (write_png(tmp_path / f"{side}.png", plain(9, 0, 0, side=side)) for side in (40, 8))
    told = list(quick.predict_files([large, small], max_pixels=100))
    assert told[0].problem is not None
    assert told[1].problem is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such folder modes or pipes")
def test_links_pipes_and_closed_folders(quick, tmp_path):
    photo = write_png(tmp_path / "photos" / "a.png", plain(9, 0, 0))
    (tmp_path / "link.png").symlink_to(photo)
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    os.mkfifo(tmp_path / "pipe.png")
    told = list(quick.predict_files([tmp_path / name for name in ("link.png", "loop", "pipe.png", "photos")]))
    assert [prediction.problem is None for prediction in told] == [True, False, False, True]
    told = list(quick.predict_files(tmp_path))
    assert {prediction.path.name: prediction.problem is None for prediction in told} == {
        "link.png": True, "a.png": True, "loop": False, "pipe.png": False
    }  # fmt: skip


@pytest.mark.parametrize(("threshold", "sure"), [(None, True), (0.0, True), (0.97, True), (0.98, False), (1.0, False)])
def test_sure_means_the_top_probability_reaches_the_threshold(quick, tmp_path, threshold, sure):
    photo = write_png(tmp_path / "a.png", plain(99, 0, 0))  # (100, 1, 1) / 102: 0.980 for the first class
    [prediction] = quick.predict_files(photo, threshold=threshold)
    assert prediction.top[0] == ("9", pytest.approx(100 / 102))
    assert prediction.sure is (True if threshold == 0.98 else sure)


def test_exactly_the_threshold_is_sure(quick, tmp_path):
    photo = write_png(tmp_path / "a.png", plain(99, 0, 0))
    [reached] = quick.predict_files(photo, threshold=float(np.float32(100 / 102)))
    [missed] = quick.predict_files(photo, threshold=float(np.nextafter(np.float32(100 / 102), np.float32(1))))
    assert (reached.sure, missed.sure) == (True, False)


@pytest.mark.parametrize("top", [1, 2, 3, 50])
def test_ties_keep_the_order_of_the_classes(quick, tmp_path, tools, top):
    [prediction] = quick.predict_files(write_png(tmp_path / "a.png", plain(5, 5, 5)), top=top)
    assert [name for name, _ in prediction.top] == list(tools.class_names[:top])


@pytest.mark.parametrize("wrong", [{"top": 0}, {"threshold": 1.5}, {"threshold": -0.1}, {"threshold": float("nan")}])
def test_wrong_options_are_refused_at_once(quick, wrong):
    with pytest.raises(UsageError, match="top must be at least 1 and threshold from 0 to 1"):
        quick.predict_files([], **wrong)


def test_weights_that_give_no_numbers_are_noticed(tools):
    class Broken:
        def stream(self, images):
            return (np.full(3, np.nan, np.float32) for _ in images)

    with pytest.raises(BundleError, match="they are broken"):
        Classifier(info=tools.make_info(), predictor=Broken()).predict_images(np.zeros((1, 8, 8, 3), np.uint8))


def test_photos_are_read_only_a_little_ahead(tools, tmp_path):
    photo = write_png(tmp_path / "a.png", plain(9, 0, 0))
    network = Brightness()
    predictions = Classifier(info=tools.make_info(), predictor=network).predict_files([photo] * 1000)
    assert network.pulled == 0
    next(predictions)
    assert network.pulled == 4
    predictions.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(kinds=st.lists(st.sampled_from(["good", "bad", "missing"]), max_size=12), lookahead=st.integers(0, 5))
def test_order_survives_any_mixture(tools, tmp_path, kinds, lookahead):
    good, bad = tmp_path / "good.png", tmp_path / "bad.png"
    if not good.exists():
        write_png(good, plain(9, 0, 0))
        bad.write_bytes(b"bad")
    quick = Classifier(info=tools.make_info(), predictor=Brightness(lookahead))
    paths = [tmp_path / f"{kind}.png" for kind in kinds]
    told = list(quick.predict_files(paths))
    assert [prediction.path for prediction in told] == paths
    assert [prediction.problem is None for prediction in told] == [kind == "good" for kind in kinds]


def test_any_source_can_be_classified(quick):
    images = np.stack([plain(9, 0, 0), plain(0, 9, 0), plain(0, 0, 9)])
    told = list(quick.predict_source(ArraySource(images), [2, 0]))
    assert [(photo.index, int(output.argmax())) for photo, output in told] == [(2, 2), (0, 0)]


def test_a_prediction_as_json():
    good = Prediction(Path("a.png"), None, (("cat", 0.75), ("dog", 0.25)), sure=True)
    assert json.loads(json.dumps(good.to_json())) == {
        "path": "a.png",
        "problem": None,
        "sure": True,
        "top": [{"class": "cat", "probability": 0.75}, {"class": "dog", "probability": 0.25}],
    }
    assert Prediction(Path("b"), "It is empty.", (), sure=False).to_json() == {
        "path": "b", "problem": "It is empty.", "sure": None, "top": []
    }  # fmt: skip


def test_predict_takes_a_loaded_bundle_or_its_folder(bundle, saved, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_png(Path("a.png"), plain(200, 30, 90))
    first = predict(bundle, "a.png", prove=True)
    assert [prediction.path for prediction in first] == [Path("a.png")]
    assert first[0].top[0][1] == pytest.approx(predict(saved, ["a.png"], top=1)[0].top[0][1], abs=1e-6)


def test_memory_does_not_grow_with_predictions(classifier):
    def resident():
        if not sys.platform.startswith("linux"):
            return 0
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    image = np.zeros((1, 40, 40, 3), np.uint8)
    for _ in range(300):
        classifier.predict_images(image)
    before = resident()
    for _ in range(1500):
        classifier.predict_images(image)
    assert resident() - before < 20_000_000
