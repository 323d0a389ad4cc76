"""Retrieval: passages for a question, by meaning and by words, the two mixed by standardised score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, pstdev

import numpy as np

from rag.embed import Embedder
from rag.embed import Vectors as Array
from rag.query import Query, stems, terms
from rag.store import lookup
from rag.store.catalog import Catalog
from rag.store.lookup import Scored
from rag.store.vectors import Vectors
from rag.types import Filters, Hit

_CANDIDATES = 100  # of each half; fusion is stable well before
_EXACT = 4000  # filtered passages up to this many are scored one by one
_SAME = 0.8  # share of words in common above which two passages say the same


class Retriever:
    """Finds passages. Reads only, and may be used by several threads."""

    def __init__(self, catalog: Catalog, vectors: Vectors, embedder: Embedder, dense_weight: float) -> None:
        self._catalog = catalog
        self._vectors = vectors
        self._embedder = embedder
        self._dense_weight = dense_weight
        self._seen = catalog.meta("vectors")

    def search(self, query: Query, k: int, filters: Filters) -> list[Hit]:
        """Up to `k` distinct passages, best first."""
        self._follow_writer()
        wanted = max(_CANDIDATES, 2 * k)
        vector = self._embedder.encode([query.text])[0]
        dense = self._dense(vector, wanted, filters)
        lexical = lookup.lexical(self._catalog, query.match, wanted, filters)
        # Each half scores the other's finds too, so that absence is a low score and not a missing one.
        dense |= self._similarities(vector, [i for i in lexical if i not in dense])
        unscored = [i for i in dense if i not in lexical]
        lexical |= lookup.lexical(self._catalog, query.match, len(unscored), filters, unscored) if unscored else {}
        scored = fuse(dense, lexical, self._dense_weight)
        return _ranked(distinct(lookup.hits(self._catalog, scored[: 2 * k])), k)

    def _follow_writer(self) -> None:
        state = self._catalog.meta("vectors")
        if state != self._seen:
            self._vectors.refresh()
            self._seen = state

    def _dense(self, vector: Array, wanted: int, filters: Filters) -> dict[str, float]:
        """Nearest current passages that pass the filters, by cosine similarity."""
        if filters:
            few = lookup.passing(self._catalog, filters, _EXACT)
            if few is not None:
                best = sorted(self._similarities(vector, few).items(), key=lambda item: -item[1])
                return dict(best[:wanted])
        reach = wanted
        while True:
            found = self._vectors.nearest(vector, reach)
            passing = lookup.known(self._catalog, [i for i, _ in found], filters)
            if len(passing) >= wanted or len(found) < reach:
                return {i: score for i, score in found if i in passing}
            reach *= 4

    def _similarities(self, vector: Array, ids: Sequence[str]) -> dict[str, float]:
        if not ids:
            return {}
        found, matrix = self._vectors.get(ids)
        return dict(zip(found, (matrix @ vector).tolist())) if found else {}


def fuse(dense: dict[str, float], lexical: dict[str, float], dense_weight: float) -> list[Scored]:
    """Mix two scorings by their standard scores; a passage that one half does not know gets that half's lowest.

    score = w·z(dense) + (1 − w)·z(lexical) with z(x) = (x − mean) / standard deviation over the candidates.
    """
    ids = dense.keys() | lexical.keys()
    z_dense, z_lexical = _standardised(dense, ids), _standardised(lexical, ids)
    scored = [
        Scored(i, dense_weight * z_dense[i] + (1 - dense_weight) * z_lexical[i], dense.get(i), lexical.get(i))
        for i in ids
    ]
    return sorted(scored, key=lambda s: (-s.score, s.id))  # the id settles ties, so that a run repeats


def _standardised(scores: dict[str, float], ids: set[str]) -> dict[str, float]:
    if not scores:
        return dict.fromkeys(ids, 0.0)
    lowest = min(scores.values())
    filled = {i: scores.get(i, lowest) for i in ids}
    mean, deviation = fmean(filled.values()), pstdev(filled.values())
    return {i: (score - mean) / deviation if deviation else 0.0 for i, score in filled.items()}


def distinct(hits: Sequence[Hit]) -> list[Hit]:
    """The hits without those that repeat an earlier one's words (a reprint, an overlapping copy)."""
    kept: list[tuple[frozenset[str], Hit]] = []
    for hit in hits:
        words = frozenset(terms(hit.text))
        if all(len(words & other) < _SAME * max(1, min(len(words), len(other))) for other, _ in kept):
            kept.append((words, hit))
    return [hit for _, hit in kept]


def _ranked(hits: Sequence[Hit], k: int) -> list[Hit]:
    return [replace(hit, rank=rank) for rank, hit in enumerate(hits[:k], 1)]


def sentence_scores(embedder: Embedder, question: str, sentences: Sequence[str]) -> list[float]:
    """How near each sentence is to the question: cosine similarity, plus the share of the question's words in it."""
    vectors = embedder.encode([question, *sentences])
    near = np.asarray(vectors[1:] @ vectors[0], dtype=float)
    wanted = set(stems(question))
    shared = [len(wanted & set(stems(s))) / max(1, len(wanted)) for s in sentences]
    return [float(a + b) for a, b in zip(near, shared)]
