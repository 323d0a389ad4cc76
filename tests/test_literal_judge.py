"""The literal judge: what is in the cited words passes, one changed digit, date, name or quoted word does not."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rag.judges import Cited
from rag.judges.literal import LiteralJudge, missing
from rag.types import Verdict

QUAY = Cited(
    "The council of Elmsund granted the ferry line 4.2 million crowns on 18 November, 30 percent more than in 2024. "
    "“We are very pleased – and relieved,” said Ida Falk, who heads the line.",
    title="New quay for the harbour",
    outlet="Harbour Radio",
    byline="Per Stolt",
    published=datetime(2025, 11, 20, tzinfo=UTC),
)


LORRIES = Cited("On Monday 84 lorries stood on the bridge.", published=datetime(2026, 5, 12, tzinfo=UTC))


@pytest.mark.parametrize(("day", "held"), [("11 May 2026", True), ("12 May", True), ("18 May 2026", False)])
def test_a_weekday_is_a_date_by_the_day_of_publication(day: str, held: bool) -> None:
    assert (missing(f"On {day} 84 lorries stood on the bridge.", [LORRIES]) is None) == held


ABROAD = Cited("Ida Falk wants to sail to Europe in 2027. In Germany, the group's head said, tickets are dearer.")


@pytest.mark.parametrize(
    "claim",
    ["Ida Falk wants to sail to European ports in 2027.", "German tickets are dearer, the head of Falk Group said."],
)
def test_a_place_is_named_by_its_adjective_and_a_group_by_its_word(claim: str) -> None:
    assert missing(claim, [ABROAD]) is None


@pytest.mark.parametrize(
    "claim", ["Ida Falk wants to sail to American ports in 2027.", "Idas Falkian tickets are dearer in Germany."]
)
def test_what_only_looks_like_a_place_of_it_is_not(claim: str) -> None:
    assert missing(claim, [ABROAD]) is not None


def verdict(claim: str, *evidence: Cited) -> tuple[Verdict, str]:
    judgement = LiteralJudge().judge(claim, evidence or [QUAY])
    return judgement.verdict, judgement.reason


@pytest.mark.parametrize(
    "claim",
    [
        "The council of Elmsund granted the ferry line 4.2 million crowns.",
        "The ferry line was granted 4,200,000 crowns.",
        "The ferry line was granted 30% more than in 2024.",
        "The council of Elmsund granted it thirty per cent more.",
        "On November 18th, 2025, the council granted the ferry line 4.2 million crowns.",
        "Ida Falk, who heads the ferry line, said she was “very pleased”.",
        "Ida Falk said: “We are very pleased – and relieved.”",
        "According to Harbour Radio, the council granted the ferry line 4.2 million crowns.",
    ],
)
def test_right_sentences_pass(claim: str) -> None:
    assert verdict(claim)[0] is Verdict.SUPPORTED, verdict(claim)


@pytest.mark.parametrize(
    ("claim", "named"),
    [
        ("The council of Elmsund granted the ferry line 4.3 million crowns.", "4.3"),
        ("The council of Elmsund granted the ferry line 4.2 billion crowns.", "4.2 billion"),
        ("The council granted the ferry line 31 percent more than in 2024.", "31"),
        ("The council granted the ferry line 30 percentage points more than in 2024.", "30"),
        ("The council granted the ferry line 30 percent more than in 2023.", "2023"),
        ("On 19 November the council granted the ferry line 4.2 million crowns.", "19 November"),
        ("On 18 November 2024 the council granted the ferry line 4.2 million crowns.", "18 November 2024"),
        ("On 18 October the council granted the ferry line 4.2 million crowns.", "18 October"),
        ("The council of Norby granted the ferry line 4.2 million crowns.", "Norby"),
        ("Ida Holm, who heads the ferry line, said she was “very pleased”.", "Holm"),
        ("Ida Falk said she was “not very pleased”.", "not very pleased"),
        ("Ida Falk said she was “very please”.", "very please"),
        ("Ida Falk said she was “very pleased - and relieved”.", "very pleased - and relieved"),
        ("Ida Falk said she was “ery pleased”.", "ery pleased"),
    ],
)
def test_what_is_not_in_the_cited_words_is_named(claim: str, named: str) -> None:
    found, reason = verdict(claim)
    assert found is Verdict.UNSUPPORTED
    assert named in reason


def test_a_wrong_name_that_begins_the_sentence() -> None:
    there = Cited("Falk granted the ferry line 4.2 million crowns.")
    assert verdict("Holm granted the ferry line 4.2 million crowns.", there)[0] is Verdict.UNSUPPORTED


@pytest.mark.parametrize(
    "claim", ["", "—", "There is more to it than that.", "This is important.", "Read on for more."]
)
def test_a_sentence_that_says_nothing_is_not_supported(claim: str) -> None:
    assert verdict(claim)[0] is Verdict.UNSUPPORTED


def test_other_words_are_not_supported() -> None:
    found, reason = verdict("The council promised to plant trees along every street.")
    assert found is Verdict.UNSUPPORTED
    assert reason


def test_nothing_cited() -> None:
    judgement = LiteralJudge().judge("The council granted it.", [])
    assert judgement.verdict is Verdict.UNSUPPORTED
    assert "nothing is cited" in judgement.reason


def test_the_parts_may_come_from_several_citations() -> None:
    other = Cited("The school in Norby stayed closed for 12 days.")
    claim = "The council of Elmsund granted 4.2 million crowns, and the school in Norby stayed closed for 12 days."
    assert verdict(claim, QUAY, other)[0] is Verdict.SUPPORTED
    assert verdict(claim, QUAY)[0] is Verdict.UNSUPPORTED
    assert verdict(claim, other)[0] is Verdict.UNSUPPORTED


def test_a_quotation_may_not_be_sewn_from_two_citations() -> None:
    halves = Cited("“We are very"), Cited("pleased”, said Ida Falk")
    assert verdict("Ida Falk said “We are very pleased”.", *halves)[0] is Verdict.UNSUPPORTED


def test_the_reason_counts_what_was_held() -> None:
    assert "1 number" in verdict("The ferry line was granted 4.2 million crowns.")[1]


@pytest.mark.parametrize(
    ("claim", "quote", "struck"),
    [
        ("It cost 820,000 euros.", "The repairs cost 820,000 crowns.", True),
        ("It cost 820,000 crowns.", "The repairs cost 820,000 crowns.", False),
        ("About 200 people came.", "About 41\u202f200 people came.", True),
        ("About 41,200 people came.", "About 41\u202f200 people came.", False),
        ("It grew by 5 percent.", "It grew by 3,5 percent.", True),
        ("It grew by 3.5 percent.", "It grew by 3,5 percent.", False),
        ("The margin was 3%.", "The margin was -3%.", True),
        ("The margin fell by 3%.", "The margin: -3%.", False),
        ("It cost a million crowns.", "It cost 820,000 crowns.", True),
        ("It cost half a million crowns.", "It cost 500,000 crowns.", False),
        ("One firefighter was killed.", "Two firefighters were killed.", True),
        ("One firefighter was killed.", "A firefighter was killed.", False),
        ("One firefighter was killed.", "Two local firefighters were killed.", True),
        ("One of them was killed.", "Two firefighters were hurt, and one of them was killed.", False),
        ("Australia raised its tariff.", "Austria raised its tariff.", True),
        ("Repairs cost much.", "The repair cost much.", False),
        ("Alexandra Holm resigned.", "Alexander Holm resigned.", True),
        ("“The roof was perfectly sound in May.", "“The roof was sound in May. The council must pay.”", True),
        ("“The roof was sound in May.", "“The roof was sound in May. The council must pay.”", False),
        ("The council must never pay for it.”", "“The roof was sound in May. The council must pay for it.”", True),
        ("The roof ‘was perfectly sound in May’, she said.", "The roof ‘was sound in May’, she said.", True),
        ("The council’s roof wasn’t ‘sound’.", "The council’s roof wasn’t ‘sound’.", False),
        ("Jan Lund was jailed.", "Erik Lund was jailed.", True),
        ("In January Lund was jailed.", "In January Lund was jailed.", False),
        ("Then Mary O'Neill left.", "Then Mary O’Neill left.", False),
        ("Then the US left.", "Then the U.S. left.", False),
        ("The fire was put out by 15 firefighters.", "The hall was built in 2010 and enlarged in 2025.", True),
        ("It rose by 60 percent.", "It has 400 flats and 250 parking places.", True),
    ],
)
def test_what_looks_alike_and_is_not_the_same(claim: str, quote: str, struck: bool) -> None:
    assert (missing(claim, [Cited(quote)]) is not None) == struck
