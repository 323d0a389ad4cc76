"""Stand-ins that need no model: an embedder that runs anywhere at once, plugged in by its name."""

from __future__ import annotations

import hashlib
import os
import re
import time

from rag.interop import BaseEmbedding

DIMENSIONS = 96
SLEEP = "FAKE_EMBEDDING_SLEEP"  # seconds a text, so that a test can stop an ingest in the middle
NAME = "llama-index:tests.fakes:HashEmbedding"
OTHER = "llama-index:tests.fakes:OtherEmbedding"


def bag(text: str) -> list[float]:
    """Counts of the words' first five letters, hashed into a few buckets. Texts that share words are near."""
    vector = [0.0] * DIMENSIONS
    for word in re.findall(r"\w+", text.lower()):
        vector[int(hashlib.md5(word[:5].encode()).hexdigest(), 16) % DIMENSIONS] += 1.0
    return vector


class HashEmbedding(BaseEmbedding):
    """A bag of hashed words: deterministic, offline, instant (or slow, if SLEEP is in the environment)."""

    def _get_text_embedding(self, text: str) -> list[float]:
        if pause := float(os.environ.get(SLEEP, 0)):
            time.sleep(pause)
        return bag(text)

    def _get_query_embedding(self, query: str) -> list[float]:
        return bag(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return bag(query)


class NotAnEmbedding:
    """For the error when a class of another kind is named."""


class OtherEmbedding(HashEmbedding):
    """The same of other letters, and twice as long: another embedder to change to."""

    def _get_text_embedding(self, text: str) -> list[float]:
        return super()._get_text_embedding(text[::-1]) + bag(text[::-1])

    def _get_query_embedding(self, query: str) -> list[float]:
        return bag(query[::-1]) + bag(query[::-1])


class ThirdEmbedding(HashEmbedding):
    """The same by another name."""
