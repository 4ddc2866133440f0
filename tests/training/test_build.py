import numpy as np
import pytest

from learnet.core import Silent
from learnet.data import open_dataset
from learnet.options.train import TrainConfig
from learnet.runs import Stopwatch
from learnet.training.build import choose_network_precision
from learnet.training.train import open_photos


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (60, 16, 16, 3), dtype=np.uint8)
    config = TrainConfig.of(data="noise", model="mlp", input_size=(16, 16), batch_size=20, precision="auto")
    dataset = open_dataset((images, np.arange(60) % 3))
    folder = tmp_path_factory.mktemp("run")
    return config, open_photos(config, dataset, folder=folder, progress=Silent(), watch=Stopwatch())


@pytest.mark.parametrize(
    ("few", "whole", "best", "said"),
    [
        ((0.2, 1.7), None, "float32", "A step of 8 examples takes 200 ms in float32 and 1700 ms in mixed bfloat16"),
        ((1.7, 0.2), None, "bfloat16", "A step of 8 examples takes 1700 ms"),
        ((0.3, 0.2), (0.2, 0.3), "float32", "A step of 20 examples takes 200 ms in float32 and 300 ms in mixed"),
        ((0.2, 0.3), (0.3, 0.2), "bfloat16", "training goes on in bfloat16"),
    ],
)
def test_whole_batches_are_timed_only_where_a_few_photos_leave_a_doubt(opened, monkeypatch, few, whole, best, said):
    answers = {8: few, 20: whole}
    monkeypatch.setattr(
        "learnet.training.precision._step_seconds",
        lambda _, batch, **__: dict(zip(("float32", "bfloat16"), answers[len(batch.inputs)], strict=True)),
    )
    told = []
    config, photos = opened
    assert choose_network_precision(config, photos, say=told.append) == best
    assert said in told[0]
