"""The sections of the report that tell what was measured, one function each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.evaluation.calibration import BINS, reliability
from learnet.evaluation.intervals import wilson_interval
from learnet.evaluation.markup import Html, bar, count, join, number, percent, table, tag
from learnet.evaluation.report_photos import GALLERY, photo_card

if TYPE_CHECKING:
    from collections.abc import Sequence

    from learnet.evaluation.report_data import BaselineRow, ReportData

    Array = np.ndarray[Any, Any]

_TALL = 24


def verdict(data: ReportData) -> Html:
    """Return the one sentence that matters."""
    seen = "the classifier had never seen" if data.unseen else "some of which the classifier may have been trained on"
    low, high = data.metrics.accuracy_interval
    return tag(
        "p",
        f"Of {count(data.metrics.n, 'photo')} {seen}, it named ",
        tag("strong", percent(data.metrics.accuracy)),
        f" correctly (95 % interval {percent(low)} to {percent(high)}).",
        class_="verdict",
    )


def key_figures(data: ReportData) -> Html:
    """Return the figures that stand in the page's head."""
    metrics = data.metrics
    low, high = metrics.accuracy_interval
    figures = [
        ("Accuracy", percent(metrics.accuracy), f"{percent(low)} to {percent(high)}"),
        (
            "Mean class recall",
            percent(metrics.mean_class_recall),
            "{} to {}".format(*map(percent, metrics.mean_class_recall_interval)),
        ),
        ("Macro-F1", f"{metrics.macro_f1:.3f}", "recall and precision in one, 1 is perfect"),
        ("Calibration error", f"{metrics.ece:.3f}", "ECE: 0 is perfect"),
    ]
    if data.threshold is not None:
        coverage, right = _when_sure(data, data.threshold)
        figures.append(("When it is sure", percent(right), f"right; sure of {percent(coverage)} of photos"))
    return tag(
        "dl",
        *(
            tag("div", tag("dt", name), tag("dd", value), tag("dd", told, class_="note"))
            for name, value, told in figures
        ),
        class_="figures",
    )


def _when_sure(data: ReportData, threshold: float) -> tuple[float, float]:
    """Return the share of photos it is sure of, and the share of right answers among those."""
    sure = data.probabilities.max(axis=1) >= threshold
    right = data.probabilities.argmax(axis=1)[sure] == data.labels[sure]
    return float(sure.mean()), float(right.mean()) if len(right) else float("nan")


def calibration(data: ReportData) -> Html:
    """Return the calibration curve and what "not sure" means."""
    from learnet.plots import reliability_figure, to_svg

    curve = reliability(data.probabilities, data.labels)
    right = np.rint(np.multiply(curve.accuracy, curve.counts)).astype(int).tolist()
    figure = reliability_figure(
        counts=curve.counts,
        confidence=curve.confidence,
        accuracy=curve.accuracy,
        intervals=[wilson_interval(hits, n) if n else (0.0, 1.0) for hits, n in zip(right, curve.counts, strict=True)],
        threshold=data.threshold,
    )
    label = (
        "Calibration curve: how often answers of each probability were right, above a histogram of the probabilities"
    )
    return tag("div", tag("div", Html(to_svg(figure, label=label)), class_="plot"), _not_sure(data), class_="two")


def _not_sure(data: ReportData) -> Html:
    meaning = (
        "If the points lie on the dashed line, an answer given with probability 0.8 is right in 80 of 100 cases. "
        f"On average the two differ by {data.metrics.ece:.3f} (expected calibration error, {BINS} bins)."
    )
    paragraphs: list[object] = [meaning]
    if data.temperature is not None:
        paragraphs.append(
            f"The probabilities were calibrated (temperature {data.temperature:.3f}) on photos held out of training, "
            "not on the test photos."
        )
    if data.threshold is not None:
        coverage, right = _when_sure(data, data.threshold)
        paragraphs.append(
            join(
                tag("strong", f"“Not sure” below {data.threshold:.2f}. "),
                f"Of the test photos, {percent(coverage)} got a sure answer, and {percent(right)} of those were right.",
            )
        )
    if data.foreign_auroc is not None:
        paragraphs.append(
            f"Shown one photo of a class it knows and one of a class it was never taught, it is surer of the known one "
            f"in {percent(data.foreign_auroc)} of cases (AUROC {data.foreign_auroc:.3f}; 0.5 is chance)."
        )
    return tag("div", *(tag("p", paragraph) for paragraph in paragraphs))


def classes(data: ReportData) -> Html:
    """Return recall and precision of each class, the weakest first."""
    confusion = data.metrics.confusion
    hits, tested, said = confusion.diagonal(), confusion.sum(axis=1), confusion.sum(axis=0)
    recall = np.where(tested > 0, hits / np.maximum(tested, 1), np.nan)
    precision = np.where(said > 0, hits / np.maximum(said, 1), np.nan)
    trained = data.train_counts
    rows = [
        [
            data.class_names[at],
            bar(float(recall[at]), wilson_interval(int(hits[at]), int(tested[at])) if tested[at] else None),
            _share(float(recall[at])),
            _share(float(precision[at])),
            number(f"{tested[at]:,}", value=float(tested[at])),
            *([] if trained is None else [number(f"{trained[at]:,}", value=trained[at])]),
        ]
        for at in np.argsort(np.nan_to_num(recall, nan=2.0), kind="stable")
    ]
    header = ["Class", "Recall with 95 % interval", "Recall", "Precision", "Tested"]
    if trained is not None:
        header.append("Trained on")
    absent = len(data.metrics.absent_classes)
    left_out = (
        f" {count(absent, 'class has', 'classes have')} no test photos and no part in the means." if absent else ""
    )
    told = (
        "Recall: of the photos of this class, how many were recognised. Precision: of the answers with this class, how "
        f"many were right. The weakest class comes first.{left_out}"
    )
    listing = table("Recall and precision of each class", header, rows, sortable=True)
    return join(tag("p", told), tag("div", listing, class_="tall" if len(rows) > _TALL else None))


def _share(share: float) -> Html:
    return number(percent(share), value=share if np.isfinite(share) else -1)


def gallery(data: ReportData) -> Html:
    """Return the photos that the classifier was most sure of and wrong about."""
    wrong = np.flatnonzero(data.probabilities.argmax(axis=1) != data.labels)
    if not len(wrong):
        return tag("p", "There is none: every test photo was named correctly.")
    order = wrong[np.argsort(-data.probabilities[wrong].max(axis=1), kind="stable")]
    text = f"The {min(GALLERY, len(wrong))} surest of {count(len(wrong), 'wrong answer')}."
    hint = " Look for wrong labels first: a photo under the wrong name teaches the classifier a lie."
    return join(
        tag("p", text, hint), tag("div", *(photo_card(data, int(index)) for index in order[:GALLERY]), class_="photos")
    )


def baselines(data: ReportData) -> Html | None:
    """Return simple methods beside the network, and whether a difference was shown."""
    if not data.baselines:
        return None
    metrics = data.metrics
    ours = metrics.accuracy_interval
    rows: list[Sequence[object]] = [
        ["This classifier", *_scores(metrics.accuracy, ours, metrics.mean_class_recall), "-"],
        *([row.name, *_scores(row.accuracy, _interval(data, row), row.mean_class_recall), _difference(data, row)]
          for row in data.baselines),
    ]  # fmt: skip
    header = ("Method", "Accuracy with 95 % interval", "Accuracy", "Mean class recall", "This classifier is")
    note = (
        "All methods saw the same training photos and were asked about the same test photos. Where the two intervals "
        "overlap, these photos do not show which is better."
    )
    return join(table("Simple methods on the same features", header, rows), tag("p", note, class_="note"))


def _scores(accuracy: float, interval: tuple[float, float], recall: float) -> list[Html]:
    return [
        bar(accuracy, interval),
        number(f"{percent(accuracy)} ({percent(interval[0])} to {percent(interval[1])})", value=accuracy),
        number(percent(recall), value=recall),
    ]


def _interval(data: ReportData, row: BaselineRow) -> tuple[float, float]:
    if row.accuracy_interval is not None:
        return row.accuracy_interval
    return wilson_interval(round(row.accuracy * data.metrics.n), data.metrics.n)


def _difference(data: ReportData, row: BaselineRow) -> str:
    low, high = _interval(data, row)
    ours_low, ours_high = data.metrics.accuracy_interval
    if low <= ours_high and ours_low <= high:
        return "difference not shown"
    points = (data.metrics.accuracy - row.accuracy) * 100
    return f"{'better' if points > 0 else 'worse'} by {abs(points):.1f} points"
