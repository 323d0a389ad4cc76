"""Marks: the words that say who says so, how certain it is, how much of it, and since when."""

from __future__ import annotations

import pytest

from rag.judges.marks import ADDED, KINDS, LOST, found, marks


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("said", "The strike is over, the union said."),
        ("said", "According to the port, no cargo was lost."),
        ("alleged", "He allegedly forged the permit."),
        ("alleged", "Prosecutors accuse her of taking bribes."),
        ("denied", "The mayor denied the report."),
        ("denied", "Both firms dispute the sum."),
        ("expected", "The line is expected to carry 9,000 people."),
        ("expected", "Economists forecast a mild winter."),
        ("planned", "The council plans to sell the hall."),
        ("planned", "The hall will be sold."),
        ("possible", "The ferry could be late."),
        ("possible", "Trains run if the dyke holds."),
        ("up_to", "Up to forty homes lost power."),
        ("up_to", "About forty homes lost power."),
        ("not", "The bridge did not open."),
        ("not", "The bridge didn’t open."),
        ("not", "The bridge can't open."),
        ("not", "Nobody was hurt."),
        ("superlative", "It is the largest quay in the county."),
        ("superlative", "She was the first to leave."),
        ("cause", "The school closed because a pipe burst."),
        ("compared", "More people cycled."),
        ("compared", "Sales fell."),
        ("begun", "Work began on Monday."),
        ("ended", "The inquiry ended on Friday."),
        ("ended", "The former minister stayed away."),
    ],
)
def test_a_kind_is_seen(kind: str, text: str) -> None:
    assert kind in marks(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("not", "A notable guest tied the knot."),
        ("possible", "The mayor spoke."),
        ("ended", "Friends met the vendor."),
        ("up_to", "The cup was theirs."),
        ("said", "The Saidi family met."),
        ("planned", "The planet turned."),
    ],
)
def test_a_part_of_a_word_is_no_mark(kind: str, text: str) -> None:
    assert kind not in marks(text)


def test_a_plain_sentence_has_none() -> None:
    assert marks("Tove Brandt heads the harbour.") == set()
    assert marks("") == set()


def test_capital_letters_change_nothing() -> None:
    assert marks("NOBODY WAS HURT.") == marks("nobody was hurt.") == {"not"}


def test_a_text_may_have_several() -> None:
    assert marks("The firm denied that it allegedly plans cuts.") >= {"denied", "alleged", "planned"}


def test_the_first_mark_is_found_as_it_is_written() -> None:
    assert found("superlative", "The Largest quay and the oldest pier.") == "Largest"
    assert found("not", "It wasn’t he, nor she.") == "n’t"
    assert found("said", "Tove Brandt heads the harbour.") == ""


def test_what_can_be_lost_or_added_are_kinds_once_each() -> None:
    for some in (LOST, ADDED):
        assert set(some) <= set(KINDS)
        assert len(some) == len(set(some))


@pytest.mark.parametrize(
    ("text", "kind", "there"),
    [
        ("They charged 5 crowns.", "alleged", False),
        ("She was charged with theft.", "alleged", True),
        ("The hall stands next to the river.", "planned", False),
        ("The hall opens next year.", "planned", True),
        ("The United States sold it.", "said", False),
        ("The report states it.", "said", True),
        ("The bridge is called the Span.", "said", False),
        ("Falk called the plan a scandal.", "said", True),
        ("Falk called off the strike.", "said", False),
    ],
)
def test_a_word_of_several_meanings(text: str, kind: str, there: bool) -> None:
    assert (kind in marks(text)) == there
