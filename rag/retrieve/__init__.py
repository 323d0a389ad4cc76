"""Retrieval: from a question to the passages that state what it asks, best first.

question → `query` (its sides, names, periods) → `candidates` (by meaning and by words) → `compare` (features of each
candidate against the question, its sides and clauses) → `rank` (probability; sides mixed) → one story once → hits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from math import isnan
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from rag.embed import Embedder
from rag.pertinence import Pertinence
from rag.query import Names, Query, Search, terms, understand
from rag.query.names import Vocabulary
from rag.query.parts import Place
from rag.retrieve.candidates import Aspects, Finder, aspects, places_of
from rag.retrieve.compare import NAMES, Candidate, compare, matrix
from rag.retrieve.corrected import Corrections, with_corrections
from rag.retrieve.rank import AGAIN, Model, mixed
from rag.retrieve.rerank import AT_MOST, Reranker
from rag.retrieve.within import Within, within
from rag.store import features, lookup
from rag.store.attributes import Attributes, Present
from rag.store.catalog import Catalog
from rag.store.lookup import Scored
from rag.store.once import one_story_once
from rag.store.postings import Postings
from rag.store.vectors import Vectors
from rag.types import Filters, Hit, Understood

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]
_SAME = 0.8  # share of words in common above which two passages say the same
_SPARE = 2  # hits looked at for each that is wanted: some say the same
_TINY = 1e-9
_SOON = 14  # days after something happened within which it is news


@dataclass(frozen=True, slots=True)
class Pool:
    """The candidates of one search: passage numbers, features (see `rag.retrieve.compare.NAMES`), probabilities.

    dense: cosine of the passage and the question, not a number where the passage has no vector. lexical: BM25 of it.
    """

    search: Search
    numbers: Numbers
    table: Floats
    scores: Floats
    dense: Floats
    lexical: Floats


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found, and what was understood, with what the archive does not hold.

    within: figures of the sentences of each hit, by its passage's id. corrections: of the articles that were found.
    """

    hits: tuple[Hit, ...]
    understood: Understood
    within: Mapping[str, Within] = field(default_factory=dict)
    corrections: Corrections = field(default_factory=dict)


class Retriever:
    """Finds passages. Reads only, and may be used by several threads."""

    def __init__(
        self,
        catalog: Catalog,
        vectors: Vectors,
        embedder: Embedder,
        model: Model,
        without: Collection[str] = (),
        reranker: Reranker | None = None,
        pertinence: Pertinence | None = None,
    ) -> None:
        self._catalog = catalog
        self._vectors = vectors
        self._embedder = embedder
        self._model = model
        self._without = frozenset(without)
        self._reranker = reranker
        self._pertinence = pertinence
        self._finder = Finder(catalog, vectors, Postings(catalog), self._without)
        self._attributes = Attributes(catalog, vectors)
        self._names: tuple[str, Names] = ("", Names(Vocabulary()))
        self._lock = Lock()

    def likeness(self, one: str, other: str) -> float:
        """How near two phrases are by the embedder: the cosine of their vectors."""
        a, b = self._embedder.encode([one, other])
        return float(a @ b)

    def warm(self, index: bool = True) -> None:
        """Load what a question needs, so that the first one does not wait for it. The index of a large archive, for
        which no question waits, is read in by another thread; `index` waits for that."""
        vectors = self._embedder.encode(["warm"])
        if self._pertinence:
            self._pertinence.load()
        if self._finder.indexed:
            if index:
                self._vectors.nearest(vectors, 1)
            else:
                self._vectors.open_beside(vectors)

    def read(self, question: str, hits: Sequence[Hit]) -> list[Floats] | None:
        """What reading each hit together with the question finds of its sentences: see `rag.pertinence`. None with an
        embedder that has no such model."""
        return self._pertinence.odds(question, hits) if self._pertinence else None

    def openings(self, article_ids: Collection[str]) -> dict[str, str]:
        """How articles begin, by their ids."""
        return lookup.openings(self._catalog, article_ids)

    def understand(
        self,
        question: str,
        history: Sequence[tuple[str, str]] = (),
        as_of: date | None = None,
        ignore: Collection[str] = (),
        whole: str | None = None,
    ) -> Query:
        """Make a question ready, with the names that the archive knows."""
        off = {*ignore, *(self._without & {"outlets", "published", "parts"})}
        names = self.names()
        # An archive that ends last year is asked for its last June, not for this year's.
        day = as_of or min(date.today(), names.vocabulary.last or date.max)
        return understand(question, history, whole=whole, names=names, as_of=day, ignore=off)

    def names(self) -> Names:
        """The archive's names, ready to be looked for in questions."""
        version = self._catalog.content_version
        with self._lock:
            if self._names[0] != version:
                self._names = version, Names(lookup.vocabulary(self._catalog))
            return self._names[1]

    def search(self, query: Query, k: int, filters: Filters) -> Found:
        """Up to `k` distinct passages, best first."""
        pools, notes, asp = self.pools(query, filters, _SPARE * k)
        if self._reranker:
            pools = [self._reread(pool, query, self._reranker) for pool in pools]
        again = 1.0 if "mixing" in self._without else AGAIN
        ranked = mixed([(pool.numbers, pool.scores) for pool in pools], _SPARE * k, again)
        halves = {n: (d, x) for p in pools for n, d, x in zip(p.numbers.tolist(), p.dense.tolist(), p.lexical.tolist())}
        scored = [Scored(n, score, *(None if isnan(x) else x for x in halves[n])) for n, score in ranked]
        hits = lookup.hits(self._catalog, scored)
        if "stories" not in self._without:
            hits = one_story_once(self._catalog, hits, _as_asked(query, filters))
        corrected: Corrections
        hits, corrected = with_corrections(self._catalog, distinct(hits, k), k)
        kept = tuple(replace(hit, rank=rank) for rank, hit in enumerate(hits, 1))
        notes = [*query.understood.notes, *notes]
        understood = replace(query.understood, notes=tuple(dict.fromkeys(notes)))
        return Found(kept, understood, within(self._catalog, kept, asp), corrected)

    def pools(self, query: Query, filters: Filters, most: int = 0) -> tuple[list[Pool], list[str], Aspects]:
        """The candidates of each of a question's searches, compared and scored; what could not be kept to; the aspects.

        At least `most` of each search, where there are so many.
        """
        self._follow_writer()
        self._finder.postings.follow()
        places = places_of(query)
        vectors = self._encoded(query, places)
        asp = aspects(query, vectors, places, self._finder.postings)
        present = self._attributes.now()
        found, beside, notes = self._finder.find(query, asp, filters, present, most)
        every = np.unique(np.concatenate([*found, beside]))
        passing = lookup.known(self._catalog, every.tolist(), filters)
        read = features.read(self._catalog, sorted(passing), vectors.shape[1])
        if not len(read.numbers):
            return [], notes, asp
        compared = compare(asp, read, self._vectors.gathered(read.numbers, vectors.shape[1]))
        pools = []
        for search, numbers, side, clauses in zip(query.searches, found, asp.sides, asp.clauses):
            spots = np.flatnonzero(np.isin(read.numbers, numbers))
            if not len(spots):
                continue
            chosen = read.numbers[spots]
            table = matrix(compared, spots, side, clauses, _plain(search, present, chosen))
            scores = self._model.probability(table, self._without)
            dense = np.where(present.embedded[chosen], compared.dense[spots, 0], np.nan)
            pools.append(Pool(search, chosen, table, scores, dense, compared.bm25[spots, 0]))
        return pools, notes, asp

    def candidates(self, query: Query, filters: Filters) -> list[Candidate]:
        """What `search` weighs, for looking at and for fitting the weights."""
        pools, _, _ = self.pools(query, filters)
        found = []
        for side, pool in enumerate(pools):
            scored = [Scored(n, score, None, None) for n, score in zip(pool.numbers.tolist(), pool.scores.tolist())]
            # All are there, since pools hold what the catalog knows, and hits come in the order asked for.
            hits = lookup.hits(self._catalog, scored)
            found += [Candidate(side, hit, dict(zip(NAMES, row))) for hit, row in zip(hits, pool.table.tolist())]
        return found

    def _reread(self, pool: Pool, query: Query, reranker: Reranker) -> Pool:
        """The pool with its best passages scored by the reranker instead; they stay before all others."""
        best = np.argsort(-pool.scores, kind="stable")[:AT_MOST]
        scored = [Scored(n, 0.0, None, None) for n in pool.numbers[best].tolist()]
        hits = lookup.hits(self._catalog, scored)
        if len(hits) != len(best):
            return pool  # another process has just taken some away
        start, end = pool.search.place
        reread = reranker.probabilities(query.text[start:end], hits)
        others = min(1.0, float(reread.min(initial=1.0)) / max(_TINY, float(pool.scores.max(initial=0.0))))
        scores = pool.scores * others
        scores[best] = reread
        return replace(pool, scores=scores)

    def _encoded(self, query: Query, places: Sequence[Place]) -> Floats:
        """Vectors of the question and of its parts as they stand in it, from one reading."""
        parts = [list(_without_blanks(place, query.blanks)) for place in places[1:]]
        whole, inner = self._embedder.encode_parts([query.text], [parts])
        return np.vstack([whole, *inner]).astype(np.float32)

    def _follow_writer(self) -> None:
        if self._catalog.ingesting:
            return  # rows are compared, and they follow by themselves
        self._vectors.follow(self._catalog.meta("vectors"))


def _as_asked(query: Query, filters: Filters) -> Filters:
    """The filters, with the outlets that the question asks of: who asks for a reprint is not shown the original."""
    named = [search.limits.outlets for search in query.searches]
    if filters.outlets or not all(named):
        return filters
    return replace(filters, outlets=tuple(sorted(frozenset().union(*named))))


def _plain(search: Search, present: Present, numbers: Numbers) -> Floats:
    """The features of GIVEN."""
    here, before = present.attributes[numbers], present.attributes[np.maximum(numbers - 1, 0)]
    lead = here["article"] != before["article"]
    day = here["day"].astype(np.int64)
    happened = np.zeros(len(numbers))
    for first, last in search.happened:
        from_, to = first.toordinal() if first else 1, last.toordinal() + _SOON if last else 1 << 30
        near = np.where((day >= from_) & (day <= to), 1, np.where(day > 0, -1, 0))
        happened = np.maximum(happened, near) if happened.any() else near
    return np.column_stack([lead, happened]).astype(np.float32)


def _without_blanks(place: Place, blanks: Sequence[Place]) -> Iterator[Place]:
    start, end = place
    for a, b in sorted(blanks):
        if a < end and start < b:
            if start < a:
                yield (start, a)
            start = max(start, b)
    if start < end:
        yield (start, end)


def distinct(hits: Sequence[Hit], k: int) -> list[Hit]:
    """The first `k` hits without those that repeat an earlier one's words (a copied paragraph, an old entry)."""
    kept: list[tuple[frozenset[str], Hit]] = []
    for hit in hits:
        if len(kept) == k:
            break
        words = frozenset(terms(hit.text))
        if all(len(words & other) < _SAME * max(1, min(len(words), len(other))) for other, _ in kept):
            kept.append((words, hit))
    return [hit for _, hit in kept]
