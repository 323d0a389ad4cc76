"""Where sentences end, and that nothing is lost or doubled on the way."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.sentences import paragraphs, sentences


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Smith of the U.S. Senate spoke at 5 p.m. on Friday.",
        "The vote is due at 5 p.m. Friday.",
        "She lives at No. 5 Mill Lane.",
        "Figures are on pp. 30 and 31, dated Jan. 4.",
        '"What?" she asked.',
        "“Never!” he shouted at the door.",
        "It cost $1.5 million, 3.14 times the plan.",
        "The novel by J. K. Harrow sold well.",
        "The novel by J.K. Harrow sold well.",
        "Gov. Lee, Dr. Ng and Prof. Ito met Gen. Roe.",
        "He joined Acme Inc. in the spring.",
        "Costs rose by approx. five per cent.",
        "Visit example.org/a.b?c=d today.",
        "Alder vs. Birch was heard in St. Ives.",
    ],
)
def test_one_sentence_stays_whole(text: str) -> None:
    assert cut(text) == [text]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("He lives in the U.S.", "The vote failed."),
        ("They met at 5 p.m.", "After that they left."),
        ("Is that so?", "Yes."),
        ("Stop!", "Nobody moved."),
        ('He said "No."', "Then he left."),
        ("“We left.”", "“They stayed.”"),
        ("(It rained.)", "The match went on."),
        ("It rose to 5.5.", "Then it fell."),
        ("Sales reached 1.2 billion.", "30 shops closed."),
        ("He waited…", "Nobody came."),
        ("The mayor resigned.", "— No one was told."),
        ("Everything was blue.", "Éva left."),
    ],
)
@pytest.mark.parametrize("space", [" ", "  ", "\u00a0"])
def test_two_sentences_are_two(first: str, second: str, space: str) -> None:
    assert cut(f"{first}{space}{second}") == [first, second]


def test_chinese_and_japanese_stops_need_no_space() -> None:
    assert cut("今天下雨。明天晴天！真的吗？是的") == ["今天下雨。", "明天晴天！", "真的吗？", "是的"]
    assert cut("今天下雨。iPhone 来了。") == ["今天下雨。", "iPhone 来了。"]
    assert cut("彼は「行く。」と言った。雨だ。") == ["彼は「行く。」", "と言った。", "雨だ。"]


def test_hard_wrapped_lines_are_joined_when_blank_lines_part_paragraphs() -> None:
    text = "The council met\nat noon. It\nvoted.\n\nNobody\nobjected"
    assert cut(text) == ["The council met\nat noon.", "It\nvoted.", "Nobody\nobjected"]


def test_without_blank_lines_each_line_is_a_paragraph() -> None:
    text = "The council met\nat noon he left\nNobody objected"
    assert cut(text) == text.split("\n")
    assert [text[a:b] for a, b in paragraphs(text)] == text.split("\n")


def test_list_items_part_even_between_blank_lines() -> None:
    assert cut("Decided:\n- a new bridge\n- a school\n\nThe end") == [
        "Decided:",
        "- a new bridge",
        "- a school",
        "The end",
    ]


def test_a_quotation_across_paragraphs_never_joins_them() -> None:
    assert cut("“We will build it.\n\n“We will pay for it,” she said.") == [
        "“We will build it.",
        "“We will pay for it,” she said.",
    ]


@pytest.mark.parametrize("text", ["", " \n\t\n ", "\u00a0"])
def test_white_space_has_no_sentence(text: str) -> None:
    assert sentences(text) == []


_FRAGMENTS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "Mr. ",
                "U.S. ",
                "p.m. ",
                "No. 5",
                "3.14",
                ". ",
                "? ",
                '."',
                "” ",
                "“",
                "\n",
                "\n\n",
                "\n- ",
                "。",
                "」",
                " ",
            ]
        ),
        st.text(max_size=12),
    ),
    max_size=40,
).map("".join)


@given(_FRAGMENTS)
@settings(deadline=None, max_examples=300)
def test_spans_are_ordered_trimmed_and_hold_every_character(text: str) -> None:
    spans = sentences(text)
    ends = [0]
    for start, end in spans:
        assert start >= ends[-1]
        assert text[start:end]
        assert text[start:end].strip() == text[start:end]
        ends.append(end)
    gaps = [text[a:b] for a, b in zip(ends, [*(start for start, _ in spans), len(text)])]
    assert not any(gap.strip() for gap in gaps)


@given(_FRAGMENTS)
@settings(deadline=None, max_examples=100)
def test_no_sentence_crosses_a_paragraph(text: str) -> None:
    edges = list(paragraphs(text))
    assert all(any(a <= start and end <= b for a, b in edges) for start, end in sentences(text))


@pytest.mark.parametrize("piece", ["a", "a. ", ".", ". ", '"', " ", "J. ", "好。", "\n", "\n ", "1.", "U.S. "])
def test_a_million_characters_take_seconds(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    begun = time.perf_counter()
    sentences(text)
    assert time.perf_counter() - begun < 10
