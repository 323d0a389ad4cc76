"""Whether the evidence holds the gold quotes.

A passage holds a quote if, with all white space removed, the quote is part of it (as in the benchmark of Tang and Yang,
"MultiHop-RAG", 2024). A quote cut by the end of a passage is found in none; a reprint with the same words counts as the
article. Questions without gold quotes have no value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from eval.cases import Case
from eval.metrics import HIGHER, Value, answered, metric


def _ranks(case: Case) -> list[int | None]:
    """For each gold quote the rank, from 1, of the first passage of the evidence that holds it."""
    texts = ["".join(hit["text"].split()) for hit in case.answer["evidence"]] if case.answer else []
    quotes = ["".join(quote.quote.split()) for quote in case.asked.evidence]
    return [next((rank for rank, text in enumerate(texts, 1) if quote in text), None) for quote in quotes]


def _recall(case: Case, k: int | None = None) -> float | None:
    ranks = _ranks(case)
    found = [rank is not None and (k is None or rank <= k) for rank in ranks]
    return sum(found) / len(found) if found else None


@metric("evidence recall", better=HIGHER, guarded=True)
@answered
def recall(case: Case) -> Value:
    """Share of the gold quotes that stand in the evidence shown, 0 to 1. Blind to where in it they stand, and to right
    evidence that nobody labelled."""
    return _recall(case)


@metric("evidence recall@3", better=HIGHER)
@answered
def recall_at_3(case: Case) -> Value:
    """As `evidence recall`, 0 to 1, in the first three passages."""
    return _recall(case, 3)


@metric("evidence MRR", better=HIGHER, guarded=True)
@answered
def reciprocal_rank(case: Case) -> Value:
    """1 / rank of the first passage that holds a gold quote, 0 if none does: 0 to 1 (Voorhees 1999). Blind to all
    quotes but the first that is found."""
    ranks = _ranks(case)
    if not ranks:
        return None
    best = min((rank for rank in ranks if rank is not None), default=None)
    return 1 / best if best else 0.0


@metric("evidence nDCG", better=HIGHER)
@answered
def ndcg(case: Case) -> Value:
    """Discounted cumulative gain of the ranks at which gold quotes are found, gain 1 each, over that of quotes at ranks
    1, 2, … (Järvelin and Kekäläinen 2002), 0 to 1. Two quotes in one passage share its rank, so that 1 may be passed;
    it is cut there."""
    ranks = _ranks(case)
    return min(1.0, _gain(ranks) / _gain(range(1, len(ranks) + 1))) if ranks else None


def _gain(ranks: Sequence[int | None]) -> float:
    return sum(1 / math.log2(rank + 1) for rank in ranks if rank is not None)
