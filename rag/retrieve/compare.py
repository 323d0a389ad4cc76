"""How well a passage fits a search: the features, all candidates and all aspects of a question at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.retrieve.candidates import Aspects
from rag.store.features import Features
from rag.types import Hit, Record

Floats = NDArray[np.float32]

# Each feature with what it is; "side" is the part of the question that a search is about, "clause" the best of its
# clauses. Rarity is BM25's inverse document frequency. Scores are standardised over a question's candidates unless raw.
NAMES = {
    "dense": "cosine of the passage and the question",
    "sentence_dense": "cosine of the best sentence and the question",
    "clause_dense": "cosine of the best sentence and the clause",
    "side_words": "BM25 of the side, title included",
    "clause_words": "BM25 of the clause, title included",
    "cover": "share, by rarity, of the question's words in passage and title",
    "pair_cover": "share of the side's words in the best two neighbouring sentences",
    "clause_cover": "share of the clause's words in the best sentence",
    "raw_sentence_dense": "sentence_dense, not standardised",
    "raw_clause_dense": "clause_dense, not standardised",
    "raw_cover": "cover, not standardised",
    "lead": "1 for the first passage of an article",
    "happened": "1 if published in or soon after the period that the side says something happened in, -1 if not, "
    "0 if unknown",
}
GIVEN = ("lead", "happened")
_K1, _B = 1.2, 0.75


@dataclass(frozen=True, slots=True)
class Candidate(Record):
    """A passage that a search weighed for one side of a question, with its features (see NAMES)."""

    side: int
    hit: Hit
    features: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Compared:
    """Candidates against every aspect: arrays of shape (P, A), P the candidates that have features.

    dense: cosine of the passages. best: largest cosine of a sentence. bm25; and shares of an aspect's words by rarity:
    in passage and title, in the best sentence, in the best two neighbouring sentences.
    """

    dense: Floats
    best: Floats
    bm25: Floats
    whole: Floats
    sentence: Floats
    pair: Floats


def compare(asp: Aspects, features: Features, vectors: Floats) -> Compared:
    """Compare the passages of `features`, whose own vectors are `vectors` (same order), with the aspects.

    A passage without a vector, all zeros, is taken to be as near as the others are on average: its words decide.
    """
    firsts, weights = features.firsts, asp.weights
    counts = _counts(asp, features)  # (units, words)
    present = (counts > 0).astype(np.float32)
    total = np.maximum(weights.sum(0), 1e-6)
    by_unit = present @ weights
    titles = np.zeros(len(features.units), bool)
    titles[firsts] = True
    in_sentences = np.where(titles[:, None], 0, by_unit)
    following = np.zeros_like(in_sentences)
    both = np.maximum(present[:-1], present[1:]) @ weights
    same = (features.units[:-1] == features.units[1:]) & ~titles[:-1]
    following[:-1] = np.where(same[:, None], both, 0)
    passage = np.add.reduceat(counts, firsts)
    held = (passage > 0).astype(np.float32)
    cosines = features.vectors @ asp.vectors.T
    cosines[titles] = -1

    known: NDArray[np.bool_] = (vectors != 0).any(axis=1)
    return Compared(
        dense=_filled(vectors @ asp.vectors.T, known),
        best=_filled(np.maximum.reduceat(cosines, firsts), known),
        bm25=_bm25(passage, np.bincount(features.units[features.owners], minlength=len(firsts)), weights),
        whole=held @ weights / total,
        sentence=np.maximum.reduceat(in_sentences, firsts) / total,
        pair=np.maximum.reduceat(np.maximum(following, in_sentences), firsts) / total,
    )


def _filled(scores: Floats, known: NDArray[np.bool_]) -> Floats:
    """`scores` with each column's mean in the rows that are not known."""
    if known.all() or not known.any():
        return scores
    return np.where(known[:, None], scores, scores[known].mean(0)).astype(np.float32)


def _counts(asp: Aspects, features: Features) -> Floats:
    """How often each of the question's words stands in each unit; shape (U, T)."""
    order = np.argsort(asp.hashes)
    ranked = asp.hashes[order]
    counts = np.zeros((len(features.units), len(ranked)), np.float32)
    if len(ranked):
        spots = np.minimum(np.searchsorted(ranked, features.words), len(ranked) - 1)
        hits = np.flatnonzero(ranked[spots] == features.words)
        np.add.at(counts, (features.owners[hits], order[spots[hits]]), 1)
    return counts


def _bm25(counts: Floats, lengths: NDArray[np.int64], weights: Floats) -> Floats:
    """Okapi BM25 (Robertson & Zaragoza 2009); the mean length is that of the candidates."""
    length = _K1 * (1 - _B + _B * lengths / max(1.0, float(lengths.mean())))
    saturated = counts * np.float32(_K1 + 1) / (counts + length[:, None].astype(np.float32))
    scores: Floats = saturated.astype(np.float32) @ weights
    return scores


def matrix(compared: Compared, rows: NDArray[np.int64], side: int, clauses: tuple[int, ...], plain: Floats) -> Floats:
    """The features of one search's candidates, shape (len(rows), len(NAMES)).

    `plain` holds those of GIVEN for these rows. Scores are standardised over all candidates of the question, not over
    this search's: a narrow limit leaves few, and the best of five poor ones would look as good as the best of fifty.
    """
    c, columns = compared, np.array(clauses)
    table = np.column_stack(
        [
            c.dense[:, 0],
            c.best[:, 0],
            c.best[:, columns].max(1),
            c.bm25[:, side],
            c.bm25[:, columns].max(1),
            c.whole[:, 0],
            c.pair[:, side],
            c.sentence[:, columns].max(1),
        ]
    )
    spread = table.std(0)
    standard = (table[rows] - table.mean(0)) / np.where(spread > 1e-9, spread, 1)
    raw = np.column_stack([c.best[rows, 0], c.best[np.ix_(rows, columns)].max(1), c.whole[rows, 0]])
    return np.hstack([standard, raw, plain]).astype(np.float32)
