"""Passages: exact offsets, whole coverage and kept limits on text that is out to break them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag import tokens
from rag.passages import Limit, split
from rag.sentences import sentences
from rag.types import Passage

TOKENS = Limit(tokens.counts, 200)


def words(texts: list[str]) -> list[int]:
    return [len(text.split()) for text in texts]


def characters(texts: list[str]) -> list[int]:
    return [len(text) for text in texts]


def check(text: str, passages: Sequence[Passage], limits: Sequence[Limit] = (TOKENS,)) -> None:
    for p in passages:
        assert text[p.start : p.end] == p.text
        assert p.text.strip()
        for limit in limits:
            assert limit.count([p.text])[0] <= limit.maximum
        assert p.sentences[0][0] == p.start
        assert p.sentences[-1][1] == p.end
        assert all(start < end for start, end in p.sentences)
        for (_, end), (start, _) in pairwise(p.sentences):
            assert end <= start
            assert not text[end:start].strip(), "text that is no furniture between two sentences of one passage"
    ends = [0, *(p.end for p in passages)]
    starts = [*(p.start for p in passages), len(text)]
    for end, start in zip(ends, starts):
        assert end <= start, "passages overlap or are out of order"
        assert not text[end:start].strip(), "text that is in no passage"


_SENTENCES = st.sampled_from(
    [
        "Mr. Hale of the U.S. Senate left at 5 p.m. on Friday.",
        "Turnover rose 3.75% to 1.2bn crowns in Q4.",
        '"We will build it," she said.',
        "“We begin here.\n\n“And we go on,” he added.",
        "no stop at all",
        "今天下雨，明天晴天。",
        "🙂👩‍👩‍👧‍👦🇸🇪",
        "word " * 260,
        "x" * 900,
        "好" * 500,
        "a, b; c: d — " * 90,
        "e\u0301" * 300,
        "🙂" * 200,
    ]
)
_NASTY = st.one_of(
    st.text(max_size=600),
    st.lists(st.tuples(st.one_of(_SENTENCES, st.text(max_size=60)),
                       st.sampled_from([" ", "\n", "\n\n", "", "\u3000"])), max_size=30)
    .map(lambda pieces: "".join(a + b for a, b in pieces)),
    st.tuples(_SENTENCES, st.integers(1, 40), st.sampled_from(["\n\n", "\n", " "])).map(lambda t: (t[0] + t[2]) * t[1]),
)  # fmt: skip


@given(_NASTY)
@example("")
@example(" \n ")
@example("." * 3000)
@settings(deadline=None, max_examples=150)
def test_offsets_order_coverage_and_limit(text: str) -> None:
    check(text, split(text, [TOKENS]))


@given(_NASTY, st.integers(20, 60), st.integers(3, 40))
@settings(deadline=None, max_examples=60)
def test_every_limit_is_kept_when_there_are_several(text: str, most: int, most_words: int) -> None:
    limits = [Limit(tokens.counts, most), Limit(words, most_words)]
    check(text, split(text, limits), limits)


def test_counts_that_grow_when_texts_are_joined_are_kept_too() -> None:
    text = " ".join(f"It rose by {n}." for n in range(100, 160))
    limit = Limit(lambda texts: [len(t) ** 2 // 100 for t in texts], 10)
    check(text, split(text, [limit]), [limit])


def test_repeated_paragraphs_have_their_own_offsets() -> None:
    paragraph = "The board met on Monday. It put the vote off. " * 12
    text = "\n\n".join([paragraph.strip()] * 20)
    passages = split(text, [TOKENS])
    check(text, passages)
    assert len({p.start for p in passages}) == len(passages) > 5
    assert len({p.text for p in passages}) < len(passages), "the text repeats, or this test tests nothing"


def test_sentences_stay_whole_where_they_fit() -> None:
    text = " ".join(f"Sentence number {n} says that Gov. Lee paid $3.{n} million." for n in range(80))
    passages = split(text, [TOKENS])
    assert len(passages) > 3
    assert [span for p in passages for span in p.sentences] == sentences(text)


@pytest.mark.parametrize("number", [14, 15, 16, 29, 31, 43, 100])
def test_passages_are_filled_evenly(number: int) -> None:
    text = " ".join(f"Sentence number {n} is about as long as all of the others." for n in range(number))
    sizes = [tokens.count(p.text) for p in split(text, [TOKENS])]
    assert number < 15 or len(sizes) > 1
    assert min(sizes) > max(sizes) / 2


def test_short_text_is_one_passage() -> None:
    assert split(" One. Two. ", [TOKENS]) == [Passage(1, 10, "One. Two.", ((1, 5), (6, 10)))]


def test_a_long_sentence_is_cut_at_a_clause_then_at_white_space() -> None:
    clauses = "the harbour was rebuilt at great cost, " * 5
    by_clause = split(clauses, [Limit(characters, 100)])
    assert len(by_clause) > 1
    assert all(p.text.endswith(",") for p in by_clause)
    bare = "harbour rebuilt " * 20
    by_space = split(bare, [Limit(characters, 100)])
    assert len(by_space) > 1
    assert {word for p in by_space for word in p.text.split()} == {"harbour", "rebuilt"}


def test_text_without_a_space_is_cut_between_characters() -> None:
    assert "".join(p.text for p in split("abcdefghij" * 30, [Limit(characters, 7)])) == "abcdefghij" * 30


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "word ",
        "好",
        "今天下雨。",
        "🙂",
        "A short sentence. ",
        ". ",
        "a,",
        "-",
        "\n",
        "The board met.\n\n",
        "x\u00a0",
        "7",
    ],
)
def test_a_megabyte_line_takes_seconds(piece: str) -> None:
    text = piece * (1_000_000 // len(piece.encode()))
    begun = time.perf_counter()
    passages = split(text, [TOKENS])
    assert time.perf_counter() - begun < 30
    assert all(text[p.start : p.end] == p.text for p in passages)
    assert all(a.end <= b.start for a, b in pairwise(passages))
    assert sum(len("".join(p.text.split())) for p in passages) == len("".join(text.split()))
