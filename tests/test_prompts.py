"""The prompt: what never changes first, extracts by number, the question last, one refusal."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rag.prompts import NO_ANSWER, Brief, Extract, is_no_answer, messages
from rag.types import Hit


def hit(text: str, article: str = "a", **known: object) -> Hit:
    return Hit(
        rank=1, score=1.0, passage_id="p", article_id=article, start=50, end=50 + len(text), text=text,
        sentences=((50, 50 + len(text)),), **known,  # type: ignore[arg-type]
    )  # fmt: skip


KNOWN = hit(
    "It rose year - on - year.  “Much”.",
    outlet="Post",
    title="Prices’ rise",
    published=datetime(2025, 11, 8, tzinfo=UTC),
)
PLAIN = hit("One sentence. Another one.", "b")


def extract(hit: Hit, *spans: tuple[int, int]) -> Extract:
    chosen = spans or hit.sentences
    return Extract(hit, chosen, (0.0,) * len(chosen))


def test_the_prefix_is_the_same_for_every_question() -> None:
    one = messages(Brief("Why?", (extract(KNOWN),)))
    two = messages(Brief("When?", ()))
    assert one[:-1] == two[:-1]
    assert one[0][0] == "system"
    assert [role for role, _ in one[1:]] == ["user", "assistant"] * ((len(one) - 2) // 2) + ["user"]


def test_the_question_comes_last() -> None:
    assert messages(Brief("Why [1]?", (extract(PLAIN),)))[-1][1].endswith("Question: Why [1]?")


def test_extracts_are_numbered_in_order_with_what_is_known_of_them() -> None:
    brief = Brief("Why?", (extract(KNOWN), extract(PLAIN, (64, 76))))
    assert messages(brief)[-1][1] == (
        '[1] (Post, 8 November 2025, “Prices\' rise”) It rose year-on-year. "Much".\n\n'
        "[2] Another one.\n\nQuestion: Why?"
    )


def test_an_article_is_named_once() -> None:
    last = messages(Brief("Why?", (extract(KNOWN), extract(PLAIN), extract(KNOWN))))[-1][1]
    assert last.count("Prices' rise") == 1
    assert "\n\n[3] (from an article above) It rose" in last


def test_sentences_are_as_published_and_text_is_mended() -> None:
    assert extract(KNOWN).sentences == [KNOWN.text]
    assert extract(KNOWN).text == 'It rose year-on-year. "Much".'


def test_the_refusal_is_told_and_shown() -> None:
    shown = messages(Brief("Why?", ()))
    assert NO_ANSWER in shown[0][1]
    assert ("assistant", NO_ANSWER) in shown


@pytest.mark.parametrize(
    "text",
    [
        NO_ANSWER,
        NO_ANSWER.rstrip("."),
        f'"{NO_ANSWER}"',
        f" {NO_ANSWER.upper()} ",
        f"{NO_ANSWER.rstrip('.')} [1].",
        "The article does not say.",
        "The extracts don't state.",
        "No article says.",
    ],
)
def test_a_refusal_is_recognised(text: str) -> None:
    assert is_no_answer(text)


@pytest.mark.parametrize(
    "text",
    ["", "The archive was opened in 1950.", "The mayor does not say.", "The article says so.", f"He said: {NO_ANSWER}"],
)
def test_other_sentences_are_no_refusal(text: str) -> None:
    assert not is_no_answer(text)
