"""How good is it? Metrics, calibration, intervals and the report: arrays in, numbers and pages out."""

from learnet.evaluation.calibration import (
    Reliability,
    Threshold,
    choose_threshold,
    expected_calibration_error,
    fit_temperature,
    reliability,
    softmax,
)
from learnet.evaluation.intervals import bootstrap_by_photo, bootstrap_interval, bootstrap_mean_recall, wilson_interval
from learnet.evaluation.metrics import Metrics, auroc, confusion_matrix, measure
from learnet.evaluation.paired import Paired, paired_test
from learnet.evaluation.report import render_report, write_report
from learnet.evaluation.report_data import BaselineRow, DataFinding, ReportData, SkippedFile, StageCost
from learnet.evaluation.report_photos import draw_thumbnails, make_thumbnail, thumbnail_choice

__all__ = [
    "BaselineRow",
    "DataFinding",
    "Metrics",
    "Paired",
    "Reliability",
    "ReportData",
    "SkippedFile",
    "StageCost",
    "Threshold",
    "auroc",
    "bootstrap_by_photo",
    "bootstrap_interval",
    "bootstrap_mean_recall",
    "choose_threshold",
    "confusion_matrix",
    "draw_thumbnails",
    "expected_calibration_error",
    "fit_temperature",
    "make_thumbnail",
    "measure",
    "paired_test",
    "reliability",
    "render_report",
    "softmax",
    "thumbnail_choice",
    "wilson_interval",
    "write_report",
]
