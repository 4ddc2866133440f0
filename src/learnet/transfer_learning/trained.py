"""What a network that was trained further is worth: calibrated on photos held back, measured on the test part."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from learnet.data import Finding, Part, stream_photos
from learnet.evaluation import BaselineRow, choose_threshold, fit_temperature, measure, softmax
from learnet.inference import Predictor
from learnet.transfer_learning.fine_tuning import readable

if TYPE_CHECKING:
    from learnet.core import Progress
    from learnet.options.transfer import TransferConfig
    from learnet.runs import Study
    from learnet.transfer_learning.budget import Budget
    from learnet.transfer_learning.modes import Chosen
    from learnet.transfer_learning.study import Divided
    from learnet.transfer_learning.weights import LoadedBackbone


def measure_chosen(
    chosen: Chosen,
    made: Study,
    divided: Divided,
    loaded: LoadedBackbone,
    *,
    config: TransferConfig,
    budget: Budget,
    progress: Progress,
) -> tuple[Study, Any]:
    """Calibrate a trained network and measure it on the test part.

    Args:
        chosen: With a network.
        made: The head's study, of which everything that is not about the network is kept.
        divided: The photos.
        loaded: The backbone; gets the network's weights.
        config: What was asked.
        budget: What follows the test is set aside in it.
        progress: Where to tell how it goes.

    Returns:
        What was measured, and the network from images to calibrated probabilities.

    Raises:
        OutOfTime: If there is no time for it.
    """
    if chosen.state is None:
        raise AssertionError("only a trained network is measured")
    loaded.model.set_weights(chosen.state.weights)
    known = divided.labels[chosen.check]
    temperature = fit_temperature(chosen.check_logits, known)
    held = softmax(chosen.check_logits, temperature=temperature)
    model = loaded.classifier(
        chosen.state.kernel / np.float32(temperature), chosen.state.bias / np.float32(temperature)
    )
    test = divided.rows(Part.TEST)
    probabilities = np.empty((len(test), divided.classes), np.float32)
    photos = stream_photos(divided.dataset.source, divided.order[test].tolist(), spec=loaded.input_spec)
    with progress.stage("Testing", len(test)) as task:
        images = (readable(photo, divided.dataset) for photo in photos)
        for row, answer in zip(probabilities, Predictor.compile(model).stream(images), strict=True):
            budget.check("what was trained was tested")
            row[:] = answer
            task.advance()
    metrics = measure(probabilities, divided.labels[test], seed=config.seed, class_count=divided.classes)
    head = BaselineRow(
        name="the head alone, on frozen features",
        accuracy=made.metrics.accuracy,
        mean_class_recall=made.metrics.mean_class_recall,
        accuracy_interval=made.metrics.accuracy_interval,
    )
    study = replace(
        made,
        temperature=temperature,
        threshold=choose_threshold(held.max(axis=1), held.argmax(axis=1) == known),
        foreign_auroc=None,
        probabilities=probabilities,
        metrics=metrics,
        baselines=(*made.baselines, head),
    )
    return study, model


def with_finding(made: Study, chosen: Chosen) -> Study:
    """Return a study with what the owner should know of the choice between the modes."""
    if not chosen.finding:
        return made
    finding = Finding("mode", made.dataset.name, chosen.finding)
    return replace(made, findings=(finding, *made.findings))
