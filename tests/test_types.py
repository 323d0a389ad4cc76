"""The records: frozen, JSON-ready, and strict about what a filter may be."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, date, datetime

import pytest

from rag import types
from rag.types import (
    Answer,
    Article,
    Checked,
    Citation,
    Copy,
    Delta,
    Done,
    Evidence,
    Filters,
    Hit,
    IngestReport,
    Passage,
    Record,
    Sentence,
    Timings,
    Understood,
    Verdict,
)

NOON = datetime(2025, 11, 18, 12, tzinfo=UTC)
ARTICLE = Article(id="a", text="One. Two.", source="a.txt", title="T", published=NOON)
COPY = Copy("b", "Post", "T", NOON, None)
HIT = Hit(1, 0.5, "p", "a", 0, 4, "One.", ((0, 4),), published=NOON, also=(COPY,))
CITATION = Citation(1, "a", 0, 4, "One.", published=NOON)
SENTENCE = Sentence("One.", (CITATION,), Verdict.SUPPORTED, "r")
ANSWER = Answer(
    "q", "One. [1]", False, (SENTENCE,), (CITATION,), (HIT,), "m", "v", Timings(0.1, None, None, None, 0.2), ("n",)
)
RECORDS = [
    ARTICLE, Passage(0, 4, "One.", ((0, 4),)), HIT, COPY, CITATION, SENTENCE, ANSWER,
    Filters(published_from=NOON.date()), IngestReport(failed=(("a.txt", "no text"),)),
    Understood("q", "q", ("Post",), published=("May 2025",), phrases=("of two",)),
    Evidence((HIT,), 0.1), Delta("On"), Checked(0, SENTENCE),
    Done(ANSWER),
    types.ArchiveStatus("x", "1", 1, 1, 0, None, "e", "w", {"Post": 1}, NOON),
]  # fmt: skip


def test_all_records_are_here() -> None:
    classes = {c for c in vars(types).values() if isinstance(c, type) and issubclass(c, Record) and c is not Record}
    assert classes == {type(record) for record in RECORDS} | {Timings}


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: type(r).__name__)
def test_to_dict_has_every_field_and_survives_json(record: Record) -> None:
    found = record.to_dict()
    assert list(found) == [f.name for f in dataclasses.fields(record)]  # type: ignore[arg-type]
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("record", RECORDS, ids=lambda r: type(r).__name__)
def test_records_are_frozen(record: Record) -> None:
    name = next(iter(record.to_dict()))
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(record, name, None)


def test_nested_records_dates_and_verdicts_become_plain() -> None:
    found = Done(ANSWER).to_dict()["answer"]
    assert found["sentences"][0]["verdict"] == "supported"
    assert found["citations"][0]["published"] == "2025-11-18T12:00:00+00:00"
    assert found["evidence"][0]["sentences"] == [[0, 4]]
    assert found["evidence"][0]["also"][0]["published"] == "2025-11-18T12:00:00+00:00"
    assert Filters(published_from=date(2025, 11, 18)).to_dict()["published_from"] == "2025-11-18"


def test_the_content_hash_follows_what_a_reader_sees_and_not_the_place() -> None:
    assert len(ARTICLE.content_hash) == 64
    assert dataclasses.replace(ARTICLE, source="elsewhere").content_hash == ARTICLE.content_hash
    for change in ({"text": "One. Two"}, {"title": None}, {"published": None}, {"section": "S"}, {"language": "en"}):
        assert dataclasses.replace(ARTICLE, **change).content_hash != ARTICLE.content_hash


def test_filters_take_sequences_and_not_one_string() -> None:
    assert Filters(outlets=["Post"]).outlets == ("Post",)  # type: ignore[arg-type]
    for name in ("outlets", "bylines", "sections", "languages"):
        with pytest.raises(TypeError, match=name):
            Filters(**{name: "Post"})  # type: ignore[arg-type]


def test_filters_are_days_in_order() -> None:
    assert Filters(published_from=NOON).published_from == date(2025, 11, 18)
    assert Filters(published_from=date(2025, 1, 1), published_to=date(2025, 1, 1))
    with pytest.raises(ValueError, match="after"):
        Filters(published_from=date(2025, 1, 2), published_to=date(2025, 1, 1))


def test_empty_filters_are_false() -> None:
    assert not Filters()
    assert Filters(languages=("en",))
    assert Filters(published_to=date(2025, 1, 1))


def test_what_limits_is_shown_in_one_line() -> None:
    shown = Understood(
        "q", "q", ("Post",), ("Lena Falk",), published=("May 2025",), happened=("2024",), phrases=("of two",)
    )
    assert shown.limits == ("Post", "Lena Falk", "May 2025", "“of two”")


def test_pages_and_times_of_a_place_in_the_text() -> None:
    paged = dataclasses.replace(ARTICLE, pages=(0, 0, 5, 9), times=((0, 1.0), (5, 61.5)))
    assert [paged.page_at(offset) for offset in (0, 4, 5, 8, 9)] == [2, 2, 3, 3, 4]
    assert [paged.time_at(offset) for offset in (0, 4, 5)] == [1.0, 1.0, 61.5]
    assert (ARTICLE.page_at(0), ARTICLE.time_at(0)) == (None, None)
    assert dataclasses.replace(ARTICLE, times=((3, 1.0),)).time_at(2) is None


def test_an_article_without_pages_has_the_hash_that_archives_keep() -> None:
    assert ARTICLE.content_hash == "a799ec6abcf40d3f72188be60826d093fa0da75156272383df5acc7fd3ac2591"
    assert dataclasses.replace(ARTICLE, pages=(0,)).content_hash != ARTICLE.content_hash
