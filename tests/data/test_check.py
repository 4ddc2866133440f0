import csv

import cv2
import numpy as np
import pytest

from learnet.data.check import check, photo_findings
from learnet.data.dataset import Dataset
from learnet.data.resolve import open_dataset
from learnet.data.sources import ArraySource


def write(path, image, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    quality = [cv2.IMWRITE_JPEG_QUALITY, options.get("quality", 95)]
    suffix = options.get("form", path.suffix)
    path.write_bytes(cv2.imencode(suffix, image, quality if suffix == ".jpg" else [])[1].tobytes())


@pytest.fixture
def planted(tmp_path, photo):
    """A given split with one of everything that check looks for."""
    root = tmp_path / "photos"
    for number in range(12):
        write(root / "train" / "cat" / f"{number}.jpg", photo(number))
        write(root / "train" / "dog" / f"{number}.jpg", photo(100 + number))
    write(root / "test" / "cat" / "1.jpg", photo(200))
    write(root / "test" / "dog" / "1.jpg", photo(201))
    write(root / "train" / "cat" / "copy.jpg", photo(0))
    write(
        root / "train" / "dog" / "smaller.jpg",
        cv2.resize(photo(100), (80, 60), interpolation=cv2.INTER_AREA),
        quality=80,
    )
    write(root / "train" / "dog" / "cat_again.png", photo(3))
    write(root / "test" / "dog" / "leak.jpg", photo(105), quality=70)
    write(root / "train" / "dog" / "png_inside.jpg", photo(300), form=".png")
    write(root / "train" / "cat" / "tiny.png", photo(301, height=20, width=20))
    write(root / "train" / "cat" / "long.png", photo(302, height=40, width=400))
    (root / "train" / "cat" / "broken.jpg").write_bytes((root / "train" / "cat" / "1.jpg").read_bytes()[:200])
    (root / "train" / "cat" / "empty.jpg").write_bytes(b"")
    (root / "train" / "cat" / "notes.txt").write_text("no photo")
    (root / "train" / "cat" / ".hidden").write_text("x")
    (root / "train" / "bird").mkdir()
    return root


def of_kind(report, kind):
    return {(item.path, item.other) for item in report.findings if item.kind == kind}


def test_everything_planted_is_found(planted):
    before = {path: path.read_bytes() for path in planted.rglob("*") if path.is_file()}
    report = check(open_dataset(planted))
    assert of_kind(report, "unreadable") == {
        (f"train/cat/{name}", "") for name in ("broken.jpg", "empty.jpg", "notes.txt")
    }
    assert of_kind(report, "exact duplicate") == {("train/cat/copy.jpg", "train/cat/0.jpg")}
    assert ("train/dog/smaller.jpg", "train/dog/0.jpg") in of_kind(report, "near duplicate")
    assert of_kind(report, "same photo, two labels") == {("train/cat/3.jpg", "train/dog/cat_again.png")}
    assert of_kind(report, "copies straddle the split") == {("test/dog/leak.jpg", "train/dog/5.jpg")}
    assert of_kind(report, "wrong suffix") == {("train/dog/png_inside.jpg", "")}
    assert of_kind(report, "odd size") == {("train/cat/tiny.png", ""), ("train/cat/long.png", "")}
    assert of_kind(report, "skipped") == {("train/cat/.hidden", "")}
    assert of_kind(report, "empty folder") == {("train/bird", "")}
    assert of_kind(report, "tiny class") == of_kind(report, "unbalanced classes") == set()
    assert report.found == len(before) == report.used + len(report.skipped)
    assert report.classes == {"cat": 16, "dog": 17}
    assert report.formats == {"jpeg": 29, "png": 4}
    assert {path: path.read_bytes() for path in planted.rglob("*") if path.is_file()} == before


def test_json_and_csv(planted, tmp_path):
    report = check(open_dataset(planted))
    value = report.to_json()
    assert value["found"] == value["used"] + value["skipped"]
    assert sum(value["kinds"].values()) == len(value["findings"])
    report.write_csv(tmp_path / "out" / "findings.csv")
    with (tmp_path / "out" / "findings.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["kind", "path", "detail", "other"]
    assert rows[1:] == [[item.kind, item.path, item.detail, item.other] for item in report.findings]


def test_tiny_and_unbalanced_classes(photo):
    images = np.array([photo(seed) for seed in range(43)])
    report = check(open_dataset((images, ["many"] * 40 + ["few"] * 3)))
    assert of_kind(report, "tiny class") == {("few", "")}
    assert of_kind(report, "unbalanced classes") == {("few", "many")}


def test_what_is_true_of_most_photos_is_said_once():
    images = np.random.default_rng(0).integers(0, 256, (30, 8, 8, 3), dtype=np.uint8)
    report = check(open_dataset((images, [0, 1] * 15)))
    odd = [item for item in report.findings if item.kind == "odd size"]
    assert [(item.path, item.detail) for item in odd] == [("arrays", "Of 30 photos, a side is under 32 pixels.")]


def test_groups_torn_apart_by_a_given_split(photo):
    images = np.array([photo(seed) for seed in range(4)])
    dataset = Dataset(
        name="groups",
        source=ArraySource(images),
        labels=np.array([0, 0, 1, 1], np.int32),
        class_names=("a", "b"),
        parts=np.array([0, 2, 0, 2], np.int8),
        groups=("x", "x", "y", "z"),
    )
    assert of_kind(check(dataset), "group straddles the split") == {("0", "1")}


def test_nothing_usable_is_no_crash(tmp_path):
    for name in ("cat/1.jpg", "dog/2.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"no photo")
    report = check(open_dataset(tmp_path))
    assert (report.found, report.used, len(report.skipped)) == (2, 0, 2)


def test_findings_of_no_photos():
    dataset = Dataset(
        name="none",
        source=ArraySource(np.zeros((0, 8, 8), np.uint8)),
        labels=np.zeros(0, np.int32),
        class_names=(),
        parts=np.zeros(0, np.int8),
    )
    assert photo_findings(dataset, [], digests=np.zeros((0, 32), np.uint8)) == ()
