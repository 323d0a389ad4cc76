"""What a model reads of long evidence: the sentences that the claim draws on, within a budget."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rag import tokens
from rag.judges import Cited
from rag.judges.focus import BUDGET, focused

SENTENCES = (
    "The harbour council met on Monday.",
    "Rain fell in Aske until the evening.",
    "The clerk Viktor Lund denied every charge.",
    "He was jailed for nine years in May.",
    "A school in Norby closed after a burst pipe.",
    "The ferry line was granted 4.2 million crowns.",
    "Its manager thanked the mayor of Elmsund.",
)
QUOTE = " ".join(SENTENCES)
CLAIM = "The ferry line got 4.2 million crowns after a school closed."


def kept(text: str) -> list[str]:
    return sorted((s for s in SENTENCES if s in text), key=text.index)


def test_short_evidence_is_read_whole_with_its_origin_in_front() -> None:
    cited = Cited("It\nrained. It  snowed.", "Wet “day”", "Echo", "Lena Falk", datetime(2024, 3, 5, tzinfo=UTC))
    assert tokens.count(QUOTE) < BUDGET
    assert (
        focused(CLAIM, [cited, Cited(QUOTE)]) == f'(Echo, 5 March 2024, "Wet "day"") It rained. It snowed.\n\n{QUOTE}'
    )


@pytest.mark.parametrize("budget", range(15, 80, 5))
def test_the_budget_is_kept(budget: int) -> None:
    found = kept(focused(CLAIM, [Cited(QUOTE, "Week", "Echo")], budget))
    assert found
    assert sum(tokens.counts(found)) <= budget


def test_the_sentences_that_the_claim_draws_on_are_chosen() -> None:
    assert kept(focused("He was jailed for nine years.", [Cited(QUOTE)], 12)) == [SENTENCES[3]]
    assert kept(focused("The ferry line got 4.2 million crowns.", [Cited(QUOTE)], 14)) == [SENTENCES[5]]


def test_the_sentence_before_comes_with_it() -> None:
    assert kept(focused("He was jailed for nine years.", [Cited(QUOTE)], 22)) == list(SENTENCES[2:4])


def test_they_stand_in_the_order_of_the_article() -> None:
    text = focused(CLAIM, [Cited(QUOTE)], 50)
    assert kept(text) == [s for s in SENTENCES if s in text]
    assert 1 < len(kept(text)) < len(SENTENCES)


def test_a_gap_is_marked_and_only_a_gap() -> None:
    text = focused("The council met, and a manager thanked the mayor.", [Cited(QUOTE)], 20)
    assert text == f"{SENTENCES[0]} … {SENTENCES[6]}"
    assert "…" not in focused("He was jailed for nine years.", [Cited(QUOTE)], 22)


def test_a_sentence_longer_than_the_budget_is_read_all_the_same() -> None:
    long = "The ferry line got crowns " * 60
    assert focused(CLAIM, [Cited(long)], 20) == long.strip()


def test_a_citation_that_adds_nothing_is_left_out_with_its_origin() -> None:
    evidence = [Cited("Owls nested in a mill. " * 20, outlet="Owl Times"), Cited(SENTENCES[3], outlet="Echo")]
    text = focused("He was jailed for nine years in May.", evidence, 12)
    assert text == f"(Echo) {SENTENCES[3]}"


@pytest.mark.parametrize("evidence", [[], [Cited("")], [Cited(" … — ")]])
def test_evidence_without_words_is_empty(evidence: list[Cited]) -> None:
    assert focused(CLAIM, evidence) == ""
