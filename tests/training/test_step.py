import numpy as np
import pytest

from learnet.core import UsageError
from learnet.core import keras as import_keras
from learnet.training import Trainer, TrainingConfig, photo_feed
from learnet.training.losses import summed_loss
from learnet.training.optimizers import make_optimizer
from tiny_training import make_examples, make_model

IMAGES, LABELS = make_examples(32)


def first_batch(**options):
    return photo_feed(IMAGES, LABELS, classes=3, config=TrainingConfig(batch_size=32, **options)).batch(0, 0)


def stepped(model, *, auxiliary_weights=(), **options):
    """Return the loss of one step at rate 0.1, and the model's weights afterwards."""
    config = TrainingConfig(batch_size=32, learning_rate=0.1, **options)
    trainer = Trainer(model, config=config, auxiliary_weights=auxiliary_weights)
    result = trainer.step(photo_feed(IMAGES, LABELS, classes=3, config=config).batch(0, 0), number=0, learning_rate=0.1)
    return result, model.get_weights()


def linear_model():
    """Logits of one dense layer, whose gradient is known in closed form."""
    keras = import_keras()
    keras.utils.set_random_seed(2)
    images = keras.Input((12, 12, 3), dtype="uint8")
    x = keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(images))
    return keras.Model(images, keras.layers.Dense(3, name="head")(x))


def closed_form(kernel, bias, *, weights=None, smoothing=0.0, l1=0.0, l2=0.0):
    """Return loss and gradient of softmax regression, in float64."""
    x = IMAGES.reshape(32, -1).astype(np.float64) / 255
    targets = (1 - smoothing) * np.eye(3)[LABELS] + smoothing / 3
    share = np.ones(32) if weights is None else np.asarray(weights)[LABELS]
    share = share / share.sum()
    logits = x @ kernel + bias
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    loss = -(share * (targets * log_p).sum(axis=1)).sum() + l1 * np.abs(kernel).sum() + l2 * (kernel**2).sum()
    slope = share[:, None] * (np.exp(log_p) - targets)
    return loss, x.T @ slope + l1 * np.sign(kernel) + 2 * l2 * kernel, slope.sum(axis=0)


@pytest.mark.parametrize(
    ("options", "known"),
    [
        ({}, {}),
        ({"label_smoothing": 0.2}, {"smoothing": 0.2}),
        ({"label_weights": (1.0, 2.0, 5.0)}, {"weights": (1.0, 2.0, 5.0)}),
        ({"l1": 1e-2, "l2": 1e-2}, {"l1": 1e-2, "l2": 1e-2}),
    ],
)
def test_a_step_of_gradient_descent_is_that_of_the_closed_form(options, known):
    model = linear_model()
    kernel, bias = (weight.astype(np.float64) for weight in model.get_weights())
    loss, kernel_slope, bias_slope = closed_form(kernel, bias, **known)
    result, after = stepped(model, optimizer="sgd", momentum=0.0, **options)
    assert result.loss == pytest.approx(loss, rel=1e-5)
    assert after[0] == pytest.approx(kernel - 0.1 * kernel_slope, abs=1e-6)
    assert after[1] == pytest.approx(bias - 0.1 * bias_slope, abs=1e-6)


def test_a_gradient_is_clipped_to_its_norm():
    model = linear_model()
    before = model.get_weights()
    _, after = stepped(model, optimizer="sgd", momentum=0.0, clip_norm=0.01)
    moved = np.concatenate([(a - b).ravel() for a, b in zip(after, before, strict=True)])
    assert np.linalg.norm(moved) == pytest.approx(0.1 * 0.01, rel=1e-3)


def test_offsets_of_batch_normalisation_have_a_rate_of_their_own():
    before = make_model(dropout=0.0).get_weights()
    usual, faster = (
        stepped(make_model(dropout=0.0), optimizer="sgd", nesterov=True, offset_rate=rate)[1] for rate in (1.0, 8.0)
    )
    names = [weight.path for weight in make_model(dropout=0.0).weights]
    for name, start, once, eight in zip(names, before, usual, faster, strict=True):
        factor = 8.0 if name == "bn/beta" else 1.0
        np.testing.assert_allclose(eight - start, factor * (once - start), atol=1e-5, err_msg=name)
    assert abs(usual[names.index("bn/beta")]).max() > 1e-5


def test_an_auxiliary_output_adds_its_share_of_the_loss():
    keras = import_keras()
    model = linear_model()
    twice = keras.Model(model.input, [model.output, model.output])
    kernel, bias = (weight.astype(np.float64) for weight in model.get_weights())
    result, _ = stepped(twice, optimizer="sgd", auxiliary_weights=(0.3,))
    assert result.loss == pytest.approx(1.3 * closed_form(kernel, bias)[0], rel=1e-5)


@pytest.mark.parametrize("name", ["sgd", "adagrad", "rmsprop", "adam", "adamw"])
def test_the_optimisers_are_keras_own(name):
    config = TrainingConfig(optimizer=name, learning_rate=0.1, weight_decay=0.01)
    ours, theirs = linear_model(), linear_model()
    _, after = stepped(ours, optimizer=name, weight_decay=0.01)
    theirs.compile(make_optimizer(config), import_keras().losses.SparseCategoricalCrossentropy(from_logits=True))
    theirs.train_on_batch(IMAGES, LABELS)
    for one, other in zip(after, theirs.get_weights(), strict=True):
        assert one == pytest.approx(other, abs=2e-5)


def test_muon_moves_dense_layers_at_a_rate_and_momentum_of_their_own():
    _, by_muon = stepped(linear_model(), optimizer="muon", momentum=0.8, rest_rate=3.0)
    trainer = Trainer(descent := linear_model(), config=TrainingConfig(optimizer="sgd", momentum=0.8, nesterov=True))
    trainer.step(first_batch(), number=0, learning_rate=0.3)
    for one, other in zip(by_muon, descent.get_weights(), strict=True):
        assert one == pytest.approx(other, abs=1e-6)


def test_a_penalty_spares_the_kernels_whose_norm_is_fixed():
    squares = {name: (make_model().get_layer(name).kernel.numpy() ** 2).sum() for name in ("conv", "head")}
    for optimizer, penalised in (("sgd", squares["conv"] + squares["head"]), ("muon", squares["head"])):
        plain, with_penalty = (stepped(make_model(), optimizer=optimizer, l2=l2)[0].loss for l2 in (0.0, 0.1))
        assert with_penalty - plain == pytest.approx(0.1 * penalised, rel=1e-4)


def test_weight_decay_spares_biases():
    model = linear_model()
    model.layers[-1].bias.assign([1.0, 1.0, 1.0])
    plain, decayed = linear_model(), model
    plain.layers[-1].bias.assign([1.0, 1.0, 1.0])
    _, without = stepped(plain, optimizer="sgd")
    _, with_decay = stepped(decayed, optimizer="sgd", weight_decay=0.5)
    assert with_decay[1] == pytest.approx(without[1], abs=1e-7)
    assert np.abs(with_decay[0] - without[0]).max() > 1e-3


def test_the_moving_average_follows_its_formula():
    model = make_model()
    config = TrainingConfig(batch_size=32, ema=0.9)
    trainer = Trainer(model, config=config)
    expected = [np.asarray(v) for v in model.trainable_variables]
    for number in range(12):
        trainer.step(first_batch(), number=number, learning_rate=0.01)
        decay = min(0.9, (1 + number) / (10 + number))
        expected = [
            decay * e + (1 - decay) * np.asarray(v) for e, v in zip(expected, model.trainable_variables, strict=True)
        ]
    averaged = dict(zip([v.path for v in model.weights], trainer.weights(), strict=True))
    for variable, value in zip(model.trainable_variables, expected, strict=True):
        assert averaged[variable.path] == pytest.approx(value, abs=1e-6)
    statistic = model.get_layer("bn").moving_mean
    assert np.array_equal(averaged[statistic.path], np.asarray(statistic))


def test_what_was_restored_takes_the_same_step_again():
    model = make_model(dropout=0.5)
    trainer = Trainer(model, config=TrainingConfig(batch_size=32, ema=0.9))
    trainer.step(first_batch(), number=0, learning_rate=0.01)
    state = trainer.state()
    once = trainer.step(first_batch(), number=1, learning_rate=0.01), trainer.state()
    trainer.restore(state)
    again = trainer.step(first_batch(), number=1, learning_rate=0.01), trainer.state()
    assert (once[0].loss, once[0].right, once[0].answers) == (again[0].loss, again[0].right, again[0].answers)
    assert np.array_equal(once[0].losses, again[0].losses)
    assert all(np.array_equal(once[1][name], again[1][name]) for name in state)


def test_another_networks_state_is_refused():
    state = Trainer(linear_model(), config=TrainingConfig()).state()
    with pytest.raises(UsageError, match="another network or optimiser"):
        Trainer(make_model(), config=TrainingConfig()).restore(state)


def test_timing_xla_changes_nothing_and_tells_both_times():
    trainer, said = Trainer(make_model(), config=TrainingConfig(jit="auto")), []
    before = trainer.state()
    trainer.choose_jit(first_batch(), say=said.append)
    after = trainer.state()
    assert all(np.array_equal(before[name], after[name]) for name in before)
    assert "without XLA and" in said[0]
    assert said[0].count(" ms ") == 2


def test_a_network_with_nothing_to_train_is_refused():
    model = make_model()
    model.trainable = False
    with pytest.raises(UsageError, match="no trainable weights"):
        Trainer(model, config=TrainingConfig())


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "muon"])
def test_discriminative_rates_take_the_optimisers_step_by_each_layers_share(optimizer):
    before = make_model().get_weights()
    _, whole = stepped(make_model(), optimizer=optimizer, weight_decay=0.1)
    _, shared = stepped(make_model(), optimizer=optimizer, weight_decay=0.1, discriminative=0.25)
    names = [variable.path for variable in make_model().weights]
    factors = {"conv": 0.25, "bn": 0.5, "head": 1.0}
    for name, old, full, part in zip(names, before, whole, shared, strict=True):
        if "moving" not in name and "seed" not in name:
            assert part - old == pytest.approx(factors[name.split("/")[0]] * (full - old), rel=1e-3, abs=1e-6), name


def test_a_step_tells_what_each_example_lost():
    model, batch = linear_model(), first_batch()
    logits, labels = np.asarray(model(batch.inputs)), batch.targets.argmax(axis=1)
    result = Trainer(model, config=TrainingConfig(batch_size=32)).step(batch, number=0, learning_rate=0.1)
    alone = [summed_loss("cross-entropy", logits[[row]], labels[[row]]) for row in range(len(labels))]
    np.testing.assert_allclose(result.losses, alone, rtol=1e-4)
