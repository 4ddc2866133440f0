"""What a trained network is worth: calibrated on photos that chose it, measured on photos it has never seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.core import sha256_bytes
from learnet.data import Part
from learnet.evaluation import (
    BaselineRow,
    bootstrap_interval,
    choose_threshold,
    confusion_matrix,
    fit_temperature,
    measure,
    softmax,
)
from learnet.inference import Predictor
from learnet.models import ARCHITECTURES, weight_items
from learnet.runs import Product, Study
from learnet.training.build import prepare_network

if TYPE_CHECKING:
    import keras
    from numpy.typing import NDArray

    from learnet.data import InputSpec
    from learnet.models import Network
    from learnet.options.train import TrainConfig
    from learnet.training.loop import Fitted
    from learnet.training.photos import Photos


def examine(photos: Photos, network: Network, *, config: TrainConfig) -> Study:
    """Calibrate a trained network on the validation part and measure it on the test part."""
    classes = len(photos.dataset.class_names)
    predictor = Predictor.compile(_with_weights_of(network, config, classes=classes, temperature=1.0))
    images, labels = photos.part(Part.VAL)
    temperature, threshold = 1.0, choose_threshold(np.zeros(0), np.zeros(0, bool))
    if len(labels):
        logits = _logits(predictor, images)
        temperature = fit_temperature(logits, labels)
        known = softmax(logits, temperature=temperature)
        threshold = choose_threshold(known.max(axis=1), known.argmax(axis=1) == labels)
    images, truth = photos.part(Part.TEST)
    probabilities = softmax(_logits(predictor, images), temperature=temperature).astype(np.float32)
    return Study(
        dataset=photos.dataset,
        found=len(photos.dataset) + len(photos.dataset.skipped) + len(photos.skipped),
        skipped=(*photos.dataset.skipped, *photos.skipped),
        parts=photos.parts,
        findings=photos.findings,
        fingerprint=photos.fingerprint,
        temperature=temperature,
        threshold=threshold,
        foreign_auroc=None,
        test=photos.rows(Part.TEST),
        probabilities=probabilities,
        metrics=measure(probabilities, truth, seed=config.seed, class_count=classes),
        baselines=(_majority(photos, seed=config.seed),),
        computed=len(photos.dataset),
    )


def product(network: Network, fitted: Fitted, *, study: Study, config: TrainConfig, spec: InputSpec) -> Product:
    """Return the network as it goes into the bundle, and what there is to say of it."""
    best = fitted.history[fitted.best_epoch - 1]
    return network_product(
        network,
        study=study,
        config=config,
        spec=spec,
        source="trained from random weights",
        description=f"Network {config.model}, trained from random weights.",
        provenance={
            "Epochs": f"{len(fitted.history)}; those of epoch {fitted.best_epoch} were kept. {fitted.reason}",
            "Numbers": f"steps in {config.precision}, weights in float32, {'with' if fitted.jit else 'without'} XLA",
            "Waiting for data": f"{fitted.waited_share:.1%} of the training time",
            "Learning curve": "learning-curve.png and history.csv beside this page",
        },
        details={
            "epochs": len(fitted.history),
            "best_epoch": fitted.best_epoch,
            "train_loss": fitted.history[-1].loss,
            "val_loss": best.val_loss,
            "val_accuracy": best.val_accuracy,
            "waited_share": round(fitted.waited_share, 5),
            "train_seconds": round(fitted.seconds, 3),
            "precision": config.precision,
            "jit": fitted.jit,
            "reason": fitted.reason,
        },
    )


def network_product(
    network: Network,
    *,
    study: Study,
    config: TrainConfig,
    spec: InputSpec,
    source: str,
    description: str,
    provenance: dict[str, str],
    details: dict[str, Any],
) -> Product:
    """Return a whole network as it goes into the bundle, however its weights were found.

    Args:
        network: Its weights are those that were found.
        study: What was measured.
        config: What builds the network.
        spec: How photos are prepared.
        source: Where the weights come from.
        description: One sentence for the report.
        provenance: What the report should say besides.
        details: What the run's record should say besides the model and the hash of its weights.
    """
    architecture, classes = ARCHITECTURES[config.model], len(study.dataset.class_names)
    return Product(
        model=_with_weights_of(network, config, classes=classes, temperature=study.temperature),
        architecture={
            "name": config.model,
            "arguments": {
                "kind": "network",
                "input_size": [spec.height, spec.width],
                "temperature": study.temperature,
                "test_time_flip": config.test_time_flip,
                **({"test_time_shift": config.test_time_shift} if config.test_time_shift else {}),
                "options": config.options,
            },
        },
        schema_version=2,
        input_spec=spec,
        weights={
            "source": source,
            "licence": "that of the photos it was trained on",
            "paper": architecture.paper,
        },
        description=description,
        provenance={"Network": f"{config.model}; {architecture.paper}", **provenance},
        details={"model": config.model, **details, "weights_sha256": weights_hash(network.trainer)},
    )


def weights_hash(model: keras.Model) -> str:
    """Return the SHA-256 over all weights of a model, in their order."""
    return sha256_bytes(b"".join(np.asarray(weight).tobytes() for weight in model.get_weights()))


def _with_weights_of(network: Network, config: TrainConfig, *, classes: int, temperature: float) -> keras.Model:
    """Return the network as it predicts, in float32, with the weights of a trained one."""
    model = prepare_network(config, classes=classes, temperature=temperature).model
    trained = weight_items(network.model)
    for key, variable in weight_items(model).items():
        variable.assign(np.asarray(trained[key], np.float32))
    return model


def _logits(predictor: Predictor, images: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return logits, up to a constant a row, of a network that tells probabilities."""
    probabilities = predictor.predict(images).astype(np.float64)
    return np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))


def _majority(photos: Photos, *, seed: int) -> BaselineRow:
    classes = len(photos.dataset.class_names)
    truth = photos.part(Part.TEST)[1]
    largest = int(np.bincount(photos.part(Part.TRAIN)[1], minlength=classes).argmax())
    confusion = confusion_matrix(truth, np.full(len(truth), largest), classes=classes)
    support, right = confusion.sum(axis=1), confusion.diagonal()
    return BaselineRow(
        name="always the largest class",
        accuracy=float(right.sum() / len(truth)),
        mean_class_recall=float((right[support > 0] / support[support > 0]).mean()),
        accuracy_interval=bootstrap_interval(int(right.sum()), len(truth), seed=seed),
    )
