import csv
import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from learnet.core import LearnetError, UsageError
from learnet.core import keras as import_keras
from learnet.gan import GanConfig, GanTrainer, dcgan, points_mlp, train_gan
from learnet.training import NotANumberError
from learnet.training.checkpoint import load_checkpoint

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("LEARNET_KILLS", "2"))
IMAGES = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 1), dtype=np.uint8)
OPTIONS = {"epochs": 12, "batch_size": 4, "discriminator_steps": 2, "checkpoint_seconds": 0.0, "samples_every": 0}


def run(folder, *, networks=None, examples=IMAGES, resume=False, **options):
    networks = dcgan(image_size=8, channels=1, base=2, latent_size=3) if networks is None else networks
    config = GanConfig(**{**OPTIONS, **options})
    fitted = train_gan(
        networks.generator, networks.discriminator, examples, config=config, folder=folder, resume=resume
    )
    weights = networks.generator.get_weights() + networks.discriminator.get_weights()
    return fitted, hashlib.sha256(b"".join(weight.tobytes() for weight in weights)).hexdigest()


def history(folder):
    with (folder / "history.csv").open(newline="") as file:
        return list(csv.reader(file))


_CHILD = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[2]]
import test_train
resume = (Path(sys.argv[1]) / "checkpoint.safetensors").exists()
print("ready", flush=True)
print(test_train.run(Path(sys.argv[1]), resume=resume)[1], flush=True)
"""


def test_killed_at_any_moments_it_ends_with_the_same_bits(tmp_path):
    fitted, whole = run(tmp_path / "whole")
    source, kills, answer = random.Random(0), 0, ""
    while not answer:
        command = [sys.executable, "-c", _CHILD, str(tmp_path / "killed"), str(Path(__file__).parent)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout.readline() == "ready\n"
            if kills < KILLS:
                _wait_for_progress(tmp_path / "killed", source.uniform(0, 0.05))
                child.send_signal(signal.SIGKILL)
                kills += 1
            answer = child.stdout.read().strip()
    assert answer == whole
    assert history(tmp_path / "killed") == history(tmp_path / "whole")
    assert len(fitted.history) == 12


def _wait_for_progress(folder, seconds):
    """Wait until a new checkpoint is there, and a little longer."""
    checkpoint, begun = folder / "checkpoint.safetensors", time.time()
    while not (checkpoint.exists() and checkpoint.stat().st_mtime > begun) and time.time() < begun + 60:
        time.sleep(0.002)
    time.sleep(seconds)


def test_stopped_within_an_epoch_it_goes_on_within_it(tmp_path):
    _, whole = run(tmp_path / "whole", epochs=3)
    real, steps = GanTrainer.step, iter(range(100))

    def step(trainer, batch):
        if next(steps) == 7:
            raise KeyboardInterrupt
        return real(trainer, batch)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GanTrainer, "step", step)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path / "stopped", epochs=3)
    position = load_checkpoint(tmp_path / "stopped").notes["position"]
    assert (position["epoch"], position["step"]) == (1, 2)
    assert run(tmp_path / "stopped", epochs=3, resume=True)[1] == whole
    assert history(tmp_path / "stopped") == history(tmp_path / "whole")


def test_a_finished_run_resumes_to_itself_and_another_seed_gives_others(tmp_path):
    first, again = run(tmp_path, epochs=2), run(tmp_path, epochs=2, resume=True)
    assert first[1] == again[1]
    assert first[0].history == again[0].history
    assert run(tmp_path / "other", epochs=2, seed=1)[1] != first[1]


def test_resuming_with_other_arguments_is_refused(tmp_path):
    run(tmp_path, epochs=1)
    with pytest.raises(UsageError, match="begun with another learning_rate"):
        run(tmp_path, epochs=1, learning_rate=0.1, resume=True)
    with pytest.raises(UsageError, match="begun with another examples"):
        run(tmp_path, epochs=1, examples=IMAGES[:30], resume=True)
    with pytest.raises(UsageError, match="of other networks"):
        run(tmp_path, epochs=1, networks=dcgan(image_size=8, channels=1, base=3, latent_size=3), resume=True)
    with pytest.raises(LearnetError, match="no checkpoint to resume from"):
        run(tmp_path / "elsewhere", resume=True)


@pytest.mark.parametrize("what", ["generator", "discriminator"])
def test_not_a_number_stops_within_the_step_and_leaves_no_checkpoint(tmp_path, what):
    networks = points_mlp(hidden=(4,))
    layer = getattr(networks, what).get_layer("hidden1" if what == "discriminator" else "last")
    kernel, bias = layer.get_weights()
    kernel[0, 0] = np.nan  # a ReLU behind it makes 0 of it on some machines
    layer.set_weights([kernel, bias])
    with pytest.raises(NotANumberError, match=r"In step 1 of epoch 1 a loss, a sample or a weight became NaN") as error:
        run(tmp_path, networks=networks, examples=np.zeros((40, 2)))
    assert len(error.value.rows) == 8
    assert not (tmp_path / "checkpoint.safetensors").exists()


def test_against_the_right_generator_the_discriminator_can_only_guess(tmp_path):
    keras = import_keras()
    networks = points_mlp(dimensions=1, latent_size=1, hidden=(8,), seed=0)
    exact = keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(1.0, offset=3.0)])
    points = (3 + np.random.default_rng(0).standard_normal((4096, 1))).astype(np.float32)
    config = GanConfig(epochs=8, batch_size=128, learning_rate=0.01, samples_every=0)
    fitted = train_gan(exact, networks.discriminator, points, config=config, folder=tmp_path)
    grid = np.linspace(1, 5, 9, dtype=np.float32)[:, None]
    belief = 1 / (1 + np.exp(-np.asarray(networks.discriminator(grid))))
    assert belief == pytest.approx(np.full((9, 1), 0.5), abs=0.1)
    assert fitted.history[-1].discriminator_loss == pytest.approx(2 * np.log(2), abs=0.02)
    assert fitted.history[-1].generator_loss == pytest.approx(np.log(2), abs=0.02)


@pytest.mark.parametrize("kind", ["images", "points", "numbers"])
def test_pictures_of_samples_are_png_files(tmp_path, kind):
    dimensions = {"points": 2, "numbers": 1}.get(kind)
    if dimensions:
        networks, examples = points_mlp(dimensions=dimensions, hidden=(3,)), np.ones((8, dimensions))
    else:
        networks, examples = None, IMAGES[:8]
    fitted, _ = run(tmp_path, networks=networks, examples=examples, epochs=3, samples_every=2)
    assert [path.name for path in fitted.pictures] == ["epoch-0002.png", "epoch-0003.png"]
    from PIL import Image

    with Image.open(fitted.pictures[0]) as picture:
        assert picture.format == "PNG"
        assert len(np.unique(np.asarray(picture.convert("L")))) > 1


@pytest.mark.parametrize(
    ("examples", "sentence"),
    [
        (np.zeros((40, 3)), r"The examples are of shape \(3,\), but one of the networks makes samples of shape \(2,\)"),
        (np.full((40, 2), np.inf), "Examples should be finite"),
        (np.zeros((40, 2), np.int64), "Examples should be floating-point numbers"),
        (np.zeros((7, 2)), "A step takes 2 x 4 examples, but there are only 7"),
    ],
)
def test_examples_that_do_not_fit_are_told_before_the_first_step(tmp_path, examples, sentence):
    with pytest.raises(UsageError, match=sentence):
        run(tmp_path / "run", networks=points_mlp(hidden=(3,)), examples=examples)
    assert not (tmp_path / "run").exists()


def test_networks_that_do_not_fit_are_told(tmp_path):
    keras = import_keras()
    with pytest.raises(UsageError, match=r"samples lie in -1 … 1, but the examples reach 255"):
        run(tmp_path, examples=IMAGES.astype(np.float32) + (255 - IMAGES.max()))
    networks = points_mlp(hidden=(3,))
    judge = keras.Sequential([networks.discriminator, keras.layers.Activation("sigmoid")])
    with pytest.raises(UsageError, match="should end in logits"):
        train_gan(networks.generator, judge, np.zeros((40, 2)), config=GanConfig(), folder=tmp_path)
