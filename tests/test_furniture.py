"""Lines that are the page's and not the story's: recognised, kept in the text, and never evidence."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import tokens
from rag.forms import exact, numbers, smoothed
from rag.furniture import Kind, furniture, kind_of
from rag.passages import Limit, searched, split
from rag.words import words
from tests.conftest import Opener, write_article

SEED = Path(__file__).parents[1].parent / "shared" / "seed" / "xiaomi-two-battles.txt"
CREDITS = [
    "Source: Screenshot from Weibo",
    "Photography: Wu Ying",
    "Photo: Ida Moen/Reuters",
    "Photo by Ida Moen/Getty Images",
    "(Photo by Ida Moen)",
    "Ida Moen/Reuters",
    "REUTERS/Ida Moen",
    "Image credit: Port of Varren",
    "Foto: Ida Moen",
    "Source: Office for Harbours, 2024",
]
PAGE = [
    "Share",
    "Share this article",
    "Share on Facebook",
    "Advertisement",
    "Read more",
    "Also read: The bridge opens at last",
    "READ MORE | Ferries run late",
    "Sign up for our newsletter",
    "Follow us on Twitter",
    "Get the day's stories in your inbox.",
    "Story continues below advertisement",
    "Copyright 2024 Shoreline Post",
    "Shoreline Post. All rights reserved.",
    "Like this story? Share it with a friend!",
]
STORY = [
    "Source: the minister says 40 people died",
    "Sources: 40 dead in blast",
    "Video: police shot him in the yard.",
    "Photo: the quay burned for two days. Nobody was hurt.",
    "Share prices fell on Monday.",
    "Print is dead, she said.",
    "Comments were closed by noon.",
    "Copyright law was changed on Monday.",
    "Get your children vaccinated, the ministry wrote to each e-mail address.",
    '"Sign up for the newsletter," he told the crowd.',
    "Follow the money.",
    "Related firms paid nothing.",
    "Watch out.",
    "",
]


@pytest.mark.parametrize("line", CREDITS)
def test_credits(line: str) -> None:
    assert kind_of(line) is Kind.CREDIT


@pytest.mark.parametrize("line", PAGE)
def test_parts_of_the_page(line: str) -> None:
    assert kind_of(line) is Kind.PAGE


@pytest.mark.parametrize("line", STORY)
def test_what_a_story_says_is_no_furniture(line: str) -> None:
    assert kind_of(line) is None


def test_only_whole_paragraphs_count() -> None:
    text = "The quay burned.\n\nPhoto: Ida Moen\nShare\n\nThe pilots waited.\nShare\n\nThe end."
    assert [text[a:b] for a, b in furniture(text)] == ["Photo: Ida Moen\nShare"]


def test_a_text_of_nothing_else_is_left_alone() -> None:
    assert furniture("Photo: Ida Moen\n\nShare") == []
    assert [p.text for p in split("Photo: Ida Moen", [Limit(tokens.counts, 50)])] == ["Photo: Ida Moen"]


_LINES = st.lists(
    st.tuples(
        st.one_of(
            st.sampled_from([*CREDITS, *PAGE, *STORY]),
            st.text(max_size=50),
            st.sampled_from(
                ["A year - on - year rise of 3.5%. It went on.", "word " * 90, "Tall ships came. They left."]
            ),
        ),
        st.sampled_from(["\n", "\n\n", " "]),
    ),
    max_size=25,
).map(lambda pieces: "".join(line + end for line, end in pieces))


@given(_LINES, st.integers(15, 80))
@settings(deadline=None, max_examples=200)
def test_offsets_are_those_of_the_published_text(text: str, most: int) -> None:
    limit = Limit(tokens.counts, most)
    passages = split(text, [limit])
    hidden = furniture(text)
    covered = [False] * len(text)
    for passage in passages:
        assert text[passage.start : passage.end] == passage.text
        assert limit.count([passage.text])[0] <= most
        own = [(a - passage.start, b - passage.start) for a, b in passage.sentences]
        clean, places = searched(passage.text, own)
        assert [clean[a:b] for a, b in places] == [text[a:b] for a, b in passage.sentences]
        assert "".join(clean.split()) == "".join("".join(text[a:b] for a, b in passage.sentences).split())
        for a, b in passage.sentences:
            covered[a:b] = [True] * (b - a)
            assert not any(start < b and a < end for start, end in hidden)
    for start, end in hidden:
        covered[start:end] = [True] * (end - start)
    assert all(done or character.isspace() for done, character in zip(covered, text))


def test_furniture_is_shown_but_neither_searched_nor_evidence(tmp_path: Path, opened: Opener) -> None:
    text = (
        "The quay burned on Monday.\n\nPhoto: Quentin Zabriskie/Reuters\n\nThe pilots waited at sea.\n\n"
        "Also read: Zeppelins over the marsh\n\nThe harbour opened again at noon."
    )
    write_article(tmp_path / "in" / "a.md", text, title="Fire at the quay")
    write_article(tmp_path / "in" / "b.md", "Apples were picked.", title="Harvest")
    archive = opened()
    archive.ingest(tmp_path / "in")
    (hit,) = (hit for hit in archive.search("When did the quay burn?") if hit.title == "Fire at the quay")
    article = archive.article(hit.article_id)
    assert article.text == text
    assert article.text[hit.start : hit.end] == hit.text == text
    assert [text[a:b] for a, b in hit.sentences] == [
        "The quay burned on Monday.",
        "The pilots waited at sea.",
        "The harbour opened again at noon.",
    ]
    index = "SELECT count(*) FROM passage_index WHERE passage_index MATCH ?"
    assert [archive._catalog.rows(index, (word,))[0][0] for word in ("Zabriskie", "zeppelins", "pilots")] == [0, 0, 1]
    for question in ("Who is Quentin Zabriskie?", "What flew over the marsh?"):
        answer = archive.ask(question)
        assert not any("Zabriskie" in c.quote or "Zeppelins" in c.quote for c in answer.citations)


def test_the_index_loses_exactly_what_it_was_given(tmp_path: Path, opened: Opener) -> None:
    place = tmp_path / "in" / "a.md"
    archive = opened()
    for words_of in ("quay", "pier"):
        write_article(place, f"The {words_of} burned.\n\nPhoto: Ida Moen\n\nShare\n\nPilots waited.", title="Fire")
        archive.ingest(place)
        check = "INSERT INTO passage_index (passage_index, rank) VALUES ('integrity-check', 1)"
        archive._catalog.rows(check)
    index = "SELECT count(*) FROM passage_index WHERE passage_index MATCH ?"
    assert [archive._catalog.rows(index, (word,))[0][0] for word in ("quay", "pier", "moen")] == [0, 1, 0]


def test_spaced_hyphens_are_the_same_words_to_search_and_to_checks() -> None:
    published, usual = "a year - on - year rise of 3.5%", "a year-on-year rise of 3.5%"
    assert words(published) == words(usual)
    assert smoothed(published) == smoothed(usual)
    assert [n.value for n in numbers(published)] == [n.value for n in numbers(usual)]
    assert exact("year-on-year rise", published) == "year - on - year rise"


def test_search_finds_spaced_hyphens_either_way(tmp_path: Path, opened: Opener) -> None:
    write_article(tmp_path / "in" / "a.md", "Sales had a year - on - year rise of 3.5%.", title="Sales")
    archive = opened()
    archive.ingest(tmp_path / "in")
    for question in ('Which sales saw a "year-on-year rise"?', 'Which sales saw a "year - on - year rise"?'):
        (hit,) = archive.search(question)
        assert hit.text == "Sales had a year - on - year rise of 3.5%."


@pytest.mark.skipif(not SEED.exists(), reason=f"{SEED} is not there")
def test_the_article_that_the_project_began_from() -> None:
    text = SEED.read_text("utf-8")
    assert [text[a:b] for a, b in furniture(text)] == CREDITS[:2]
    passages = split(text, [Limit(tokens.counts, 200)])
    assert all(text[p.start : p.end] == p.text for p in passages)
    told = [text[a:b] for p in passages for a, b in p.sentences]
    assert not any(line in sentence for line in CREDITS[:2] for sentence in told)
