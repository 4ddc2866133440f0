import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from learnet.core import DataError, Silent
from learnet.data import download
from learnet.data.download import RemoteFile, cache_folder, data_folders, fetch, find, require_intact

CONTENT = bytes(range(256)) * 4_000


class Server(ThreadingHTTPServer):
    """Serves CONTENT with ranges; ``faults`` tells how each request fails before one succeeds."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults, self.ranges, self.content, self.with_ranges = [], [], CONTENT, True


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        fault = self.server.faults.pop(0) if self.server.faults else ""
        asked = self.headers.get("Range")
        self.server.ranges.append(asked)
        if fault.isdigit():
            self.send_error(int(fault))
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.server.with_ranges else 0
        if asked and start >= len(self.server.content):
            self.send_error(416)
            return
        body = self.server.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if fault == "cut" else body)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("LEARNET_OFFLINE", "0")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(download, "_PAUSE_SECONDS", 0.001)
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def remote(server):
    checksum = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
    return RemoteFile(
        name="a.bin", url=f"http://127.0.0.1:{server.server_port}/a", checksum=checksum, max_bytes=len(CONTENT)
    )


def test_a_file_is_fetched_whole(remote, tmp_path):
    path = fetch(remote, tmp_path / "new", progress=Silent())
    assert path.read_bytes() == CONTENT
    assert [item.name for item in path.parent.iterdir()] == ["a.bin"]


def test_md5_where_only_that_is_published(remote, tmp_path):
    import dataclasses

    other = dataclasses.replace(remote, checksum=f"md5:{hashlib.md5(CONTENT).hexdigest()}")
    assert fetch(other, tmp_path, progress=Silent()).read_bytes() == CONTENT


def test_a_cut_connection_is_continued(server, remote, tmp_path):
    server.faults = ["cut", "500", "cut"]
    assert fetch(remote, tmp_path, progress=Silent()).read_bytes() == CONTENT
    half = len(CONTENT) // 2
    assert server.ranges == [None, f"bytes={half}-", f"bytes={half}-", f"bytes={half + half // 2}-"]


def test_an_earlier_attempt_is_continued(server, remote, tmp_path):
    (tmp_path / "a.bin.part").write_bytes(CONTENT[:1000])
    assert fetch(remote, tmp_path, progress=Silent()).read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-"]


def test_a_complete_earlier_attempt_needs_only_its_name(server, remote, tmp_path):
    (tmp_path / "a.bin.part").write_bytes(CONTENT)
    assert fetch(remote, tmp_path, progress=Silent()).read_bytes() == CONTENT


def test_a_damaged_earlier_attempt_is_begun_again(server, remote, tmp_path):
    (tmp_path / "a.bin.part").write_bytes(b"damaged" * 100)
    assert fetch(remote, tmp_path, progress=Silent()).read_bytes() == CONTENT
    assert server.ranges == ["bytes=700-", None]


def test_a_server_without_ranges(server, remote, tmp_path):
    server.with_ranges = False
    (tmp_path / "a.bin.part").write_bytes(CONTENT[:1000])
    assert fetch(remote, tmp_path, progress=Silent()).read_bytes() == CONTENT


def failure(remote, folder):
    with pytest.raises(DataError) as caught:
        fetch(remote, folder, progress=Silent())
    message = str(caught.value)
    assert remote.name in message
    assert remote.url in message
    assert remote.checksum.partition(":")[2] in message
    assert str(folder) in message
    assert not (folder / remote.name).exists()
    return message


def test_a_wrong_checksum_is_refused_and_nothing_kept(server, remote, tmp_path):
    server.content = CONTENT[:-1] + b"?"
    assert "has the checksum sha256:" in failure(remote, tmp_path)
    assert (tmp_path / "a.bin.part").stat().st_size == 0


def test_a_missing_file(server, remote, tmp_path):
    server.faults = ["404"]
    assert "HTTP status 404" in failure(remote, tmp_path)
    assert len(server.ranges) == 1


def test_a_server_that_is_out_of_order(server, remote, tmp_path):
    server.faults = ["503"] * 10
    assert "HTTP status 503" in failure(remote, tmp_path)
    assert len(server.ranges) == 5


def test_a_server_that_sends_too_much(server, remote, tmp_path):
    server.content = CONTENT * 2
    assert "more than the file should have" in failure(remote, tmp_path)
    assert (tmp_path / "a.bin.part").stat().st_size == 0


def test_no_server_at_all(server, remote, tmp_path):
    import dataclasses

    failure(dataclasses.replace(remote, url="http://127.0.0.1:9/a"), tmp_path)


def test_offline(remote, server, tmp_path, monkeypatch):
    monkeypatch.setenv("LEARNET_OFFLINE", "1")
    monkeypatch.setenv("LEARNET_DATA_DIR", "/my/data")
    message = failure(remote, tmp_path)
    assert "LEARNET_OFFLINE" in message
    assert "/my/data" in message
    assert server.ranges == []


def test_nothing_but_https(tmp_path, monkeypatch):
    monkeypatch.setenv("LEARNET_OFFLINE", "0")
    remote = RemoteFile(name="a", url="http://example.org/a", checksum="md5:0", max_bytes=1)
    with pytest.raises(DataError, match="not https"):
        fetch(remote, tmp_path, progress=Silent())


@pytest.mark.skipif("os.name == 'nt'", reason="files are locked otherwise there")
def test_two_processes_do_not_write_into_one_file(remote, tmp_path):
    with download._lock(tmp_path / "a.bin.part") as first:
        first.write(b"of the other process")
        first.flush()
        assert fetch(remote, tmp_path, progress=Silent()).read_bytes() == CONTENT
    assert (tmp_path / "a.bin.part").read_bytes() == b"of the other process"


def test_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("LEARNET_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "b").touch()
    assert cache_folder() == tmp_path / "cache"
    assert data_folders() == [tmp_path / "data", tmp_path / "cache" / "datasets"]
    assert find("a", "b") == tmp_path / "data" / "b"
    assert find("c") is None
    monkeypatch.delenv("LEARNET_CACHE_DIR")
    assert "learnet" in cache_folder().parts


def test_an_official_file_is_recognised(tmp_path):
    (tmp_path / "a").write_bytes(b"a")
    remote = RemoteFile(name="a", url="https://x", checksum="md5:0cc175b9c0f1b6a831c399e269772661", max_bytes=1)
    require_intact(tmp_path / "a", remote)
    (tmp_path / "a").write_bytes(b"b")
    with pytest.raises(DataError, match="damaged or not the official file"):
        require_intact(tmp_path / "a", remote)
