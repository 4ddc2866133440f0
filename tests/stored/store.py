"""Store bundles, a study and interrupted runs as this version writes them: ``python tests/stored/store.py [PART ...]``.

Everything goes below ``tests/stored/VERSION``; parts that are there already are replaced.
"""

import hashlib
import itertools
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))

import learnet  # noqa: E402
from learnet.core import Silent  # noqa: E402
from stored import make_data  # noqa: E402

TARGET = HERE / learnet.__version__
QUIET = Silent()


def note(part, name, value):
    file = TARGET / "expected.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    known.setdefault(part, {})[name] = value
    file.write_text(json.dumps(known, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


@contextmanager
def interrupted_at(call, owner=None, *, kill=False):
    """Let the ``call``-th training step from now on be a Ctrl-C; checkpoints are written after each one."""
    from learnet.training import Trainer, loop

    owner = Trainer if owner is None else owner
    step, begin, calls = owner.step, loop._Loop.__init__, itertools.count(1)

    def stepping(self, *words, **more):
        if next(calls) == call:
            if kill:
                os.kill(os.getpid(), signal.SIGKILL)
            raise KeyboardInterrupt
        return step(self, *words, **more)

    def beginning(self, *words, **more):
        begin(self, *words, **more)
        self._interval = 0.0

    owner.step, loop._Loop.__init__ = stepping, beginning
    try:
        yield
    except KeyboardInterrupt as error:
        print("interrupted:", error)  # noqa: T201
    else:
        raise SystemExit("It was not interrupted.")
    finally:
        owner.step, loop._Loop.__init__ = step, begin


def keep(source, *place, pack=False, without=()):
    target = TARGET.joinpath(*place)
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.html", "*.png", *without))
    for file in target.rglob("*.sqlite"):
        with closing(sqlite3.connect(file)) as database:  # one file, without its write-ahead log
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            database.execute("VACUUM")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if pack:
        make_data.pack_weights(target)
    return target


def fill(model):
    """Give a network weights by the recipe."""
    from learnet.models import weight_items

    for key, variable in weight_items(model).items():
        variable.assign(make_data.recipe(key, tuple(variable.shape)))
    return model


def sha_of(weights):
    return hashlib.sha256(b"".join(np.asarray(weight).tobytes() for weight in weights)).hexdigest()


def tell_classifier(name, bundle, made_by):
    info = bundle.info
    told = {"opened_by": "learnet.load", "kind": type(bundle).__name__, "made_by": made_by}
    told |= {"class_names": list(info.class_names), "temperature": info.calibration.temperature}
    told |= {"threshold": info.calibration.threshold.value, "golden_classes": list(bundle.golden.classes)}
    told |= {"architecture": info.architecture["name"], "schema_version": info.schema_version}
    note("bundles", name, told)


def classifiers():
    from learnet.bundle import save_bundle

    photos = make_data.write_photos(Path("photos"))
    for head, weights in (("softmax", "random"), ("svm", "imagenet")):
        run = learnet.transfer(photos, weights=weights, head=head, out=f"transfer-{head}", progress=QUIET)
        bundle = run.load()
        small = {**bundle.info.architecture["arguments"], "input_size": [32, 32]}
        info = replace(
            bundle.info,
            architecture={**bundle.info.architecture, "arguments": small},
            input_spec=replace(bundle.info.input_spec, height=32, width=32),
        )
        model = fill(_small(info))
        images = np.stack([make_data.make_photo(f"golden {n}", n, 32) for n in range(3)])
        outputs = np.asarray(model(images, training=False))
        saved = save_bundle(f"packed-{head}", info=info, model=model, golden_images=images, golden_outputs=outputs)
        name = f"classifier-transfer-{head}"
        keep(Path(f"packed-{head}"), "bundles", name, pack=True)
        tell_classifier(
            name,
            saved,
            f"learnet transfer photos --weights {weights} --head {head}; then smaller, with weights by a recipe",
        )
    run = learnet.train("digits", model="lenet5", train_per_class=20, epochs=3, out="lenet5", progress=QUIET)
    keep(run.bundle, "bundles", "classifier-lenet5")
    tell_classifier("classifier-lenet5", run.load(), "learnet train digits --model lenet5 --train-per-class 20")
    small = {"train_per_class": 8, "input_size": (8, 8)}
    run = learnet.train("digits", model="svm", out="svm", progress=QUIET, **small)
    keep(run.bundle, "bundles", "classifier-svm")
    tell_classifier("classifier-svm", run.load(), "learnet train digits --model svm --train-per-class 8")


def _small(info):
    from learnet.models import backbone, with_head, with_machine

    body, classes = backbone(info.architecture["name"], input_size=(32, 32)), len(info.class_names)
    if not info.machine:
        return with_head(body, classes=classes)
    machine = info.machine
    return with_machine(
        body,
        classes=classes,
        support_vectors=machine["support_vectors"],
        kernel=machine["kernel"],
        degree=machine["degree"],
    )


def tiny():
    """The backbone of the interrupted runs."""
    options = {"options": {"widths": [4, 8]}, "input_size": (16, 16), "train_per_class": 40, "epochs": 6}
    run = learnet.train(
        "digits", model="cifar-net", out="tiny", batch_size=32, learning_rate=0.01, jit=False, progress=QUIET, **options
    )
    keep(run.bundle, "bundles", "classifier-tiny")
    tell_classifier("classifier-tiny", run.load(), "learnet train digits --model cifar-net --option widths=4,8")


def systems():
    import keras

    from learnet.bundle import save_system
    from learnet.energy import (
        Annealing,
        BoltzmannMachine,
        Hopfield,
        ModernHopfield,
        RestrictedBoltzmannMachine,
        bars_and_stripes,
        encoder,
        random_patterns,
    )
    from learnet.layers import LSTM1997

    annealing = Annealing(steps=((2, 20.0), (3, 10.0)), counting=4)
    machine, vectors = encoder(4, 2, machines=2, annealing=annealing, seed=5)
    assert isinstance(machine, BoltzmannMachine)
    machine.fit(vectors, cycles=3)
    keras.utils.set_random_seed(3)
    sequences = keras.Sequential(
        [
            keras.Input((None, 3)),
            keras.layers.LSTM(5, return_sequences=True),
            LSTM1997(2, 3, cell={"truncated": True}, return_sequences=True),
            keras.layers.Dense(2, "softmax"),
        ]
    )
    sequences = keras.Model(sequences.inputs, sequences.outputs[0])
    made = {
        "hopfield": Hopfield().fit(random_patterns(3, 24, seed=1).reshape(3, 4, 6)),
        "modern-hopfield": ModernHopfield().fit(random_patterns(4, 7, seed=1)),
        "boltzmann": machine,
        "rbm": RestrictedBoltzmannMachine(n_components=5, batch_size=7, n_iter=3, seed=2).fit(bars_and_stripes(3)),
        "sequence-network": sequences,
    }
    for name, system in made.items():
        saved = save_system(name, system, notes={"made for": "tests"})
        keep(Path(name), "bundles", name)
        note(
            "bundles",
            name,
            {"opened_by": "learnet.bundle.load_system", "kind": type(saved.system).__name__, "notes": saved.info.notes},
        )


def applications():
    from learnet.applications.colourise import choose_colours, load_colouriser, make_colouriser, save_colouriser
    from learnet.applications.drive import Pilot, load_pilot, new_network, save_pilot
    from learnet.applications.translate import (
        NetworkConfig,
        SearchConfig,
        Translator,
        Vocabulary,
        build_networks,
        load_translator,
        save_translator,
    )
    from learnet.gan import load_generator, save_generator

    networks = make_data.gan_networks()
    save_generator("generator", networks, latent="uniform", notes={"made for": "tests"})
    found = load_generator("generator")
    keep(Path("generator"), "bundles", "generator")
    told = {"opened_by": "learnet.gan.load_generator", "kind": type(found).__name__, "family": found.family}
    note(
        "bundles", "generator", {**told, "latent": found.latent, "first_sample": found.draw(1, seed=2).ravel().tolist()}
    )

    pieces = np.stack([make_data.make_photo(f"piece {n}", n % 3, 16) for n in range(20)])
    colours = choose_colours(pieces, kept=12).colours
    made = make_colouriser("classification", size=16, colours=colours, temperature=0.4)
    fill(made.model)
    save_colouriser("colouriser", made, notes={"made for": "tests"})
    found = load_colouriser("colouriser")
    keep(Path("colouriser"), "bundles", "colouriser", pack=True)
    told = {"opened_by": "learnet.applications.colourise.load_colouriser", "kind": type(found).__name__}
    coloured = found.colour(pieces[:1])
    told |= {"network": found.network, "size": found.size, "temperature": found.temperature}
    note("bundles", "colouriser", {**told, "mean_colour": np.asarray(coloured, float).mean(axis=(0, 1, 2)).tolist()})

    make_data.write_pairs(Path())
    german, english = (Path(name).read_text(encoding="utf-8").splitlines() for name in ("a.de", "b.en"))
    source, target = Vocabulary.learn(german, size=50), Vocabulary.learn(english, size=45)
    config = NetworkConfig(source_size=len(source), target_size=len(target), embedding=8, units=6, dropout=0.2)
    made = Translator(source=source, target=target, networks=build_networks(config, seed=1), reverse=True)
    save_translator("translator", made, notes={"made for": "tests"})
    found = load_translator("translator")
    keep(Path("translator"), "bundles", "translator")
    said = found.translate(german[:3], config=SearchConfig(beam=2, longest=5))
    told = {"opened_by": "learnet.applications.translate.load_translator", "kind": type(found).__name__}
    told |= {"reverse": found.reverse, "pieces": [len(found.source), len(found.target)]}
    note("bundles", "translator", {**told, "translations": [each.text for each in said]})

    pilot = Pilot(model=fill(new_network()), recorded=(4, 20), augmented=True)
    save_pilot("pilot", pilot, notes={"made for": "tests"})
    found = load_pilot("pilot")
    keep(Path("pilot"), "bundles", "pilot", pack=True)
    command = found.command(make_data.make_photo("frame", 1, 96))
    told = {"opened_by": "learnet.applications.drive.load_pilot", "kind": type(found).__name__}
    told |= {"recorded": list(found.recorded), "augmented": found.augmented}
    note("bundles", "pilot", {**told, "curvature": float(command.curvature), "speed": float(command.speed)})


def again(name, resume, tell, *beside):
    """Resume a copy of a stored run with this version and note what comes of it."""
    copied = Path("again") / name
    copied.mkdir(parents=True)
    for each in beside:
        shutil.copytree(each, copied / each) if Path(each).is_dir() else shutil.copy(each, copied / each)
    shutil.copytree(TARGET / "interrupted" / name, copied / name)
    before = Path.cwd()
    os.chdir(copied)
    try:
        return tell(resume(name))
    finally:
        os.chdir(before)


def history(folder):
    return [line.split(",") for line in (Path(folder) / "history.csv").read_text().splitlines()]


def train():
    from learnet.training import resume

    options = {"options": {"hidden": [16]}, "input_size": (8, 8), "train_per_class": 20, "epochs": 4, "batch_size": 16}
    with interrupted_at(17):
        learnet.train("digits", model="mlp", out="train", checkpoint_seconds=0, progress=QUIET, **options)
    target = keep(Path("train"), "interrupted", "train")
    told = {"config": json.loads((target / "config.json").read_text()), "interrupted_in_step": 17}
    result = again(
        "train",
        lambda folder: resume(folder, progress=QUIET),
        lambda run: {
            "accuracy": run.metrics.accuracy,
            "weights_sha256": sha_of(run.load().model.get_weights()),
            "history": history(run.folder),
        },
    )
    note("interrupted", "train", {**told, "result": result})


def transfer():
    from learnet.transfer_learning import resume

    make_data.write_backbone(Path("backbone"))
    options = {"mode": "partial", "epochs": 3, "versions": 2, "keep_mode": True, "train_per_class": 12}
    with interrupted_at(11):
        learnet.transfer("digits", backbone="backbone", out="transfer", progress=QUIET, **options)
    target = keep(Path("transfer"), "interrupted", "transfer")
    told = {"config": json.loads((target / "unfinished.json").read_text())["config"]}
    os.environ["LEARNET_CACHE_DIR"] = str(Path("other-cache").resolve())
    result = again(
        "transfer",
        lambda folder: resume(folder, progress=QUIET),
        lambda run: {
            "accuracy": run.metrics.accuracy,
            "mode": run.details["mode"],
            "weights_sha256": sha_of(run.load().model.get_weights()),
            "history": history(run.folder / "partial"),
        },
        "backbone",
    )
    note("interrupted", "transfer", {**told, "result": result})


def _searched():
    from learnet.tuning import Choice, Range, Space

    parameters = {
        "learning_rate": Range(low=1e-3, high=0.1, log=True),
        "width": Choice(values=(4, 8)),
        "depth": Choice(values=(1,)),
        "batch_size": Choice(values=(32,)),
        "epochs": Choice(values=(2,)),
    }
    return {"model": "mlp", "space": Space(parameters=parameters), "train_per_class": 20, "seed": 0, "progress": QUIET}


_STEPS_OF_A_TRIAL = 10  # 160 photos, 32 a step, 2 epochs


def study():
    tuned = learnet.tune("digits", trials=3, out="study", **_searched())
    target = keep(Path("study"), "study")
    assert tuned.result["n_train"] == 160
    assert not list(target.rglob("*-wal"))
    note("study", "finished", _of_study(tuned))
    subprocess.run([sys.executable, __file__, "killed-tune", str(Path.cwd())], check=False)
    target = keep(Path("tune"), "interrupted", "tune")
    told = {"config": json.loads(json.dumps(tuned.config.to_json())), "interrupted_in_trial": 3}
    result = again("tune", lambda folder: learnet.tune(join=folder, trials=5, progress=QUIET), _of_study)
    note("interrupted", "tune", {**told, "result": result})


def killed_tune(folder):
    """Search, and be killed in the fourth trial."""
    os.chdir(folder)
    with interrupted_at(3 * _STEPS_OF_A_TRIAL + 8, kill=True):
        learnet.tune("digits", trials=5, out="tune", **_searched())


def _of_study(tuned):
    trials = [
        {
            "number": each.number,
            "state": each.state,
            "accuracy": each.accuracy,
            "loss": each.loss,
            "values": each.values,
        }
        for each in tuned.trials
    ]
    return {
        "trials": trials,
        "best": {"number": tuned.best.number, "values": tuned.best.values, "accuracy": tuned.best.accuracy},
        "test_accuracy": tuned.result["accuracy"],
        "class_names": list(tuned.load().info.class_names),
    }


def compare():
    from learnet.comparison import resume, worker

    def second_time(*words, **more):
        if next(calls) == 2:
            raise KeyboardInterrupt
        return measure(*words, **more)

    make_data.write_backbone(Path("backbone"))
    options = {"modes": ("head",), "backbones": ("backbone",), "seeds": 2, "train_per_class": 10, "processes": False}
    calls, measure = itertools.count(1), worker.measure_row
    worker.measure_row = second_time
    with suppress(KeyboardInterrupt):
        learnet.compare("digits", out="compare", progress=QUIET, **options)
    worker.measure_row = measure
    target = keep(Path("compare"), "interrupted", "compare")
    told = json.loads((target / "comparison.json").read_text())
    rows = sorted(path.parent.name for path in target.glob("*/row.json"))
    result = again(
        "compare",
        lambda folder: resume(folder, processes=False, progress=QUIET),
        lambda made: {"rows": {row.name: row.accuracy for row in made.rows}, "failed": len(made.failed)},
        "backbone",
    )
    note("interrupted", "compare", {"config": told["config"], "rows_ended": rows, "result": result})


def colourise():
    from learnet.applications.colourise import load_colouriser, resume_colouriser, train_colouriser

    make_data.write_photos(Path("photos"))
    with interrupted_at(6):
        train_colouriser("photos", size=16, epochs=2, batch_size=8, out="colourise", progress=QUIET)
    target = keep(Path("colourise"), "interrupted", "colourise", without=("*.safetensors",))
    told = {"config": json.loads((target / "config.json").read_text()), "without_checkpoint": True}
    result = again(
        "colourise",
        lambda folder: resume_colouriser(folder, progress=QUIET),
        lambda run: {
            "weights_sha256": sha_of(load_colouriser(run.bundle).model.get_weights()),
            "temperature": run.temperature,
            "history": history(run.folder),
        },
        "photos",
    )
    note("interrupted", "colourise", {**told, "result": result})


def translate():
    from learnet.applications.translate import load_translator, resume_translator, train_translator

    make_data.write_pairs(Path())
    small = {"vocabulary": 60, "embedding": 12, "units": 12, "dropout": 0.0, "learning_rate": 0.02, "pieces": 200}
    small |= {"ema": None, "longest": 30, "precision": "float32", "beam": 2, "epochs": 3, "seed": 1}
    with interrupted_at(6):
        train_translator(["a.de", "b.en"], out="translate", progress=QUIET, **small)
    target = keep(Path("translate"), "interrupted", "translate")
    told = {"config": json.loads((target / "translate.json").read_text())}
    result = again(
        "translate",
        lambda folder: resume_translator(folder, progress=QUIET),
        lambda run: {
            "weights_sha256": sha_of(load_translator(run.bundle).networks.trainer.get_weights()),
            "history": history(run.folder),
            "chrf": run.tested.scores.chrf,
        },
        "a.de",
        "b.en",
    )
    note("interrupted", "translate", {**told, "result": result})


def gan():
    from learnet.gan import GanConfig, GanTrainer, train_gan

    def run(folder, *, resume):
        networks = make_data.gan_networks()
        config = GanConfig(
            epochs=3, batch_size=8, discriminator_steps=2, checkpoint_seconds=0.0, samples_every=0, seed=0
        )
        fitted = train_gan(
            networks.generator,
            networks.discriminator,
            make_data.gan_examples(),
            config=config,
            folder=Path(folder),
            resume=resume,
        )
        return networks, fitted

    with interrupted_at(4, GanTrainer):
        run("gan", resume=False)
    keep(Path("gan"), "interrupted", "gan")
    result = again(
        "gan",
        lambda folder: run(folder, resume=True),
        lambda made: {
            "weights_sha256": sha_of(made[0].generator.get_weights() + made[0].discriminator.get_weights()),
            "history": history("gan"),
        },
    )
    from learnet.training.checkpoint import load_checkpoint

    told = load_checkpoint(TARGET / "interrupted" / "gan").notes
    note("interrupted", "gan", {"config": told["gan"], "position": told["position"], "result": result})


def drive():
    from learnet.applications.drive import ImitationConfig, record, train_driver

    recording = record("recording", tracks=2, seed=0, most_steps=64)
    with interrupted_at(3):
        train_driver(recording, config=ImitationConfig(epochs=2, batch_size=8), out="drive", progress=QUIET)
    target = keep(Path("drive"), "interrupted", "drive", without=("*.safetensors",))
    told = json.loads((target / "drive.json").read_text())
    told["recording"] = "RECORDING"
    (target / "drive.json").write_text(json.dumps(told, indent=2))
    note("interrupted", "drive", {"config": told, "without_checkpoint": True})


PARTS = (tiny, systems, applications, classifiers, train, transfer, study, compare, colourise, translate, gan, drive)


def main():
    chosen = [part for part in PARTS if not sys.argv[1:] or part.__name__ in sys.argv[1:]]
    TARGET.mkdir(parents=True, exist_ok=True)
    os.environ["LEARNET_OFFLINE"] = "1"
    for part in chosen:
        with tempfile.TemporaryDirectory() as folder:
            os.environ["LEARNET_CACHE_DIR"] = str(Path(folder) / "cache")
            (Path(folder) / "work").mkdir()
            os.chdir(Path(folder) / "work")
            try:
                part()
                print("stored", part.__name__)  # noqa: T201
            except Exception as error:  # noqa: BLE001 (the other parts go on)
                import traceback

                traceback.print_exc()
                print("FAILED", part.__name__, error)  # noqa: T201
            os.chdir(HERE)


if __name__ == "__main__":
    killed_tune(sys.argv[2]) if sys.argv[1:2] == ["killed-tune"] else main()
