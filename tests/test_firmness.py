"""What a sentence states more firmly than the words it cites."""

from __future__ import annotations

import pytest

from rag.judges import Cited
from rag.judges.firmness import loosened

POSTS = "About 70 of the 120 posts would go through retirement, Solheim said."


@pytest.mark.parametrize(
    ("claim", "words", "lost"),
    [
        ("Solheim said 70 of the 120 posts would go through retirement.", POSTS, "it leaves out “About”"),
        ("Solheim said about 70 of the 120 posts would go through retirement.", POSTS, None),
        ("Solheim said some 70 posts of 120 would go through retirement.", POSTS, None),
        ("About 70 of the 120 posts would go through retirement.", POSTS, "it leaves out who says so"),
        ("The works cost 4 million euros.", "The works cost more than €4 million.", "it leaves out “more than”"),
        ("The works cost over €4 million.", "The works cost more than €4 million.", None),
        ("The works cost €4 million.", "The works cost €4 million, and the dam more than €4 million.", None),
        ("Solheim spoke of about 70 posts of 120 that would go.", POSTS, None),
        ("Holm took the money.", "Holm allegedly took the money.", "it states as fact what is alleged"),
        ("The line will be longer.", "The line may be longer.", "it leaves out a condition or a doubt"),
        ("The line carried 900 people.", "The line carried 900 people on Monday.", None),
    ],
)
def test_loosened(claim: str, words: str, lost: str | None) -> None:
    assert loosened(claim, [Cited(words)]) == lost
