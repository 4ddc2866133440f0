import keras
import numpy as np
import pytest

from learnet.core import UsageError
from learnet.models import ARCHITECTURES, layer_rows, network, profile, published_profiles, weight_items

TRAINABLE = {
    "lenet5-paper": 60_000,
    "vgg-a": 132_863_336,
    "vgg-a-lrn": 132_863_336,
    "vgg-b": 133_047_848,
    "vgg-c": 133_638_952,
    "vgg-d": 138_357_544,
    "vgg-e": 143_667_240,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet20": 269_722,
    "resnet32": 464_154,
    "resnet44": 658_586,
    "resnet56": 853_018,
    "resnet110": 1_727_962,
    "plain20": 269_722,
    "plain56": 853_018,
    "googlenet": 13_378_280,
    "inceptionv3": 23_817_352,
    "mobilenetv2": 3_504_872,
    "efficientnet-lite0": 4_652_008,
    "colorunet": 144_336,
    "colorunet-l2": 144_336 - 17 * 30,
    "pilotnet": 252_219,
}
ALL = {
    "resnet50": 25_636_712,
    "resnet101": 44_707_176,
    "resnet152": 60_419_944,
    "resnet50v2": 25_613_800,
    "inceptionv3": 23_851_784,
    "mobilenetv2": 3_538_984,
    "colorunet": 144_336 + 352,
}
MACS = {
    "vgg-a": 7.609e9,
    "vgg-b": 11.308e9,
    "vgg-c": 11.771e9,
    "vgg-d": 15.470e9,
    "vgg-e": 19.632e9,
    "resnet18": 1.814e9,
    "resnet34": 3.664e9,
    "resnet50": 3.858e9,
    "resnet101": 7.570e9,
    "resnet152": 11.282e9,
    "resnet50v2": 3.482e9,
    "googlenet": 1.583e9,
    "inceptionv3": 5_713_216_096,
    "mobilenetv2": 300_774_272,
    "mobilenetv2-1.4": 585e6,
    "efficientnet-lite0": 385_187_552,
    "pilotnet": 26_876_342,
    "colorunet": 1.42e9,
}


def test_published_counts():
    profiles = published_profiles()
    assert {name: profiles[name].trainable_parameters for name in TRAINABLE} == TRAINABLE
    assert {name: profiles[name].parameters for name in ALL} == ALL
    assert profiles["googlenet"].parameters_at_inference == 6_998_552


@pytest.mark.parametrize("name", MACS)
def test_published_operations(name):
    assert published_profiles()[name].macs == pytest.approx(MACS[name], rel=0.01)


@pytest.mark.slow
def test_the_table_that_the_package_brings_is_what_the_networks_are(monkeypatch):
    def zeros(self, shape, dtype=None):  # the drawing of a thousand million random numbers takes most of a minute
        return keras.ops.zeros(shape, dtype)

    monkeypatch.setattr(keras.initializers.VarianceScaling, "__call__", zeros)
    deep = {name for name in ARCHITECTURES.names() if any(depth in name for depth in ("101", "110", "152"))}
    counted = {name: profile(name) for name in ARCHITECTURES.names() if name not in deep}
    published = published_profiles()
    assert {name: published[name] for name in counted} == counted
    assert published.keys() - counted.keys() == deep


def test_layers_that_are_only_faster_bear_the_names_that_keras_gives_them():
    kinds = {row.name: row.kind for row in layer_rows(network("cifar-net").model)}
    assert (kinds["block1_conv2"], kinds["block1_bn2"]) == ("Conv2D", "BatchNormalization")


def test_every_layer_of_the_published_lenet():
    rows = {row.name: row for row in layer_rows(network("lenet5-paper").model)}
    expected = {
        "c1": ((28, 28, 6), 156, 122_304),
        "s2": ((14, 14, 6), 12, 5_880),
        "c3": ((10, 10, 16), 1_516, 151_600),
        "s4": ((5, 5, 16), 32, 2_000),
        "c5": ((1, 1, 120), 48_120, 48_120),
        "f6": ((84,), 10_164, 10_164),
        "head": ((10,), 0, 840),
    }
    assert {n: (rows[n].output_shape, rows[n].parameters, rows[n].connections) for n in expected} == expected
    assert sum(row.connections for row in rows.values()) == 340_908
    assert rows["c1"].arithmetic == "(32 - 5 + 0) / 1 + 1 = 28"


def test_inception_modules_have_the_published_channels():
    rows = {row.name: row for row in layer_rows(network("googlenet").trainer)}
    shapes = {name: rows[name].output_shape for name in ("3a", "3b", "4a", "4d", "4e", "5a", "5b")}
    assert shapes == {
        "3a": (28, 28, 256),
        "3b": (28, 28, 480),
        "4a": (14, 14, 512),
        "4d": (14, 14, 528),
        "4e": (14, 14, 832),
        "5a": (7, 7, 832),
        "5b": (7, 7, 1024),
    }
    assert rows["auxiliary_4a_pool"].output_shape == (4, 4, 512)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "function", "size"),
    [
        ("vgg-d", "VGG16", 32),
        ("vgg-e", "VGG19", 32),
        ("resnet50", "ResNet50", 64),
        ("resnet101", "ResNet101", 33),
        ("resnet152", "ResNet152", 48),
        ("resnet50v2", "ResNet50V2", 64),
        ("resnet101v2", "ResNet101V2", 33),
        ("resnet152v2", "ResNet152V2", 48),
        ("inceptionv3", "InceptionV3", 96),
        ("mobilenetv2", "MobileNetV2", 65),
        ("mobilenetv2-0.35", "MobileNetV2", 64),
        ("mobilenetv2-1.4", "MobileNetV2", 64),
    ],
)
def test_same_weights_give_the_numbers_of_keras_applications(name, function, size):
    options = {"alpha": float(name.partition("-")[2])} if "v2-" in name else {}
    random = np.random.default_rng(0)
    original = getattr(keras.applications, function)(
        weights=None, classes=12, input_shape=(size, size, 3), classifier_activation=None, **options
    )
    spread = 0.02 if name.startswith("mobilenet") else 0.5  # small variances, or its linear bottlenecks fade to nothing
    weights = [
        random.uniform(spread, 3 * spread, value.shape).astype(np.float32) if "variance" in v.path else value
        for v, value in zip(original.weights, original.get_weights(), strict=True)
    ]
    original.set_weights(weights)
    ours = network(name, classes=12, input_size=(size, size))
    ours.model.set_weights(weights)
    pixels = random.integers(0, 256, (2, size, size, 3), np.uint8)
    images = keras.Input((size, size, 3), dtype="uint8")
    prepared = keras.Model(images, ARCHITECTURES[name].preprocessing.apply(images))(pixels)
    expected = np.asarray(original(prepared))
    scale = np.abs(expected).max()
    assert scale > 1e-4
    np.testing.assert_allclose(np.asarray(ours.trainer(pixels)) / scale, expected / scale, atol=1e-5)


@pytest.mark.parametrize(
    "name", ["perceptron", "mlp", "lenet5", "lenet5-paper", "resnet20", "plain20", "cifar-net", "svm"]
)
def test_small_networks_predict_distributions_from_their_trainers_logits(name):
    size = max(ARCHITECTURES[name].min_size, 12)
    built = network(name, classes=4, input_size=(size, size), temperature=2.0, test_time_flip=True)
    pixels = np.random.default_rng(0).integers(0, 256, (3, size, size, 3), np.uint8)
    logits = [np.asarray(built.trainer(view)) for view in (pixels, pixels[:, :, ::-1])]
    powers = np.exp((logits[0] + logits[1]) / 4)
    np.testing.assert_allclose(np.asarray(built.model(pixels)), powers / powers.sum(1, keepdims=True), atol=1e-5)
    assert {id(v) for v in weight_items(built.model).values()} == {id(v) for v in built.trainer.weights}


@pytest.mark.parametrize("flip", [False, True])
def test_shifted_views_count_as_much_as_the_image_itself(flip):
    built = network("resnet20", classes=4, input_size=(20, 24), test_time_flip=flip, test_time_shift=2)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 20, 24, 3), np.uint8)
    wide = np.pad(pixels, ((0, 0), (2, 2), (2, 2), (0, 0)), mode="reflect")
    views = [pixels, wide[:, :20, :24], wide[:, 4:, 4:]]
    logits = [np.asarray(built.trainer(view)) for view in views]
    if flip:
        mirrored = [np.asarray(built.trainer(view[:, :, ::-1])) for view in views]
        logits = [(one + other) / 2 for one, other in zip(logits, mirrored, strict=True)]
    powers = np.exp(logits[0] / 2 + (logits[1] + logits[2]) / 4)
    np.testing.assert_allclose(np.asarray(built.model(pixels)), powers / powers.sum(1, keepdims=True), atol=1e-5)
    assert {id(v) for v in weight_items(built.model).values()} == {id(v) for v in built.trainer.weights}


@pytest.mark.parametrize("shift", [-1, 12, 17])
def test_a_shift_out_of_the_image_is_refused(shift):
    with pytest.raises(UsageError, match=rf"test_time_shift must be from 0 to 11 pixels .* received {shift}\."):
        network("perceptron", classes=4, input_size=(12, 20), test_time_shift=shift)


def test_option_a_shortcuts_add_zeros_for_new_channels():
    rows = {row.name: row.output_shape for row in layer_rows(network("resnet20").model)}
    assert rows["conv3_block1_every_second"] == (16, 16, 16)
    assert rows["conv3_block1_channels_out"] == (16, 16, 32)


def test_sizes_of_the_other_tasks():
    assert network("pilotnet").model.output.shape == (None, 1)
    assert network("colorunet", input_size=(16, 24)).model.output.shape == (None, 16, 24, 32)
    rows = {row.name: row.output_shape for row in layer_rows(network("pilotnet").model)}
    assert [rows[f"conv{number}"] for number in range(1, 6)] == [
        (31, 98, 24),
        (14, 47, 36),
        (5, 22, 48),
        (3, 20, 64),
        (1, 18, 64),
    ]


def test_any_depth_of_the_perceptron():
    built = network("mlp", classes=3, input_size=(4, 4), options={"hidden": [7, 6, 5], "activation": "tanh"})
    assert [tuple(v.shape) for v in built.model.weights if v.name == "kernel"] == [(16, 7), (7, 6), (6, 5), (5, 3)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"name": "lenet5", "input_size": (28, 28)}, "lenet5 needs images of at least 32 x 32 pixels"),
        ({"name": "mlp", "options": {"depth": 3}}, "mlp has no such option: received depth"),
        ({"name": "mlp", "options": {"hidden": [0]}}, "whole number of units from 1 up"),
        ({"name": "mlp", "options": {"activation": "rleu"}}, "'rleu' is no activation"),
        ({"name": "mlp", "options": {"activation": {"class_name": "relu"}}}, "is no activation"),
        ({"name": "cifar-net", "options": {"activation": "rleu"}}, "'rleu' is no activation"),
        ({"name": "svm", "options": {"kernel": "rfb"}}, "no kernel named 'rfb'. Did you mean 'rbf'"),
        ({"name": "svm", "options": {"degree": [21]}}, "degree must be one whole number from 1 to 20"),
        ({"name": "svm", "options": {"support_vectors": [3, 4]}}, "support_vectors must be one whole number from 1 up"),
        ({"name": "lenet5", "classes": 1}, "at least 2 classes"),
        ({"name": "lenet5", "dropout": 1.0}, "dropout rate must be at least 0 and less than 1"),
        ({"name": "lenet5", "temperature": 0.0}, "temperature must be greater than 0"),
        ({"name": "resnet21"}, "resnet20"),
    ],
)
def test_mistakes_are_named(arguments, sentence):
    with pytest.raises(UsageError, match=sentence):
        network(**arguments)
