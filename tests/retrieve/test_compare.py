"""Each feature, on two passages small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rag.retrieve.candidates import Aspects
from rag.retrieve.compare import NAMES, _bm25, compare, matrix
from rag.store.features import Features
from rag.store.postings import Posting
from rag.words import hashed

# The question "tram norby june 4" is all of it (aspect 0) and its one side; clauses: "tram norby" (1), "june 4" (2).
WORDS = ("tram", "norby", "june", "4")
RARITY = np.array([1, 2, 3, 4], np.float32)
ASPECTS = Aspects(
    vectors=np.array([[1, 0], [0.6, 0.8], [0, 1]], np.float32),
    words=WORDS,
    hashes=hashed(WORDS),
    postings=(Posting(np.array([1]), False),) * 4,
    weights=np.column_stack([RARITY, RARITY * [1, 1, 0, 0], RARITY * [0, 0, 1, 1]]).astype(np.float32),
    sides=(0,),
    clauses=((1, 2),),
)
# Passage 5: title "tram", sentences "norby norby other" and "june". Passage 8: no title, one sentence "4".
PASSAGES = Features(
    numbers=np.array([5, 8]),
    words=hashed(["tram", "norby", "norby", "other", "june", "4"]),
    owners=np.array([0, 1, 1, 1, 2, 4]),
    units=np.array([0, 0, 0, 1, 1]),
    vectors=np.array([[0, 0], [1, 0], [0, 1], [0, 0], [0.8, 0.6]], np.float32),
)
VECTORS = np.array([[0.6, 0.8], [1, 0]], np.float32)


def test_the_comparison_by_hand() -> None:
    c = compare(ASPECTS, PASSAGES, VECTORS)
    assert np.allclose(c.dense, [[0.6, 1.0, 0.8], [1.0, 0.6, 0.0]])
    assert np.allclose(c.best, [[1, 0.8, 1], [0.8, 0.96, 0.6]])
    assert np.allclose(c.whole, [[6 / 10, 1, 3 / 7], [4 / 10, 0, 4 / 7]])
    assert np.allclose(c.sentence, [[3 / 10, 2 / 3, 3 / 7], [4 / 10, 0, 4 / 7]])
    assert np.allclose(c.pair, [[5 / 10, 2 / 3, 3 / 7], [4 / 10, 0, 4 / 7]])


def test_bm25_is_that_of_a_plain_loop() -> None:
    rng = np.random.default_rng(3)
    counts = rng.integers(0, 4, (7, 5)).astype(np.float32)
    lengths = counts.sum(1).astype(np.int64) + rng.integers(1, 30, 7)
    weights = rng.random((5, 2)).astype(np.float32)
    expected = np.zeros((7, 2))
    for p in range(7):
        for a in range(2):
            for t in range(5):
                f, k = counts[p, t], 1.2 * (1 - 0.75 + 0.75 * lengths[p] / lengths.mean())
                expected[p, a] += weights[t, a] * f * 2.2 / (f + k)
    assert np.allclose(_bm25(counts, lengths, weights), expected, atol=1e-5)
    c = compare(ASPECTS, PASSAGES, VECTORS)
    lengths = np.array([5, 1])
    counts = np.array([[1, 2, 1, 0], [0, 0, 0, 1]], np.float32)
    assert np.allclose(c.bm25, _bm25(counts, lengths, ASPECTS.weights))


def test_the_columns_are_those_of_the_names() -> None:
    c = compare(ASPECTS, PASSAGES, VECTORS)
    plain = np.array([[1, -1], [0, 1]], np.float32)
    rows = dict(zip(NAMES, matrix(c, np.array([0, 1]), 0, (1, 2), plain).T))
    raw = {
        "dense": c.dense[:, 0], "sentence_dense": c.best[:, 0], "clause_dense": c.best[:, 1:].max(1),
        "side_words": c.bm25[:, 0], "clause_words": c.bm25[:, 1:].max(1), "cover": c.whole[:, 0],
        "pair_cover": c.pair[:, 0], "clause_cover": c.sentence[:, 1:].max(1),
    }  # fmt: skip
    for name, values in raw.items():
        assert np.allclose(rows[name], (values - values.mean()) / values.std(), atol=1e-4), name
    for name in ("sentence_dense", "clause_dense", "cover"):
        assert np.allclose(rows[f"raw_{name}"], raw[name])
    assert rows["lead"].tolist() == [1, 0]
    assert rows["happened"].tolist() == [-1, 1]
    assert list(rows) == list(NAMES)


def test_one_search_is_standardised_over_all_candidates() -> None:
    c = compare(ASPECTS, PASSAGES, VECTORS)
    both = matrix(c, np.array([0, 1]), 0, (1, 2), np.zeros((2, 2), np.float32))
    one = matrix(c, np.array([1]), 0, (1, 2), np.zeros((1, 2), np.float32))
    assert np.array_equal(both[1:], one)


def test_a_passage_without_a_vector_is_as_near_as_the_others() -> None:
    vectors = VECTORS.copy()
    vectors[0] = 0
    c = compare(ASPECTS, PASSAGES, vectors)
    assert np.allclose(c.dense[0], c.dense[1])
    assert np.allclose(c.best[0], c.best[1])
    assert np.allclose(compare(ASPECTS, PASSAGES, np.zeros((2, 2), np.float32)).dense, 0)


def test_a_question_without_words() -> None:
    none = Aspects(ASPECTS.vectors[:1], (), hashed([]), (), np.zeros((0, 1), np.float32), (0,), ((0,),))
    c = compare(none, PASSAGES, VECTORS)
    assert c.dense[:, 0] == pytest.approx([0.6, 1])
    for part in (c.bm25, c.whole, c.sentence, c.pair):
        assert not part.any()
