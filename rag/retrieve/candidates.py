"""Passages worth a closer look: for each search the nearest by meaning, and those that hold the rarest of its words.

A filter is a mask over the rows of `rag.store.rows`. Up to `_EXACT` passages are compared one by one, all at once for
all of a question's aspects; beyond, Chroma's approximate index proposes, unless a filter leaves few enough to compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.query import Query, Search, terms
from rag.query.parts import Place
from rag.store import lookup
from rag.store.catalog import Catalog
from rag.store.postings import Posting, Postings
from rag.store.rows import value_hash
from rag.store.vectors import Vectors
from rag.types import Filters
from rag.words import bare, hashed, stemmed

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_EXACT = 30_000  # passages
_EACH = 40  # candidates an aspect and kind
_REACH = 200  # neighbours asked of the approximate index
_FURTHEST = 3200


@dataclass(frozen=True, slots=True)
class Aspects:
    """What a question is compared by: all of it first, then each search's side and its clauses.

    vectors: shape (A, dimensions). words: stems that carry meaning, once each, shape (T,); hashes: the same as numbers.
    weights: rarity of a word in the aspects that hold it, else 0; shape (T, A). sides and clauses: the columns of each
    search. figures: which words are numbers; shape (T,).
    """

    vectors: Floats
    words: tuple[str, ...]
    hashes: NDArray[np.uint32]
    postings: tuple[Posting, ...]
    weights: Floats
    sides: tuple[int, ...]
    clauses: tuple[tuple[int, ...], ...]
    figures: Mask


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
        figures=np.array([word[0].isdigit() for word in words], bool),
    )


def mask_of(search: Search, filters: Filters, attributes: NDArray[np.void], catalog: Catalog) -> Mask | None:
    """Which rows a search may show, None for all. Rows not written yet pass: the catalog decides on them later."""
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
    mask: Mask = np.logical_and.reduce(parts)
    return mask


@dataclass
class Finder:
    """Finds candidates. One a retriever."""

    catalog: Catalog
    vectors: Vectors
    postings: Postings
    without: frozenset[str] = frozenset()

    def find(self, query: Query, asp: Aspects, filters: Filters) -> tuple[list[Numbers], Numbers, list[str]]:
        """Candidates of each search; those of the question without its limits, to compare with; and notes.

        Candidates are ascending numbers. They pass the filters and limits as far as the rows tell; the catalog has the
        last word on filters. Notes say in words what could not be kept to.
        """
        attributes = self.vectors.attributes()
        alive = attributes["article"] > 0
        pairs = self._pairs(asp)
        exact = self.vectors.rows(asp.vectors.shape[1]) @ asp.vectors.T if len(attributes) <= _EXACT else None
        found, notes = [], []
        beside = self._near(asp, [0], pairs, None, alive, exact)
        for search, side, clauses in zip(query.searches, asp.sides, asp.clauses):
            mask = mask_of(search, filters, attributes, self.catalog)
            mask, said = self._phrased(search, mask, len(attributes))
            notes += said
            columns = list(dict.fromkeys((0, side, *clauses)))
            found.append(self._near(asp, columns, pairs, mask, alive, exact))
        return found, beside, notes

    def _near(
        self,
        asp: Aspects,
        columns: list[int],
        pairs: tuple[Numbers, Numbers],
        mask: Mask | None,
        alive: Mask,
        exact: Floats | None,
    ) -> Numbers:
        """Candidates for some aspects, among the rows of a mask."""
        lists = [np.empty(0, np.int64)]
        if "dense" not in self.without:
            lists += self._dense(asp.vectors[columns], mask, alive, None if exact is None else exact[:, columns])
        if "full-text" not in self.without:
            lists += _lexical(asp, pairs, columns, mask)
        return np.unique(np.concatenate(lists))

    def _pairs(self, asp: Aspects) -> tuple[Numbers, Numbers]:
        """Every (passage, word) of the question's words; a word of very many passages only if all words are."""
        lists = [(i, p.passages) for i, p in enumerate(asp.postings) if not p.cut] or [
            (i, p.passages) for i, p in enumerate(asp.postings)
        ]
        if not lists:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        return np.concatenate([p for _, p in lists]), np.repeat([i for i, _ in lists], [len(p) for _, p in lists])

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

    def _dense(self, vectors: Floats, mask: Mask | None, alive: Mask, exact: Floats | None) -> list[Numbers]:
        may = alive if mask is None else mask & alive
        if exact is not None:
            numbers = np.flatnonzero(may)
            return [numbers[_top(exact[numbers, column], _EACH)] for column in range(exact.shape[1])]
        if mask is not None and np.count_nonzero(may) <= _EXACT:
            numbers = np.flatnonzero(may)
            scores = self.vectors.rows(vectors.shape[1])[numbers] @ vectors.T
            return [numbers[_top(scores[:, column], _EACH)] for column in range(scores.shape[1])]
        return self._approximate(vectors, may)

    def _approximate(self, vectors: Floats, may: Mask) -> list[Numbers]:
        reach = _REACH
        while True:
            ids = self.vectors.nearest(vectors, reach)
            numbers = lookup.numbers(self.catalog, list({i for some in ids for i in some}))
            lists = [np.array([numbers[i] for i in some if i in numbers], np.int64) for some in ids]
            passing = [n[may[n]][:_EACH] for n in lists]
            if reach >= _FURTHEST or all(len(n) >= _EACH for n in passing):
                return passing
            reach *= 4


def _lexical(asp: Aspects, pairs: tuple[Numbers, Numbers], columns: Sequence[int], mask: Mask | None) -> list[Numbers]:
    """For each aspect the passages with the largest sum of the rarities of its words."""
    passages, words = pairs
    if mask is not None:
        known = passages < len(mask)
        keep = ~known
        keep[known] = mask[passages[known]]
        passages, words = passages[keep], words[keep]
    if not len(passages):
        return []
    numbers, places = np.unique(passages, return_inverse=True)
    found = []
    for column in columns:
        scores = np.bincount(places, asp.weights[words, column], len(numbers))
        best = _top(scores, _EACH)
        found.append(numbers[best[scores[best] > 0]])
    return found


def _top(scores: NDArray[Any], n: int) -> Numbers:
    """Indices of the `n` largest scores, in no order."""
    if len(scores) <= n:
        return np.arange(len(scores))
    chosen: Numbers = np.argpartition(-scores, n)[:n]
    return chosen
