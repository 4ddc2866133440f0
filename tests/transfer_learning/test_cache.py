import hashlib
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from learnet.core import UsageError
from learnet.data import Facts
from learnet.transfer_learning.cache import CacheError, FeatureCache

SIZE = 300


def _digests(*numbers: int) -> list[bytes]:
    return [hashlib.sha256(b"photo %d" % number).digest() for number in numbers]


def _features(*numbers: int) -> np.ndarray:
    """Return features that follow from the number, so that a wrong one is noticed."""
    return np.array([np.random.default_rng(number).normal(size=SIZE) for number in numbers], np.float32)


def _facts(number: int) -> Facts:
    return Facts(format="jpeg", width=300 + number, height=200, hash=hashlib.sha256(b"%d" % number).digest())


def _fill(cache: FeatureCache, *numbers: int, key: str = "network") -> None:
    cache.open_space(key, size=SIZE, name="tiny").put_many(
        _digests(*numbers), _features(*numbers), [_facts(number) for number in numbers]
    )


def _found(cache: FeatureCache, *numbers: int, key: str = "network") -> list[bool]:
    """Read; check that what is found is right; return what was found."""
    space, out = cache.open_space(key, size=SIZE), np.full((len(numbers), SIZE), np.nan, np.float32)
    found = space.get_many(_digests(*numbers), out=out)
    assert (out[found] == _features(*numbers)[found]).all()
    assert np.isnan(out[~found]).all()
    for number, fact in zip(numbers, space.get_facts(_digests(*numbers)), strict=True):
        assert fact in (None, _facts(number))
    return [bool(hit) for hit in found]


@settings(max_examples=25, deadline=None)
@given(
    features=arrays(np.float32, st.tuples(st.integers(1, 8), st.integers(1, 30)), elements=st.floats(width=32)),
    data=st.data(),
)
def test_what_is_put_comes_back_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, features: np.ndarray, data: st.DataObject
) -> None:
    count = len(features)
    digests = data.draw(st.lists(st.binary(min_size=1, max_size=40), min_size=count, max_size=count, unique=True))
    folder = tmp_path_factory.mktemp("cache")
    with FeatureCache(folder) as cache:
        cache.open_space("key", size=features.shape[1]).put_many(digests, features)
    with FeatureCache(folder) as cache:
        space = cache.open_space("key", size=features.shape[1])
        order = data.draw(st.permutations(range(count)))
        out = np.zeros_like(features)
        assert space.get_many([digests[i] for i in order], out=out, rows=order).all()
        assert out.tobytes() == features.tobytes()
        assert space.known() == frozenset(digests)
    shutil.rmtree(folder)


def test_facts_come_back_and_spaces_do_not_mix(tmp_path: Path) -> None:
    with FeatureCache(tmp_path) as cache:
        _fill(cache, 1, 2)
        assert cache.open_space("network", size=SIZE).get_facts(_digests(2, 3)) == [_facts(2), None]
        assert _found(cache, 1, 2, 3) == [True, True, False]
        assert _found(cache, 1, key="another network") == [False]
        assert cache.open_space("another network", size=SIZE).known() == frozenset()


def test_a_second_put_wins(tmp_path: Path) -> None:
    with FeatureCache(tmp_path) as cache:
        space = cache.open_space("k", size=1)
        for value in (1.0, 2.0):
            space.put_many([b"d"], np.array([[value]], np.float32))
        out = np.zeros((1, 1), np.float32)
        space.get_many([b"d"], out=out)
        assert out[0, 0] == 2.0
        assert cache.stats().rows == 1


def test_the_statistics_count_and_clearing_empties(tmp_path: Path) -> None:
    before = time.time()
    with FeatureCache(tmp_path) as cache:
        _fill(cache, *range(500))
        _fill(cache, 1, key="other")
        stats = cache.stats()
        assert stats.rows == 501
        assert [(space.name, space.rows, space.bytes) for space in stats.spaces] == [
            ("tiny", 500, 500 * SIZE * 4),
            ("tiny", 1, SIZE * 4),
        ]
        assert stats.bytes >= 501 * SIZE * 4
        assert before - 1 <= stats.oldest <= time.time()
        assert stats.to_json()["spaces"][0]["rows"] == 500
        freed = cache.clear()
        assert freed > 400 * SIZE * 4
        assert cache.stats().rows == 0
        assert cache.stats().oldest is None
        assert cache.stats().bytes < 100_000
        _fill(cache, 7)  # a space that was open goes on working
        assert _found(cache, 7, 8) == [True, False]


def test_the_least_recently_used_go_first_and_the_file_shrinks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(1, 100))
    monkeypatch.setattr("learnet.transfer_learning.cache._now", lambda: next(clock))
    with FeatureCache(tmp_path) as cache:
        for start in range(0, 1_000, 100):
            _fill(cache, *range(start, start + 100))
        assert all(_found(cache, *range(100)))  # the oldest are used again
    limit = (tmp_path / "features.sqlite").stat().st_size // 2
    with FeatureCache(tmp_path, limit_bytes=limit) as cache:
        _fill(cache, 1_000)
        assert cache.stats().bytes <= limit
        assert all(_found(cache, *range(100)))
        assert _found(cache, 1_000) == [True]
        kept = _found(cache, *range(100, 1_000))
        assert not any(kept[:300])
        assert kept == sorted(kept)
        assert sum(kept) > 150
        gone = cache.open_space("network", size=SIZE).get_facts(_digests(*range(100, 300)))
        assert gone == [None] * 200


@pytest.mark.parametrize("seed", range(8))
def test_overwritten_bytes_never_give_wrong_features(tmp_path: Path, seed: int) -> None:
    with FeatureCache(tmp_path) as cache:
        _fill(cache, *range(200))
    path = tmp_path / "features.sqlite"
    content, source = bytearray(path.read_bytes()), random.Random(seed)
    for _ in range(40):
        place = source.randrange(len(content) - 64)
        content[place : place + 64] = source.randbytes(64)
    path.write_bytes(content)
    with FeatureCache(tmp_path) as cache:
        assert not all(_found(cache, *range(200)))
        _fill(cache, *range(200))  # mends it
        assert all(_found(cache, *range(200)))


def test_one_flipped_bit_in_a_feature_is_a_miss_and_is_mended(tmp_path: Path) -> None:
    with FeatureCache(tmp_path) as cache:
        _fill(cache, 1, 2, 3)
    path, stored = tmp_path / "features.sqlite", _features(2).tobytes()[:900]
    content = path.read_bytes()
    assert content.count(stored) == 1
    place = content.index(stored) + 100
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    with FeatureCache(tmp_path) as cache:
        assert _found(cache, 1, 2, 3) == [True, False, True]
        _fill(cache, 2)
        assert _found(cache, 1, 2, 3) == [True, True, True]


@pytest.mark.parametrize("damage", ["garbage", "truncated", "header", "foreign", "old", "text"])
def test_a_damaged_file_is_set_aside_and_said(tmp_path: Path, damage: str) -> None:
    with FeatureCache(tmp_path) as cache:
        _fill(cache, *range(300))
    path = tmp_path / "features.sqlite"
    content = path.read_bytes()
    if damage in ("foreign", "old"):
        path.unlink()
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE mine (x)")
            other.execute(f"PRAGMA user_version = {1 if damage == 'foreign' else 99}")
        other.close()
    else:
        path.write_bytes(
            {
                "garbage": os.urandom(50_000),
                "truncated": content[: len(content) // 2],
                "header": b"\xff" * 100 + content[100:],
                "text": b"not a database at all, but a letter to a friend" * 20,
            }[damage]
        )
    said: list[str] = []
    with FeatureCache(tmp_path, say=said.append) as cache:
        assert not any(_found(cache, *range(290, 300)))
        _fill(cache, 1)
        assert _found(cache, 1, 2) in ([True, False], [True, True])
        assert len(said) == 1
        assert "damaged" in said[0]
        assert (tmp_path / "features.damaged.sqlite").exists()
        cache.clear()
        assert not (tmp_path / "features.damaged.sqlite").exists()


def test_damage_under_another_process_is_refused_and_not_renamed_away(tmp_path: Path) -> None:
    with FeatureCache(tmp_path) as cache:
        _fill(cache, *range(50))
        path = tmp_path / "features.sqlite"
        cache._database.outside_transaction("PRAGMA wal_checkpoint(TRUNCATE)")
        path.write_bytes(b"rubbish" * 1_000)
        script = f"""
            from pathlib import Path
            from learnet.transfer_learning.cache import CacheError, FeatureCache
            try:
                FeatureCache(Path({str(tmp_path)!r}))
            except CacheError as error:
                print(error)
        """
        told = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
        )
        assert "another process" in told.stdout
        assert path.exists()
        assert not (tmp_path / "features.damaged.sqlite").exists()


_WRITER = """
    import sys, time
    from pathlib import Path
    sys.path.insert(0, {tests!r})
    from test_cache import _fill
    from learnet.transfer_learning.cache import FeatureCache
    print("ready", flush=True)
    with FeatureCache(Path({folder!r})) as cache:
        for start in range({start}, {stop}, 10):
            _fill(cache, *range(start, start + 10))
            print(start, flush=True)
"""


def _writer(folder: Path, start: int, stop: int) -> subprocess.Popen[str]:
    script = _WRITER.format(tests=str(Path(__file__).parent), folder=str(folder), start=start, stop=stop)
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True)


def test_two_processes_may_write_the_same_photos_at_once(tmp_path: Path) -> None:
    writers = [_writer(tmp_path, 0, 600) for _ in range(2)]
    for writer in writers:
        output, _ = writer.communicate(timeout=60)
        assert writer.returncode == 0
        assert output.splitlines()[-1] == "590"
    with FeatureCache(tmp_path) as cache:
        assert all(_found(cache, *range(600)))
        assert cache.stats().rows == 600


@pytest.mark.slow
def test_a_kill_at_any_moment_loses_nothing_that_was_put(tmp_path: Path) -> None:
    source = random.Random(0)
    for attempt in range(6):
        writer = _writer(tmp_path, 1_000 * attempt, 1_000 * attempt + 1_000)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        time.sleep(source.uniform(0.02, 0.25))
        writer.send_signal(signal.SIGKILL)
        finished = [int(line) for line in writer.stdout.read().split()]
        writer.wait()
        writer.stdout.close()
        said: list[str] = []
        with FeatureCache(tmp_path, say=said.append) as cache:
            done = [number for start in finished for number in range(start, start + 10)]
            assert not done or all(_found(cache, *done))  # a kill may come before the first put
            whole = np.reshape(_found(cache, *range(1_000 * attempt, 1_000 * attempt + 1_000)), (-1, 10))
            assert (whole.all(axis=1) == whole.any(axis=1)).all()  # each put is there whole or not at all
        assert said == []
    with sqlite3.connect(tmp_path / "features.sqlite") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_a_full_disk_is_an_error_that_leaves_the_cache_whole(tmp_path: Path) -> None:
    with FeatureCache(tmp_path) as cache:
        _fill(cache, *range(20))
        cache._database.run(lambda connection: connection.execute("PRAGMA max_page_count = 60").fetchone())
        with pytest.raises(CacheError, match="the disk is full"):
            _fill(cache, *range(100, 400))
        assert all(_found(cache, *range(20)))
        assert not any(_found(cache, *range(100, 400)))
        cache._database.run(lambda connection: connection.execute("PRAGMA max_page_count = 1000000").fetchone())
        _fill(cache, *range(100, 400))
        assert all(_found(cache, *range(100, 400)))


def test_a_file_that_may_not_grow_is_an_error_that_leaves_the_cache_whole(tmp_path: Path) -> None:
    with FeatureCache(tmp_path) as cache:
        _fill(cache, *range(20))
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with FeatureCache(tmp_path) as cache:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        try:
            with pytest.raises(CacheError, match="disk"):
                _fill(cache, *range(100, 600))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    with FeatureCache(tmp_path) as cache:
        assert all(_found(cache, *range(20)))
        assert not any(_found(cache, *range(100, 600)))


def test_a_locked_file_is_an_error_after_waiting_and_reading_goes_on(tmp_path: Path) -> None:
    with FeatureCache(tmp_path, timeout=0.1) as cache:
        _fill(cache, 1)
        other = sqlite3.connect(tmp_path / "features.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(CacheError, match="locked"):
            _fill(cache, 2)
        assert _found(cache, 1, 2) == [True, False]
        other.execute("ROLLBACK")
        other.close()
        _fill(cache, 2)
        assert _found(cache, 1, 2) == [True, True]


def test_a_folder_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(CacheError, match="cannot be used"):
        FeatureCache(tmp_path / "file" / "cache")


def test_threads_share_a_cache(tmp_path: Path) -> None:
    with FeatureCache(tmp_path) as cache:
        threads = [
            threading.Thread(target=_fill, args=(cache, *range(start, start + 20))) for start in range(0, 160, 20)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(_found(cache, *range(160)))


def test_an_interrupted_put_is_rolled_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with FeatureCache(tmp_path) as cache:
        monkeypatch.setattr("learnet.transfer_learning.cache._facts_checksum", _interrupt)
        with pytest.raises(KeyboardInterrupt):
            _fill(cache, 1)
        monkeypatch.undo()
        assert _found(cache, 1) == [False]
        _fill(cache, 1)
        assert _found(cache, 1) == [True]


def _interrupt(*_: object) -> int:
    raise KeyboardInterrupt


def test_wrong_use_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="at least 1 byte"):
        FeatureCache(tmp_path, limit_bytes=0)
    cache = FeatureCache(tmp_path)
    space = cache.open_space("k", size=3, name="net")
    with pytest.raises(UsageError, match=r"float32 of shape \(n, 3\); received float64"):
        space.put_many([b"d"], np.zeros((1, 3)))
    with pytest.raises(UsageError, match="received 2 images, 1 vectors and 0 facts"):
        space.put_many([b"d", b"e"], np.zeros((1, 3), np.float32))
    space.put_many([b"d"], np.zeros((1, 3), np.float32))
    with pytest.raises(UsageError, match="'k' have 3 numbers each; 4 were asked for"):
        cache.open_space("k", size=4)
    cache.close()
    cache.close()
    with pytest.raises(CacheError, match="closed"):
        space.known()
