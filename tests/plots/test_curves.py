import math
from types import SimpleNamespace

import numpy as np

from learnet.plots import curves_figure, pictures_figure, rates_figure

HISTORY = [
    SimpleNamespace(epoch=epoch, loss=1 / epoch, accuracy=0.1 * epoch, val_loss=2 / epoch, val_accuracy=0.05 * epoch)
    for epoch in range(1, 6)
]


def test_curves_show_the_history_and_the_kept_epoch():
    figure = curves_figure(HISTORY, best_epoch=4)
    loss, accuracy = figure.axes
    kept, train, validation = loss.lines
    assert list(kept.get_xdata()) == [4, 4]
    np.testing.assert_allclose(train.get_ydata(), [row.loss for row in HISTORY])
    np.testing.assert_allclose(validation.get_ydata(), [row.val_loss for row in HISTORY])
    np.testing.assert_allclose(accuracy.lines[2].get_ydata(), [100 * row.val_accuracy for row in HISTORY])


def test_curves_say_which_training_photos_they_are_of():
    figure = curves_figure(HISTORY, training="training, the hardest 50%")
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        "training, the hardest 50%",
        "validation",
    ]


def test_rates_leave_out_trainings_that_failed():
    figure = rates_figure([1e-4, 1e-3], [2.0, 1.0], [1e-3, 1e-2], [0.5, math.inf], suggestion=1e-3)
    swept, ends, chosen = figure.axes[0].lines
    assert list(swept.get_ydata()) == [2.0, 1.0]
    assert list(ends.get_xdata()) == [1e-3]
    assert chosen.get_xdata()[0] == 1e-3


def test_pictures_stand_in_rows_and_columns():
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 4, 4, 3), dtype=np.uint8)
    figure = pictures_figure(images, rows=["a", "b"], columns=["x", "y", "z"])
    assert len(figure.axes) == 6
    np.testing.assert_array_equal(figure.axes[4].images[0].get_array(), images[1, 1])
    assert figure.axes[3].get_ylabel() == "b"
    assert figure.axes[2].get_title() == "z"


def test_flat_pictures_stand_close_together():
    flat, square = (pictures_figure(np.zeros((4, 1, 60, width, 3), np.uint8)) for width in (240, 60))
    assert flat.get_figheight() < 0.5 * square.get_figheight()
    assert flat.get_figwidth() == square.get_figwidth()
