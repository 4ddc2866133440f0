import json
import shutil

import numpy as np
import pytest

from learnet.applications.translate import (
    NetworkConfig,
    SearchConfig,
    Translator,
    Vocabulary,
    build_networks,
    load_translator,
    save_translator,
)
from learnet.bundle import document, load_system
from learnet.bundle.info import DOCUMENT, GOLDEN, WEIGHTS
from learnet.core import BundleError, UsageError, sha256_file
from tiny_pairs import ENGLISH, GERMAN


@pytest.fixture(scope="module")
def translator():
    source, target = Vocabulary.learn(GERMAN, size=50), Vocabulary.learn(ENGLISH, size=45)
    config = NetworkConfig(source_size=len(source), target_size=len(target), embedding=8, units=6, dropout=0.2)
    return Translator(source=source, target=target, networks=build_networks(config, seed=1), reverse=True)


@pytest.fixture(scope="module")
def stored(translator, tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "translator"
    save_translator(folder, translator, notes={"corpus": "made up"})
    return folder


def test_a_translator_comes_back_with_every_bit(stored, translator):
    found = load_translator(stored)
    assert (found.reverse, found.networks.config) == (True, translator.networks.config)
    assert found.source.content == translator.source.content
    for one, other in zip(found.networks.trainer.weights, translator.networks.trainer.weights, strict=True):
        assert np.array_equal(one, other)
    how = SearchConfig(beam=2, longest=5)
    texts = GERMAN[:3]
    one, other = ([each.text for each in t.translate(texts, config=how)] for t in (found, translator))
    assert one == other
    with pytest.raises(BundleError, match=r"learnet\.applications\.translate\.load_translator"):
        load_system(stored)


@pytest.mark.parametrize("seed", range(3))
def test_the_proof_holds_whatever_its_sentences(translator, tmp_path, seed):
    assert save_translator(tmp_path / "t", translator, seed=seed).networks.config == translator.networks.config


def rewrite(stored, tmp_path, change):
    """Change the description and seal it again, as an attacker would."""
    folder = shutil.copytree(stored, tmp_path / "copy")
    told = json.loads((folder / DOCUMENT).read_text())
    change(told)
    for name in (WEIGHTS, GOLDEN):
        told["files"][name] = {"sha256": sha256_file(folder / name), "bytes": (folder / name).stat().st_size}
    del told["checksum"]
    (folder / DOCUMENT).write_bytes(document.seal(told))
    return folder


def test_a_changed_bit_is_seen(stored, tmp_path):
    folder = shutil.copytree(stored, tmp_path / "copy")
    content = bytearray((folder / WEIGHTS).read_bytes())
    content[-9] ^= 1
    (folder / WEIGHTS).write_bytes(bytes(content))
    with pytest.raises(BundleError, match="was changed after the bundle was saved"):
        load_translator(folder)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda told: told["arguments"].update(extra=1), "has the unknown 'extra'"),
        (lambda told: told["arguments"]["network"].update(model="pickle"), "should be one of attention, plain"),
        (lambda told: told["arguments"]["network"].update(units=10**9), "from 1 to 4096"),
        (lambda told: told["arguments"]["network"].update(units=4096), "holds arrays of"),
        (lambda told: told["arguments"]["network"].update(dropout=float(2)), "less than 1; received 2.0"),
        (lambda told: told["arguments"].update(source_bytes=10**8), "should be at most 8,388,608"),
        (lambda told: told["arguments"].update(reverse="yes"), "should be true or false"),
    ],
)
def test_hostile_descriptions_get_a_sentence(stored, tmp_path, change, sentence):
    with pytest.raises(BundleError, match=sentence):
        load_translator(rewrite(stored, tmp_path, change))


def test_a_hostile_vocabulary_gets_a_sentence(stored, tmp_path):
    from safetensors.numpy import load_file, save_file

    def spoil(_):
        arrays = load_file(tmp_path / "copy" / WEIGHTS)
        arrays["source_vocabulary"][:] = 255
        save_file(arrays, tmp_path / "copy" / WEIGHTS)

    with pytest.raises(BundleError, match="vocabulary"):
        load_translator(rewrite(stored, tmp_path, spoil))


def test_vocabularies_must_fit_the_network(translator):
    with pytest.raises(UsageError, match="but the vocabulary has"):
        Translator(source=translator.target, target=translator.target, networks=translator.networks)


def test_every_line_gets_its_translation(translator):
    how = SearchConfig(beam=1, longest=4)
    lines = ["", GERMAN[0], "  ", "☃ " + GERMAN[1], " ".join([GERMAN[2] + "."] * 80)]
    done = translator.translate(lines, config=how, attention=True)
    assert [each.source for each in done] == lines
    assert [each.parts for each in done][:4] == [0, 1, 0, 1]
    assert done[4].parts > 1
    assert (done[0].text, done[3].unknown) == ("", ("☃",))
    for each in (done[1], done[3]):
        assert each.attention.shape == (len(each.target_pieces), len(each.source_pieces))
        assert each.attention.sum(axis=1) == pytest.approx(np.ones(len(each.target_pieces)), abs=1e-4)


def test_no_piece_of_a_long_sentence_is_lost(translator):
    row = translator.source.encode([" ".join(GERMAN * 5)])[0]
    parts = translator._cut(row)
    assert [piece for part in parts for piece in part] == row
    assert max(map(len, parts)) <= 250
