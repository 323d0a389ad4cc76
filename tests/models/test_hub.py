"""Packs from a Hugging Face repository, through its own library, against a tiny Hub on this machine."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rag import models
from rag.errors import HashMismatch, PackUnavailable
from rag.models import HuggingFaceSource, State
from tests.models.conftest import Watcher, make_pack, sha

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LONG = bytes(range(256)) * 100_000  # more than two of the library's chunks of 10 MB


@dataclass
class Hub:
    """What the server holds, and what was asked of it: (method, path, Range)."""

    files: dict[str, bytes] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    endpoint: str = ""

    def source(self, *renamed: tuple[str, str]) -> HuggingFaceSource:
        return HuggingFaceSource("someone/tiny", COMMIT, renamed, endpoint=self.endpoint)


class _Handler(BaseHTTPRequestHandler):
    hub: Hub

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        asked_range = self.headers.get("Range")
        self.hub.asked.append((self.command, self.path, asked_range))
        name = self.path.removeprefix(f"/someone/tiny/resolve/{COMMIT}/")
        data = self.hub.files.get(name)
        if data is None:
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        start = int(asked_range.removeprefix("bytes=").rstrip("-")) if asked_range else 0
        self.send_response(206 if asked_range else 200)
        self.send_header("ETag", f'"{self.hub.etags.get(name, "some-etag")}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", str(len(data) - start))
        if asked_range:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        if body:
            try:
                self.wfile.write(data[start:])
            except ConnectionError:
                self.close_connection = True  # the test hung up in the middle

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield hub
    server.shutdown()
    server.server_close()
    thread.join()


def test_files_come_under_the_pack_s_own_names(hub: Hub) -> None:
    hub.files = {"Remote-Name.gguf": b"weights", "1_Pooling/config.json": b"{}"}
    pack = make_pack(
        {"model.gguf": b"weights", "1_Pooling/config.json": b"{}"}, hub.source(("model.gguf", "Remote-Name.gguf"))
    )
    watcher = Watcher()
    folder = models.ensure(pack, why="a test", progress=watcher)
    assert (folder / "model.gguf").read_bytes() == b"weights"
    assert (folder / "1_Pooling" / "config.json").read_bytes() == b"{}"
    assert watcher.steps[-1] == (9, 9, "tiny")
    assert models.path(pack) == folder


def test_an_interrupted_download_goes_on_at_the_byte(hub: Hub) -> None:
    hub.files = {"model.gguf": LONG}
    pack = make_pack({"model.gguf": LONG}, hub.source())

    class Interrupting(Watcher):
        def advance(self, done: int, total: int, label: str, /) -> None:
            if done > total / 2:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        models.ensure(pack, why="a test", progress=Interrupting())
    here = models.status(pack)
    assert here.state is State.PARTIAL
    assert 0 < here.bytes_on_disk < len(LONG)

    watcher = Watcher()
    folder = models.ensure(pack, why="a test", progress=watcher)
    assert (folder / "model.gguf").read_bytes() == LONG
    assert hub.asked[-1][0] == "GET"
    assert hub.asked[-1][2] == f"bytes={here.bytes_on_disk}-"
    assert watcher.steps[0][0] > here.bytes_on_disk
    assert watcher.steps[-1][0] == len(LONG)


def test_another_file_of_the_same_size_is_a_mismatch_and_not_kept(hub: Hub) -> None:
    hub.files = {"model.gguf": b"wrong"}
    pack = make_pack({"model.gguf": b"right"}, hub.source())
    with pytest.raises(HashMismatch) as caught:
        models.ensure(pack, why="a test")
    assert sha(b"right") in str(caught.value)
    assert sha(b"wrong") in str(caught.value)
    assert f"Hugging Face (someone/tiny at {COMMIT})" in str(caught.value)
    assert models.status(pack).state is State.ABSENT


def test_a_hash_that_the_hub_tells_beforehand_spares_the_download(hub: Hub) -> None:
    hub.files = {"model.gguf": b"wrong"}
    hub.etags = {"model.gguf": sha(b"wrong")}
    with pytest.raises(HashMismatch, match=sha(b"wrong")):
        models.ensure(make_pack({"model.gguf": b"right"}, hub.source()), why="a test")
    assert [method for method, *_ in hub.asked] == ["HEAD"]


def test_a_missing_file_or_another_size_is_a_reason(hub: Hub) -> None:
    pack = make_pack({"model.gguf": b"right"}, hub.source())
    with pytest.raises(PackUnavailable, match="404"):
        models.ensure(pack, why="a test")
    hub.files = {"model.gguf": b"longer than that"}
    with pytest.raises(PackUnavailable, match="16 bytes there, and 5 were promised"):
        models.ensure(pack, why="a test")


def test_no_network_fails_within_seconds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    pack = make_pack({"m": b"m"}, HuggingFaceSource("someone/tiny", "main", endpoint=f"http://127.0.0.1:{port}"))
    began = time.monotonic()
    with pytest.raises(PackUnavailable, match=r"Hugging Face \(someone/tiny at main\): m: .*[Cc]onn"):
        models.ensure(pack, why="a test")
    assert time.monotonic() - began < 10


def test_a_hub_that_never_answers_fails_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        pack = make_pack({"m": b"m"}, HuggingFaceSource("someone/tiny", "main", endpoint=endpoint))
        began = time.monotonic()
        with pytest.raises(PackUnavailable, match="timed out"):
            models.ensure(pack, why="a test")
    assert time.monotonic() - began < 15


def test_offline_mode_is_honoured(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(PackUnavailable, match="HF_HUB_OFFLINE is set"):
        models.ensure(make_pack({"m": b"m"}, hub.source()), why="a test")
    assert hub.asked == []
