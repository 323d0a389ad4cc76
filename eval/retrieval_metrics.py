"""Figures about finding: whether the texts that a search gives hold the facts that answer the question.

Relevance and the first four figures are those of Tang and Yang, "MultiHop-RAG", 2024 (arXiv 2401.15391), as its
published evaluation script computes them: spaces and line breaks are taken out of facts and texts, and a text is
relevant if any of the facts is a substring of it. The other two ask for more than one fact.

Every figure takes `found`, for each rank the facts that the text at that rank holds (`matches`), and `facts`, what is
to be found; it is between 0 and 1, and the mean over questions is what is reported.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

Found = Sequence[frozenset[str]]


def squeezed(text: str) -> str:
    """The text without spaces and line breaks; other white space stays, as in the published script."""
    return text.replace(" ", "").replace("\n", "")


def matches(texts: Sequence[str], facts: Sequence[str]) -> list[frozenset[str]]:
    """For each text, in order of rank, the squeezed facts that are substrings of it, squeezed."""
    wanted = {squeezed(fact) for fact in facts}
    return [frozenset(fact for fact in wanted if fact in text) for text in map(squeezed, texts)]


def hit(found: Found, k: int) -> float:
    """Hits@k: 1 if one of the first k texts is relevant, else 0."""
    return float(any(found[:k]))


def reciprocal_rank(found: Found, k: int) -> float:
    """RR@k = 1 / rank of the first relevant text within the first k, else 0. Its mean is MRR@k."""
    return next((1 / rank for rank, here in enumerate(found[:k], 1) if here), 0.0)


def average_precision(found: Found, facts: Sequence[str], k: int) -> float:
    """AP@k = Σ over ranks r ≤ k of (facts found at r and not before) / r, divided by min(number of facts, k).

    Not the usual average precision: a fact counts at the first text that holds it, and several facts in one text count
    together. The published script loops over eleven texts for k = 10, and as of its commit 33d3ad0 lets only the first
    ten count; here ten are retrieved. Its mean is MAP@k.
    """
    seen: frozenset[str] = frozenset()
    total = 0.0
    for rank, here in enumerate(found[:k], 1):
        total += len(here - seen) / rank
        seen |= here
    return total / min(len(facts), k)


def fact_recall(found: Found, facts: Sequence[str], k: int) -> float:
    """Share of the distinct facts that stand in the first k texts."""
    return len(frozenset().union(*found[:k])) / len(set(map(squeezed, facts)))


def all_facts(found: Found, facts: Sequence[str], k: int) -> float:
    """1 if every fact stands in the first k texts, else 0."""
    return float(fact_recall(found, facts, k) == 1)


FIGURES: Mapping[str, Callable[[Found, Sequence[str]], float]] = {
    "Hits@10": lambda found, facts: hit(found, 10),
    "Hits@4": lambda found, facts: hit(found, 4),
    "MRR@10": lambda found, facts: reciprocal_rank(found, 10),
    "MAP@10": lambda found, facts: average_precision(found, facts, 10),
    "fact recall@10": lambda found, facts: fact_recall(found, facts, 10),
    "all facts@10": lambda found, facts: all_facts(found, facts, 10),
}


def figures(texts: Sequence[str], facts: Sequence[str]) -> dict[str, float]:
    """Every figure for one question: `texts` best first, `facts` at least one."""
    found = matches(texts, facts)
    return {name: figure(found, facts) for name, figure in FIGURES.items()}
