"""Our retrieval as a LlamaIndex `BaseRetriever`, for query engines and agents of that library.

Importing this imports LlamaIndex: `Archive.as_retriever` does so when it is called.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from rag.errors import SettingsError
from rag.interop import BaseRetriever, NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode
from rag.types import Filters, Hit

# What is known of an article; a field that its source does not tell is left out, as many vector stores take no None.
_METADATA = tuple("article_id title outlet byline published updated url section language kind".split())
_NOT_FOR_MODELS = ["article_id", "url", "language", "kind"]  # of no use in a prompt, and each token costs


class ArchiveRetriever(BaseRetriever):
    """Gives the hits of `search` as nodes, best first: up to `k` that pass `filters`.

    Safe to use from several threads if `search` is. An error of `search` goes through unchanged. Raises SettingsError
    on k < 1.
    """

    def __init__(
        self, search: Callable[[str, int, Filters | None], list[Hit]], k: int = 10, filters: Filters | None = None
    ) -> None:
        super().__init__()
        if k < 1:
            raise SettingsError(f"k must be at least 1, not {k}")
        self._search, self._k, self._filters = search, k, filters

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [node_of(hit) for hit in self._search(query_bundle.query_str, self._k, self._filters)]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        # A search takes milliseconds of processor and disk: the event loop must not stand still meanwhile.
        return await asyncio.to_thread(self._retrieve, query_bundle)


def node_of(hit: Hit) -> NodeWithScore:
    """A hit as a node: id of the passage, its text as published, its offsets into the article's text, and its score.

    The node's source is the article, so that `ref_doc_id` is the article's id. Dates are ISO 8601 text.
    """
    values = {name: getattr(hit, name) for name in _METADATA}
    node = TextNode(
        id_=hit.passage_id,
        text=hit.text,
        start_char_idx=hit.start,
        end_char_idx=hit.end,
        metadata={
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in values.items()
            if value is not None
        },
        excluded_llm_metadata_keys=_NOT_FOR_MODELS,
        excluded_embed_metadata_keys=_NOT_FOR_MODELS,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=hit.article_id)},
    )
    return NodeWithScore(node=node, score=hit.score)
