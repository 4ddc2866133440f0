"""The page as a reader's browser sees it: parsed again, and compared with what numpy says about the same arrays."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from learnet.evaluation import (
    BaselineRow,
    ReportData,
    StageCost,
    make_thumbnail,
    measure,
    render_report,
    thumbnail_choice,
    write_report,
)

if TYPE_CHECKING:
    from pathlib import Path

VOID = {"img", "meta"}
ATTACK = "<img src=x onerror=alert(1)>.jpg"


@dataclass(frozen=True)
class Skip:
    path: str
    reason: str


@dataclass(frozen=True)
class Note:
    kind: str
    path: str
    detail: str


class Page(HTMLParser):
    """A strict reading of the page: every element is closed; attributes, sheets and visible text are collected."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.open: list[tuple[str, dict[str, str | None]]] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.paths: dict[str, list[str]] = {}
        self.words: list[str] = []
        self.feed(content)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute of {tag} stands twice"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)
        if self.open and self.open[-1][1].get("class") == "path":
            sheets = [str(found["id"]) for _, found in self.open if found.get("class") == "sheet"]
            self.paths.setdefault(sheets[0] if sheets else "gallery", []).append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def attributes(self, name: str) -> list[str]:
        return [str(found[name]) for _, found in self.elements if name in found]


def make_data(*, photos: int = 60, classes: int = 3, seed: int = 0, **fields: Any) -> ReportData:
    source = np.random.default_rng(seed)
    labels = source.permutation(np.arange(photos) % classes)
    logits = source.normal(size=(photos, classes)) * 2
    logits[np.arange(photos), labels] += 2
    probabilities = (np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)).astype(np.float32)
    values: dict[str, Any] = {
        "title": "pets",
        "class_names": [f"class {index}" for index in range(classes)],
        "metrics": measure(probabilities, labels),
        "probabilities": probabilities,
        "labels": labels,
        "photo_names": [f"photo{index}.jpg" for index in range(photos)],
    }
    return ReportData(**{**values, **fields})


def full_data(**fields: Any) -> ReportData:
    data = make_data()
    picture = make_thumbnail(np.full((20, 30, 3), 128, np.uint8))
    return replace(
        data,
        thumbnails={int(index): picture for index in thumbnail_choice(data.probabilities, data.labels, limit=30)},
        description="3 classes, one folder each",
        train_counts=[5, 70, 20],
        found=158,
        skipped=[Skip("broken.jpg", "The file ends early."), Skip("notes.txt", "Not an image."), Skip(".x", "Hidden.")],
        findings=[
            Note("near duplicate", "a.jpg", "Looks like b.jpg."),
            Note("label conflict", "c.jpg", "Also in cats."),
        ],
        baselines=[
            BaselineRow(name="majority class", accuracy=0.33, mean_class_recall=1 / 3),
            BaselineRow(name="linear SVM", accuracy=data.metrics.accuracy, mean_class_recall=0.7),
        ],
        costs=[StageCost(name="features", seconds=2.0, images=155), StageCost(name="head", seconds=0.5)],
        machine="A processor, 2 cores",
        peak_memory_bytes=512_000_000,
        temperature=1.25,
        threshold=0.6,
        foreign_auroc=0.93,
        reproduce="learnet transfer pets --seed 7",
        provenance={"Seed": "7", "Licence of the weights": "Apache-2.0"},
        commands={"Predict": "learnet predict bundle photos"},
        **fields,
    )


@pytest.fixture(scope="module")
def full() -> ReportData:
    return full_data()


@pytest.fixture(scope="module")
def full_page(full: ReportData) -> str:
    return render_report(full)


def test_the_page_tells_every_figure(full: ReportData, full_page: str) -> None:
    data, text = full, Page(full_page).text
    metrics = data.metrics
    low, high = metrics.accuracy_interval
    for expected in (
        f"Of 60 photos the classifier had never seen, it named {metrics.accuracy:.1%} correctly",
        f"(95 % interval {low:.1%} to {high:.1%})",
        f"{metrics.mean_class_recall:.1%}",
        f"{metrics.macro_f1:.3f}",
        f"{metrics.ece:.3f}",
        "(temperature 1.250)",
        "AUROC 0.930",
        "158 files found = 155 used + 3 skipped.",
        "Trained on 95 photos: from 5 (class 0) to 70 (class 1) a class.",
        "The file ends early.",
        "Looks like b.jpg.",
        "Peak memory: 512 MB.",
        "A processor, 2 cores",
        "learnet transfer pets --seed 7",
        "learnet predict bundle photos",
        "Apache-2.0",
    ):
        assert expected in text


def test_stages_show_images_a_second(full_page: str) -> None:
    rows = re.findall(r"<tr>(.*?)</tr>", full_page.split('id="cost"')[1], flags=re.DOTALL)
    cells = [re.sub(r"<[^>]*>", " ", row).split() for row in rows]
    assert cells[1] == ["features", "2.0", "155", "78"]
    assert cells[2] == ["head", "0.5", "-", "-"]
    assert cells[3] == ["All", "together", "2.5", "155", "62"]


def test_not_sure_is_measured_on_the_test_photos(full: ReportData, full_page: str) -> None:
    data = full
    top, right = data.probabilities.max(axis=1), data.probabilities.argmax(axis=1) == data.labels
    sure = top >= 0.6
    expected = (
        f"Of the test photos, {sure.mean():.1%} got a sure answer, and {right[sure].mean():.1%} of those were right."
    )
    assert expected in Page(full_page).text


def test_a_difference_within_the_intervals_is_not_shown(full_page: str) -> None:
    text = Page(full_page).text
    assert "better by" in text.split("majority class")[1].split("linear SVM")[0]
    assert "difference not shown" in text.split("linear SVM")[1][:120]


def test_a_better_baseline_is_called_better() -> None:
    data = make_data(baselines=[BaselineRow(name="SVM", accuracy=1.0, mean_class_recall=1.0)])
    expected = f"worse by {(1 - data.metrics.accuracy) * 100:.1f} points"
    assert expected in Page(render_report(data)).text


def test_every_cell_leads_to_its_photos(full: ReportData, full_page: str) -> None:
    data, page = full, Page(full_page)
    predicted = data.probabilities.argmax(axis=1)
    for row, column in np.argwhere(data.metrics.confusion):
        members = {data.photo_names[at] for at in np.flatnonzero((data.labels == row) & (predicted == column))}
        listed = page.paths[f"c{row}-{column}"]
        assert len(listed) == len(set(listed))
        assert f"#c{row}-{column}" in page.attributes("href")
        if row == column:
            assert set(listed) <= members
            assert len(listed) <= 4
        else:
            assert set(listed) == members


def test_empty_cells_have_no_sheet() -> None:
    data = make_data(photos=20, classes=5)
    sheets = {name for name in Page(render_report(data)).attributes("id") if re.fullmatch(r"c\d+-\d+", name)}
    assert sheets == {f"c{row}-{column}" for row, column in np.argwhere(data.metrics.confusion)}
    assert len(sheets) < 25


def test_the_gallery_holds_the_surest_wrong_answers_in_order() -> None:
    data = make_data(photos=200)
    predicted, top = data.probabilities.argmax(axis=1), data.probabilities.max(axis=1)
    wrong = [int(index) for index in np.argsort(-top, kind="stable") if predicted[index] != data.labels[index]]
    assert len(wrong) > 24
    assert Page(render_report(data)).paths["gallery"] == [data.photo_names[index] for index in wrong[:24]]


def test_thumbnails_are_embedded_and_described(full: ReportData, full_page: str) -> None:
    data = full
    images = [found for name, found in Page(full_page).elements if name == "img"]
    contents = {base64.b64decode(str(image["src"]).removeprefix("data:image/jpeg;base64,")) for image in images}
    wrong = np.count_nonzero(data.probabilities.argmax(axis=1) != data.labels)
    assert contents == set(data.thumbnails.values())
    assert all(str(image["alt"]).startswith("Photo photo") for image in images)
    assert len(images) <= len(data.thumbnails) + min(24, wrong)


def test_photos_without_a_thumbnail_are_named_and_counted() -> None:
    data = make_data(photos=400, classes=2)
    page = Page(render_report(data))
    amount = data.metrics.confusion[0, 1]
    assert amount <= 48 or f"{amount - 48} not listed" in page.text
    assert len(page.paths["c0-1"]) == min(amount, 48)
    assert "48 without preview, to keep the page small" in page.text or amount < 48


def test_the_page_is_sound(full_page: str) -> None:
    page = Page(full_page)
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in page.attributes("href")} <= set(ids)
    assert [name for name, _ in page.elements].count("h1") == 1
    tables = [name for name, _ in page.elements].count("table")
    assert [name for name, _ in page.elements].count("caption") == tables >= 6


def test_nothing_comes_from_elsewhere(full_page: str) -> None:
    content = full_page
    page = Page(content)
    assert all(link.startswith("#") for link in page.attributes("href"))
    assert all(source.startswith("data:image/jpeg;base64,") for source in page.attributes("src"))
    assert {name for name, _ in page.elements}.isdisjoint({"link", "iframe", "object", "embed", "base", "form"})
    assert "@import" not in content
    assert re.findall(r"url\((?!#)", content) == []


def test_the_policy_allows_exactly_the_one_script(full_page: str) -> None:
    content = full_page
    (script,) = re.findall(r"<script>(.*?)</script>", content, flags=re.DOTALL)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', content)
    assert policy is not None
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy[1]
    assert policy[1].startswith("default-src 'none'; img-src data:;")


@pytest.mark.parametrize(
    "name",
    [
        ATTACK,
        '"><script>alert(1)</script>',
        "' onmouseover='alert(1)",
        "</title></style></svg><b>",
        "two\nlines\x00\x1b[31m",
        "bytes\udcff\udc80.jpg",
        "\u202egpj.exe",
        "&lt;already&amp;",
        "$\\frac{1}{$",
        "模型 ü.jpg",
    ],
)
def test_hostile_names_are_shown_and_do_nothing(name: str, full: ReportData, full_page: str) -> None:
    loud = replace(
        full,
        title=name,
        description=name,
        class_names=[name, name + "2", name + "3"],
        photo_names=[name] * 60,
        skipped=[Skip(name, name)],
        findings=[Note(name, name, name)],
        baselines=[BaselineRow(name=name, accuracy=0.5, mean_class_recall=0.5)],
        costs=[StageCost(name=name, seconds=1.0)],
        machine=name,
        reproduce=name,
        provenance={name: name},
        commands={name: name},
    )
    content = render_report(loud)
    page = Page(content)
    content.encode("utf-8")
    before = {element for element, _ in Page(full_page).elements}
    assert {element for element, _ in page.elements} <= before
    assert [element for element, _ in page.elements].count("script") == 1
    assert not [attribute for attribute in page.elements if any(key.startswith("on") for key in attribute[1])]
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e\ud800-\udfff]", content)


def test_hostile_names_stay_legible() -> None:
    data = make_data(photo_names=[ATTACK] * 60, skipped=[Skip("ü\udcff\n.jpg", "No image.")])
    page = Page(render_report(data))
    assert set(page.paths["gallery"]) == {ATTACK}
    assert r"ü\udcff\n.jpg" in page.text


def test_what_is_missing_is_left_out() -> None:
    page = Page(render_report(make_data()))
    assert {"calibration", "classes", "confusion", "wrong"} <= set(page.attributes("id"))
    assert set(page.attributes("id")).isdisjoint({"baselines", "data", "cost", "use", "reproduce"})
    assert "Not sure" not in page.text
    assert "AUROC" not in page.text


def test_seen_photos_are_not_called_unseen() -> None:
    text = Page(render_report(make_data(unseen=False))).text
    assert "never seen" not in text
    assert "may have been trained on" in text


def test_long_lists_are_cut_and_say_so() -> None:
    skipped = [Skip(f"s{index}.jpg", "Broken.") for index in range(1234)]
    findings = [Note("odd size", f"f{index}.jpg", "Tiny.") for index in range(300)]
    text = Page(render_report(make_data(skipped=skipped, findings=findings, skipped_file="skipped.csv"))).text
    assert "And 1,034 more; the full list is in skipped.csv." in text
    assert "s199.jpg" in text
    assert "s200.jpg" not in text
    assert "300 odd size" in text
    assert "And 100 more" in text


def test_a_perfect_classifier() -> None:
    labels = np.array([0, 1, 0, 1])
    probabilities = np.eye(2, dtype=np.float32)[labels]
    names = [f"{index}.png" for index in range(4)]
    data = make_data(
        photos=4,
        classes=2,
        probabilities=probabilities,
        labels=labels,
        photo_names=names,
        metrics=measure(probabilities, labels),
    )
    text = Page(render_report(data)).text
    assert "There is none: every test photo was named correctly." in text
    assert "Most frequent confusions" not in text


def test_a_class_without_test_photos() -> None:
    labels = np.array([0, 0, 1])
    probabilities = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1]], dtype=np.float32)
    data = make_data(
        photos=3, classes=3, probabilities=probabilities, labels=labels, metrics=measure(probabilities, labels)
    )
    text = Page(render_report(data)).text
    assert "1 class has no test photos and no part in the means." in text
    assert "nan" not in text.lower()


def test_a_hundred_classes_make_a_page_under_five_megabytes() -> None:
    data = make_data(photos=5647, classes=101)
    chosen = thumbnail_choice(data.probabilities, data.labels)
    content = render_report(replace(data, thumbnails=dict.fromkeys(map(int, chosen), bytes(3000))))
    assert len(chosen) == 600
    assert len(content) < 5e6
    Page(content)


def test_the_same_data_give_the_same_page(tmp_path: Path) -> None:
    data = full_data()
    write_report(tmp_path / "report.html", data)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == render_report(data)
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    data = make_data()
    with pytest.raises(ValueError, match=r"shape \(60, 3\)"):
        replace(data, probabilities=data.probabilities[:, :2])
    with pytest.raises(ValueError, match="59 names"):
        replace(data, photo_names=data.photo_names[:59])
    with pytest.raises(ValueError, match=r"\[0, 3\)"):
        replace(data, labels=data.labels + 1)
    with pytest.raises(ValueError, match="metrics are of 50 photos"):
        replace(data, metrics=measure(data.probabilities[:50], data.labels[:50]))
