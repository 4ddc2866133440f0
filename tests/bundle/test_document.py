import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnet.bundle import document
from learnet.bundle.document import check_json, check_seal, parse_json, seal
from learnet.core import BundleError

VALUE = {"name": "模型 ü", "numbers": [1, -2.5, None, True], "inner": {"a": '\\ " \n'}}


def unseal(content):
    value = parse_json(content, name="bundle.json")
    check_seal(content, value)
    del value["checksum"]
    return value


def test_round_trip():
    assert unseal(seal(VALUE)) == VALUE


@pytest.mark.parametrize("flip", [0x01, 0x20, 0x80])
def test_every_changed_byte_is_noticed(flip):
    content = seal(VALUE)
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= flip
        with pytest.raises(BundleError, match=r"bundle\.json"):
            unseal(bytes(changed))


@given(st.data())
def test_every_cut_insertion_and_repetition_is_noticed(data):
    content = seal(VALUE)
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(content))] * 2)))
    filling = data.draw(st.one_of(st.binary(max_size=3), st.sampled_from([b" ", b"\n", content[begin:end] * 2])))
    changed = content[:begin] + filling + content[end:]
    if changed != content:
        with pytest.raises(BundleError):
            unseal(changed)


def test_a_checksum_that_occurs_elsewhere_does_not_confuse():
    checksum = json.loads(seal(VALUE))["checksum"]
    assert unseal(seal({"copied": checksum, "zeros": "0" * 64})) == {"copied": checksum, "zeros": "0" * 64}


@pytest.mark.parametrize("checksum", [None, 5, "", "0" * 63, "A" * 64, "é" * 64, ["0" * 64]])
def test_a_checksum_of_another_kind_is_refused(checksum):
    content = json.dumps({"checksum": checksum}).encode()
    with pytest.raises(BundleError, match="64 hexadecimal digits"):
        check_seal(content, parse_json(content, name="bundle.json"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is not valid JSON"),
        (b"\xff\xfe{}", "is not valid JSON"),
        (b"\xef\xbb\xbf{}", "is not valid JSON"),
        (b"\x80\x04}.", "is not valid JSON"),
        (b"[1]", "should hold a JSON object, but holds a list"),
        (b"null", "holds nothing"),
        (b'{"a": 1, "a": 2}', "occurs twice"),
        (b'{"a": {"b": 1, "b": 1}}', "occurs twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', r"x\['a'\] is not a finite number"),
        (b'{"a": 9223372036854775808}', "more than 64 bits"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is not valid JSON"),
        (b'{"a": "\\ud800"}', "not valid Unicode"),
        (b'{"\\udfff": 1}', "a key of x is"),
        (b'{"a":' * 20 + b"1" + b"}" * 20, "nested too deeply"),
        (b'{"a":' * 90_000, "nested too deeply|not valid JSON"),
        (b'{"a":' + b"[" * 200_000, "more than 100,000"),
    ],
)
def test_hostile_json_is_refused_with_its_name(content, sentence):
    with pytest.raises(BundleError, match=sentence):
        parse_json(content, name="x")


def test_sixteen_levels_are_enough_and_allowed():
    value = 1
    for _ in range(16):
        value = {"a": value}
    assert parse_json(json.dumps(value).encode(), name="x") == value


def test_a_small_file_cannot_ask_for_much_memory():
    content = b'{"a":[' + b"[]," * (document.MAX_DOCUMENT_BYTES // 3) + b"[]]}"
    tracemalloc.start()
    try:
        with pytest.raises(BundleError, match="more than 100,000"):
            parse_json(content, name="x")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_arbitrary_bytes_give_an_object_or_a_refusal(content):
    try:
        value = parse_json(content, name="x")
    except BundleError:
        return
    assert isinstance(value, dict)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abé\"\\", max_size=3), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(st.dictionaries(st.sampled_from("abc"), json_values, max_size=3))
def test_whatever_json_can_say_survives(value):
    assert unseal(seal(value)) == value


@pytest.mark.parametrize("value", [{"a": {1}}, {"a": b""}, {1: "a"}, {"a": object()}, {"a": float("nan")}])
def test_what_json_cannot_say_is_named(value):
    with pytest.raises(BundleError, match="config"):
        check_json(value, name="config")


def test_a_document_that_could_not_be_read_back_is_not_written():
    with pytest.raises(BundleError, match="too many classes"):
        seal({"class_names": ["n" * 100 + str(number) for number in range(80_000)]})
