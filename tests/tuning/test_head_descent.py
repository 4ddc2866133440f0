import numpy as np
import pytest

from learnet.core import LearnetError, UsageError
from learnet.core import keras as import_keras
from learnet.training import TrainingConfig, learning_rate
from learnet.training.optimizers import make_optimizer
from learnet.transfer_learning import solve_head
from learnet.tuning import FeatureParts, HeadSettings, train_head
from learnet.tuning.head_descent import Rule

RULES = [
    {"optimizer": "sgd", "momentum": 0.0},
    {"optimizer": "sgd", "momentum": 0.9},
    {"optimizer": "sgd", "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
    {"optimizer": "rmsprop", "momentum": 0.0},
    {"optimizer": "rmsprop", "momentum": 0.5},
    {"optimizer": "adagrad"},
    {"optimizer": "adam"},
    {"optimizer": "adamw", "weight_decay": 0.2},
]


def make_parts(*, count=300, d=12, classes=4, seed=0):
    random = np.random.default_rng(seed)
    centres = random.normal(size=(classes, d))
    labels = random.integers(0, classes, count)
    features = (3 + 2 * (centres[labels] + random.normal(size=(count, d)))).astype(np.float32)
    train, val = slice(0, 2 * count // 3), slice(2 * count // 3, None)
    return FeatureParts.of(features[train], labels[train], features[val], labels[val], classes=classes)


@pytest.mark.parametrize("options", RULES, ids=lambda options: "-".join(map(str, options.values())))
def test_the_steps_are_those_of_keras(options):
    config = TrainingConfig(**options)
    random = np.random.default_rng(0)
    mine = random.normal(size=(5, 3)).astype(np.float32)
    variable = import_keras().Variable(mine.copy(), name="kernel")
    rule, theirs = Rule(config, mine, decays=True), make_optimizer(config)
    for step in range(20):
        gradient = random.normal(size=mine.shape).astype(np.float32)
        rate = 0.05 / (1 + step)
        rule.step(gradient, rate)
        theirs.learning_rate.assign(rate)
        theirs.apply([import_keras().ops.convert_to_tensor(gradient)], [variable])
        np.testing.assert_allclose(mine, np.asarray(variable), rtol=2e-4, atol=2e-6)


def test_one_step_is_the_gradient_of_loss_and_penalties():
    parts = make_parts()
    n = len(parts.train)
    config = TrainingConfig(
        epochs=1,
        batch_size=n,
        optimizer="sgd",
        momentum=0.0,
        learning_rate=0.5,
        schedule="constant",
        label_smoothing=0.2,
    )
    head = train_head(parts, HeadSettings(training=config))
    x = (parts.train - parts.train.mean(axis=0)) / parts.train.std(axis=0)
    targets = 0.8 * np.eye(4)[parts.train_labels] + 0.05
    kernel = 0.5 * x.T @ (targets - 0.25) / n  # from zero weights each class has a quarter
    bias = 0.5 * (targets - 0.25).mean(axis=0)
    np.testing.assert_allclose(head.kernel * parts.train.std(axis=0)[:, None], kernel, atol=1e-5)
    np.testing.assert_allclose(parts.train.mean(axis=0) @ head.kernel + head.bias, bias, atol=1e-5)


def test_penalties_and_clipping_change_a_step_as_they_should():
    parts = make_parts()
    n = len(parts.train)
    shared = {"batch_size": n, "optimizer": "sgd", "momentum": 0.0, "learning_rate": 0.5, "schedule": "constant"}

    def kernel(epochs, **options):
        settings = HeadSettings(training=TrainingConfig(epochs=epochs, **shared, **options), scaling="none")
        return train_head(parts, settings)

    first = kernel(1).kernel
    clipped = kernel(1, clip_norm=0.01)
    assert np.sqrt((clipped.kernel**2).sum() + (clipped.bias**2).sum()) == pytest.approx(0.5 * 0.01, rel=1e-4)
    for options, pull in (({"l2": 1e-3}, 2e-3 * first), ({"l1": 1e-3}, 1e-3 * np.sign(first))):
        after = train_all(parts, shared, options)
        plain = train_all(parts, shared, {})
        np.testing.assert_allclose(plain - after, 0.5 * pull, atol=1e-6)


def train_all(parts, shared, options):
    """Return the kernel after two steps, whichever epoch was better."""
    from learnet.tuning.head_descent import _Descent

    descent = _Descent(parts, HeadSettings(training=TrainingConfig(epochs=2, **shared, **options), scaling="none"))
    descent._epoch(0)
    descent._epoch(1)
    return descent.kernel


def test_solved_and_trained_heads_reach_the_minimum():
    parts = make_parts()
    solved = train_head(parts, HeadSettings(solver=True, training=TrainingConfig(l2=0.005)))
    config = TrainingConfig(epochs=400, batch_size=200, optimizer="sgd", momentum=0.9, learning_rate=0.3, l2=0.005)
    trained = train_head(parts, HeadSettings(training=config))
    agree = (parts.val @ solved.kernel + solved.bias).argmax(1) == (parts.val @ trained.kernel + trained.bias).argmax(1)
    assert agree.mean() > 0.95
    reference = solve_head(parts.train, parts.train_labels, classes=4).head
    right = (reference.logits(parts.val).argmax(1) == parts.val_labels).mean()
    assert abs(solved.accuracy - right) <= 0.04
    assert trained.accuracy > 0.6


def test_the_schedule_is_the_engines_and_the_same_seed_gives_the_same_bits():
    parts = make_parts()
    config = TrainingConfig(epochs=6, batch_size=32, schedule="one-cycle", optimizer="adam", learning_rate=0.05)
    settings = HeadSettings(training=config, dropout=0.3, noise=0.2, mixup=0.2)
    seen = []
    first = train_head(parts, settings, on_epoch=lambda epoch, accuracy: seen.append((epoch, accuracy)))
    second = train_head(parts, settings)
    assert first.kernel.tobytes() == second.kernel.tobytes()
    assert [epoch for epoch, _ in seen] == [1, 2, 3, 4, 5, 6]
    assert seen[first.best_epoch - 1][1] == first.accuracy
    assert learning_rate(config, 0, steps_per_epoch=7) == pytest.approx(0.05 / 25)
    other = train_head(parts, HeadSettings(training=TrainingConfig(**{**vars(config), "seed": 1}), dropout=0.3))
    assert other.kernel.tobytes() != first.kernel.tobytes()


def test_rare_classes_count_as_much_where_they_are_weighted_up():
    parts = make_parts(classes=2)
    noise = np.random.default_rng(0).normal(size=parts.train.shape).astype(np.float32)
    parts = FeatureParts(**{**vars(parts), "train": parts.train + 12 * noise})
    rare = np.flatnonzero(parts.train_labels == 1)[:6]
    kept = np.sort(np.concatenate([np.flatnonzero(parts.train_labels == 0), rare]))
    thin = FeatureParts.of(parts.train[kept], parts.train_labels[kept], parts.val, parts.val_labels, classes=2)

    def recall(weights):
        settings = HeadSettings(class_weights=weights, training=TrainingConfig(epochs=15, learning_rate=0.01))
        head = train_head(thin, settings)
        answers = (parts.val @ head.kernel + head.bias).argmax(axis=1)
        return (answers[parts.val_labels == 1] == 1).mean()

    assert recall("balanced") > recall("none")


def test_patience_ends_and_a_rate_too_large_is_told():
    parts = make_parts()
    shuffled = FeatureParts(**{**vars(parts), "train_labels": np.random.default_rng(1).permutation(parts.train_labels)})
    head = train_head(shuffled, HeadSettings(training=TrainingConfig(epochs=60, patience=3, learning_rate=0.05)))
    assert head.epochs == head.best_epoch + 3 < 60
    config = TrainingConfig(epochs=50, optimizer="sgd", learning_rate=100, l2=1.0, schedule="constant")
    with pytest.raises(LearnetError, match="learning rate is too large: try 10"):
        train_head(parts, HeadSettings(training=config))


def test_what_makes_no_sense_is_refused():
    for options, hint in (
        ({"dropout": 1.0}, "less than 1"),
        ({"noise": -1.0}, "at least 0"),
        ({"scaling": "std"}, "standard, none"),
        ({"training": TrainingConfig(optimizer="muon")}, "for convolutions, and a head has none"),
    ):
        with pytest.raises(UsageError, match=hint):
            HeadSettings(**options)
