"""From a question to what is searched."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.query import stems, terms, understand


def test_terms_are_the_words_that_carry_meaning_once_each() -> None:
    assert terms("What did the Mayor of Aske say about the mayor's 2025 budget?") == [
        "mayor", "aske", "mayor's", "2025", "budget",
    ]  # fmt: skip


def test_a_question_of_small_words_keeps_them() -> None:
    assert terms("Who was it?") == ["who", "was", "it"]
    assert terms("…") == []


def test_stems_bring_endings_together() -> None:
    assert stems("delivers delivered deliveries") == ["deliv"]


@pytest.mark.parametrize(
    "question", ["And in May?", "who said that?", "What about Norby?", "Why?", "When did they leave?", "how old is he"]
)
def test_a_follow_up_is_searched_with_the_question_before(question: str) -> None:
    query = understand(question, ["Who runs Elmsund?", "When does the quay open?"])
    assert query.text == f"When does the quay open? {question}"
    assert '"quay"' in query.match
    assert "elmsund" not in query.match


@pytest.mark.parametrize(
    "question",
    ["When does the harbour council vote?",
     "After all of the long debates about it, what did the harbour council decide in the end?"],
)  # fmt: skip
def test_a_whole_question_stands_alone(question: str) -> None:
    assert understand(question, ["Who runs Elmsund?"]).text == question


def test_without_history_nothing_is_added() -> None:
    assert understand("  And   in\nMay? ").text == "And in May?"


def test_an_apostrophe_does_not_ask_for_two_words_in_a_row() -> None:
    assert understand("Norby's school").match == '"norby" OR "school"'
    assert understand("Norby’s school").match == '"norby" OR "school"'


@given(st.text(max_size=80))
@settings(deadline=None, max_examples=300)
def test_no_question_breaks_the_full_text_index(question: str) -> None:
    match = understand(question).match
    index = sqlite3.connect(":memory:")
    try:
        index.execute("create virtual table t using fts5(text)")
        if match:
            index.execute("select * from t where t match ?", (match,)).fetchall()
    finally:
        index.close()
