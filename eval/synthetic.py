"""An embedding for synthetic news that needs no model: `llama-index:eval.synthetic:TopicEmbedding`.

It plugs in as anybody's LlamaIndex embedding would, so importing this imports LlamaIndex.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from numpy.typing import NDArray

from eval import news

NAME = "llama-index:eval.synthetic:TopicEmbedding"
DIMENSIONS = 384
_UNKNOWN = 4096  # vectors shared by the words that the lexicon does not have: figures, months
_WORD = re.compile(r"[^\W_]+")


@cache
def _table() -> tuple[dict[str, int], NDArray[np.float32]]:
    """The row of each word, and the rows: a fixed random direction, as long as the word is rare.

    length = (ln(1 / frequency) / ln(1 / lowest frequency))² for content words, 0.05 for function words, 1 for others.
    """
    words = news.lexicon()
    random = np.random.default_rng((news.SEED, 7))
    rows = random.standard_normal((len(words.words) + _UNKNOWN, DIMENSIONS), dtype=np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rarity = np.log(words.frequency[words.content.start : words.content.stop])
    rows[words.content.start : words.content.stop] *= ((rarity / rarity.min()) ** 2)[:, None].astype(np.float32)
    rows[: words.content.start] *= np.float32(0.05)
    return {word.lower(): i for i, word in enumerate(words.words)}, rows


def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """One unit vector a text, the sum of its words' vectors: float32, shape (len(texts), DIMENSIONS)."""
    known, rows = _table()
    first = len(rows) - _UNKNOWN
    vectors = np.empty((len(texts), DIMENSIONS), dtype=np.float32)
    for vector, text in zip(vectors, texts):
        words = _WORD.findall(text.lower())
        places = [known[word] if word in known else first + zlib.crc32(word.encode()) % _UNKNOWN for word in words]
        vector[:] = rows[places].sum(axis=0) if places else rows[first]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


class TopicEmbedding(BaseEmbedding):
    """Texts of one topic are near each other, and a question is near the passage whose words it has."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"embed_batch_size": 256, **kwargs})

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = embed(texts).tolist()
        return vectors

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)
