"""Stock LlamaIndex as a system beside ours. Needs the bench extra."""

from __future__ import annotations

from pathlib import Path

import pytest

import rag
from eval.systems import stock
from tests.conftest import Opener
from tests.fakes import HashEmbedding

pytest.importorskip("llama_index.retrievers.bm25", reason="needs the bench extra")
pytest.importorskip("llama_index.vector_stores.chroma", reason="needs the bench extra")


class Counting(HashEmbedding):
    """Counts the texts that were embedded."""

    texts: int = 0

    def _get_text_embedding(self, text: str) -> list[float]:
        self.texts += 1
        return super()._get_text_embedding(text)


def test_both_systems_find_a_text_with_the_fact(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    systems = stock.build(archive, 2, HashEmbedding())
    assert [system.name for system in systems] == ["stock dense", "stock dense + BM25"]
    for system in systems:
        found = system.search("How many tonnes of apples did the farmers bring in?", 2)
        assert "310 tonnes of apples" in found[0].text
        assert len({text.id for text in found}) == len(found) == 2
        assert found[0].text.startswith("Farmers")  # the title is metadata, and no part of the text


def test_windows_are_embedded_once_and_again_when_the_articles_change(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    first, second, third = Counting(), Counting(), Counting()
    stock.build(archive, 2, first)
    stock.build(archive, 2, second)
    assert (first.texts, second.texts) == (3, 0)
    (folder / "library.md").unlink()
    archive.ingest(folder, prune=True)
    stock.build(archive, 2, third)
    assert third.texts == 2


def test_windows_of_a_build_that_was_stopped_are_embedded_again(opened: Opener, folder: Path) -> None:
    class Stopped(Counting):
        def _get_text_embedding(self, text: str) -> list[float]:
            raise KeyboardInterrupt

    archive = opened()
    archive.ingest(folder)
    with pytest.raises(KeyboardInterrupt):
        stock.build(archive, 2, Stopped())
    after = Counting()
    stock.build(archive, 2, after)
    assert after.texts == 3


def test_an_embedder_that_is_no_pack_needs_an_embedding(opened: Opener, folder: Path) -> None:
    archive = opened()
    archive.ingest(folder)
    with pytest.raises(rag.RagError):
        stock.build(archive, 2)
