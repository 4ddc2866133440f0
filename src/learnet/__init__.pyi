"""Made by ``python -m learnet.cli.reference`` from the schemas; do not edit."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from learnet.bundle import Bundle, Evaluation, Prediction
from learnet.bundle.load import load_bundle as load
from learnet.comparison import Comparison
from learnet.comparison.chart import chart as chart
from learnet.core import Progress
from learnet.data import Dataset
from learnet.data.check import check as check
from learnet.data.resolve import open_dataset as open_dataset
from learnet.experiments.reproduce import reproduce as reproduce
from learnet.runs import RunResult
from learnet.tuning import Tuned
from learnet.version import __version__ as __version__

__all__ = ['__version__', 'chart', 'check', 'compare', 'evaluate', 'load', 'open_dataset', 'predict', 'reproduce', 'train', 'transfer', 'tune']

def compare(data: str | Path, *, max_pixels: int = 100000000, label_depth: int | None = None, group_by: str | None = None, train_per_class: int | None = None, test_fraction: float = 0.2, weights: str = 'imagenet', modes: tuple[Literal['head', 'partial', 'full', 'auto'], ...] = ('head', 'partial', 'full'), backbones: tuple[str, ...] = ('efficientnet_lite0',), weights_dir: str | Path | None = None, time_limit: float | None = None, seeds: int = 1, out: str | Path | None = None, processes: bool = True, progress: Progress | None = None) -> Comparison:
    """Transfer in several ways, each with the same splits and seeds, and compare what comes out.

    Every row is written down as it ends. Interrupted and called again with the same ``out``, it goes on with what is
    missing. A row that fails is told with its reason, and the others go on; it is tried again when called again.

    Args:
        out: Folder of the comparison; ``runs/compare-NAME-TIME`` if not given.
        processes: Give each row a process of its own, so that its peak memory is its own and its death takes nothing
            with it; without, all run in this one, which starts sooner.
        progress: Progress reporter; standard error if not given.
        data: A folder with one subfolder per class (or train/, val/, test/ with such folders inside), a CSV or
            Parquet manifest, or a known data set: digits, caltech101, cifar10, mnist, fashion_mnist.
        max_pixels: Photos with more pixels are skipped: a guard against decompression bombs. (pixels)
        label_depth: Folder level below DATA that names the class, for deeper nesting. (default: the first with
            several folders)
        group_by: Photos whose path gives the same match of this regular expression (its first group, if it has one)
            stay on one side of the split.
        train_per_class: Training photos per class; all others test. (default: all but --test-fraction)
        test_fraction: Share of the photos held back for the test.
        weights: Pretrained weights: imagenet, or random (untrained, for tests and timing).
        modes: Modes of 'learnet transfer'.
        backbones: Backbones: names, or folders of bundles.
        weights_dir: Folder with weight files, for machines without a network connection.
        time_limit: Time limit of each run.
        seeds: Number of seeds, from 0.

    Raises:
        UsageError: If there is nothing to compare, a name is unknown, or ``out`` holds another comparison.
        DataError: If the photos are no dataset.
        LearnetError: If every training failed.
    """

def evaluate(bundle: str | Path | Bundle, data: str | Path | Dataset | tuple[Any, Any], *, max_pixels: int = 100000000, label_depth: int | None = None, out: str | Path | None = None, progress: Progress | None = None) -> Evaluation:
    """Measure a bundle on labelled photos, and write a report.

    Args:
        bundle: Its folder, or a bundle that was loaded before.
        data: What ``learnet.open_dataset`` takes. Where it has a test part, that part only is used.
        out: Folder of the run; ``runs/NAME-TIME`` if not given.
        progress: Progress reporter; silent if not given.
        max_pixels: Photos with more pixels are skipped: a guard against decompression bombs. (pixels)
        label_depth: Folder level below DATA that names the class, for deeper nesting. (default: the first with
            several folders)

    Returns:
        The measurements and where the report lies.

    Raises:
        BundleError: If the bundle is refused.
        DataError: If the photos show a class that the bundle does not know, or none can be used.
        UsageError: If ``data`` or ``out`` makes no sense.
    """

def predict(bundle: str | Path | Bundle, photos: str | Path | Iterable[str | Path], *, max_pixels: int = 100000000, top: int = 3, threshold: float | None = None, prove: bool = False, progress: Progress | None = None) -> list[Prediction]:
    """Classify photos; ``Classifier.predict_files`` does the same one by one.

    Args:
        bundle: Its folder, or a bundle that was loaded before.
        progress: Progress reporter; silent if not given.
        photos: Photos, or folders of photos.
        max_pixels: Photos with more pixels are skipped: a guard against decompression bombs. (pixels)
        top: Classes to name for each photo.
        threshold: Probability below which an answer is 'not sure'. (default: the bundle's own)
        prove: Replay the bundle's golden outputs first.

    Returns:
        One prediction a photo, in order; what cannot be classified comes with its problem.

    Raises:
        BundleError: If the bundle is refused.
        UsageError: If an option is out of its range.
    """

def train(data: str | Path | Dataset | tuple[Any, Any], *, max_pixels: int = 100000000, label_depth: int | None = None, group_by: str | None = None, train_per_class: int | None = None, test_fraction: float = 0.2, validation_fraction: float = 0.1, model: str, recipe: str = 'plain', options: dict[str, Any] = {}, input_size: tuple[int, int] | None = None, dropout: float | None = None, test_time_flip: bool = False, test_time_shift: int = 0, epochs: int = 40, batch_size: int = 64, hardest: float = 1.0, loss: Literal['cross-entropy', 'hinge', 'squared-hinge'] = 'cross-entropy', optimizer: Literal['sgd', 'muon', 'adagrad', 'rmsprop', 'adam', 'adamw'] = 'adam', learning_rate: float = 0.001, momentum: float = 0.9, nesterov: bool = False, offset_rate: float = 1.0, rest_rate: float = 1.0, discriminative: float = 1.0, schedule: Literal['constant', 'step', 'cosine', 'one-cycle'] = 'cosine', warmup_epochs: float = 0.0, milestones: tuple[int, ...] = (), decay: float = 0.1, l1: float = 0.0, l2: float = 0.0, weight_decay: float = 0.0, label_smoothing: float = 0.0, ema: float | None = 0.99, clip_norm: float | None = None, patience: int | None = None, keep_last: bool = False, jit: bool | Literal['auto'] = 'auto', precision: Literal['float32', 'bfloat16', 'auto'] = 'float32', class_weights: Literal['none', 'balanced'] = 'none', flip: bool = False, alternate: bool = False, crop: int = 0, rotation: float = 10.0, zoom: float = 0.1, colour: float = 0.0, cutout: int = 0, mixup: float = 0.0, seed: int = 0, deterministic: bool = False, checkpoint_seconds: float = 60.0, tensorboard: bool = False, out: str | Path | None = None, progress: Progress | None = None) -> RunResult:
    """Train a network from random weights, measure it on photos it has never seen, and prove its bundle.

    Called again with the same options and ``out``, an interrupted run is continued; the outcome is the same, bit for
    bit.

    Args:
        data: A folder, a manifest, the name of a known data set, an open ``Dataset``, or ``(images, labels)``.
        out: Folder of the run; ``runs/NAME-TIME`` if not given.
        progress: Progress reporter; standard error if not given.
        max_pixels: Photos with more pixels are skipped: a guard against decompression bombs. (pixels)
        label_depth: Folder level below DATA that names the class, for deeper nesting. (default: the first with
            several folders)
        group_by: Photos whose path gives the same match of this regular expression (its first group, if it has one)
            stay on one side of the split.
        train_per_class: Training photos per class; all others test. (default: all but --test-fraction)
        test_fraction: Share of the photos held back for the test.
        validation_fraction: Share of the training photos that choose the best epoch and calibrate.
        model: Network to train; 'learnet models' lists them.
        recipe: Named set of default settings: plain, cifar10-fast or cifar10-accurate.
        options: Further options of the network's builder, e.g. hidden=300,100.
        input_size: Height and width to which photos are resized. (pixels; default: the network's published size)
        dropout: Dropout rate before the last layers. (default: the network's published rate)
        test_time_flip: Average the answers for each photo and its mirror image.
        test_time_shift: Average the answers for each photo and copies shifted by this many pixels. (pixels)
        epochs: Passes over the training images.
        batch_size: Images per step: 1 is stochastic, all of them is batch gradient descent.
        hardest: Share of the training images that an epoch uses: those with the largest loss when last seen.
        loss: Loss function; a hinge loss makes the last layer a linear SVM.
        optimizer: Rule that turns gradients into steps.
        learning_rate: Largest learning rate of the schedule.
        momentum: Momentum.
        nesterov: Nesterov's momentum (muon always uses it).
        offset_rate: Factor on the learning rate of batch normalisation's offsets (Jordan, 2024, uses 64).
        rest_rate: Factor on the learning rate of everything but the kernels of convolutions.
        discriminative: Factor on the learning rate of the first trained layer; it grows to 1 at the last (Howard
            and Ruder, 2018).
        schedule: How the learning rate changes.
        warmup_epochs: Epochs in which the learning rate grows linearly from 0; part of epochs.
        milestones: Epochs after which the learning rate is multiplied by decay, e.g. 10,20.
        decay: Factor on the learning rate at each milestone.
        l1: Penalty on the sum of the kernels' absolute values.
        l2: Penalty on the sum of the kernels' squares.
        weight_decay: Decoupled weight decay of the kernels, relative to the learning rate (Loshchilov and Hutter,
            2019).
        label_smoothing: Share of each target that is spread over all classes.
        ema: Decay of the exponential moving average of the weights, which is then validated and kept.
        clip_norm: Largest norm of the gradient of all weights together. (default: no limit)
        patience: Stop after this many epochs without a smaller validation loss. (default: train all epochs)
        keep_last: Keep the weights of the last epoch, not those with the smallest validation loss.
        jit: Compile steps by XLA; auto times 20 steps with and without and keeps the faster.
        precision: Numbers in which steps are computed; auto times both. The bundle is float32 in any case.
        class_weights: balanced gives rare classes more weight in the loss.
        flip: Mirror half of the images, left to right.
        alternate: With flip: images mirrored in one epoch are not mirrored in the next, so that two epochs show
            both sides.
        crop: Crop to the original size after padding by reflection. (pixels)
        rotation: Largest rotation. (degrees)
        zoom: Largest relative change of size.
        colour: Largest relative change of brightness, contrast and saturation.
        cutout: Side of a grey square at a random place; 0 is off. (pixels)
        mixup: Parameter of the Beta distribution by which pairs of images and labels are blended; 0 is off.
        seed: Seed of every random choice.
        deterministic: Ask the backend for reproducible kernels.
        checkpoint_seconds: Time between two checkpoints; 0 writes one after each step. (seconds)
        tensorboard: Write event files for TensorBoard.

    Returns:
        The run, with its measurements, report and bundle.

    Raises:
        UsageError: If an argument makes no sense, or ``out`` holds a finished run, or one with other options.
        DataError: If the photos cannot make a classifier.
        NotANumberError: If the loss is NaN or infinite; the batch's files are named.
        MissingDependencyError: If no Keras backend is installed.
    """

def transfer(data: str | Path | Dataset | tuple[Any, Any], *, max_pixels: int = 100000000, label_depth: int | None = None, group_by: str | None = None, train_per_class: int | None = None, test_fraction: float = 0.2, weights: str = 'imagenet', backbone: str = 'efficientnet_lite0', balance: Literal['auto', 'none'] = 'auto', head: Literal['softmax', 'svm'] = 'softmax', kernel: Literal['linear', 'polynomial', 'rbf', 'sigmoid'] = 'rbf', mode: Literal['head', 'partial', 'full', 'auto'] = 'head', unfreeze: str | None = None, keep_mode: bool = False, epochs: int | None = None, learning_rate: float | None = None, discriminative: float = 1.0, precision: Literal['float32', 'bfloat16', 'auto'] = 'float32', versions: int = 4, weights_dir: str | Path | None = None, cache_limit: float = 10.0, seed: int = 0, time_limit: float | None = None, out: str | Path | None = None, progress: Progress | None = None, elapsed: float = 0.0) -> RunResult:
    """Turn labelled photos into a tuned, calibrated, tested and proven classifier.

    The photos' features are computed once by a frozen backbone (and cached by content); a multinomial logistic
    regression is solved on them, its strength chosen by cross-validation on the training part; the test part, which
    nothing has seen, gives the figures of the report. With ``head="svm"`` a support-vector machine takes the
    regression's place, its setting chosen from a grid over C and the polynomial's degree or the kernel's scale.

    Killed at any moment and called again with the same arguments and ``out``, or by ``resume``, it goes on with its
    training; without a time limit the outcome is the same, bit for bit, on the same machine and libraries.

    Args:
        data: A folder, a manifest, the name of a known data set, an open ``Dataset``, or ``(images, labels)``.
        out: Folder of the run; ``runs/NAME-TIME`` if not given. An unfinished run in it is continued.
        progress: Progress reporter; standard error if not given.
        elapsed: Seconds of the time limit that are over already.
        max_pixels: Photos with more pixels are skipped: a guard against decompression bombs. (pixels)
        label_depth: Folder level below DATA that names the class, for deeper nesting. (default: the first with
            several folders)
        group_by: Photos whose path gives the same match of this regular expression (its first group, if it has one)
            stay on one side of the split.
        train_per_class: Training photos per class; all others test. (default: all but --test-fraction)
        test_fraction: Share of the photos held back for the test.
        weights: Pretrained weights: imagenet, or random (untrained, for tests and timing).
        backbone: Pretrained network that computes the features: a name, or the folder of a bundle.
        balance: auto gives rare classes more weight where classes are unequal.
        head: Classifier of the features: logistic regression, or a support-vector machine.
        kernel: Kernel of the support-vector machine.
        mode: Layers to train: only the head, the upper layers too, all, or what proves to help.
        unfreeze: First layer or stage to train, e.g. block6. (default: chosen by the size of the data)
        keep_mode: Save what partial or full mode trained even if the head alone is better on held-back photos.
        epochs: Training epochs for partial, full or auto mode. (default: each mode's own)
        learning_rate: Largest learning rate for partial, full or auto mode. (default: each mode's own)
        discriminative: Factor on the learning rate of the first trained layer; it grows to 1 at the last (Howard
            and Ruder, 2018).
        precision: Numbers in which steps are computed; auto times both. The bundle is float32 in any case.
        versions: Augmented views per photo that are computed and cached.
        weights_dir: Folder with weight files, for machines without a network connection.
        cache_limit: Size of the cache of features and activations; 0 uses none. (GB)
        seed: Seed of every random choice.
        time_limit: Time after which the run ends with the best result so far.

    Returns:
        The run, with its measurements, report and bundle.

    Raises:
        UsageError: If an argument makes no sense, or ``out`` holds an unfinished run with other ones.
        DataError: If the photos cannot make a classifier (too few, one class only).
        WeightsError: If the pretrained weights cannot be had.
        MissingDependencyError: If no Keras backend is installed.
        KeyboardInterrupt: After Ctrl-C; it says how to go on.
    """

def tune(data: str | Path | Dataset | tuple[Any, Any], *, max_pixels: int = 100000000, label_depth: int | None = None, group_by: str | None = None, train_per_class: int | None = None, test_fraction: float = 0.2, validation_fraction: float = 0.2, weights: str = 'imagenet', model: str | None = None, backbone: str | None = None, recipe: str = 'plain', mode: Literal['head', 'partial'] = 'head', trials: int | None = None, search: Literal['manual', 'grid', 'random', 'tpe', 'hyperband'] = 'random', space: str | Path | None = None, weights_dir: str | Path | None = None, cache_limit: float = 10.0, storage: str | None = None, disk_limit: float = 2.0, seed: int = 0, time_limit: float | None = None, keep: int = 3, out: str | Path | None = None, progress: Progress | None = None) -> Tuned:
    """Search for the settings that train best; the validation part chooses, the test part only reports.

    With a ``backbone``, a trial trains a head on features that are computed once and cached: milliseconds to seconds.
    With ``mode="partial"`` it trains the upper layers too, from activations that are computed once for each boundary;
    which stages those are (``unfreeze``) is searched with the rest.
    With a ``model``, a trial trains the network from random weights, with a checkpoint from which it goes on after a
    kill. The winner's weights are those of its trial: nothing is trained again for its bundle.

    Args:
        data: A folder, a manifest, the name of a known data set, an open ``Dataset``, or ``(images, labels)``.
        out: Folder of the run; ``runs/NAME-tune-TIME`` if not given. A study in it with the same options is continued.
        progress: Progress reporter; standard error if not given.
        max_pixels: Photos with more pixels are skipped: a guard against decompression bombs. (pixels)
        label_depth: Folder level below DATA that names the class, for deeper nesting. (default: the first with
            several folders)
        group_by: Photos whose path gives the same match of this regular expression (its first group, if it has one)
            stay on one side of the split.
        train_per_class: Training photos per class; all others test. (default: all but --test-fraction)
        test_fraction: Share of the photos held back for the test.
        validation_fraction: Share of the training photos that chooses the winner.
        weights: Pretrained weights: imagenet, or random (untrained, for tests and timing).
        model: Network to train from random weights.
        backbone: Pretrained network; its features are computed once for all trials.
        recipe: With --model: settings that the search space leaves open.
        mode: Layers of the backbone to train: the head, or the upper layers too.
        trials: Number of trials of all processes together. (default: 20; the whole grid or list; with a time limit
            as many as fit)
        search: How settings are chosen.
        space: TOML file with the search space; --show-space prints the built-in one. (default: built in)
        weights_dir: Folder with weight files, for machines without a network connection.
        cache_limit: Size of the cache of features and activations; 0 uses none. (GB)
        storage: Database for processes on several machines, e.g. postgresql://… (default: SQLite in the run's
            folder)
        disk_limit: Disk space for the weights of trials. (GB)
        seed: Seed of every random choice.
        time_limit: Time after which the run ends with the best result so far.
        keep: Number of best trials whose weights stay on disk.

    Returns:
        The winner, all trials, and the winner's measurements on the test part.

    Raises:
        UsageError: If an argument makes no sense, or ``out`` holds a study with other options.
        DataError: If the photos cannot make a classifier.
        LearnetError: If no trial could be finished.
        MissingDependencyError: If Optuna or a Keras backend is not installed.
    """
