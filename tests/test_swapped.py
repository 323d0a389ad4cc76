"""Words in the same turn of phrase that speak of something else."""

from __future__ import annotations

import pytest

import rag
from rag.embed import open_embedder
from rag.swapped import swapped


def cosine(one: str, other: str) -> float:
    a, b = open_embedder(rag.Settings().embedder).encode([one, other])
    return float(a @ b)


@pytest.mark.models
@pytest.mark.parametrize(
    ("question", "claim", "words", "other"),
    [
        (
            "When did the bicycle factory open?",
            "The bicycle factory in Aske opened in October.",
            "In October, the candle factory in Aske was opened, the mayor said.",
            "bicycle",
        ),
        (
            "What is the share of sailing boats in the count?",
            "The share of sailing boats is 16 percent.",
            "The share of diesel lorries has reached 16 percent.",
            "sailing",
        ),
        (
            "What did the nursery drivers earn?",
            "The nursery drivers earned 4 million crowns.",
            "The region's tram drivers earned 4 million crowns.",
            "nursery",
        ),
        (  # another word for it
            "How far did the share price fall?",
            "The share price fell by 4 percent.",
            "The line's stock price had fallen by 4 percent.",
            None,
        ),
        (  # less is said
            "When did the bicycle factory open?",
            "The bicycle factory in Aske opened in October.",
            "In October, the factory in Aske was opened, the mayor said.",
            None,
        ),
        (  # it is said elsewhere in the same words
            "When did the bicycle factory open?",
            "The bicycle factory in Aske opened in October.",
            "The candle factory, which also makes bicycle bells, was opened in October.",
            None,
        ),
        (  # what does something is not told apart by it
            "How many boats sank near the coast?",
            "Near the coast sank two boats.",
            "Two boats sank within sight of the shore.",
            None,
        ),
        (  # the question does not insist on it
            "What opened in October?",
            "The bicycle factory in Aske opened in October.",
            "In October, the candle factory in Aske was opened, the mayor said.",
            None,
        ),
    ],
)
def test_swapped(question: str, claim: str, words: str, other: str | None) -> None:
    assert swapped(claim, words, question, cosine) == other
