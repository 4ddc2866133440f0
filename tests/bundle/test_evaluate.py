import csv
import json

import cv2
import numpy as np
import pytest

from learnet.bundle import evaluate, measure_bundle
from learnet.core import DataError
from learnet.data import ArraySource, Dataset, Part


@pytest.fixture
def photos(tools):
    return tools.make_images(12, side=48, seed=8)


def dataset_of(images, labels, class_names, parts=None):
    return Dataset(
        name="photos",
        source=ArraySource(images),
        labels=np.asarray(labels, np.int32),
        class_names=tuple(class_names),
        parts=np.full(len(images), -1, np.int8) if parts is None else np.asarray(parts, np.int8),
    )


def test_classes_are_matched_by_name_not_by_place(bundle, classifier, photos, tools):
    """The dataset lacks the first class, and lists the others the other way round."""
    answers = classifier.predict_images(photos).argmax(axis=1)
    names = ("模型 ü", "10")
    labels = [number % 2 for number in range(12)]
    measured = measure_bundle(bundle, dataset_of(photos, labels, names))
    expected = [tools.class_names.index(names[label]) for label in labels]
    assert measured.labels.tolist() == expected
    assert measured.metrics.accuracy == pytest.approx(np.mean(answers == expected))
    assert measured.metrics.support == (0, 6, 6)


def test_a_perfect_and_a_hopeless_dataset(bundle, classifier, photos, tools):
    answers = classifier.predict_images(photos).argmax(axis=1)
    assert measure_bundle(bundle, dataset_of(photos, answers, tools.class_names)).metrics.accuracy == 1
    assert measure_bundle(bundle, dataset_of(photos, (answers + 1) % 3, tools.class_names)).metrics.accuracy == 0


def test_only_the_test_part_is_used_where_there_is_one(bundle, classifier, photos, tools):
    parts = [Part.TRAIN] * 5 + [Part.TEST] * 4 + [Part.VAL] * 3
    measured = measure_bundle(bundle, dataset_of(photos, [0] * 12, tools.class_names, parts))
    assert measured.indices.tolist() == [5, 6, 7, 8]
    np.testing.assert_allclose(measured.probabilities, classifier.predict_images(photos[5:9]), atol=1e-6)


def test_an_unknown_class_gets_the_nearest_match_unless_nothing_shows_it(bundle, photos):
    with pytest.raises(DataError, match=r"shows the class '100', which the bundle does not know\. Did you mean '10'\?"):
        measure_bundle(bundle, dataset_of(photos, [0, 1] * 6, ("9", "100")))
    parts = [Part.TEST, Part.TRAIN] * 6
    assert measure_bundle(bundle, dataset_of(photos, [0, 1] * 6, ("9", "100"), parts)).metrics.n == 6


def test_names_that_macos_wrote_are_the_same_names(bundle, photos):
    decomposed = "模型 u\u0308"
    measured = measure_bundle(bundle, dataset_of(photos, [0, 1] * 6, ("9", decomposed)))
    assert measured.labels.tolist() == [0, 2] * 6


def test_the_run_tells_everything_it_found(bundle, classifier, tmp_path, tools):
    root, images = tmp_path / "data", tools.make_images(6, side=48, seed=9)
    for number, image in enumerate(images):
        path = root / ("9" if number % 2 else "10") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), image)
    (root / "9" / "bad.jpg").write_bytes(b"bad")
    (root / "10" / ".hidden").write_bytes(b"x")
    done = evaluate(bundle, root, out=tmp_path / "run")
    told = json.loads((tmp_path / "run" / "evaluation.json").read_text())
    assert told == done.to_json()
    assert (told["n_test"], told["n_skipped"]) == (6, 2)
    assert {"accuracy", "accuracy_interval", "mean_class_recall", "macro_f1", "ece", "report"} <= told.keys()
    with (tmp_path / "run" / "skipped.csv").open() as file:
        assert sorted(row["path"] for row in csv.DictReader(file)) == ["10/.hidden", "9/bad.jpg"]
    with (tmp_path / "run" / "predictions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    expected = classifier.predict_images(images[..., ::-1])
    for row in rows:
        probabilities = expected[int(row["path"].split("/")[1][0])]
        assert row["label"] == row["path"].split("/")[0]
        assert row["answer"] == tools.class_names[probabilities.argmax()]
        assert float(row["probability"]) == pytest.approx(probabilities.max(), abs=1e-4)
        assert row["sure"] == str(bool(probabilities.max() >= 0.5))
    assert "bad.jpg" in done.report.read_text(encoding="utf-8")


def test_nothing_to_measure_is_a_sentence(bundle, tmp_path):
    for name in ("9", "10"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "a.jpg").write_bytes(b"bad")
    with pytest.raises(DataError, match=r"None of the 2 photos in data can be used\. The first"):
        evaluate(bundle, tmp_path / "data", out=tmp_path / "run")
    assert not (tmp_path / "run").exists()
