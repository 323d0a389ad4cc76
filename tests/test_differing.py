"""Other values of the same thing: found where they are, not found where something else is counted."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rag.differing import others, premises
from rag.sentences import sentences
from rag.types import Citation, Hit


def hit(text: str, article: str, day: int = 1, **known: str) -> Hit:
    spans = tuple((50 + a, 50 + b) for a, b in sentences(text))
    return Hit(
        rank=1, score=1.0, passage_id=article, article_id=article, start=50, end=50 + len(text), text=text,
        sentences=spans, published=datetime(2025, 6, day, tzinfo=UTC), **known,  # type: ignore[arg-type]
    )  # fmt: skip


def citing(source: Hit) -> list[Citation]:
    quote = source.text
    return [Citation(1, source.article_id, 50, 50 + len(quote), quote, None, None, None, source.published, None)]


FIRST = hit("The repairs of the Weir Bridge will cost the city 18 million crowns.", "a", 2)
ANSWER = "The repairs of the Weir Bridge will cost the city 18 million crowns."


def test_another_value_for_the_same_thing_is_found_at_its_place() -> None:
    later = hit(
        "It rained. The repairs of the Weir Bridge will cost the city 26 million crowns.", "b", 9, outlet="Post"
    )
    [other] = others(ANSWER, citing(FIRST), [FIRST, later])
    assert other.quote == "The repairs of the Weir Bridge will cost the city 26 million crowns."
    assert later.text[other.start - 50 : other.end - 50] == other.quote
    assert other.text == f"Another value, from Post of 9 June 2025: “{other.quote}”"


def test_a_correction_is_called_one() -> None:
    fixed = hit(
        "The repairs of the Weir Bridge will cost the city 19 million crowns.", "b", outlet="Post", title="Correction"
    )
    [other] = others(ANSWER, citing(FIRST), [fixed])
    assert "a correction in Post" in other.text


def test_the_newest_comes_first_and_an_article_once() -> None:
    text = "The repairs of the Weir Bridge will cost the city {} million crowns."
    hits = [hit(f"{text.format(n)} {text.format(n + 1)}", f"x{n}", n) for n in (20, 25, 22)]
    found = others(ANSWER, citing(FIRST), hits)
    assert [other.hit.article_id for other in found] == ["x25", "x22"]


@pytest.mark.parametrize(
    "text",
    [
        "The repairs of the Weir Bridge will cost the city 18 million crowns.",  # the same value
        "The repairs of the Weir Bridge will take the city 26 weeks in all.",  # of another kind
        "The harvest brought the farmers 26 million crowns.",  # of something else
        "In 2019 the repairs of the Weir Bridge cost the city 26 million crowns.",  # at another time
        "The repairs of the Weir Bridge will cost the city 2 thousand crowns.",  # far from it: a part of it
    ],
)
def test_what_is_no_other_value(text: str) -> None:
    assert others(ANSWER, citing(FIRST), [hit(text, "b")]) == []


def test_a_distance_is_no_other_value_of_a_count() -> None:
    claim = "On Monday morning 84 lorries stood on the Fellside Bridge to Tidemill."
    text = "Lorries on the Fellside Bridge to Tidemill go {} on Monday morning."
    counted = hit(text.format("past 58 lorries"), "b")
    measured = hit(text.format("6.8 kilometres"), "c")
    assert [other.hit for other in others(claim, citing(FIRST), [measured, counted])] == [counted]


def test_a_period_in_common_is_no_subject_in_common() -> None:
    claim = "Patients who waited over a day in the first quarter of the year were 1064 in number."
    other = hit("It is the first rise after two quarters of the year.", "b")
    assert others(claim, citing(FIRST), [other]) == []


def test_a_year_that_the_claim_names_is_that_of_the_other_article_too() -> None:
    claim = "The repairs of the Weir Bridge will cost the city 18 million crowns in 2027."
    other = hit("The repairs of the Weir Bridge will cost the city 26 million crowns.", "b")  # of 2025
    assert others(claim, [], [other]) == []


def test_it_speaks_of_what_was_asked_as_much_as_the_cited_words() -> None:
    source = hit("The phones of Ostra, sold abroad and at home, kept up a gross margin that stood at 23 percent.", "a")
    other = hit("The cars kept up a gross margin that stood at 25 percent.", "b")
    claim = source.text
    assert others(claim, citing(source), [other]) != []
    assert others(claim, citing(source), [other], "What was the gross margin of the phones of Ostra?") == []


def test_the_cited_article_does_not_differ_from_itself() -> None:
    again = hit("The repairs of the Weir Bridge will cost the city 26 million crowns.", "a")
    assert others(ANSWER, citing(FIRST), [again]) == []


def test_a_number_of_the_question_that_the_evidence_has_otherwise_is_named() -> None:
    source = hit("The fire service sent three engines to the mill in Norby on Friday.", "a")
    question = "Why did the fire service send five engines to the mill in Norby?"
    [notice] = premises(question, [source])
    assert "says five" in notice
    assert "three" in notice
    assert source.text in notice


@pytest.mark.parametrize(
    "question",
    [
        "Why did the fire service send three engines to the mill in Norby?",
        "Why did the fire service send engines to the mill in Norby in 2024?",
        "Why were five pupils late?",
    ],
)
def test_a_question_that_agrees_or_asks_of_something_else_is_left_alone(question: str) -> None:
    source = hit("The fire service sent three engines to the mill in Norby on Friday.", "a")
    assert list(premises(question, [source])) == []
