"""From a question to what is searched."""

from __future__ import annotations

import pytest

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


def test_without_history_nothing_is_added() -> None:
    assert understand("  And   in\nMay? ").text == "And in May?"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Norby's school", ["norby's", "school"]),
        ("Norby’s school", ["norby’s", "school"]),
        ("O'Neill didn't", ["o", "neill", "didn't"]),
        ("cafe\u0301 noir", ["café", "noir"]),
    ],
)
def test_apostrophes_and_accents(text: str, expected: list[str]) -> None:
    assert terms(text) == expected
