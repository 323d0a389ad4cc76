"""Our retrieval inside LlamaIndex: what its query engine sees are our passages, with exact offsets."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import rag
from rag.errors import SettingsError
from rag.interop import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata, PrivateAttr, TextNode
from tests.conftest import PROJECT, Opener

QUESTION = "How much will the repairs of the Weir Bridge cost?"


class Listener(CustomLLM):
    """Keeps the prompts that it is sent, and always answers the same."""

    _prompts: list[str] = PrivateAttr(default_factory=list)

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=8000, num_output=100)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        self._prompts.append(prompt)
        return CompletionResponse(text="It will cost 12.5 million crowns.")

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        raise NotImplementedError


@pytest.fixture
def archive(opened: Opener, folder: Path) -> rag.Archive:
    archive = opened()
    archive.ingest(folder)
    return archive


def test_a_query_engine_works_on_our_passages(archive: rag.Archive) -> None:
    from llama_index.core.query_engine.retriever_query_engine import RetrieverQueryEngine

    llm = Listener()
    engine = RetrieverQueryEngine.from_args(archive.as_retriever(k=2), llm=llm)
    response = engine.query(QUESTION)
    assert str(response) == "It will cost 12.5 million crowns."
    hits = archive.search(QUESTION, k=2)
    assert [found.node.node_id for found in response.source_nodes] == [hit.passage_id for hit in hits]
    for found, hit in zip(response.source_nodes, hits):
        node = found.node
        assert isinstance(node, TextNode)
        assert found.score == hit.score
        assert node.ref_doc_id == hit.article_id
        assert (node.start_char_idx, node.end_char_idx) == (hit.start, hit.end)
        article = archive.article(node.metadata["article_id"])
        assert article.text[node.start_char_idx : node.end_char_idx] == node.text == hit.text
        assert any(node.text in prompt for prompt in llm._prompts)
    assert "Weir Bridge to be repaired" in llm._prompts[0]
    assert "https://" not in llm._prompts[0]


def test_metadata_is_plain_and_says_only_what_is_known(archive: rag.Archive) -> None:
    bridge = archive.as_retriever(k=1).retrieve(QUESTION)[0].node.metadata
    del bridge["article_id"]
    assert bridge == {
        "title": "Weir Bridge to be repaired",
        "outlet": "Ortmund Post",
        "byline": "Lena Falk, Ivo Sand",
        "published": "2024-03-05T23:30:00-05:00",
        "url": "https://post.example/bridge",
        "section": "Transport",
        "language": "en",
    }
    harvest = archive.as_retriever(k=1).retrieve("apples brought in by farmers")[0].node.metadata
    assert set(harvest) == {"article_id", "title", "outlet", "published", "section", "language"}


def test_the_async_path_does_not_block_the_loop(archive: rag.Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    retriever = archive.as_retriever(k=3)
    expected = retriever.retrieve(QUESTION)
    threads = []
    search = archive.search

    def noted(*arguments: Any) -> list[rag.Hit]:
        threads.append(threading.current_thread())
        return search(*arguments)

    monkeypatch.setattr(archive, "search", noted)
    assert asyncio.run(archive.as_retriever(k=3).aretrieve(QUESTION)) == expected
    assert len(expected) == 3
    assert threads
    assert threading.current_thread() not in threads


def test_filters_and_k_hold(archive: rag.Archive) -> None:
    radio = archive.as_retriever(filters=rag.Filters(outlets=["Sundby Radio"])).retrieve(QUESTION)
    assert [found.node.metadata["outlet"] for found in radio] == ["Sundby Radio"]
    assert len(archive.as_retriever(k=2).retrieve(QUESTION)) == 2
    assert archive.as_retriever(filters=rag.Filters(outlets=["Nobody"])).retrieve(QUESTION) == []


def test_wrong_use_says_so(archive: rag.Archive) -> None:
    with pytest.raises(SettingsError, match="at least 1"):
        archive.as_retriever(k=0)
    with pytest.raises(SettingsError, match="empty"):
        archive.as_retriever().retrieve("  ")


def test_llama_index_is_imported_only_when_asked_for(tmp_path: Path) -> None:
    code = (
        "import sys, rag; archive = rag.open(sys.argv[1], rag.Settings(writer='extractive')); "
        "assert 'llama_index' not in sys.modules; archive.as_retriever(); assert 'llama_index' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "a")], cwd=PROJECT, check=True, timeout=60)
