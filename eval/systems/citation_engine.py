"""LlamaIndex's CitationQueryEngine, as its documentation builds it, with our writer's model.

Needs the `bench` extra. It searches by meaning in the text windows of `eval/systems/stock.py`, and answers by its own
prompt with its own defaults, except that it streams and takes as many windows as the archive shows as evidence. By
these the model reads every window whole, with its article's title before it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import rag
from eval.asked import Asked
from eval.outcomes import holds
from eval.systems import Response, as_answer, stock

if TYPE_CHECKING:
    from llama_index.core.base.response.schema import StreamingResponse
    from llama_index.core.llms import LLM
    from llama_index.core.query_engine import CitationQueryEngine
    from llama_index.core.schema import BaseNode

_KNOWN = ("title", "outlet", "byline", "published", "url")
NAME = "stock"
SUMMARY = "LlamaIndex's CitationQueryEngine with the archive's writer (bench extra)"
_SAYS = (
    r"(?:answer|mention|provide|state|say|specif|contain|include|give|indicate|address|report|disclose|discuss|describe"
    r"|reveal|cover|detail|name|list|offer|enough|sufficient|available|known|clear|helpful|relevant|possible)"
)
_REFUSAL = re.compile(
    rf"(?:\bnot|n't)\s+(?:\w+\s+){{0,2}}{_SAYS}"
    r"|\bno\s+(?:\w+\s+){0,2}(?:information|mention|details?|answer|data|sources?|indication|evidence)\b"
    r"|\b(?:none|neither)\s+of\s+(?:\w+\s+){0,3}(?:sources?|articles?|information|text)\b"
    r"|\b(?:cannot|can't|could\s+not|couldn't|unable\s+to)\s+(?:\w+\s+){0,2}(?:determine|answer|find|tell|know)"
    r"|\binsufficient\s|\b(?:do\s+not|don't)\s+know\b|\bnot\s+helpful\b|\A\s*(?:Empty Response)?\s*\Z",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class CitationEngine:
    """The engine as something that answers. `name` is the row it has in tables."""

    engine: CitationQueryEngine
    archive: rag.Archive
    name: str = NAME

    def stream(self, question: str) -> Iterator[str]:
        """Pieces of the answer as they are written. Raises ModelError, or LlamaIndex's own ValueError."""
        response = cast("StreamingResponse", self.engine.query(question))
        yield from response.response_gen

    def ask(self, question: Asked) -> Response:
        """Its answer and the numbered sources that it was given. It takes no history, no filters and no day.

        It has no abstention: an answer counts as one if it refuses in some usual way and holds no key fact.
        """
        begun, first = time.perf_counter(), None
        response = cast("StreamingResponse", self.engine.query(question.question))
        pieces = []
        for piece in response.response_gen:
            first = first if first is not None or not piece else time.perf_counter() - begun
            pieces.append(piece)
        text = "".join(pieces).strip()
        answer = as_answer(
            question.question,
            text,
            [self._source(scored.node) for scored in response.source_nodes],
            abstained=refuses(text) and not any(holds(text, forms) for forms in question.key_facts),
            model=self.archive.settings.writer,
            version=self.archive.version,
            timings={"first_token": first, "total": time.perf_counter() - begun},
        )
        return Response(answer, raw=text)

    def _source(self, node: BaseNode) -> dict[str, Any]:
        """A numbered source in the form of an evidence hit, with what is known of its article."""
        known = self.archive.article(node.ref_doc_id or "").to_dict()
        text = re.sub(r"\ASource \d+:\n", "", node.get_content()).strip()
        return {**{name: known[name] for name in _KNOWN}, "article_id": known["id"], "text": text}


def build(archive: rag.Archive, llm: LLM, embed_model: Any = None) -> CitationEngine:
    """The engine over the archive's articles, answering by `llm`. The vectors are kept beside the archive.

    `embed_model` is a LlamaIndex embedding; without one, the archive's pack is loaded by LlamaIndex itself. Raises
    ModelError if the archive's embedder is no pack.
    """
    from llama_index.core.query_engine import CitationQueryEngine

    index = stock._index(archive, stock._nodes(archive), embed_model or stock._embedding(archive))
    engine = CitationQueryEngine.from_args(
        index, llm=llm, streaming=True, similarity_top_k=archive.settings.evidence_passages
    )
    return CitationEngine(engine, archive)


def connect(archive: rag.Archive, target: str) -> CitationEngine:
    """The engine with the model of the archive's writer. Raises SettingsError without the bench extra or a model."""
    stock.require()
    return build(archive, rag.open_llm(archive.settings.writer))


def refuses(text: str) -> bool:
    """Whether an answer says somewhere, in one of the usual ways, that the sources do not tell; an empty one does."""
    return _REFUSAL.search(text.replace("’", "'")) is not None
