"""What training leaves on disk: saved with a proof, loaded without running anything that lies in it."""

from learnet.bundle.classifier import Classifier, Prediction
from learnet.bundle.evaluate import Evaluation, Measured, evaluate, measure_bundle
from learnet.bundle.info import BundleInfo, Calibration
from learnet.bundle.kind import Kind
from learnet.bundle.load import Bundle, Golden, load_bundle
from learnet.bundle.predict import predict
from learnet.bundle.save import save_bundle
from learnet.bundle.systems import KINDS, SystemBundle, SystemInfo, load_system, save_system

__all__ = [
    "KINDS",
    "Bundle",
    "BundleInfo",
    "Calibration",
    "Classifier",
    "Evaluation",
    "Golden",
    "Kind",
    "Measured",
    "Prediction",
    "SystemBundle",
    "SystemInfo",
    "evaluate",
    "load_bundle",
    "load_system",
    "measure_bundle",
    "predict",
    "save_bundle",
    "save_system",
]
