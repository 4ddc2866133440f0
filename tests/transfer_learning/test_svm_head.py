import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from learnet.core import DataError, UsageError
from learnet.transfer_learning.svm_head import solve_svm_head

NO_ROWS = np.arange(0)


@pytest.fixture(scope="module")
def digits():
    data = load_digits()
    return (data.data[:400] / 4 + 1).astype(np.float32), data.target[:400]


def solve(digits, rows=None, **options):
    x, labels = digits
    rows = np.arange(300) if rows is None else rows
    given = {"validation_rows": NO_ROWS, "groups": np.arange(len(labels)), **options}
    return solve_svm_head(x, labels, classes=10, rows=rows, **given)


@pytest.mark.parametrize("kernel", ["rbf", "polynomial"])
def test_it_decides_as_scikit_learn_does_with_the_setting_that_it_found(digits, kernel):
    x, labels = digits
    result = solve(digits, kernel=kernel)
    setting = result.head.solved.setting
    names = {"rbf": "rbf", "polynomial": "poly"}
    options = {"gamma": setting.gamma, "coef0": setting.coef0, "degree": setting.degree}
    wanted = np.stack(
        [
            SVC(C=setting.c, kernel=names[kernel], **options)
            .fit(x[:300], labels[:300] == label)
            .decision_function(x[300:])
            for label in range(10)
        ],
        axis=1,
    )
    logits = wanted / result.head.temperature
    softmax = np.exp(logits - logits.max(axis=1, keepdims=True))
    softmax /= softmax.sum(axis=1, keepdims=True)
    found = result.head.probabilities(x, rows=np.arange(300, 400))
    assert np.abs(found - softmax).max() < 5e-3  # LIBSVM stops at 1e-3, and the two sum in another order
    assert (found.argmax(axis=1) == labels[300:]).mean() > 0.9
    assert result.folds == 5
    assert len(result.head.solved.trials) == 12
    assert setting in {trial.setting for trial in result.head.solved.trials}


def test_temperature_and_threshold_are_measured_on_photos_that_were_not_learned_from(digits):
    """With labels that cannot be learned, a machine that had seen the photos would be sure of them."""
    x, labels = digits
    guessed = np.random.default_rng(0).permutation(labels)
    result = solve((x, guessed), kernel="linear")
    assert result.threshold.accuracy < 0.3
    assert result.head.probabilities(x[300:]).max(axis=1).mean() < 0.4


def test_copies_stay_in_one_fold(digits):
    """Each photo comes twice: if copies were apart, random labels would be learned by heart."""
    x, labels = digits
    twice = np.tile(np.arange(100), 2)
    guessed = np.random.default_rng(0).permutation(labels[:100])[twice]
    result = solve_svm_head(
        x[twice], guessed, classes=10, rows=np.arange(200), validation_rows=NO_ROWS, groups=twice, kernel="rbf"
    )
    assert result.threshold.accuracy < 0.35


def test_the_datasets_own_validation_photos_choose(digits):
    x, labels = digits
    result = solve(digits, rows=np.arange(200), validation_rows=np.arange(200, 300), kernel="linear")
    assert result.folds == 0
    right = (result.head.probabilities(x, rows=np.arange(200, 300)).argmax(axis=1) == labels[200:300]).mean()
    assert right == result.threshold.accuracy
    assert right == max(trial.val_accuracy for trial in result.head.solved.trials)


@pytest.mark.parametrize(("balance", "balanced"), [("auto", True), ("none", False)])
def test_rare_classes_are_weighted_up(digits, balance, balanced):
    labels = digits[1]
    rows = np.concatenate([np.flatnonzero(labels[:300] == 0)[:4], np.flatnonzero(labels[:300] > 0)])
    assert solve(digits, rows=rows, balance=balance, kernel="linear").balanced is balanced


def test_the_network_says_what_the_head_says():
    import keras

    random = np.random.default_rng(0)
    x, labels = random.normal(size=(80, 5)).astype(np.float32), random.integers(0, 3, 80)
    groups = np.arange(80)
    inputs = keras.Input((5,))
    for kernel in ("linear", "polynomial", "rbf", "sigmoid"):
        head = solve_svm_head(
            x, labels, classes=3, rows=groups, validation_rows=NO_ROWS, groups=groups, kernel=kernel
        ).head
        model = head.classifier(keras.Model(inputs, keras.layers.Identity()(inputs)))
        assert np.abs(np.asarray(model(x)) - head.probabilities(x)).max() < 5e-5
        assert head.architecture()["support_vectors"] == len(model.get_layer("head").get_weights()[0])


def test_what_makes_no_head_is_refused(digits):
    x, labels = digits
    with pytest.raises(UsageError, match="must be one of linear, polynomial, rbf, sigmoid; it is 'rfb'"):
        solve(digits, kernel="rfb")
    with pytest.raises(DataError, match="at least two classes"):
        solve(digits, rows=np.flatnonzero(labels == 1))
    with pytest.raises(DataError, match="features that are numbers"):
        solve((np.full_like(x, np.nan), labels))
