"""Which sentences the writer is shown: the likeliest, in their order, whole thoughts, within the budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import rag
from rag import selection, tokens
from rag.likely import likely
from rag.prompts import Brief, origin
from rag.retrieve import Found
from rag.retrieve.within import Within, within
from rag.sentences import sentences
from rag.types import Filters, Hit, Understood
from tests.conftest import Opener, write_article

LARGE = 10_000  # tokens


def hit(text: str, rank: int = 1, start: int = 50, **known: object) -> Hit:
    spans = tuple((start + a, start + b) for a, b in sentences(text))
    return Hit(
        rank=rank, score=1.0, passage_id=f"p{rank}", article_id=f"a{rank}", start=start, end=start + len(text),
        text=text, sentences=spans, **known,  # type: ignore[arg-type]
    )  # fmt: skip


def figures(*near: float) -> Within:
    """Sentences that differ in how near they are to the question, and in nothing else."""
    column = np.array(near, np.float32)
    return Within(column, column, 0 * column, 0 * column)


def found(*hits: Hit, near: Sequence[Within] = ()) -> Found:
    return Found(hits, Understood("", ""), {h.passage_id: w for h, w in zip(hits, near)})


def brief_for(question: str, evidence: Found, budget: int) -> Brief:
    """The brief as without anything that reads question and passages together."""
    return selection.brief_for(question, likely(question, evidence, None), budget)


def shown(brief: Brief) -> list[list[str]]:
    return [extract.sentences for extract in brief.extracts]


FERRY = hit(
    "Dunmore Ferries met its owners. Fares will rise in June. The crews want more pay. Fog delayed a ferry.",
    title="Fares",
    outlet="Echo",
)
FARES = figures(0.1, 0.9, 0.3, 0.2)
FIRST, RISE, CREWS, FOG = (FERRY.text[a - 50 : b - 50] for a, b in FERRY.sentences)


def room(*texts: str) -> int:
    """Tokens that sentences of FERRY take, with the line that says where it is from."""
    return tokens.count(origin(FERRY)) + sum(tokens.counts(list(texts)))


def test_everything_is_shown_where_there_is_room() -> None:
    brief = brief_for("Fares?", found(FERRY, near=[FARES]), LARGE)
    assert brief.question == "Fares?"
    assert shown(brief) == [[FIRST, RISE, CREWS, FOG]]
    assert brief.extracts[0].spans == FERRY.sentences


def test_the_likeliest_sentences_come_first_into_the_budget() -> None:
    assert shown(brief_for("Fares?", found(FERRY, near=[FARES]), room(RISE))) == [[RISE]]
    other = figures(0.1, 0.3, 0.2, 0.9)
    assert shown(brief_for("Fares?", found(FERRY, near=[other]), room(FOG))) == [[FOG]]


def test_chosen_sentences_keep_their_order_in_the_passage() -> None:
    last_first = figures(0.2, 0.1, 0.3, 0.9)
    assert shown(brief_for("Fares?", found(FERRY, near=[last_first]), room(FIRST, CREWS, FOG))) == [[FIRST, CREWS, FOG]]


@pytest.mark.parametrize("budget", [0, 5, 20, 25, 30, 40, 60, 80, 120, LARGE])
def test_the_budget_is_kept(budget: int) -> None:
    other = hit("It rained. He said that the harbour of Aske was flooded. The mayor left.", 2, outlet="Harbour Radio")
    brief = brief_for("Fares?", found(FERRY, other, near=[FARES]), budget)
    used = sum(tokens.count(origin(e.hit)) + sum(tokens.counts(e.sentences)) for e in brief.extracts)
    assert used <= budget
    assert bool(brief.extracts) == (budget >= 20)


def test_extracts_come_in_the_order_of_the_hits() -> None:
    second = hit("A ferry sank.", 2)
    brief = brief_for("Fares?", found(FERRY, second, near=[figures(0, 0, 0, 0), figures(0.9)]), LARGE)
    assert [extract.hit for extract in brief.extracts] == [FERRY, second]


def test_a_hit_none_of_whose_sentences_fits_is_left_out() -> None:
    second = hit("A ferry sank.", 2)
    brief = brief_for("Fares?", found(FERRY, second, near=[FARES, figures(0.95)]), tokens.count("A ferry sank."))
    assert [extract.hit for extract in brief.extracts] == [second]


def first_words(begins: str) -> list[str]:
    """The words with which the sentences begin that are shown of three, in room for the first two."""
    one, two = "Viktor Lund met the press.", f"{begins} denied every charge."
    lund = hit(f"{one} {two} Rain fell.")
    brief = brief_for("Charges?", found(lund, near=[figures(0.1, 0.9, 0.8)]), sum(tokens.counts([one, two])))
    return [text.split()[0] for text in shown(brief)[0]]


@pytest.mark.parametrize("begins", ["He", "“She", "It", "His", "But it", "The company", "The court"])
def test_a_sentence_that_would_hang_in_the_air_brings_the_one_before(begins: str) -> None:
    assert first_words(begins) == ["Viktor", begins.split()[0]]


@pytest.mark.parametrize("begins", ["Lund", "Hers", "Theresa", "The companion"])
def test_one_that_stands_alone_does_not(begins: str) -> None:
    assert first_words(begins) == [begins.split()[0], "Rain"]


def test_a_first_sentence_that_hangs_has_none_before() -> None:
    assert shown(brief_for("Charges?", found(hit("He denied it."), near=[figures(0.9)]), LARGE)) == [["He denied it."]]


@pytest.mark.parametrize(
    ("question", "plain", "given"),
    [
        ("How many came?", "Many people came.", "Some 40 came."),
        ("When was it?", "Many people came.", "Many came in May."),
        ("In which year was it?", "Many people came.", "Many came in 2019."),
        ("Why was it shut?", "Many people came.", "It was due to rain."),
        ("What did she say?", "Many people came.", "“I am tired.”"),
        ("Who won?", "Many people came.", "The winner is Ida Falk."),
    ],
)
def test_a_sentence_of_the_kind_that_is_asked_for_comes_first(question: str, plain: str, given: str) -> None:
    budget = max(tokens.counts([plain, given]))
    for text in (f"{plain} {given}", f"{given} {plain}"):
        assert shown(brief_for(question, found(hit(text)), budget)) == [[given]]


def test_without_figures_the_better_hit_comes_first() -> None:
    first, second = hit("A ferry sank.", 1), hit("A barge sank.", 2)
    budget = max(tokens.counts([first.text, second.text]))
    assert shown(brief_for("Fares?", found(first, second), budget)) == [["A ferry sank."]]


def test_figures_of_an_older_version_of_a_passage_do_no_harm() -> None:
    assert shown(brief_for("Fares?", found(FERRY, near=[figures(0.1, 0.2)]), LARGE)) == [[FIRST, RISE, CREWS, FOG]]


@pytest.mark.parametrize("hits", [(), (replace(FERRY, text="", end=50, sentences=()),)])
def test_without_sentences_the_brief_is_empty(hits: tuple[Hit, ...]) -> None:
    assert brief_for("Fares?", found(*hits), LARGE) == Brief("Fares?", ())


# -- the figures, from an archive -------------------------------------------------------------------------------------

BOOKS = "How many books did visitors of the library in Sundby borrow?"


@pytest.fixture
def archive(opened: Opener, folder: Path) -> rag.Archive:
    archive = opened()
    archive.ingest(folder)
    return archive


def searched(archive: rag.Archive, question: str) -> Found:
    retriever = archive._retriever
    return retriever.search(retriever.understand(question), 3, Filters())


def test_every_sentence_of_every_hit_has_its_figures(archive: rag.Archive) -> None:
    result = searched(archive, BOOKS)
    assert set(result.within) == {h.passage_id for h in result.hits}
    for h in result.hits:
        its = result.within[h.passage_id]
        for column in (its.near, its.near_part, its.held, its.held_part):
            assert column.shape == (len(h.sentences),)
        assert (np.abs(its.near) <= 1.001).all()
        assert ((its.held >= 0) & (its.held <= 1.001)).all()
        assert (its.near_part >= its.near).all()
        assert (its.held_part >= its.held).all()


def test_the_sentence_that_answers_stands_out(archive: rag.Archive) -> None:
    result = searched(archive, BOOKS)
    library = result.hits[0]
    assert library.title == "Library opens"
    assert result.within[library.passage_id].held.argmax() == 1
    answer = "Visitors borrowed 1,840 books on the first day."
    budget = tokens.count(origin(library)) + tokens.count(answer)
    assert shown(brief_for(BOOKS, result, budget)) == [[answer]]


def test_a_side_of_the_question_counts_by_itself(archive: rag.Archive) -> None:
    asked = "How many books did visitors borrow in Sundby, and how many tonnes of apples did farmers bring in?"
    result = searched(archive, asked)
    (apples,) = [h for h in result.hits if h.title == "Apple harvest grows"]
    its = result.within[apples.passage_id]
    assert its.held_part[0] > its.held[0]


def test_a_word_that_the_title_alone_holds_is_held_by_no_sentence(opened: Opener, tmp_path: Path) -> None:
    archive = opened()
    write_article(tmp_path / "in" / "owls.md", "Eleven nests were counted. The mill is old.", title="Owls of Ortmund")
    archive.ingest(tmp_path / "in")
    its = searched(archive, "owls").within
    assert [figures.held.tolist() for figures in its.values()] == [[0.0, 0.0]]


def test_a_hit_whose_passage_is_gone_has_no_figures(archive: rag.Archive) -> None:
    retriever = archive._retriever
    query = retriever.understand(BOOKS)
    hits = retriever.search(query, 3, Filters()).hits
    _, _, aspects = retriever.pools(query, Filters())
    gone = replace(hits[0], passage_id="gone")
    assert set(within(archive._catalog, [gone, *hits[1:]], aspects)) == {h.passage_id for h in hits[1:]}
    assert within(archive._catalog, [], aspects) == {}


def test_what_reads_as_an_answer_gets_the_room() -> None:
    evidence = found(FERRY, near=[figures(0.3, 0.3, 0.3, 0.3)])
    read = [np.array([-5.0, -5.0, -5.0, 6.0], np.float32)]
    assert shown(selection.brief_for("Fares?", likely("Fares?", evidence, read), room(FOG))) == [[FOG]]
    assert shown(brief_for("Fares?", evidence, room(FOG))) != [[FOG]]
