"""Pronouns made plain for the judge, where it is clear whom they mean, and left alone elsewhere."""

from __future__ import annotations

import pytest

from rag.judges.plain import made_plain, uncapitalised


@pytest.mark.parametrize(
    ("before", "sentence", "expected"),
    [
        ("Viktor Lund denied it.", "He was jailed.", "Viktor Lund was jailed."),
        ("Ida Falk spoke.", "She left early.", "Ida Falk left early."),
        ("The Weir Bridge is old.", "It will be closed.", "The Weir Bridge will be closed."),
        ("The Bank of Norby failed.", "It had no money.", "The Bank of Norby had no money."),
        ("Viktor Lund denied it.", "His car was found.", "Viktor Lund's car was found."),
        ("Dunmore Ferry’s boats are new.", "Its profit rose.", "Dunmore Ferry's profit rose."),
        ("Petra Holm and Ivo Sand met.", "They agreed.", "Petra Holm and Ivo Sand agreed."),
        ("Petra Holm and Ivo Sand met.", "Both agreed.", "Petra Holm and Ivo Sand agreed."),
        ("Lund said that Lund knew.", "He was jailed.", "Lund was jailed."),
    ],
)
def test_a_pronoun_becomes_whom_the_sentence_before_begins_with(before: str, sentence: str, expected: str) -> None:
    assert made_plain(sentence, before) == expected


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ("", "He was jailed."),
        ("Residents were angry.", "They left."),  # one capital may only begin the sentence
        ("the council met.", "It voted."),
        ("In Norby, Viktor Lund denied it.", "He was jailed."),  # begins with no name
        ("After Easter Viktor Lund denied it.", "He was jailed."),
        ("Viktor Lund denied it.", "Heavy rain fell."),
        ("Viktor Lund denied it.", "The court jailed him."),  # not at the beginning
        ("Viktor Lund denied it.", "It’s over."),
        ("Viktor Lund denied it.", ""),
        ("Viktor Lund denied it.", "He"),
    ],
)
def test_elsewhere_the_sentence_stays_as_it_is(before: str, sentence: str) -> None:
    assert made_plain(sentence, before) == sentence


@pytest.mark.parametrize(
    ("claim", "question", "expected"),
    [
        ("Rival makers lost.", "Did rival makers lose?", "rival makers lost."),
        ("The council met.", "When did the council meet?", "the council met."),
        ("Rival makers lost.", "Did Rival lose to rival makers?", "Rival makers lost."),
        ("Lund was jailed.", "Who was jailed?", "Lund was jailed."),
        ("31 people came.", "How many people came?", "31 people came."),
        ("", "Who?", ""),
    ],
)
def test_the_first_letter_is_small_where_the_question_has_it_so(claim: str, question: str, expected: str) -> None:
    assert uncapitalised(claim, question) == expected
