"""A compiled predictor for a Keras model: OpenVINO on the CPU, Keras on a GPU."""

from learnet.inference.engines import Engine, choose_engine, engines
from learnet.inference.predictor import Predictor

__all__ = ["Engine", "Predictor", "choose_engine", "engines"]
