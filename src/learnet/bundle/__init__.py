"""What training leaves on disk: saved with a proof, loaded without running anything that lies in it."""

from learnet.bundle.classifier import Classifier, Prediction
from learnet.bundle.evaluate import Evaluation, Measured, evaluate, measure_bundle
from learnet.bundle.info import BundleInfo, Calibration
from learnet.bundle.load import Bundle, Golden, load_bundle
from learnet.bundle.predict import predict
from learnet.bundle.save import save_bundle

__all__ = [
    "Bundle",
    "BundleInfo",
    "Calibration",
    "Classifier",
    "Evaluation",
    "Golden",
    "Measured",
    "Prediction",
    "evaluate",
    "load_bundle",
    "measure_bundle",
    "predict",
    "save_bundle",
]
