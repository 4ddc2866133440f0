import dataclasses
import hashlib
import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load, save

from learnet.bundle import document, evaluate, load_bundle, load_system, predict, save_system
from learnet.bundle.info import DOCUMENT, GOLDEN, SCHEMA_VERSION, WEIGHTS
from learnet.bundle.kind import describe_random, restore_random
from learnet.bundle.systems import KINDS
from learnet.core import BundleError, DataError, UsageError
from learnet.energy import (
    Annealing,
    BoltzmannMachine,
    Hopfield,
    ModernHopfield,
    RestrictedBoltzmannMachine,
    bars_and_stripes,
    corrupt,
    encoder,
    random_patterns,
)


def hopfield(rule="hebb", coding="bipolar", networks=None, shape=(4, 6), threshold=0.0):
    memory = Hopfield(rule=rule, coding=coding, networks=networks, threshold=threshold)
    patterns = random_patterns(3, 24, networks=networks, coding=coding, seed=1)
    return memory.fit(patterns.reshape(*patterns.shape[:-1], *shape))


def trained_rbm(**options):
    machine = RestrictedBoltzmannMachine(n_components=5, batch_size=7, n_iter=3, seed=2, **options)
    return machine.fit(bars_and_stripes(3))


def there_and_back(folder, system, **options):
    saved = save_system(folder / "system", system, **options)
    found = load_system(folder / "system")
    assert found.info == saved.info
    assert found.folder == saved.folder == folder / "system"
    assert sorted(path.name for path in (folder / "system").iterdir()) == sorted([DOCUMENT, GOLDEN, WEIGHTS])
    return found.system


@pytest.mark.parametrize("rule", ["hebb", "clipped", "storkey", "pseudo-inverse"])
@pytest.mark.parametrize(
    ("coding", "networks", "shape", "threshold"),
    [("bipolar", None, (24,), 0.0), ("binary", None, (4, 6), 0.5), ("bipolar", 2, (2, 3, 4), -1.0)],
)
def test_a_hopfield_network_comes_back_with_every_bit(tmp_path, rule, coding, networks, shape, threshold):
    memory = hopfield(rule, coding, networks, shape, threshold)
    found = there_and_back(tmp_path, memory)
    assert np.array_equal(found.weights, memory.weights)
    assert found.weights.dtype == memory.weights.dtype
    assert np.array_equal(found.patterns, memory.patterns)
    assert found.patterns.dtype == memory.patterns.dtype
    cues = corrupt(memory.patterns, flips=5, units_axes=len(shape), coding=coding)
    wanted, got = (each.recall(cues, trace=True, seed=3) for each in (memory, found))
    for field in dataclasses.fields(wanted):
        assert np.array_equal(getattr(got, field.name), getattr(wanted, field.name)), field.name
    again = random_patterns(2, 24, networks=networks, coding=coding, seed=9)
    assert np.array_equal(found.fit(again).weights, memory.fit(again).weights)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_modern_hopfield_network_comes_back_with_every_bit(tmp_path, dtype):
    memory = ModernHopfield(beta=0.7).fit(np.random.default_rng(0).normal(size=(9, 4, 3)).astype(dtype))
    found = there_and_back(tmp_path, memory)
    cues = np.random.default_rng(1).normal(size=(5, 4, 3)).astype(dtype)
    wanted, got = memory.recall(cues, steps=3), found.recall(cues, steps=3)
    assert found.patterns.dtype == dtype
    for field in dataclasses.fields(wanted):
        assert np.array_equal(getattr(got, field.name), getattr(wanted, field.name)), field.name


def test_a_boltzmann_machine_comes_back_and_learns_on_as_it_would_have(tmp_path):
    annealing = Annealing(steps=((2, 20.0), (0, 15.0), (3, 10.0)), counting=4)
    machine, vectors = encoder(4, 2, machines=3, annealing=annealing, seed=5)
    machine.fit(vectors, cycles=3)
    machine.random.integers(10, dtype=np.uint32)  # half of a draw is kept for the next
    found = there_and_back(tmp_path, machine)
    assert np.array_equal(found.table, machine.table)
    assert found.table.any()
    assert np.array_equal(found.mask, machine.mask)
    assert found.annealing == machine.annealing
    assert np.array_equal(found.sample(chains=4), machine.sample(chains=4))
    for each in (found, machine):
        each.fit(vectors, cycles=2, rate=0.5)
    assert np.array_equal(found.table, machine.table)


@pytest.mark.parametrize(
    "options", [{}, {"momentum": 0.5, "n_chains": 11}, {"visible": "gaussian", "method": "cd", "weight_decay": 1e-3}]
)
def test_a_restricted_boltzmann_machine_comes_back_and_learns_on_as_it_would_have(tmp_path, options):
    machine, data = trained_rbm(**options), bars_and_stripes(3)
    found = there_and_back(tmp_path, machine)
    assert found.get_params() == machine.get_params()
    for method in ("transform", "reconstruct", "free_energy", "log_likelihood"):
        assert np.array_equal(getattr(found, method)(data), getattr(machine, method)(data)), method
    assert np.array_equal(found.sample(3, steps=5), machine.sample(3, steps=5))
    for each in (found, machine):
        each.partial_fit(data).partial_fit(data[:4])
    for name, array in machine.state().items():
        assert np.array_equal(found.state()[name], array), name


def test_parameters_that_a_search_set_as_numpy_numbers_are_kept(tmp_path):
    machine = trained_rbm(learning_rate=np.float64(0.25)).set_params(k=np.int64(2))
    assert there_and_back(tmp_path, machine).get_params() == machine.get_params()


def test_notes_and_versions_are_kept(tmp_path):
    notes = {"data": "bars and stripes", "log likelihood": -3.5, "seen": [1, None]}
    found = save_system(tmp_path / "s", trained_rbm(), notes=notes)
    assert found.info.notes == load_system(tmp_path / "s").info.notes == notes
    assert found.info.versions["numpy"] == np.__version__


@pytest.mark.parametrize("system", [Hopfield(), ModernHopfield(), RestrictedBoltzmannMachine()])
def test_what_has_learned_nothing_is_not_saved(tmp_path, system):
    with pytest.raises((UsageError, DataError), match="call fit with"):
        save_system(tmp_path / "s", system)
    assert not (tmp_path / "s").exists()


def test_what_is_no_system_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"A bundle can hold a Hopfield network, .*; received dict"):
        save_system(tmp_path / "s", {})


def test_what_fails_its_proof_replaces_nothing(tmp_path, stored):
    before = (stored / DOCUMENT).read_bytes()
    machine = trained_rbm()
    machine.components_[0, 0] = np.nan
    with pytest.raises(BundleError, match="should hold finite numbers"):
        save_system(stored, machine)
    forgetful = dataclasses.replace(KINDS[3], build=lambda *_: trained_rbm(learning_rate=0.9))
    with pytest.raises(BundleError, match=r"was not saved, .* unchanged. It does not give the answers"):
        save_system(stored, trained_rbm(), kinds=[forgetful])
    assert (stored / DOCUMENT).read_bytes() == before
    assert [path.name for path in stored.parent.iterdir()] == [stored.name]


SYSTEMS = {
    "hopfield": hopfield,
    "modern-hopfield": lambda: ModernHopfield().fit(random_patterns(4, 7)),
    "boltzmann": lambda: BoltzmannMachine(visible=3, hidden=2),
    "rbm": lambda: trained_rbm(momentum=0.5),
}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    folder = tmp_path_factory.mktemp("systems")
    for name, make in SYSTEMS.items():
        save_system(folder / name, make())
    return folder


@pytest.fixture(params=SYSTEMS)
def stored(request, saved, tmp_path):
    """A copy of the bundle of each kind, which a test may damage."""
    return Path(shutil.copytree(saved / request.param, tmp_path / request.param))


def edit(folder, change):
    """Change the object in bundle.json and seal it again, as an attacker would."""
    value = json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))
    del value["checksum"]
    change(value)
    (folder / DOCUMENT).write_bytes(document.seal(value))


def replace(folder, name, change):
    """Change the arrays of a file and vouch for it, as an attacker would."""
    arrays = {key: array.copy() for key, array in load((folder / name).read_bytes()).items()}
    change(arrays)
    content = save(arrays)
    (folder / name).write_bytes(content)
    record = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    edit(folder, lambda value: value["files"].update({name: record}))


def refused(folder, sentence):
    with pytest.raises(BundleError, match=sentence) as caught:
        load_system(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", [DOCUMENT, WEIGHTS, GOLDEN])
def test_a_changed_shortened_or_missing_file_is_refused(stored, name):
    content = (stored / name).read_bytes()
    flipped = bytearray(content)
    flipped[-8] ^= 1
    for changed in (bytes(flipped), content[:-1], content + b"\0", b""):
        (stored / name).write_bytes(changed)
        refused(stored, name)
    (stored / name).unlink()
    refused(stored, f"{name} is missing")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda value: value.update(schema_version=SCHEMA_VERSION + 1), "pip install --upgrade learnet"),
        (lambda value: value.update(schema_version="3"), "schema_version should be a whole number"),
        (lambda value: value.update(kind="pickle"), "but holds the kind 'pickle'"),
        (lambda value: value.update(kind=["rbm"]), "kind should be a text"),
        (lambda value: value.update(kind="generator"), r"kind 'generator'.*learnet\.gan\.load_generator"),
        (lambda value: value.update(code="import os"), "has the unknown 'code'"),
        (lambda value: value.pop("notes"), "lacks notes"),
        (lambda value: value.update(created="yesterday"), "created should be a time"),
        (lambda value: value.update(arguments=[]), "arguments should be an object"),
        (lambda value: value["arguments"].update(extra=1), "arguments should have exactly"),
        (lambda value: value["arguments"].clear(), "arguments should have exactly"),
        (lambda value: value["files"].update({"../x": value["files"][WEIGHTS]}), "and nothing else"),
        (lambda value: value["files"][WEIGHTS].update(bytes=10**15), "where bundle.json promises"),
    ],
)
def test_hostile_documents_are_refused(stored, change, sentence):
    edit(stored, change)
    refused(stored, sentence)


LARGE = 2**31 - 1
HOSTILE = {
    "hopfield": [
        ({"rule": "os.system"}, "should be one of hebb"),
        ({"coding": 3}, "should be one of bipolar, binary"),
        ({"threshold": "0"}, "should be a number"),
        ({"networks": 0}, "should be a whole number from 1 up"),
        ({"networks": LARGE, "shape": [LARGE] * 8}, "but a Hopfield network as described has"),
        ({"shape": [25]}, "holds arrays of .* bytes, but"),
        ({"shape": [2, 12]}, "'patterns' should be uint8 of shape"),
        ({"shape": [1] * 9}, "should hold 1 to 8 numbers"),
        ({"shape": 24}, "should be a list"),
        ({"patterns": True}, "should be a whole number"),
        ({"precision": "object"}, "should be one of float32, float64"),
        ({"coding": "binary"}, "does not give the answers"),
    ],
    "modern-hopfield": [
        ({"beta": 0}, "must be greater than 0"),
        ({"beta": 2.0}, "does not give the answers"),
        ({"patterns": 7}, "holds arrays of .* bytes, but"),
        ({"patterns": LARGE, "shape": [LARGE]}, "bytes, but a modern Hopfield network"),
        ({"shape": [0]}, "whole number from 1 up"),
    ],
    "boltzmann": [
        ({"visible": 0}, "whole number from 1 up"),
        ({"hidden": -1}, "whole number from 0 up"),
        ({"hidden": 3}, "holds arrays of"),
        ({"machines": LARGE}, "holds arrays of"),
        ({"counting": 0}, "whole number from 1 up"),
        ({"annealing": []}, "needs steps of a time"),
        ({"annealing": [{"time": 1, "temperature": -1.0}]}, "a temperature greater than 0"),
        ({"annealing": [[1, 2.0]]}, r"arguments\['annealing'\]\[0\] should be an object"),
        ({"random": {"state": "z", "increment": "1", "kept": None}}, "hexadecimal digits"),
        ({"random": {"state": "f" * 33, "increment": "1", "kept": None}}, "hexadecimal digits"),
        ({"random": {"state": "1", "increment": "1", "kept": 2**32}}, "below 2"),
        ({"random": None}, "should be an object"),
    ],
    "rbm": [
        ({"hidden": 6}, "holds arrays of"),
        ({"features": LARGE}, "holds arrays of"),
        ({"moving": 1}, "should be true or false"),
        ({"chains": 0}, "whole number from 1 up"),
        ({"parameters": {}}, "should have exactly"),
    ],
}


@pytest.mark.parametrize(
    ("kind", "change", "sentence"), [(kind, *each) for kind, rows in HOSTILE.items() for each in rows]
)
def test_hostile_arguments_are_refused(saved, tmp_path, kind, change, sentence):
    folder = Path(shutil.copytree(saved / kind, tmp_path / "copy"))
    edit(folder, lambda value: value["arguments"].update(change))
    refused(folder, sentence)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("n_components", 0, "whole number from 1 up"),
        ("momentum", 1.5, "momentum in"),
        ("learning_rate", "fast", "should be a number"),
        ("visible", "pickle", "should be one of binary, gaussian"),
        ("visible", "gaussian", "does not give the answers"),
        ("method", None, "should be one of pcd, cd"),
        ("n_chains", 0, "whole number from 1 up"),
    ],
)
def test_hostile_parameters_are_refused(saved, tmp_path, name, value, sentence):
    folder = Path(shutil.copytree(saved / "rbm", tmp_path / "copy"))
    edit(folder, lambda told: told["arguments"]["parameters"].update({name: value}))
    refused(folder, sentence)


def test_arrays_of_other_names_types_shapes_and_values_are_refused(stored):
    first = max(load((stored / WEIGHTS).read_bytes()))
    whole = (stored / WEIGHTS).read_bytes()

    def rename(arrays):
        arrays["x"] = arrays.pop(first)

    def turn(arrays):
        arrays[first] = arrays[first].reshape(1, *arrays[first].shape)

    def halve(arrays):
        arrays[first] = arrays[first].ravel()[: arrays[first].size // 2]

    for change, sentence in (
        (rename, "is missing|is unknown"),
        (turn, f"'{first}' should be"),
        (halve, "holds arrays of .* bytes, but"),
    ):
        (stored / WEIGHTS).write_bytes(whole)
        replace(stored, WEIGHTS, change)
        refused(stored, sentence)


def test_numbers_that_are_none_and_bits_that_are_none_are_refused(stored):
    for name, array in load((stored / WEIGHTS).read_bytes()).items():
        wrong = np.array(7, np.uint8) if array.dtype == np.uint8 else np.array(np.nan, array.dtype)
        before = [(stored / each).read_bytes() for each in (WEIGHTS, DOCUMENT)]
        filled = np.full_like(array, wrong)
        replace(stored, WEIGHTS, lambda arrays, name=name, filled=filled: arrays.update({name: filled}))
        refused(stored, f"'{name}' should hold (finite numbers|only 0 and 1)")
        for each, content in zip((WEIGHTS, DOCUMENT), before, strict=True):
            (stored / each).write_bytes(content)


def test_other_weights_and_other_answers_fail_the_proof(stored):
    replace(stored, GOLDEN, lambda arrays: [a.__iadd__(1) for name, a in arrays.items() if name.startswith("answer/")])
    refused(stored, "It does not give the answers that it was saved with")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda arrays: arrays.clear(), "The cues in golden.safetensors should hold"),
        (lambda arrays: arrays.update(x=np.zeros(1, np.uint8)), "cues and answers, and nothing else"),
        (lambda arrays: arrays.update({name: a[None] for name, a in arrays.items()}), "should be .* of shape"),
    ],
)
def test_a_proof_of_another_shape_is_refused(stored, change, sentence):
    replace(stored, GOLDEN, change)
    refused(stored, sentence)


def test_weights_that_are_not_symmetric_are_refused(saved, tmp_path):
    for kind, name in (("hopfield", "weights"), ("boltzmann", "table")):
        folder = Path(shutil.copytree(saved / kind, tmp_path / kind))
        replace(folder, WEIGHTS, lambda arrays, name=name: arrays[name].__setitem__((..., 0, 1), 5))
        refused(folder, "must be symmetric")


def test_other_files_are_never_opened(stored):
    class Payload:
        def __reduce__(self):
            return Path.touch, (stored / "was run",)

    (stored / "system.pkl").write_bytes(pickle.dumps(Payload()))
    load_system(stored)
    assert not (stored / "was run").exists()


def test_a_previous_version_left_by_a_kill_is_opened(stored):
    stored.rename(stored.with_name(f".{stored.name}.previous"))
    assert load_system(stored).info.kind == stored.name


def test_what_opens_the_other_bundle_is_said(stored, tmp_path):
    with pytest.raises(BundleError, match=rf"kind '{stored.name}', not a classifier .*load_system\(FOLDER\)$"):
        load_bundle(stored)
    for verb in (predict, evaluate):
        with pytest.raises(BundleError, match="not a classifier of photos"):
            verb(stored, tmp_path)
    edit(stored, lambda value: value.update(schema_version=1))
    refused(stored, r"holds a classifier of photos. Open it in Python: learnet\.load\(FOLDER\)$")


def test_chance_goes_on_where_it_stood():
    random = np.random.default_rng(4)
    random.integers(9, size=3, dtype=np.uint32)
    wanted = restore_random(json.loads(json.dumps(describe_random(random))))
    assert np.array_equal(
        wanted.integers(2**32, size=9, dtype=np.uint32), random.integers(2**32, size=9, dtype=np.uint32)
    )
    with pytest.raises(BundleError, match="should come from PCG64, but comes from MT19937"):
        describe_random(np.random.Generator(np.random.MT19937(0)))
