"""Passages worth a closer look: for each search the nearest by meaning, and those that hold the rarest of its words.

A filter is a mask over the rows of `rag.store.rows`. Up to `EXACT` passages are compared one by one, all at once for
all of a question's aspects; beyond, Chroma's approximate index proposes, unless a filter leaves few enough to compare.
While the index is not at hand (it is being opened or written, an ingest is under way) all are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.query import Limits, Query, Search, terms
from rag.query.parts import Place
from rag.store import lookup
from rag.store.attributes import Present
from rag.store.catalog import Catalog
from rag.store.postings import Posting, Postings
from rag.store.rows import value_hash
from rag.store.vectors import EXACT, Vectors
from rag.types import Filters
from rag.words import bare, hashed, stemmed

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_EACH = 40  # candidates an aspect and kind, at least
_REACH = 200  # neighbours asked of the approximate index
_FURTHEST = 3200
_WITHOUT = 3  # questions for which the index is not opened


@dataclass(frozen=True, slots=True)
class Aspects:
    """What a question is compared by: all of it first, then each search's side and its clauses.

    vectors: shape (A, dimensions). words: stems that carry meaning, once each, shape (T,); hashes: the same as numbers.
    weights: rarity of a word in the aspects that hold it, else 0; shape (T, A). sides and clauses: the columns of each
    search.
    """

    vectors: Floats
    words: tuple[str, ...]
    hashes: NDArray[np.uint32]
    postings: tuple[Posting, ...]
    weights: Floats
    sides: tuple[int, ...]
    clauses: tuple[tuple[int, ...], ...]


def places_of(query: Query) -> list[Place]:
    """The places of a question's aspects: all of it, its sides, their clauses; each once."""
    inner = [place for search in query.searches for place in (search.place, *search.clauses)]
    return list(dict.fromkeys([(0, len(query.text)), *inner]))


def aspects(query: Query, vectors: Floats, places: Sequence[Place], postings: Postings) -> Aspects:
    """Lay out what `query` is compared by; `vectors` are those of `places`."""
    texts = [query.words(place) for place in places]
    held = [list(dict.fromkeys(bare(term) for term in terms(text))) for text in texts]
    words = tuple(dict.fromkeys(word for words in held for word in words))
    lists = tuple(postings.of(word) for word in words)
    rarity = [postings.rarity(posting) for posting in lists]
    index = {word: i for i, word in enumerate(words)}
    weights = np.zeros((len(words), len(texts)), np.float32)
    for column, some in enumerate(held):
        for word in some:
            weights[index[word], column] = rarity[index[word]]
    order = {place: column for column, place in enumerate(places)}
    return Aspects(
        vectors=vectors,
        words=words,
        hashes=hashed([stemmed(word) for word in words]),
        postings=lists,
        weights=weights,
        sides=tuple(order[search.place] for search in query.searches),
        clauses=tuple(tuple(order[place] for place in search.clauses) for search in query.searches),
    )


def mask_of(search: Search, filters: Filters, attributes: NDArray[np.void], catalog: Catalog) -> Mask | None:
    """Which passages a search may show, None for all."""
    limits = search.limits
    parts: list[Mask] = []
    for name, asked, said in (
        ("outlet", filters.outlets, limits.outlets),
        ("section", filters.sections, limits.sections),
        ("language", filters.languages, ()),
    ):
        for names in (asked, said):
            if names:
                parts.append(np.isin(attributes[name], [value_hash(n) for n in names]))
    days = [[(filters.published_from, filters.published_to)]] if filters.published_from or filters.published_to else []
    for spans in [*days, *([list(limits.published)] if limits.published else [])]:
        day = attributes["day"]
        within = [
            (day >= (first.toordinal() if first else 1)) & (day <= (last.toordinal() if last else 1 << 30))
            for first, last in spans
        ]
        parts.append(np.logical_or.reduce(within))
    for names in (filters.bylines, limits.bylines):
        if names:
            parts.append(np.isin(attributes["article"], lookup.by_byline(catalog, names)))
    if not parts:
        return None
    mask: Mask = np.logical_and.reduce(parts) & (attributes["article"] > 0)
    return mask


def missing(limits: Limits, filters: Filters) -> str:
    """What the archive does not hold when limits of a question leave nothing."""
    from rag.query.dates import describe_span

    said = [
        f" {word} {' or '.join(sorted(values))}"
        for word, values in (
            ("from", limits.outlets),
            ("by", limits.bylines),
            ("in the section", limits.sections),
            ("dated", [describe_span(first, last) for first, last in limits.published]),
        )
        if values
    ]
    among = " that passes the filters" if filters != Filters() else ""
    return f"The archive holds no article{''.join(said)}{among}."


@dataclass
class Finder:
    """Finds candidates. One a retriever."""

    catalog: Catalog
    vectors: Vectors
    postings: Postings
    without: frozenset[str] = frozenset()
    _asked: int = 0

    @property
    def indexed(self) -> bool:
        """Whether the approximate index serves: in a large archive, unless an ingest has it to itself."""
        return len(self.vectors.attributes()) > EXACT and not self.catalog.ingesting

    def nearest(self, vectors: Floats, n: int) -> list[list[str]] | None:
        """What the index proposes; None while it is not at hand. Who asks no more than a few questions does not need
        it, and would wait for its being opened when he leaves."""
        found = self.vectors.nearest_at_once(vectors, n)
        if found is None and self._asked > _WITHOUT:
            self.vectors.open_beside(vectors)
        return found

    def find(
        self, query: Query, asp: Aspects, filters: Filters, present: Present, most: int
    ) -> tuple[list[Numbers], Numbers, list[str]]:
        """Candidates of each search; those of the question without its limits, to compare with; and notes.

        Candidates are ascending numbers of passages that are `present` and pass the filters and limits; up to `most`
        an aspect and kind, or more. Limits that leave nothing find nothing: a journalist who asks for one outlet's
        articles is not served with another's. Notes say so.
        """
        self._asked += 1
        rows = self.vectors.rows(asp.vectors.shape[1])[: len(present.attributes)]
        alive = present.embedded.copy()
        alive[len(rows) :] = False
        cosines = cache(lambda: rows @ asp.vectors.T)
        pairs = self._pairs(asp, len(alive), present.retracted)
        near = _Near(self, asp, pairs, alive, self.indexed, cosines, max(_EACH, most))
        found, notes = [], []
        beside = near.of([0], None)
        for search, side, clauses in zip(query.searches, asp.sides, asp.clauses):
            mask = mask_of(search, filters, present.attributes, self.catalog)
            if mask is not None and not mask.any():
                notes.append(missing(search.limits, filters))
                found.append(np.empty(0, np.int64))
                continue
            mask, said = self._phrased(search, mask, len(alive))
            notes += said
            found.append(near.of(list(dict.fromkeys((0, side, *clauses))), mask))
        return found, beside, notes

    def _pairs(self, asp: Aspects, end: int, retracted: Numbers) -> tuple[Numbers, Numbers]:
        """Every (passage, word) of the question's words; a word of very many passages only if all words are."""
        lists = [(i, p.passages) for i, p in enumerate(asp.postings) if not p.cut] or [
            (i, p.passages) for i, p in enumerate(asp.postings)
        ]
        if not lists:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        passages = np.concatenate([p for _, p in lists])
        words = np.repeat([i for i, _ in lists], [len(p) for _, p in lists])
        there = passages < end  # another process may have added some since
        if len(retracted):
            there &= ~np.isin(passages, retracted)
        return passages[there], words[there]

    def _phrased(self, search: Search, mask: Mask | None, rows: int) -> tuple[Mask | None, list[str]]:
        """The mask narrowed to passages that hold the quoted words; left as it is, and said so, if none does."""
        notes = []
        for phrase in search.limits.phrases:
            numbers = self.postings.phrase(phrase)
            numbers = numbers[numbers < rows]
            holds = np.zeros(rows, bool)
            holds[numbers] = True
            narrowed = holds if mask is None else mask & holds
            if narrowed.any():
                mask = narrowed
            else:
                notes.append(f"No passage that was searched holds the words “{phrase}”.")
        return mask, notes


@dataclass(frozen=True, slots=True)
class _Near:
    """Candidates of one question.

    indexed: whether the approximate index may be asked. cosines: every passage's, shape (rows, A); computed once.
    """

    finder: Finder
    asp: Aspects
    pairs: tuple[Numbers, Numbers]
    alive: Mask
    indexed: bool
    cosines: Callable[[], Floats]
    each: int

    def of(self, columns: list[int], mask: Mask | None) -> Numbers:
        """Candidates for some aspects, among the passages of a mask."""
        lists = [np.empty(0, np.int64)]
        if "dense" not in self.finder.without:
            lists += self._dense(columns, self.alive if mask is None else mask & self.alive, mask is not None)
        if "full-text" not in self.finder.without:
            lists += _lexical(self.asp, self.pairs, columns, mask, self.each)
        return np.unique(np.concatenate(lists))

    def _dense(self, columns: list[int], may: Mask, filtered: bool) -> list[Numbers]:
        vectors = self.asp.vectors[columns]
        few = filtered and np.count_nonzero(may) <= EXACT
        if self.indexed and not few and (proposed := self._approximate(vectors, may)) is not None:
            return proposed
        numbers = np.flatnonzero(may)
        if few and len(may) > EXACT:
            scores = self.finder.vectors.gathered(numbers, vectors.shape[1]) @ vectors.T
        else:
            scores = self.cosines()[numbers][:, columns]
        return [numbers[_top(scores[:, column], self.each)] for column in range(len(columns))]

    def _approximate(self, vectors: Floats, may: Mask) -> list[Numbers] | None:
        """What the index proposes; None while it is not at hand."""
        reach = max(_REACH, self.each)
        while (ids := self.finder.nearest(vectors, reach)) is not None:
            numbers = lookup.numbers(self.finder.catalog, list({i for some in ids for i in some}))
            lists = [np.array([numbers[i] for i in some if i in numbers], np.int64) for some in ids]
            passing = [n[may[n]][: self.each] for n in (n[n < len(may)] for n in lists)]
            if reach >= _FURTHEST or all(len(n) >= self.each for n in passing):
                return passing
            reach *= 4
        return None


def _lexical(
    asp: Aspects, pairs: tuple[Numbers, Numbers], columns: Sequence[int], mask: Mask | None, each: int
) -> list[Numbers]:
    """For each aspect the passages with the largest sum of the rarities of its words."""
    passages, words = pairs
    if mask is not None:
        keep = mask[passages]
        passages, words = passages[keep], words[keep]
    if not len(passages):
        return []
    numbers, places = np.unique(passages, return_inverse=True)
    found = []
    for column in columns:
        scores = np.bincount(places, asp.weights[words, column], len(numbers))
        best = _top(scores, each)
        found.append(numbers[best[scores[best] > 0]])
    return found


def _top(scores: NDArray[Any], n: int) -> Numbers:
    """Indices of the `n` largest scores, in no order."""
    if len(scores) <= n:
        return np.arange(len(scores))
    chosen: Numbers = np.argpartition(-scores, n)[:n]
    return chosen
