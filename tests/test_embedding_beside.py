"""Embedding beside the reading of what comes next."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

import rag
from rag import embedding_beside
from tests.conftest import Opener, consistent, write_article

PATIENCE = 60  # seconds


class Gate:
    """Holds every embedding until it is opened."""

    def __init__(self, archive: rag.Archive, patch: pytest.MonkeyPatch) -> None:
        self.begun, self.open = threading.Event(), threading.Event()
        self.batches: list[int] = []
        real = archive._embedder.encode_parts

        def held(texts: Any, parts: Any) -> Any:
            self.begun.set()
            assert self.open.wait(PATIENCE)
            self.batches.append(len(texts))
            return real(texts, parts)

        patch.setattr(archive._embedder, "encode_parts", held)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_beside, "_BATCH", 1)
    monkeypatch.setattr(embedding_beside, "_PART", 1)


def owls(folder: Path, many: int) -> None:
    """Articles of one passage each."""
    for n in range(many):
        write_article(folder / f"{n}.md", f"Owl number {n} was seen.", title=f"Owl {n}")


def test_what_comes_next_is_read_meanwhile(opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = opened()
    gate = Gate(archive, monkeypatch)
    owls(tmp_path / "in", 3)

    def progress(*, articles: int, embedded: int, pending: int, current: str) -> None:
        if articles == 3 and not gate.open.is_set():
            assert gate.begun.wait(PATIENCE)
            assert embedded == 0
            gate.open.set()

    assert archive.ingest(tmp_path / "in", progress).added == 3
    consistent(archive)


def test_an_article_that_is_replaced_while_it_is_embedded(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = opened()
    gate = Gate(archive, monkeypatch)
    for name, text in (("a.md", "Five owls were seen."), ("b.md", "Six owls were seen, not five.")):
        write_article(tmp_path / "in" / name, text, title="Owls", url="https://example.org/owls")
    write_article(tmp_path / "in" / "c.md", "A heron was seen.", title="Heron")

    def progress(*, articles: int, embedded: int, pending: int, current: str) -> None:
        if articles == 3:
            assert gate.begun.wait(PATIENCE)
            gate.open.set()

    report = archive.ingest(tmp_path / "in", progress)
    assert (report.added, report.updated) == (2, 1)
    consistent(archive)
    assert "Six owls" in archive.search("How many owls were seen?")[0].text


def test_who_interrupts_keeps_what_was_made(opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_beside, "_BATCH", 3)
    archive = opened()
    gate = Gate(archive, monkeypatch)
    owls(tmp_path / "in", 3)

    def progress(*, articles: int, embedded: int, pending: int, current: str) -> None:
        if articles == 3 and gate.begun.wait(PATIENCE):
            raise KeyboardInterrupt

    real = embedding_beside.Beside.stop

    def stop(beside: embedding_beside.Beside) -> None:
        beside._stopping = True
        gate.open.set()
        real(beside)

    monkeypatch.setattr(embedding_beside.Beside, "stop", stop)
    with pytest.raises(KeyboardInterrupt):
        archive.ingest(tmp_path / "in", progress)
    assert gate.batches == [1]
    assert archive._catalog.pending_count() == 2
    assert archive.ingest(tmp_path / "in").unchanged == 3
    consistent(archive)


def test_no_more_waits_than_is_soon_embedded(opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding_beside, "_AHEAD", 2)
    archive = opened()
    owls(tmp_path / "in", 12)
    waiting: list[int] = []
    archive.ingest(tmp_path / "in", lambda *, pending, **_: waiting.append(pending))
    assert 0 < max(waiting) <= 4
    consistent(archive)


def test_what_was_made_before_a_failure_is_stored(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that an embedder that fails now and then gets on."""
    monkeypatch.setattr(embedding_beside, "_BATCH", 3)
    archive = opened()
    owls(tmp_path / "in", 3)
    real, calls = archive._embedder.encode_parts, iter([True, False])

    def fails(texts: Any, parts: Any) -> Any:
        if not next(calls, True):
            raise rag.RagError("the server has gone")
        return real(texts, parts)

    with monkeypatch.context() as patch:
        patch.setattr(archive._embedder, "encode_parts", fails)
        with pytest.raises(rag.RagError, match="the server has gone"):
            archive.ingest(tmp_path / "in")
    assert archive._catalog.pending_count() == 2
    archive.ingest(tmp_path / "in")
    consistent(archive)


def test_all_is_embedded_whenever_the_end_is_told(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also between the thread's look at what is pending and its look at whether that is the end."""
    monkeypatch.setattr(embedding_beside, "_BATCH", 100)
    archive = opened()
    owls(tmp_path / "in", 3)
    finish, told, looked = embedding_beside.Beside._tell, threading.Event(), threading.Event()
    real = archive._catalog.pending_count

    def tell(beside: embedding_beside.Beside, *, everything: bool) -> Any:
        if everything:
            assert looked.wait(PATIENCE)
        result = finish(beside, everything=everything)
        if everything:
            told.set()
        return result

    def count() -> int:
        found = real()
        if threading.current_thread() is not threading.main_thread() and found == 3 and not told.is_set():
            looked.set()
            assert told.wait(PATIENCE)
        return found

    monkeypatch.setattr(embedding_beside.Beside, "_tell", tell)
    monkeypatch.setattr(archive._catalog, "pending_count", count)
    archive.ingest(tmp_path / "in")
    assert real() == 0
