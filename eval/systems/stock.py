"""LlamaIndex as its documentation shows it, for comparison: by meaning, and fused with BM25.

Needs the `bench` extra. The same articles, the same embedder's files, and text windows of the same size; but the
windows are its own (`SentenceSplitter(chunk_size=200, chunk_overlap=0)`), since the public face of the archive lists no
passages. Every window carries its article's title, as ours do when they are embedded.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rag
from eval.systems import Retrieved
from rag.errors import SettingsError

if TYPE_CHECKING:
    from llama_index.core import VectorStoreIndex
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.schema import BaseNode

WINDOW = 200  # tokens, as `passage_tokens`
_DONE = "complete.json"


@dataclass(frozen=True)
class Stock:
    """A LlamaIndex retriever as a system; it gives as many texts as it was built for."""

    name: str
    retriever: BaseRetriever

    def search(self, question: str, k: int) -> list[Retrieved]:
        """Text windows; an id is LlamaIndex's own for the node."""
        found = self.retriever.retrieve(question)[:k]
        return [Retrieved(scored.node.node_id, scored.get_content()) for scored in found]


def require() -> None:
    """Raise SettingsError unless the bench extra is installed."""
    for module in ("embeddings.huggingface", "retrievers.bm25", "vector_stores.chroma"):
        try:
            missing = importlib.util.find_spec(f"llama_index.{module}") is None
        except ModuleNotFoundError:  # the package above it
            missing = True
        if missing:
            raise SettingsError(f"llama_index.{module} is not installed", hint="Run: pip install -e '.[bench]'")


def build(archive: rag.Archive, k: int, embed_model: Any = None) -> list[Stock]:
    """Both retrievers over the archive's articles, `k` texts each. The vectors are kept beside the archive.

    `embed_model` is a LlamaIndex embedding; without one, the archive's pack is loaded by LlamaIndex itself. Raises
    ModelError if the archive's embedder is no pack.
    """
    from llama_index.core.llms import MockLLM
    from llama_index.core.retrievers import QueryFusionRetriever
    from llama_index.core.retrievers.fusion_retriever import FUSION_MODES
    from llama_index.retrievers.bm25 import BM25Retriever

    nodes = _nodes(archive)
    index = _index(archive, nodes, embed_model or _embedding(archive))
    dense = index.as_retriever(similarity_top_k=k)
    fused = QueryFusionRetriever(
        [dense, BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=k)],
        llm=MockLLM(),  # never called: one query, the question itself
        num_queries=1,
        mode=FUSION_MODES.RECIPROCAL_RANK,
        similarity_top_k=k,
        use_async=False,
    )
    return [Stock("stock dense", dense), Stock("stock dense + BM25", fused)]


def _nodes(archive: rag.Archive) -> list[BaseNode]:
    from llama_index.core import Document
    from llama_index.core.node_parser import SentenceSplitter

    documents = [
        Document(text=article.text, id_=article.id, metadata={"title": article.title or ""})
        for article in archive.articles(limit=archive.status().articles)
    ]

    def name(i: int, document: BaseNode) -> str:
        return f"{document.node_id}:{i}"

    splitter = SentenceSplitter(chunk_size=WINDOW, chunk_overlap=0, id_func=name)
    return splitter.get_nodes_from_documents(documents)


def _embedding(archive: rag.Archive) -> Any:
    folder = rag.model_folder(archive.settings.embedder)
    from llama_index.embeddings.huggingface import HuggingFaceEmbedding  # takes seconds

    return HuggingFaceEmbedding(model_name=str(folder), device="cpu")


def _index(archive: rag.Archive, nodes: list[BaseNode], embed_model: Any) -> VectorStoreIndex:
    """The vectors of these nodes in Chroma, embedded once for each state of the archive."""
    import chromadb
    from chromadb.config import Settings
    from llama_index.core import StorageContext, VectorStoreIndex
    from llama_index.vector_stores.chroma import ChromaVectorStore

    folder = archive.path.with_name(f"{archive.path.name}-stock-{archive.version}")
    done = _read(folder / _DONE) == {"windows": len(nodes)}
    client = chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
    if not done and "stock" in [collection.name for collection in client.list_collections()]:
        client.delete_collection("stock")  # of a run that was stopped
    store = ChromaVectorStore(chroma_collection=client.get_or_create_collection("stock"))
    if done:
        return VectorStoreIndex.from_vector_store(store, embed_model=embed_model)
    sys.stderr.write(f"stock LlamaIndex embeds {len(nodes)} text windows, kept in {folder}\n")
    context = StorageContext.from_defaults(vector_store=store)
    index = VectorStoreIndex(nodes, storage_context=context, embed_model=embed_model)
    (folder / _DONE).write_text(json.dumps({"windows": len(nodes)}), "utf-8")
    return index


def _read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8")) if path.exists() else None
