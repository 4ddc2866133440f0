import numpy as np
import pytest

from learnet.applications.translate import NextPiece


@pytest.mark.parametrize("smooth", [0.0, 0.1])
def test_padding_counts_for_nothing_and_smoothing_spreads(smooth):
    random = np.random.default_rng(0)
    logits = random.normal(size=(2, 3, 5)).astype(np.float32)
    logits[0, 1, 4] = 9.0
    targets = np.array([[2, 4, 3], [3, 0, 0]], np.int32)
    said = NextPiece(label_smoothing=smooth).measure(targets, logits)
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    losses = np.zeros(2)
    for row, step in ((0, 0), (0, 1), (0, 2), (1, 0)):
        wanted = np.full(5, smooth / 5)
        wanted[targets[row, step]] += 1 - smooth
        losses[row] -= wanted @ log_p[row, step]
    assert np.asarray(said.losses) == pytest.approx(losses, rel=1e-5)
    assert np.asarray(said.answers).tolist() == [3, 1]
    right = (logits.argmax(-1) == targets) & (targets != 0)
    assert np.asarray(said.hits).tolist() == right.sum(-1).tolist()
