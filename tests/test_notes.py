"""Which words make an article corrected or retracted, and which do not."""

from __future__ import annotations

import pytest

from rag.notes import CORRECTION, RETRACTION, printed
from rag.types import Article

BODY = "The council met on Monday.\n\nIt voted 7-2 for the bridge.\n\nThe mayor was away."


def kinds(text: str = BODY, title: str = "Council votes") -> list[str]:
    return [note.kind for note in printed(Article("a", text, "a.md", title))]


@pytest.mark.parametrize(
    "note",
    [
        "Correction: The vote was 7-2, not 8-1.",
        "**Correction:** The vote was 7-2, not 8-1.",
        "_Corrections and clarifications: The vote was 7-2._",
        "CORRECTION (4 March 2024): The vote was 7-2.",
        "Correction, March 4, 2024: The vote was 7-2.",
        "Clarification — the mayor was on leave.",
        "This article has been corrected: the vote was 7-2.",
        "This story was amended on 4 March 2024 to give the right vote.",
        "Editor’s note: This article has been corrected to say that the vote was 7-2.",
        "An earlier version of this article misstated the vote.",
    ],
)
@pytest.mark.parametrize("place", ["above", "below"])
def test_a_correction_is_recognised(note: str, place: str) -> None:
    assert kinds(f"{note}\n\n{BODY}" if place == "above" else f"{BODY}\n\n{note}") == [CORRECTION]


@pytest.mark.parametrize(
    "note",
    [
        "This article has been retracted because a source invented the quotations.",
        "Editor's note: This story has been withdrawn.",
        "RETRACTED: the documents were forged.",
    ],
)
def test_a_retraction_is_recognised(note: str) -> None:
    assert kinds(f"{BODY}\n\n{note}") == [RETRACTION]


@pytest.mark.parametrize(
    "title",
    ["RETRACTED: Council votes", "Retracted – Council votes", "[Retracted] Council votes", "Council votes (retracted)"],
)
def test_a_headline_that_says_retracted_is_recognised(title: str) -> None:
    assert kinds(title=title) == [RETRACTION]


@pytest.mark.parametrize("title", ["Corrected: Council votes", "CORRECTED-UPDATE 2-Council votes"])
def test_a_headline_that_says_corrected_is_recognised(title: str) -> None:
    assert kinds(title=title) == [CORRECTION]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        (BODY, "Retracted statement costs minister his job"),
        (BODY, "Journal retracts study of trout"),
        (BODY, "Retraction of troops begins"),
        (BODY, "Correction: cost of the bridge"),
        (BODY, "Corrections officer is honoured"),
        (BODY, "RETRACTED CLAWS SAVE A CAT"),
        (f"{BODY}\n\n“This article has been retracted,” the journal wrote above the study.", "Study"),
        (f"{BODY}\n\nThe journal said that this article has been retracted.", "Study"),
        (f"{BODY}\n\nCorrections officers were on duty.", "Council"),
        (f"{BODY}\n\nThe paper later ran a correction: the vote was 7-2.", "Council"),
        (f"{BODY}\n\nThis article was written by two reporters.", "Council"),
    ],
)
def test_what_speaks_of_something_else_is_no_note(text: str, title: str) -> None:
    assert kinds(text, title) == []


def test_a_note_in_the_middle_of_a_long_article_belongs_to_something_else() -> None:
    long = "\n\n".join(
        [*(f"Paragraph {n} says this." for n in range(9)), "Correction: no.", *BODY.split("\n\n"), "End."]
    )
    assert kinds(long) == []


def test_the_words_are_kept_without_their_emphasis() -> None:
    (note,) = printed(Article("a", f"{BODY}\n\n*Correction: The vote was 7-2.*", "a.md"))
    assert note.text == "Correction: The vote was 7-2."
