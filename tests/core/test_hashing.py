import hashlib

from hypothesis import given
from hypothesis import strategies as st

from learnet.core import fingerprint, sha256_bytes, sha256_file

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def test_file_and_bytes_agree_with_hashlib(tmp_path):
    content = bytes(range(256)) * 5000
    path = tmp_path / "file"
    path.write_bytes(content)
    assert sha256_file(path) == sha256_bytes(content) == hashlib.sha256(content).hexdigest()


@given(st.dictionaries(st.text(), _JSON))
def test_fingerprint_ignores_the_order_of_keys_only(value):
    assert fingerprint(dict(reversed(value.items()))) == fingerprint(value)
    assert fingerprint({"wrapped": value}) != fingerprint(value)
