"""Feedback: kept, listed, and turned into cases that the evaluation reads or, as drafts, refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from eval import asked
from rag.errors import ReadError
from rag.types import Filters
from tests.ui.answers import BRIDGE, FERRY, WHEN, answer, article_of, bridge_answer
from ui.conversations import Conversations
from ui.database import StoreError
from ui.feedback import Feedback, FeedbackStore, Kind, export

OF = article_of(BRIDGE, FERRY)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FeedbackStore]:
    with FeedbackStore(tmp_path / "feedback.sqlite3") as kept:
        yield kept


def said(kind: Kind, **more: Any) -> Feedback:
    return Feedback(kind, bridge_answer(), time=WHEN, **more)


def loaded(tmp_path: Path, text: str) -> list[asked.Asked]:
    path = tmp_path / "cases.jsonl"
    path.write_text(text, "utf-8")
    return asked.load([path])


def drafted(feedback: Feedback) -> dict[str, Any]:
    cases = export([feedback], OF)
    assert cases.whole == ""
    record: dict[str, Any] = json.loads(cases.drafts)
    return record


def test_what_was_said_comes_back(tmp_path: Path, store: FeedbackStore) -> None:
    first = said(
        Kind.WRONG_FACT, note="It was Tuesday.\n\u2028", user="ada", key_facts=(("Tuesday", "Tue"),),
        history=(("What closed?", "The bridge."),), filters=Filters(date(2025, 1, 1), outlets=("Courier",)),
    )  # fmt: skip
    second = Feedback(Kind.USEFUL, answer(), answerable=False)
    store.add(first)
    store.add(second)
    with FeedbackStore(tmp_path / "feedback.sqlite3") as again:
        assert again.list() == (second, first)
        assert again.list("ada") == (first,)
        assert again.list("") == (second,)
        assert again.list("bob") == ()


def test_a_note_of_half_a_character_is_kept(store: FeedbackStore) -> None:
    store.add(said(Kind.USEFUL, note="a\ud800"))
    assert store.list()[0].note == "a?"


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    Conversations(tmp_path / "conversations").close()
    with pytest.raises(StoreError, match="another kind"):
        FeedbackStore(tmp_path / "conversations")


def test_key_facts_that_cannot_be_are_refused() -> None:
    for facts in (((),), (("?",),)):
        with pytest.raises(ValueError, match="without a"):
            said(Kind.WRONG_FACT, key_facts=facts)
    with pytest.raises(ValueError, match="no key facts"):
        said(Kind.WRONG_FACT, key_facts=(("38",),), answerable=False)


# -- cases ---------------------------------------------------------------------------------------------------------


def test_what_the_reader_said_is_right_makes_a_whole_case(tmp_path: Path) -> None:
    feedback = said(
        Kind.WRONG_FACT, note="It was Tuesday.", user="ada", key_facts=(("Tuesday", "Tue"), ("6 pm",)),
        history=(("What closed?", "The bridge."),), filters=Filters(outlets=("Courier",)),
    )  # fmt: skip
    cases = export([feedback], OF)
    assert cases.drafts == ""
    (case,) = loaded(tmp_path, cases.whole)
    assert case.question == "When did the bridge close?"
    assert case.answerable
    assert case.reference == "Tuesday, 6 pm"
    assert case.key_facts == (("Tuesday", "Tue"), ("6 pm",))
    assert case.history == (("What closed?", "The bridge."),)
    assert case.type == "follow_up"
    assert case.filters == Filters(outlets=("Courier",))
    assert case.as_of == WHEN.date()
    assert case.evidence == ()  # what a wrong answer cites is no evidence
    assert "wrong fact. “It was Tuesday.”" in case.notes
    assert "ada" not in cases.whole


@pytest.mark.parametrize("kind", list(Kind))
def test_a_question_is_unanswerable_only_if_the_reader_said_so(tmp_path: Path, kind: Kind) -> None:
    (case,) = loaded(tmp_path, export([said(kind, answerable=False)], OF).whole)
    assert not case.answerable
    assert case.key_facts == case.evidence == ()
    assert case.reference == "The archive does not say."
    draft = drafted(Feedback(kind, answer(), answerable=None))  # although it is an abstention
    assert draft["answerable"] is None
    assert drafted(said(kind, answerable=True))["answerable"] is True


@pytest.mark.parametrize("kind", list(Kind))
def test_the_evaluation_refuses_a_draft_until_it_is_completed(tmp_path: Path, kind: Kind) -> None:
    draft = drafted(said(kind, note="See page two."))
    assert draft["draft"] is True
    assert draft["key_facts"] == []
    assert f"{kind.value}. “See page two.”" in draft["notes"]
    assert "To complete" in draft["notes"]
    with pytest.raises(ReadError, match="answerable"):
        loaded(tmp_path, json.dumps(draft))
    completed = draft | {"answerable": True, "answer": "On Tuesday.", "key_facts": [["Tuesday"]]}
    with pytest.raises(ReadError, match="take draft out"):
        loaded(tmp_path, json.dumps(completed))
    del completed["draft"]
    assert loaded(tmp_path, json.dumps(completed))[0].key_facts == (("Tuesday",),)


def test_a_useful_answer_is_the_reference_and_its_citations_the_evidence() -> None:
    draft = drafted(said(Kind.USEFUL))
    assert draft["answer"] == "The bridge closed on Monday. The ferry sails, as the bridge is closed."
    assert draft["evidence"] == [
        {"article": "bridge.md", "quote": "The bridge closed on Monday."},
        {"article": "ferry.md", "quote": "The ferry sails hourly."},  # without its folders, also of another system
    ]


def test_a_wrong_citation_is_named_in_the_notes() -> None:
    draft = drafted(said(Kind.WRONG_CITATION))
    assert draft["answer"] == ""
    assert draft["evidence"] == []
    assert "It cited bridge.md: “The bridge closed on Monday.”" in draft["notes"]


def test_an_article_that_is_gone_is_named_by_its_id() -> None:
    record = json.loads(export([said(Kind.USEFUL)], article_of(BRIDGE)).drafts)
    assert [quote["article"] for quote in record["evidence"]] == ["bridge.md", "b"]


def test_all_cases_can_be_loaded_together(tmp_path: Path, store: FeedbackStore) -> None:
    for _ in range(2):
        store.add(said(Kind.NOT_USEFUL, answerable=False))
        store.add(said(Kind.WRONG_FACT, key_facts=(("Tuesday",),), note="line\nbreak"))
        store.add(said(Kind.NOT_USEFUL))
    cases = export(store.list(), OF)
    assert len(loaded(tmp_path, cases.whole)) == 4
    assert len(cases.drafts.splitlines()) == 2
