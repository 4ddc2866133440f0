import gzip

import pytest

from learnet.applications.translate import open_corpus, read_pairs
from learnet.applications.translate.pairs import Pairs, divide
from learnet.core import DataError, UsageError


def put(folder, **files):
    paths = []
    for name, text in files.items():
        paths.append(folder / name)
        paths[-1].write_text(text, encoding="utf-8")
    return paths


def test_two_files_line_by_line_with_what_is_skipped(tmp_path):
    de = "Ein Hund.\n\nEine Katze.\n \nNur hier.\n" + "lang " * 1200 + "\nkaputt \ufffd\n"
    en = "A dog.\n\nA cat.\nsomething\n\t\nlong\nbroken\n"
    pairs, skipped = read_pairs(put(tmp_path, de=de, en=en))
    assert (pairs.source, pairs.target, pairs.places) == (
        ["Ein Hund.", "Eine Katze."],
        ["A dog.", "A cat."],
        ["de:1", "de:3"],
    )
    assert [(each.line, each.reason) for each in skipped] == [
        (2, "empty line"),
        (4, "empty sentence"),
        (5, "empty translation"),
        (6, "very long sentence"),
        (7, "damaged characters in the sentence"),
    ]


def test_a_table_with_remarks(tmp_path):
    pairs, skipped = read_pairs(put(tmp_path, table="Ein Hund.\tA dog.\tby somebody\nohne\nEine Katze.\tA cat.\n"))
    assert (pairs.source, pairs.target) == (["Ein Hund.", "Eine Katze."], ["A dog.", "A cat."])
    assert [(each.line, each.reason) for each in skipped] == [(2, "no tab")]


def test_files_of_unequal_length(tmp_path):
    files = put(tmp_path, de="eins\nzwei\ndrei\n", en="one\ntwo\n")
    with pytest.raises(DataError, match=r"3 lines and '.*' 2.*first line of 'de' without a partner is 'drei'"):
        read_pairs(files)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("one\ntwo\n", "has no tabs"),
        ("", "No pair of sentences is left of the 0 lines"),
        ("\t\n", "line 1, empty line"),
    ],
)
def test_tables_without_pairs(tmp_path, text, sentence):
    with pytest.raises(DataError, match=sentence):
        read_pairs(put(tmp_path, table=text))


def numbered(count, *, same=1):
    return Pairs(
        source=[f"s{n // same}" for n in range(count)],
        target=[f"t{n}" for n in range(count)],
        places=[f"f:{n}" for n in range(count)],
    )


def test_no_source_is_in_two_parts_and_nothing_is_lost():
    parts = divide(numbered(300, same=3), validation=0.1, test=0.2, seed=3)
    assert [len(part) for part in parts] == [210, 30, 60]
    assert sorted(text for part in parts for text in part.target) == sorted(numbered(300).target)
    sets = [set(part.source) for part in parts]
    assert sum(map(len, sets)) == len(set.union(*sets))
    again = divide(numbered(300, same=3), validation=0.1, test=0.2, seed=3)
    assert [part.target for part in again] == [part.target for part in parts]
    assert divide(numbered(300, same=3), validation=0.1, test=0.2, seed=4)[2].target != parts[2].target


def test_too_few_pairs():
    with pytest.raises(DataError, match="2 different sentences are too few"):
        divide(numbered(2), validation=0.1, test=0.1, seed=0)


def test_multi30k_lies_in_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("LEARNET_DATA_DIR", str(tmp_path))
    with pytest.raises(DataError, match="Multi30k was not found"):
        open_corpus(["multi30k"])
    folder = tmp_path / "multi30k"
    folder.mkdir()
    for part, count in (("train", 3), ("val", 2), ("test_2016_flickr", 1)):
        for language in ("de", "en"):
            text = "".join(f"{language} {part} {number}\n" for number in range(count))
            (folder / f"{part}.{language}.gz").write_bytes(gzip.compress(text.encode()))
    corpus = open_corpus(["multi30k"], swap=True)
    assert corpus.train.source == ["en train 0", "en train 1", "en train 2"]
    assert (corpus.val.target, corpus.test.target) == (["de val 0", "de val 1"], ["de test_2016_flickr 0"])
    assert corpus.layout == "Multi30k, English to German: 3 train, 2 val, 1 test; 0 lines skipped."
    (folder / "val.en.gz").unlink()
    with pytest.raises(DataError, match=r"has no file val\.en\.gz"):
        open_corpus(["multi30k"])


def test_wrong_requests():
    with pytest.raises(UsageError, match="received 3 files"):
        open_corpus(["a", "b", "c"])
    with pytest.raises(UsageError, match="test fraction"):
        open_corpus(["a"], test_fraction=0.5)
