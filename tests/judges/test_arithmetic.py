"""Worked-out numbers: what two cited numbers give may be said, and nothing else."""

from __future__ import annotations

import pytest

from rag.forms import numbers
from rag.judges.arithmetic import computed, unfounded


def how(claim: str, evidence: str) -> str | None:
    (number,) = numbers(claim)
    return computed(number, numbers(evidence), claim)


@pytest.mark.parametrize(
    ("claim", "evidence", "expected"),
    [
        ("The line sold 150 more tickets.", "It sold 400 tickets in May and 250 in April.", "400 - 250"),
        ("The line sold 150 fewer tickets.", "It sold 250 tickets in May and 400 in April.", "400 - 250"),
        ("Together they sold 650 tickets.", "It sold 400 tickets in May and 250 in April.", "400 + 250"),
        ("Thefts rose by 46%.", "Police counted 100 thefts, then 146.", "from 100 to 146"),
        ("Thefts fell by 25 percent.", "Police counted 146 thefts, then 109.5.", "from 146 to 109.5"),
        ("Thefts rose by 33%.", "Police counted 300 thefts, then 400.", "from 300 to 400"),
        ("Thefts rose by 33.3%.", "Police counted 300 thefts, then 400.", "from 300 to 400"),
        ("Turnout was 6 percentage points higher.", "Turnout was 62%, after 56%.", "62% - 56%"),
        ("Both cost 7 million euros in total.", "One cost 4 million euros, the other 3 million euros.",
         "4 million euros + 3 million euros"),
        ("It has 100 more new flats.", "It has 250 new flats and 150 old flats.", "250 - 150"),
        ("It cost $5 more.", "A ticket is $20, up from $15.", "$20 - $15"),
    ],
)  # fmt: skip
def test_two_cited_numbers_give_it(claim: str, evidence: str, expected: str) -> None:
    assert how(claim, evidence) == expected


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        ("The line sold 150 tickets.", "It sold 400 tickets in May and 250 in April."),  # compares nothing
        ("The line sold 151 more tickets.", "It sold 400 tickets in May and 250 in April."),
        ("The line has 5 more ferries.", "It has 15 ferries, after 10."),  # under ten
        ("Thefts rose by 34%.", "Police counted 300 thefts, then 400."),
        ("Thefts rose by 33.4%.", "Police counted 300 thefts, then 400."),
        ("Turnout was 6 percent higher.", "Turnout was 62%, after 56%."),  # points are not percent
        ("It is 30 more.", "A ticket is $50, a seat costs €20."),  # two kinds of money
        ("It is 11 more.", "It came 12th, then 1st."),  # places are not counted
        ("It is 17 more.", "It is 34 there."),  # one number gives none
        ("It is 17 more.", ""),
    ],
)
def test_what_they_do_not_give_is_not_worked_out(claim: str, evidence: str) -> None:
    assert how(claim, evidence) is None


def test_among_very_many_numbers_something_always_fits_so_the_last_ones_do_not_count() -> None:
    many = " and ".join(str(10_000 * 3**n) for n in range(12))
    assert how("The line sold 150 more tickets.", f"Of {many}, it sold 400 tickets, after 250.") is None


THIRD, QUARTER = "Turnout rose by a third.", "Prices are a quarter higher."


@pytest.mark.parametrize(
    ("claim", "evidence"),
    [
        (THIRD, "It rose from 300 to 400."),
        (THIRD, "It rose by a third."),
        (THIRD, "It rose by one third."),
        ("Turnout fell by a third.", "It fell from 450 to 300."),
        (QUARTER, "They rose from 20 euros to 25 euros."),
        ("Sales doubled.", "They rose from 150 to 300."),
        ("Sales doubled.", "They rose from 150 to 298."),  # near enough
        ("Sales doubled.", "There were twice as many."),  # says it
        ("It is three times as long.", "It has grown from 4 km to 12 km."),
        ("The herd was halved.", "It shrank from 80 to 40."),
        ("Half the seats are empty.", "Half of the seats are empty."),
        ("Turnout rose.", "It rose from 300 to 350."),  # claims no ratio
    ],
)
def test_a_ratio_that_the_evidence_says_or_its_numbers_bear_out(claim: str, evidence: str) -> None:
    assert unfounded(claim, numbers(evidence), evidence) is None


@pytest.mark.parametrize(
    ("claim", "evidence", "said"),
    [
        (THIRD, "It rose from 300 to 350.", "by a third"),
        (THIRD, "It rose.", "by a third"),
        (THIRD, "It was 300 people, then 400%.", "by a third"),  # two kinds
        (QUARTER, "They rose from 20 euros to 24 euros.", "a quarter higher"),
        ("Sales doubled.", "They rose from 150 to 280.", "doubled"),
        ("Twice as many came.", "Many came.", "Twice"),
        ("Sales tripled.", "They doubled.", "tripled"),
        ("The herd was halved.", "It shrank from 80 to 50.", "halved"),
    ],
)
def test_a_ratio_that_nothing_bears_out_is_told_as_written(claim: str, evidence: str, said: str) -> None:
    assert unfounded(claim, numbers(evidence), evidence) == said
