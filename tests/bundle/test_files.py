import os
import sys
import tracemalloc

import pytest

from learnet.bundle.files import read_file
from learnet.core import BundleError

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders, and links need rights")


def test_content_within_the_limit(tmp_path):
    (tmp_path / "x").write_bytes(b"12345")
    assert read_file(tmp_path / "x", limit=5) == b"12345"
    assert read_file(tmp_path / "x", limit=9, exactly=5) == b"12345"


def test_sizes_are_checked_before_reading(tmp_path):
    with (tmp_path / "x").open("wb") as file:
        file.truncate(10**11)
    tracemalloc.start()
    try:
        with pytest.raises(BundleError, match=r"x holds 100,000,000,000 bytes, but .* at most 1,000"):
            read_file(tmp_path / "x", limit=1000)
        with pytest.raises(BundleError, match=r"holds 100,000,000,000 bytes where bundle.json promises 5"):
            read_file(tmp_path / "x", limit=1000, exactly=5)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(BundleError, match=r"^x is missing\.$"):
        read_file(tmp_path / "x", limit=5)
    (tmp_path / "folder").mkdir()
    with pytest.raises(BundleError, match=r"folder (is not a regular file|cannot be read)"):
        read_file(tmp_path / "folder", limit=5)


@posix
def test_links_are_not_followed(tmp_path):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "x").symlink_to(tmp_path / "secret")
    (tmp_path / "y").symlink_to("/dev/zero")
    for name in "xy":
        with pytest.raises(BundleError, match=f"{name} is a link"):
            read_file(tmp_path / name, limit=50)


@posix
def test_pipes_are_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x")
    with pytest.raises(BundleError, match="x is not a regular file"):
        read_file(tmp_path / "x", limit=5)
