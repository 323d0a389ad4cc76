"""What kind of thing a question asks for, and answers that have none of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rag.kinds import lacks_kind
from rag.types import Citation


def cited(quote: str, year: int = 2025, month: int = 6, day: int = 2) -> list[Citation]:
    published = datetime(year, month, day, tzinfo=UTC)
    return [Citation(1, "a", 0, len(quote), quote, "Title", "Post", None, published, None)]


@pytest.mark.parametrize(
    ("question", "text", "lacking"),
    [
        ("What revenue did the line report?", "Its revenue fell by 15 percent.", "number"),
        ("What revenue did the line report?", "Its revenue was 15 million crowns.", None),
        ("What share of revenue came from tickets?", "Tickets brought in 15 percent.", None),
        ("Who took over from Ida Falk?", "Ida Falk chaired the committee.", "nobody"),
        ("Who took over from Ida Falk?", "Petra Holm took over.", None),
        ("Who won, Ida Falk or Petra Holm?", "Ida Falk won.", None),
        ("Who took over from Ida Falk?", "Ida Falk lost. She said on Monday that she would go.", "nobody"),
        ("Which two schools in Aske are waiting?", "Two schools in Aske are waiting.", "none"),
        ("Which two schools in Aske are waiting?", "Dunmore Primary and Fell Road are waiting.", None),
        ("Which potential buyers did Falk Line talk to?", "Falk Line talked to three potential buyers.", "none"),
        ("Which methods has the company borrowed?", "It has borrowed inspection by camera.", None),
        ("When did the mill close?", "The mill closed for good.", "time"),
        ("When did the mill close?", "The mill closed the week after the storm.", None),
        ("In which year did the mill close?", "It closed in 1998.", None),
        ("After the storm, who repaired the mill?", "It was repaired in May.", "nobody"),
        ("Why did the mill close?", "The mill closed in May.", "reason"),
        ("Why did the mill close?", "The mill closed because its roof leaked.", None),
        ("On what grounds was it closed?", "It was closed in May.", "reason"),
    ],
)
def test_the_kind_of_thing_that_is_asked_for(question: str, text: str, lacking: str | None) -> None:
    found = lacks_kind(question, text, cited(text))
    assert (found is None) if lacking is None else (lacking in (found or ""))


def test_what_another_person_said_is_no_answer() -> None:
    question = "What did Viktor Lund say about the ferry?"
    said = "Petra Holm said that the ferry was late."
    assert "not of Viktor Lund" in (lacks_kind(question, said, cited(said)) or "")
    own = "Lund said that the ferry was late."
    assert lacks_kind(question, own, cited(own)) is None
    assert lacks_kind(question, "He said that the ferry was late.", cited("He said so.")) is None


@pytest.mark.parametrize(
    ("published", "quote", "near"),
    [
        ((2025, 11, 23), "The match ended 2-2.", True),  # the day after
        ((2025, 11, 20), "The match is on Saturday.", True),  # two days before
        ((2025, 5, 18), "They finished on 78 points.", False),  # half a year before
        ((2025, 5, 18), "They will play on 22 November.", True),  # but it names the day
    ],
)
def test_a_report_from_long_before_or_after_is_not_about_that_day(
    published: tuple[int, int, int], quote: str, near: bool
) -> None:
    question = "How did the match on 22 November end?"
    found = lacks_kind(question, quote, cited(quote, *published))
    assert (found is None) == near
    if found:
        assert "22 November" in found


def test_29_february_is_looked_for_in_years_that_have_one() -> None:
    quote = "The mill burnt down."
    assert lacks_kind("What happened on 29 February?", quote, cited(quote, 2025, 3, 5)) is not None
    assert lacks_kind("What happened on 29 February?", quote, cited(quote, 2024, 3, 5)) is None
